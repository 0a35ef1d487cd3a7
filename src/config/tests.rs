use std::env::VarError;

use super::*;

const DEVELOPMENT: &str = "pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA";
const PRODUCTION: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";

fn development() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key(DEVELOPMENT).secret_key("sk_test_verysecret")
}

/// Each configuration that cannot work, with a piece of what its message has to say.
#[test]
fn what_cannot_work_is_refused_by_name() {
    let satellite = || development().is_satellite(true).domain("satellite.example.com");
    for (name, builder, says) in [
        ("nothing at all", ClerkConfig::builder(), "publishable_key (CLERK_PUBLISHABLE_KEY) is missing"),
        (
            "a publishable key that is none",
            development().publishable_key("pk_test_x"),
            "publishable_key (CLERK_PUBLISHABLE_KEY) cannot be used",
        ),
        (
            "no secret key",
            ClerkConfig::builder().publishable_key(DEVELOPMENT),
            "secret_key (CLERK_SECRET_KEY) is missing",
        ),
        ("a secret key that is none", development().secret_key("pk_test_verysecret"), "it is a publishable key"),
        (
            "a secret key with a comment",
            development().secret_key("sk_test_verysecret # new"),
            "it contains white space",
        ),
        (
            "keys of two instances",
            development().publishable_key(PRODUCTION),
            "publishable_key is of a production instance and secret_key of a development one",
        ),
        (
            "a machine key that is none",
            development().machine_secret_key("sk_test_verysecret"),
            "machine_secret_key (CLERK_MACHINE_SECRET_KEY)",
        ),
        ("a PEM that is none", development().jwt_key("verysecret"), "jwt_key (CLERK_JWT_KEY) cannot be used"),
        ("a relative API", development().api_url("/api"), "api_url (CLERK_API_URL) is \"/api\""),
        ("an API that is no web address", development().api_url("ftp://api.example.com"), "api_url"),
        ("an empty API version", development().api_version("/"), "api_version is set, but empty"),
        ("a proxy that is neither", development().proxy_url("__clerk"), "proxy_url (CLERK_PROXY_URL) is \"__clerk\""),
        ("a proxy path that is a host", development().frontend_api_proxy("//evil.example"), "frontend_api_proxy"),
        ("a proxy path that is a URL", development().frontend_api_proxy("https://a.example/x"), "frontend_api_proxy"),
        (
            "a sign-in page with another scheme",
            development().sign_in_url("javascript:alert(1)"),
            "sign_in_url (CLERK_SIGN_IN_URL)",
        ),
        ("a sign-in page that is a host", development().sign_in_url("//evil.example/in"), "sign_in_url"),
        ("a sign-up page that is neither", development().sign_up_url("sign-up"), "sign_up_url (CLERK_SIGN_UP_URL)"),
        ("a domain with a scheme", development().domain("https://a.example"), "domain (CLERK_DOMAIN)"),
        ("a domain with a path", development().domain("a.example/x"), "give the host alone"),
        (
            "a satellite without a domain",
            development().is_satellite(true),
            "neither domain (CLERK_DOMAIN) nor proxy_url",
        ),
        (
            "a development satellite without a sign-in page",
            satellite(),
            "sign_in_url (CLERK_SIGN_IN_URL) has to be an absolute URL",
        ),
        ("a development satellite with a path for one", satellite().sign_in_url("/in"), "has to be an absolute URL"),
        (
            "a party with a slash",
            development().authorized_parties(["https://a.example/"]),
            "did you mean \"https://a.example\"?",
        ),
        ("a party with a path", development().authorized_parties(["https://a.example/app"]), "authorized_parties has"),
        (
            "a party with the default port",
            development().authorized_parties(["https://a.example:443"]),
            "did you mean \"https://a.example\"?",
        ),
        ("a party without a scheme", development().authorized_parties(["localhost:3000"]), "\"http://localhost:3000\""),
        ("a public origin with a path", development().public_origin("https://a.example/x"), "public_origin has"),
        (
            "a pattern that is no path",
            development().organization_sync(OrganizationSync::new().organization("orgs/:id")),
            "organization_sync has the pattern \"orgs/:id\"",
        ),
        ("a secret where a URL belongs", development().sign_in_url("sk_test_verysecret"), "not shown"),
        ("a password in an origin", development().authorized_parties(["https://me:verysecret@a.example"]), "not shown"),
        ("a user in a URL", development().authorized_parties(["https://verysecret@a.example"]), "not shown"),
        (
            "an API with a password",
            development().api_url("https://me:verysecret@a.example"),
            "api_url (CLERK_API_URL) has a user name",
        ),
        ("an API with a query", development().api_url("https://a.example?key=verysecret"), "api_url"),
        (
            "no parties in a list of them",
            development().authorized_parties(Vec::<String>::new()),
            "authorized_parties is set, but empty",
        ),
        ("a skew of a day", development().clock_skew(Duration::from_secs(86_400)), "clock_skew is longer than 3600s"),
        ("no time for calls", development().api_timeout(Duration::ZERO), "api_timeout is set, but empty"),
        (
            "a pattern that does not compile",
            development().organization_sync(OrganizationSync::new().personal_account("/a(")),
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
        ("no subprotocol", development().websocket_token_protocol(""), "websocket_token_protocol is \"\""),
        ("a secret for a subprotocol", development().websocket_token_protocol("sk_test_verysecret,"), "not shown"),
        ("an empty audience", development().audience([""]), "audience is set, but empty"),
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
    let pem = include_str!("../../tests/data/public_key.pem");
    let without = || ClerkConfig::builder().publishable_key(PRODUCTION).jwt_key(pem);
    assert!(without().build().is_ok(), "a PEM alone is enough to verify session tokens");
    for (setting, builder) in [
        ("is_satellite", without().is_satellite(true).domain("satellite.example.com")),
        ("frontend_api_proxy", without().frontend_api_proxy("/__clerk")),
    ] {
        assert_eq!(builder.build().map(|_| ()), Err(ConfigError::SecretKeyNeededFor { setting }));
    }
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
        .token_cache(None)
        .organization_sync(OrganizationSync::new().organization("/orgs/:slug").personal_account("/me"))
        .build()
        .unwrap();
    assert_eq!(full.instance_type(), InstanceType::Development);
    assert_eq!(full.publishable_key(), DEVELOPMENT);
}

#[test]
fn no_debug_output_holds_a_secret() {
    let pem = include_str!("../../tests/data/public_key.pem");
    let builder = development().machine_secret_key("ak_verysecret").jwt_key(pem);
    let config = builder.clone().build().unwrap();
    for text in [format!("{builder:?}"), format!("{config:?}"), format!("{config:#?}")] {
        assert!(!text.contains("verysecret"), "{text}");
        assert!(text.contains(DEVELOPMENT), "the publishable key helps and is public: {text}");
    }
}

#[test]
fn the_environment_is_read_by_its_names() {
    let variables = [
        ("CLERK_PUBLISHABLE_KEY", PRODUCTION),
        ("CLERK_SECRET_KEY", "sk_live_verysecret"),
        ("CLERK_API_URL", "https://api.example.com"),
        ("CLERK_API_VERSION", "v2"),
        ("CLERK_DOMAIN", "satellite.example.com"),
        ("CLERK_IS_SATELLITE", "TRUE"),
        ("CLERK_SIGN_IN_URL", "/in"),
        ("CLERK_SIGN_UP_URL", ""),
        ("CLERK_PUBLIC_ORIGIN", "https://app.example.com"),
        ("CLERK_BASE_PATH", "/app/"),
        ("CLERK_AUTHORIZED_PARTIES", "https://a.example, https://b.example,"),
    ];
    let get = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_string()).ok_or(VarError::NotPresent)
    };
    let config = ClerkConfigBuilder::from_variables(get).unwrap().build().unwrap();
    let settings = config.settings();
    assert_eq!(settings.api_url.as_str(), "https://api.example.com/");
    assert_eq!(settings.api_version, "v2");
    assert!(settings.is_satellite);
    assert_eq!(settings.sign_in_url, Some(PageUrl::Path("/in".into())));
    assert_eq!(settings.sign_up_url, None, "set to nothing is not set");
    assert_eq!(settings.public_origin.as_ref().map(Url::as_str), Some("https://app.example.com/"));
    assert_eq!(settings.base_path.as_deref(), Some("/app"));
    assert_eq!(settings.authorized_parties, ["https://a.example", "https://b.example"]);
}

#[test]
fn an_environment_that_makes_no_sense_is_refused_by_name() {
    let maybe = ClerkConfigBuilder::from_variables(|name| match name {
        "CLERK_IS_SATELLITE" => Ok("maybe".into()),
        _ => Err(VarError::NotPresent),
    });
    assert_eq!(maybe.unwrap_err().to_string(), "CLERK_IS_SATELLITE is \"maybe\": use true or false");
    let forgotten = ClerkConfigBuilder::from_variables(|name| match name {
        "CLERK_PUBLISHABLE_KEY" => Ok(PRODUCTION.into()),
        "CLERK_SECRET_KEY" => Ok("sk_live_verysecret".into()),
        "CLERK_AUTHORIZED_PARTIES" => Ok(",".into()),
        _ => Err(VarError::NotPresent),
    });
    assert_eq!(forgotten.unwrap().build().map(|_| ()), Err(ConfigError::Empty { setting: "authorized_parties" }));
    let garbled = ClerkConfigBuilder::from_variables(|_| Err(VarError::NotUnicode("x".into())));
    assert!(matches!(garbled.unwrap_err(), ConfigError::NotUnicode { .. }));
}
