//! The entry point of authentication: finds the token of a request and picks the way to decide about it.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    authorization::{Bearer, bearer, plain_bearer},
    backend::Backend,
    facts::{Field, RequestFacts},
    hint::Hint,
    origin,
    outcome::{Denial, Outcome},
    presented::Presented,
    recovery::recover,
    rules,
    verification::{self, NoSession},
    visit::Visit,
    websocket,
};
use crate::{
    clock::Timestamp,
    config::Settings,
    keys::VerificationKey,
    reason::Reason,
    token::{Carrier, ClaimRules, Jwt, OpaqueToken, SessionToken, TokenRejection, TokenType, has_machine_prefix},
};

/// Decides one request. A token in the `Authorization` header is the only one that counts. Without one, a token among a
/// WebSocket's subprotocols counts, if the configuration allows it. Without either, the browser's cookies count, unless
/// a page of another origin opens a WebSocket or sends an unsafe request with them. Machine tokens are accepted in the
/// header only.
///
/// URL and cookies are read only if a rule needs them: never for a valid token in the header.
pub(crate) async fn authenticate(
    facts: &impl RequestFacts,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Outcome {
    let authorization = facts.field(Field::Authorization);
    // Nearly all requests to an API bring a session token that was verified before. A recognized text is known to be
    // one, and to be complete, so it needs no parsing.
    if let Some(text) = authorization.and_then(plain_bearer)
        && let Some(token) = verification::recognize(text, settings, backend, now)
    {
        return Outcome::signed_in(token);
    }
    if !settings.can_authenticate() {
        return Denial::without_any_key().into();
    }
    let token = match bearer(authorization) {
        Bearer::Token(token) => token,
        Bearer::Garbled => return Denial::rejected(&TokenRejection::undecodable(), Carrier::Header).into(),
        Bearer::Missing => return without_authorization(facts, settings, backend, now).await,
    };
    if has_machine_prefix(token) {
        return match OpaqueToken::parse(token) {
            Some(opaque) => Outcome::Opaque(opaque),
            // It has the shape of a JWT, but is not one: no JSON starts like this.
            None => Outcome::Machine {
                token_type: TokenType::M2mToken,
                verdict: Err(Denial::machine(&TokenRejection::undecodable(), None)),
            },
        };
    }
    let presented = Presented::read(token.into(), backend);
    match verification::verify(presented, settings, backend, Carrier::Header, now).await {
        Ok(token) => Outcome::signed_in(token),
        Err(NoSession::Machine(jwt)) => {
            let verdict = verification::verify_machine(&jwt, settings, backend, now).await;
            let verdict = verdict.map_err(|no_machine| no_machine.into_denial(jwt.kid()));
            Outcome::Machine { token_type: jwt.token_type(), verdict }
        }
        Err(no_session) => match no_session.renewable() {
            Ok(rejection) => {
                let visit = Visit::new(facts, settings, backend, Some(token), now);
                Box::pin(recover(&visit, backend, rejection, Carrier::Header)).await
            }
            Err(no_session) => no_session.into_signed_out(Carrier::Header).into(),
        },
    }
}

async fn without_authorization(
    facts: &impl RequestFacts,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Outcome {
    match websocket::token(facts, settings).map(std::str::from_utf8) {
        Some(Ok(token)) => match verify_session_token(token, settings, backend, now).await {
            Ok(token) => Outcome::signed_in(token),
            Err(why) => why.into(),
        },
        Some(Err(_)) => Denial::rejected(&TokenRejection::undecodable(), Carrier::Header).into(),
        None if websocket::is_opened_elsewhere(facts, settings) => Denial::cross_origin_websocket().into(),
        None => {
            let mut visit = Visit::new(facts, settings, backend, None, now);
            if origin::is_forged(&visit) {
                return Denial::cross_origin_request().into();
            }
            rules::decide(&mut visit, backend).await
        }
    }
}

/// Verifies a session token by itself. A rejected one cannot be refreshed, since there are no cookies, and a machine
/// token is only reported as the wrong type.
pub(crate) async fn verify_session_token(
    token: &str,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Result<Arc<SessionToken>, Denial> {
    if has_machine_prefix(token) {
        return Err(Denial::because(Reason::TokenTypeMismatch).with_hint(Hint::MachineTokenElsewhere));
    }
    let presented = Presented::read(token.into(), backend);
    let verdict = verification::verify(presented, settings, backend, Carrier::Header, now).await;
    verdict.map_err(|no_session| no_session.into_signed_out(Carrier::Header))
}

/// Verifies a token of any class except a machine's, and returns its claims. The token is never cached: the cache holds
/// sessions.
pub(crate) async fn verify_any_token(
    token: &str,
    rules: &ClaimRules<'_>,
    needs_audience: bool,
    backend: &impl Backend,
    now: Timestamp,
) -> Result<Map<String, Value>, Denial> {
    let refuse = |rejection: TokenRejection| Denial::rejected(&rejection, Carrier::Header);
    let jwt = Jwt::decode(token).and_then(Jwt::into_any).map_err(refuse)?;
    let key = verification::key(backend, jwt.kid(), Carrier::Header, now).await;
    let key = key.map_err(|no_session| no_session.into_signed_out(Carrier::Header))?;
    let verify = |key: &Arc<VerificationKey>| jwt.verify(key, rules, needs_audience, now);
    verification::by_current_key(backend, key, jwt.kid(), now, verify).await.map_err(refuse)
}

#[cfg(test)]
mod tests;
