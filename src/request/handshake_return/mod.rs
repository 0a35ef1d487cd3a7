//! The return from the handshake (PROTOCOL section 10): the browser brings a nonce or a token, which stands for
//! cookies.
//!
//! Anyone can make a browser bring one, with a link or, on a shared domain, with a cookie. So a handshake that fails
//! never overrides a session that the browser has.

use std::{sync::Arc, time::Duration};

use super::query;
use super::{
    backend::{Backend, HandshakePayloadError},
    cause::{ClockOff, LoopCause},
    facts::{Field, RequestFacts},
    loops,
    numbers::comparable,
    organization,
    outcome::{Additions, AuthStatus, Denial, Outcome, Redirect, Renewal},
    parameter,
    presented::Presented,
    set_cookie::{SessionCookie, SetCookie},
    verification::{self, NoSession},
    visit::Visit,
};
use crate::{
    keys::VerificationKey,
    observe::{LogLimit, hint},
    reason::Reason,
    token::{Carrier, ClaimName, Jwt, SessionToken, TokenRejection},
};

/// A day: how wrong a developer's clock may be after a handshake.
const DEVELOPMENT_SKEW: Duration = Duration::from_secs(86_400);

/// The maximum number of cookies; a handshake sets fewer.
const MAX_DIRECTIVES: usize = 100;

/// The reason that a return from a handshake settles nothing.
pub(super) enum Unresolved {
    /// The request is decided as if there had been no handshake: the nonce was used before, belongs to another
    /// application on the domain, or was made up.
    InVain { why: String, cause: Option<LoopCause> },
    /// Clerk cannot be asked. This is the outcome, unless the visitor can be authenticated without it.
    Outage(Denial),
    /// In development, the token came in this very URL: it belongs to this application, and it is invalid.
    Refuse(String),
}

impl Unresolved {
    fn in_vain(why: impl Into<String>) -> Self {
        Self::InVain { why: why.into(), cause: None }
    }
}

/// Resolves the handshake from which the browser returns.
pub(super) async fn resolve<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
) -> Result<Outcome, Unresolved> {
    // A nonce works once: it is not spent on a session that does not count anyway.
    if visit.is_without_revocations() {
        return Err(Unresolved::Outage(Denial::without_revocations(Carrier::Cookie)));
    }
    let directives = match (&visit.browser.handshake_nonce, &visit.browser.handshake_token) {
        (Some(nonce), _) => exchange(visit, backend, nonce).await?,
        (None, Some(token)) => directives(visit, backend, token).await?,
        (None, None) => Vec::new(),
    };
    conclude(visit, backend, directives).await
}

/// Returns the cookies that a nonce stands for; none if Clerk does not know it.
async fn exchange<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    nonce: &str,
) -> Result<Vec<SetCookie>, Unresolved> {
    let outage = |reason, retry_after| Unresolved::Outage(Denial::without_handshake_payload(reason, retry_after));
    let session_id = session_of(visit, backend).await;
    match backend.handshake_payload(nonce, session_id.as_deref()).await {
        Ok(directives) => Ok(directives),
        Err(HandshakePayloadError::Rejected) => Ok(Vec::new()),
        Err(HandshakePayloadError::Malformed) => Err(Unresolved::in_vain("the handshake's cookies are malformed")),
        Err(HandshakePayloadError::Unavailable { retry_after }) => Err(outage(Reason::UnexpectedError, retry_after)),
        Err(HandshakePayloadError::SecretKeyRejected { retry_after }) => {
            Err(outage(Reason::SecretKeyInvalid, retry_after))
        }
    }
}

/// Returns the session whose token the browser brings in a cookie, if Clerk has signed it, however long ago.
async fn session_of<F: RequestFacts>(visit: &Visit<'_, F>, backend: &impl Backend) -> Option<String> {
    let cookie = visit.browser.session_token.as_ref()?;
    verification::is_genuine(cookie, visit.settings, backend, visit.now).await.then_some(())?;
    cookie.claim(ClaimName::Sid)?.as_str().map(str::to_owned)
}

/// Returns the cookies of a handshake token: a JWT signed with this instance's key, of the session category.
async fn directives<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    token: &str,
) -> Result<Vec<SetCookie>, Unresolved> {
    let refused = |no_session: NoSession| {
        let why = match no_session {
            NoSession::Outage(why) => return Unresolved::Outage(why),
            NoSession::Machine(_) | NoSession::WrongType => "invalid category.".to_owned(),
            // It was valid once, so it does not point to wrong keys.
            NoSession::Rejected(rejection) if rejection.is_about_time() => {
                let message = rejection.full_message(Carrier::Cookie);
                let why = format!("the handshake token is expired or not valid yet: {message}");
                return Unresolved::InVain { why, cause: Some(LoopCause::ClockSkew(None)) };
            }
            NoSession::Rejected(rejection) if rejection.reason == Reason::TokenInvalidSignature => {
                "invalid signature. If you have switched Clerk keys locally, clear your cookies and try again."
                    .to_owned()
            }
            NoSession::Rejected(rejection) => rejection.full_message(Carrier::Cookie),
        };
        let why = format!("Handshake token verification failed: {why}");
        match visit.is_development() {
            true => Unresolved::Refuse(why),
            false => Unresolved::InVain { why, cause: Some(LoopCause::WrongKeys) },
        }
    };
    let jwt = Jwt::decode(token).map_err(|rejection| refused(rejection.into()))?;
    let jwt = jwt.into_handshake().ok_or_else(|| refused(NoSession::WrongType))?;
    let key = verification::key(backend, jwt.kid(), Carrier::Cookie, visit.now).await.map_err(&refused)?;
    let skew = if visit.is_development() { DEVELOPMENT_SKEW } else { visit.settings.clock_skew };
    let verify = |key: &Arc<VerificationKey>| jwt.verify(key, skew, visit.now);
    let verdict = verification::by_current_key(backend, key, jwt.kid(), visit.now, verify).await;
    let listed = verdict.map_err(|rejection| refused(rejection.into()))?;
    parse_directives(&listed).ok_or_else(|| Unresolved::in_vain("the handshake token's cookies are malformed"))
}

/// Returns the listed cookies that are Clerk's. A single directive that a header cannot hold invalidates them all,
/// because its purpose is unknown.
pub(crate) fn parse_directives(listed: &[serde_json::Value]) -> Option<Vec<SetCookie>> {
    if listed.len() > MAX_DIRECTIVES {
        return None;
    }
    let all: Option<Vec<_>> = listed.iter().map(|directive| SetCookie::parse(directive.as_str()?)).collect();
    let (clerks, others): (Vec<_>, Vec<_>) = all?.into_iter().partition(SetCookie::is_clerks);
    if !others.is_empty() {
        let names: Vec<_> = others.iter().map(|cookie| hint(cookie.name())).collect();
        tracing::warn!(?names, "dropped cookies that are not Clerk's from a handshake or a refresh");
    }
    Some(clerks)
}

/// Turns the cookies into an outcome: signed in or signed out. In development, one more redirect cleans the URL.
async fn conclude<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    directives: Vec<SetCookie>,
) -> Result<Outcome, Unresolved> {
    let is_in_vain = directives.is_empty();
    // The last one counts, as in the browser.
    let session = match directives.iter().filter_map(SetCookie::session).next_back() {
        Some(SessionCookie::Token(token)) => token.to_owned(),
        Some(SessionCookie::Malformed) => return Err(Unresolved::in_vain("a session cookie without a value")),
        Some(SessionCookie::Cleared) | None => String::new(),
    };
    let mut additions = Additions { set_cookies: directives, renewed_by: None, redirect_loop: None };
    let cleaned_url = cleaned_url(visit, is_in_vain);
    if session.is_empty() {
        let why = Denial::because(Reason::SessionTokenMissing);
        return match cleaned_url {
            Some(location) => {
                additions.set_cookies.extend(counter(visit, false));
                Ok(Redirect { location, additions, says: Some((AuthStatus::SignedOut, why)) }.into())
            }
            // Clerk does not know the nonce, which does not mean that the visitor is signed out.
            None if is_in_vain => {
                let why = "Clerk does not know the nonce, or the nonce has no cookies".to_owned();
                Err(Unresolved::InVain { why, cause: Some(LoopCause::WrongKeys) })
            }
            None => Ok(Outcome::SignedOut { why, additions: Some(additions.into()) }),
        };
    }
    additions.renewed_by = Some(Renewal::Handshake);
    let (token, is_out_of_time) = match verify_after_handshake(visit, backend, &session).await {
        // The browser gets its cookies all the same: the nonce is spent.
        Err(Unresolved::Outage(why)) => return Ok(Outcome::SignedOut { why, additions: Some(additions.into()) }),
        verified => verified?,
    };
    Ok(match cleaned_url {
        Some(location) => {
            let is_final = is_out_of_time || is_of_another_organization(visit, &token);
            additions.set_cookies.extend(counter(visit, is_final));
            Redirect { location, additions, says: None }.into()
        }
        None => Outcome::SignedIn { token, additions: Some(additions.into()) },
    })
}

/// Returns the token, and whether it is valid only because development tolerates a wrong clock: one that is off by up
/// to a day is logged, and nothing more.
async fn verify_after_handshake<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    session: &str,
) -> Result<(Arc<SessionToken>, bool), Unresolved> {
    let (settings, now) = (visit.settings, visit.now);
    let presented = Presented::read(session.into(), backend);
    let no_session = match verification::verify(presented.clone(), settings, backend, Carrier::Cookie, now).await {
        Ok(token) => return Ok((token, false)),
        Err(no_session) => no_session,
    };
    let rejection = match no_session {
        NoSession::Outage(why) => return Err(Unresolved::Outage(why)),
        NoSession::Machine(_) | NoSession::WrongType => {
            return Err(Unresolved::in_vain("the handshake brought no session token"));
        }
        NoSession::Rejected(rejection) => rejection,
    };
    let why = rejection.full_message(Carrier::Cookie);
    if !rejection.is_about_time() {
        return Err(Unresolved::InVain { why, cause: cause_of(&rejection) });
    }
    if visit.is_development() {
        static SKEW: LogLimit = LogLimit::new();
        if let Some(left_out) = SKEW.admit(now) {
            let hint = hint(&why);
            let what = "clock skew detected, which only development tolerates: set this machine's clock";
            tracing::error!(%hint, left_out, "{what}");
        }
        let skew = DEVELOPMENT_SKEW;
        let retried = verification::verify_with_skew(session, settings, backend, Carrier::Cookie, now, skew).await;
        if let Ok(token) = retried {
            return Ok((token, true));
        }
    }
    // Clerk has issued the token a moment ago, so its time of issue is Clerk's time.
    let clock = comparable(presented.claim(ClaimName::Iat)).map(|iat| ClockOff::between(now, iat));
    Err(Unresolved::InVain { why, cause: Some(LoopCause::ClockSkew(clock)) })
}

/// Returns why a session token that Clerk has just issued is rejected, if another one would be rejected as well.
fn cause_of(rejection: &TokenRejection) -> Option<LoopCause> {
    match rejection.reason {
        Reason::TokenInvalidAuthorizedParties => Some(LoopCause::AuthorizedParty),
        Reason::TokenInvalidIssuer => Some(LoopCause::Issuer),
        Reason::TokenInvalidSignature | Reason::TokenInvalidAlgorithm | Reason::JwkKidMismatch => {
            Some(LoopCause::WrongKeys)
        }
        Reason::TokenVerificationFailed => Some(LoopCause::Claims),
        _ => None,
    }
}

/// Returns the URL without the handshake, which in development came in the URL and must be removed from it.
///
/// Returns `None` if that redirect could repeat forever. A handshake in a cookie, which is production's way, is still
/// there on the next request; one that brings nothing may bring nothing every time; and an iframe that sends no cookies
/// at all does not keep any either, so the next request could not be linked to this one.
fn cleaned_url<F: RequestFacts>(visit: &Visit<'_, F>, is_in_vain: bool) -> Option<String> {
    if !visit.is_development() {
        return None;
    }
    let is_worn_out = visit.browser.redirect_count >= loops::MAX_REDIRECTS;
    if is_worn_out && (is_in_vain || came_in_a_cookie(visit)) {
        return None;
    }
    if !is_in_vain
        && !visit.browser.sends_cookies
        && visit.facts.list_field(Field::SecFetchDest).as_deref() == Some(b"iframe")
    {
        static IFRAMES: LogLimit = LogLimit::new();
        if let Some(left_out) = IFRAMES.admit(visit.now) {
            tracing::warn!(
                left_out,
                "a browser returned from Clerk to an iframe and sent no cookies, so it probably blocks them there. \
                 The page gets its response without another redirect. Open the page outside the iframe, or serve it \
                 from the same site as the page around it"
            );
        }
        return None;
    }
    let mut url = visit.url().clone();
    let parameters = [parameter::HANDSHAKE, parameter::HELP, parameter::DEV_BROWSER, parameter::HANDSHAKE_NONCE];
    query::remove(&mut url, &parameters);
    Some(url.into())
}

/// Returns the counter for the redirect that cleans the URL. If `is_final`, the next request would start another
/// handshake with the same result.
fn counter<F: RequestFacts>(visit: &Visit<'_, F>, is_final: bool) -> Option<SetCookie> {
    match (came_in_a_cookie(visit), is_final) {
        (_, true) => loops::count_as_last(),
        (true, false) => loops::renew_and_count(visit),
        (false, false) => loops::renew(visit),
    }
}

/// Returns whether Clerk was asked to make the URL's organization active and did not: asking again would have the same
/// result.
fn is_of_another_organization<F: RequestFacts>(visit: &Visit<'_, F>, token: &SessionToken) -> bool {
    !token.is_pending() && organization::target(visit).is_some_and(|target| !target.is_active_in(token))
}

fn came_in_a_cookie<F: RequestFacts>(visit: &Visit<'_, F>) -> bool {
    let is_in_url = |name| visit.parameter(name).is_some_and(|value| !value.is_empty());
    match visit.browser.handshake_nonce {
        Some(_) => !is_in_url(parameter::HANDSHAKE_NONCE),
        None => !is_in_url(parameter::HANDSHAKE),
    }
}

#[cfg(test)]
mod invalid_tokens;
#[cfg(test)]
mod tests;
