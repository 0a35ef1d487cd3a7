//! Nothing that an attacker puts into a URL adds CORS headers, or changes the application's own.
//!
//! Handshakes are navigations and need no CORS.

use actix_cors::Cors;
use actix_web::{
    App, HttpResponse,
    http::{Method, header::HeaderMap},
    test::{TestRequest, call_service, init_service},
    web,
};
use clerk_actix::ClerkMiddleware;

use crate::{signed_in, support::instances, values};

const ORIGIN: &str = "https://app.example.com";

fn cors() -> Cors {
    Cors::default().allowed_origin(ORIGIN).allow_any_method().supports_credentials().block_on_origin_mismatch(false)
}

fn assert_allows(headers: &HeaderMap, origin: Option<&str>, name: &str) {
    let expected: Vec<_> = origin.into_iter().collect();
    assert_eq!(values(headers, "access-control-allow-origin"), expected, "{name}");
}

#[actix_web::test]
async fn no_handshake_relaxes_cors() {
    for (form, clerk) in instances() {
        let middleware = || ClerkMiddleware::new(clerk.config());
        let ok = || web::to(async || HttpResponse::Ok().finish());
        let without = init_service(App::new().default_service(ok()).wrap(middleware())).await;
        let outside = init_service(App::new().default_service(ok()).wrap(middleware()).wrap(cors())).await;
        let inside = init_service(App::new().default_service(ok()).wrap(cors()).wrap(middleware())).await;
        let signed_in = signed_in(&clerk).await;
        for target in [
            "/",
            "/?__clerk_handshake_nonce=x",
            "/?__clerk_handshake=x",
            "/?__clerk_handshake=a.b.c",
            "/?__clerk_handshake_nonce=x&__clerk_handshake=x",
            "/?__clerk_handshake_nonce=",
            "/?__clerk_db_jwt=x",
            "/?__clerk_synced=true",
        ] {
            for cookies in ["", "__clerk_handshake_nonce=x", "__clerk_handshake=x", &signed_in] {
                for (method, page) in [
                    (Method::GET, "null"),
                    (Method::GET, "https://evil.example"),
                    (Method::GET, ORIGIN),
                    (Method::POST, "null"),
                    (Method::HEAD, "null"),
                    (Method::DELETE, ORIGIN),
                ] {
                    let request = || {
                        TestRequest::with_uri(target)
                            .method(method.clone())
                            .insert_header(("Host", "localhost"))
                            .insert_header(("Origin", page))
                            .insert_header(("Cookie", cookies))
                            .to_request()
                    };
                    let name = format!("{form}: {method} {target} of {page} with {cookies:.30}");
                    let allowed = (page == ORIGIN).then_some(ORIGIN);
                    let response = call_service(&without, request()).await;
                    assert_allows(response.headers(), None, &name);
                    assert_eq!(values(response.headers(), "access-control-allow-credentials"), [""; 0], "{name}");
                    assert_allows(call_service(&outside, request()).await.headers(), allowed, &name);
                    let response = call_service(&inside, request()).await;
                    // Responses of the middleware itself bypass the inner CORS.
                    let is_its_own = response.status() != 200;
                    assert_allows(response.headers(), allowed.filter(|_| !is_its_own), &name);
                }
            }
        }
    }
}
