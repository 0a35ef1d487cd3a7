//! `LocalClerk` itself: it serves only this machine, and it stops. Browsers walk through it in `browsing.rs`.

use std::{future::IntoFuture, time::Duration};

use awc::Client;
use clerk_actix::{
    ClerkClient,
    testing::{
        Behavior,
        Endpoint::{GetSession, GetUser},
    },
};

use crate::support::{bearer, get, local_clerk, send, server};

#[actix_web::test]
async fn pages_elsewhere_get_no_session() {
    let clerk = local_clerk();
    let client = Client::builder().disable_redirects().finish();
    for elsewhere in [
        "https://evil.example/",
        "http://localhost.evil.example/",
        "javascript:alert(1)",
        "//evil.example",
        "http://10.0.0.1/",
        "",
    ] {
        let form = [("user_id", "user_ada"), ("redirect_url", elsewhere)];
        let answer = client.post(clerk.sign_in_url()).send_form(&form).await.unwrap();
        assert_eq!(answer.status().as_u16(), 400, "{elsewhere}");
        assert!(answer.cookie("__session").is_none(), "{elsewhere}");
        let url = format!("{}?redirect_url={elsewhere}", clerk.sign_out_url());
        assert_eq!(send(client.post(url)).await.status, 400, "{elsewhere}");
    }
    let form = [("user_id", "user_nobody"), ("redirect_url", "http://localhost/")];
    assert_eq!(client.post(clerk.sign_in_url()).send_form(&form).await.unwrap().status().as_u16(), 400);
    let quoted = format!("{}?redirect_url=http://localhost:{}/%22%3E%3Cscript%3E", clerk.sign_in_url(), 1);
    assert!(!send(client.get(quoted)).await.body.contains("<script>"));
}

#[actix_web::test]
async fn it_stops_when_it_is_dropped() {
    let clerk = local_clerk();
    let url = format!("{}/v1/jwks", clerk.api_url());
    let client = Client::default();
    assert_eq!(send(client.get(&url)).await.status, 401, "no secret key, no keys");
    let secret_key = clerk.secret_key().to_owned();
    drop(clerk);
    // Another process may have the port by now, but not this instance.
    let answer = client.get(&url).insert_header(bearer(secret_key)).send().await;
    assert!(answer.is_err() || answer.is_ok_and(|response| response.status() != 200));
}

#[actix_web::test]
async fn keys_can_be_added() {
    let clerk = local_clerk();
    let by_old = clerk.session_token("user_1");
    clerk.add_key();
    let server = server(clerk.config());
    assert_eq!(get(&server, "/require", &by_old).await.status, 200);
    assert_eq!(get(&server, "/require", &clerk.session_token("user_1")).await.status, 200);
}

/// Hanging calls are counted as concurrent. A rate limit follows the instance's clock.
#[actix_web::test]
async fn endpoints_keep_books() {
    let clerk = local_clerk();
    let client = ClerkClient::new(clerk.config());
    clerk.behave(GetUser, Behavior::Hang);
    let calls: Vec<_> = (0..5).map(|_| actix_web::rt::spawn(client.users().get("user_ada").into_future())).collect();
    while clerk.calls(GetUser) < 5 {
        actix_web::rt::task::yield_now().await;
    }
    clerk.behave(GetUser, Behavior::Normal);
    for call in calls {
        assert!(call.await.unwrap().is_ok());
    }
    assert_eq!((clerk.calls(GetUser), clerk.most_at_once(GetUser), clerk.most_at_once(GetSession)), (5, 5, 0));

    clerk.behave(GetUser, Behavior::rate_limit(2, Duration::from_secs(60)));
    let get = async || client.users().get("user_ada").await;
    assert!(get().await.is_ok() && get().await.is_ok());
    clerk.clock().advance(Duration::from_millis(19_500));
    assert_eq!(get().await.unwrap_err().retry_after(), Some(Duration::from_secs(41)), "rounded up");
    // The client keeps the pause that it was asked for.
    clerk.clock().advance(Duration::from_secs(41));
    assert!(get().await.is_ok());
}
