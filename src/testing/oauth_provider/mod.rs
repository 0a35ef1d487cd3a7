//! `LocalClerk` as an OAuth authorization server: its metadata, the registration of clients, the user's consent, and tokens.
//!
//! As Clerk describes it: scopes are Clerk's own, access tokens are opaque, live for a day and name no audience, and codes
//! live for ten minutes. There are no ID tokens.

mod authorize;
mod clients;
mod error;
mod parameters;
mod scopes;
mod state;
mod token;

use actix_web::{
    HttpResponse,
    http::header,
    web::{Data, ServiceConfig, get, post, resource, route},
};
use serde_json::json;

use self::scopes::SCOPES;
pub(super) use self::state::OAuth;
use super::{behavior::Endpoint, instance::Instance};

pub(super) fn routes(app: &mut ServiceConfig) {
    app.route("/.well-known/oauth-authorization-server", get().to(metadata))
        .route("/.well-known/jwks.json", get().to(async |clerk: Data<Instance>| HttpResponse::Ok().json(clerk.jwks())))
        .service(resource("/oauth/register").post(clients::register).default_service(route().to(preflight)))
        .route("/oauth/authorize", get().to(authorize::ask))
        .route("/oauth/authorize", post().to(authorize::ask_by_form))
        .route("/oauth/consent", post().to(authorize::answer))
        .service(resource("/oauth/token").post(token::issue).default_service(route().to(preflight)))
        .service(resource("/oauth/token/revoke").post(token::revoke).default_service(route().to(preflight)));
}

async fn metadata(clerk: Data<Instance>) -> HttpResponse {
    if let Some(failure) = clerk.call(Endpoint::AuthorizationServerMetadata).misbehavior().await {
        return failure;
    }
    let issuer = issuer(&clerk);
    let url = |path: &str| format!("{issuer}{path}");
    HttpResponse::Ok().json(json!({
        "issuer": issuer,
        "authorization_endpoint": url("/oauth/authorize"),
        "token_endpoint": url("/oauth/token"),
        "registration_endpoint": url("/oauth/register"),
        "revocation_endpoint": url("/oauth/token/revoke"),
        "jwks_uri": url("/.well-known/jwks.json"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "scopes_supported": SCOPES,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat"],
        "code_challenge_methods_supported": ["S256"],
    }))
}

/// Returns the URL that this machine's clients reach it at. Clerk's is on its own host, with `https`.
fn issuer(clerk: &Instance) -> String {
    format!("http://localhost:{}", clerk.port)
}

/// Lets pages of this machine send JSON and a client's secret.
async fn preflight() -> HttpResponse {
    HttpResponse::NoContent()
        .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, "Authorization, Content-Type, MCP-Protocol-Version"))
        .finish()
}
