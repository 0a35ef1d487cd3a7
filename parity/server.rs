//! The server that `run.mjs` compares with Express: one route, and the configuration that each request's header names.
//!
//! Started with one argument, the path of a JSON list of configurations; prints `listening PORT`.

use std::time::Duration;

use actix_web::{
    App, HttpServer, Responder,
    dev::ServiceRequest,
    error::ErrorBadRequest,
    web::{self, Json},
};
use clerk_actix::{AnyToken, Auth, ClerkConfig, ClerkMiddleware, ConfigError, OrganizationSync, WithPending};
use serde::Deserialize;
use serde_json::json;

/// The settings of a configuration, by the builder's names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    publishable_key: Option<String>,
    secret_key: Option<String>,
    jwt_key: Option<String>,
    api_url: Option<String>,
    domain: Option<String>,
    proxy_url: Option<String>,
    sign_in_url: Option<String>,
    #[serde(default)]
    is_satellite: bool,
    #[serde(default)]
    satellite_auto_sync: bool,
    #[serde(default)]
    authorized_parties: Vec<String>,
    #[serde(default)]
    audience: Vec<String>,
    #[serde(default)]
    issuer: Vec<String>,
    clock_skew_ms: Option<u64>,
    #[serde(default)]
    organization_patterns: Vec<String>,
    #[serde(default)]
    personal_account_patterns: Vec<String>,
}

impl Settings {
    fn build(self) -> Result<ClerkConfig, ConfigError> {
        let mut builder =
            ClerkConfig::builder().is_satellite(self.is_satellite).satellite_auto_sync(self.satellite_auto_sync);
        if let Some(key) = self.publishable_key {
            builder = builder.publishable_key(key);
        }
        if let Some(key) = self.secret_key {
            builder = builder.secret_key(key);
        }
        if let Some(key) = self.jwt_key {
            builder = builder.jwt_key(key);
        }
        if let Some(url) = self.api_url {
            builder = builder.api_url(url);
        }
        if let Some(domain) = self.domain {
            builder = builder.domain(domain);
        }
        if let Some(url) = self.proxy_url {
            builder = builder.proxy_url(url);
        }
        if let Some(url) = self.sign_in_url {
            builder = builder.sign_in_url(url);
        }
        if !self.authorized_parties.is_empty() {
            builder = builder.authorized_parties(self.authorized_parties);
        }
        if !self.audience.is_empty() {
            builder = builder.audience(self.audience);
        }
        if !self.issuer.is_empty() {
            builder = builder.issuer(self.issuer);
        }
        if let Some(skew) = self.clock_skew_ms {
            builder = builder.clock_skew(Duration::from_millis(skew));
        }
        let mut sync = OrganizationSync::new();
        sync = self.organization_patterns.into_iter().fold(sync, OrganizationSync::organization);
        sync = self.personal_account_patterns.into_iter().fold(sync, OrganizationSync::personal_account);
        builder.organization_sync(sync).build()
    }
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("the path of the configurations is missing")?;
    let settings: Vec<Settings> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let configs: Vec<ClerkConfig> = settings.into_iter().map(Settings::build).collect::<Result<_, _>>()?;

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
