//! One tenant's notes do not exist for another, on any route.

use actix_web::http::Method;
use clerk_actix::testing::api_key;
use serde_json::json;

use crate::support::{Notes, ada, alan, globex, in_acme};

#[actix_web::test]
async fn other_tenants_notes_are_not_found() {
    let notes = Notes::start().await;
    let of_acme = notes.write(&notes.token(ada()), "Acme's secret").await;
    let of_alan = notes.write(&notes.token(alan()), "Alan's secret").await;
    let all = ["notes:read", "notes:write", "notes:delete"];
    let ada_alone = || clerk_actix::testing::session("user_ada");
    // Callers by whose notes the ID names. The browser's path is that of its own workspace.
    for (name, id, program, browser, workspace) in [
        ("another team", &of_acme, notes.token(globex("user_eve")), notes.browser(globex("user_eve")), "/orgs/globex"),
        (
            "the team's administrator, in another team",
            &of_acme,
            notes.token(globex("user_ada")),
            notes.browser(globex("user_ada")),
            "/orgs/globex",
        ),
        ("the team's administrator, alone", &of_acme, notes.token(ada_alone()), notes.browser(ada_alone()), "/me"),
        ("a user alone", &of_acme, notes.token(alan()), notes.browser(alan()), "/me"),
        ("another user's own notes", &of_alan, notes.token(ada_alone()), notes.browser(ada_alone()), "/me"),
        ("a team and a user's own notes", &of_alan, notes.token(ada()), notes.browser(ada()), "/orgs/acme"),
        ("another team's key", &of_acme, notes.key(api_key("org_globex").scopes(all)), notes.browser(alan()), "/me"),
        ("a member's own key", &of_acme, notes.key(api_key("user_ada").scopes(all)), notes.browser(alan()), "/me"),
    ] {
        let secret = if *id == of_acme { "Acme's secret" } else { "Alan's secret" };
        let (api, page) = (format!("/api/notes/{id}"), format!("{workspace}/notes/{id}"));
        let answers = [
            notes.get(&api, &program).await,
            notes.call(Method::PUT, &api, &program, Some(json!({ "title": "taken" }))).await,
            notes.call(Method::DELETE, &api, &program, None).await,
            notes.get(&page, &browser).await,
            notes.form(&page, &browser, &[("title", "taken"), ("body", "")]).await,
            notes.post(&format!("{page}/delete"), &browser).await,
        ];
        assert_eq!(answers.each_ref().map(|answer| answer.status), [404; 6], "{name}");
        let lists = [notes.get("/api/notes", &program).await, notes.get(&format!("{workspace}/notes"), &browser).await];
        for answer in answers.iter().chain(&lists) {
            assert!(!answer.body.contains(secret), "{name}: {}", answer.body);
        }
        assert_eq!(lists.map(|answer| answer.status), [200; 2], "{name}");
    }
    assert_eq!(notes.titles(&notes.token(ada())).await, ["Acme's secret"]);
    assert_eq!(notes.titles(&notes.token(alan())).await, ["Alan's secret"]);
}

/// The path does not make anybody a member. (A page asks Clerk first; a form does not.)
#[actix_web::test]
async fn a_path_with_another_teams_name_opens_nothing() {
    let notes = Notes::start().await;
    let id = notes.write(&notes.token(ada()), "Acme's secret").await;
    for (name, session) in [
        ("somebody in another team", globex("user_eve")),
        ("somebody in no team", alan()),
        ("a team of the same ID and another slug", in_acme("user_grace").org_slug("acme2")),
    ] {
        let browser = notes.browser(session);
        for path in
            ["/orgs/acme/notes".to_owned(), format!("/orgs/acme/notes/{id}"), format!("/orgs/acme/notes/{id}/delete")]
        {
            let answer = notes.form(&path, &browser, &[("title", "taken"), ("body", "")]).await;
            assert_eq!(answer.status, 404, "{name}: {path}");
        }
        // For a page, the middleware asks Clerk to make the team active.
        let answer = notes.get("/orgs/acme/notes", &browser).await;
        assert_eq!(answer.status, 307, "{name}");
        assert!(answer.header("location").contains("organization_id=acme"), "{}", answer.header("location"));
    }
    assert_eq!(notes.titles(&notes.token(ada())).await, ["Acme's secret"]);
}
