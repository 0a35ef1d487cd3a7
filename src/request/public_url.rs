//! The request's URL as the browser sees it (PROTOCOL section 3), behind whatever proxies there are.

use std::cell::OnceCell;

use memchr::memchr;
use url::Url;

use super::{Field, RequestFacts};
use crate::{config::Settings, query};

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

/// The public URL of one request, worked out when somebody asks: few requests need it.
pub(super) struct Address<'r, F> {
    facts: &'r F,
    settings: &'r Settings,
    url: OnceCell<Url>,
    may_have_parameters: bool,
}

impl<'r, F: RequestFacts> Address<'r, F> {
    pub(super) fn new(facts: &'r F, settings: &'r Settings) -> Self {
        let target = facts.path_and_query();
        let query = memchr(b'?', target.as_bytes()).and_then(|start| target.get(start + 1..));
        Self { facts, settings, url: OnceCell::new(), may_have_parameters: query.is_some_and(may_have_parameters) }
    }

    pub(super) fn url(&self) -> &Url {
        self.url.get_or_init(|| public_url(self.facts, self.settings))
    }

    /// One of Clerk's query parameters.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        if self.may_have_parameters { query::get(self.url(), name) } else { None }
    }

    /// Whether a referrer is plainly a page of this origin. Where it is not plain, it may be one all the same.
    pub(super) fn is_plainly_of_this_origin(&self, referrer: &str) -> bool {
        if let Some(origin) = &self.settings.public_origin {
            return referrer.starts_with(origin.as_str());
        }
        let (scheme, hosts) = scheme_and_hosts(self.facts);
        // The same text makes the same origin, or none on either side.
        let is_of = |host: &str| {
            let rest = referrer.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
            rest.and_then(|rest| rest.strip_prefix(host)).is_some_and(|rest| rest.starts_with('/'))
        };
        hosts.into_iter().flatten().find(|host| may_be_host(host)).is_some_and(is_of)
    }
}

/// The names of all of them have two underscores, and nobody has to escape those, but may.
fn may_have_parameters(query: &str) -> bool {
    query.contains("__") || query.bytes().any(|byte| byte == b'%' || byte.is_ascii_control())
}

fn origin(facts: &impl RequestFacts) -> Option<Url> {
    let (scheme, hosts) = scheme_and_hosts(facts);
    hosts.into_iter().flatten().find_map(|host| parse_origin(scheme, host))
}

/// What proxies say comes first.
fn scheme_and_hosts(facts: &impl RequestFacts) -> (&'static str, [Option<&str>; 2]) {
    let first = |field| facts.text_field(field).and_then(|value| value.split(',').next()).map(str::trim);
    let scheme = |name: &str| match name {
        _ if name.eq_ignore_ascii_case("https") => Some("https"),
        _ if name.eq_ignore_ascii_case("http") => Some("http"),
        _ => None,
    };
    let own_scheme = if facts.is_tls() { "https" } else { "http" };
    let scheme = first(Field::ForwardedProto).and_then(scheme).unwrap_or(own_scheme);
    let own_host = facts.host().and_then(|host| std::str::from_utf8(host).ok());
    (scheme, [first(Field::ForwardedHost), own_host])
}

/// Only a host with an optional port: user info, a path or a query would go into redirects with it.
fn parse_origin(scheme: &str, host: &str) -> Option<Url> {
    if !may_be_host(host) {
        return None;
    }
    Url::parse(&format!("{scheme}://{host}/")).ok().filter(Url::has_host)
}

fn may_be_host(text: &str) -> bool {
    !text.is_empty() && !text.contains(['/', '\\', '?', '#', '@'])
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

    /// What is plain is true.
    #[test]
    fn referrers_that_are_plainly_of_this_origin() {
        let hosts =
            ["app.example.com", "APP.example.com", "app.example.com:80", "[::1]:3000", "a b", "", "ex%61mple.com"];
        let referrers = hosts.iter().flat_map(|host| {
            ["http://", "https://", ""].into_iter().flat_map(move |scheme| {
                ["", "/", "/a?b=c", "@evil.example/", ".evil.example/", ":81/"]
                    .map(|rest| format!("{scheme}{host}{rest}"))
            })
        });
        let referrers: Vec<_> = referrers.collect();
        let mut plain = 0;
        for (own, forwarded) in hosts.iter().flat_map(|own| hosts.map(|forwarded| (own, forwarded))) {
            let request = FakeRequest { host: Some(own.as_bytes().into()), ..FakeRequest::get("/a") };
            let forwarded = request.clone().with(Field::ForwardedHost, forwarded).with(Field::ForwardedProto, "https");
            for (request, public_origin) in
                [(&request, None), (&forwarded, None), (&request, Some("https://app.example.com"))]
            {
                let config = config(public_origin);
                let address = Address::new(request, config.settings());
                for referrer in referrers.iter().filter(|referrer| address.is_plainly_of_this_origin(referrer)) {
                    plain += 1;
                    let parsed = Url::parse(referrer).map(|referrer| referrer.origin());
                    assert!(parsed.is_err() || parsed == Ok(address.url().origin()), "{referrer} {}", address.url());
                }
            }
        }
        assert!(plain > 100, "{plain}");
    }

    #[test]
    fn queries_that_may_hold_a_parameter_of_clerks() {
        for (path, expected) in [
            ("/", None),
            ("/?page=2", None),
            ("/?__clerk_synced=true", Some("true")),
            ("/?a=b&__clerk_synced=true", Some("true")),
            ("/?%5F_clerk_synced=true", Some("true")),
            ("/?_%5fclerk%5fsynced=true", Some("true")),
            ("/__clerk_synced=true", None),
        ] {
            let request = FakeRequest::get(path);
            let config = config(None);
            let address = Address::new(&request, config.settings());
            assert_eq!(address.parameter("__clerk_synced").as_deref(), expected, "{path}");
        }
    }
}
