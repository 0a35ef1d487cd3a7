//! Paths, headers and upstreams of the proxy, and the settings that follow from them.

use super::*;
use crate::{
    ClerkConfig,
    config::{ClerkConfigBuilder, PageUrl},
};

const DEVELOPMENT: &str = "pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";
const PRODUCTION: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";

fn production() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key(PRODUCTION).secret_key("sk_live_verysecret")
}

#[test]
fn paths_of_the_proxy() {
    for (text, expected) in [
        ("/__clerk", Some("/__clerk")),
        ("/__clerk/", Some("/__clerk")),
        ("/__clerk//", Some("/__clerk")),
        (" /__clerk\n", Some("/__clerk")),
        ("/auth/clerk.v1/~x-", Some("/auth/clerk.v1/~x-")),
        ("", None),
        ("/", None),
        ("//", None),
        ("__clerk", None),
        ("//evil.example", None),
        ("/a//b", None),
        ("/a/../b", None),
        ("/./a", None),
        ("/%5F_clerk", None),
        ("/a?b", None),
        ("/a#b", None),
        ("/a\\b", None),
        ("/a b", None),
        ("/größe", None),
        ("/{tail}", None),
        ("https://app.example.com/__clerk", None),
    ] {
        let found = parse_path(text);
        let found = found.as_deref().map_err(|error| {
            assert!(error.to_string().contains("frontend_api_proxy is"), "{error}");
        });
        assert_eq!(found.ok(), expected, "{text:?}");
    }
}

#[test]
fn headers_with_the_address() {
    for (text, expected) in [
        ("CF-Connecting-IP", Some("cf-connecting-ip")),
        (" x-real-ip ", Some("x-real-ip")),
        ("X-Forwarded-For", Some("x-forwarded-for")),
        ("", None),
        ("X Real IP", None),
        ("X-Real-IP:", None),
        ("Forwarded", None),
        ("x-größe", None),
    ] {
        let found = header_name(text).map_err(|error| {
            assert!(error.to_string().contains("client_address_header"), "{error}");
        });
        assert_eq!(found.ok().as_deref(), expected, "{text:?}");
    }
}

/// Those of `fapiUrlFromPublishableKey` of @clerk/backend 3.25.0.
#[test]
fn upstreams_of_keys() {
    for (frontend_api, expected) in [
        ("clerk.example.com", "https://frontend-api.clerk.dev"),
        ("happy-cat-1.clerk.accounts.dev", "https://frontend-api.clerk.dev"),
        ("clerk.happy.cat-1.lcl.dev", "https://frontend-api.clerk.dev"),
        ("happy.cat-1.lcl.dev", "https://frontend-api.lclclerk.com"),
        ("happy-cat-1.clerk.accounts.lclclerk.com", "https://frontend-api.lclclerk.com"),
        ("happy-cat-1.clerk.accountsstage.dev", "https://frontend-api.clerkstage.dev"),
        ("127.0.0.1:3000", "https://frontend-api.clerk.dev"),
    ] {
        assert_eq!(clerks_own(frontend_api), expected, "{frontend_api}");
    }
}

#[test]
fn proxies_and_the_proxy_url_of_handshakes() {
    let development = || ClerkConfig::builder().publishable_key(DEVELOPMENT).secret_key("sk_test_verysecret");
    let origin = "https://app.example.com";
    let path = |path: &str| Some(PageUrl::Path(path.to_owned()));
    let url = |url: &str| PageUrl::parse(url);
    for (name, builder, expected) in [
        ("none", development(), None),
        ("a path", development().frontend_api_proxy("/__clerk"), path("/__clerk")),
        ("the default", development().frontend_api_proxy(FrontendApiProxy::default()), path("/__clerk")),
        ("slashes at the end", development().frontend_api_proxy("/a/b//"), path("/a/b")),
        ("behind a base path", development().frontend_api_proxy("/__clerk").base_path("/app"), path("/app/__clerk")),
        ("in production", production().public_origin(origin).frontend_api_proxy("/__clerk"), path("/__clerk")),
        (
            "with a URL of its own",
            production().frontend_api_proxy("/__clerk").proxy_url("https://clerk.example.com"),
            url("https://clerk.example.com"),
        ),
    ] {
        let config = builder.build().unwrap();
        assert_eq!(config.settings().proxy_url, expected, "{name}");
    }
}

#[test]
fn proxies_that_cannot_work() {
    let origin = "https://app.example.com";
    let proxied = || production().public_origin(origin).frontend_api_proxy("/__clerk");
    let without_key =
        ClerkConfig::builder().publishable_key(PRODUCTION).jwt_key(crate::keys::samples::sample("2048 bits").spki);
    for (name, builder, says) in [
        ("a root", proxied().frontend_api_proxy("/"), "frontend_api_proxy is \"/\""),
        ("no bodies", proxied().frontend_api_proxy(FrontendApiProxy::default().body_limit(0)), "is set, but empty"),
        (
            "no time",
            proxied().frontend_api_proxy(FrontendApiProxy::default().response_timeout(Duration::ZERO)),
            "is set, but empty",
        ),
        ("of any host", production().frontend_api_proxy("/__clerk"), "public_origin (CLERK_PUBLIC_ORIGIN)"),
        ("no secret key", without_key.frontend_api_proxy("/__clerk"), "secret_key (CLERK_SECRET_KEY) is missing"),
        ("a relative upstream", proxied().frontend_api_url("/fapi"), "frontend_api_url (CLERK_FAPI_URL) is \"/fapi\""),
        ("another scheme", proxied().frontend_api_url("ftp://a.example"), "frontend_api_url (CLERK_FAPI_URL)"),
        ("a password", proxied().frontend_api_url("https://a:b@a.example"), "user name"),
        ("a query", proxied().frontend_api_url("https://a.example?x"), "a query"),
        ("itself", proxied().frontend_api_url("https://app.example.com:443/x"), "this application"),
    ] {
        let message = builder.build().map(|_| ()).unwrap_err().to_string();
        assert!(message.contains(says), "{name}: {message}");
        assert!(!message.contains("verysecret"), "{name}: {message}");
    }
}
