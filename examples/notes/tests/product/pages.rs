//! The pages, as a browser gets them.

use clerk_actix::testing::{Behavior, Endpoint, api_key};

use crate::support::{Notes, Who, ada, alan, grace};

#[actix_web::test]
async fn a_visitor_is_sent_to_sign_in() {
    let notes = Notes::start().await;
    let home = notes.get("/", &Who::Nobody).await;
    assert_eq!(home.status, 200);
    assert!(home.body.contains("Sign in") && !home.body.contains("Sign out"));
    for path in ["/me/notes", "/orgs/acme/notes", "/me/notes/00000000-0000-4000-8000-000000000000"] {
        let request = notes.request(actix_web::http::Method::GET, path, &Who::Nobody);
        let request = request.insert_header(("Sec-Fetch-Dest", "document")).insert_header(("Accept", "text/html"));
        let answer = notes.send(request, None).await;
        assert_eq!(answer.status, 302, "{path}");
        assert!(answer.header("location").contains("sign-in"), "{path}: {}", answer.header("location"));
        assert_eq!(notes.get(path, &Who::Nobody).await.status, 401, "{path}: not a browser");
    }
}

#[actix_web::test]
async fn the_start_page_lists_the_teams() {
    let notes = Notes::start().await;
    let page = notes.get("/", &notes.browser(ada())).await;
    for link in ["/me/notes", "/orgs/acme/notes", "/orgs/globex/notes"] {
        assert!(page.body.contains(&format!("href=\"{link}\"")), "{link}");
    }
    let page = notes.get("/", &notes.browser(alan())).await;
    assert!(!page.body.contains("/orgs/"), "{}", page.body);
    // Clerk is down: the page says so, and the rest of it works.
    notes.clerk.behave(Endpoint::ListOrganizationMemberships, Behavior::Status(503));
    let page = notes.get("/", &notes.browser(grace())).await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("cannot be listed right now") && page.body.contains("/me/notes"), "{}", page.body);
}

/// All users share one limit of calls to Clerk.
#[actix_web::test]
async fn nobody_can_use_up_the_calls_to_clerk() {
    let notes = Notes::start().await;
    let (browser, key) = (notes.browser(ada()), notes.key(api_key("org_acme").scopes(["notes:read"])));
    for _ in 0..100 {
        assert_eq!(notes.get("/", &browser).await.status, 200);
        assert_eq!(notes.get("/api/notes", &key).await.status, 200);
    }
    let calls = [Endpoint::ListOrganizationMemberships, Endpoint::VerifyApiKey].map(|call| notes.clerk.calls(call));
    assert_eq!(calls, [1, 1]);
}

#[actix_web::test]
async fn notes_are_written_changed_and_deleted_with_forms() {
    let notes = Notes::start().await;
    for (workspace, browser) in [("/orgs/acme", notes.browser(ada())), ("/me", notes.browser(alan()))] {
        let path = format!("{workspace}/notes");
        assert!(notes.get(&path, &browser).await.body.contains("nothing here yet"));
        let answer = notes.form(&path, &browser, &[("title", "Plan"), ("body", "one\r\ntwo")]).await;
        assert_eq!((answer.status, answer.header("location")), (303, &*path));
        let list = notes.get(&path, &browser).await.body;
        let note = list.split(&format!("href=\"{path}/")).nth(1).unwrap().split('"').next().unwrap();
        let note = format!("{path}/{note}");
        let page = notes.get(&note, &browser).await;
        assert!(page.body.contains("one\ntwo") && page.body.contains("Delete"), "{}", page.body);

        let answer = notes.form(&note, &browser, &[("title", "Plans"), ("body", "")]).await;
        assert_eq!((answer.status, answer.header("location")), (303, &*note));
        assert!(notes.get(&note, &browser).await.body.contains("<h1>Plans</h1>"));
        let answer = notes.form(&note, &browser, &[("title", ""), ("body", "")]).await;
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("a note needs a title"));

        assert_eq!(notes.post(&format!("{note}/delete"), &browser).await.status, 303);
        assert_eq!(notes.get(&note, &browser).await.status, 404);
    }
}

#[actix_web::test]
async fn a_member_sees_no_button_that_would_not_work() {
    let notes = Notes::start().await;
    let id = notes.write(&notes.token(ada()), "Ada's").await;
    let path = format!("/orgs/acme/notes/{id}");
    assert!(notes.get(&path, &notes.browser(ada())).await.body.contains("/delete"));
    let grace = notes.browser(grace());
    assert!(!notes.get(&path, &grace).await.body.contains("/delete"));
    let answer = notes.post(&format!("{path}/delete"), &grace).await;
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("Not allowed"), "a page, not JSON: {}", answer.body);
    assert_eq!(notes.titles(&notes.token(ada())).await, ["Ada's"]);
}

#[actix_web::test]
async fn what_people_write_is_text_and_never_html() {
    let notes = Notes::start().await;
    let browser = notes.browser(ada());
    for hostile in [
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title></textarea><script>alert(1)</script>",
        "\" onmouseover=\"alert(1)",
        "{{7*7}}<!--",
    ] {
        assert_eq!(
            notes.form("/orgs/acme/notes", &browser, &[("title", hostile), ("body", hostile)]).await.status,
            303
        );
        let list = notes.get("/orgs/acme/notes", &browser).await.body;
        let id = list.split("href=\"/orgs/acme/notes/").nth(1).unwrap().split('"').next().unwrap();
        let page = notes.get(&format!("/orgs/acme/notes/{id}"), &browser).await.body;
        let escaped = hostile.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        assert!(list.contains(&escaped) && page.matches(&escaped).count() >= 4, "{hostile}: {page}");
        for html in [&list, &page] {
            for made_up in ["<script", "<img", "\" onmouseover"] {
                assert!(!html.contains(made_up), "{hostile}: {html}");
            }
        }
    }
}

#[actix_web::test]
async fn pages_carry_a_policy_and_stay_out_of_caches() {
    let notes = Notes::start().await;
    for (path, browser) in [("/", Who::Nobody), ("/", notes.browser(ada())), ("/orgs/acme/notes", notes.browser(ada()))]
    {
        let page = notes.get(path, &browser).await;
        assert_eq!(page.status, 200, "{path}");
        let policy = page.header("content-security-policy");
        for directive in ["frame-ancestors 'none'", "object-src 'none'", "base-uri 'self'", "'nonce-"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        let script = policy.split(';').find(|directive| directive.trim().starts_with("script-src")).unwrap();
        assert!(!script.contains("'unsafe-inline'"), "{script}");
        assert_eq!(page.header("cache-control"), "private, no-store", "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
    }
    let style = notes.get("/style.css", &Who::Nobody).await;
    assert_eq!((style.status, style.header("content-type")), (200, "text/css; charset=utf-8"));
    let missing = notes.get("/nothing-here", &Who::Nobody).await;
    assert_eq!(missing.status, 404);
    assert!(missing.body.contains("there is no such page"), "{}", missing.body);
}
