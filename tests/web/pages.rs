//! Pages with Clerk's JavaScript: the tags in templates, and the Content-Security-Policy with its nonce.

use std::collections::BTreeSet;

use actix_web::{
    App, HttpResponse, Responder,
    http::{StatusCode, header},
    middleware::{Compress, ErrorHandlerResponse, ErrorHandlers},
    web,
};
use clerk_actix::{ClerkConfig, ClerkCsp, ClerkJs, ClerkMiddleware, CspNonce, RequireAuth, testing::LocalClerk};
use maud::{PreEscaped, html};

use crate::support::{local_clerk, servers::serve};

const HOSTILE: &str = "</script><script>alert('\"')</script>";

fn tags() -> ClerkJs {
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_0000");
    ClerkJs::of(&config.build().unwrap()).with_ui().nonce("r4nd0m+/==").load_option("a", HOSTILE)
}

#[derive(askama::Template)]
#[template(source = "<head>{{ clerk_js|safe }}</head>", ext = "html")]
struct Askama {
    clerk_js: ClerkJs,
}

#[test]
fn the_tags_are_the_same_in_every_template_engine() {
    let expected = format!("<head>{}</head>", tags());
    assert!(expected.contains("nonce=\"r4nd0m+/==\"") && !expected.contains(HOSTILE));
    let all = tags();
    let (text, bytes): (&str, &[u8]) = (all.as_ref(), all.as_ref());
    assert_eq!((text, bytes), (&*all.to_string(), all.to_string().as_bytes()));

    assert_eq!(html! { head { (PreEscaped(&tags())) } }.0, expected, "maud");
    assert_eq!(html! { head { (PreEscaped(tags())) } }.0, expected, "maud, by value");
    assert_eq!(askama::Template::render(&Askama { clerk_js: tags() }).unwrap(), expected, "askama");

    let mut tera = tera::Tera::default();
    tera.add_raw_template("page.html", "<head>{{ clerk_js | safe }}</head>").unwrap();
    let mut context = tera::Context::new();
    context.insert("clerk_js", &tags());
    assert_eq!(tera.render("page.html", &context).unwrap(), expected, "Tera");
}

fn policy_of(response: &awc::ClientResponse<impl Sized>) -> Option<String> {
    let mut all = response.headers().get_all("content-security-policy");
    let policy = all.next().map(|policy| policy.to_str().unwrap().to_owned());
    assert!(all.next().is_none(), "two policies");
    policy
}

fn nonce_in(policy: &str) -> &str {
    policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap()
}

async fn nonce(nonce: CspNonce) -> impl Responder {
    nonce.to_string()
}

async fn optional_nonce(nonce: Option<CspNonce>) -> impl Responder {
    nonce.map_or("none".to_owned(), |nonce| nonce.to_string())
}

async fn page(clerk_js: ClerkJs) -> impl Responder {
    web::Html::new(clerk_js.to_string())
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/nonce", web::get().to(nonce))
        .route("/optional", web::get().to(optional_nonce))
        .route("/twice", web::get().to(async |a: CspNonce, b: CspNonce, c: ClerkJs| format!("{a} {b} {c}")))
        .route("/page", web::get().to(page))
        .route("/plain", web::get().to(async || "plain"))
        .route("/private", web::get().to(async |_: RequireAuth| "private"))
        .route(
            "/own",
            web::get().to(async |_: CspNonce| {
                HttpResponse::Ok().insert_header(("content-security-policy", "default-src 'none'")).finish()
            }),
        )
        .route(
            "/stored",
            web::get()
                .to(async |_: CspNonce| HttpResponse::Ok().insert_header(("cache-control", "max-age=60")).finish()),
        )
        .route("/unchanged", web::get().to(async |_: CspNonce| HttpResponse::NotModified().finish()))
        .route("/error", web::get().to(async || actix_web::error::ErrorBadRequest("no").error_response()))
        .route("/fails", web::get().to(async || Err::<String, _>(actix_web::error::ErrorBadRequest("no"))));
}

#[actix_web::test]
async fn the_header_has_the_nonce_that_the_handler_gets() {
    let clerk = local_clerk();
    let csp = ClerkCsp::of(&clerk.config()).merge("img-src blob:").unwrap();
    let clerk = ClerkMiddleware::new(clerk.config());
    let server = serve(move || App::new().configure(routes).wrap(csp.clone()).wrap(clerk.clone()));
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let mut response = server.get("/nonce").send().await.unwrap();
        let policy = policy_of(&response).unwrap();
        let body = response.body().await.unwrap();
        assert_eq!(nonce_in(&policy).as_bytes(), body);
        assert!(policy.contains("; img-src blob: 'self' https://img.clerk.com data:"), "{policy}");
        assert!(seen.insert(body), "a nonce came twice");
    }

    let mut response = server.get("/twice").send().await.unwrap();
    let policy = policy_of(&response).unwrap();
    let body = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
    let (first, rest) = body.split_once(' ').unwrap();
    assert_eq!(first, nonce_in(&policy));
    let (second, tags) = rest.split_once(' ').unwrap();
    assert_eq!(second, first);
    assert_eq!(tags.matches(&*format!("nonce=\"{first}\"")).count(), 2, "{tags}");
}

/// What a response has: a policy, and something for caches.
#[actix_web::test]
async fn each_kind_of_response() {
    let clerk = local_clerk();
    let csp = ClerkCsp::of(&clerk.config());
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || App::new().configure(routes).wrap(csp.clone()).wrap(middleware.clone()));
    for (path, status, has_policy, cache_control) in [
        ("/plain", 200, true, None),
        ("/nonce", 200, true, Some("private, no-cache")),
        ("/page", 200, true, Some("private, no-cache")),
        ("/stored", 200, true, Some("max-age=60")),
        // The stored page has the nonce of the stored header.
        ("/unchanged", 304, false, None),
        ("/private", 401, true, Some("no-store")),
        ("/error", 400, true, None),
        ("/fails", 400, true, None),
        ("/missing", 404, true, None),
    ] {
        let response = server.get(path).send().await.unwrap();
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(policy_of(&response).is_some(), has_policy, "{path}");
        let found = response.headers().get("cache-control").map(|value| value.to_str().unwrap());
        if path != "/private" {
            assert_eq!(found, cache_control, "{path}");
        }
    }
    let response = server.get("/own").send().await.unwrap();
    assert_eq!(policy_of(&response).unwrap(), "default-src 'none'", "the handler has the last word");
}

#[actix_web::test]
async fn without_the_middleware_a_nonce_is_an_error_and_an_optional_one_is_none() {
    let clerk = ClerkMiddleware::new(local_clerk().config());
    let server = serve(move || App::new().configure(routes).wrap(clerk.clone()));
    for path in ["/nonce", "/twice"] {
        let mut response = server.get(path).send().await.unwrap();
        assert_eq!(response.status(), 500, "{path}");
        let body = response.body().await.unwrap();
        assert_eq!(body, r#"{"errors":[{"code":"internal-error","message":"Something went wrong."}]}"#, "{path}");
    }
    let mut response = server.get("/optional").send().await.unwrap();
    assert_eq!(response.body().await.unwrap(), "none");
    let mut response = server.get("/page").send().await.unwrap();
    assert!(policy_of(&response).is_none());
    let body = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
    assert!(body.contains("clerk.browser.js") && !body.contains("nonce"), "{body}");
}

#[actix_web::test]
async fn without_clerks_middleware_the_tags_need_a_configuration() {
    let clerk = local_clerk();
    let config = clerk.config();
    let server = serve(move || {
        App::new()
            .service(web::scope("/none").configure(routes))
            .service(web::scope("/data").app_data(web::Data::new(config.clone())).configure(routes))
            .wrap(ClerkCsp::of(&config))
    });
    assert_eq!(server.get("/none/page").send().await.unwrap().status(), 500);
    let mut response = server.get("/data/page").send().await.unwrap();
    let policy = policy_of(&response).unwrap();
    let body = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
    assert!(body.contains(&*format!("nonce=\"{}\"", nonce_in(&policy))), "{body}");
}

/// A scope with a stricter policy, and one that reports only: each page has one nonce, which all its policies allow.
#[actix_web::test]
async fn policies_nest() {
    let clerk = local_clerk();
    let (outer, inner) = (ClerkCsp::of(&clerk.config()), ClerkCsp::of(&clerk.config()).compatible());
    let trial = ClerkCsp::of(&clerk.config()).replace("frame-src 'none'").unwrap().report_only();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        App::new()
            .service(web::scope("/inner").configure(routes).wrap(inner.clone()))
            .service(web::scope("/trial").configure(routes).wrap(trial.clone()))
            .wrap(middleware.clone())
            .wrap(outer.clone())
    });
    let mut response = server.get("/inner/nonce").send().await.unwrap();
    let policy = policy_of(&response).unwrap();
    assert!(!policy.contains("'strict-dynamic'"), "the inner one has the last word");
    assert_eq!(nonce_in(&policy).as_bytes(), response.body().await.unwrap());

    let mut response = server.get("/trial/nonce").send().await.unwrap();
    let enforced = policy_of(&response).unwrap();
    let reported = response.headers().get("content-security-policy-report-only").unwrap().to_str().unwrap().to_owned();
    assert!(enforced.contains("'strict-dynamic'") && reported.contains("frame-src 'none'"));
    let body = response.body().await.unwrap();
    assert_eq!([nonce_in(&enforced).as_bytes(), nonce_in(&reported).as_bytes()], [&body[..], &body[..]]);
}

/// A handler of 404 that makes a new response.
fn marked<B: 'static>() -> ErrorHandlers<B> {
    ErrorHandlers::new().handler(StatusCode::NOT_FOUND, |response| {
        let response = response.into_response(HttpResponse::NotFound().body("not here"));
        Ok(ErrorHandlerResponse::Response(response.map_into_right_body()))
    })
}

#[actix_web::test]
async fn other_middleware_may_be_on_either_side() {
    let clerk = local_clerk();
    let csp = ClerkCsp::of(&clerk.config());
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        App::new()
            .service(
                web::scope("/outside").configure(routes).wrap(csp.clone()).wrap(Compress::default()).wrap(marked()),
            )
            .service(web::scope("/inside").configure(routes).wrap(marked()).wrap(Compress::default()).wrap(csp.clone()))
            .wrap(middleware.clone())
    });
    for place in ["outside", "inside"] {
        let mut response = server.get(format!("/{place}/nonce")).send().await.unwrap();
        let policy = policy_of(&response).unwrap();
        assert_eq!(nonce_in(&policy).as_bytes(), response.body().await.unwrap(), "{place}");
        let missing = server.get(format!("/{place}/missing")).send().await.unwrap();
        assert_eq!(policy_of(&missing).is_some(), place == "inside", "{place}: a new response has none of the headers");
    }
}

/// The page that explains a rejection in development has its own policy.
#[actix_web::test]
async fn the_development_page_keeps_its_policy() {
    let clerk = LocalClerk::start().unwrap();
    let config = clerk.config_builder().enable_handshake(false).sign_in_url("/private").build().unwrap();
    let (csp, middleware) = (ClerkCsp::of(&config), ClerkMiddleware::new(config));
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(csp.clone()));
    let response = server.get("/private").insert_header(("Sec-Fetch-Dest", "document")).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(response.headers().get(header::CONTENT_TYPE).unwrap().to_str().unwrap().starts_with("text/html"));
    assert_eq!(policy_of(&response).unwrap(), "default-src 'none'; style-src 'unsafe-inline'");
}
