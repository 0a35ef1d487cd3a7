//! State-changing requests with a visitor's cookies count if they come from the application's own pages.
//!
//! A form whose session token has expired in the meantime is not lost.

use actix_web::{
    App,
    http::Method,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Form, ServiceConfig},
};
use clerk_actix::{
    Auth, ClerkConfig, ClerkMiddleware, CsrfProtection, Reason, RequireAuth,
    testing::{self, Endpoint, LocalClerk},
};
use serde_json::Value;

use crate::{
    expired, sets_a_session, signed_in,
    support::{bearer, instances, local_clerk},
    values,
};

const OWN: (&str, &str) = ("Origin", "https://app.example.com");
const FOREIGN: (&str, &str) = ("Origin", "https://evil.example.com");
const SAME_ORIGIN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");
const SAME_SITE: (&str, &str) = ("Sec-Fetch-Site", "same-site");
const CROSS_SITE: (&str, &str) = ("Sec-Fetch-Site", "cross-site");

fn routes(app: &mut ServiceConfig) {
    app.route("/who", web::to(async |auth: Auth| auth.user_id().unwrap_or("signed out").to_owned()))
        .route("/orders", web::post().to(order))
        .route("/page", web::to(async |user: RequireAuth| user.user_id().to_owned()));
}

async fn order(user: RequireAuth, order: Form<std::collections::BTreeMap<String, String>>) -> String {
    format!("{} orders {}", user.user_id(), order["what"])
}

fn request(method: Method, cookies: &str, headers: &[(&str, &str)]) -> TestRequest {
    let request = TestRequest::with_uri("/who").method(method).insert_header(("Host", "app.example.com"));
    let request = request.insert_header(("Cookie", cookies));
    headers.iter().fold(request, |request, header| request.append_header(*header))
}

struct Found {
    status: u16,
    who: String,
    reason: Option<String>,
    message: Option<String>,
    sets_a_session: bool,
}

async fn ask(config: &ClerkConfig, request: TestRequest) -> Found {
    let app = init_service(App::new().configure(routes).wrap(ClerkMiddleware::new(config.clone()))).await;
    let response = call_service(&app, request.to_request()).await;
    let text = |name: &str| values(response.headers(), name).first().map(|text| (*text).to_owned());
    let (reason, message) = (text("x-clerk-auth-reason"), text("x-clerk-auth-message"));
    let (status, sets_a_session) = (response.status().as_u16(), sets_a_session(response.headers()));
    let who = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    Found { status, who, reason, message, sets_a_session }
}

/// A session cookie whose token was issued to a page.
fn cookies_of(clerk: &LocalClerk, azp: &str) -> String {
    format!("__client_uat=1; __session={}", clerk.mint(testing::session("user_1").claim("azp", azp)))
}

#[actix_web::test]
async fn cookies_count_for_ones_own_pages() {
    let clerk = local_clerk();
    let plain = clerk.config();
    let build = |protection| clerk.config_builder().csrf_protection(protection).build().unwrap();
    let on = build(CsrfProtection::new());
    let trusting = build(CsrfProtection::new().trusted_origin("https://evil.example.com"));
    let off = build(CsrfProtection::dangerously_off());
    let parties = ["https://app.example.com", "https://evil.example.com"];
    let party = clerk.config_builder().authorized_parties(parties).build().unwrap();
    let cookies = cookies_of(&clerk, "https://app.example.com");
    let of_a_frontend = cookies_of(&clerk, "https://www.example.com");
    let forged = Err("cross-origin-request");
    for (name, config, cookies, headers, expected) in [
        ("no browser", &plain, &cookies, &[][..], Ok(())),
        ("its own page", &plain, &cookies, &[OWN], Ok(())),
        ("its own page, today", &plain, &cookies, &[OWN, SAME_ORIGIN], Ok(())),
        ("its own page behind a proxy", &plain, &cookies, &[("Origin", "https://public.example"), SAME_ORIGIN], Ok(())),
        ("the page that the token is for", &plain, &of_a_frontend, &[("Origin", "https://www.example.com")], Ok(())),
        ("the same, today", &plain, &of_a_frontend, &[("Origin", "https://www.example.com"), SAME_SITE], Ok(())),
        ("a sibling domain", &plain, &cookies, &[FOREIGN, SAME_SITE], forged),
        ("a sibling domain, years ago", &plain, &cookies, &[FOREIGN], forged),
        ("another site", &plain, &cookies, &[("Origin", "https://evil.example"), CROSS_SITE], forged),
        ("another site that hides its origin", &plain, &cookies, &[CROSS_SITE], forged),
        ("a sandbox", &plain, &cookies, &[("Origin", "null")], forged),
        ("two origins", &plain, &cookies, &[OWN, FOREIGN], forged),
        ("said outright", &on, &cookies, &[FOREIGN], forged),
        ("a trusted page", &trusting, &cookies, &[FOREIGN, SAME_SITE], Ok(())),
        ("another than the trusted page", &trusting, &cookies, &[("Origin", "https://evil.example")], forged),
        ("an authorized party", &party, &cookies, &[FOREIGN, SAME_SITE], Ok(())),
        ("off", &off, &cookies, &[FOREIGN, CROSS_SITE], Ok(())),
    ] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::from_bytes(b"PURGE").unwrap()]
        {
            let found = ask(config, request(method.clone(), cookies, headers)).await;
            let verdict = if found.who == "signed out" { Err(found.reason.as_deref().unwrap()) } else { Ok(()) };
            assert_eq!((found.status, verdict), (200, expected), "{name}: {method}");
            let says_what_to_do = found.message.is_some_and(|message| message.contains("csrf_protection"));
            assert_eq!(says_what_to_do, expected.is_err(), "{name}: {method}");
        }
        for method in [Method::GET, Method::HEAD, Method::OPTIONS] {
            let found = ask(config, request(method.clone(), cookies, headers)).await;
            assert_eq!((found.status, found.reason), (200, None), "{name}: {method}");
        }
    }
    assert_eq!(Reason::CrossOriginRequest.as_str(), "cross-origin-request");
}

/// A page of another site cannot add a header, and without cookies there is nothing to forge a request with.
#[actix_web::test]
async fn other_credentials_are_not_affected() {
    let clerk = local_clerk();
    let config = clerk.config();
    let token = clerk.session_token("user_1");
    let bearer = request(Method::POST, "", &[FOREIGN, CROSS_SITE]).insert_header(bearer(token));
    assert_eq!(ask(&config, bearer).await.who, "user_1");
    for cookies in ["", "theme=dark", "__client_uat=0"] {
        let found = ask(&config, request(Method::POST, cookies, &[FOREIGN, CROSS_SITE])).await;
        assert_eq!(found.reason.as_deref(), Some("session-token-and-uat-missing"), "{cookies}");
    }
}

#[actix_web::test]
async fn a_refusal_is_a_401_that_is_not_a_redirect() {
    for (form, clerk) in instances() {
        let cookies = signed_in(&clerk).await;
        let app = init_service(App::new().configure(routes).wrap(ClerkMiddleware::new(clerk.config()))).await;
        let post = TestRequest::post().uri("/page").insert_header(("Cookie", cookies)).insert_header(FOREIGN);
        let post = post.insert_header(("Sec-Fetch-Dest", "document")).insert_header(("Accept", "text/html"));
        let response = call_service(&app, post.to_request()).await;
        assert_eq!(response.status(), 401, "{form}");
        let body: Value = serde_json::from_slice(&read_body(response).await).unwrap();
        assert_eq!(body["errors"][0]["code"], "cross-origin-request", "{form}");
    }
}

/// An expired session token, with a refresh token beside it.
#[actix_web::test]
async fn a_form_does_not_lose_its_input() {
    for (form, clerk) in instances() {
        let cookies = expired(&clerk).await;
        let app = init_service(App::new().configure(routes).wrap(ClerkMiddleware::new(clerk.config()))).await;
        for (name, headers) in [
            ("a browser of today", &[("Origin", "http://localhost"), SAME_ORIGIN][..]),
            ("a browser of some years ago", &[("Origin", "http://localhost")]),
            ("a browser that hides its origin", &[("Origin", "null"), SAME_ORIGIN]),
        ] {
            let calls = clerk.calls(Endpoint::Refresh);
            let post = TestRequest::post().uri("/orders").insert_header(("Host", "localhost"));
            let post = post.insert_header(("Cookie", cookies.as_str())).insert_header(("Sec-Fetch-Dest", "document"));
            let post = headers.iter().fold(post, |post, header| post.append_header(*header));
            let response = call_service(&app, post.set_form([("what", "tea")]).to_request()).await;
            assert_eq!(response.status(), 200, "{form}: {name}");
            assert!(sets_a_session(response.headers()), "{form}: {name}");
            assert_eq!(values(response.headers(), "cache-control"), ["private, no-store"], "{form}: {name}");
            assert_eq!(read_body(response).await, "user_ada orders tea", "{form}: {name}");
            assert_eq!(clerk.calls(Endpoint::Refresh), calls + 1, "{form}: {name}");
        }
    }
}

#[actix_web::test]
async fn every_method_is_refreshed_for_ones_own_pages_alone() {
    let clerk = local_clerk();
    let config = clerk.config();
    let cookies = expired(&clerk).await;
    let own = [("Host", "localhost"), ("Origin", "http://localhost"), SAME_ORIGIN];
    let quiet = [("Host", "localhost"), SAME_ORIGIN];
    let not_said = [("Host", "localhost")];
    let foreign = [("Host", "localhost"), FOREIGN, SAME_SITE];
    // Its cookies count, but the cookie's `azp` is not verified if the request has a token in its header.
    let azp = azp(&cookies);
    let made_for = [("Host", "localhost:3000"), ("Origin", azp.as_str()), SAME_SITE];
    let not_get = Some("session-token-expired-refresh-non-eligible-non-get");
    for (name, headers, unsafe_ones, safe_ones) in [
        ("its own page", &own[..], None, None),
        ("its own page, without an origin", &quiet, None, None),
        ("no browser", &not_said, not_get, not_get),
        ("another page", &foreign, Some("cross-origin-request"), not_get),
        ("the page that the token was made for", &made_for, not_get, not_get),
    ] {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS] {
            let expected = if matches!(method, Method::HEAD | Method::OPTIONS) { safe_ones } else { unsafe_ones };
            let calls = clerk.calls(Endpoint::Refresh);
            let mut asked = request(method.clone(), &cookies, &headers[1..]);
            asked = asked.insert_header(headers[0]);
            let found = ask(&config, asked).await;
            assert_eq!(found.reason.as_deref(), expected, "{name}: {method}");
            assert_eq!(found.sets_a_session, expected.is_none(), "{name}: {method}");
            assert_eq!(clerk.calls(Endpoint::Refresh) - calls, u64::from(expected.is_none()), "{name}: {method}");
        }
    }
}

/// Returns the origin that the session token among the cookies was issued to.
fn azp(cookies: &str) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let token = cookies.split("; ").find_map(|cookie| cookie.strip_prefix("__session=")).unwrap();
    let claims = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
    claims["azp"].as_str().unwrap().to_owned()
}

/// Scripts get a status code, and are redirected neither to sign-in nor to Clerk.
#[actix_web::test]
async fn scripts_are_not_redirected() {
    for (form, clerk) in instances() {
        let app = init_service(App::new().configure(routes).wrap(ClerkMiddleware::new(clerk.config()))).await;
        for (mark, is_script) in [
            (("Accept-Language", "en"), false),
            (("X-Requested-With", "com.example.app"), false),
            (("X-Requested-With", "XMLHttpRequest"), true),
            (("HX-Request", "true"), true),
            (("Turbo-Frame", "cart"), true),
            (("X-Turbo-Request-Id", "1"), true),
            (("X-PJAX", "true"), true),
            (("X-Inertia", "true"), true),
            (("X-Up-Version", "3.0.0"), true),
            (("X-Livewire", "true"), true),
            (("X-Alpine-Request", "true"), true),
            (("Datastar-Request", "true"), true),
            (("Origin", "https://app.example.com"), true),
            (("Sec-Fetch-Mode", "cors"), true),
        ] {
            for cookies in ["", "__client_uat=1"] {
                let get = TestRequest::with_uri("/page").insert_header(("Accept", "text/html")).insert_header(mark);
                let response = call_service(&app, get.insert_header(("Cookie", cookies)).to_request()).await;
                let status = response.status().as_u16();
                assert_eq!(status == 401, is_script, "{form}: {mark:?} with {cookies}: {status}");
                assert_eq!(response.headers().contains_key("location"), !is_script, "{form}: {mark:?} with {cookies}");
            }
        }
    }
}
