//! `Compress`: bodies are compressed, redirects stay as they are.

use actix_test::TestServer;
use actix_web::{App, HttpResponse, error::InternalError, http::header::HeaderMap, middleware::Compress, web::Bytes};
use awc::ClientRequest;

use super::{bearer, development, production, routes, serve};
use crate::support::navigation;

async fn gzip(request: ClientRequest) -> (u16, HeaderMap, Bytes) {
    let mut response = request.insert_header(("Accept-Encoding", "gzip")).send().await.unwrap();
    let body = response.body().await.unwrap();
    (response.status().as_u16(), response.headers().clone(), body)
}

fn is_compressed(headers: &HeaderMap, body: &[u8]) -> bool {
    let says = headers.get("content-encoding").is_some_and(|encoding| encoding == "gzip");
    // RFC 1952, section 2.3.1.
    assert_eq!(says, body.starts_with(&[0x1f, 0x8b]), "the header and the body agree");
    says
}

async fn assert_compresses(server: &TestServer, authorization: (&'static str, String)) {
    for (status, request) in [(200, server.get("/me").insert_header(authorization)), (401, server.get("/me"))] {
        let (got, headers, body) = gzip(request).await;
        assert_eq!(got, status);
        assert!(is_compressed(&headers, &body), "{status}");
        assert_eq!(headers.contains_key("www-authenticate"), status == 401);
    }
}

async fn assert_redirects(server: &TestServer, status: u16, to: &str) {
    let (got, headers, body) = gzip(navigation(server, "/me")).await;
    assert_eq!((got, body.len()), (status, 0));
    assert!(headers.get("location").unwrap().to_str().unwrap().starts_with(to), "{headers:?}");
    assert!(!headers.contains_key("content-encoding"));
}

#[actix_web::test]
async fn compress_outside_clerk() {
    let (clerk, middleware) = production();
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(Compress::default()));
    assert_compresses(&server, bearer(&clerk, "user_1")).await;
    assert_redirects(&server, 302, &clerk.sign_in_url()).await;
    let (clerk, middleware) = development();
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(Compress::default()));
    assert_redirects(&server, 307, &clerk.frontend_api_url()).await;
}

#[actix_web::test]
async fn compress_inside_clerk() {
    let (clerk, middleware) = production();
    let server = serve(move || App::new().configure(routes).wrap(Compress::default()).wrap(middleware.clone()));
    assert_compresses(&server, bearer(&clerk, "user_1")).await;
    assert_redirects(&server, 302, &clerk.sign_in_url()).await;
    let (clerk, middleware) = development();
    let server = serve(move || App::new().configure(routes).wrap(Compress::default()).wrap(middleware.clone()));
    assert_redirects(&server, 307, &clerk.frontend_api_url()).await;
}

/// An `error_handler`'s response is built on the way out, so an inner `Compress` does not see it.
#[actix_web::test]
async fn compress_and_an_error_handler() {
    let (_clerk, middleware) = production();
    let in_other_words = middleware.error_handler(|error, _| {
        InternalError::from_response(error, HttpResponse::ImATeapot().body("please sign in")).into()
    });
    let clerk = in_other_words.clone();
    let outside = serve(move || App::new().configure(routes).wrap(clerk.clone()).wrap(Compress::default()));
    let (status, headers, body) = gzip(outside.get("/me")).await;
    assert_eq!((status, is_compressed(&headers, &body)), (418, true));
    let inside = serve(move || App::new().configure(routes).wrap(Compress::default()).wrap(in_other_words.clone()));
    let (status, headers, body) = gzip(inside.get("/me")).await;
    assert_eq!((status, is_compressed(&headers, &body)), (418, false));
    assert_eq!(body, "please sign in");
}
