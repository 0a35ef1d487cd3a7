//! The settings that are rejected, and those that are accepted.

use super::*;
use crate::{
    ClerkConfig,
    config::{ConfigError, PageUrl},
    keys::InstanceType,
};

const DEVELOPMENT: &str = "pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";
const PRODUCTION: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";

fn development() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key(DEVELOPMENT).secret_key("sk_test_verysecret")
}

fn production() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key(PRODUCTION).secret_key("sk_live_verysecret")
}

/// Invalid configurations, each with a part of the expected message.
#[test]
fn what_cannot_work_is_refused_by_name() {
    let satellite = || development().is_satellite(true).domain("satellite.example.com");
    for (name, builder, says) in [
        ("nothing at all", ClerkConfig::builder(), "publishable_key (CLERK_PUBLISHABLE_KEY) is missing"),
        (
            "an invalid publishable key",
            development().publishable_key("pk_test_x"),
            "publishable_key (CLERK_PUBLISHABLE_KEY) is not valid",
        ),
        (
            "no secret key",
            ClerkConfig::builder().publishable_key(DEVELOPMENT),
            "secret_key (CLERK_SECRET_KEY) and jwt_key (CLERK_JWT_KEY) are both missing",
        ),
        ("an invalid secret key", development().secret_key("pk_test_verysecret"), "it is a publishable key"),
        (
            "a secret key with a comment",
            development().secret_key("sk_test_verysecret # new"),
            "it contains white space",
        ),
        (
            "keys of two instances",
            development().publishable_key(PRODUCTION),
            "publishable_key (CLERK_PUBLISHABLE_KEY) belongs to a production instance, and secret_key (CLERK_SECRET_KEY) to a development",
        ),
        (
            "an invalid machine key",
            development().machine_secret_key("sk_test_verysecret"),
            "machine_secret_key (CLERK_MACHINE_SECRET_KEY)",
        ),
        ("an invalid PEM", development().jwt_key("verysecret"), "jwt_key (CLERK_JWT_KEY) is not valid"),
        ("a relative API", development().api_url("/api"), "api_url (CLERK_API_URL) is \"/api\""),
        ("an API that is not a web address", development().api_url("ftp://api.example.com"), "api_url"),
        ("an empty API version", development().api_version("/"), "api_version (CLERK_API_VERSION) is set, but empty"),
        ("a proxy that is neither", development().proxy_url("__clerk"), "proxy_url (CLERK_PROXY_URL) is \"__clerk\""),
        (
            "a sign-in page with another scheme",
            development().sign_in_url("javascript:alert(1)"),
            "sign_in_url (CLERK_SIGN_IN_URL)",
        ),
        ("a sign-in page that is a host", development().sign_in_url("//evil.example/in"), "sign_in_url"),
        (
            "a forbidden page that is neither",
            development().forbidden_url("forbidden"),
            "forbidden_url is \"forbidden\"",
        ),
        ("a sign-up page that is neither", development().sign_up_url("sign-up"), "sign_up_url (CLERK_SIGN_UP_URL)"),
        ("a domain with a scheme", development().domain("https://a.example"), "domain (CLERK_DOMAIN)"),
        ("a domain with a path", development().domain("a.example/x"), "use only the host"),
        ("a domain with a slash", development().domain("a.example/"), "use only the host"),
        ("a domain with a space in it", development().domain("a example"), "use only the host"),
        ("a domain with a user", development().domain("me@a.example"), "domain (CLERK_DOMAIN)"),
        ("a domain with a query", development().domain("a.example?x"), "domain (CLERK_DOMAIN)"),
        ("two domains", development().domain("a.example,b.example"), "domain (CLERK_DOMAIN)"),
        ("two domains with a semicolon", development().domain("a.example;b.example"), "domain (CLERK_DOMAIN)"),
        ("a domain with a wildcard", development().domain("*.a.example"), "domain (CLERK_DOMAIN)"),
        ("a domain with a quote", development().domain("a.example\""), "domain (CLERK_DOMAIN)"),
        ("a domain with another port than there is", development().domain("a.example:port"), "domain (CLERK_DOMAIN)"),
        ("a domain that is a port alone", development().domain(":443"), "domain (CLERK_DOMAIN)"),
        (
            "a satellite without a domain",
            development().is_satellite(true),
            "neither domain (CLERK_DOMAIN) nor proxy_url",
        ),
        (
            "a development satellite without a sign-in page",
            satellite(),
            "sign_in_url (CLERK_SIGN_IN_URL) is not an absolute URL",
        ),
        ("a development satellite with a path for one", satellite().sign_in_url("/in"), "is not an absolute URL"),
        (
            "a party with a slash",
            development().authorized_parties(["https://a.example/"]),
            "did you mean \"https://a.example\"?",
        ),
        (
            "a party with a path",
            development().authorized_parties(["https://a.example/app"]),
            "authorized_parties (CLERK_AUTHORIZED_PARTIES) contains",
        ),
        (
            "a party with the default port",
            development().authorized_parties(["https://a.example:443"]),
            "did you mean \"https://a.example\"?",
        ),
        ("a party without a scheme", development().authorized_parties(["localhost:3000"]), "\"http://localhost:3000\""),
        (
            "a public origin with a path",
            development().public_origin("https://a.example/x"),
            "public_origin (CLERK_PUBLIC_ORIGIN) contains",
        ),
        (
            "a pattern that is not a path",
            development().organization_sync(OrganizationSync::new().organization_pattern("orgs/:id")),
            "organization_sync contains the pattern \"orgs/:id\"",
        ),
        ("a secret where a URL belongs", development().sign_in_url("sk_test_verysecret"), "not shown"),
        (
            "a trusted origin with a path",
            development().csrf_protection(CsrfProtection::new().trusted_origin("https://a.example/forms")),
            "csrf_protection contains",
        ),
        (
            "an invalid trusted origin",
            development().csrf_protection(CsrfProtection::new().trusted_origin("*")),
            "csrf_protection contains",
        ),
        ("a password in an origin", development().authorized_parties(["https://me:verysecret@a.example"]), "not shown"),
        ("a user in a URL", development().authorized_parties(["https://verysecret@a.example"]), "not shown"),
        (
            "an API with a password",
            development().api_url("https://me:verysecret@a.example"),
            "api_url (CLERK_API_URL) contains a user name",
        ),
        ("an API with a query", development().api_url("https://a.example?key=verysecret"), "api_url"),
        (
            "no parties in a list of them",
            development().authorized_parties(Vec::<String>::new()),
            "authorized_parties (CLERK_AUTHORIZED_PARTIES) is set, but empty",
        ),
        ("a skew of a day", development().clock_skew(Duration::from_secs(86_400)), "clock_skew is longer than 3600s"),
        ("no time for calls", development().api_timeout(Duration::ZERO), "api_timeout is set, but empty"),
        ("no limit for calls", development().api_timeout(Duration::MAX), "api_timeout is longer than 300s"),
        (
            "a pattern that does not compile",
            development().organization_sync(OrganizationSync::new().personal_account_pattern("/a(")),
            "is not closed",
        ),
        (
            "a subprotocol with a space",
            development().websocket_token_protocol("clerk token"),
            "websocket_token_protocol is",
        ),
        (
            "a subprotocol that is a list",
            development().websocket_token_protocol("clerk,token"),
            "spaces, commas or slashes",
        ),
        ("no calls at all", development().backend_api_rate_limit(0), "backend_api_rate_limit is less than 10"),
        ("a machine's key for its id", development().machine_id("ak_verysecret"), "machine_id (CLERK_MACHINE_ID) is"),
        ("a machine's id and more", development().machine_id("mch_1,mch_2"), "copy the ID of this server's machine"),
        ("a machine without an id", development().machine_id("mch_"), "machine_id (CLERK_MACHINE_ID) is \"mch_\""),
        ("no subprotocol", development().websocket_token_protocol(""), "websocket_token_protocol is \"\""),
        ("a secret for a subprotocol", development().websocket_token_protocol("sk_test_verysecret,"), "not shown"),
        ("an empty audience", development().audience([""]), "audience is set, but empty"),
        ("one empty audience", development().audience(["a", ""]), "audience contains an empty entry"),
        (
            "one empty party",
            development().authorized_parties(["https://a.example", " "]),
            "authorized_parties (CLERK_AUTHORIZED_PARTIES) contains an empty entry",
        ),
        (
            "an empty publishable key",
            development().publishable_key(" "),
            "publishable_key (CLERK_PUBLISHABLE_KEY) is set, but empty",
        ),
        (
            "an empty secret key in quotes",
            development().secret_key("\"\""),
            "secret_key (CLERK_SECRET_KEY) is set, but empty",
        ),
        (
            "the keys swapped",
            development().publishable_key("sk_test_verysecret").secret_key(DEVELOPMENT),
            "(CLERK_PUBLISHABLE_KEY) is not valid: it is a secret key",
        ),
        (
            "an abbreviated key",
            development().secret_key("sk_test_verysecret…"),
            "secret_key (CLERK_SECRET_KEY) is not valid: it is abbreviated",
        ),
        ("a semicolon after a key", development().secret_key("sk_test_verysecret;"), "it contains `;`"),
        (
            "a private PEM",
            development().jwt_key("-----BEGIN PRIVATE KEY-----\nverysecret"),
            "jwt_key (CLERK_JWT_KEY) is not valid: it is a private key",
        ),
        (
            "a proxy with a query",
            development().proxy_url("https://a.example/__clerk?key=verysecret"),
            "proxy_url (CLERK_PROXY_URL) contains a user name",
        ),
        ("a proxy with a fragment", development().proxy_url("https://a.example/__clerk#x"), "proxy_url"),
        ("a proxy with an empty query", development().proxy_url("https://a.example/__clerk?"), "proxy_url"),
        ("a proxy with a password", development().proxy_url("https://me:verysecret@a.example/__clerk"), "proxy_url"),
        ("a proxy path with a query", development().proxy_url("/__clerk?x=1"), "proxy_url (CLERK_PROXY_URL) contains"),
        ("a proxy path with a fragment", development().proxy_url("/__clerk#x"), "proxy_url (CLERK_PROXY_URL) contains"),
        ("an API with its version", development().api_url("https://api.clerk.com/v1"), "remove /v1 from the URL"),
        ("an API with its version and a slash", development().api_url("https://api.clerk.com/v1/"), "ends in /v1"),
        ("an API with a path and its version", development().api_url("https://a.example/clerk/v1"), "ends in /v1"),
        (
            "an API with another version that is set",
            development().api_url("https://a.example/v2").api_version("/v2/"),
            "ends in /v2",
        ),
        ("a version with a query", development().api_version("v1?x"), "api_version (CLERK_API_VERSION) is \"v1?x\""),
        ("a version with a space", development().api_version("v 1"), "api_version"),
        ("a version that leads up", development().api_version("../v1"), "api_version"),
        ("a proxy path in production", production().proxy_url("/__clerk"), "set public_origin"),
        (
            "a proxy path of a satellite in production",
            production().is_satellite(true).proxy_url("/__clerk"),
            "set public_origin",
        ),
        ("an empty issuer", development().issuer([""]), "issuer is set, but empty"),
    ] {
        let message = builder.build().map(|_| ()).expect_err(name).to_string();
        assert!(message.contains(says), "{name}: {message}");
        assert!(!message.contains("verysecret"), "{name}: {message}");
    }
}

#[test]
fn a_main_that_returns_the_error_prints_what_to_do() {
    let error = ClerkConfig::builder().build().unwrap_err();
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn what_needs_the_secret_key_says_so() {
    let pem = include_str!("../../../tests/data/public_key.pem");
    let without = || ClerkConfig::builder().publishable_key(PRODUCTION).jwt_key(pem);
    assert!(without().build().is_ok(), "a PEM alone is enough to verify session tokens");
    let satellite = without().is_satellite(true).domain("satellite.example.com");
    let needed = Err(ConfigError::SecretKeyNeededFor { setting: "is_satellite" });
    assert_eq!(satellite.build().map(|_| ()), needed);
}

#[test]
fn what_can_work_is_accepted() {
    let full = development()
        .machine_secret_key("ak_verysecret")
        .api_url("http://127.0.0.1:4000/base")
        .is_satellite(true)
        .domain("satellite.example.com:8443")
        .proxy_url("/__clerk")
        .sign_in_url("https://primary.example.com/in")
        .sign_up_url("/up")
        .authorized_parties(["https://a.example", "http://localhost:3000", "chrome-extension://abcdef"])
        .public_origin("https://satellite.example.com")
        .session_token_cache(None)
        .organization_sync(OrganizationSync::new().organization_pattern("/orgs/:slug").personal_account_pattern("/me"))
        .build()
        .unwrap();
    assert_eq!(full.instance_type(), InstanceType::Development);
    assert_eq!(full.publishable_key(), DEVELOPMENT);
}

#[test]
fn a_domain_is_the_host_in_the_form_that_is_compared() {
    for (name, domain) in [
        ("as it is", "satellite.example.com"),
        ("capitals", "Satellite.Example.COM"),
        ("quotes", "\"satellite.example.com\""),
        ("spaces and a line break", " satellite.example.com\n"),
        ("a byte order mark", "\u{feff}satellite.example.com"),
        ("the port of https", "satellite.example.com:443"),
        ("another port", "satellite.example.com:8443"),
        ("a dot at the end", "satellite.example.com."),
    ] {
        let config = production().is_satellite(true).domain(domain).build().unwrap();
        assert_eq!(config.settings().domain.as_deref(), Some("satellite.example.com"), "{name}");
        assert_eq!(config.settings().issuing_frontend_api(), "clerk.satellite.example.com", "{name}");
    }
    let international = production().domain("bücher.example").build().unwrap();
    assert_eq!(international.settings().domain.as_deref(), Some("xn--bcher-kva.example"));
}

/// Environment files and secret files leave these characters around a value.
#[test]
fn texts_are_taken_without_what_is_around_them() {
    let config = ClerkConfig::builder()
        .publishable_key(format!("\"{PRODUCTION}\""))
        .secret_key("\u{feff}sk_live_verysecret\n")
        .api_url(" 'https://api.example.com' ")
        .sign_in_url("\"/in\"")
        .proxy_url("/__clerk\r\n")
        .public_origin("\"https://app.example.com\"")
        .build()
        .unwrap();
    let settings = config.settings();
    assert_eq!(config.publishable_key(), PRODUCTION);
    assert_eq!(settings.secret_key.as_ref().unwrap().expose(), "sk_live_verysecret");
    assert_eq!(settings.api_url.as_str(), "https://api.example.com/");
    assert_eq!(settings.sign_in_url, Some(PageUrl::Path("/in".into())));
    assert_eq!(settings.proxy_url, Some(PageUrl::Path("/__clerk".into())));
}

#[test]
fn a_proxy_path_in_production_is_on_an_origin_that_is_set() {
    let known = production().proxy_url("/__clerk").public_origin("https://app.example.com");
    assert!(known.build().is_ok());
    assert!(production().proxy_url("/__clerk").dangerous_proxy_url_of_any_host(true).build().is_ok());
    assert!(production().proxy_url("https://app.example.com/__clerk").build().is_ok());
    assert!(development().proxy_url("/__clerk").build().is_ok(), "in development");
}

/// A service that only creates M2M tokens needs no other key; one that does anything else does.
#[test]
fn a_machine_secret_key_alone_is_enough_to_make_tokens() {
    let machine = || ClerkConfig::builder().machine_secret_key("ak_verysecret");
    let pem = include_str!("../../../tests/data/public_key.pem");
    for (name, builder) in [("alone", machine()), ("with a publishable key", machine().publishable_key(PRODUCTION))] {
        let config = builder.build().unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(
            crate::client::M2mTokenSource::new(config.clone(), crate::client::NewM2mToken::new()).is_ok(),
            "{name}"
        );
        assert!(!config.settings().can_authenticate(), "{name}");
    }
    assert_eq!(machine().build().unwrap().publishable_key(), "");
    for (name, builder, error) in [
        ("with a secret key", machine().secret_key("sk_live_verysecret"), ConfigError::MissingPublishableKey),
        ("with a JWT key", machine().jwt_key(pem), ConfigError::MissingPublishableKey),
        ("as a satellite", machine().is_satellite(true), ConfigError::SecretKeyNeededFor { setting: "is_satellite" }),
    ] {
        assert_eq!(builder.build().map(|_| ()), Err(error), "{name}");
    }
}

#[test]
fn no_debug_output_holds_a_secret() {
    let pem = include_str!("../../../tests/data/public_key.pem");
    let builder = development().machine_secret_key("ak_verysecret").jwt_key(pem);
    #[cfg(feature = "webhooks")]
    let builder = builder.webhook_signing_secrets(["whsec_verysecret", "whsec_verysecretverysecret"]);
    let config = builder.clone().build().unwrap();
    for text in [format!("{builder:?}"), format!("{config:?}"), format!("{config:#?}")] {
        assert!(!text.contains("verysecret"), "{text}");
        assert!(text.contains(DEVELOPMENT), "the publishable key helps and is public: {text}");
    }
}

/// A secret in the place of any other setting: the error does not quote it, and suggests nothing that was made from it.
#[test]
fn no_error_quotes_a_secret_in_the_wrong_place() {
    type Set = fn(ClerkConfigBuilder, &str) -> ClerkConfigBuilder;
    let settings: [(&str, Set); 22] = [
        ("publishable_key", |builder, text| builder.publishable_key(text)),
        ("secret_key", |builder, text| builder.secret_key(text)),
        ("machine_secret_key", |builder, text| builder.machine_secret_key(text)),
        ("machine_id", |builder, text| builder.machine_id(text)),
        ("jwt_key", |builder, text| builder.jwt_key(text)),
        ("jwks_file", |builder, text| builder.jwks_file(format!("/nowhere/{text}"))),
        ("api_url", |builder, text| builder.api_url(text)),
        ("api_url, with a scheme", |builder, text| builder.api_url(format!("https://{text}"))),
        ("api_version", |builder, text| builder.api_version(text)),
        ("domain", |builder, text| builder.domain(text)),
        ("proxy_url", |builder, text| builder.proxy_url(text)),
        ("sign_in_url", |builder, text| builder.sign_in_url(text)),
        ("sign_up_url", |builder, text| builder.sign_up_url(text)),
        ("forbidden_url", |builder, text| builder.forbidden_url(text)),
        ("public_origin", |builder, text| builder.public_origin(text)),
        ("public_origin, with a scheme and a path", |builder, text| builder.public_origin(format!("https://{text}/x"))),
        ("base_path", |builder, text| builder.base_path(text)),
        ("websocket_token_protocol", |builder, text| builder.websocket_token_protocol(text)),
        ("authorized_parties", |builder, text| builder.authorized_parties([text])),
        ("authorized_parties, with a slash", |builder, text| builder.authorized_parties([format!("{text}/")])),
        ("csrf_protection", |builder, text| builder.csrf_protection(CsrfProtection::new().trusted_origin(text))),
        ("organization_sync", |builder, text| {
            builder.organization_sync(OrganizationSync::new().organization_pattern(format!("/{text}/(")))
        }),
    ];
    let secrets = [
        "sk_live_verysecret0123456789",
        "sk_test_verysecret=01",
        "ak_verysecret0123456789",
        "whsec_verysecret0123456789==",
        "eyJverysecret.eyJ.x",
        "-----BEGIN PRIVATE KEY-----verysecret-----END PRIVATE KEY-----",
    ];
    let mut errors = 0;
    for ((name, set), secret) in settings.into_iter().flat_map(|set| secrets.map(|secret| (set, secret))) {
        if let Err(error) = set(production(), secret).build() {
            errors += 1;
            for text in [error.to_string(), format!("{error:?}")] {
                assert!(!text.to_lowercase().contains("verysecret"), "{name}: {text}");
            }
        }
    }
    assert!(errors > 80, "{errors}");
}
