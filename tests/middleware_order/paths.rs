//! `NormalizePath`: the address that a browser comes back to.

use actix_test::TestServer;
use actix_web::{App, middleware::NormalizePath};
use url::Url;

use crate::{development, navigation, production, routes, serve, support::send};

/// The path that the redirect names as the way back.
async fn way_back(server: &TestServer, path: &str, status: u16) -> String {
    let answer = send(navigation(server, path)).await;
    assert_eq!(answer.status, status, "{path}");
    let location = Url::parse(answer.header("location").unwrap()).unwrap();
    let (_, back) = location.query_pairs().find(|(name, _)| name == "redirect_url").unwrap();
    let back = Url::parse(&back).unwrap();
    assert_eq!(back.port(), Some(server.addr().port()));
    back[url::Position::BeforePath..].to_owned()
}

#[actix_web::test]
async fn normalize_path_outside_clerk() {
    let (_clerk, middleware) = production();
    let server = serve!(App::new().configure(routes).wrap(middleware.clone()).wrap(NormalizePath::trim()));
    for path in ["/me?a=1", "/me/?a=1", "//me//?a=1"] {
        assert_eq!(way_back(&server, path, 302).await, "/me?a=1", "to sign in");
    }
    let (_clerk, middleware) = development();
    let server = serve!(App::new().configure(routes).wrap(middleware.clone()).wrap(NormalizePath::trim()));
    for path in ["/me?a=1", "/me/?a=1", "//me//?a=1"] {
        assert_eq!(way_back(&server, path, 307).await, "/me?a=1", "to Clerk and back");
    }
}

#[actix_web::test]
async fn normalize_path_inside_clerk() {
    let (_clerk, middleware) = production();
    let server = serve!(App::new().configure(routes).wrap(NormalizePath::trim()).wrap(middleware.clone()));
    for path in ["/me?a=1", "/me/?a=1"] {
        assert_eq!(way_back(&server, path, 302).await, "/me?a=1", "an extractor sees the path as it is by then");
    }
    let (_clerk, middleware) = development();
    let server = serve!(App::new().configure(routes).wrap(NormalizePath::trim()).wrap(middleware.clone()));
    for path in ["/me?a=1", "/me/?a=1"] {
        assert_eq!(way_back(&server, path, 307).await, path, "Clerk's middleware, as the browser wrote it");
    }
}
