//! Which headers pass, in both directions.

use std::net::IpAddr;

use actix_web::http::{
    Version,
    header::{self, HeaderMap, HeaderName, HeaderValue},
};

/// Headers for one connection only (RFC 9110, section 7.6.1). They pass in neither direction, and nor do those that
/// `Connection` names.
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// Headers of requests that do not pass, or that the proxy sets itself: a client must not choose them.
const NOT_OF_CLIENTS: [&str; 19] = [
    // Set for the upstream.
    "clerk-proxy-url",
    "clerk-secret-key",
    "host",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    // Framing of the body, which may be another one behind the proxy.
    "content-length",
    // Answered by this server already.
    "expect",
    // Belongs to `Upgrade: h2c`.
    "http2-settings",
    // Other names for the client's address, with which a client could choose the one that Clerk sees.
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-pseudo-ipv4",
    "fastly-client-ip",
    "forwarded",
    "true-client-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-original-forwarded-for",
    "x-real-ip",
];

/// Headers of responses that do not pass: the length, which the server sets, and those with which a host speaks for
/// itself. In a browser they would apply to this application's host, all of its pages, and even its subdomains: other
/// servers for it (`Alt-Svc`), HTTPS only (`Strict-Transport-Security`), and where its failures are reported (`NEL`).
const NOT_OF_UPSTREAM: [&str; 5] = ["alt-svc", "content-length", "nel", "report-to", "strict-transport-security"];

/// What the proxy says about a request.
pub(super) struct Said<'s> {
    /// The address of the proxy in the browser.
    pub(super) proxy_url: &'s str,
    pub(super) secret_key: &'s str,
    /// The client's address, if it is known.
    pub(super) client: Option<IpAddr>,
    /// The host and port that the browser used.
    pub(super) host: &'s str,
    pub(super) scheme: &'s str,
}

/// Returns the headers for the upstream; `None` if a value of ours is not one for a header.
pub(super) fn for_upstream(headers: &HeaderMap, said: &Said<'_>) -> Option<HeaderMap> {
    let named = named_by_connection(headers);
    let passes = |name: &HeaderName| {
        !HOP_BY_HOP.contains(&name.as_str())
            && !NOT_OF_CLIENTS.contains(&name.as_str())
            && !named.iter().any(|other| other == name.as_str())
            // The type allows the quotation mark, and so does HTTP/2 with it; RFC 9110, section 5.6.2, does not, and for
            // another reader the whole request could be malformed.
            && !name.as_str().contains('"')
    };
    let mut all = HeaderMap::with_capacity(headers.len_keys() + 6);
    for (name, value) in headers.iter().filter(|(name, _)| passes(name) && **name != header::COOKIE) {
        all.append(name.clone(), value.clone());
    }
    if passes(&header::COOKIE)
        && let Some(cookie) = one_cookie_line(headers)
    {
        all.insert(header::COOKIE, cookie);
    }
    let mut secret_key = HeaderValue::try_from(said.secret_key).ok()?;
    // awc prints whole requests at its most verbose log level.
    secret_key.set_sensitive(true);
    all.insert(const { HeaderName::from_static("clerk-proxy-url") }, HeaderValue::try_from(said.proxy_url).ok()?);
    all.insert(const { HeaderName::from_static("clerk-secret-key") }, secret_key);
    all.insert(header::X_FORWARDED_HOST, HeaderValue::try_from(said.host).ok()?);
    all.insert(header::X_FORWARDED_PROTO, HeaderValue::try_from(said.scheme).ok()?);
    if let Some(client) = said.client {
        all.insert(header::X_FORWARDED_FOR, HeaderValue::try_from(client.to_string()).ok()?);
    }
    Some(all)
}

/// Returns all lines of `Cookie` as one: HTTP/2 splits it, and HTTP/1.1 has one (RFC 9113, section 8.2.3).
fn one_cookie_line(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut lines = headers.get_all(header::COOKIE);
    let first = lines.next()?;
    let rest: Vec<&[u8]> = lines.map(HeaderValue::as_bytes).collect();
    if rest.is_empty() {
        return Some(first.clone());
    }
    HeaderValue::from_bytes(&[&[first.as_bytes()], &rest[..]].concat().join(&b"; "[..])).ok()
}

/// Returns the headers for the browser. Every line passes, so that no cookie is lost.
pub(super) fn for_browser(headers: &HeaderMap) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
    let named = named_by_connection(headers);
    headers.iter().filter(move |(name, _)| {
        !HOP_BY_HOP.contains(&name.as_str())
            && !NOT_OF_UPSTREAM.contains(&name.as_str())
            && !named.iter().any(|other| other == name.as_str())
    })
}

/// Returns the names in `Connection`, in lower case.
fn named_by_connection(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all(header::CONNECTION).map(|line| String::from_utf8_lossy(line.as_bytes()));
    let names: Vec<String> = lines
        .flat_map(|line| line.split(',').map(|name| name.trim().to_ascii_lowercase()).collect::<Vec<_>>())
        .collect();
    // Names that every client sends, and that never pass.
    names.into_iter().filter(|name| !matches!(name.as_str(), "" | "close" | "keep-alive")).collect()
}

/// Returns whether the request asks to speak another protocol on this connection. HTTP/2 on a connection without TLS is
/// an offer that a server may ignore (RFC 9113, section 3.1), and some clients make it with every request.
pub(super) fn asks_for_upgrade(headers: &HeaderMap, version: Version) -> bool {
    let lines = headers.get_all(header::UPGRADE).map(HeaderValue::as_bytes);
    let mut protocols = lines.flat_map(|line| line.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    version < Version::HTTP_2
        && named_by_connection(headers).iter().any(|name| name == "upgrade")
        && protocols.any(|protocol| !protocol.is_empty() && !protocol.eq_ignore_ascii_case(b"h2c"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut all = HeaderMap::new();
        for (name, value) in lines {
            all.append(HeaderName::try_from(*name).unwrap(), HeaderValue::try_from(*value).unwrap());
        }
        all
    }

    fn sent(lines: &[(&str, &str)], client: Option<&str>) -> Vec<String> {
        let said = Said {
            proxy_url: "https://app.example.com/__clerk",
            secret_key: "sk_live_verysecret",
            client: client.map(|ip| ip.parse().unwrap()),
            host: "app.example.com",
            scheme: "https",
        };
        let all = for_upstream(&headers(lines), &said).unwrap();
        assert!(!format!("{all:?}").contains("verysecret"), "the key is marked as sensitive");
        let mut all: Vec<_> = all.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        all.sort();
        all
    }

    const OURS: [&str; 4] = [
        "clerk-proxy-url: https://app.example.com/__clerk",
        "clerk-secret-key: sk_live_verysecret",
        "x-forwarded-host: app.example.com",
        "x-forwarded-proto: https",
    ];

    #[test]
    fn headers_of_requests_that_pass() {
        for line in [
            ("cookie", "a=1; __client=x"),
            ("authorization", "Bearer token"),
            ("accept", "*/*"),
            ("accept-encoding", "gzip, br"),
            ("content-type", "application/x-www-form-urlencoded"),
            ("content-encoding", "gzip"),
            ("user-agent", "Browser/1"),
            ("origin", "https://app.example.com"),
            ("if-none-match", "\"1\""),
            ("range", "bytes=0-1"),
            ("sec-fetch-site", "same-origin"),
            ("via", "1.1 front"),
            ("x-own", "1"),
        ] {
            let expected: Vec<String> = [&OURS[..], &[&format!("{}: {}", line.0, line.1)]]
                .concat()
                .iter()
                .map(|line| line.to_string())
                .collect();
            let mut expected = expected;
            expected.sort();
            assert_eq!(sent(&[line], None), expected);
        }
        assert!(sent(&[("cookie", "a=1; b=2"), ("cookie", "c=3")], None).contains(&"cookie: a=1; b=2; c=3".to_owned()));
        assert_eq!(
            sent(&[("x-own", "a"), ("x-own", "b")], None).iter().filter(|line| line.starts_with("x-own")).count(),
            2
        );
    }

    #[test]
    fn headers_of_requests_that_do_not_pass() {
        for (name, lines) in [
            ("a connection's", &[("connection", "close"), ("keep-alive", "timeout=5"), ("te", "trailers")][..]),
            (
                "a proxy's",
                &[("proxy-authorization", "Basic x"), ("proxy-authenticate", "Basic"), ("proxy-connection", "close")],
            ),
            (
                "the framing",
                &[
                    ("transfer-encoding", "chunked"),
                    ("content-length", "5"),
                    ("trailer", "x"),
                    ("expect", "100-continue"),
                ],
            ),
            ("an upgrade", &[("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c"), ("http2-settings", "x")]),
            ("what Connection names", &[("connection", "X-A, x-b ,,close"), ("x-a", "1"), ("X-B", "2")]),
            ("a name that is not a token", &[("x-\"a", "1"), ("\"", "2")]),
            ("what Connection names beside other bytes", &[("connection", "\u{fc}, x-a"), ("x-a", "1")]),
            ("what two Connections name", &[("connection", "x-a"), ("connection", "x-b"), ("x-a", "1"), ("x-b", "2")]),
            (
                "our own names",
                &[
                    ("clerk-secret-key", "sk_live_x"),
                    ("clerk-secret-key", "y"),
                    ("clerk-proxy-url", "https://evil.example"),
                ],
            ),
            ("our own names in Connection", &[("connection", "clerk-secret-key, x-forwarded-host, clerk-proxy-url")]),
            (
                "the host",
                &[("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "http")],
            ),
            ("an address", &[("x-forwarded-for", "1.1.1.1"), ("x-real-ip", "1.1.1.1"), ("forwarded", "for=1.1.1.1")]),
            (
                "an address as of a CDN",
                &[("cf-connecting-ip", "1.1.1.1"), ("true-client-ip", "1.1.1.1"), ("x-client-ip", "1.1.1.1")],
            ),
        ] {
            assert_eq!(sent(lines, None), OURS, "{name}");
        }
        let with_address =
            sent(&[("x-forwarded-for", "1.1.1.1"), ("connection", "x-forwarded-for")], Some("192.0.2.7"));
        assert_eq!(with_address, [&OURS[..2], &["x-forwarded-for: 192.0.2.7"], &OURS[2..]].concat());
    }

    #[test]
    fn headers_of_responses() {
        let upstream = headers(&[
            ("content-type", "application/json"),
            ("content-encoding", "gzip"),
            ("content-length", "5"),
            ("transfer-encoding", "chunked"),
            ("connection", "keep-alive, X-Hop"),
            ("x-hop", "1"),
            ("keep-alive", "timeout=5"),
            ("upgrade", "h2c"),
            ("trailer", "x"),
            ("proxy-authenticate", "Basic"),
            ("set-cookie", "a=1"),
            ("set-cookie", "b=2"),
            ("set-cookie", "c=3"),
            ("cache-control", "public, max-age=60"),
            ("alt-svc", "h3=\":443\""),
            ("strict-transport-security", "max-age=31536000; includeSubDomains"),
            ("nel", "{}"),
            ("report-to", "{}"),
            ("cf-ray", "1"),
        ]);
        let mut passed: Vec<_> =
            for_browser(&upstream).map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        passed.sort();
        let expected = [
            "cache-control: public, max-age=60",
            "cf-ray: 1",
            "content-encoding: gzip",
            "content-type: application/json",
            "set-cookie: a=1",
            "set-cookie: b=2",
            "set-cookie: c=3",
        ];
        assert_eq!(passed, expected);
    }

    #[test]
    fn upgrades() {
        for (name, lines, expected) in [
            ("none", &[][..], false),
            ("a WebSocket", &[("connection", "Upgrade"), ("upgrade", "websocket")], true),
            ("a WebSocket among others", &[("connection", "keep-alive, upgrade"), ("upgrade", "h2c, WebSocket")], true),
            ("another protocol", &[("connection", "upgrade"), ("upgrade", "TLS/1.3")], true),
            (
                "in lines",
                &[("connection", "x"), ("connection", "Upgrade"), ("upgrade", "h2c"), ("upgrade", "irc")],
                true,
            ),
            ("HTTP/2 without TLS", &[("connection", "Upgrade, HTTP2-Settings"), ("upgrade", "h2c")], false),
            ("not in Connection", &[("upgrade", "websocket")], false),
            ("without a protocol", &[("connection", "upgrade")], false),
            ("an empty protocol", &[("connection", "upgrade"), ("upgrade", "")], false),
        ] {
            assert_eq!(asks_for_upgrade(&headers(lines), Version::HTTP_11), expected, "{name}");
        }
        let websocket = headers(&[("connection", "upgrade"), ("upgrade", "websocket")]);
        assert!(!asks_for_upgrade(&websocket, Version::HTTP_2), "HTTP/2 has no such header");
    }
}
