//! Cross-site request forgery: a form on another site, sent with a visitor's cookies, changes nothing.

use actix_web::http::Method;
use serde_json::json;

use crate::support::{Notes, Who, ada, read};

#[actix_web::test]
async fn forms_of_other_sites_are_refused() {
    let notes = Notes::start().await;
    let program = notes.token(ada());
    let id = notes.write(&program, "Plan").await;
    let Who::Browser(token) = notes.browser(ada()) else { unreachable!() };
    let cookies = format!("__client_uat=1; __session={token}");
    let other_port = "http://127.0.0.1:1";
    let foreign: [(&str, &[(&str, &str)]); 5] = [
        ("another site", &[("Origin", "https://evil.example.com"), ("Sec-Fetch-Site", "cross-site")]),
        ("a sandboxed page", &[("Origin", "null"), ("Sec-Fetch-Site", "cross-site")]),
        ("another subdomain", &[("Origin", "https://blog.example.com"), ("Sec-Fetch-Site", "same-site")]),
        ("another port", &[("Origin", other_port), ("Sec-Fetch-Site", "same-site")]),
        ("an old browser", &[("Origin", "https://evil.example.com")]),
    ];
    let paths = [
        "/orgs/acme/notes".to_owned(),
        format!("/orgs/acme/notes/{id}"),
        format!("/orgs/acme/notes/{id}/delete"),
        "/me/notes".to_owned(),
        "/sign-out".to_owned(),
        "/sign-out-everywhere".to_owned(),
    ];
    for (name, headers) in foreign {
        for path in &paths {
            let mut request = notes.request(Method::POST, path, &Who::Nobody);
            for header in headers.iter().chain(&[("Cookie", &*cookies), ("Sec-Fetch-Dest", "document")]) {
                request = request.insert_header(*header);
            }
            let answer = read(request.send_form(&[("title", "forged"), ("body", "")]).await.unwrap()).await;
            // Signed out, so `/sign-out` has nothing to end.
            let expected: &[u16] = if path == "/sign-out" { &[303] } else { &[302, 401] };
            assert!(expected.contains(&answer.status), "{name}, {path}: {}", answer.status);
        }
        // The API, with cookies in place of a token.
        let mut request = notes.request(Method::DELETE, &format!("/api/notes/{id}"), &Who::Nobody);
        for header in headers.iter().chain(&[("Cookie", &*cookies)]) {
            request = request.insert_header(*header);
        }
        assert_eq!(notes.send(request, None).await.status, 401, "{name}");
        assert_eq!(notes.titles(&program).await, ["Plan"], "{name}");
    }
    // The same cookies from one's own page.
    let answer = notes.form("/orgs/acme/notes", &Who::Browser(token.clone()), &[("title", "Own"), ("body", "")]).await;
    assert_eq!(answer.status, 303);
    let answer = notes.call(Method::POST, "/api/notes", &Who::Browser(token), Some(json!({ "title": "Own" }))).await;
    assert_eq!(answer.status, 201);
}

#[actix_web::test]
async fn no_page_changes_anything() {
    let notes = Notes::start().await;
    let (program, browser) = (notes.token(ada()), notes.browser(ada()));
    let id = notes.write(&program, "Plan").await;
    for path in [format!("/orgs/acme/notes/{id}/delete"), "/sign-out".to_owned(), "/sign-out-everywhere".to_owned()] {
        assert_eq!(notes.get(&path, &browser).await.status, 404, "{path}");
    }
    assert_eq!(notes.titles(&program).await, ["Plan"]);
}
