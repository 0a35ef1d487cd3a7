//! Publishable keys of domains: for applications with several domains, each with its own key.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use url::Url;

use super::{error::ConfigError, shown::shown};
use crate::keys::{PublishableKey, tidy};

/// Returns the publishable key of a production domain: `pk_live_` and the encoded form of `clerk.HOST`, the host at
/// which Clerk serves that domain. For [`ClerkMiddleware::per_request`](crate::ClerkMiddleware::per_request), with one
/// configuration per domain.
///
/// A port is ignored. `fallback` is the key of the application's settings: if it belongs to a development instance, it
/// is returned unchanged, since such an instance has one key for all hosts.
///
/// Pass only hosts from your own list, at startup: anyone who could choose the host could choose where visitors are
/// redirected.
///
/// # Errors
///
/// [`ConfigError::NotAHost`] if the text is not a host name.
///
/// ```
/// use std::collections::HashMap;
///
/// use clerk_actix::{ClerkConfig, ConfigError, publishable_key_from_host};
///
/// # let (configured_key, secret_key) = ("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k", "sk_live_000000000000");
/// let mut configs = HashMap::new();
/// for host in ["one.example.com", "two.example.org"] {
///     let key = publishable_key_from_host(host, Some(configured_key))?;
///     configs.insert(host, ClerkConfig::builder().publishable_key(key).secret_key(secret_key).build()?);
/// }
/// assert_eq!(configs["two.example.org"].frontend_api(), "clerk.two.example.org");
/// # Ok::<(), ConfigError>(())
/// ```
pub fn publishable_key_from_host(host: &str, fallback: Option<&str>) -> Result<String, ConfigError> {
    if let Some(key) = fallback.map(tidy).filter(|key| key.starts_with("pk_test_")) {
        return Ok(key.to_owned());
    }
    let frontend_api = frontend_api(host).ok_or_else(|| ConfigError::NotAHost { found: shown(host) })?;
    let prefix = if is_of_an_early_development_instance(&frontend_api) { "pk_test_" } else { "pk_live_" };
    let key = format!("{prefix}{}", STANDARD_NO_PAD.encode(format!("{frontend_api}$")));
    PublishableKey::parse(&key).map_err(|_| ConfigError::NotAHost { found: shown(host) })?;
    Ok(key)
}

/// Returns `clerk.` and the host, in ASCII and lower case, without its port.
fn frontend_api(host: &str) -> Option<String> {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let name = host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(host, |(name, _)| name);
    let is_name = !name.is_empty() && !name.contains(|c: char| c.is_ascii() && !is_of_a_name(c));
    let url = Url::parse(&format!("https://clerk.{name}/")).ok().filter(|_| is_name)?;
    url.host_str().map(str::to_owned)
}

fn is_of_a_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Recognizes early development instances, from before they all used `….clerk.accounts.dev`, by their hosts, as the
/// reference does.
fn is_of_an_early_development_instance(frontend_api: &str) -> bool {
    const SUFFIXES: [&str; 3] = [".lcl.dev", ".lclstage.dev", ".lclclerk.com"];
    let is_development = SUFFIXES.iter().any(|suffix| frontend_api.ends_with(suffix));
    is_development && !frontend_api.ends_with(".prod.lclclerk.com")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
    const TEST: &str = "pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";

    /// The expected keys are the results of `publishableKeyFromHost` in `@clerk/shared`, a dependency of
    /// `@clerk/backend` 3.25.0.
    #[test]
    fn hosts_and_the_keys_that_the_reference_makes() {
        for (host, fallback, key) in [
            ("domain-a.com", None, "pk_live_Y2xlcmsuZG9tYWluLWEuY29tJA"),
            ("domain-a.com", Some(LIVE), "pk_live_Y2xlcmsuZG9tYWluLWEuY29tJA"),
            ("domain-a.com", Some(TEST), TEST),
            ("domain-a.com", Some("garbage"), "pk_live_Y2xlcmsuZG9tYWluLWEuY29tJA"),
            ("WWW.Domain-A.com", None, "pk_live_Y2xlcmsud3d3LmRvbWFpbi1hLmNvbSQ"),
            ("domain-a.com:8443", None, "pk_live_Y2xlcmsuZG9tYWluLWEuY29tJA"),
            ("domain-a.com:443", Some(LIVE), "pk_live_Y2xlcmsuZG9tYWluLWEuY29tJA"),
            ("localhost", None, "pk_live_Y2xlcmsubG9jYWxob3N0JA"),
            ("localhost:3000", Some(LIVE), "pk_live_Y2xlcmsubG9jYWxob3N0JA"),
            ("localhost:3000", Some(TEST), TEST),
            ("", Some(TEST), TEST),
            ("foo.bar-13.lcl.dev", None, "pk_test_Y2xlcmsuZm9vLmJhci0xMy5sY2wuZGV2JA"),
            ("foo.bar-13.lclstage.dev", None, "pk_test_Y2xlcmsuZm9vLmJhci0xMy5sY2xzdGFnZS5kZXYk"),
            ("foo.dev.lclclerk.com", None, "pk_test_Y2xlcmsuZm9vLmRldi5sY2xjbGVyay5jb20k"),
            ("foo.prod.lclclerk.com", None, "pk_live_Y2xlcmsuZm9vLnByb2QubGNsY2xlcmsuY29tJA"),
            ("happy-cat-1.clerk.accounts.dev", None, "pk_live_Y2xlcmsuaGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA"),
            ("clerk.example.com", None, "pk_live_Y2xlcmsuY2xlcmsuZXhhbXBsZS5jb20k"),
            ("xn--bcher-kva.example", None, "pk_live_Y2xlcmsueG4tLWJjaGVyLWt2YS5leGFtcGxlJA"),
            ("a.com.", None, "pk_live_Y2xlcmsuYS5jb20uJA"),
        ] {
            let found = publishable_key_from_host(host, fallback).unwrap();
            assert_eq!(found, key, "{host:?} {fallback:?}");
            assert!(PublishableKey::parse(&found).is_ok(), "{host:?}");
        }
    }

    /// The reference encodes such a host in Latin-1, or fails.
    #[test]
    fn a_host_beyond_ascii_has_the_key_of_its_ascii_form() {
        let ascii = publishable_key_from_host("xn--bcher-kva.example", None);
        assert_eq!(publishable_key_from_host("bücher.example", None), ascii);
        assert_eq!(publishable_key_from_host("BÜCHER.example:443", None), ascii);
    }

    /// The reference makes unusable keys of most of these.
    #[test]
    fn texts_that_are_not_hosts() {
        for host in [
            "",
            ":80",
            "a b",
            " a.com",
            "a.com ",
            "a/b",
            "a.com/",
            "user@a.com",
            "domain-a.com:",
            "domain-a.com:80a",
            "a$.com",
            "a,b.com",
            "[::1]:3000",
            "127.0.0.1",
            "a.com?x",
            "a.com#x",
            "a\\b",
            "a%2eb",
            "*.a.com",
            "https://a.com",
            "a.com\r\n",
        ] {
            let error = publishable_key_from_host(host, Some(LIVE)).expect_err(host).to_string();
            assert!(error.contains("publishable_key_from_host") && error.contains(&format!("{host:?}")), "{error}");
        }
    }
}
