//! The request headers that are sent to Clerk when a session is refreshed (PROTOCOL section 14).

use std::{borrow::Cow, collections::BTreeMap};

use crate::{config::Settings, request::RefreshSession};

/// Headers that describe the browser, its location, and how its address was forwarded: Clerk looks for signs of stolen
/// sessions in them. No other header is sent. An application's headers can be credentials of any name (`Authorization`,
/// `X-Api-Key`, `X-Forwarded-Access-Token`), so only an allowlist is safe.
const SENT: [&str; 31] = [
    "accept",
    "accept-encoding",
    "accept-language",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-ipcountry",
    "cf-ray",
    "client-ip",
    "cloudfront-viewer-address",
    "dnt",
    "fastly-client-ip",
    "fly-client-ip",
    "forwarded",
    "host",
    "origin",
    "sec-gpc",
    "true-client-ip",
    "upgrade-insecure-requests",
    "user-agent",
    "x-azure-clientip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-original-forwarded-for",
    "x-real-ip",
    "x-vercel-forwarded-for",
    "x-vercel-ip-country",
    "x-vercel-ip-timezone",
];
/// Fetch metadata and client hints.
const SENT_PREFIXES: [&str; 2] = ["sec-fetch-", "sec-ch-"];
/// No browser sends a longer value.
const MAX_VALUE: usize = 4096;
/// No browser sends more lines of one name.
const MAX_LINES: usize = 8;

/// Returns each header's lines by its name.
pub(super) fn for_clerk<'r>(
    settings: &Settings,
    refresh: &'r RefreshSession<'_>,
) -> BTreeMap<&'r str, Vec<Cow<'r, str>>> {
    let mut sent: BTreeMap<&str, Vec<Cow<'_, str>>> = BTreeMap::new();
    for (name, value) in &refresh.headers {
        let value = match name.as_str() {
            "cookie" => clerks_own(settings, refresh, value).map(Cow::Owned),
            "referer" => value.split(['?', '#']).next().map(Cow::Borrowed),
            name if is_sent(name) => Some(Cow::Borrowed(value.as_str())),
            _ => None,
        };
        let Some(value) = value.filter(|value| value.len() <= MAX_VALUE || name == "cookie") else { continue };
        let lines = sent.entry(name).or_default();
        if lines.len() < MAX_LINES {
            lines.push(value);
        }
    }
    sent
}

fn is_sent(name: &str) -> bool {
    SENT.contains(&name) || SENT_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Returns the cookies of this instance, in the form (with or without suffix) that the request uses: an unsuffixed
/// `__session` and the like may belong to another library or another instance.
fn clerks_own(settings: &Settings, refresh: &RefreshSession<'_>, value: &str) -> Option<String> {
    let names = &settings.cookie_names;
    let is_own = |name: &str| {
        if refresh.suffixed_cookies {
            [&names.session, &names.client_uat, &names.dev_browser, &names.refresh].iter().any(|own| *own == name)
        } else {
            matches!(name, "__session" | "__client_uat" | "__clerk_db_jwt") || name == names.refresh
        }
    };
    let own = value.split(';').map(str::trim);
    let own: Vec<&str> = own.filter(|pair| pair.split_once('=').is_some_and(|(name, _)| is_own(name.trim()))).collect();
    (!own.is_empty()).then(|| own.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::instance::ClerkConfig;

    #[test]
    fn headers_and_what_clerk_is_told_of_them() {
        let config = ClerkConfig::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .secret_key("sk_live_1")
            .build()
            .unwrap();
        let suffix = config.settings().cookie_names.session.strip_prefix("__session_").unwrap().to_owned();
        let own = |text: &str| text.replace("SUFFIX", &suffix);
        let long = "x".repeat(4097);
        let cases: &[(&str, bool, &str, &str, Option<&str>)] = &[
            ("the browser", true, "user-agent", "Mozilla/5.0", Some("Mozilla/5.0")),
            ("its language", true, "accept-language", "de", Some("de")),
            ("its address", true, "x-forwarded-for", "10.0.0.1, 10.0.0.2", Some("10.0.0.1, 10.0.0.2")),
            ("its address, by Cloudflare", true, "cf-connecting-ip", "10.0.0.1", Some("10.0.0.1")),
            ("fetch metadata", true, "sec-fetch-site", "same-origin", Some("same-origin")),
            ("client hints", true, "sec-ch-ua-platform", "\"Linux\"", Some("\"Linux\"")),
            ("the page's origin", true, "origin", "https://app.example.com", Some("https://app.example.com")),
            ("a page before", true, "referer", "https://a.example/reset", Some("https://a.example/reset")),
            (
                "a page with a secret in its query",
                true,
                "referer",
                "https://a.example/reset?token=secret#secret",
                Some("https://a.example/reset"),
            ),
            ("credentials", true, "authorization", "Bearer secret", None),
            ("a proxy's credentials", true, "proxy-authorization", "Basic secret", None),
            ("an application's own key", true, "x-api-key", "secret", None),
            ("a token for forgeries", true, "x-csrf-token", "secret", None),
            ("a proxy's tokens", true, "x-forwarded-access-token", "secret", None),
            ("a proxy's user", true, "x-forwarded-user", "ada", None),
            ("a load balancer's claims", true, "x-amzn-oidc-data", "secret", None),
            ("a client certificate", true, "x-forwarded-client-cert", "secret", None),
            ("a WebSocket's token", true, "sec-websocket-protocol", "clerk-session-token, secret", None),
            ("Clerk's own secret", true, "clerk-secret-key", "secret", None),
            ("a trace's baggage", true, "baggage", "user=ada", None),
            ("a connection's", true, "connection", "keep-alive", None),
            ("too long to be a browser's", true, "user-agent", &long, None),
            (
                "cookies",
                true,
                "cookie",
                "app=secret; __session_SUFFIX=a.b.c; __refresh_SUFFIX=r;__client_uat_SUFFIX=1; __Host-csrf=secret",
                Some("__session_SUFFIX=a.b.c; __refresh_SUFFIX=r; __client_uat_SUFFIX=1"),
            ),
            (
                "another library's session",
                true,
                "cookie",
                "__session=secret; __session_SUFFIX=a",
                Some("__session_SUFFIX=a"),
            ),
            ("another instance's session", true, "cookie", "__session_Other123=secret", None),
            (
                "plain cookies",
                false,
                "cookie",
                "__session=a; __client_uat=1; x=secret",
                Some("__session=a; __client_uat=1"),
            ),
            (
                "suffixed ones that do not count",
                false,
                "cookie",
                "__session_SUFFIX=secret; __refresh_SUFFIX=r",
                Some("__refresh_SUFFIX=r"),
            ),
            (
                "cookies of other names",
                true,
                "cookie",
                "__session_SUFFIXx=secret; __sessio=secret; =secret; __session_SUFFIX",
                None,
            ),
        ];
        for &(name, suffixed_cookies, header, value, expected) in cases {
            let refresh = RefreshSession {
                session_id: "sess_1",
                expired_token: "a.b.c",
                is_genuine: true,
                refresh_token: "rt_1",
                suffixed_cookies,
                origin: "https://app.example.com".to_owned(),
                headers: vec![(header.to_owned(), own(value))],
            };
            let sent = for_clerk(config.settings(), &refresh);
            let expected = expected.map(own);
            let found: Vec<&str> = sent.values().flatten().map(|value| &**value).collect();
            assert_eq!(found, expected.iter().map(String::as_str).collect::<Vec<_>>(), "{name}");
        }
    }

    #[test]
    fn lines_of_one_name_are_bounded() {
        let config = ClerkConfig::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .secret_key("sk_live_1")
            .build()
            .unwrap();
        let refresh = RefreshSession {
            session_id: "sess_1",
            expired_token: "a.b.c",
            is_genuine: true,
            refresh_token: "rt_1",
            suffixed_cookies: true,
            origin: "https://app.example.com".to_owned(),
            headers: vec![("x-forwarded-for".to_owned(), "10.0.0.1".to_owned()); 100],
        };
        assert_eq!(for_clerk(config.settings(), &refresh)["x-forwarded-for"].len(), 8);
    }
}
