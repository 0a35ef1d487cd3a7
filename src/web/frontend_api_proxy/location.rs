//! Redirects of the Frontend API: those within it lead back through the proxy.

use url::Url;

/// Returns the `Location` for the browser if the redirect leads to the upstream's host, whatever the scheme; `None` if
/// it is passed on unchanged, because it leads to another host or is not a URL.
///
/// A relative one is resolved against the URL of the request (RFC 9110, section 10.2.2). `proxy_url` has no slash at
/// its end.
pub(super) fn rewritten(location: &str, target: &Url, upstream: &Url, proxy_url: &str) -> Option<String> {
    if location.is_empty() {
        return None;
    }
    let url = target.join(location).ok()?;
    let is_of_upstream = matches!(url.scheme(), "http" | "https")
        && url.host_str() == upstream.host_str()
        && url.port() == upstream.port();
    if !is_of_upstream {
        return None;
    }
    let base = upstream.path().trim_end_matches('/');
    let path = url.path().strip_prefix(base).filter(|rest| rest.starts_with('/') || rest.is_empty());
    // Beside the upstream's own path, which the proxy cannot reach.
    let path = path?;
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let fragment = url.fragment().map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Some(format!("{proxy_url}{path}{query}{fragment}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "https://app.example.com/__clerk";

    #[test]
    fn locations_and_what_browsers_get() {
        let (upstream, target) = ("https://frontend-api.clerk.dev", "https://frontend-api.clerk.dev/v1/a/b?c");
        for (name, location, expected) in [
            ("a path", "/v1/x?y=1#z", Some("/v1/x?y=1#z")),
            ("a URL", "https://frontend-api.clerk.dev/v1/x", Some("/v1/x")),
            ("its root", "https://frontend-api.clerk.dev", Some("/")),
            ("with the usual port", "https://frontend-api.clerk.dev:443/x", Some("/x")),
            ("in capitals", "HTTPS://FRONTEND-API.CLERK.DEV/X", Some("/X")),
            ("with another scheme", "http://frontend-api.clerk.dev/x", Some("/x")),
            ("with a user", "https://user:secret@frontend-api.clerk.dev/x", Some("/x")),
            ("relative", "c", Some("/v1/a/c")),
            ("relative, up", "../c", Some("/v1/c")),
            ("relative, far up", "/../../c", Some("/c")),
            ("a query alone", "?d", Some("/v1/a/b?d")),
            ("empty", "", None),
            ("without a scheme", "//frontend-api.clerk.dev/x", Some("/x")),
            ("two slashes", "https://frontend-api.clerk.dev//evil.example/x", Some("//evil.example/x")),
            ("another host", "https://app.example.com/signed-in", None),
            ("another host without a scheme", "//evil.example/x", None),
            ("another host with backslashes", "\\\\evil.example/x", None),
            ("another port", "https://frontend-api.clerk.dev:8443/x", None),
            ("a longer host", "https://frontend-api.clerk.dev.evil.example/x", None),
            ("the host as a user", "https://frontend-api.clerk.dev@evil.example/x", None),
            ("an application", "com.example.app://frontend-api.clerk.dev/x", None),
            ("a script", "javascript:alert(1)", None),
            ("not a URL", "https://[", None),
        ] {
            let [upstream, target] = [upstream, target].map(|url| Url::parse(url).unwrap());
            let found = rewritten(location, &target, &upstream, PROXY);
            assert_eq!(found, expected.map(|path| format!("{PROXY}{path}")), "{name}");
        }
    }

    #[test]
    fn locations_of_an_upstream_with_a_path() {
        let (upstream, target) = ("http://127.0.0.1:8080/fapi/", "http://127.0.0.1:8080/fapi/v1/a");
        for (location, expected) in [
            ("/fapi/v1/x", Some("/v1/x")),
            ("b", Some("/v1/b")),
            ("/fapi", Some("")),
            ("/fapix", None),
            ("/v1/x", None),
            ("http://127.0.0.1/fapi/x", None),
        ] {
            let [upstream, target] = [upstream, target].map(|url| Url::parse(url).unwrap());
            let found = rewritten(location, &target, &upstream, PROXY);
            assert_eq!(found, expected.map(|path| format!("{PROXY}{path}")), "{location}");
        }
    }
}
