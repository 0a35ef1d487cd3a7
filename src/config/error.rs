//! Configuration errors: each names the setting, what is wrong with it, and what to do.

use std::fmt;

use crate::keys::{InstanceType, KeyError};

/// An invalid configuration, found at startup instead of at the first request.
///
/// The message names the setting, what was found (never a secret) and what to do.
///
/// ```
/// use clerk_actix::{ClerkConfig, ConfigError};
///
/// let error = ClerkConfig::builder().secret_key("sk_test_0000").build().unwrap_err();
/// assert!(matches!(error, ConfigError::MissingPublishableKey));
/// assert!(error.to_string().contains("CLERK_PUBLISHABLE_KEY"));
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The publishable key is missing.
    #[error(
        "publishable_key (CLERK_PUBLISHABLE_KEY) is missing: copy it from the API keys page of the Clerk dashboard, \
         https://dashboard.clerk.com/last-active?path=api-keys"
    )]
    MissingPublishableKey,

    /// The publishable key is missing, but a variable with a name for frontends is set.
    #[error(
        "publishable_key (CLERK_PUBLISHABLE_KEY) is missing. {variable} is set, which is a name for frontends and is not read \
         here: set CLERK_PUBLISHABLE_KEY to the same value"
    )]
    PublishableKeyMisnamed {
        /// The variable that is set.
        variable: &'static str,
    },

    /// The secret key is missing, but a variable with another name is set.
    #[error(
        "secret_key (CLERK_SECRET_KEY) is missing. {variable} is set, which is not read here: set CLERK_SECRET_KEY instead{}",
        warn_of_publication(.variable)
    )]
    SecretKeyMisnamed {
        /// The variable that is set.
        variable: &'static str,
    },

    /// Both the secret key and the JWT key are missing, so no token could be verified.
    #[error(
        "secret_key (CLERK_SECRET_KEY) is missing, and so is jwt_key (CLERK_JWT_KEY): without one of them no token can \
         be verified. Copy the secret key from the API keys page of the Clerk dashboard"
    )]
    MissingSecretKey,

    /// A setting needs calls to Clerk, and the secret key for them is missing.
    #[error(
        "{setting} needs calls to Clerk's Backend API, and so secret_key (CLERK_SECRET_KEY), which is missing: set it, \
         or leave {setting} out"
    )]
    SecretKeyNeededFor {
        /// The setting that needs the secret key.
        setting: &'static str,
    },

    /// A key does not have the form of Clerk's keys.
    #[error("{setting} ({variable}) cannot be used: {problem}. Copy it again from the Clerk dashboard")]
    MalformedKey {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The environment variable.
        variable: &'static str,
        /// What is wrong with the key.
        problem: KeyError,
    },

    /// The keys belong to two instances, one for production and one for development.
    #[error(
        "publishable_key (CLERK_PUBLISHABLE_KEY) is of a {publishable} instance and secret_key (CLERK_SECRET_KEY) of a {secret} \
         one: take both from the same page of the Clerk dashboard"
    )]
    KeysOfDifferentInstances {
        /// The type of the publishable key.
        publishable: InstanceType,
        /// The type of the secret key.
        secret: InstanceType,
    },

    /// A setting is not an absolute `http(s)` URL.
    #[error("{setting} ({variable}) is {found:?}, which is not an absolute http:// or https:// URL")]
    NotAnAbsoluteUrl {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The environment variable, or `-` if there is none.
        variable: &'static str,
        /// The value that was set.
        found: String,
    },

    /// A setting is neither an absolute URL nor a path from the root.
    #[error(
        "{setting} ({variable}) is {found:?}: use a path from the root such as /sign-in, or an absolute http:// or \
         https:// URL"
    )]
    NotAPage {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The environment variable, or `-` if there is none.
        variable: &'static str,
        /// The value that was set.
        found: String,
    },

    /// A setting is not an origin: scheme, host and port.
    #[error("{setting} has {found:?}, which is not an origin{}", suggest(.meant))]
    NotAnOrigin {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The value that was set.
        found: String,
        /// The origin that was probably meant.
        meant: Option<String>,
    },

    /// The authorized parties contain a wildcard.
    #[error(
        "authorized_parties has {found:?}: wildcards are not supported, since they accept hosts that somebody else may come to \
         control. List each origin"
    )]
    WildcardOrigin {
        /// The value that was set.
        found: String,
    },

    /// One entry of the authorized parties contains several origins.
    #[error(
        "authorized_parties has {found:?}, which is more than one origin: separate them with commas in CLERK_AUTHORIZED_PARTIES, \
         and pass each by itself to authorized_parties"
    )]
    SeveralOrigins {
        /// The value that was set.
        found: String,
    },

    /// The domain has a scheme or a path, or contains characters that no host name has.
    #[error("domain (CLERK_DOMAIN) is {found:?}: give the host alone, such as satellite.example.com")]
    NotADomain {
        /// The value that was set.
        found: String,
    },

    /// No publishable key can be made from the text.
    #[error(
        "publishable_key_from_host was given {found:?}, which is not a host name: pass the domain alone, such as \
         app.example.com"
    )]
    NotAHost {
        /// The text that was passed.
        found: String,
    },

    /// The base path is not a path from the root.
    #[error(
        "base_path (CLERK_BASE_PATH) is {found:?}: set the path that the proxy takes off each request, such as /app, without \
         a host, a query or dots; or leave it out if the proxy passes paths on as they are"
    )]
    NotABasePath {
        /// The value that was set.
        found: String,
    },

    /// The API URL ends in the version, which is appended to it.
    #[error(
        "api_url (CLERK_API_URL) ends in /{version}, and api_version (CLERK_API_VERSION) is appended to it: leave /{version} out \
         of the URL"
    )]
    ApiUrlWithVersion {
        /// The version.
        version: String,
    },

    /// The API version cannot be part of a path.
    #[error("api_version (CLERK_API_VERSION) is {found:?}: use a version as it stands in the API's paths, such as v1")]
    NotAVersion {
        /// The value that was set.
        found: String,
    },

    /// The rate limit leaves no room to sign in.
    #[error(
        "backend_api_rate_limit is less than {min}: set it to the number of calls that Clerk accepts from this server in ten \
         seconds, or leave it out"
    )]
    RateLimitTooLow {
        /// The lowest accepted value.
        min: u32,
    },

    /// The machine ID is malformed.
    #[error(
        "machine_id (CLERK_MACHINE_ID) is {found:?}: copy the id of this server's machine, mch_…, from the machines page of the \
         Clerk dashboard"
    )]
    NotAMachineId {
        /// The value that was set.
        found: String,
    },

    /// The proxy URL is a path, in production, so it would apply to whatever host a request names.
    #[error(
        "proxy_url (CLERK_PROXY_URL) is a path, and without public_origin it is on the host that a request names, where a browser is \
         sent with its session token: set public_origin (CLERK_PUBLIC_ORIGIN), such as https://app.example.com, or give the whole URL; \
         dangerous_proxy_url_of_any_host is for a proxy that overwrites X-Forwarded-Host"
    )]
    ProxyOfAnyHost,

    /// A satellite has neither a domain nor a proxy URL.
    #[error(
        "is_satellite (CLERK_IS_SATELLITE) is set, but neither domain (CLERK_DOMAIN) nor proxy_url (CLERK_PROXY_URL): a \
         satellite has to say where its part of Clerk is"
    )]
    SatelliteWithoutDomain,

    /// A satellite of a development instance has no absolute sign-in URL.
    #[error(
        "is_satellite (CLERK_IS_SATELLITE) is set with development keys, so sign_in_url (CLERK_SIGN_IN_URL) has to be \
         an absolute URL on the primary application: that is where a visitor is sent to be synchronised"
    )]
    SatelliteWithoutSignInUrl,

    /// No client can offer this name as a subprotocol.
    #[error(
        "websocket_token_protocol is {found:?}: use letters, digits and hyphens, such as clerk-session-token; browsers offer \
         nothing with spaces, commas or slashes in it"
    )]
    NotAProtocol {
        /// The value that was set.
        found: String,
    },

    /// A pattern cannot match any path.
    #[error("organization_sync has the pattern {found:?}: {problem}")]
    BadPattern {
        /// The pattern.
        found: String,
        /// What is wrong with the pattern.
        problem: String,
    },

    /// An environment variable is not a boolean.
    #[error("{variable} is {found:?}: use true or false")]
    NotABoolean {
        /// The environment variable.
        variable: &'static str,
        /// The value that was set.
        found: String,
    },

    /// An environment variable is not valid UTF-8.
    #[error("{variable} is not valid UTF-8")]
    NotUnicode {
        /// The environment variable.
        variable: &'static str,
    },

    /// A URL contains user info, a query or a fragment.
    #[error(
        "{setting} ({variable}) has a user name, a password, a query or a fragment (not shown): give scheme, host, port and \
         path alone"
    )]
    UrlWithExtras {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The environment variable.
        variable: &'static str,
    },

    /// The clock skew is so long that expiry would be meaningless.
    #[error("clock_skew is longer than {max:?}: set the clock of this machine instead")]
    ClockSkewTooLong {
        /// The longest accepted value.
        max: std::time::Duration,
    },

    /// The time limit for calls to Clerk is so long that requests would wait for minutes.
    #[error("api_timeout is longer than {max:?}: requests would wait for Clerk as long; set seconds")]
    ApiTimeoutTooLong {
        /// The longest accepted value.
        max: std::time::Duration,
    },

    /// A list has an empty entry.
    #[error("{setting} has an empty entry: remove it")]
    EmptyEntry {
        /// The name of the setting in the builder.
        setting: &'static str,
    },

    /// A setting that needs a value is set, but empty.
    #[error("{setting} is set, but empty: give it a value, or leave it out")]
    Empty {
        /// The name of the setting in the builder.
        setting: &'static str,
    },
}

impl fmt::Debug for ConfigError {
    /// Prints the message: a `main` that returns the error prints its `Debug` form, which should tell the reader what
    /// to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn warn_of_publication(variable: &str) -> &'static str {
    if variable.contains("PUBLIC_") || variable.starts_with("VITE_") || variable.starts_with("REACT_APP_") {
        ", and replace the key in the Clerk dashboard, since such a name puts it into pages"
    } else {
        ""
    }
}

fn suggest(meant: &Option<String>) -> String {
    match meant {
        Some(origin) => format!("; did you mean {origin:?}?"),
        None => ": give scheme, host and port alone, such as https://app.example.com".to_owned(),
    }
}
