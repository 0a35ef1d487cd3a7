//! The proxy for Clerk's Frontend API: what passes, what does not, and what the browser gets.

mod limits;
mod odd_paths;
mod passing;
mod settings;
mod streams;
mod upstream;

use std::net::SocketAddr;

use actix_test::TestServer;
use actix_web::{App, HttpResponse, web};
use clerk_actix::{Auth, ClerkConfig, ClerkConfigBuilder, ClerkMiddleware, FrontendApiProxy};

use self::upstream::Upstream;
use crate::support::{
    raw_connection::{RawResponse, exchange},
    servers::serve,
};

const SECRET_KEY: &str = "sk_live_verysecret";

/// A production configuration whose upstream is the stand-in.
fn builder(upstream: &Upstream) -> ClerkConfigBuilder {
    ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .secret_key(SECRET_KEY)
        .public_origin("https://app.example.com")
        .frontend_api_proxy("/__clerk")
        .frontend_api_url(upstream.url())
}

/// An application behind the middleware. Its own pages say `mine`.
fn server(config: ClerkConfigBuilder) -> TestServer {
    let clerk = ClerkMiddleware::new(config.build().unwrap());
    serve(move || {
        App::new()
            .wrap(clerk.clone())
            .route("/auth", web::to(async |auth: Auth| web::Json(auth)))
            .default_service(web::to(async || HttpResponse::Ok().body("mine")))
    })
}

fn proxy() -> FrontendApiProxy {
    FrontendApiProxy::default()
}

/// Sends a request with these header lines and no body.
fn ask(address: SocketAddr, method: &str, target: &str, headers: &str) -> RawResponse {
    exchange(address, format!("{method} {target} HTTP/1.1\r\nHost: app.example.com\r\n{headers}").as_bytes())
}

/// Asserts that the response is the proxy's own with this status and code.
fn assert_refused(response: &RawResponse, status: u16, code: &str, name: &str) {
    let body = String::from_utf8_lossy(&response.body);
    assert_eq!(response.status, status, "{name}: {body}");
    assert!(body.contains(&format!("{{\"errors\":[{{\"code\":\"{code}\",\"message\":\"")), "{name}: {body}");
    assert_eq!(response.header("content-type"), Some("application/json"), "{name}");
    assert_eq!(response.header("cache-control"), Some("no-store"), "{name}");
    assert!(!body.contains("verysecret"), "{name}: {body}");
}
