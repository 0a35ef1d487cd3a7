//! Access logs without the credentials that Clerk passes in URLs.

use actix_web::{HttpRequest, http::header::REFERER, middleware::Logger};

use crate::request::redacted;

/// Returns the path and query of a request for logs, with the values of Clerk's credentials replaced by `redacted`.
///
/// These are the parameters `__clerk_handshake`, `__clerk_handshake_nonce`, `__clerk_db_jwt`, `__dev_session`,
/// `__clerk_ticket`, `__clerk_token`, and `__session` with or without a suffix: a handshake through the Frontend API
/// proxy has the session token in its URL. A parameter that mentions one of them, such as a return address, is replaced
/// as a whole. If the path contains `/v1/`, as below the proxy, so are `code`, `ticket`, `token` and
/// `rotating_token_nonce`, which links in emails have.
///
/// Actix's `Logger` and most tracing middleware write the whole target. Anyone who reads such a log could sign in with
/// what it contains. [`access_logger`] returns a `Logger` that writes this instead. In other logging middleware, log this
/// in place of `req.uri()`.
///
/// ```
/// use actix_web::test::TestRequest;
/// use clerk_actix::redacted_target;
///
/// let request = TestRequest::with_uri("/orders?page=2&__clerk_handshake_nonce=n1").to_http_request();
/// assert_eq!(redacted_target(&request), "/orders?page=2&__clerk_handshake_nonce=redacted");
/// ```
pub fn redacted_target(req: &HttpRequest) -> String {
    redacted(req.uri().path_and_query().map_or("", |target| target.as_str())).into_owned()
}

/// Returns Actix's [`Logger`] in its default format, with the [`redacted_target`], and a `Referer` that is redacted the
/// same way.
///
/// ```
/// use actix_web::App;
/// use clerk_actix::{access_logger, ClerkMiddleware};
///
/// # fn app(clerk: ClerkMiddleware) {
/// let app = App::new().wrap(clerk).wrap(access_logger());
/// # let _ = app;
/// # }
/// ```
pub fn access_logger() -> Logger {
    let request = |req: &actix_web::dev::ServiceRequest| {
        format!("{} {} {:?}", req.method(), redacted_target(req.request()), req.version())
    };
    let referer = |req: &actix_web::dev::ServiceRequest| {
        let referer = req.headers().get(REFERER).and_then(|referer| referer.to_str().ok());
        referer.map_or_else(|| "-".to_owned(), |referer| redacted(referer).into_owned())
    };
    Logger::new(r#"%a "%{REQUEST}xi" %s %b "%{REFERER}xi" "%{User-Agent}i" %T"#)
        .custom_request_replace("REQUEST", request)
        .custom_request_replace("REFERER", referer)
}
