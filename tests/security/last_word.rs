//! The application has the last word: its cookies come after Clerk's, and it decides about `x-clerk-auth-*`.

use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::MessageBody,
    cookie::{Cookie, time::Duration as CookieAge},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::header::{HeaderMap, HeaderValue, SET_COOKIE},
    middleware::{Next, from_fn},
    test::{TestRequest, call_service, init_service, try_call_service},
    web::{self, ServiceConfig},
};
use clerk_actix::{
    ClerkExt, ClerkMiddleware,
    testing::{self, Behavior, Endpoint::Jwks},
};

use crate::{
    expired, return_from_handshake, signed_in,
    support::{instances, local_clerk},
    values,
};

const CLEARED: &str = "__session=; Path=/; Max-Age=0";

fn request(path: &str, cookies: &str) -> TestRequest {
    TestRequest::with_uri(path).insert_header(("Host", "localhost")).insert_header(("Cookie", cookies))
}

/// Returns the last `Set-Cookie` for a name: the one that a browser keeps.
fn last<'h>(headers: &'h HeaderMap, cookie: &str) -> Option<&'h str> {
    let of = |set: &&str| set.split('=').next() == Some(cookie);
    values(headers, "set-cookie").into_iter().rfind(of)
}

/// Signs out by every way of setting a cookie.
fn sign_outs(app: &mut ServiceConfig) {
    let cleared = || Cookie::build("__session", "").path("/").max_age(CookieAge::ZERO).finish();
    app.route("/cookie", web::get().to(move || async move { HttpResponse::Ok().cookie(cleared()).finish() }))
        .route(
            "/removal",
            web::get().to(move || async move {
                let mut response = HttpResponse::NoContent().finish();
                response.add_removal_cookie(&cleared()).map(|()| response)
            }),
        )
        .route("/header", web::get().to(async || HttpResponse::Ok().insert_header((SET_COOKIE, CLEARED)).finish()))
        .route(
            "/two-headers",
            web::get().to(async || {
                let mut response = HttpResponse::SeeOther();
                response.append_header((SET_COOKIE, "theme=dark")).append_header((SET_COOKIE, CLEARED)).finish()
            }),
        )
        .route(
            "/error",
            web::get().to(async || {
                let response = HttpResponse::Forbidden().insert_header((SET_COOKIE, CLEARED)).finish();
                Err::<HttpResponse, Error>(InternalError::from_response("you are out", response).into())
            }),
        )
        .service(web::scope("/middleware").wrap(from_fn(signs_out)).default_service(web::get().to(async || "out")))
        .service(web::scope("/failure").wrap(from_fn(fails)).default_service(web::get().to(async || "out")));
}

async fn signs_out(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let mut response = next.call(req).await?;
    response.headers_mut().append(SET_COOKIE, HeaderValue::from_static(CLEARED));
    Ok(response)
}

async fn fails(_: ServiceRequest, _: Next<impl MessageBody>) -> Result<ServiceResponse, Error> {
    let response = HttpResponse::Forbidden().insert_header((SET_COOKIE, CLEARED)).finish();
    Err(InternalError::from_response("you are out", response).into())
}

#[actix_web::test]
async fn a_sign_out_sticks_when_clerk_renews_the_session() {
    for (form, clerk) in instances() {
        let app = App::new().configure(sign_outs).wrap(ClerkMiddleware::new(clerk.config()));
        let app = init_service(app).await;
        let cookies = expired(&clerk).await;
        for path in ["/cookie", "/removal", "/header", "/two-headers", "/error", "/middleware", "/failure"] {
            let headers = match try_call_service(&app, request(path, &cookies).to_request()).await {
                Ok(response) => response.headers().clone(),
                Err(error) => error.error_response().headers().clone(),
            };
            let of_sessions = |set: &&&str| set.starts_with("__session=");
            let sets = values(&headers, "set-cookie");
            assert_eq!(
                sets.iter().filter(of_sessions).count(),
                2,
                "{form} {path}: Clerk's and the handler's, {sets:?}"
            );
            assert!(last(&headers, "__session").unwrap().starts_with("__session=;"), "{form} {path}: {sets:?}");
        }
    }
}

/// The same when the browser returns from Clerk: the requested page signs it out.
#[actix_web::test]
async fn a_sign_out_sticks_after_a_handshake() {
    let (browser, page) = return_from_handshake(sign_outs, "/header").await;
    assert!(browser.redirects() > 0 && values(&page.headers, "set-cookie").len() > 2, "{:?}", page.headers);
    assert_eq!(last(&page.headers, "__session"), Some(CLEARED));
    assert_eq!(browser.cookie("localhost", "__session"), None);
}

#[actix_web::test]
async fn cookies_of_other_names_all_arrive() {
    let (_, clerk) = instances().into_iter().next().unwrap();
    let app = App::new().configure(sign_outs).wrap(ClerkMiddleware::new(clerk.config()));
    let app = init_service(app).await;
    let response = call_service(&app, request("/two-headers", &expired(&clerk).await).to_request()).await;
    assert_eq!(last(response.headers(), "theme"), Some("theme=dark"));
    assert!(values(response.headers(), "set-cookie").iter().any(|set| set.starts_with("__session_")));
}

const STATUS: &str = "x-clerk-auth-status";
const REASON: &str = "x-clerk-auth-reason";
const MESSAGE: &str = "x-clerk-auth-message";

/// The headers that a handler sees, as its body.
fn seen(req: &HttpRequest) -> String {
    let seen = req.auth_headers().iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
    seen.collect::<Vec<_>>().join("\n")
}

fn handlers(app: &mut ServiceConfig) {
    app.route("/sees", web::get().to(async |req: HttpRequest| seen(&req)))
        .route(
            "/removes-one",
            web::get().to(async |req: HttpRequest| {
                req.auth_headers().remove("X-Clerk-Auth-Message");
                req.auth_headers().remove("x-other");
                seen(&req)
            }),
        )
        .route(
            "/removes-all",
            web::get().to(async |req: HttpRequest| {
                req.auth_headers().clear();
                seen(&req)
            }),
        )
        .route("/sets-its-own", web::get().to(async || HttpResponse::Ok().insert_header((REASON, "ours")).finish()))
        .service(
            web::scope("/on-the-way-in")
                .wrap(from_fn(async |req: ServiceRequest, next: Next<_>| {
                    assert_eq!(req.auth_headers().get(STATUS).is_some(), req.auth().user_id().is_none());
                    req.auth_headers().clear();
                    next.call(req).await
                }))
                .default_service(web::get().to(async |req: HttpRequest| seen(&req))),
        )
        .service(
            web::scope("/on-the-way-out")
                .wrap(from_fn(async |req: ServiceRequest, next: Next<_>| {
                    let response: ServiceResponse<_> = next.call(req).await?;
                    response.request().auth_headers().remove(REASON);
                    Ok(response)
                }))
                .default_service(web::get().to(async |req: HttpRequest| seen(&req))),
        );
}

#[actix_web::test]
async fn the_headers_that_say_why_are_the_applications_to_remove() {
    let clerk = local_clerk();
    let app = App::new().configure(handlers).wrap(ClerkMiddleware::new(clerk.config()));
    let app = init_service(app).await;
    let all = &[STATUS, REASON, MESSAGE][..];
    for (path, shown, sent) in [
        ("/sees", all, all),
        ("/removes-one", &[STATUS, REASON], &[STATUS, REASON]),
        ("/removes-all", &[], &[]),
        ("/sets-its-own", &[], all),
        ("/on-the-way-in", &[], &[]),
        ("/on-the-way-out", all, &[STATUS, MESSAGE]),
    ] {
        let bad = TestRequest::with_uri(path).insert_header(("Authorization", "Bearer a.b.c")).to_request();
        let response = call_service(&app, bad).await;
        let headers = response.headers().clone();
        let sent_are: Vec<_> = all.iter().copied().filter(|name| headers.contains_key(*name)).collect();
        assert_eq!(sent_are, sent, "{path}");
        let body = String::from_utf8(actix_web::test::read_body(response).await.to_vec()).unwrap();
        let shown_are: Vec<_> = body.lines().map(|line| line.split(':').next().unwrap()).collect();
        assert_eq!(shown_are, shown, "{path}");
        let reason = if path == "/sets-its-own" { "ours" } else { "token-invalid" };
        assert!(headers.get(REASON).is_none_or(|value| value == reason), "{path}: {headers:?}");
        for line in body.lines().filter(|line| line.starts_with(REASON)) {
            assert_eq!(line, format!("{REASON}: token-invalid"), "{path}");
        }
    }
    // A signed-in request has none of them.
    for path in ["/sees", "/removes-all", "/on-the-way-in"] {
        let response = call_service(&app, request(path, &signed_in(&clerk).await).to_request()).await;
        assert_eq!((response.status().as_u16(), values(response.headers(), STATUS)), (200, vec![]), "{path}");
        assert!(actix_web::test::read_body(response).await.is_empty(), "{path}");
    }
}

/// The header quotes what the configuration expects. It never contains a secret, an address of this server or a signature.
#[actix_web::test]
async fn what_the_message_says_of_this_server() {
    let clerk = local_clerk();
    let builder = || clerk.config_builder().authorized_parties(["https://app.example.com"]);
    let expecting = builder().audience(["api-1"]).build().unwrap();
    let of_another_site = clerk.mint(testing::session("user_1").claim("azp", "https://evil.example"));
    let for_another_api =
        clerk.mint(testing::session("user_1").claim("azp", "https://app.example.com").claim("aud", "api-2"));
    let without_keys = builder().build().unwrap();
    for (name, config, token, quoted) in [
        ("a token of another site", &expecting, of_another_site, "https://app.example.com"),
        ("a token for another API", &expecting, for_another_api.clone(), "api-1"),
        ("no signing keys", &without_keys, for_another_api, "JWKS"),
    ] {
        clerk.behave(Jwks, if name == "no signing keys" { Behavior::Status(500) } else { Behavior::Normal });
        let app = App::new().configure(handlers).wrap(ClerkMiddleware::new(config.clone()));
        let request = TestRequest::with_uri("/sees").insert_header(("Authorization", format!("Bearer {token}")));
        let response = call_service(&init_service(app).await, request.to_request()).await;
        let message = values(response.headers(), MESSAGE).join("\n");
        assert!(message.contains(quoted), "{name}: {message}");
        let address = clerk.api_url();
        let port = address.rsplit(':').next().and_then(|rest| rest.split('/').next()).unwrap();
        for kept in [clerk.secret_key(), port, "127.0.0.1", "localhost", token.rsplit('.').next().unwrap()] {
            assert!(!message.contains(kept), "{name}: {message} contains {kept}");
        }
    }
}

/// Without the middleware there are no headers to set or remove.
#[actix_web::test]
async fn without_the_middleware_there_are_none() {
    let app = init_service(App::new().configure(handlers)).await;
    for path in ["/sees", "/removes-one", "/removes-all"] {
        let response = call_service(&app, TestRequest::with_uri(path).to_request()).await;
        assert!(response.status().is_success() && !response.headers().contains_key(STATUS), "{path}");
    }
}
