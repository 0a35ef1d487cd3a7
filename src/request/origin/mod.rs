//! Cross-origin checks: determines whose page sends a request, by `Sec-Fetch-Site` and `Origin`, which a page's script
//! cannot set.
//!
//! Browsers send a visitor's cookies with requests from other sites' pages, or at least from sibling domains' pages,
//! against which `SameSite` does nothing. This module decides for all of them whether the cookies count: for WebSockets
//! (`websocket.rs`), for unsafe methods ([`is_forged`]), and for refreshing the session (`recovery.rs`).

use url::Url;

use super::{
    facts::{Field, RequestFacts},
    public_url::{knows_scheme, public_url},
    visit::Visit,
};
use crate::{
    config::Settings,
    token::{Claim, ClaimName},
};

/// The sender of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sender {
    /// A page of the application, or of an origin that the configuration lists; or the user, through the address bar.
    Own,
    /// A page of another origin.
    Foreign,
    /// Neither header identifies the sender. The client is not a browser, or is one from before 2020.
    Unknown,
}

impl Sender {
    /// Determines the sender. `made_for` is the origin that the request's session token was issued to, its `azp` claim,
    /// if that may count.
    ///
    /// 1. Without `Origin`, `Sec-Fetch-Site` decides: `same-origin` and `none` count as the application's own.
    /// 2. With `Origin`, each of its lines must be one of: a listed origin; the public origin; the request's own
    ///    scheme, host and port, as far as they are known; `made_for`. `Sec-Fetch-Site: same-origin` suffices instead,
    ///    and holds behind any proxy.
    pub(super) fn of(facts: &impl RequestFacts, settings: &Settings, made_for: Option<&str>) -> Self {
        let site = Site::of(facts);
        let mut origins = facts.fields(Field::Origin).peekable();
        if origins.peek().is_none() {
            return match site {
                Site::Same => Self::Own,
                Site::Another => Self::Foreign,
                Site::Unsaid => Self::Unknown,
            };
        }
        let is_own = |origin: &[u8]| {
            site == Site::Same
                || std::str::from_utf8(origin).is_ok_and(|origin| {
                    settings.trusts_pages_of(origin)
                        || made_for.is_some_and(|made_for| made_for == origin && names_a_page(origin))
                        || is_origin_of_the_request(origin, site, facts, settings)
                })
        };
        if origins.all(is_own) { Self::Own } else { Self::Foreign }
    }
}

/// The value of `Sec-Fetch-Site`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Site {
    /// According to the browser, the page's origin is the request's; or the request comes from the user, not from a
    /// page.
    Same,
    /// The page is of another origin.
    Another,
    Unsaid,
}

impl Site {
    fn of(facts: &impl RequestFacts) -> Self {
        let mut lines = facts.fields(Field::SecFetchSite).map(<[u8]>::trim_ascii).filter(|line| !line.is_empty());
        let mut site = Self::Unsaid;
        for line in &mut lines {
            match line {
                b"same-origin" | b"none" => site = Self::Same,
                _ => return Self::Another,
            }
        }
        site
    }
}

/// Returns whether an origin names one page: sandboxed pages of all sites are `null`, and all files are `file://`.
fn names_a_page(origin: &str) -> bool {
    !matches!(origin, "" | "null" | "file://")
}

fn is_origin_of_the_request(origin: &str, site: Site, facts: &impl RequestFacts, settings: &Settings) -> bool {
    let Some(origin) = Url::parse(origin).ok().filter(|url| matches!(url.scheme(), "http" | "https")) else {
        return false;
    };
    let own = public_url(facts, settings);
    if knows_scheme(facts, settings) {
        return own.origin() == origin.origin();
    }
    // A server behind a proxy that ends TLS without saying so takes its own `https` for `http`. The browser's `Origin`
    // has the right scheme.
    site == Site::Unsaid && (own.host(), own.port()) == (origin.host(), origin.port())
}

/// Returns whether the cookies of a request must not count, because a page of another origin makes an unsafe request
/// with them (cross-site request forgery). The algorithm is that of `CrossOriginProtection` in Go's net/http, with one
/// addition: it also accepts the page that the visitor's own session token was issued to. Such a page can have tokens
/// made as it likes, so it gains nothing; and a frontend on its own origin, or behind a proxy that changes the `Host`,
/// needs no configuration.
pub(super) fn is_forged<F: RequestFacts>(visit: &Visit<'_, F>) -> bool {
    !is_safe(visit.facts.method())
        && visit.settings.csrf_protection.is_on()
        && visit.browser.may_be_signed_in()
        && sender(visit) == Sender::Foreign
}

/// Returns the sender of a visit's request.
pub(super) fn sender<F: RequestFacts>(visit: &Visit<'_, F>) -> Sender {
    let token = visit.browser.session_token.as_ref();
    let made_for = token.and_then(|token| token.claim(ClaimName::Azp)).and_then(Claim::as_str);
    Sender::of(visit.facts, visit.settings, made_for)
}

/// Returns whether a method is safe (RFC 9110, section 9.2.1). `TRACE`, which browsers never send, counts as unsafe.
fn is_safe(method: &str) -> bool {
    matches!(method, "GET" | "HEAD" | "OPTIONS")
}

#[cfg(test)]
mod tests;
