//! The page of a satellite to which a primary sends a visitor back, in development. The request names the page, and the
//! visitor's dev browser goes along: anyone who receives it is signed in as the visitor.

use std::sync::Once;

use url::{Host, Url};

use super::{facts::RequestFacts, parameter, visit::Visit};

/// Returns the page that the request names, if it may receive a dev browser: on this machine, on the application's own
/// origin, or on one that `authorized_parties` lists. Never a `javascript:` or a `data:` URL.
pub(super) fn named_by<F: RequestFacts>(visit: &Visit<'_, F>) -> Option<Url> {
    let named = visit.parameter(parameter::REDIRECT_URL)?;
    let page = Url::parse(&named).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let origin = page.origin();
    let has_user_info = !page.username().is_empty() || page.password().is_some();
    let is_own = is_loopback(&page) || origin == visit.url().origin();
    if !has_user_info && (is_own || visit.settings.lists_origin(&origin.ascii_serialization())) {
        return Some(page);
    }
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::warn!(
            origin = origin.ascii_serialization(),
            "a visitor was not redirected back to this origin, because anyone could name it in a link. If it is one \
             of your satellites, add its origin, and this application's own, to authorized_parties \
             (CLERK_AUTHORIZED_PARTIES)"
        );
    });
    None
}

/// Returns whether the host can only be this machine (RFC 6761, section 6.3).
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine() {
        for (url, expected) in [
            ("http://localhost", true),
            ("http://localhost:3001/x", true),
            ("https://satellite.localhost:3001", true),
            ("http://LOCALHOST", true),
            ("http://localhost.:3001", true),
            ("http://127.0.0.1:3001", true),
            ("http://127.255.0.1", true),
            ("http://0x7f.1", true),
            ("http://[::1]:3001", true),
            ("http://localhost.evil.example", false),
            ("http://evil-localhost", false),
            ("http://127.0.0.1.evil.example", false),
            ("http://128.0.0.1", false),
            ("http://0.0.0.0", false),
            ("http://192.168.0.1", false),
            ("http://[::2]", false),
            ("http://localhost@evil.example", false),
            ("http://evil.example/#localhost", false),
        ] {
            assert_eq!(is_loopback(&Url::parse(url).unwrap()), expected, "{url}");
        }
    }
}
