//! Recovery from a rejected session token (PROTOCOL section 9): a refresh if possible, else a handshake, else
//! rejection.

use std::time::Duration;

use super::{
    backend::{Backend, RefreshError, RefreshSession},
    facts::RequestFacts,
    handshake,
    hint::Hint,
    origin::Sender,
    outcome::{Additions, Denial, Outcome, Renewal},
    presented::Presented,
    set_cookie::{SessionCookie, SetCookie},
    verification::{self, NoSession},
    visit::Visit,
};
use crate::{
    reason::{Reason, RefreshFailure},
    token::{Carrier, ClaimName, Jwt, TokenRejection},
};

/// Decides a request whose session token was rejected, and [may be renewed](TokenRejection::may_be_renewed).
pub(super) async fn recover<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    rejection: TokenRejection,
    carrier: Carrier,
) -> Outcome {
    let message = rejection.full_message(carrier);
    // Neither a refresh nor a handshake would help.
    if visit.is_without_revocations() {
        let why = match rejection.reason {
            Reason::SessionRevoked => Denial::because(Reason::SessionRevoked).with_message(message),
            _ => Denial::without_revocations(carrier),
        };
        return why.into();
    }
    let hint = rejection.out_of_time().map(Hint::OutOfTime);
    let mut retry_after = None;
    let reason = match rejection.reason {
        Reason::TokenNotActiveYet => Reason::SessionTokenNbf,
        Reason::TokenIatInTheFuture => Reason::SessionTokenIatInTheFuture,
        _ => match refresh(visit, backend, carrier, &mut retry_after).await {
            Ok(outcome) => return outcome,
            Err(_) if rejection.reason == Reason::SessionRevoked => Reason::SessionRevoked,
            Err(failure) => Reason::SessionTokenExpired(failure),
        },
    };
    match (handshake::start(visit, reason, &message), retry_after) {
        // Only Clerk could decide, and cannot be asked: the session may still be valid.
        (Outcome::SignedOut { why, additions }, Some(retry_after)) => {
            Outcome::SignedOut { why: why.with_retry_after(retry_after), additions }
        }
        (Outcome::SignedOut { why, additions }, None) => Outcome::SignedOut { why: why.with_hint(hint), additions },
        (outcome, _) => outcome,
    }
}

/// Exchanges the expired token for a new session, which signs the request in at once.
async fn refresh<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    carrier: Carrier,
    retry_later: &mut Option<Duration>,
) -> Result<Outcome, RefreshFailure> {
    // A refresh is a call behind the browser's back, without a redirect, so that a form keeps its input. A page of
    // another origin can have a session refreshed only by a `GET`, whose response it cannot read. The cookie's `azp`
    // does not make a page the application's own here: in a request with a header, the cookie is not verified.
    if !visit.is_get() && Sender::of(visit.facts, visit.settings, None) != Sender::Own {
        return Err(RefreshFailure::NON_ELIGIBLE_NON_GET);
    }
    let Some(refresh_token) = visit.browser.refresh_token() else {
        return Err(RefreshFailure::NON_ELIGIBLE_NO_REFRESH_COOKIE);
    };
    let expired_token = visit.session_token().ok_or(RefreshFailure::MISSING_SESSION_TOKEN)?;
    let decoded = Jwt::decode(expired_token).map_err(|_: TokenRejection| RefreshFailure::DECODE_FAILED)?;
    // It becomes part of a path and may be unverified: the cookie's token takes precedence over a header's verified
    // one.
    let is_id = |sid: &&str| {
        (1..=128).contains(&sid.len()) && sid.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
    };
    let session_id = decoded.claim(ClaimName::Sid).and_then(|sid| sid.as_str()).filter(is_id);
    let refresh = RefreshSession {
        session_id: session_id.ok_or(RefreshFailure::MISSING_SID_CLAIM)?,
        expired_token,
        is_genuine: is_genuine(visit, backend, carrier).await,
        refresh_token: &refresh_token,
        suffixed_cookies: visit.browser.uses_suffixed_cookies,
        origin: visit.url().origin().ascii_serialization(),
        headers: visit.facts.all_fields(),
    };
    let set_cookies = backend.refresh_session(&refresh).await.map_err(|error| failure(&error, retry_later))?;
    let session = match set_cookies.iter().filter_map(SetCookie::session).next_back() {
        Some(SessionCookie::Token(token)) => token,
        _ => return Err(RefreshFailure::INVALID_SESSION_TOKEN),
    };
    let presented = Presented::read(session.into(), backend);
    let verified = verification::verify(presented, visit.settings, backend, Carrier::Cookie, visit.now).await;
    // The browser gets its cookies during an outage as well: Clerk does not issue them twice.
    let additions = Additions { set_cookies, renewed_by: Some(Renewal::Refresh), redirect_loop: None };
    match verified {
        Ok(token) => Ok(Outcome::SignedIn { token, additions: Some(additions.into()) }),
        Err(NoSession::Outage(why)) => Ok(Outcome::SignedOut { why, additions: Some(additions.into()) }),
        Err(_) => Err(RefreshFailure::INVALID_SESSION_TOKEN),
    }
}

/// Returns whether the token to refresh was signed by Clerk. The rejected token was; but if that came in the header, the
/// token to refresh may be another one, in a cookie.
async fn is_genuine<F: RequestFacts>(visit: &Visit<'_, F>, backend: &impl Backend, carrier: Carrier) -> bool {
    match (carrier, &visit.browser.session_token) {
        (Carrier::Header, Some(cookie)) => verification::is_genuine(cookie, visit.settings, backend, visit.now).await,
        _ => true,
    }
}

/// Returns the code of a failed refresh; `retry_later` is set if Clerk is the cause.
fn failure(error: &RefreshError, retry_later: &mut Option<Duration>) -> RefreshFailure {
    match error {
        RefreshError::Rejected(code) => RefreshFailure::refused(code),
        RefreshError::Fetch => RefreshFailure::FETCH_ERROR,
        RefreshError::Unexplained => RefreshFailure::UNEXPECTED_BAPI_ERROR,
        RefreshError::NoCookies => RefreshFailure::UNEXPECTED_SDK_ERROR,
        RefreshError::Unavailable { retry_after, failure: cause } => {
            *retry_later = Some(*retry_after);
            failure(cause, retry_later)
        }
    }
}
