//! Actix's `Logger`: it sees the output of the middleware that it wraps.

use std::sync::{Mutex, Once};

use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    middleware::{Logger, Next, from_fn},
    test::{TestRequest, call_service, init_service, read_body, try_call_service},
    web,
};
use clerk_actix::{Auth, AuthError, ClerkExt, access_logger};

use super::{development, production, routes};

const TARGET: &str = "middleware_order";
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Capture;

impl log::Log for Capture {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target() == TARGET
    }

    fn log(&self, record: &log::Record<'_>) {
        if record.target() == TARGET {
            LINES.lock().unwrap().push(record.args().to_string());
        }
    }

    fn flush(&self) {}
}

fn logger() -> Logger {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        log::set_logger(&Capture).unwrap();
        log::set_max_level(log::LevelFilter::Info);
    });
    Logger::new("%s %r").log_target(TARGET)
}

/// The log lines of a path that only this test requests.
fn logged(path: &str) -> Vec<String> {
    LINES.lock().unwrap().iter().filter(|line| line.contains(path)).cloned().collect()
}

fn in_other_words(middleware: clerk_actix::ClerkMiddleware) -> clerk_actix::ClerkMiddleware {
    middleware
        .error_handler(|error, _| InternalError::from_response(error, HttpResponse::ImATeapot().body("tea")).into())
}

/// `Logger` writes its line when the body has been sent, so the body has to be read.
macro_rules! visit {
    ($app:expr, $path:expr, $dest:expr) => {{
        let app = init_service($app).await;
        let request = TestRequest::get().uri($path).insert_header(("Sec-Fetch-Dest", $dest));
        let response = call_service(&app, request.to_request()).await;
        let status = response.status().as_u16();
        read_body(response).await;
        status
    }};
}

/// Neither the target nor the referrer shows what anyone could sign in with.
#[actix_web::test]
async fn the_access_logger_redacts_clerks_credentials() {
    logger();
    let (_clerk, middleware) = production();
    let app = App::new().configure(routes).wrap(middleware).wrap(access_logger().log_target(TARGET));
    let app = init_service(app).await;
    let request = TestRequest::get()
        .uri("/me?redacted-1&__clerk_handshake_nonce=verysecret")
        .insert_header(("Referer", "https://app.example.com/?__clerk_db_jwt=verysecret"));
    read_body(call_service(&app, request.to_request()).await).await;
    let lines = logged("redacted-1");
    assert_eq!(lines.len(), 1);
    assert!(lines[0].contains(r#""GET /me?redacted-1&__clerk_handshake_nonce=redacted HTTP/1.1" 401"#), "{}", lines[0]);
    assert!(lines[0].contains(r#""https://app.example.com/?__clerk_db_jwt=redacted""#), "{}", lines[0]);
}

#[actix_web::test]
async fn logger_outside_clerk() {
    let (_clerk, middleware) = production();
    let app = || App::new().configure(routes).wrap(middleware.clone()).wrap(logger());
    assert_eq!(visit!(app(), "/me?outside-1", "empty"), 401);
    assert_eq!(logged("/me?outside-1"), ["401 GET /me?outside-1 HTTP/1.1"]);
    assert_eq!(visit!(app(), "/me?outside-2", "document"), 302);
    assert_eq!(logged("/me?outside-2"), ["302 GET /me?outside-2 HTTP/1.1"]);
    let app = App::new().configure(routes).wrap(in_other_words(middleware.clone())).wrap(logger());
    assert_eq!(visit!(app, "/me?outside-3", "empty"), 418);
    assert_eq!(logged("/me?outside-3"), ["418 GET /me?outside-3 HTTP/1.1"]);
    let (_clerk, middleware) = development();
    let app = App::new().configure(routes).wrap(middleware).wrap(logger());
    assert_eq!(visit!(app, "/me?outside-4", "document"), 307);
    assert_eq!(logged("/me?outside-4"), ["307 GET /me?outside-4 HTTP/1.1"]);
}

#[actix_web::test]
async fn logger_inside_clerk_misses_what_clerk_answers() {
    let (_clerk, middleware) = production();
    let app = App::new().configure(routes).wrap(logger()).wrap(in_other_words(middleware));
    assert_eq!(visit!(app, "/me?inside-1", "empty"), 418);
    assert_eq!(logged("/me?inside-1"), ["401 GET /me?inside-1 HTTP/1.1"], "before it was put in other words");
    let (_clerk, middleware) = development();
    let app = App::new().configure(routes).wrap(logger()).wrap(middleware);
    assert_eq!(visit!(app, "/me?inside-2", "document"), 307);
    assert_eq!(logged("/me?inside-2"), [""; 0], "never got there");
}

async fn refuses_by_an_error<B: MessageBody>(req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    req.auth().require(req.request())?;
    next.call(req).await
}

async fn refuses_by_a_response<B: MessageBody + 'static>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    match req.auth().require(req.request()) {
        Ok(_) => Ok(next.call(req).await?.map_into_left_body()),
        Err(refusal) => Ok(req.error_response(refusal).map_into_right_body()),
    }
}

async fn refuses_in_the_handler(auth: Auth, req: HttpRequest) -> Result<String, AuthError> {
    Ok(auth.require(&req)?.user_id().to_owned())
}

/// An error from a middleware becomes a response only outside all middleware.
#[actix_web::test]
async fn middleware_that_refuses_by_an_error() {
    let (_clerk, middleware) = production();
    let worded = || in_other_words(middleware.clone());
    let app = App::new().configure(routes).wrap(from_fn(refuses_by_an_error)).wrap(worded()).wrap(logger());
    let app = init_service(app).await;
    let error = try_call_service(&app, TestRequest::with_uri("/public?error").to_request()).await.err().unwrap();
    assert_eq!(error.error_response().status(), 401, "not in other words");
    assert_eq!(logged("/public?error"), [""; 0]);

    let app = App::new().configure(routes).wrap(from_fn(refuses_by_a_response)).wrap(worded()).wrap(logger());
    assert_eq!(visit!(app, "/public?response", "empty"), 418);
    assert_eq!(logged("/public?response"), ["418 GET /public?response HTTP/1.1"]);

    let app = App::new().route("/handler", web::get().to(refuses_in_the_handler)).wrap(worded()).wrap(logger());
    assert_eq!(visit!(app, "/handler", "empty"), 418);
    assert_eq!(logged("/handler"), ["418 GET /handler HTTP/1.1"]);
}
