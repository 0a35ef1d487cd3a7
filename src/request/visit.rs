//! One visit of a browser: everything that the rules for cookies read.

use std::{borrow::Cow, cell::Cell};

use url::Url;

use super::{
    backend::Backend,
    browser::Browser,
    cause::LoopCause,
    facts::{Field, RequestFacts, latin_1},
    navigation::is_page_navigation,
    presented::Presented,
    public_url::Address,
};
use crate::{clock::Timestamp, config::Settings};

/// A request, with everything that the rules need to know about it.
pub(super) struct Visit<'v, F> {
    pub(super) facts: &'v F,
    pub(super) settings: &'v Settings,
    pub(super) now: Timestamp,
    pub(super) address: Address<'v, F>,
    pub(super) browser: Browser<'v>,
    /// The `Authorization` header's token, if the request got here with one.
    pub(super) header_token: Option<&'v str>,
    pub(super) returned: Returned,
    /// The cause of a loop that ended with this request, although the request is signed in.
    pub(super) stopped: Cell<Option<LoopCause>>,
}

/// The state of a handshake that the browser may have returned from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Returned {
    /// The browser has not returned from one.
    Nowhere,
    /// The handshake brought nothing that counts; with the cause, if it is known.
    InVain(Option<LoopCause>),
    /// The handshake's result is unknown, because Clerk cannot be asked.
    DuringAnOutage,
}

impl<'v, F: RequestFacts> Visit<'v, F> {
    pub(super) fn new(
        facts: &'v F,
        settings: &'v Settings,
        backend: &impl Backend,
        header_token: Option<&'v str>,
        now: Timestamp,
    ) -> Self {
        let address = Address::new(facts, settings);
        let parameter = |name: &str| address.parameter(name);
        let browser = Browser::read(facts, parameter, settings, now, |value| Presented::read_cookie(value, backend));
        Self {
            facts,
            settings,
            now,
            address,
            browser,
            header_token,
            returned: Returned::Nowhere,
            stopped: Cell::new(None),
        }
    }

    pub(super) fn is_get(&self) -> bool {
        self.facts.method() == "GET"
    }

    /// Returns whether no session counts at present, because the list of revoked ones cannot be read.
    pub(super) fn is_without_revocations(&self) -> bool {
        self.settings.revocations.as_ref().is_some_and(|revocations| revocations.reject_all(self.now))
    }

    pub(super) fn is_development(&self) -> bool {
        self.settings.is_development()
    }

    /// Returns whether the browser brings the result of a handshake. Handshakes are page navigations, and so is the way
    /// back: any other request that brings a nonce has it from a leftover cookie or a stranger's link.
    pub(super) fn returns_from_a_handshake(&self) -> bool {
        let brings_one = self.browser.handshake_nonce.is_some() || self.browser.handshake_token.is_some();
        brings_one && self.settings.enable_handshake && is_page_navigation(self.facts)
    }

    /// Returns whether a browser opens a page in its own tab. A script that only claims to do so does not count.
    pub(super) fn is_document(&self) -> bool {
        self.says_document() && is_page_navigation(self.facts)
    }

    /// Returns whether the request's `Sec-Fetch-Dest` is `document`: a page in its own tab. A script can set that
    /// header too.
    pub(super) fn says_document(&self) -> bool {
        self.facts.list_field(Field::SecFetchDest).as_deref() == Some(b"document")
    }

    /// Like [`is_document`](Self::is_document), but also covers browsers that send no `Sec-Fetch-Dest`: older Safari,
    /// and all browsers on plain http.
    pub(super) fn is_probably_a_document(&self) -> bool {
        is_page_navigation(self.facts) && self.facts.list_field(Field::SecFetchDest).as_deref() != Some(b"iframe")
    }

    /// Returns the session token that stands for the browser; the cookie's takes precedence over the header's.
    pub(super) fn session_token(&self) -> Option<&str> {
        self.browser.session_token.as_ref().map(Presented::expose).or(self.header_token)
    }

    /// Returns the request's URL as the browser sees it.
    pub(super) fn url(&self) -> &Url {
        self.address.url()
    }

    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        self.address.parameter(name)
    }

    /// Returns the page of another origin that the visitor came from, if the request names one and it can be parsed.
    pub(super) fn referrer_elsewhere(&self) -> Option<Url> {
        let referrer = latin_1(self.facts.field(Field::Referer)?);
        if self.address.is_plainly_of_this_origin(&referrer) {
            return None;
        }
        Url::parse(&referrer).ok().filter(|referrer| referrer.origin() != self.url().origin())
    }

    pub(super) fn dev_browser(&self) -> Option<&Cow<'v, str>> {
        self.browser.dev_browser.as_ref()
    }
}
