//! Odd paths: which are for the proxy, and where they lead.

use super::*;

const UPSTREAM: &str = "https://frontend-api.clerk.dev";

#[test]
fn paths_and_what_is_below_the_proxy() {
    for (name, path, expected) in [
        ("a path below", "/__clerk/v1/client", Some("/v1/client")),
        ("the proxy itself", "/__clerk", Some("/")),
        ("with a slash", "/__clerk/", Some("/")),
        (
            "an asset",
            "/__clerk/npm/@clerk/clerk-js@6/dist/clerk.browser.js",
            Some("/npm/@clerk/clerk-js@6/dist/clerk.browser.js"),
        ),
        ("a longer name", "/__clerkx", None),
        ("a shorter name", "/__cler", None),
        ("in capitals", "/__CLERK/v1", None),
        ("below another path", "/x/__clerk/v1", None),
        ("dots that leave", "/__clerk/../admin", None),
        ("escaped dots that leave", "/__clerk/%2e%2e/admin", None),
        ("half-escaped dots that leave", "/__clerk/.%2E/admin", None),
        ("dots that stay", "/__clerk/a/../b/./c", Some("/b/c")),
        ("dots at the end", "/__clerk/a/..", Some("/")),
        ("dots that enter", "/x/../__clerk/v1", Some("/v1")),
        ("escaped dots that enter", "/x/%2E./__clerk/v1", Some("/v1")),
        ("dots above the root", "/../../__clerk/v1", Some("/v1")),
        ("dots that leave and enter", "/__clerk/../../__clerk/v1", Some("/v1")),
        ("a host after two slashes", "//evil.example/__clerk/v1", None),
        ("a host after the proxy", "/__clerk//evil.example/v1", Some("//evil.example/v1")),
        ("two slashes before", "//__clerk/v1", None),
        ("backslashes", "\\__clerk\\v1", Some("/v1")),
        ("a host after backslashes", "/__clerk\\\\evil.example", Some("//evil.example")),
        ("backslashes that leave", "/__clerk\\..\\admin", None),
        ("an escaped slash", "/__clerk%2Fv1", None),
        ("an escaped slash below", "/__clerk/a%2Fb", Some("/a%2Fb")),
        ("an escaped way up", "/__clerk/..%2Fadmin", Some("/..%2Fadmin")),
        ("an escaped backslash", "/__clerk/..%5Cadmin", Some("/..%5Cadmin")),
        ("escapes twice", "/__clerk/%252e%252e/admin", Some("/%252e%252e/admin")),
        ("escaped letters", "/%5F%5Fclerk/v1", None),
        ("a user", "/__clerk/@evil.example/", Some("/@evil.example/")),
        ("a user before", "/user@__clerk/v1", None),
        ("a URL", "/__clerk/https://evil.example/x", Some("/https://evil.example/x")),
        ("an escaped NUL", "/__clerk/a%00b", Some("/a%00b")),
        ("a NUL", "/__clerk/a\0b", Some("/a%00b")),
        ("a line break", "/__clerk/a\r\nHost: evil", Some("/aHost:%20evil")),
        ("a space", "/__clerk/a b", Some("/a%20b")),
        ("letters beyond ASCII", "/__clerk/größe", Some("/gr%C3%B6%C3%9Fe")),
        ("a broken escape", "/__clerk/%zz%", Some("/%zz%")),
        ("a parameter", "/__clerk;x/v1", None),
        ("three dots", "/__clerk/.../x", Some("/.../x")),
        ("an asterisk", "*", None),
        ("nothing", "", None),
    ] {
        assert_eq!(below(path, "/__clerk").as_deref(), expected, "{name}");
    }
    assert_eq!(below("/a/../auth/./clerk/v1", "/auth/clerk").as_deref(), Some("/v1"));
    assert_eq!(below("/auth/v1", "/auth/clerk"), None);
}

#[test]
fn targets_at_the_upstream() {
    let long = format!("/{}", "a".repeat(MAX_TARGET));
    for (name, upstream, rest, query, expected) in [
        ("a path", UPSTREAM, "/v1/client", None, Ok("https://frontend-api.clerk.dev/v1/client")),
        ("a query", UPSTREAM, "/v1", Some("a=%E9&b"), Ok("https://frontend-api.clerk.dev/v1?a=%E9&b")),
        ("an empty query", UPSTREAM, "/v1", Some(""), Ok("https://frontend-api.clerk.dev/v1")),
        (
            "a query with a URL",
            UPSTREAM,
            "/",
            Some("x=https://a/?b#c"),
            Ok("https://frontend-api.clerk.dev/?x=https://a/?b%23c"),
        ),
        ("a host", UPSTREAM, "//evil.example/x", None, Ok("https://frontend-api.clerk.dev//evil.example/x")),
        ("a user", UPSTREAM, "/@evil.example", None, Ok("https://frontend-api.clerk.dev/@evil.example")),
        ("below a path", "http://127.0.0.1:8080/fapi/", "/v1", None, Ok("http://127.0.0.1:8080/fapi/v1")),
        ("dots that were not resolved", UPSTREAM, "/../x", None, Err(NoTarget::Elsewhere)),
        ("a path that does not begin with a slash", UPSTREAM, "x", None, Err(NoTarget::Elsewhere)),
        ("a long path", UPSTREAM, &long, None, Err(NoTarget::TooLong)),
        ("a long query", UPSTREAM, "/", Some(&long), Err(NoTarget::TooLong)),
    ] {
        let found = target(&Url::parse(upstream).unwrap(), rest, query);
        assert_eq!(found.as_ref().map(Url::as_str).map_err(|why| *why), expected, "{name}");
    }
}

/// The same generator on every machine (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % n as u64).unwrap()
    }
}

#[test]
fn no_path_leaves_the_upstream() {
    const PARTS: [&str; 36] = [
        "/",
        "//",
        "\\",
        "/..",
        "/.",
        "%2e%2e",
        "%2E",
        "..%2f",
        "%5c",
        "%2F",
        "@",
        ":",
        "?",
        "#",
        "%00",
        "\0",
        "\t",
        "\r\n",
        " ",
        "%",
        "%0d%0a",
        "evil.example",
        "user:secret@",
        "http:",
        "https://evil.example",
        "__clerk",
        "/__clerk",
        "/__clerk/",
        "/v1/client",
        "[::1]",
        ";",
        "é",
        "\u{202e}",
        "。",
        "|",
        "{}",
    ];
    let mut random = Random(2026);
    let mut passed = 0;
    for upstream in [UPSTREAM, "http://127.0.0.1:8080/base"] {
        let upstream = Url::parse(upstream).unwrap();
        for _ in 0..40_000 {
            let parts = 1 + random.below(8);
            let tail: String = (0..parts).map(|_| PARTS[random.below(PARTS.len())]).collect();
            let path = if random.below(3) == 0 { tail } else { format!("/__clerk{tail}") };
            let Some(rest) = below(&path, "/__clerk") else { continue };
            let query = (random.below(2) == 0).then_some(PARTS[random.below(PARTS.len())]);
            let url = target(&upstream, &rest, query).unwrap_or_else(|why| panic!("{path:?}: {why:?}"));
            // Read again, as a client would.
            let url = Url::parse(url.as_str()).unwrap();
            assert_eq!(url.origin(), upstream.origin(), "{path:?}");
            assert!(url.path().starts_with(upstream.path().trim_end_matches('/')), "{path:?}");
            assert_eq!((url.username(), url.password(), url.fragment()), ("", None, None), "{path:?}");
            passed += 1;
        }
    }
    assert!(passed > 10_000, "{passed} paths are not enough");
}
