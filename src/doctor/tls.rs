//! The TLS check: the trusted certificates, and the proxy between this machine and Clerk.

use url::Host;

use super::{calls::Answer, report::Finding};
use crate::{
    backend::{Roots, TransportError, proxy_in_use},
    config::Settings,
};

const NAME: &str = "TLS";

pub(super) fn check(settings: &Settings, roots: Option<Roots>, jwks: Option<&Answer>) -> Finding {
    let roots = roots.map_or_else(|| "TLS could not be set up".to_owned(), trusted);
    let (proxy, is_usable) = match proxy_in_use(&settings.api_url) {
        Ok(Some(said)) => (said, true),
        Ok(None) => ("no proxy".to_owned(), true),
        Err(said) => (said, false),
    };
    let found = format!("{}; {roots}; {proxy}", settings.api_url.origin().ascii_serialization());
    if let Some(Err(error)) = jwks
        && let Some(fix) = fix(*error)
    {
        return Finding::failed(NAME, format!("{error}: {found}")).with_fix(fix);
    }
    if !is_usable {
        return Finding::warning(NAME, found).with_fix("correct the variable, or add the host to NO_PROXY");
    }
    if settings.api_url.scheme() != "https" && !is_loopback(settings) {
        return Finding::warning(NAME, format!("the secret key is sent without TLS: {found}"))
            .with_fix("use an https:// URL for api_url (CLERK_API_URL)");
    }
    Finding::ok(NAME, found)
}

/// Returns what to do about a failed call, if TLS or the proxy is the cause.
fn fix(error: TransportError) -> Option<&'static str> {
    match error {
        TransportError::Tls if cfg!(feature = "native-roots") => Some(
            "check which certificate this machine gets for Clerk's API: if a proxy replaces it, add the proxy's root \
             certificate to this system",
        ),
        TransportError::Tls => Some(
            "if a proxy in between has its own certificate, turn on the feature `native-roots`, so that the system's \
             root certificates are trusted too",
        ),
        TransportError::Proxy | TransportError::ProxyRefused(_) => {
            Some("check HTTPS_PROXY or ALL_PROXY, or add the host to NO_PROXY")
        }
        _ => None,
    }
}

/// `trusts 144 root certificates of Mozilla's list and 130 of this system (native-roots)`
fn trusted(Roots { mozilla, system }: Roots) -> String {
    let system = match system {
        Some(number) => format!("{number} of this system (feature native-roots)"),
        None => "none of this system (feature native-roots is off)".to_owned(),
    };
    format!("trusts {mozilla} root certificates of Mozilla's list and {system}")
}

fn is_loopback(settings: &Settings) -> bool {
    match settings.api_url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{doctor::Status, instance::ClerkConfig};

    #[test]
    fn failures_of_the_call_and_the_verdict_on_tls() {
        use Status::*;
        const PLAIN: &str = "http://clerk.internal:8080";
        const LOCAL: &str = "http://127.0.0.1:8080";
        for (name, api_url, answer, status, says) in [
            ("the certificate", LOCAL, Err(TransportError::Tls), Failed, "the TLS handshake failed"),
            ("the proxy", LOCAL, Err(TransportError::ProxyRefused(407)), Failed, "with status 407"),
            ("what is no proxy", LOCAL, Err(TransportError::Proxy), Failed, "like an HTTP proxy"),
            ("another failure", LOCAL, Err(TransportError::Connect), Ok, LOCAL),
            ("a key without TLS", PLAIN, Err(TransportError::Connect), Warning, "without TLS"),
        ] {
            let builder =
                ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
            let config = builder.api_url(api_url).build().unwrap();
            let finding = check(config.settings(), Some(Roots { mozilla: 7, system: None }), Some(&answer));
            assert_eq!(finding.status(), status, "{name}: {finding:?}");
            assert!(finding.found().contains(says), "{name}: {finding:?}");
            assert!(finding.found().contains("7 root certificates of Mozilla's list"), "{name}: {finding:?}");
            assert_eq!(finding.fix().is_some(), status != Ok, "{name}");
        }
    }

    #[test]
    fn the_systems_certificates() {
        assert!(trusted(Roots { mozilla: 7, system: Some(3) }).contains("and 3 of this system"));
        assert!(trusted(Roots { mozilla: 7, system: None }).contains("native-roots is off"));
    }
}
