//! A response with Clerk's cookies is `private, no-store` whatever headers it has; any other is unchanged.

use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::{Method, StatusCode},
    middleware::{Next, from_fn},
    test::{TestRequest, call_service, init_service, try_call_service},
    web,
};
use clerk_actix::{ClerkMiddleware, testing::LocalClerk};

use crate::{
    expired, return_from_handshake, sets_a_session, signed_in,
    support::{instances, local_clerk},
    values,
};

/// The headers with which an application may instruct caches, by case name.
const SAID: &[(&str, &[(&str, &str)])] = &[
    ("nothing", &[]),
    ("shared caches may keep it", &[("Cache-Control", "public, s-maxage=60")]),
    ("for a while", &[("Cache-Control", "max-age=60")]),
    ("the browser alone may keep it", &[("Cache-Control", "private, max-age=60")]),
    ("private for one field alone", &[("Cache-Control", "private=\"x-a\", max-age=60")]),
    ("no cache may store it", &[("Cache-Control", "no-store")]),
    (
        "two lines, the first of which is private",
        &[("Cache-Control", "private"), ("Cache-Control", "public, max-age=60")],
    ),
    ("a static file", &[("ETag", "\"1\""), ("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")]),
    ("an ETag alone", &[("ETag", "W/\"1\"")]),
    ("Last-Modified alone", &[("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")]),
    ("Expires alone", &[("Expires", "Thu, 01 Jan 2099 00:00:00 GMT")]),
    ("Pragma", &[("Pragma", "cache")]),
    ("Age", &[("Age", "1")]),
    ("RFC 9213", &[("Cache-Control", "private, no-store"), ("CDN-Cache-Control", "max-age=600")]),
    ("Cloudflare", &[("Cloudflare-CDN-Cache-Control", "max-age=600")]),
    ("Vercel", &[("Vercel-CDN-Cache-Control", "max-age=600")]),
    ("Netlify", &[("Netlify-CDN-Cache-Control", "public, durable, max-age=600")]),
    ("Akamai", &[("Edge-Control", "!no-store, max-age=600"), ("Akamai-Cache-Control", "max-age=600")]),
    ("Fastly, Varnish, Squid", &[("Surrogate-Control", "max-age=600")]),
    ("nginx", &[("X-Accel-Expires", "600")]),
    ("LiteSpeed", &[("X-LiteSpeed-Cache-Control", "public, max-age=600")]),
    ("a cache that is still to come", &[("Example-Cache-Control", "max-age=600")]),
];

/// All headers that can affect caches, apart from `Cache-Control` itself.
const OTHERS: &[&str] = &[
    "expires",
    "etag",
    "last-modified",
    "pragma",
    "age",
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "vercel-cdn-cache-control",
    "netlify-cdn-cache-control",
    "edge-control",
    "akamai-cache-control",
    "surrogate-control",
    "x-accel-expires",
    "x-litespeed-cache-control",
    "example-cache-control",
];

/// A response with the status and the cache headers that the request asks for.
async fn says(req: HttpRequest) -> HttpResponse {
    let asked = |name: &str| req.headers().get(name).map(|value| value.to_str().unwrap().parse::<u16>().unwrap());
    let status = StatusCode::from_u16(asked("x-status").unwrap_or(200)).unwrap();
    let mut response = HttpResponse::build(status);
    for header in SAID[usize::from(asked("x-case").unwrap_or(0))].1 {
        response.append_header(*header);
    }
    response.finish()
}

fn assert_is_not_stored(headers: &actix_web::http::header::HeaderMap, name: &str) {
    assert_eq!(values(headers, "cache-control"), ["private, no-store"], "{name}");
    for other in OTHERS {
        assert_eq!(values(headers, other), [""; 0], "{name}: {other}");
    }
}

macro_rules! app {
    ($clerk:expr) => {
        init_service(App::new().default_service(web::to(says)).wrap(ClerkMiddleware::new($clerk.config()))).await
    };
}

fn request(case: usize, cookies: &str) -> TestRequest {
    TestRequest::get()
        .insert_header(("Host", "localhost"))
        .insert_header(("Cookie", cookies))
        .insert_header(("x-case", case.to_string()))
}

#[actix_web::test]
async fn a_refreshed_session_is_kept_by_no_cache() {
    for (form, clerk) in instances() {
        let app = app!(clerk);
        let cookies = expired(&clerk).await;
        for (case, (name, _)) in SAID.iter().enumerate() {
            let response = call_service(&app, request(case, &cookies).to_request()).await;
            assert!(sets_a_session(response.headers()), "{form}, {name}");
            assert_is_not_stored(response.headers(), &format!("{form}, {name}"));
        }
    }
}

#[actix_web::test]
async fn without_cookies_of_clerks_a_response_is_as_it_was() {
    for (form, clerk) in instances() {
        let app = app!(clerk);
        for cookies in [signed_in(&clerk).await, String::new()] {
            for (case, (name, said)) in SAID.iter().enumerate() {
                let response = call_service(&app, request(case, &cookies).to_request()).await;
                for header in said.iter().map(|(header, _)| *header) {
                    let expected: Vec<_> = said.iter().filter(|(name, _)| *name == header).map(|(_, v)| *v).collect();
                    assert_eq!(values(response.headers(), header), expected, "{form}, {name}");
                }
            }
        }
    }
}

#[actix_web::test]
async fn whatever_the_status() {
    let (_, clerk) = instances().into_iter().next().unwrap();
    let app = app!(clerk);
    let cookies = expired(&clerk).await;
    for status in ["200", "201", "204", "206", "301", "302", "304", "307", "308", "400", "404", "410", "500", "503"] {
        for case in [1, 7, 13] {
            let response = call_service(&app, request(case, &cookies).insert_header(("x-status", status)).to_request());
            let response = response.await;
            assert_eq!(response.status().as_str(), status);
            assert!(sets_a_session(response.headers()), "{status}");
            assert_is_not_stored(response.headers(), status);
        }
    }
}

/// A return from a handshake, in production: the page itself sets the cookies.
#[actix_web::test]
async fn a_handshake_is_kept_by_no_cache() {
    let file = async || HttpResponse::Ok().insert_header(("ETag", "\"1\"")).body("file");
    let (_, page) = return_from_handshake(move |app| _ = app.route("/file", web::get().to(file)), "/file").await;
    assert_eq!((page.status, page.body.as_str()), (200, "file"));
    assert!(sets_a_session(&page.headers));
    assert_is_not_stored(&page.headers, "a handshake");
}

/// An inner middleware that fails with an error whose response may be cached.
async fn fails(_: ServiceRequest, _: Next<impl MessageBody>) -> Result<ServiceResponse, Error> {
    let response = HttpResponse::Forbidden().insert_header(("Expires", "Thu, 01 Jan 2099 00:00:00 GMT")).finish();
    Err(InternalError::from_response("not you", response).into())
}

#[actix_web::test]
async fn an_error_of_inner_middleware_is_kept_by_no_cache() {
    for (form, clerk) in instances() {
        let middleware = ClerkMiddleware::new(clerk.config());
        let app = App::new().default_service(web::to(says)).wrap(from_fn(fails)).wrap(middleware);
        let app = init_service(app).await;
        let cookies = expired(&clerk).await;
        let error = try_call_service(&app, request(0, &cookies).to_request()).await.unwrap_err();
        let response = error.error_response();
        assert_eq!(response.status(), 403);
        assert!(sets_a_session(response.headers()), "{form}");
        assert_is_not_stored(response.headers(), form);
    }
}

/// All methods, including `HEAD` and `OPTIONS`, which renew no session unless the request says that it comes from the
/// application's own page.
#[actix_web::test]
async fn no_method_is_an_exception() {
    let clerk: LocalClerk = local_clerk();
    let app = app!(clerk);
    let cookies = expired(&clerk).await;
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::POST, Method::PUT, Method::PATCH, Method::DELETE]
    {
        let own = request(1, &cookies).method(method.clone()).insert_header(("Sec-Fetch-Site", "same-origin"));
        let response = call_service(&app, own.to_request()).await;
        assert!(sets_a_session(response.headers()) || method != Method::GET, "{method}");
        if sets_a_session(response.headers()) {
            assert_is_not_stored(response.headers(), method.as_str());
        }
    }
}
