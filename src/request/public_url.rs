//! The request's URL as the browser sees it (PROTOCOL section 3), behind any proxies.

use std::cell::OnceCell;

use memchr::memchr;
use url::Url;

use super::query;
use super::{
    facts::{Field, RequestFacts},
    parameter,
};
use crate::config::Settings;

/// Returns the public URL: `public_origin` if it is configured, else the scheme and host that proxies forwarded, else
/// the request's own. A forwarded value that is not a valid origin is ignored; a request that names no host at all is
/// taken to be for `localhost`. The path begins with `base_path`, which a proxy removed.
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
    if let Some(base_path) = &settings.base_path {
        // Added after the path was set, so that dots in the path lead up to its own root, and not out of the
        // application.
        let path = format!("{base_path}{}", url.path());
        url.set_path(&path);
    }
    url.set_query(query);
    url
}

/// Returns the path of a public URL as the application routes it.
pub(super) fn path_in_application<'u>(url: &'u Url, settings: &Settings) -> &'u str {
    let path = url.path();
    settings.base_path.as_deref().and_then(|base_path| path.strip_prefix(base_path)).unwrap_or(path)
}

/// Turns a public URL into an address to return to: without the parameters that Clerk added for one request, which must
/// not be used again.
pub(crate) fn return_address(mut url: Url) -> Url {
    query::remove(
        &mut url,
        &[
            parameter::HANDSHAKE,
            parameter::HANDSHAKE_NONCE,
            parameter::HELP,
            parameter::DEV_BROWSER,
            parameter::LEGACY_DEV_BROWSER,
        ],
    );
    url
}

/// The public URL of one request, computed on demand: few requests need it.
pub(super) struct Address<'r, F> {
    facts: &'r F,
    settings: &'r Settings,
    url: OnceCell<Url>,
    may_have_parameters: bool,
}

impl<'r, F: RequestFacts> Address<'r, F> {
    pub(super) fn new(facts: &'r F, settings: &'r Settings) -> Self {
        let target = facts.path_and_query();
        let query = memchr(b'?', target.as_bytes()).and_then(|mark| target.get(mark + 1..));
        Self { facts, settings, url: OnceCell::new(), may_have_parameters: query.is_some_and(may_have_parameters) }
    }

    pub(super) fn url(&self) -> &Url {
        self.url.get_or_init(|| public_url(self.facts, self.settings))
    }

    /// Returns one of Clerk's query parameters.
    pub(super) fn parameter(&self, name: &str) -> Option<String> {
        if self.may_have_parameters { query::get(self.url(), name) } else { None }
    }

    /// Returns whether a referrer is obviously a page of this origin. If it is not obvious, it may still be one.
    pub(super) fn is_plainly_of_this_origin(&self, referrer: &str) -> bool {
        if let Some(origin) = &self.settings.public_origin {
            return referrer.starts_with(origin.as_str());
        }
        let (scheme, hosts) = scheme_and_hosts(self.facts);
        // The same text parses to the same origin, or to none, on both sides.
        let is_of = |host: &str| {
            let rest = referrer.strip_prefix(scheme).and_then(|rest| rest.strip_prefix("://"));
            rest.and_then(|rest| rest.strip_prefix(host)).is_some_and(|rest| rest.starts_with('/'))
        };
        let host = hosts.into_iter().flatten().find(|host| may_be_host(host));
        host.is_some_and(|host| !may_have_default_port(host) && is_of(host))
    }
}

/// Returns whether a query may contain Clerk's parameters. All their names have two underscores, which need no escape
/// but may have one.
fn may_have_parameters(query: &str) -> bool {
    query.contains("__") || query.bytes().any(|byte| byte == b'%' || byte.is_ascii_control())
}

fn origin(facts: &impl RequestFacts) -> Option<Url> {
    let (scheme, hosts) = scheme_and_hosts(facts);
    hosts.into_iter().flatten().find_map(|host| parse_origin(scheme, host))
}

/// Returns the scheme and the candidate hosts. Values forwarded by proxies come first.
fn scheme_and_hosts(facts: &impl RequestFacts) -> (&'static str, [Option<&str>; 2]) {
    let own_scheme = if facts.is_tls() { "https" } else { "http" };
    let scheme = forwarded_scheme(facts).unwrap_or(own_scheme);
    let own_host = facts.host().and_then(|host| std::str::from_utf8(host).ok());
    (scheme, [first_value(facts, Field::ForwardedHost), own_host])
}

fn first_value(facts: &impl RequestFacts, field: Field) -> Option<&str> {
    facts.text_field(field).and_then(|value| value.split(',').next()).map(str::trim)
}

/// Returns the scheme that the browser used according to a proxy, if it says so. For a WebSocket, Traefik says `ws` or
/// `wss`, while the page that opens it is at `http` or `https`.
fn forwarded_scheme(facts: &impl RequestFacts) -> Option<&'static str> {
    const MEANINGS: [(&str, &str); 4] = [("https", "https"), ("http", "http"), ("wss", "https"), ("ws", "http")];
    let said = first_value(facts, Field::ForwardedProto)?;
    MEANINGS.into_iter().find(|(name, _)| said.eq_ignore_ascii_case(name)).map(|(_, scheme)| scheme)
}

/// Returns whether the scheme of the public URL is the one that the browser used. Behind a proxy that ends TLS without
/// saying so, the server sees `http` where the browser sees `https`.
pub(super) fn knows_scheme(facts: &impl RequestFacts, settings: &Settings) -> bool {
    settings.public_origin.is_some() || facts.is_tls() || forwarded_scheme(facts).is_some()
}

/// Accepts only a host with an optional port: user info, a path or a query would end up in redirects.
fn parse_origin(scheme: &str, host: &str) -> Option<Url> {
    if !may_be_host(host) {
        return None;
    }
    let mut url = Url::parse(&format!("{scheme}://{host}/")).ok().filter(Url::has_host)?;
    // A proxy that ends TLS may pass its own port to the server behind it: no browser writes `https://host:80`.
    let is_of_the_other_scheme = url.port() == Some(if scheme == "https" { 80 } else { 443 });
    if is_of_the_other_scheme {
        url.set_port(None).ok()?;
    }
    Some(url)
}

/// Returns whether the host may have a port that a browser leaves out.
fn may_have_default_port(host: &str) -> bool {
    host.ends_with(":80") || host.ends_with(":443")
}

fn may_be_host(text: &str) -> bool {
    // Browsers send hosts in ASCII, and other characters mean different things to different readers.
    let may_be_in_one = |byte: u8| byte.is_ascii() && !matches!(byte, b'/' | b'\\' | b'?' | b'#' | b'@');
    !text.is_empty() && text.bytes().all(may_be_in_one)
}

#[cfg(test)]
mod tests {
    use super::{super::facts::fake::FakeRequest, *};
    use crate::instance::ClerkConfig;

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
        let at = |host: &str, request| FakeRequest { host: Some(host.into()), ..request };
        let tls = |request| FakeRequest { tls: true, ..request };
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
            ("an invalid forwarded host", get("/").with(ForwardedHost, "a b"), "http://app.example.com/"),
            ("an empty forwarded host", get("/").with(ForwardedHost, ""), "http://app.example.com/"),
            ("a forwarded host with a path", get("/").with(ForwardedHost, "evil.example/x"), "http://app.example.com/"),
            (
                "a forwarded host with user info",
                get("/").with(ForwardedHost, "app.example.com@evil.example"),
                "http://app.example.com/",
            ),
            ("a forwarded host that is not UTF-8", get("/").with(ForwardedHost, b"\xff"), "http://app.example.com/"),
            ("a forwarded host in UTF-8", get("/").with(ForwardedHost, "ex\u{e4}mple.com"), "http://app.example.com/"),
            ("a forwarded host in Latin-1", get("/").with(ForwardedHost, b"ex\xe4mple.com"), "http://app.example.com/"),
            (
                "a forwarded host in a second line",
                get("/").with(ForwardedHost, "a.example").with(ForwardedHost, "b.example"),
                "http://a.example/",
            ),
            ("an invalid forwarded scheme", get("/").with(ForwardedProto, "javascript"), "http://app.example.com/"),
            ("a forwarded scheme in capitals", get("/").with(ForwardedProto, "HTTPS"), "https://app.example.com/"),
            ("a WebSocket's", get("/").with(ForwardedProto, "ws"), "http://app.example.com/"),
            ("a WebSocket's with TLS", get("/").with(ForwardedProto, "wss"), "https://app.example.com/"),
            ("the same in capitals", get("/").with(ForwardedProto, "WSS"), "https://app.example.com/"),
            ("the first of several WebSockets'", get("/").with(ForwardedProto, "wss, ws"), "https://app.example.com/"),
            ("an empty forwarded scheme", get("/").with(ForwardedProto, ""), "http://app.example.com/"),
            ("an empty first one", get("/").with(ForwardedProto, ", https"), "http://app.example.com/"),
            (
                "an empty one, with TLS",
                FakeRequest { tls: true, ..get("/").with(ForwardedProto, "") },
                "https://app.example.com/",
            ),
            (
                "a WebSocket's without TLS, ended here",
                FakeRequest { tls: true, ..get("/").with(ForwardedProto, "ws") },
                "http://app.example.com/",
            ),
            ("a path that looks like a host", get("//evil.example/x"), "http://app.example.com//evil.example/x"),
            ("a path with a backslash", get("/\\evil.example"), "http://app.example.com//evil.example"),
            ("the port of http", at("app.example.com:80", get("/")), "http://app.example.com/"),
            ("the port of https", at("app.example.com:443", tls(get("/"))), "https://app.example.com/"),
            ("the port of http with https", at("app.example.com:80", tls(get("/"))), "https://app.example.com/"),
            ("the port of https with http", at("app.example.com:443", get("/")), "http://app.example.com/"),
            (
                "the port of http, https forwarded",
                at("app.example.com:80", get("/a?b")).with(ForwardedProto, "https"),
                "https://app.example.com/a?b",
            ),
            (
                "the port of http forwarded with https",
                get("/").with(ForwardedHost, "www.example.com:80").with(ForwardedProto, "https"),
                "https://www.example.com/",
            ),
            ("another port with https", at("app.example.com:8080", tls(get("/"))), "https://app.example.com:8080/"),
            ("a port that ends alike", at("app.example.com:3080", tls(get("/"))), "https://app.example.com:3080/"),
            ("an address of version 6 that ends alike", at("[::80]", tls(get("/"))), "https://[::80]/"),
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

    #[test]
    fn paths_under_a_base_path() {
        for (base_path, target, public, in_application) in [
            ("/app", "/orders?a=%E9", "/app/orders?a=%E9", "/orders"),
            ("/app/", "/", "/app/", "/"),
            ("/app", "", "/app/", "/"),
            ("/app", "/app", "/app/app", "/app"),
            ("/a/b", "//evil.example/x", "/a/b//evil.example/x", "//evil.example/x"),
            ("/app", "/../x", "/app/x", "/x"),
            ("/app", "/%2e%2e/%2E%2E/x", "/app/x", "/x"),
            ("/app", "/\\evil.example", "/app//evil.example", "//evil.example"),
            ("/", "/orders", "/orders", "/orders"),
        ] {
            let config = ClerkConfig::builder()
                .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
                .secret_key("sk_live_1")
                .base_path(base_path)
                .build()
                .unwrap();
            let url = public_url(&FakeRequest::get(target), config.settings());
            assert_eq!(url.as_str(), format!("http://app.example.com{public}"), "{base_path} {target}");
            assert_eq!(path_in_application(&url, config.settings()), in_application, "{base_path} {target}");
        }
    }

    #[test]
    fn return_addresses() {
        for (url, expected) in [
            ("https://a.example/b?c=%E9&d", "https://a.example/b?c=%E9&d"),
            ("https://a.example/b?", "https://a.example/b?"),
            ("https://a.example/b?__clerk_handshake_nonce=n&c=%E9", "https://a.example/b?c=%E9"),
            ("https://a.example/b?c&__clerk_handshake=h", "https://a.example/b?c"),
            ("https://a.example/b?c&__clerk_handshake=h&__clerk_handshake=i#f", "https://a.example/b?c#f"),
            ("https://a.example/b?__clerk_help=x&__clerk_db_jwt=d&__dev_session=d", "https://a.example/b"),
            ("https://a.example/b?%5F_clerk_handshake=h&c", "https://a.example/b?c"),
            ("https://a.example/b?__clerk_synced=false", "https://a.example/b?__clerk_synced=false"),
            ("https://a.example/b?__clerk_ticket=t", "https://a.example/b?__clerk_ticket=t"),
            ("https://a.example/b?x=__clerk_handshake=h", "https://a.example/b?x=__clerk_handshake=h"),
        ] {
            assert_eq!(return_address(Url::parse(url).unwrap()).as_str(), expected);
        }
    }

    /// A referrer that is obviously of this origin is of this origin.
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
        for (path, is_parsed, expected) in [
            ("/", false, None),
            ("/?page=2", false, None),
            ("/?a=b_c&d=e+f", false, None),
            ("/?__clerk_synced=true", true, Some("true")),
            ("/?a=b&__clerk_synced=true", true, Some("true")),
            ("/?%5F_clerk_synced=true", true, Some("true")),
            ("/?_%5fclerk%5fsynced=true", true, Some("true")),
            ("/?_\t_clerk_synced=true", true, Some("true")),
            ("/__clerk_synced=true", false, None),
        ] {
            let request = FakeRequest::get(path);
            let config = config(None);
            let address = Address::new(&request, config.settings());
            assert_eq!(address.parameter("__clerk_synced").as_deref(), expected, "{path}");
            assert_eq!(address.url.get().is_some(), is_parsed, "{path}: few requests need the URL");
        }
    }
}
