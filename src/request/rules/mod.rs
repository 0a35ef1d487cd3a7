//! The rules for cookies, in the order of PROTOCOL section 8. The order is the specification: a rule may assume that no
//! rule before it applied.

use std::sync::Once;

use super::query;
use super::{
    backend::Backend,
    facts::RequestFacts,
    frontend_api, handshake,
    handshake_return::{self, Unresolved},
    hint::Hint,
    numbers::comparable,
    organization,
    outcome::{Additions, Denial, Outcome},
    parameter,
    presented::Presented,
    public_url::return_address,
    recovery::recover,
    satellite_page, verification,
    visit::{Returned, Visit},
};
use crate::{
    observe::{LogLimit, hint},
    reason::Reason,
    token::{Carrier, Claim, ClaimName, SessionToken},
};

/// A rule that needs only the visit: it settles the request, or does not apply.
type Rule<F> = fn(&Visit<'_, F>) -> Option<Outcome>;

/// A rule for a visit with a verified session token.
type SignedInRule<F> = fn(&Visit<'_, F>, &SessionToken) -> Option<Outcome>;

/// Decides a visit by its cookies. Futures that few visits need are boxed, so that the others do not reserve room for
/// them.
pub(super) async fn decide<F: RequestFacts>(visit: &mut Visit<'_, F>, backend: &impl Backend) -> Outcome {
    // 1.
    let outcome = match visit.returns_from_a_handshake() {
        true => Box::pin(after_a_handshake(visit, backend)).await,
        false => by_cookies(visit, backend).await,
    };
    if visit.browser.has_a_foreign_session { explain_a_foreign_session(visit, outcome) } else { outcome }
}

/// Rules 2 to 14.
async fn by_cookies<F: RequestFacts>(visit: &mut Visit<'_, F>, backend: &impl Backend) -> Outcome {
    let before_verification: [Rule<F>; 9] = [
        satellite_needs_syncing,           // 2.
        primary_responds_to_syncing,       // 3.
        dev_browser_came_in_the_url,       // 4.
        dev_browser_is_missing,            // 5.
        nobody_is_signed_in,               // 6.
        session_without_client_uat,        // 7.
        client_uat_without_session,        // 8.
        session_is_of_another_kind,        // 9.
        session_is_older_than_the_sign_in, // 10.
    ];
    if let Some(settled) = before_verification.iter().find_map(|rule| rule(visit)) {
        return settled;
    }
    // 11.
    let Some(token) = &visit.browser.session_token else {
        return Outcome::signed_out(Reason::SessionTokenAndUatMissing);
    };
    let token = match verification::verify(token.clone(), visit.settings, backend, Carrier::Cookie, visit.now).await {
        Ok(token) => token,
        Err(no_session) => {
            return match no_session.renewable() {
                Ok(rejection) => Box::pin(recover(visit, backend, rejection, Carrier::Cookie)).await,
                Err(no_session) => no_session.into_signed_out(Carrier::Cookie).into(),
            };
        }
    };
    warn_of_a_missing_azp(&token);
    let after_verification: [SignedInRule<F>; 2] = [
        comes_from_another_domain,         // 12.
        another_organization_is_asked_for, // 13.
    ];
    let settled = after_verification.iter().find_map(|rule| rule(visit, &token));
    // 14.
    settled.unwrap_or_else(|| {
        let redirect_loop = visit.stopped.take();
        let additions = redirect_loop.map(|_| Additions { redirect_loop, ..Additions::default() }.into());
        Outcome::SignedIn { token, additions }
    })
}

/// Decides a visit that returns from Clerk. The handshake settles whether the visitor is signed in. If it brings
/// nothing, the cookies decide; if they cannot and Clerk cannot be asked, the outcome is the outage.
async fn after_a_handshake<F: RequestFacts>(visit: &mut Visit<'_, F>, backend: &impl Backend) -> Outcome {
    let outage = match handshake_return::resolve(visit, backend).await {
        Ok(outcome) => return outcome,
        Err(Unresolved::Refuse(message)) => return Outcome::Malformed { message },
        Err(Unresolved::InVain { why: failed, cause }) => {
            visit.returned = Returned::InVain(cause);
            let outcome = by_cookies(visit, backend).await;
            // Logged when nothing is left to wait for: an attempt that has to wait is made again from the start.
            static UNRESOLVED: LogLimit = LogLimit::new();
            if let Some(left_out) = UNRESOLVED.admit(visit.now) {
                let hint = hint(&failed);
                let path = crate::observe::hint(visit.facts.path_and_query().split('?').next().unwrap_or_default());
                tracing::warn!(path, %hint, left_out, "could not complete a handshake; the request is decided without it");
            }
            return match (outcome, cause) {
                (Outcome::SignedOut { why, additions }, Some(cause)) => {
                    let failed = Hint::Handshake(failed.into());
                    Outcome::SignedOut { why: why.in_vain(cause).with_hint(failed), additions }
                }
                (outcome, _) => outcome,
            };
        }
        Err(Unresolved::Outage(why)) => why,
    };
    visit.returned = Returned::DuringAnOutage;
    match by_cookies(visit, backend).await {
        settled @ Outcome::SignedIn { .. } => settled,
        _ => outage.into(),
    }
}

/// A satellite does not keep its own sign-in. It asks the primary when its visitor has just signed in there, and for
/// every new visitor if `satellite_auto_sync` is set.
fn satellite_needs_syncing<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    if !visit.settings.is_satellite || !visit.is_probably_a_document() {
        return None;
    }
    let synced = visit.parameter(parameter::SYNCED);
    if synced.as_deref() == Some("true") {
        return None;
    }
    let is_asked_to = synced.as_deref() == Some("false");
    let has_cookies = visit.browser.session_token.is_some() || visit.browser.has_active_client();
    if !has_cookies && !is_asked_to && !visit.settings.satellite_auto_sync {
        return Some(Outcome::signed_out(Reason::SessionTokenAndUatMissing));
    }
    if has_cookies && !is_asked_to {
        return None;
    }
    // In development, the primary passes its dev browser on; in production, Clerk's cookies are already the primary's.
    let primary = visit.settings.sign_in_url.as_ref().filter(|_| visit.is_development());
    let Some(mut location) = primary.and_then(|page| page.resolve(visit.url())) else {
        return Some(handshake::start(visit, Reason::SatelliteNeedsSyncing, ""));
    };
    let back = return_address(visit.url().clone());
    query::append(&mut location, parameter::REDIRECT_URL, back.as_str());
    Some(handshake::redirect(visit, Reason::SatelliteNeedsSyncing, "", location))
}

/// The primary's response to a satellite, in development: a redirect back, with the dev browser. It comes before rule
/// 4, or the primary would start its own handshake halfway through.
fn primary_responds_to_syncing<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    if !visit.is_development() || visit.settings.is_satellite {
        return None;
    }
    let mut location = satellite_page::named_by(visit)?;
    if let Some(dev_browser) = visit.dev_browser() {
        query::append(&mut location, parameter::DEV_BROWSER, dev_browser);
    }
    query::set(&mut location, parameter::SYNCED, "true");
    Some(handshake::redirect(visit, Reason::PrimaryRespondsToSyncing, "", location))
}

/// In development, another page, such as the sign-in page, identifies the browser: Clerk must learn of it.
fn dev_browser_came_in_the_url<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    let is_in_url = visit.parameter(parameter::DEV_BROWSER).is_some();
    (visit.is_development() && is_in_url).then(|| handshake::start(visit, Reason::DevBrowserSync, ""))
}

/// In development, a browser has no cookies at Clerk; without a dev browser it could not be recognized.
fn dev_browser_is_missing<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    let is_missing = visit.is_development() && visit.dev_browser().is_none();
    is_missing.then(|| handshake::start(visit, Reason::DevBrowserMissing, ""))
}

/// Neither cookie is present: signed out, with nothing to ask Clerk.
fn nobody_is_signed_in<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    let is_nobody = !visit.browser.has_active_client() && visit.browser.session_token.is_none();
    is_nobody.then(|| Outcome::signed_out(Reason::SessionTokenAndUatMissing))
}

/// A session, but no sign-in: the sign-in's cookie may have been withheld, and Clerk knows better.
fn session_without_client_uat<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    (!visit.browser.has_active_client()).then(|| handshake::start(visit, Reason::SessionTokenWithoutClientUat, ""))
}

/// A sign-in, but no session: the short-lived cookie is gone, but the sign-in may still be valid.
fn client_uat_without_session<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    let is_missing = visit.browser.session_token.is_none();
    is_missing.then(|| handshake::start(visit, Reason::ClientUatWithoutSessionToken, ""))
}

/// Not a JWT, or one of another class: a handshake would not make it a session token.
fn session_is_of_another_kind<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    match visit.browser.session_token.as_ref()? {
        // Only session tokens are ever cached.
        Presented::Remembered(_) => None,
        Presented::Decoded(_, jwt) if jwt.is_session() => None,
        Presented::Decoded(..) => Some(Denial::because(Reason::TokenTypeMismatch).with_hint(Hint::Template).into()),
        Presented::Malformed(_, rejection) => Some(Denial::rejected(rejection, Carrier::Cookie).into()),
    }
}

/// The user has signed in or out since the token was issued.
fn session_is_older_than_the_sign_in<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Outcome> {
    let token = visit.browser.session_token.as_ref()?;
    let is_older = comparable(token.claim(ClaimName::Iat))? < visit.browser.client_uat;
    is_older.then(|| handshake::start(visit, Reason::SessionTokenIatBeforeClientUat, ""))
}

/// The primary is opened from another site, which may be a satellite where the visitor has just signed in or out.
fn comes_from_another_domain<F: RequestFacts>(visit: &Visit<'_, F>, _: &SessionToken) -> Option<Outcome> {
    if visit.settings.is_satellite || !visit.says_document() || visit.browser.redirect_count != 0 {
        return None;
    }
    // Few navigations come from elsewhere. Only for those is it worth asking whether a script makes them.
    let referrer = visit.referrer_elsewhere()?;
    if !visit.is_document() || !handshake::may_redirect(visit) {
        return None;
    }
    if frontend_api::is_clerk(&referrer, visit.settings, visit.url()) {
        return None;
    }
    let message = "Cross-origin request from satellite domain requires handshake";
    Some(handshake::start(visit, Reason::PrimaryDomainCrossOriginSync, message))
}

/// The URL belongs to an organization other than the active one: Clerk activates it, if the user is a member.
fn another_organization_is_asked_for<F: RequestFacts>(visit: &Visit<'_, F>, token: &SessionToken) -> Option<Outcome> {
    let target = organization::target(visit)?;
    if token.is_pending() || target.is_active_in(token) {
        return None;
    }
    match handshake::start(visit, Reason::ActiveOrganizationMismatch, "") {
        redirect @ Outcome::Redirect(_) => Some(redirect),
        Outcome::SignedOut { why, .. } => {
            visit.stopped.set(why.ended_loop());
            None
        }
        // Not a navigation, or Clerk did not activate it last time: the handler sees the session as it is, and decides.
        _ => None,
    }
}

/// Another library's `__session` hides Clerk's cookies (PROTOCOL section 5, rule 1). To the visitor it looks as if
/// signing in did nothing. In development the response says why, and the log always does: once per process, because the
/// browser sends that cookie with every request.
fn explain_a_foreign_session<F: RequestFacts>(visit: &Visit<'_, F>, outcome: Outcome) -> Outcome {
    static ONCE: Once = Once::new();
    match outcome {
        Outcome::SignedOut { why, additions } => {
            ONCE.call_once(|| tracing::warn!(reason = %why.reason, "{FOREIGN_SESSION}"));
            if !visit.is_development() {
                return Outcome::SignedOut { why, additions };
            }
            let message = format!("{} {FOREIGN_SESSION}", why.message());
            Outcome::SignedOut { why: why.with_message(message.trim_start()), additions }
        }
        outcome => outcome,
    }
}

const FOREIGN_SESSION: &str = "The cookie named __session is not Clerk's, and it hides Clerk's cookies, so the \
                               visitor counts as signed out. Give the other library's cookie another name.";

/// Warns of a token that future versions of Clerk will reject. Once per process, because a browser sends it with every
/// request.
fn warn_of_a_missing_azp(token: &SessionToken) {
    static ONCE: Once = Once::new();
    let has_azp = token.claim(ClaimName::Azp).and_then(Claim::as_str).is_some_and(|azp| !azp.is_empty());
    if !has_azp {
        ONCE.call_once(|| {
            tracing::warn!(
                "a session token from a cookie has no `azp` claim; future versions of Clerk will reject \
                            such tokens"
            )
        });
    }
}

#[cfg(test)]
mod tests;
