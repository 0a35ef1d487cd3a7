//! A proxy between this server and Clerk that compresses responses or rewrites their content type.

use actix_test::TestServer;
use actix_web::{
    App, HttpRequest, HttpResponse,
    http::header::{ContentEncoding, HeaderName},
    middleware::Compress,
    web::{self, Bytes},
};
use clerk_actix::{
    ClerkApiError, ClerkClient, ClerkConfig,
    testing::{self, LocalClerk},
};

use crate::support::{get, local_clerk, server, servers::serve};

/// How the proxy changes Clerk's responses.
#[derive(Clone, Copy)]
struct Proxy {
    content_type: &'static str,
    compresses_always: bool,
}

/// A proxy in front of `LocalClerk`'s Backend API, which compresses whatever the client accepts compressed.
fn proxy(clerk: &LocalClerk, proxy: Proxy) -> (TestServer, ClerkConfig) {
    let api = clerk.api_url().to_owned();
    let started = serve(move || {
        let api = api.clone();
        let forward = move |req: HttpRequest, body: Bytes| {
            let url = format!("{api}{}", req.uri());
            async move {
                let mut call = awc::Client::new().request(req.method().clone(), url);
                for name in [HeaderName::from_static("authorization"), HeaderName::from_static("content-type")] {
                    if let Some(value) = req.headers().get(&name) {
                        call = call.insert_header((name, value.clone()));
                    }
                }
                let mut answer = call.send_body(body).await.unwrap();
                let mut response = HttpResponse::build(answer.status());
                response.insert_header(("content-type", proxy.content_type));
                if proxy.compresses_always {
                    response.insert_header(ContentEncoding::Gzip);
                }
                response.body(answer.body().await.unwrap())
            }
        };
        App::new().wrap(Compress::default()).default_service(web::to(forward))
    });
    let config = clerk.config_builder().api_url(started.url("")).build().unwrap();
    (started, config)
}

#[actix_web::test]
async fn answers_are_read_behind_a_proxy_that_compresses_what_it_may() {
    for content_type in
        ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8", "text/plain"]
    {
        let clerk = local_clerk();
        let (_proxy, config) = proxy(&clerk, Proxy { content_type, compresses_always: false });
        let user = ClerkClient::new(config.clone()).users().get("user_ada").await;
        assert!(user.is_ok_and(|user| user.id == "user_ada"), "{content_type}");
        let server = server(config);
        let session = get(&server, "/require", &clerk.session_token("user_ada")).await;
        assert_eq!((session.status, session.body.as_str()), (200, "user_ada"), "{content_type}");
        let key = get(&server, "/any", &clerk.mint(testing::api_key("user_ada"))).await;
        assert_eq!(key.json()["userId"], "user_ada", "{content_type}");
    }
}

#[actix_web::test]
async fn an_answer_that_is_compressed_all_the_same_says_so() {
    let clerk = local_clerk();
    let (_proxy, config) = proxy(&clerk, Proxy { content_type: "application/json", compresses_always: true });
    let error = ClerkClient::new(config.clone()).users().get("user_ada").await.unwrap_err();
    assert!(matches!(error, ClerkApiError::Unreachable(_)), "{error:?}");
    assert!(error.to_string().contains("compressed"), "{error}");
    let answer = get(&server(config), "/require", &clerk.session_token("user_ada")).await;
    assert_eq!((answer.status, answer.reason()), (503, Some("jwk-remote-failed-to-load")));
}
