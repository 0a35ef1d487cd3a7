//! The span of a request for tracing-actix-web, without the credentials that Clerk passes in URLs.

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use clerk_actix::redacted_target;
use tracing::{Span, field::Empty};
use tracing_actix_web::{DefaultRootSpanBuilder, RequestId, RootSpanBuilder};

/// `.wrap(TracingLogger::<ClerkSpan>::new())`, outside `ClerkMiddleware`, which records the caller.
pub struct ClerkSpan;

impl RootSpanBuilder for ClerkSpan {
    fn on_request_start(req: &ServiceRequest) -> Span {
        let route = req.match_pattern().unwrap_or_else(|| "default".to_owned());
        tracing::info_span!(
            "HTTP request",
            http.method = %req.method(),
            http.route = route,
            http.target = redacted_target(req.request()),
            http.status_code = Empty,
            otel.name = format!("{} {route}", req.method()),
            otel.kind = "server",
            otel.status_code = Empty,
            request_id = req.extensions().get::<RequestId>().map(tracing::field::display),
            exception.message = Empty,
            user.id = Empty,
            session.id = Empty,
            clerk.org_id = Empty,
            clerk.token_type = Empty,
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        DefaultRootSpanBuilder::on_request_end(span, outcome);
    }
}
