//! The examples with pages, through a browser's requests: sign-in, the API, sign-out.

use actix_web::web::Bytes;
use awc::{error::WsClientError, ws::Frame};
use futures_util::{SinkExt, StreamExt};

use crate::{
    programs::{Npm::Missing, example, start},
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

#[actix_web::test]
async fn a_page_and_an_api_to_start_from() {
    let (_fresh_start, site) = start("fresh_start", Missing);
    let mut browser = Browser::new();
    assert!(browser.visit(&format!("{site}/api/me")).await.body.contains("\"isAuthenticated\":false"));
    let page = browser.visit(&format!("{site}/account")).await;
    let page = browser.sign_in(&page, "user_ada").await;
    assert_eq!((page.status, page.url.path()), (200, "/account"));
    assert!(page.body.contains("user_ada"), "{}", page.body);
}

#[actix_web::test]
async fn a_satellite_takes_the_session_of_its_primary() {
    let (_multi_domain, mut lines) = example("multi_domain", Missing);
    let line = lines.find(|line| line.contains("In a browser, open ")).unwrap();
    let mut urls =
        line.split_whitespace().filter(|word| word.starts_with("http://")).map(|url| url.trim_end_matches(','));
    let (members, home) = (urls.next().unwrap(), urls.next().unwrap());
    let mut browser = Browser::new();
    let page = browser.visit(members).await;
    let page = browser.sign_in(&page, "user_grace").await;
    assert!(page.url.as_str().starts_with(members) && page.body.contains("user_grace"), "{}: {}", page.url, page.body);
    let page = browser.visit(home).await;
    assert!(page.url.as_str().starts_with(home) && page.body.contains("user_grace"), "{}: {}", page.url, page.body);
}

#[actix_web::test]
async fn the_room_to_talk_in() {
    let (_live, mut lines) = example("live", Missing);
    let line = lines.find(|line| line.contains("Bearer ")).unwrap();
    let token = line.split("Bearer ").nth(1).unwrap().split('\'').next().unwrap();
    let url = line.split(' ').next_back().unwrap().replace("localhost", "127.0.0.1").replace("/events", "/live");
    let refused = awc::Client::default().ws(&url).connect().await.map(|_| "connected");
    assert!(matches!(refused, Err(WsClientError::InvalidResponseStatus(status)) if status == 401), "{refused:?}");

    let (_, mut socket) = awc::Client::default().ws(&url).bearer_auth(token).connect().await.unwrap();
    let Frame::Text(first) = socket.next().await.unwrap().unwrap() else { panic!("not a text") };
    assert!(first.starts_with(b"{\"good_until\":"), "{first:?}");
    socket.send(awc::ws::Message::Text("{\"say\":\"hello\"}".into())).await.unwrap();
    let heard = socket.next().await.unwrap().unwrap();
    assert_eq!(heard, Frame::Text(Bytes::from("{\"says\":\"hello\",\"who\":\"user_ada\"}")));
}
