//! Lists from Clerk: the maximum response size, and the maximum limit.

use actix_web::{App, HttpResponse, web};
use clerk_actix::{
    ClerkApiError, ClerkClient, ClerkConfig,
    api::{Page, User},
    testing::Endpoint,
};
use serde_json::{Value, json};

use crate::support::{get, local_clerk, server, servers::serve};

/// A Backend API whose users have this many bytes of metadata each.
fn backend_api(bytes: usize) -> (actix_test::TestServer, ClerkClient) {
    let api = serve(move || {
        let users = move || {
            let user =
                |n: usize| json!({ "id": format!("user_{n}"), "private_metadata": { "note": "x".repeat(bytes) } });
            HttpResponse::Ok().json((0..500).map(user).collect::<Value>())
        };
        App::new().route("/v1/users", web::get().to(move || std::future::ready(users())))
    });
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
    let client = ClerkClient::new(config.api_url(api.url("")).build().unwrap());
    (api, client)
}

#[actix_web::test]
async fn a_full_page_of_users_is_read_up_to_16_mib() {
    for (name, bytes, is_read) in [
        ("a megabyte and a half", 3 << 10, true),
        ("nearly 16 MiB", 32 << 10, true),
        ("more than 16 MiB", 34 << 10, false),
    ] {
        let (_api, client) = backend_api(bytes);
        let users: Result<Page<User>, _> = client.request(actix_web::http::Method::GET, ["users"]).limit(500).await;
        match users {
            Ok(page) => assert!(is_read && page.data.len() == 500, "{name}"),
            Err(error) => assert!(!is_read && matches!(error, ClerkApiError::ResponseTooLarge), "{name}: {error}"),
        }
    }
}

#[actix_web::test]
async fn a_limit_that_clerk_would_ignore_is_not_sent() {
    let clerk = local_clerk();
    let client = ClerkClient::new(clerk.config());
    for (limit, max) in [(501, 500), (0, 500)] {
        let error = client.sessions().list("user_ada").limit(limit).await.unwrap_err();
        assert!(matches!(error, ClerkApiError::InvalidLimit { max: found, .. } if found == max), "{error:?}");
        let says = error.to_string();
        assert!(says.contains(&format!("limit={limit} ")) && says.contains("from 1 to 500"), "{says}");
    }
    let error = client.api_keys().list("user_ada").limit(101).await.unwrap_err();
    assert!(error.to_string().contains("from 1 to 100"), "{error}");
    assert_eq!((clerk.calls(Endpoint::ListSessions), clerk.calls(Endpoint::ListApiKeys)), (0, 0));
    assert!(client.sessions().list("user_ada").limit(500).await.is_ok());
}

/// Responses that unknown clients can cause have the smaller size limit.
#[actix_web::test]
async fn keys_and_verdicts_of_more_than_a_mebibyte_are_not_read() {
    let api = serve(|| {
        let large = || HttpResponse::Ok().json(json!({ "keys": [], "padding": "x".repeat(2 << 20) }));
        App::new().default_service(web::to(move || std::future::ready(large())))
    });
    let clerk = local_clerk();
    let token = clerk.session_token("user_ada");
    let config = clerk.config_builder().api_url(api.url("")).build().unwrap();
    let answer = get(&server(config.clone()), "/require", &token).await;
    assert_eq!((answer.status, answer.reason()), (503, Some("jwk-remote-failed-to-load")));
    assert!(answer.header("x-clerk-auth-message").is_some_and(|message| message.contains("too large")));
    let answer = get(&server(config), "/any", "ak_0123456789").await;
    assert_eq!(answer.json()["isAuthenticated"], false);
}
