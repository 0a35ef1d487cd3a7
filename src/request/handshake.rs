//! The start of the handshake (PROTOCOL section 10): sends a browser to Clerk, which knows whether it is signed in. The
//! browser returns with cookies, which `handshake_return.rs` reads.

use url::Url;

use super::{
    facts::RequestFacts,
    frontend_api, loops,
    navigation::is_page_navigation,
    organization::{self, Target},
    outcome::{Additions, AuthStatus, Denial, Outcome, Redirect},
    parameter,
    public_url::return_address,
    visit::{Returned, Visit},
};
use crate::{config::API_VERSION, reason::Reason, token::Carrier};

/// Sends the browser to Clerk for this reason. If the request is not a page navigation, or the browser has been sent
/// there too often, it proceeds as signed out for the same reason.
pub(super) fn start<F: RequestFacts>(visit: &Visit<'_, F>, reason: Reason, message: &str) -> Outcome {
    match handshake_url(visit, &reason) {
        Some(location) => redirect(visit, reason, message, location),
        None => Denial::because(reason).with_message(message).into(),
    }
}

/// Like [`start`], but redirects to `location`.
pub(super) fn redirect<F: RequestFacts>(visit: &Visit<'_, F>, reason: Reason, message: &str, location: Url) -> Outcome {
    // Whatever Clerk says, the browser would come back to the same outage.
    if visit.is_without_revocations() {
        return Denial::without_revocations(Carrier::Cookie).into();
    }
    let why = Denial::because(reason).with_message(message);
    if !may_redirect(visit) || !is_page_navigation(visit.facts) || !matches!(location.scheme(), "http" | "https") {
        return why.into();
    }
    if visit.browser.redirect_count >= loops::MAX_REDIRECTS {
        let cause = loops::explain(visit, &why.reason);
        return why.ending_a_loop(cause).into();
    }
    let counter = loops::count_one_more(visit);
    let additions = Additions { set_cookies: counter.into_iter().collect(), renewed_by: None, redirect_loop: None };
    Redirect { location: location.into(), additions, says: Some((AuthStatus::Handshake, why)) }.into()
}

/// Returns whether a handshake could help at all. Clerk sends a browser back at once; as long as Clerk cannot be asked
/// for the result, the browser would only be redirected again.
pub(super) fn may_redirect<F: RequestFacts>(visit: &Visit<'_, F>) -> bool {
    visit.settings.enable_handshake && !matches!(visit.returned, Returned::DuringAnOutage)
}

/// Returns the URL of the handshake, with its parameters in the order that Clerk's own SDKs use.
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
