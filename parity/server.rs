//! The server that `run.mjs` compares with Express: one route, and the configuration that each request's header names.
//!
//! Started with one argument, the path of a JSON list of configurations; prints `listening PORT`.

#[path = "../tests/support/configuration.rs"]
mod configuration;

use actix_web::{
    App, HttpServer, Responder,
    dev::ServiceRequest,
    error::ErrorBadRequest,
    web::{self, Json},
};
use clerk_actix::{AnyToken, Auth, ClerkConfig, ClerkMiddleware, WithPending};
use configuration::Configuration;
use serde_json::json;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("the path of the configurations is missing")?;
    let configurations: Vec<Configuration> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let configs: Vec<ClerkConfig> = configurations
        .into_iter()
        .map(|configuration| configuration.into_builder("").build())
        .collect::<Result<_, _>>()?;

    let clerk = ClerkMiddleware::per_request(move |req: &ServiceRequest| {
        let index = req.headers().get("x-parity-config").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let config = index.and_then(|index| configs.get(index)).cloned();
        async { config.ok_or_else(|| ErrorBadRequest("x-parity-config names no configuration")) }
    });
    let server =
        HttpServer::new(move || App::new().wrap(clerk.clone()).default_service(web::to(what_a_handler_is_told)))
            .workers(2)
            .bind(("127.0.0.1", 0))?;
    println!("listening {}", server.addrs()[0].port());
    Ok(server.run().await?)
}

async fn what_a_handler_is_told(session: Auth, pending: Auth<WithPending>, any: AnyToken) -> impl Responder {
    Json(json!({ "session": session, "pending": pending, "any": any }))
}
