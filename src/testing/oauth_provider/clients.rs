//! The registration of clients (RFC 7591), which is turned on.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    web::{Bytes, Data},
};
use serde_json::{Value, json};
use url::Url;

use super::{
    error::{OAuthError, no_store},
    scopes::scopes,
    state::Client,
};
use crate::testing::{
    behavior::Endpoint,
    instance::Instance,
    loopback::loopback,
    secret::{random_id, secret},
};

pub(super) async fn register(clerk: Data<Instance>, body: Bytes) -> HttpResponse {
    if let Some(failure) = clerk.call(Endpoint::RegisterOAuthClient).misbehavior().await {
        return failure;
    }
    match answer(&clerk, &body) {
        Ok(registered) => no_store(StatusCode::CREATED, registered),
        Err(error) => error.response(),
    }
}

/// Members that Clerk does not know are ignored, as RFC 7591 has it.
fn answer(clerk: &Instance, body: &Bytes) -> Result<Value, OAuthError> {
    let bad = |description| OAuthError::new("invalid_client_metadata", description);
    let asked: Value = serde_json::from_slice(body).map_err(|_| bad("The body is not JSON."))?;
    let text = |name: &str| asked.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let method = text("token_endpoint_auth_method").unwrap_or("client_secret_basic");
    if !["client_secret_basic", "client_secret_post", "none"].contains(&method) {
        return Err(bad("token_endpoint_auth_method is not supported."));
    }
    let scopes = scopes(text("scope")).map_err(|error| bad(error.description))?;
    let id = random_id("client_");
    let client = Client {
        name: text("client_name").unwrap_or(&id).to_owned(),
        secret: (method != "none").then(|| secret("")),
        redirect_uris: redirect_uris(&asked)?,
        scopes,
        id,
    };
    let mut registered = json!({
        "client_id": client.id,
        "client_id_issued_at": clerk.now(),
        "client_secret_expires_at": 0,
        "client_name": client.name,
        "redirect_uris": client.redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "scope": client.scopes.join(" "),
        "token_endpoint_auth_method": method,
    });
    if let Some(secret) = &client.secret {
        registered["client_secret"] = json!(secret);
    }
    clerk.oauth().add_client(client);
    Ok(registered)
}

/// Only addresses of this machine: `LocalClerk` sends codes nowhere else.
fn redirect_uris(asked: &Value) -> Result<Vec<String>, OAuthError> {
    let uris: Option<Vec<&str>> =
        asked.get("redirect_uris").and_then(Value::as_array).and_then(|uris| uris.iter().map(Value::as_str).collect());
    let is_local = |uri: &&str| loopback(uri).as_ref().map(Url::fragment) == Some(None);
    match uris {
        Some(uris) if !uris.is_empty() && uris.iter().all(is_local) => {
            Ok(uris.into_iter().map(str::to_owned).collect())
        }
        _ => Err(OAuthError::new(
            "invalid_redirect_uri",
            "LocalClerk redirects to this machine only, such as http://localhost:3000/callback, without a fragment.",
        )),
    }
}
