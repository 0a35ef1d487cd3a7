//! The state of a browser: the cookies and query parameters that Clerk's frontends keep.

use std::borrow::Cow;

use url::Url;

use super::query;
use super::{
    cookies::{CookieName::*, Cookies, decode},
    facts::RequestFacts,
    numbers, parameter,
    presented::{Presented, SessionCookies},
    suffix::{self, Choice, ClientUats},
};
use crate::{clock::Timestamp, config::Settings};

/// A browser's state as its request presents it. Nothing is verified yet.
pub(super) struct Browser<'r> {
    /// `true` if the suffixed cookies count, rather than the plain ones.
    pub(super) uses_suffixed_cookies: bool,
    pub(super) session_token: Option<Presented<'r>>,
    /// Always suffixed. Few requests need it.
    refresh_token: Option<&'r [u8]>,
    /// The time of the last sign-in or sign-out, in seconds since the Unix epoch; 0 if the browser is signed out.
    pub(super) client_uat: f64,
    /// In development only: the dev browser, which replaces third-party cookies. The URL's takes precedence over the
    /// cookie's.
    pub(super) dev_browser: Option<Cow<'r, str>>,
    pub(super) handshake_nonce: Option<Cow<'r, str>>,
    pub(super) handshake_token: Option<Cow<'r, str>>,
    pub(super) redirect_count: u32,
    /// `true` if the browser sends any of Clerk's cookies.
    pub(super) sends_cookies: bool,
    /// `true` if the plain session cookie is another library's, next to this instance's suffixed ones.
    pub(super) has_a_foreign_session: bool,
}

impl<'r> Browser<'r> {
    /// Reads the state. `in_url` returns a parameter of the URL; `look` inspects the value of a session cookie.
    pub(super) fn read(
        facts: &'r impl RequestFacts,
        in_url: impl Fn(&str) -> Option<String>,
        settings: &Settings,
        now: Timestamp,
        look: impl Fn(&'r [u8]) -> Presented<'r>,
    ) -> Self {
        let in_query = |name| in_url(name).filter(|value| !value.is_empty()).map(Cow::Owned);
        let dev_browser = || if settings.is_development() { in_query(parameter::DEV_BROWSER) } else { None };
        let returned = |name| if settings.takes_handshakes_from_urls() { in_query(name) } else { None };
        let cookies = Cookies::read(facts, &settings.cookie_names);
        // New visitors have no cookies. This shortcut gives the same result as the code below.
        if cookies.is_empty() {
            return Self {
                uses_suffixed_cookies: false,
                session_token: None,
                refresh_token: None,
                client_uat: 0.0,
                dev_browser: dev_browser(),
                handshake_nonce: returned(parameter::HANDSHAKE_NONCE),
                handshake_token: returned(parameter::HANDSHAKE),
                redirect_count: 0,
                sends_cookies: false,
                has_a_foreign_session: false,
            };
        }
        let cookie = |name| cookies.get(name);
        let in_development = |name| if settings.is_development() { cookies.get(name) } else { None };
        let sessions = SessionCookies::new(cookies.value(Session), cookies.value(SuffixedSession), look);
        let uats = ClientUats::read(&cookies);
        let choice = suffix::choose(&uats, &sessions, settings, now);
        let uses_suffixed_cookies = choice == Choice::Suffixed;
        let dev_browser_name = if uses_suffixed_cookies { SuffixedDevBrowser } else { DevBrowser };
        Self {
            uses_suffixed_cookies,
            session_token: sessions.chosen(uses_suffixed_cookies),
            refresh_token: cookies.value(Refresh),
            client_uat: uats.time(uses_suffixed_cookies),
            dev_browser: dev_browser().or_else(|| in_development(dev_browser_name)),
            handshake_nonce: returned(parameter::HANDSHAKE_NONCE).or_else(|| cookie(HandshakeNonce)),
            handshake_token: returned(parameter::HANDSHAKE).or_else(|| cookie(Handshake)),
            redirect_count: cookie(RedirectCount).map_or(0, |text| numbers::redirect_count(&text)),
            sends_cookies: true,
            has_a_foreign_session: choice == Choice::PlainAndForeign,
        }
    }

    pub(super) fn refresh_token(&self) -> Option<Cow<'r, str>> {
        self.refresh_token.map(decode)
    }

    /// Returns whether anything in the cookies may sign the browser in.
    pub(super) fn may_be_signed_in(&self) -> bool {
        self.session_token.is_some() || self.has_active_client()
    }

    /// Returns whether the browser considers itself signed in.
    pub(super) fn has_active_client(&self) -> bool {
        self.client_uat != 0.0
    }
}

/// Returns only the dev browser, for redirects made outside the decision.
pub(super) fn dev_browser<'r>(
    facts: &'r impl RequestFacts,
    url: &Url,
    settings: &Settings,
    now: Timestamp,
) -> Option<Cow<'r, str>> {
    Browser::read(facts, |name: &str| query::get(url, name), settings, now, |value| Presented::decode(decode(value)))
        .dev_browser
}
