//! The examples with pages, through a browser's requests: sign-in, the API, sign-out.

use crate::{
    programs::{Npm::Missing, start},
    support::browser::Browser,
};

fn nonce_in(policy: &str) -> &str {
    policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap()
}

#[actix_web::test]
async fn the_single_page_application() {
    let (_spa, site) = start("spa", Missing);
    let mut browser = Browser::new();
    let page = browser.visit(&site).await;
    assert_eq!(page.status, 200);
    let policy = page.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert!(page.body.contains(&*format!("src=\"/spa.js\" nonce=\"{}\"", nonce_in(policy))), "{}", page.body);
    assert!(!page.body.contains("clerk.browser.js"), "LocalClerk does not serve it");
    let script = browser.visit(&format!("{site}/spa.js")).await;
    assert_eq!(script.headers.get("content-type").unwrap(), "text/javascript; charset=utf-8");

    assert!(browser.visit(&format!("{site}/api/me")).await.body.contains("\"isAuthenticated\":false"));
    let page = browser.visit(&format!("{site}/sign-in")).await;
    let page = browser.sign_in(&page, "user_ada").await;
    assert_eq!((page.status, page.url.path()), (200, "/"));
    assert!(browser.visit(&format!("{site}/api/me")).await.body.contains("\"userId\":\"user_ada\""));

    let page = browser.submit(&format!("{site}/sign-out"), &[]).await;
    assert_eq!((page.status, page.url.path()), (200, "/"));
    assert!(browser.visit(&format!("{site}/api/me")).await.body.contains("\"isAuthenticated\":false"));
}

#[actix_web::test]
async fn the_pages_for_teams() {
    let (_html_app, site) = start("html_app", Missing);
    let mut browser = Browser::new();
    let page = browser.visit(&site).await;
    assert!(page.body.contains("not signed in") && !page.body.contains("Sign out"), "{}", page.body);
    let page = browser.visit(&format!("{site}/orgs/acme")).await;
    let page = browser.sign_in(&page, "user_ada").await;
    assert!(page.body.contains("org:admin"), "{}", page.body);
    let page = browser.visit(&format!("{site}/orgs/globex")).await;
    assert!(page.body.contains("org:member"), "{}", page.body);

    let page = browser.submit(&format!("{site}/sign-out"), &[]).await;
    assert_eq!((page.status, page.url.path()), (200, "/"));
    assert!(page.body.contains("not signed in") && !page.body.contains("Sign out"), "{}", page.body);
    assert_eq!(browser.visit(&format!("{site}/me")).await.url.path(), "/sign-in");
    // Nothing to end.
    assert_eq!(browser.submit(&format!("{site}/sign-out"), &[]).await.status, 200);
}
