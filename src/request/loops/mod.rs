//! Redirect loops: counts the redirects, ends the loop and explains it.

use super::{
    cause::{ClockOff, LoopCause},
    cookies,
    facts::RequestFacts,
    numbers::comparable,
    set_cookie::SetCookie,
    visit::{Returned, Visit},
};
use crate::{
    observe::{LogLimit, hint},
    reason::Reason,
    token::ClaimName,
};

/// The limit of redirects in a row. More of them would not help.
pub(super) const MAX_REDIRECTS: u32 = 3;

/// The counter's lifetime, in seconds. Chains of redirects are faster, people slower.
const COUNTER_LIVES: u32 = 2;

/// The counter's lifetime, in seconds, for the second redirect of a chain and those that follow. A Frontend API that
/// responds slowly must not make the browser forget the counter, which would start again and never end the loop.
const COUNTER_OF_A_CHAIN_LIVES: u32 = 30;

/// Returns the cookie that counts one more redirect.
pub(super) fn count_one_more<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<SetCookie> {
    let count = visit.browser.redirect_count;
    match &visit.returned {
        // The browser returns from Clerk, so there was a redirect before this one, even if its counter is gone.
        Returned::InVain(_) => counter(count.max(1).saturating_add(1), COUNTER_OF_A_CHAIN_LIVES),
        // In development, each round ends with `renew`, which shortens the counter's lifetime again.
        _ if count > 0 && visit.is_development() => counter(count.saturating_add(1), COUNTER_OF_A_CHAIN_LIVES),
        _ => counter(count.saturating_add(1), COUNTER_LIVES),
    }
}

/// Returns the cookie that tells the next request that the browser comes from Clerk, however long it was there.
pub(super) fn renew<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<SetCookie> {
    counter(visit.browser.redirect_count.max(1), COUNTER_LIVES)
}

/// Like [`renew`], for a redirect that the next request may ask for again.
pub(super) fn renew_and_count<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<SetCookie> {
    counter(visit.browser.redirect_count.saturating_add(1), COUNTER_LIVES)
}

/// Returns the cookie that ends a chain: the next request is decided without another redirect.
pub(super) fn count_as_last() -> Option<SetCookie> {
    counter(MAX_REDIRECTS, COUNTER_LIVES)
}

fn counter(count: u32, lives: u32) -> Option<SetCookie> {
    SetCookie::parse(&format!("__clerk_redirect_count={count}; SameSite=Lax; HttpOnly; Max-Age={lives}"))
}

/// Logs why the browser is not redirected again, and returns the cause.
pub(super) fn explain<F: RequestFacts>(visit: &Visit<'_, F>, reason: &Reason) -> LoopCause {
    static LOOPS: LogLimit = LogLimit::new();
    let cause = cause(visit, reason);
    if let Some(left_out) = LOOPS.admit(visit.now) {
        let path = hint(visit.facts.path_and_query().split('?').next().unwrap_or_default());
        tracing::warn!(%reason, path, left_out, "stopped a redirect loop: {cause}");
    }
    cause
}

/// Returns the cause of a loop. Causes that are certain come first: those seen in the cookies, then the handshake that
/// has just failed. Otherwise the rule that would have redirected suggests the cause.
pub(super) fn cause<F: RequestFacts>(visit: &Visit<'_, F>, reason: &Reason) -> LoopCause {
    if cookies::has_a_repeated_one(visit.facts, &visit.settings.cookie_names) {
        return LoopCause::RepeatedCookie;
    }
    if visit.browser.has_a_foreign_session {
        return LoopCause::ForeignSession;
    }
    if let Returned::InVain(Some(cause)) = visit.returned {
        return cause;
    }
    match reason {
        Reason::SatelliteNeedsSyncing => LoopCause::SatelliteNotSynced,
        Reason::DevBrowserSync | Reason::PrimaryRespondsToSyncing => LoopCause::SentBackAndForth,
        Reason::ActiveOrganizationMismatch => LoopCause::NotAMember,
        Reason::SessionTokenExpired(_) | Reason::SessionTokenNbf | Reason::SessionTokenIatInTheFuture => {
            let issued_at =
                visit.browser.session_token.as_ref().and_then(|token| comparable(token.claim(ClaimName::Iat)));
            LoopCause::ClockSkew(issued_at.map(|iat| ClockOff::between(visit.now, iat)))
        }
        _ => LoopCause::CookiesNotKept,
    }
}

#[cfg(test)]
mod tests;
