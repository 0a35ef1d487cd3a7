//! Metrics for Prometheus, traces without Clerk's credentials, and a readiness probe.
//!
//! ```sh
//! cargo run --example observability
//! ```
//!
//! The example runs on [`LocalClerk`], a local Clerk inside the process, and prints curl commands. `PORT` sets the port.
//! The page "Observability" of the guide explains the metrics.

#[path = "support/clerk_span.rs"]
mod clerk_span;
mod support;

use std::time::Duration;

use actix_web::{App, Either, HttpResponse, HttpServer, Responder, get, web};
use clerk_actix::{
    ApiKey, Authorized, Check, ClerkMiddleware, Policy, RequireAuth, Session,
    observe::Metrics,
    testing::{self, LocalClerk},
};
use clerk_span::ClerkSpan;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_actix_web::TracingLogger;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    log_to_the_terminal();
    let prometheus = web::Data::new(install_prometheus()?); // before `Metrics::new`, which describes the metrics to it
    let local = LocalClerk::start()?;
    let clerk = ClerkMiddleware::new(local.config_builder().observer(Metrics::new()).build()?);
    let probed = web::Data::new(clerk.clone());

    let listener = support::listen("PORT", 3000)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(prometheus.clone())
            .app_data(probed.clone())
            // Outside the scope with `ClerkMiddleware`: probes are neither authenticated nor counted.
            .service((metrics, ready))
            .service(web::scope("/api").wrap(clerk.clone()).service((me, orders, report)))
            .wrap(TracingLogger::<ClerkSpan>::new()) // wrapped last, so `ClerkMiddleware` runs inside its span
    })
    .listen(listener)?;
    print_what_to_do(&local, server.addrs()[0].port());
    Ok(server.run().await?)
}

/// For a user.
#[get("/me")]
async fn me(user: RequireAuth) -> impl Responder {
    format!("user {}\n", user.user_id())
}

/// For users and their programs.
#[get("/orders")]
async fn orders(caller: RequireAuth<Either<Session, ApiKey>>) -> impl Responder {
    match &*caller {
        Either::Left(session) => format!("orders of {}, for a person\n", session.user_id()),
        Either::Right(key) => format!("orders of {}, for a program\n", key.subject()),
    }
}

/// The scope that an API key must have.
struct ReadReports;

impl Policy for ReadReports {
    const REQUIRES: Check = Check::new().scope("reports:read");
}

/// For an API key that may read reports: 403 for any other key.
#[get("/report")]
async fn report(key: Authorized<ReadReports, ApiKey>) -> impl Responder {
    format!("the report of {}\n", key.subject())
}

/// For Prometheus. In production, serve it on a port that only Prometheus reaches.
#[get("/metrics")]
async fn metrics(prometheus: web::Data<PrometheusHandle>) -> impl Responder {
    prometheus.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(prometheus.render())
}

/// For the load balancer: 503 until Clerk's signing keys are loaded, which the probe itself causes. An outage later on does
/// not take all servers away at once, because the keys stay in use.
#[get("/ready")]
async fn ready(clerk: web::Data<ClerkMiddleware>) -> impl Responder {
    match clerk.is_ready() {
        true => HttpResponse::Ok().body("ready\n"),
        false => HttpResponse::ServiceUnavailable().body("Clerk's signing keys are not loaded; see the log\n"),
    }
}

/// Installs the recorder of the `metrics` crate, with buckets for the durations.
fn install_prometheus() -> Result<PrometheusHandle, BuildError> {
    const SECONDS: [f64; 11] = [0.000_1, 0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &SECONDS)?
        .install_recorder()
}

/// Logs one line when a request's span ends, with its fields, and this crate's reasons for rejections in between.
fn log_to_the_terminal() {
    use tracing_subscriber::{
        filter::Targets,
        fmt::{self, format::FmtSpan},
        prelude::*,
    };
    let filter = Targets::new()
        .with_default(tracing::Level::WARN)
        .with_target("clerk_actix", tracing::Level::INFO)
        .with_target("observability", tracing::Level::INFO);
    tracing_subscriber::registry().with(fmt::layer().with_span_events(FmtSpan::CLOSE)).with(filter).init();
}

fn print_what_to_do(local: &LocalClerk, port: u16) {
    let site = format!("http://localhost:{port}");
    let ada = &local.users()[0];
    let token = local.mint(ada.session().lifetime(Duration::from_secs(60 * 60)));
    let key = local.mint(testing::api_key(ada.id()).scopes(["orders:read"]));
    println!("\n  After each command, look at the span in this terminal.\n");
    println!("  # 401: signed out; the span has the parameter, but not its value");
    println!("  curl -i '{site}/api/me?__clerk_handshake_nonce=a-credential'\n");
    println!("  # 200: signed in; the span has user.id and session.id");
    println!("  curl -i -H 'Authorization: Bearer {token}' {site}/api/me\n");
    println!("  # 200: an API key");
    println!("  curl -i -H 'Authorization: Bearer {key}' {site}/api/orders\n");
    println!("  # 403: rejected, because the key lacks the scope reports:read");
    println!("  curl -i -H 'Authorization: Bearer {key}' {site}/api/report\n");
    println!("  # 200: the probe");
    println!("  curl -i {site}/ready\n");
    println!("  # 200: what all of this adds up to");
    println!("  curl {site}/metrics\n");
}
