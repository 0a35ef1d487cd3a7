//! The variables that are read, and those that are not.

use url::Url;

use super::*;
use crate::{ClerkConfig, config::PageUrl};

const PRODUCTION: &str = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";

#[test]
fn the_environment_is_read_by_its_names() {
    let variables = [
        ("CLERK_PUBLISHABLE_KEY", PRODUCTION),
        ("CLERK_SECRET_KEY", "sk_live_verysecret"),
        ("CLERK_API_URL", "https://api.example.com"),
        ("CLERK_API_VERSION", "v2"),
        ("CLERK_DOMAIN", "satellite.example.com"),
        ("CLERK_IS_SATELLITE", "TRUE"),
        ("CLERK_FAPI_URL", "https://frontend-api.example.com"),
        ("CLERK_SIGN_IN_URL", "/in"),
        ("CLERK_SIGN_UP_URL", ""),
        ("CLERK_PUBLIC_ORIGIN", "https://app.example.com"),
        ("CLERK_BASE_PATH", "/app/"),
        ("CLERK_AUTHORIZED_PARTIES", "https://a.example, https://b.example,"),
    ];
    let config = built_of(&variables).unwrap();
    let settings = config.settings();
    assert_eq!(settings.api_url.as_str(), "https://api.example.com/");
    assert_eq!(settings.api_version, "v2");
    assert!(settings.is_satellite);
    assert_eq!(settings.frontend_api_url.as_str(), "https://frontend-api.example.com/");
    assert_eq!(settings.sign_in_url, Some(PageUrl::Path("/in".into())));
    assert_eq!(settings.sign_up_url, None, "set to nothing is not set");
    assert_eq!(settings.public_origin.as_ref().map(Url::as_str), Some("https://app.example.com/"));
    assert_eq!(settings.base_path.as_deref(), Some("/app"));
    assert_eq!(settings.authorized_parties, ["https://a.example", "https://b.example"]);
}

/// Builds a configuration from an environment that has only these variables.
fn built_of(variables: &[(&str, &str)]) -> Result<ClerkConfig, ConfigError> {
    let get = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.to_string()).ok_or(VarError::NotPresent)
    };
    ClerkConfigBuilder::from_variables(get)?.build()
}

#[test]
fn a_variable_with_quotes_of_its_file_is_the_value() {
    let config = built_of(&[
        ("CLERK_PUBLISHABLE_KEY", "\"pk_live_Y2xlcmsuZXhhbXBsZS5jb20k\""),
        ("CLERK_SECRET_KEY", "'sk_live_verysecret'\r"),
        ("CLERK_JWT_KEY", "\"\""),
        ("CLERK_IS_SATELLITE", "\"true\""),
        ("CLERK_DOMAIN", "\"Satellite.example.com\""),
        ("CLERK_AUTHORIZED_PARTIES", "\"https://a.example, https://b.example\""),
    ])
    .unwrap();
    assert!(config.settings().jwt_key.is_none(), "nothing in quotes is nothing");
    assert_eq!(config.settings().domain.as_deref(), Some("satellite.example.com"));
    assert_eq!(config.settings().authorized_parties, ["https://a.example", "https://b.example"]);
}

#[cfg(feature = "webhooks")]
#[test]
fn webhook_secrets_are_separated_by_commas_or_white_space() {
    let keys = [("CLERK_PUBLISHABLE_KEY", PRODUCTION), ("CLERK_SECRET_KEY", "sk_live_verysecret")];
    let secrets = |value: &str| {
        let config = built_of(&[&keys[..], &[("CLERK_WEBHOOK_SIGNING_SECRET", value)]].concat())?;
        let secrets = &config.settings().webhooks.secrets;
        Ok::<_, ConfigError>(secrets.iter().map(|secret| secret.expose().to_vec()).collect::<Vec<_>>())
    };
    let (one, two) = (b"one".to_vec(), b"two".to_vec());
    for (name, value, expected) in [
        ("nothing", "", vec![]),
        ("one", "whsec_b25l", vec![one.clone()]),
        ("two with a comma", "whsec_b25l,whsec_dHdv", vec![one.clone(), two.clone()]),
        ("two with both", "\" whsec_b25l,\n whsec_dHdv, \"", vec![one, two]),
    ] {
        assert_eq!(secrets(value), Ok(expected), "{name}");
    }
    let error = secrets("whsec_b25l sk_live_verysecret").unwrap_err().to_string();
    assert!(error.contains("webhook_signing_secret (CLERK_WEBHOOK_SIGNING_SECRET) is not valid: it is a secret key"));
    assert!(matches!(secrets(","), Err(ConfigError::Empty { setting: "webhook_signing_secret" })));
}

/// Keys under names that are not read, with the name that the message has to mention.
#[test]
fn keys_under_the_names_of_frontends_are_pointed_out() {
    const SECRET: (&str, &str) = ("CLERK_SECRET_KEY", "sk_live_verysecret");
    for prefix in ["NEXT_PUBLIC", "VITE", "REACT_APP", "EXPO_PUBLIC", "PUBLIC", "NUXT_PUBLIC", "GATSBY"] {
        let name = format!("{prefix}_CLERK_PUBLISHABLE_KEY");
        let message = built_of(&[(name.as_str(), PRODUCTION), SECRET]).map(|_| ()).unwrap_err().to_string();
        assert!(message.contains(&format!("{name} is set")), "{message}");
        assert!(message.contains("set CLERK_PUBLISHABLE_KEY to the same value"), "{message}");
    }
    for (name, is_published) in [
        ("CLERK_API_KEY", false),
        ("NUXT_CLERK_SECRET_KEY", false),
        ("NEXT_PUBLIC_CLERK_SECRET_KEY", true),
        ("VITE_CLERK_SECRET_KEY", true),
    ] {
        let variables = [("CLERK_PUBLISHABLE_KEY", PRODUCTION), (name, "sk_live_verysecret")];
        let message = built_of(&variables).map(|_| ()).unwrap_err().to_string();
        assert!(message.contains(&format!("{name} is set")) && !message.contains("verysecret"), "{message}");
        assert_eq!(message.contains("replace the key"), is_published, "{message}");
    }
    let both = [("CLERK_PUBLISHABLE_KEY", PRODUCTION), ("VITE_CLERK_PUBLISHABLE_KEY", "pk_test_x"), SECRET];
    assert!(built_of(&both).is_ok(), "beside the name that is read, others do no harm");
    let empty = built_of(&[("VITE_CLERK_PUBLISHABLE_KEY", ""), SECRET]);
    assert_eq!(empty.map(|_| ()), Err(ConfigError::MissingPublishableKey));
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
