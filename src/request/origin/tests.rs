//! Requests and the pages that may have sent them.

use super::{super::facts::fake::FakeRequest, *};
use crate::{
    config::{ClerkConfigBuilder, CsrfProtection},
    instance::ClerkConfig,
};

fn production() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1")
}

fn post() -> FakeRequest {
    FakeRequest { method: "POST", ..FakeRequest::get("/orders") }
}

/// The request is for `app.example.com`, and the server does not know of any TLS.
#[test]
fn requests_and_whose_pages_send_them() {
    use Field::{ForwardedHost, ForwardedProto, Origin, SecFetchSite as Site};
    let from = |origin: &str| post().with(Origin, origin);
    let tls = |request| FakeRequest { tls: true, ..request };
    let at = |host: &str, request| FakeRequest { host: Some(host.into()), ..request };
    let plain = production;
    let party = || production().authorized_parties(["https://www.example.com", "chrome-extension://abc", "null"]);
    let trusted = || production().csrf_protection(CsrfProtection::new().trusted_origin("https://forms.example.com"));
    let off = || production().csrf_protection(CsrfProtection::dangerously_off());
    let public = || production().public_origin("https://public.example.com");
    let own = "https://app.example.com";
    let (yes, no, unknown) = (Sender::Own, Sender::Foreign, Sender::Unknown);
    for (name, config, request, expected) in [
        ("nothing said", plain(), post(), unknown),
        ("the same origin", plain(), post().with(Site, "same-origin"), yes),
        ("the user", plain(), post().with(Site, "none"), yes),
        ("a sibling domain", plain(), post().with(Site, "same-site"), no),
        ("another site", plain(), post().with(Site, "cross-site"), no),
        ("a word of the future", plain(), post().with(Site, "same-planet"), no),
        ("a word in capitals", plain(), post().with(Site, "Same-Origin"), no),
        ("an empty word", plain(), post().with(Site, ""), unknown),
        ("spaces around it", plain(), post().with(Site, " same-origin "), yes),
        ("said twice", plain(), post().with(Site, "same-origin").with(Site, "same-origin"), yes),
        ("said twice, at odds", plain(), post().with(Site, "same-origin").with(Site, "cross-site"), no),
        ("said in a list", plain(), post().with(Site, "same-origin, cross-site"), no),
        // The browser's `Sec-Fetch-Site` holds behind any proxy.
        ("the same origin, another host here", plain(), at("10.0.0.1:80", from(own)).with(Site, "same-origin"), yes),
        ("the same origin, without a referrer", plain(), from("null").with(Site, "same-origin"), yes),
        ("a sandbox of its own", plain(), from("null").with(Site, "cross-site"), no),
        // Without it, the origin decides.
        ("its own origin", plain(), from("http://app.example.com"), yes),
        ("its own origin, TLS ended before", plain(), from(own), yes),
        ("its own origin, TLS ended here", plain(), tls(from(own)), yes),
        ("its own origin without TLS", plain(), tls(from("http://app.example.com")), no),
        ("the same, as the browser has it", plain(), from("http://app.example.com").with(Site, "cross-site"), no),
        ("its own origin, which the browser denies", plain(), from(own).with(Site, "same-site"), no),
        ("a proxy that says https", plain(), from(own).with(ForwardedProto, "https"), yes),
        ("the page before that proxy", plain(), from("http://app.example.com").with(ForwardedProto, "https"), no),
        ("Traefik's wss", plain(), from(own).with(ForwardedProto, "wss"), yes),
        ("Traefik's ws", plain(), from("http://app.example.com").with(ForwardedProto, "ws"), yes),
        ("Traefik's ws and another page", plain(), from(own).with(ForwardedProto, "ws"), no),
        ("a proxy that says nothing of the scheme", plain(), from(own).with(ForwardedProto, ""), yes),
        ("a proxy with an unknown scheme", plain(), from(own).with(ForwardedProto, "on"), yes),
        ("a proxy that says the host", plain(), from("https://a.example").with(ForwardedHost, "a.example"), yes),
        ("a proxy that changes the host", plain(), at("10.0.0.1", from(own)), no),
        ("a port", plain(), at("localhost:3000", from("http://localhost:3000")), yes),
        ("another port", plain(), at("localhost:3000", from("http://localhost:5173")), no),
        ("a subdomain", plain(), from("https://evil.app.example.com"), no),
        ("a parent domain", plain(), from("https://example.com"), no),
        ("a domain that ends alike", plain(), from("https://evil-app.example.com"), no),
        ("a domain that starts alike", plain(), from("https://app.example.com.evil.example"), no),
        ("user info", plain(), from("https://app.example.com@evil.example"), no),
        ("a sandbox", plain(), from("null"), no),
        ("a file", plain(), from("file://"), no),
        ("an empty origin", plain(), from(""), no),
        ("not UTF-8", plain(), post().with(Origin, b"\xff"), no),
        ("another scheme", plain(), from("ftp://app.example.com"), no),
        ("an extension", plain(), from("chrome-extension://abc"), no),
        ("two origins, one of which is foreign", plain(), from(own).with(Origin, "https://evil.example"), no),
        ("two origins of its own", plain(), from(own).with(Origin, own), yes),
        ("two origins on one line", plain(), from("https://app.example.com, https://evil.example"), no),
        // Listed.
        ("an authorized party", party(), from("https://www.example.com"), yes),
        ("the same of another site", party(), from("https://www.example.com").with(Site, "cross-site"), yes),
        ("a party without TLS", party(), from("http://www.example.com"), no),
        ("an authorized extension", party(), from("chrome-extension://abc"), yes),
        ("null as a party", party(), from("null"), no),
        ("no party", party(), from("https://evil.example"), no),
        ("its own origin beside parties", party(), from(own), yes),
        ("a trusted origin", trusted(), from("https://forms.example.com").with(Site, "same-site"), yes),
        ("another than the trusted one", trusted(), from("https://evil.example.com").with(Site, "same-site"), no),
        ("protection that is off changes no page", off(), from("https://evil.example"), no),
        ("its public origin", public(), from("https://public.example.com"), yes),
        (
            "the same by another name of the server",
            public(),
            from("https://public.example.com").with(Site, "same-site"),
            yes,
        ),
        ("its public origin without TLS", public(), from("http://public.example.com"), no),
        ("the host behind the proxy", public(), from("http://app.example.com"), no),
    ] {
        let config = config.build().unwrap();
        assert_eq!(Sender::of(&request, config.settings(), None), expected, "{name}");
        // A token issued to another page confirms neither this page nor a request that names none.
        let made_for = Some("https://made-for.example");
        assert_eq!(Sender::of(&request, config.settings(), made_for), expected, "{name}, and a token for another page");
    }
}

#[test]
fn the_page_that_the_token_was_made_for_is_the_applications() {
    use Field::{Origin, SecFetchSite as Site};
    for (name, origin, made_for, expected) in [
        ("a frontend on another domain", "https://www.example.com", "https://www.example.com", Sender::Own),
        ("a frontend on another port", "http://localhost:5173", "http://localhost:5173", Sender::Own),
        ("an extension", "chrome-extension://abc", "chrome-extension://abc", Sender::Own),
        ("another page", "https://evil.example.com", "https://www.example.com", Sender::Foreign),
        ("the same host without TLS", "http://www.example.com", "https://www.example.com", Sender::Foreign),
        ("a longer one", "https://www.example.com.evil.example", "https://www.example.com", Sender::Foreign),
        ("a sandbox", "null", "null", Sender::Foreign),
        ("a file", "file://", "file://", Sender::Foreign),
        ("nothing", "", "", Sender::Foreign),
    ] {
        let config = production().build().unwrap();
        for site in ["", "same-site", "cross-site"] {
            let request = post().with(Origin, origin).with(Site, site);
            assert_eq!(Sender::of(&request, config.settings(), Some(made_for)), expected, "{name} {site}");
        }
    }
}

#[test]
fn methods_that_change_nothing() {
    for (method, expected) in [
        ("GET", true),
        ("HEAD", true),
        ("OPTIONS", true),
        ("POST", false),
        ("PUT", false),
        ("PATCH", false),
        ("DELETE", false),
        ("CONNECT", false),
        ("TRACE", false),
        ("QUERY", false),
        ("PROPFIND", false),
        ("get", false),
        ("", false),
    ] {
        assert_eq!(is_safe(method), expected, "{method}");
    }
}
