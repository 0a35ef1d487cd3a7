//! The servers that are measured, and their handlers.

use std::{future::ready, sync::Arc};

use actix_web::{
    App, HttpResponse, HttpServer,
    http::header,
    web::{self, ServiceConfig},
};
use clerk_actix::{ApiKey, Auth, ClerkMiddleware, RequireAuth};
use serde_json::json;

pub use crate::support::server::Server;
use crate::support::{server::Mark, yardstick::Yardstick};

const BODY: &str = "Hello!";

impl Server {
    /// Starts a server with the bare handlers, without middleware.
    pub fn bare() -> Self {
        let routes = |app: &mut ServiceConfig| {
            app.route("/", web::get().to(async || BODY))
                .route("/optional", web::get().to(async || BODY))
                .route("/key", web::get().to(async || BODY))
                .route("/refused", web::get().to(async || refused()));
        };
        Self::spawn(move |listener, mark: Mark| {
            let app = move || {
                mark.this_thread();
                App::new().configure(routes)
            };
            Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
        })
    }

    /// Starts a server with the middleware and an extractor in each handler.
    pub fn with_clerk(clerk: ClerkMiddleware) -> Self {
        let routes = |app: &mut ServiceConfig| {
            app.route("/", web::get().to(async |_: RequireAuth| BODY))
                .route("/optional", web::get().to(async |_: Auth| BODY))
                .route("/key", web::get().to(async |_: RequireAuth<ApiKey>| BODY))
                .route("/refused", web::get().to(async |_: RequireAuth| BODY));
        };
        Self::spawn(move |listener, mark: Mark| {
            let app = move || {
                mark.this_thread();
                App::new().wrap(clerk.clone()).configure(routes)
            };
            Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
        })
    }

    /// Starts a server whose bare handler makes one RSA verification over `bytes` bytes.
    pub fn verifying_by_hand(bytes: usize) -> Self {
        let yardstick = Arc::new(Yardstick::new(bytes));
        Self::spawn(move |listener, mark: Mark| {
            let app = move || {
                mark.this_thread();
                let yardstick = Arc::clone(&yardstick);
                let verify = move || ready(if yardstick.verify_prepared() { BODY } else { "forged" });
                App::new().route("/", web::get().to(verify))
            };
            Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
        })
    }
}

/// Builds the middleware's response for an unauthenticated request by hand.
fn refused() -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
        .insert_header(("x-clerk-auth-status", "signed-out"))
        .insert_header(("x-clerk-auth-reason", "session-token-and-uat-missing"))
        .json(json!({
            "errors": [{ "code": "session-token-and-uat-missing", "message": "Authentication is required." }],
        }))
}
