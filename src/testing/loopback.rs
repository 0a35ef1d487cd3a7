//! The addresses of this machine: `LocalClerk` sends browsers, their sessions and webhooks nowhere else.

use url::{Host, Url};

/// Parses a URL, and returns it if it leads to this machine.
pub(super) fn loopback(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let is_loopback = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    is_loopback.then_some(url)
}
