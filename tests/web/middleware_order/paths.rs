//! `NormalizePath`: the address that a browser returns to.

use actix_test::TestServer;
use actix_web::{App, middleware::NormalizePath, web};
use clerk_actix::{ClerkMiddleware, OrganizationSync, testing};
use url::Url;

use super::{bearer, development, me, production, routes, serve};
use crate::support::{navigation, send};

/// Returns the path that the redirect names as the return address.
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
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(NormalizePath::trim()));
    for path in ["/me?a=1", "/me/?a=1", "//me//?a=1"] {
        assert_eq!(way_back(&server, path, 302).await, "/me?a=1", "to sign in");
    }
    let (_clerk, middleware) = development();
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(NormalizePath::trim()));
    for path in ["/me?a=1", "/me/?a=1", "//me//?a=1"] {
        assert_eq!(way_back(&server, path, 307).await, "/me?a=1", "to Clerk and back");
    }
}

#[actix_web::test]
async fn normalize_path_inside_clerk() {
    let (_clerk, middleware) = production();
    let server = serve(move || App::new().configure(routes).wrap(NormalizePath::trim()).wrap(middleware.clone()));
    for path in ["/me?a=1", "/me/?a=1"] {
        assert_eq!(way_back(&server, path, 302).await, "/me?a=1", "an extractor sees the path as it is by then");
    }
    let (_clerk, middleware) = development();
    let server = serve(move || App::new().configure(routes).wrap(NormalizePath::trim()).wrap(middleware.clone()));
    for path in ["/me?a=1", "/me/?a=1"] {
        assert_eq!(way_back(&server, path, 307).await, path, "Clerk's middleware, as the browser wrote it");
    }
}

/// Organization sync matches its patterns against the path that Clerk's middleware sees; routing uses the normalized
/// path.
#[actix_web::test]
async fn normalize_path_inside_clerk_and_organization_sync() {
    let (clerk, _) = production();
    let sync = OrganizationSync::new().organization_pattern("/orgs/:slug");
    let middleware = ClerkMiddleware::new(clerk.config_builder().organization_sync(sync).build().unwrap());
    let outside = middleware.clone();
    let outside = serve(move || {
        App::new().route("/orgs/{slug}", web::get().to(me)).wrap(outside.clone()).wrap(NormalizePath::trim())
    });
    let inside = serve(move || {
        App::new().route("/orgs/{slug}", web::get().to(me)).wrap(NormalizePath::trim()).wrap(middleware.clone())
    });
    let token = clerk.mint(testing::session("user_1").org_id("org_2").org_slug("globex").claim("iat", 2));
    let cookies = ("Cookie", format!("__client_uat=1; __session={token}"));
    for (server, path, status) in
        [(&outside, "/orgs/acme", 307), (&outside, "/orgs//acme", 307), (&inside, "/orgs/acme", 307)]
    {
        let answer = send(navigation(server, path).insert_header(cookies.clone())).await;
        assert_eq!(answer.status, status, "{path}: Clerk is asked to switch");
        assert!(answer.header("location").unwrap().contains("organization_id=acme"), "{path}");
    }
    let answer = send(navigation(&inside, "/orgs//acme").insert_header(cookies)).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "user_1"), "another organization is active");
}

#[actix_web::test]
async fn normalize_path_on_a_scope() {
    let (clerk, middleware) = production();
    let server = serve(move || {
        App::new()
            .service(web::scope("/scope").route("/me", web::get().to(me)).wrap(NormalizePath::trim()))
            .wrap(middleware.clone())
    });
    for (path, status) in [("/scope//me/", 200), ("//scope/me", 404)] {
        assert_eq!(send(server.get(path).insert_header(bearer(&clerk, "user_1"))).await.status, status, "{path}");
    }
}
