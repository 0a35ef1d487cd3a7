//! Metrics for Prometheus, spans without Clerk's credentials, and probes for the load balancer.

use std::time::{Duration, Instant};

use actix_web::{
    Error, HttpMessage, HttpResponse, Responder,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    get,
    middleware::Next,
    web::{self, Data},
};
use clerk_actix::{ClerkMiddleware, redacted_target};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::{Span, field::Empty};
use tracing_actix_web::{DefaultRootSpanBuilder, RequestId, RootSpanBuilder};

use crate::store::Store;

/// Logs lines at `RUST_LOG`'s levels: by default warnings, why requests are rejected, and a line for each request.
pub fn log_to_the_terminal() {
    use tracing_subscriber::{
        EnvFilter,
        fmt::{self, format::FmtSpan},
        prelude::*,
    };
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,clerk_actix=info,notes=info"));
    tracing_subscriber::registry().with(fmt::layer().with_span_events(FmtSpan::CLOSE)).with(filter).init();
}

/// Installs the recorder of all metrics, with buckets for the durations. Call it before anything counts.
///
/// # Errors
///
/// If another recorder is installed.
pub fn install_prometheus() -> Result<PrometheusHandle, BuildError> {
    const SECONDS: [f64; 11] = [0.000_1, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &SECONDS)?
        .install_recorder()
}

/// For Prometheus, on a port of its own.
#[get("/metrics")]
pub async fn scrape(prometheus: Data<PrometheusHandle>) -> impl Responder {
    prometheus.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(prometheus.render())
}

pub fn probes(app: &mut web::ServiceConfig) {
    app.service((health, ready));
}

/// The process is alive. If this fails, restart it.
#[get("/healthz")]
async fn health() -> impl Responder {
    "ok\n"
}

/// The process can serve: Clerk's signing keys are loaded, which the probe itself causes, and the database answers. If this
/// fails, send no requests.
#[get("/readyz")]
async fn ready(clerk: Data<ClerkMiddleware>, store: Data<Store>) -> impl Responder {
    match (clerk.is_ready(), store.is_ready().await) {
        (true, true) => HttpResponse::Ok().body("ready\n"),
        (false, _) => HttpResponse::ServiceUnavailable().body("Clerk's signing keys are not loaded; see the log\n"),
        (_, false) => HttpResponse::ServiceUnavailable().body("the database does not answer; see the log\n"),
    }
}

/// Counts a request by its route, never by its path: clients choose paths.
pub async fn count(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let (route, start) = (req.match_pattern().unwrap_or_else(|| "none".to_owned()), Instant::now());
    let response = next.call(req).await;
    let status = match &response {
        Ok(response) => response.status(),
        Err(error) => error.as_response_error().status_code(),
    };
    record(route, status.as_u16(), start.elapsed());
    response
}

fn record(route: String, status: u16, duration: Duration) {
    metrics::counter!("notes_requests_total", "route" => route, "status" => status.to_string()).increment(1);
    metrics::histogram!("notes_request_duration_seconds").record(duration.as_secs_f64());
}

/// The span of a request, without the credentials that Clerk passes in URLs. `ClerkMiddleware` fills in the caller.
pub struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(req: &ServiceRequest) -> Span {
        let route = req.match_pattern().unwrap_or_else(|| "none".to_owned());
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
            exception.details = Empty,
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
