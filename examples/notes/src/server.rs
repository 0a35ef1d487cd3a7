//! The application, put together: its routes, the middleware around them, and a second server for Prometheus.

use std::{io, net::TcpListener};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::{DefaultHeaders, from_fn},
    web::{self, Data},
};
use clerk_actix::{ClerkConfig, ClerkCsp, ClerkMiddleware, ConfigError, ReplayGuard, Revocations};
use metrics_exporter_prometheus::PrometheusHandle;
use tracing_actix_web::TracingLogger;

use crate::{
    api,
    observability::{self, RequestSpan},
    pages,
    store::Store,
    webhooks,
};

/// What the application is made of. Everything in it is shared by all workers.
pub struct Application {
    pub clerk: ClerkConfig,
    pub revocations: Revocations,
    pub store: Store,
    /// Whether pages load Clerk's JavaScript, for its menus of users and teams.
    pub has_clerk_js: bool,
    pub prometheus: PrometheusHandle,
}

/// Serves the application on one listener and its metrics on another.
///
/// # Errors
///
/// If the listeners cannot be used.
pub fn serve(
    application: Application,
    site: TcpListener,
    metrics: TcpListener,
) -> Result<(Server, Server), ServeError> {
    let Application { clerk, revocations, store, has_clerk_js, prometheus } = application;
    let csp = ClerkCsp::of(&clerk).merge("frame-ancestors 'none'")?;
    let clerk = ClerkMiddleware::new(clerk);
    let (probed, has_clerk_js) = (Data::new(clerk.clone()), Data::new(pages::HasClerkJs(has_clerk_js)));
    let (store, revocations) = (Data::new(store), Data::new(revocations));
    let (replay_guard, teams) = (Data::new(ReplayGuard::new()), Data::new(pages::Teams::default()));
    let site = HttpServer::new(move || {
        App::new()
            .app_data(store.clone())
            .app_data(revocations.clone())
            .app_data(replay_guard.clone())
            .app_data(teams.clone())
            .app_data(probed.clone())
            .app_data(has_clerk_js.clone())
            // Outside the scope with `ClerkMiddleware`: neither authenticated nor counted.
            .configure(observability::probes)
            .service(pages::style)
            .service(
                web::scope("")
                    .configure(api::routes)
                    .configure(webhooks::routes)
                    .configure(pages::routes)
                    .wrap(csp.clone())
                    .wrap(clerk.clone()),
            )
            // Middleware that is wrapped last runs first.
            .wrap(security_headers())
            .wrap(from_fn(observability::count))
            .wrap(TracingLogger::<RequestSpan>::new())
    })
    .listen(site)?
    .run();
    let metrics =
        HttpServer::new(move || App::new().app_data(Data::new(prometheus.clone())).service(observability::scrape))
            .workers(1)
            .listen(metrics)?
            .run();
    Ok((site, metrics))
}

/// `Cache-Control` keeps pages of a user out of caches, and out of the browser's own after a sign-out.
fn security_headers() -> DefaultHeaders {
    DefaultHeaders::new()
        .add(("Cache-Control", "private, no-store"))
        .add(("Referrer-Policy", "same-origin"))
        .add(("X-Content-Type-Options", "nosniff"))
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("cannot serve: {0}")]
    Io(#[from] io::Error),
}
