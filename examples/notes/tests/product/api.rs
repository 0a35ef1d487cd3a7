//! The JSON API: each route, who may call it, and what it says of bad requests.

use actix_web::http::Method;
use clerk_actix::testing::api_key;
use serde_json::json;

use crate::support::{Notes, Who, ada, alan, grace, in_acme};

#[actix_web::test]
async fn a_note_is_written_read_changed_and_deleted() {
    let notes = Notes::start().await;
    let ada = notes.token(ada());
    let written =
        notes.call(Method::POST, "/api/notes", &ada, Some(json!({ "title": " Plan ", "body": "a\r\nb" }))).await;
    assert_eq!(written.status, 201);
    let note = written.json();
    assert_eq!((&note["title"], &note["body"]), (&json!("Plan"), &json!("a\nb")));
    assert_eq!((&note["author"], &note["author_name"]), (&json!("user_ada"), &json!("Ada Lovelace")));
    let path = written.header("location").to_owned();
    assert_eq!(path, format!("/api/notes/{}", note["id"].as_str().unwrap()));
    assert_eq!(notes.get(&path, &ada).await.json(), note);
    assert_eq!(notes.get("/api/notes", &ada).await.json(), json!({ "notes": [note], "has_more": false }));

    let changed = notes.call(Method::PUT, &path, &ada, Some(json!({ "title": "Plans" }))).await;
    assert_eq!((changed.status, &changed.json()["title"]), (200, &json!("Plans")));
    assert_eq!(notes.call(Method::DELETE, &path, &ada, None).await.status, 204);
    assert_eq!(notes.get(&path, &ada).await.status, 404);
    assert_eq!(notes.call(Method::DELETE, &path, &ada, None).await.status, 404);
}

#[actix_web::test]
async fn callers_and_what_each_route_answers() {
    let notes = Notes::start().await;
    let admin = notes.token(ada());
    let key = |scopes: &[&str]| notes.key(api_key("org_acme").scopes(scopes.iter().copied()));
    // list, show, add, change, delete
    for (name, caller, expected) in [
        ("nobody", Who::Nobody, [401, 401, 401, 401, 401]),
        ("a made-up token", Who::Token("a.b.c".to_owned()), [401, 401, 401, 401, 401]),
        ("a made-up key", Who::Token("ak_made_up".to_owned()), [401, 401, 401, 401, 401]),
        ("an administrator", admin.clone(), [200, 200, 201, 200, 204]),
        ("an administrator's browser", notes.browser(ada()), [200, 200, 201, 200, 204]),
        ("a member, and another's note", notes.token(grace()), [200, 200, 201, 200, 403]),
        (
            "a member with the permission",
            notes.token(grace().org_permissions(["org:notes:delete"])),
            [200, 200, 201, 200, 204],
        ),
        ("a key without scopes", key(&[]), [403, 403, 403, 403, 403]),
        ("a key that reads", key(&["notes:read"]), [200, 200, 403, 403, 403]),
        ("a key that writes", key(&["notes:write"]), [403, 403, 201, 200, 403]),
        ("a key that deletes", key(&["notes:delete"]), [403, 403, 403, 403, 204]),
        ("a key with everything", key(&["notes:read", "notes:write", "notes:delete"]), [200, 200, 201, 200, 204]),
        ("a machine", notes.machine(), [401, 401, 401, 401, 401]),
        ("an application", notes.application(), [401, 401, 401, 401, 401]),
    ] {
        let id = notes.write(&admin, "Ada's").await;
        let path = format!("/api/notes/{id}");
        let text = || Some(json!({ "title": "new" }));
        let found = [
            notes.get("/api/notes", &caller).await.status,
            notes.get(&path, &caller).await.status,
            notes.call(Method::POST, "/api/notes", &caller, text()).await.status,
            notes.call(Method::PUT, &path, &caller, text()).await.status,
            notes.call(Method::DELETE, &path, &caller, None).await.status,
        ];
        assert_eq!(found, expected, "{name}");
    }
}

#[actix_web::test]
async fn a_refusal_names_what_is_missing() {
    let notes = Notes::start().await;
    let id = notes.write(&notes.token(ada()), "Ada's").await;
    let reader = notes.key(api_key("org_acme").scopes(["notes:read"]));
    let answer = notes.call(Method::POST, "/api/notes", &reader, Some(json!({ "title": "Plan" }))).await;
    assert!(answer.body.contains("notes:write"), "{}", answer.body);
    assert!(answer.header("www-authenticate").contains("insufficient_scope"));
    let answer = notes.call(Method::DELETE, &format!("/api/notes/{id}"), &notes.token(grace()), None).await;
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert!(answer.json()["errors"][0]["code"].is_string(), "{}", answer.body);
}

#[actix_web::test]
async fn members_delete_their_own_notes() {
    let notes = Notes::start().await;
    let grace = notes.token(grace());
    let id = notes.write(&grace, "Grace's").await;
    assert_eq!(notes.call(Method::DELETE, &format!("/api/notes/{id}"), &grace, None).await.status, 204);
    // Not those that their team's API key has written.
    let id = notes.write(&notes.key(api_key("org_acme").scopes(["notes:write"])), "the key's").await;
    assert_eq!(notes.call(Method::DELETE, &format!("/api/notes/{id}"), &grace, None).await.status, 403);
}

#[actix_web::test]
async fn an_api_key_has_the_notes_of_whose_key_it_is() {
    let notes = Notes::start().await;
    let all = ["notes:read", "notes:write"];
    let (of_acme, of_alan) = (notes.key(api_key("org_acme").scopes(all)), notes.key(api_key("user_alan").scopes(all)));
    notes.write(&of_acme, "Acme's").await;
    notes.write(&of_alan, "Alan's").await;
    assert_eq!(notes.titles(&of_acme).await, ["Acme's"]);
    assert_eq!(notes.titles(&notes.token(in_acme("user_grace"))).await, ["Acme's"]);
    assert_eq!(notes.titles(&of_alan).await, ["Alan's"]);
    assert_eq!(notes.titles(&notes.token(alan())).await, ["Alan's"]);
}

#[actix_web::test]
async fn bad_requests_and_what_they_are_told() {
    let notes = Notes::start().await;
    let ada = notes.token(ada());
    let id = notes.write(&ada, "Plan").await;
    let path = &*format!("/api/notes/{id}");
    let unknown = "/api/notes/00000000-0000-4000-8000-000000000000";
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    for (name, method, path, body, expected) in [
        ("no title", &post, "/api/notes", json!({ "title": " " }).to_string(), (422, "invalid-note")),
        ("a long title", &post, "/api/notes", json!({ "title": "x".repeat(201) }).to_string(), (422, "invalid-note")),
        ("a change to no title", &put, path, json!({ "title": "" }).to_string(), (422, "invalid-note")),
        ("no JSON", &post, "/api/notes", "{".to_owned(), (400, "unreadable-request")),
        ("no members", &put, path, "{}".to_owned(), (400, "unreadable-request")),
        ("a very long body", &post, "/api/notes", "x".repeat(200_000), (400, "unreadable-request")),
        ("an unknown note", &get, unknown, String::new(), (404, "note-not-found")),
        ("a change of an unknown note", &put, unknown, json!({ "title": "x" }).to_string(), (404, "note-not-found")),
        ("something that is no ID", &get, "/api/notes/1", String::new(), (404, "note-not-found")),
        ("a slice after no ID", &get, "/api/notes?after=1", String::new(), (400, "unreadable-request")),
    ] {
        let request = notes.request(method.clone(), path, &ada).insert_header(("Content-Type", "application/json"));
        let answer = crate::support::read(request.send_body(body).await.unwrap()).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["code"].as_str().unwrap()), expected, "{name}");
        assert!(answer.json()["errors"][0]["message"].as_str().is_some_and(|text| !text.is_empty()), "{name}");
    }
}

#[actix_web::test]
async fn a_long_list_comes_in_slices() {
    let notes = Notes::start().await;
    let ada = notes.token(ada());
    for number in 0..5 {
        notes.write(&ada, &number.to_string()).await;
    }
    let (mut found, mut after) = (Vec::new(), String::new());
    loop {
        let slice = notes.get(&format!("/api/notes?limit=2{after}"), &ada).await.json();
        let part = slice["notes"].as_array().unwrap().clone();
        assert!(part.len() <= 2);
        after = format!("&after={}", part.last().unwrap()["id"].as_str().unwrap());
        found.extend(part.iter().map(|note| note["title"].as_str().unwrap().to_owned()));
        if slice["has_more"] == false {
            break;
        }
    }
    found.sort();
    assert_eq!(found, ["0", "1", "2", "3", "4"]);
    // A note of another tenant is no place in the list.
    let other = notes.write(&notes.token(alan()), "Alan's").await;
    assert_eq!(notes.get(&format!("/api/notes?after={other}"), &ada).await.json()["notes"], json!([]));
}
