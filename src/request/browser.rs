//! What a browser says about itself: the cookies and query parameters that Clerk's frontends keep.

use std::borrow::Cow;

use url::Url;

use super::{
    RequestFacts,
    cookies::{cookie, name},
    numbers,
    presented::{Presented, SessionCookies},
    suffix,
};
use crate::{clock::Timestamp, config::Settings, query};

/// A browser's state, as far as it can be read before anything in it is believed.
pub(super) struct Browser<'r> {
    /// Whether the suffixed cookies count, or the plain ones.
    pub(super) uses_suffixed_cookies: bool,
    pub(super) session_token: Option<Presented<'r>>,
    /// Only ever suffixed.
    pub(super) refresh_token: Option<Cow<'r, str>>,
    /// When the browser last signed in or out, in seconds; 0 where nobody is signed in.
    pub(super) client_uat: f64,
    /// Development's stand-in for third-party cookies; the URL's counts before the cookie's.
    pub(super) dev_browser: Option<Cow<'r, str>>,
    pub(super) handshake_nonce: Option<Cow<'r, str>>,
    pub(super) handshake_token: Option<Cow<'r, str>>,
    pub(super) redirect_count: u32,
}

impl<'r> Browser<'r> {
    /// `look` is what becomes of a session cookie's text.
    pub(super) fn read(
        facts: &'r impl RequestFacts,
        url: &Url,
        settings: &Settings,
        now: Timestamp,
        look: impl Fn(Cow<'r, str>) -> Presented<'r>,
    ) -> Self {
        let names = &settings.cookie_names;
        let sessions = SessionCookies::new(cookie(facts, name::SESSION), cookie(facts, &names.session), look);
        let uses_suffixed_cookies = suffix::uses_suffixed_cookies(facts, &sessions, settings, now);
        let suffixed_or_plain = |suffixed, plain| cookie(facts, if uses_suffixed_cookies { suffixed } else { plain });
        let in_query = |name| query::get(url, name).filter(|value| !value.is_empty()).map(Cow::Owned);
        let client_uat = suffixed_or_plain(&names.client_uat, name::CLIENT_UAT);
        Self {
            uses_suffixed_cookies,
            session_token: sessions.chosen(uses_suffixed_cookies),
            refresh_token: cookie(facts, &names.refresh),
            client_uat: client_uat.map_or(0.0, |text| numbers::leading_integer(&text)),
            dev_browser: in_query(name::DEV_BROWSER)
                .or_else(|| suffixed_or_plain(&names.dev_browser, name::DEV_BROWSER)),
            handshake_nonce: in_query(name::HANDSHAKE_NONCE).or_else(|| cookie(facts, name::HANDSHAKE_NONCE)),
            handshake_token: in_query(name::HANDSHAKE).or_else(|| cookie(facts, name::HANDSHAKE)),
            redirect_count: cookie(facts, name::REDIRECT_COUNT).map_or(0, |text| numbers::redirect_count(&text)),
        }
    }

    /// Whether the browser takes itself for signed in.
    pub(super) fn has_active_client(&self) -> bool {
        self.client_uat != 0.0
    }
}

/// The development browser's token alone, for redirects made outside the decision.
pub(crate) fn dev_browser<'r>(
    facts: &'r impl RequestFacts,
    url: &Url,
    settings: &Settings,
    now: Timestamp,
) -> Option<Cow<'r, str>> {
    Browser::read(facts, url, settings, now, Presented::decode).dev_browser
}
