//! The request's URL as the browser sees it (PROTOCOL section 3), behind whatever proxies there are.

use url::Url;

use super::{Field, RequestFacts};
use crate::config::Settings;

/// The public URL: `public_origin` where it is configured, else the scheme and host that proxies
/// forwarded, else the request's own. A forwarded value that makes no origin is passed over; a request
/// that names no host at all is taken for one to `localhost`.
pub(crate) fn public_url(facts: &impl RequestFacts, settings: &Settings) -> Url {
    let mut url = match &settings.public_origin {
        Some(origin) => origin.clone(),
        None => origin(facts).unwrap_or_else(|| settings.fallback_origin.clone()),
    };
    // Set, not joined: joined to the origin, a path such as `//evil.example` would name a host.
    let target = facts.path_and_query();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    url.set_path(path);
    url.set_query(query);
    url
}

fn origin(facts: &impl RequestFacts) -> Option<Url> {
    let first = |field| facts.text_field(field).and_then(|value| value.split(',').next()).map(str::trim);
    let scheme = |name: &str| match name {
        _ if name.eq_ignore_ascii_case("https") => Some("https"),
        _ if name.eq_ignore_ascii_case("http") => Some("http"),
        _ => None,
    };
    let own_scheme = if facts.is_tls() { "https" } else { "http" };
    let scheme = first(Field::ForwardedProto).and_then(scheme).unwrap_or(own_scheme);
    let own_host = facts.host().and_then(|host| std::str::from_utf8(host).ok());
    [first(Field::ForwardedHost), own_host].into_iter().flatten().find_map(|host| parse_origin(scheme, host))
}

/// Only a host with an optional port: user info, a path or a query would go into redirects with it.
fn parse_origin(scheme: &str, host: &str) -> Option<Url> {
    if host.is_empty() || host.contains(['/', '\\', '?', '#', '@']) {
        return None;
    }
    Url::parse(&format!("{scheme}://{host}/")).ok().filter(Url::has_host)
}

#[cfg(test)]
mod tests {
    use super::{super::facts::fake::FakeRequest, *};
    use crate::config::ClerkConfig;

    fn config(public_origin: Option<&str>) -> ClerkConfig {
        let builder =
            ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
        match public_origin {
            Some(origin) => builder.public_origin(origin),
            None => builder,
        }
        .build()
        .unwrap()
    }

    #[test]
    fn requests_and_their_public_urls() {
        use Field::{ForwardedHost, ForwardedProto};
        let get = FakeRequest::get;
        for (name, request, expected) in [
            ("its own host", get("/a?b=c"), "http://app.example.com/a?b=c"),
            ("its own scheme", FakeRequest { tls: true, ..get("/") }, "https://app.example.com/"),
            ("a port", FakeRequest { host: Some(b"localhost:3000".into()), ..get("/") }, "http://localhost:3000/"),
            ("a forwarded host", get("/").with(ForwardedHost, "www.example.com"), "http://www.example.com/"),
            ("a forwarded scheme", get("/").with(ForwardedProto, "https"), "https://app.example.com/"),
            (
                "the first of several",
                get("/").with(ForwardedHost, "a.example, b.example").with(ForwardedProto, "https,http"),
                "https://a.example/",
            ),
            ("a forwarded host that is none", get("/").with(ForwardedHost, "a b"), "http://app.example.com/"),
            ("an empty forwarded host", get("/").with(ForwardedHost, ""), "http://app.example.com/"),
            ("a forwarded host with a path", get("/").with(ForwardedHost, "evil.example/x"), "http://app.example.com/"),
            (
                "a forwarded host with user info",
                get("/").with(ForwardedHost, "app.example.com@evil.example"),
                "http://app.example.com/",
            ),
            ("a forwarded host that is not UTF-8", get("/").with(ForwardedHost, b"\xff"), "http://app.example.com/"),
            ("a forwarded scheme that is none", get("/").with(ForwardedProto, "javascript"), "http://app.example.com/"),
            ("a path that looks like a host", get("//evil.example/x"), "http://app.example.com//evil.example/x"),
            ("a path with a backslash", get("/\\evil.example"), "http://app.example.com//evil.example"),
            ("no path", get(""), "http://app.example.com/"),
            ("an asterisk", get("*"), "http://app.example.com/*"),
        ] {
            let found = public_url(&request, config(None).settings());
            assert_eq!(found.as_str(), expected, "{name}");
        }
    }

    #[test]
    fn a_request_that_names_no_host_is_local() {
        for host in [None, Some(b"".to_vec()), Some(b"a b".to_vec()), Some(b"\xff".to_vec())] {
            let request = FakeRequest { host, ..FakeRequest::get("/a") };
            assert_eq!(public_url(&request, config(None).settings()).as_str(), "http://localhost/a");
        }
    }

    #[test]
    fn a_pinned_origin_cannot_be_forwarded_away() {
        let request = FakeRequest::get("/a?b").with(Field::ForwardedHost, "evil.example");
        let url = public_url(&request, config(Some("https://app.example.com")).settings());
        assert_eq!(url.as_str(), "https://app.example.com/a?b");
    }
}
