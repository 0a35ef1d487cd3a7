//! The decision itself, from top to bottom: where the token is, what it is, whether it is genuine.

use super::{
    Backend, Field, Outcome, RequestFacts, SignedOut,
    authorization::{Bearer, bearer},
    cookies,
};
use crate::{
    clock::Timestamp,
    config::Settings,
    reason::{Reason, RefreshFailure},
    token::{Carrier, ClaimRules, Jwt, JwtClass, Rejection, SessionToken},
};

/// Decides one request. A token in the `Authorization` header is the only one that counts; without
/// one, the session cookie is looked at.
pub(crate) async fn authenticate(
    facts: &impl RequestFacts,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Outcome {
    let verdict = match bearer(facts.field(Field::Authorization)) {
        Bearer::Token(token) => verify(token, Carrier::Header, settings, backend, now).await,
        Bearer::Garbled => Err(SignedOut::rejected(&Rejection::undecodable(), Carrier::Header)),
        Bearer::None => match cookies::cookie(facts, cookies::SESSION) {
            Some(token) => verify(&token, Carrier::Cookie, settings, backend, now).await,
            None => Err(SignedOut::because(Reason::SessionTokenAndUatMissing)),
        },
    };
    match verdict {
        Ok(token) => Outcome::SignedIn(token),
        Err(signed_out) => Outcome::SignedOut(explain_time_errors(signed_out, facts)),
    }
}

async fn verify(
    token: &str,
    carrier: Carrier,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Result<SessionToken, SignedOut> {
    // An opaque machine token is not worth decoding, and not a malformed session token either.
    if is_opaque_machine_token(token) && carrier == Carrier::Header {
        return Err(SignedOut::because(Reason::TokenTypeMismatch));
    }
    let jwt = Jwt::decode(token).map_err(|rejection| SignedOut::rejected(&rejection, carrier))?;
    let JwtClass::Session(jwt) = jwt.classify() else {
        return Err(SignedOut::because(Reason::TokenTypeMismatch));
    };
    let key = match backend.signing_key(jwt.kid()).await {
        Ok(key) => key,
        Err(error) => return Err(SignedOut::without_key(error, jwt.kid(), carrier)),
    };
    jwt.verify(&key, &ClaimRules::from(settings), now).map_err(|rejection| SignedOut::rejected(&rejection, carrier))
}

/// API keys, machine-to-machine tokens and OAuth access tokens in their opaque forms.
fn is_opaque_machine_token(token: &str) -> bool {
    ["ak_", "mt_", "oat_"].iter().any(|prefix| token.starts_with(prefix))
}

/// A token whose time is not now has a reason of its own for sessions: it may be mended by a new one,
/// and the code says why it was not (PROTOCOL section 9).
fn explain_time_errors(signed_out: SignedOut, facts: &impl RequestFacts) -> SignedOut {
    let reason = match signed_out.reason {
        Reason::TokenExpired if facts.method() != "GET" => {
            Reason::SessionTokenExpired(RefreshFailure::NON_ELIGIBLE_NON_GET)
        }
        Reason::TokenExpired => Reason::SessionTokenExpired(RefreshFailure::NON_ELIGIBLE_NO_REFRESH_COOKIE),
        Reason::TokenNotActiveYet => Reason::SessionTokenNbf,
        Reason::TokenIatInTheFuture => Reason::SessionTokenIatInTheFuture,
        other => other,
    };
    SignedOut { reason, ..signed_out }
}
