//! The visitor of a request, for redirects that are made outside the decision.

use std::borrow::Cow;

use url::Url;

use super::{
    browser::dev_browser,
    facts::RequestFacts,
    public_url::{knows_scheme, public_url, return_address},
};
use crate::config::Settings;

/// The facts about the request that a redirect needs.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// The requested page, as the browser sees it.
    pub(crate) url: Url,
    /// `false` if a proxy may have ended TLS without saying so: the page may then be on `https`.
    pub(crate) knows_scheme: bool,
    /// In development only: the token that lets Clerk recognize the browser on another domain.
    pub(crate) dev_browser: Option<String>,
    pub(crate) is_of_satellite: bool,
}

impl Visitor {
    pub(crate) fn read(facts: &impl RequestFacts, settings: &Settings) -> Self {
        let url = public_url(facts, settings);
        let dev_browser = dev_browser(facts, &url, settings, settings.clock.now()).map(Cow::into_owned);
        Self {
            knows_scheme: knows_scheme(facts, settings),
            dev_browser,
            is_of_satellite: settings.is_satellite,
            url: return_address(url),
        }
    }

    /// Returns the page that an untrusted text names, if it is on this application's origin.
    pub(crate) fn own_page(&self, page: &str) -> Option<Url> {
        // Browsers drop control characters and read backslashes as slashes, so the rest may name a host.
        if page.contains(|c: char| c == '\\' || c.is_control()) {
            return None;
        }
        let url = self.url.join(page).ok()?;
        let is_page = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        let is_own_scheme = url.scheme() == self.url.scheme() || !self.knows_scheme;
        let is_own_host = (url.host(), url.port()) == (self.url.host(), self.url.port());
        (is_page && is_own_scheme && is_own_host).then_some(url)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            facts::fake::FakeRequest,
            test_support::{at, development, production},
        },
        *,
    };
    use crate::config::ClerkConfigBuilder;

    #[test]
    fn visitors_and_the_dev_browser_that_a_redirect_carries() {
        let url = "/a?__clerk_db_jwt=dvb_url&x=1";
        for (name, config, request, expected) in [
            ("none", development as fn() -> ClerkConfigBuilder, FakeRequest::get("/a"), None),
            ("an empty cookie", development, at("/a", "__clerk_db_jwt="), None),
            ("the cookie's", development, at("/a", "__clerk_db_jwt=dvb_cookie"), Some("dvb_cookie")),
            ("the URL's", development, FakeRequest::get(url), Some("dvb_url")),
            ("the URL's before the cookie's", development, at(url, "__clerk_db_jwt=dvb_cookie"), Some("dvb_url")),
            ("in production", production, at(url, "__clerk_db_jwt=dvb_cookie"), None),
        ] {
            let config = config().build().unwrap();
            let visitor = Visitor::read(&request, config.settings());
            assert_eq!(visitor.dev_browser.as_deref(), expected, "{name}");
            assert!(!visitor.url.as_str().contains("dvb_"), "{name}: it is not part of the address to return to");
        }
    }
}
