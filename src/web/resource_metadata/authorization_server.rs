//! The metadata of the authorization server, passed on at the resource's own host: MCP clients of the version 2025-03-26
//! look for it there.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::{AppService, HttpServiceFactory},
    guard,
    http::{Method, StatusCode, header},
    web,
};

use super::response::{instance, instance_missing, respond};
use crate::{backend::authorization_server::NoMetadata, instance::ClerkConfig, web::envelope::envelope};

/// Clients of that version ask for RFC 8414's document, and some for OpenID Connect's. Clerk's has the members of both.
const DOCUMENTS: [&str; 2] = ["oauth-authorization-server", "openid-configuration"];

/// Registers the document for a resource at this path. Clients look for it at the root of the host, and some with the
/// path after it. Nothing of the request is sent to Clerk.
pub(super) fn register(path: &str, config: &mut AppService) {
    for document in DOCUMENTS {
        let root = format!("/.well-known/{document}");
        let of_resource = format!("{root}{path}");
        web::resource(format!("{root}{{path:.*}}"))
            .guard(guard::fn_guard(move |request| {
                let asked = request.head().uri.path();
                asked == root || asked == of_resource
            }))
            .to(async |req: HttpRequest| {
                let metadata = match instance(&req).filter(|_| matches!(*req.method(), Method::GET | Method::HEAD)) {
                    Some(config) if config.settings().authorization_server().is_some() => Some(metadata(&config).await),
                    _ => None,
                };
                respond(&req, || metadata.unwrap_or_else(|| instance_missing(&req)))
            })
            .register(config);
    }
}

async fn metadata(config: &ClerkConfig) -> HttpResponse {
    match config.authorization_server().metadata().await {
        // Shorter than that of the resource's own metadata, because this may change without a new version of the server.
        Ok(document) => HttpResponse::Ok()
            .content_type("application/json")
            .insert_header((header::CACHE_CONTROL, "max-age=300"))
            .body(document.to_string()),
        Err(why) => failure(&why),
    }
}

fn failure(why: &NoMetadata) -> HttpResponse {
    // The cause is in the log: strangers need not know how this server reaches Clerk.
    let (status, code, message) = match why.error.is_about_the_response() {
        true => (
            StatusCode::BAD_GATEWAY,
            "authorization-server-metadata-invalid",
            "The response of the authorization server is not its metadata.",
        ),
        false => (
            StatusCode::SERVICE_UNAVAILABLE,
            "authorization-server-unavailable",
            "The metadata of the authorization server is temporarily unavailable.",
        ),
    };
    HttpResponse::build(status)
        .insert_header((header::RETRY_AFTER, whole_seconds(why.retry_after)))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(envelope(code, message))
}

/// Rounded up: a client that waits this long must not be too early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
