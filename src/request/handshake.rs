//! The handshake (PROTOCOL section 10): a browser is sent to Clerk, which knows who is signed in, and comes back with
//! cookies.

use std::sync::Arc;

use url::Url;

use super::{
    Additions, Backend, HandshakePayloadError, Outcome, Redirect, RequestFacts, SetCookie, SignedOut, frontend_api,
    is_page_navigation,
    organization::{self, Target},
    outcome::{AuthStatus, SessionCookie},
    presented::Presented,
    public_url::return_address,
    verification::{self, Refusal},
    visit::{Visit, parameter},
};
use crate::{
    config::API_VERSION,
    hint::hint,
    log_limit::LogLimit,
    query,
    reason::Reason,
    token::{Carrier, Jwt, SessionToken},
};

/// After so many redirects in a row the keys do not match, and more of them will not help.
const MAX_REDIRECTS: u32 = 3;

/// A day: how wrong a developer's clock may be after a handshake.
const DEVELOPMENT_SKEW: std::time::Duration = std::time::Duration::from_secs(86_400);

/// More cookies than any handshake sets.
pub(crate) const MAX_DIRECTIVES: usize = 100;

/// Sends the browser to Clerk for that reason; or, where the request is no page navigation or the browser has been
/// there too often, lets it pass as signed out for the same reason.
pub(super) fn start<F: RequestFacts>(visit: &Visit<'_, F>, reason: Reason, message: &str) -> Outcome {
    match handshake_url(visit, &reason) {
        Some(location) => redirect(visit, reason, message, location),
        None => SignedOut::because(reason).with_message(message).into(),
    }
}

/// The same, to somewhere else than Clerk.
pub(super) fn redirect<F: RequestFacts>(visit: &Visit<'_, F>, reason: Reason, message: &str, location: Url) -> Outcome {
    let why = SignedOut::because(reason).with_message(message);
    if !is_page_navigation(visit.facts) || !matches!(location.scheme(), "http" | "https") {
        return why.into();
    }
    if visit.browser.redirect_count >= MAX_REDIRECTS {
        static LOOPS: LogLimit = LogLimit::new();
        if let Some(left_out) = LOOPS.admit(visit.now) {
            tracing::warn!(reason = %why.reason, left_out, "{}", hint_at_a_loop(&why.reason));
        }
        return why.into();
    }
    let additions = Additions { set_cookies: counter(visit).into_iter().collect() };
    Redirect { location: location.into(), additions, says: Some((AuthStatus::Handshake, why)) }.into()
}

fn hint_at_a_loop(reason: &Reason) -> &'static str {
    match reason {
        Reason::SatelliteNeedsSyncing => {
            "a satellite was synchronised again and again: check that its domain is one of the instance's, and that the \
             request came to it"
        }
        _ => {
            "a browser was sent to Clerk and back again and again: the publishable key and the secret key are probably \
             of different instances; copy both from the same page of the Clerk dashboard"
        }
    }
}

/// The address of the handshake, its parameters in the order that Clerk's own SDKs have.
fn handshake_url<F: RequestFacts>(visit: &Visit<'_, F>, reason: &Reason) -> Option<Url> {
    let back = return_address(visit.url().clone());
    let mut url = frontend_api::handshake_url(visit.settings, visit.url())?;
    let mut parameters = url.query_pairs_mut();
    parameters
        .append_pair("redirect_url", back.as_str())
        .append_pair("__clerk_api_version", API_VERSION)
        .append_pair("suffixed_cookies", if visit.browser.uses_suffixed_cookies { "true" } else { "false" })
        .append_pair("__clerk_hs_reason", reason.as_str())
        .append_pair("format", "nonce");
    if let Some(token) = visit.session_token() {
        parameters.append_pair("__session", token);
    }
    if let Some(dev_browser) = visit.dev_browser() {
        parameters.append_pair(parameter::DEV_BROWSER, dev_browser);
    }
    match organization::target(visit) {
        Some(Target::Id(organization) | Target::Slug(organization)) => {
            parameters.append_pair("organization_id", &organization);
        }
        Some(Target::PersonalAccount) => {
            parameters.append_pair("organization_id", "");
        }
        None => {}
    }
    drop(parameters);
    Some(url)
}

/// Why a return from a handshake settles nothing.
pub(super) enum Unresolved {
    /// The visit goes on as if there had been no handshake: in production, applications of one domain share the cookie,
    /// and the token may be another's.
    GoOn(String),
    /// In development the token came in this very URL: it is this application's, and wrong.
    Refuse(String),
    /// In development, the keys to tell are not to be had.
    Unavailable(SignedOut),
}

/// Resolves the handshake that the browser returns from, if it does.
pub(super) async fn resolve<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
) -> Option<Result<Outcome, Unresolved>> {
    let directives = match (&visit.browser.handshake_nonce, &visit.browser.handshake_token) {
        (Some(nonce), _) => match backend.handshake_payload(nonce).await {
            Ok(directives) => directives,
            Err(HandshakePayloadError::Malformed) => {
                return Some(Err(Unresolved::GoOn("the handshake's cookies are malformed".to_owned())));
            }
            Err(_) => Vec::new(),
        },
        (None, Some(token)) => match directives(visit, backend, token).await {
            Ok(directives) => directives,
            Err(unresolved) => return Some(Err(unresolved)),
        },
        (None, None) => return None,
    };
    Some(conclude(visit, backend, directives).await)
}

/// The cookies of a handshake token: a JWT by this instance's key, of the session category.
async fn directives<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    token: &str,
) -> Result<Vec<SetCookie>, Unresolved> {
    let refused = |refusal: Refusal| {
        let why = match refusal {
            Refusal::Outage(why) => return outage(visit, why),
            Refusal::Machine(_) | Refusal::WrongType => "invalid category.".to_owned(),
            Refusal::Rejected(rejection) if rejection.reason == Reason::TokenInvalidSignature => {
                "invalid signature. If you have switched Clerk keys locally, clear your cookies and try again."
                    .to_owned()
            }
            Refusal::Rejected(rejection) => rejection.full_message(Carrier::Cookie),
        };
        malformed(visit, format!("Handshake token verification failed: {why}"))
    };
    let jwt = Jwt::decode(token).map_err(|rejection| refused(rejection.into()))?;
    let jwt = jwt.into_handshake().ok_or_else(|| refused(Refusal::WrongType))?;
    let key = verification::key(backend, jwt.kid(), Carrier::Cookie, visit.now).await.map_err(&refused)?;
    let verdict = verification::by_current_key(backend, key, jwt.kid(), visit.now, |key| jwt.verify(key)).await;
    let listed = verdict.map_err(|rejection| refused(rejection.into()))?;
    parse_directives(&listed).ok_or_else(|| Unresolved::GoOn("the handshake token's cookies are malformed".to_owned()))
}

fn malformed<F: RequestFacts>(visit: &Visit<'_, F>, message: String) -> Unresolved {
    if visit.is_development() { Unresolved::Refuse(message) } else { Unresolved::GoOn(message) }
}

fn outage<F: RequestFacts>(visit: &Visit<'_, F>, why: SignedOut) -> Unresolved {
    if visit.is_development() { Unresolved::Unavailable(why) } else { Unresolved::GoOn(why.message().to_owned()) }
}

/// All or nothing: one directive that no header can hold spoils the lot, since what it was to say is unknown.
pub(crate) fn parse_directives(listed: &[serde_json::Value]) -> Option<Vec<SetCookie>> {
    if listed.len() > MAX_DIRECTIVES {
        return None;
    }
    listed.iter().map(|directive| SetCookie::parse(directive.as_str()?)).collect()
}

/// What the cookies say: signed in, or signed out. In development the URL is cleaned by one more redirect.
async fn conclude<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    directives: Vec<SetCookie>,
) -> Result<Outcome, Unresolved> {
    // The last one counts, as it does in the browser.
    let session = match directives.iter().filter_map(SetCookie::session).next_back() {
        Some(SessionCookie::Token(token)) => token.to_owned(),
        Some(SessionCookie::Malformed) => return Err(Unresolved::GoOn("a session cookie without a value".to_owned())),
        Some(SessionCookie::Cleared) | None => String::new(),
    };
    let mut additions = Additions { set_cookies: directives };
    let cleaned_url = cleaned_url(visit);
    if cleaned_url.is_some() && came_in_a_cookie(visit) {
        additions.set_cookies.extend(counter(visit));
    }
    if session.is_empty() {
        let why = SignedOut::because(Reason::SessionTokenMissing);
        return Ok(match cleaned_url {
            Some(location) => Redirect { location, additions, says: Some((AuthStatus::SignedOut, why)) }.into(),
            None => Outcome::SignedOut { why, additions: Some(additions.into()) },
        });
    }
    let token = verify_after_handshake(visit, backend, &session).await?;
    Ok(match cleaned_url {
        Some(location) => Redirect { location, additions, says: None }.into(),
        None => Outcome::SignedIn { token, additions: Some(additions.into()) },
    })
}

/// In development a clock that is off by up to a day is complained of, and no more.
async fn verify_after_handshake<F: RequestFacts>(
    visit: &Visit<'_, F>,
    backend: &impl Backend,
    session: &str,
) -> Result<Arc<SessionToken>, Unresolved> {
    let (settings, now) = (visit.settings, visit.now);
    let presented = Presented::read(session.into(), backend);
    let refusal = match verification::verify(presented, settings, backend, Carrier::Cookie, now).await {
        Ok(token) => return Ok(token),
        Err(refusal) => refusal,
    };
    let rejection = match refusal {
        Refusal::Outage(why) => return Err(Unresolved::GoOn(why.message().to_owned())),
        Refusal::Machine(_) | Refusal::WrongType => {
            return Err(Unresolved::GoOn("the handshake brought no session token".to_owned()));
        }
        Refusal::Rejected(rejection) => rejection,
    };
    if visit.is_development() && rejection.is_about_time() {
        static SKEW: LogLimit = LogLimit::new();
        if let Some(left_out) = SKEW.admit(now) {
            let hint = hint(&rejection.full_message(Carrier::Cookie));
            let what = "clock skew detected: set this machine's clock; in development it is tolerated";
            tracing::error!(%hint, left_out, "{what}");
        }
        let skew = DEVELOPMENT_SKEW;
        let retried = verification::verify_with_skew(session, settings, backend, Carrier::Cookie, now, skew).await;
        if let Ok(token) = retried {
            return Ok(token);
        }
    }
    Err(Unresolved::GoOn(rejection.full_message(Carrier::Cookie)))
}

/// In development the handshake came in the URL, and has to go from it: the address without it.
///
/// One that came in a cookie, which is production's way, is still there on the next request, and would redirect for
/// ever; those redirects are counted, and after the last one the request is decided as in production.
fn cleaned_url<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<String> {
    let is_worn_out = came_in_a_cookie(visit) && visit.browser.redirect_count >= MAX_REDIRECTS;
    (visit.is_development() && !is_worn_out).then(|| {
        let mut url = visit.url().clone();
        query::remove(
            &mut url,
            &[parameter::HANDSHAKE, parameter::HELP, parameter::DEV_BROWSER, parameter::HANDSHAKE_NONCE],
        );
        url.into()
    })
}

fn came_in_a_cookie<F: RequestFacts>(visit: &Visit<'_, F>) -> bool {
    let is_in_url = |name| visit.parameter(name).is_some_and(|value| !value.is_empty());
    match visit.browser.handshake_nonce {
        Some(_) => !is_in_url(parameter::HANDSHAKE_NONCE),
        None => !is_in_url(parameter::HANDSHAKE),
    }
}

/// The cookie that counts one more redirect. It lives for two seconds: chains of redirects are faster, people slower.
fn counter<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<SetCookie> {
    let count = visit.browser.redirect_count.saturating_add(1);
    SetCookie::parse(&format!("__clerk_redirect_count={count}; SameSite=Lax; HttpOnly; Max-Age=2"))
}
