//! The forms of authorized parties.

use crate::instance::ClerkConfig;

fn listed(party: &str) -> Result<Vec<String>, String> {
    let builder = ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .secret_key("sk_live_1")
        .authorized_parties([party]);
    match builder.build() {
        Ok(config) => Ok(config.settings().authorized_parties.clone()),
        Err(error) => Err(error.to_string()),
    }
}

/// Every form of text that a token's `azp` can contain.
#[test]
fn parties_that_a_token_can_name() {
    for party in [
        "https://app.example.com",
        "http://localhost:3000",
        "http://[::1]:3000",
        "https://xn--bcher-kva.example",
        "chrome-extension://abcdefghijklmnop",
        "moz-extension://6c1f8a3e-2f4b-4d3c-9a6b-0e8f1a2b3c4d",
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "app://-",
        "app://",
        "file://",
        "null",
        "com.example.app",
        "com.Example.App_2",
        "com.example.app://oauth",
        "android:apk-key-hash:Zm9vYmFy-_",
        "urn:example:app",
    ] {
        assert_eq!(listed(party), Ok(vec![party.to_owned()]), "{party}");
    }
}

/// Browsers write such a host in ASCII wherever they write an origin; the text itself counts too.
#[test]
fn a_host_in_letters_of_its_language_is_both() {
    for (party, ascii) in [
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("https://日本.example:8443", "https://xn--wgv71a.example:8443"),
    ] {
        assert_eq!(listed(party), Ok(vec![party.to_owned(), ascii.to_owned()]), "{party}");
    }
}

/// Texts that no token contains, each with the one that was probably meant.
#[test]
fn parties_that_no_token_names() {
    for (party, meant) in [
        ("https://app.example.com/", Some("https://app.example.com")),
        ("https://app.example.com/path", Some("https://app.example.com")),
        ("https://app.example.com?x", Some("https://app.example.com")),
        ("https://app.example.com#x", Some("https://app.example.com")),
        ("https://app.example.com:443", Some("https://app.example.com")),
        ("http://localhost:80", Some("http://localhost")),
        ("HTTPS://app.example.com", Some("https://app.example.com")),
        ("https://App.example.com", Some("https://app.example.com")),
        ("https:app.example.com", Some("https://app.example.com")),
        ("https://bücher.example/", Some("https://xn--bcher-kva.example")),
        ("localhost", Some("http://localhost")),
        ("localhost:3000", Some("http://localhost:3000")),
        ("app.example.com:8443", Some("https://app.example.com:8443")),
        ("127.0.0.1", Some("http://127.0.0.1")),
        ("127.0.0.1:3000", Some("http://127.0.0.1:3000")),
        ("[::1]:3000", Some("http://[::1]:3000")),
        ("//app.example.com", Some("https://app.example.com")),
        ("app.example.com/path", Some("https://app.example.com")),
        ("bücher.example", Some("https://xn--bcher-kva.example")),
        ("capacitor://localhost/", Some("capacitor://localhost")),
        ("file:///", Some("file://")),
        ("https://", None),
        ("http:///", None),
        ("a b", None),
        ("\"https://app.example.com\"", Some("https://app.example.com")),
        ("/path", None),
    ] {
        let message = listed(party).expect_err(party);
        assert!(message.contains("authorized_parties"), "{party}: {message}");
        if let Some(meant) = meant {
            assert!(message.contains(&format!("{meant:?}")), "{party}: {message}");
        }
    }
}

/// If a text has more than one origin, the message says so instead of guessing which one is meant.
#[test]
fn wildcards_and_lists_are_called_so() {
    for (party, says) in [
        ("*", "wildcards are not supported"),
        ("https://*.example.com", "wildcards are not supported"),
        ("https://*", "wildcards are not supported"),
        ("*.example.com", "wildcards are not supported"),
        ("https://app-*.example.com", "wildcards are not supported"),
        ("https://app.example.com:*", "wildcards are not supported"),
        ("https://a.example;https://b.example", "more than one origin"),
        ("https://a.example,https://b.example", "more than one origin"),
        ("https://a.example, https://b.example", "more than one origin"),
        ("https://a.example https://b.example", "more than one origin"),
        ("https://a.example\nhttps://b.example", "more than one origin"),
        ("a;b", "more than one origin"),
        ("https://a.example;", "did you mean \"https://a.example\"?"),
    ] {
        let message = listed(party).expect_err(party);
        assert!(message.starts_with("authorized_parties") && message.contains(says), "{party}: {message}");
    }
}
