//! The decision itself: where the token is, and which path that makes.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    Backend, Field, Outcome, RequestFacts, SignedOut,
    authorization::{Bearer, bearer, plain_bearer},
    origin,
    presented::Presented,
    recovery::recover,
    rules,
    verification::{self, Refusal},
    visit::Visit,
    websocket,
};
use crate::{
    clock::Timestamp,
    config::Settings,
    keys::VerificationKey,
    reason::Reason,
    token::{Carrier, ClaimRules, Jwt, OpaqueToken, Rejection, SessionToken, TokenType, has_machine_prefix},
};

/// Decides one request. A token in the `Authorization` header is the only one that counts; without one, that among a
/// WebSocket's subprotocols, where it is looked for; and without that, the browser's cookies do, unless a page of another
/// origin opens a WebSocket or sends an unsafe request with them. Machine tokens come in the header alone.
///
/// URL and cookies are read only where a rule needs them: never for a good token in the header.
pub(crate) async fn authenticate(
    facts: &impl RequestFacts,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Outcome {
    let authorization = facts.field(Field::Authorization);
    // What nearly all requests of an API bring is known to be a session's token, and in one piece, when it is recognized.
    if let Some(text) = authorization.and_then(plain_bearer)
        && let Some(token) = verification::recognize(text, settings, backend, now)
    {
        return Outcome::signed_in(token);
    }
    if !settings.can_authenticate() {
        return SignedOut::without_any_key().into();
    }
    let token = match bearer(authorization) {
        Bearer::Token(token) => token,
        Bearer::Garbled => return SignedOut::rejected(&Rejection::undecodable(), Carrier::Header).into(),
        Bearer::None => return without_authorization(facts, settings, backend, now).await,
    };
    if has_machine_prefix(token) {
        return match OpaqueToken::parse(token) {
            Some(opaque) => Outcome::Opaque(opaque),
            // In the form of a JWT, and yet none: no JSON starts so.
            None => Outcome::Machine {
                token_type: TokenType::M2mToken,
                verdict: Err(SignedOut::machine(&Rejection::undecodable(), None)),
            },
        };
    }
    let presented = Presented::read(token.into(), backend);
    match verification::verify(presented, settings, backend, Carrier::Header, now).await {
        Ok(token) => Outcome::signed_in(token),
        Err(Refusal::Machine(jwt)) => Outcome::Machine {
            token_type: jwt.token_type(),
            verdict: verification::verify_machine(&jwt, settings, backend, now).await,
        },
        Err(refusal) if refusal.is_about_time() => {
            let visit = Visit::new(facts, settings, backend, Some(token), now);
            Box::pin(recover(&visit, backend, refusal, Carrier::Header)).await
        }
        Err(refusal) => refusal.into_signed_out(Carrier::Header).into(),
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
        Some(Err(_)) => SignedOut::rejected(&Rejection::undecodable(), Carrier::Header).into(),
        None if websocket::is_opened_elsewhere(facts, settings) => SignedOut::cross_origin_websocket().into(),
        None => {
            let mut visit = Visit::new(facts, settings, backend, None, now);
            if origin::is_forged(&visit) {
                return SignedOut::cross_origin_request().into();
            }
            rules::decide(&mut visit, backend).await
        }
    }
}

/// Decides about a session token by itself: one that is refused has no cookies to be mended by, and of machines' tokens it
/// says only that they are none.
pub(crate) async fn verify_session_token(
    token: &str,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Result<Arc<SessionToken>, SignedOut> {
    if has_machine_prefix(token) {
        return Err(SignedOut::because(Reason::TokenTypeMismatch));
    }
    let presented = Presented::read(token.into(), backend);
    let verdict = verification::verify(presented, settings, backend, Carrier::Header, now).await;
    verdict.map_err(|refusal| refusal.into_signed_out(Carrier::Header))
}

/// Decides about a token of any class but a machine's, and gives its claims. It is never remembered: what is remembered is a
/// session.
pub(crate) async fn verify_any_token(
    token: &str,
    rules: &ClaimRules<'_>,
    needs_audience: bool,
    backend: &impl Backend,
    now: Timestamp,
) -> Result<Map<String, Value>, SignedOut> {
    let refuse = |rejection: Rejection| SignedOut::rejected(&rejection, Carrier::Header);
    let jwt = Jwt::decode(token).and_then(Jwt::into_any).map_err(refuse)?;
    let key = verification::key(backend, jwt.kid(), Carrier::Header, now).await;
    let key = key.map_err(|refusal| refusal.into_signed_out(Carrier::Header))?;
    let verify = |key: &Arc<VerificationKey>| jwt.verify(key, rules, needs_audience, now);
    verification::by_current_key(backend, key, jwt.kid(), now, verify).await.map_err(refuse)
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod machine_tests;
