//! The Backend API's endpoints for `LocalClerk`'s sessions, with refreshes and handshakes.

use std::time::Duration;

use actix_web::http::StatusCode;
use serde_json::{Map, Value, json};

use super::{
    browsers::UserSession,
    call::{Answer, Asked},
    instance::Instance,
    mint::object,
    refused::Refused,
    secret::secret,
    session_events::announce,
};

/// Returns the cookies of a handshake. Each nonce works once.
pub(super) fn handshake_payload(clerk: &Instance, asked: &Asked) -> Answer {
    let directives = asked.parameter("nonce").and_then(|nonce| clerk.browsers().fetch(nonce));
    directives.map(|directives| json!({ "directives": directives })).ok_or_else(Refused::not_found)
}

/// Exchanges a refresh token for a new session token.
pub(super) fn refresh(clerk: &Instance, asked: &Asked) -> Answer {
    let (refresh_token, origin) = (asked.text("refresh_token")?, asked.text("request_origin")?);
    let session = clerk.browsers().refresh(asked.id(), refresh_token).ok_or_else(|| {
        let message = "The session or its refresh token is no longer valid.";
        Refused::new(StatusCode::BAD_REQUEST, "refresh_session_invalid", message)
    })?;
    let token = clerk.token_of(&session, &clerk.directory(), origin);
    let cookie = |name: String| format!("{name}={token}; Path=/; SameSite=Lax; Max-Age=31536000");
    let cookies = [cookie("__session".to_owned()), cookie(format!("__session_{}", clerk.cookie_suffix()))];
    Ok(json!({ "object": "cookies", "cookies": cookies }))
}

pub(super) fn get(clerk: &Instance, asked: &Asked) -> Answer {
    clerk.browsers().find(asked.id()).map(UserSession::resource).ok_or_else(Refused::not_found)
}

pub(super) fn list(clerk: &Instance, asked: &Asked) -> Answer {
    let (user, client) = (asked.parameter("user_id"), asked.parameter("client_id"));
    if user.is_none() && client.is_none() {
        return Err(Refused::bad_request());
    }
    let is_asked_for = |session: &Value| {
        let is = |name: &str, wanted: Option<&str>| wanted.is_none_or(|wanted| session[name] == wanted);
        is("user_id", user) && is("client_id", client) && is("status", asked.parameter("status"))
    };
    let sessions: Vec<Value> =
        clerk.browsers().newest_first().map(UserSession::resource).filter(is_asked_for).collect();
    let page = asked.page("data", sessions);
    Ok(if asked.is_set("paginated") { page } else { page["data"].clone() })
}

pub(super) fn revoke(clerk: &Instance, asked: &Asked) -> Answer {
    let mut browsers = clerk.browsers();
    if let Some(session) = browsers.revoke_session(asked.id()) {
        announce(clerk, &clerk.directory(), "session.revoked", session);
    }
    browsers.find(asked.id()).map(UserSession::resource).ok_or_else(Refused::not_found)
}

/// Creates a token for a session that has not ended.
pub(super) fn token(clerk: &Instance, asked: &Asked) -> Answer {
    let session = clerk.browsers().standing(asked.id()).cloned().ok_or_else(Refused::not_found)?;
    let lifetime = asked.seconds("expires_in_seconds")?;
    if lifetime.is_some_and(|seconds| !(30..=315_360_000).contains(&seconds)) {
        return Err(Refused::bad_request());
    }
    let lifetime = lifetime.map(Duration::from_secs);
    let jwt = match &asked.template {
        None => {
            let token = session.describe(&clerk.directory(), clerk.clock.timestamp());
            clerk.mint_session(&lifetime.into_iter().fold(token, |token, lifetime| token.lifetime(lifetime)))
        }
        Some(name) => {
            let template = clerk.template(name).ok_or_else(Refused::not_found)?;
            by_template(clerk, &session, template, lifetime.unwrap_or(Duration::from_secs(60)))
        }
    };
    Ok(json!({ "object": "token", "jwt": jwt }))
}

/// Creates a token from a JWT template: of the template category, with the user's id as its only fact about the
/// session.
pub(super) fn by_template(
    clerk: &Instance,
    session: &UserSession,
    template: Map<String, Value>,
    lifetime: Duration,
) -> String {
    let now = clerk.now();
    let mut claims = object(json!({
        "iss": clerk.issuer(),
        "sub": session.user_id,
        "iat": now,
        "nbf": now - 5,
        "exp": now.saturating_add_unsigned(lifetime.as_secs()),
        "jti": secret(""),
    }));
    claims.extend(template);
    clerk.sign(object(json!({ "typ": "JWT", "cat": "cl_B7d4PD222AAA" })), claims)
}
