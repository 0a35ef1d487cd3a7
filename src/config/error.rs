//! Why a configuration cannot work: the setting, what is wrong with it, and what to do.

use std::fmt;

use crate::keys::{InstanceType, KeyError};

/// A configuration that cannot work, found at start-up instead of at the first request.
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
    /// No publishable key.
    #[error(
        "publishable_key (CLERK_PUBLISHABLE_KEY) is missing: copy it from the API keys page of the Clerk dashboard, \
         https://dashboard.clerk.com/last-active?path=api-keys"
    )]
    MissingPublishableKey,

    /// No publishable key under its own name, but one under the name that a frontend has for it.
    #[error(
        "publishable_key (CLERK_PUBLISHABLE_KEY) is missing. {variable} is set, which is a name for frontends and is not read \
         here: set CLERK_PUBLISHABLE_KEY to the same value"
    )]
    PublishableKeyMisnamed {
        /// The variable that is set.
        variable: &'static str,
    },

    /// No secret key under its own name, but one under another.
    #[error(
        "secret_key (CLERK_SECRET_KEY) is missing. {variable} is set, which is not read here: set CLERK_SECRET_KEY instead{}",
        warn_of_publication(.variable)
    )]
    SecretKeyMisnamed {
        /// The variable that is set.
        variable: &'static str,
    },

    /// Neither a secret key nor a JWT key, so that no token could be verified.
    #[error(
        "secret_key (CLERK_SECRET_KEY) is missing, and so is jwt_key (CLERK_JWT_KEY): without one of them no token can \
         be verified. Copy the secret key from the API keys page of the Clerk dashboard"
    )]
    MissingSecretKey,

    /// A setting that needs calls to Clerk, without the secret key for them.
    #[error(
        "{setting} needs calls to Clerk's Backend API, and so secret_key (CLERK_SECRET_KEY), which is missing: set it, \
         or leave {setting} out"
    )]
    SecretKeyNeededFor {
        /// The setting that needs it.
        setting: &'static str,
    },

    /// A key that is not of the form that Clerk gives out.
    #[error("{setting} ({variable}) cannot be used: {problem}. Copy it again from the Clerk dashboard")]
    MalformedKey {
        /// The builder's name of the setting.
        setting: &'static str,
        /// The environment variable.
        variable: &'static str,
        /// What is wrong with it.
        problem: KeyError,
    },

    /// Keys of two instances: one of production, one of development.
    #[error(
        "publishable_key (CLERK_PUBLISHABLE_KEY) is of a {publishable} instance and secret_key (CLERK_SECRET_KEY) of a {secret} \
         one: take both from the same page of the Clerk dashboard"
    )]
    KeysOfDifferentInstances {
        /// Of the publishable key.
        publishable: InstanceType,
        /// Of the secret key.
        secret: InstanceType,
    },

    /// A setting that should be an absolute `http(s)` URL.
    #[error("{setting} ({variable}) is {found:?}, which is not an absolute http:// or https:// URL")]
    NotAnAbsoluteUrl {
        /// The builder's name of the setting.
        setting: &'static str,
        /// The environment variable, or `-` where there is none.
        variable: &'static str,
        /// What it was set to.
        found: String,
    },

    /// A setting that should be an absolute URL, or a path from the root.
    #[error(
        "{setting} ({variable}) is {found:?}: use a path from the root such as /sign-in, or an absolute http:// or \
         https:// URL"
    )]
    NotAPage {
        /// The builder's name of the setting.
        setting: &'static str,
        /// The environment variable, or `-` where there is none.
        variable: &'static str,
        /// What it was set to.
        found: String,
    },

    /// A setting that should be an origin: scheme, host and port.
    #[error("{setting} has {found:?}, which is not an origin{}", suggest(.meant))]
    NotAnOrigin {
        /// The builder's name of the setting.
        setting: &'static str,
        /// What it was set to.
        found: String,
        /// The origin that was probably meant.
        meant: Option<String>,
    },

    /// A wildcard among the authorized parties.
    #[error(
        "authorized_parties has {found:?}: wildcards are not supported, since they accept hosts that somebody else may come to \
         control. List each origin"
    )]
    WildcardOrigin {
        /// What it was set to.
        found: String,
    },

    /// Several origins in one entry of the authorized parties.
    #[error(
        "authorized_parties has {found:?}, which is more than one origin: separate them with commas in CLERK_AUTHORIZED_PARTIES, \
         and pass each by itself to authorized_parties"
    )]
    SeveralOrigins {
        /// What it was set to.
        found: String,
    },

    /// A domain with a scheme or a path, or with characters that no host name has.
    #[error("domain (CLERK_DOMAIN) is {found:?}: give the host alone, such as satellite.example.com")]
    NotADomain {
        /// What it was set to.
        found: String,
    },

    /// A text from which no publishable key can be made.
    #[error(
        "publishable_key_from_host was given {found:?}, which is not a host name: pass the domain alone, such as \
         app.example.com"
    )]
    NotAHost {
        /// What it was given.
        found: String,
    },

    /// A base path that is not one.
    #[error(
        "base_path (CLERK_BASE_PATH) is {found:?}: set the path that the proxy takes off each request, such as /app, without \
         a host, a query or dots; or leave it out if the proxy passes paths on as they are"
    )]
    NotABasePath {
        /// What it was set to.
        found: String,
    },

    /// An API URL that ends in the version, which is appended to it.
    #[error(
        "api_url (CLERK_API_URL) ends in /{version}, and api_version (CLERK_API_VERSION) is appended to it: leave /{version} out \
         of the URL"
    )]
    ApiUrlWithVersion {
        /// The version.
        version: String,
    },

    /// A version that cannot be part of a path.
    #[error("api_version (CLERK_API_VERSION) is {found:?}: use a version as it stands in the API's paths, such as v1")]
    NotAVersion {
        /// What it was set to.
        found: String,
    },

    /// A rate limit that leaves no room to sign in.
    #[error(
        "backend_api_rate_limit is less than {min}: set it to the number of calls that Clerk accepts from this server in ten \
         seconds, or leave it out"
    )]
    RateLimitTooLow {
        /// The least that can be set.
        min: u32,
    },

    /// A machine's id that is not one.
    #[error(
        "machine_id (CLERK_MACHINE_ID) is {found:?}: copy the id of this server's machine, mch_…, from the machines page of the \
         Clerk dashboard"
    )]
    NotAMachineId {
        /// What it was set to.
        found: String,
    },

    /// A relative proxy URL in production, on whatever host a request names.
    #[error(
        "proxy_url (CLERK_PROXY_URL) is a path, and without public_origin it is on the host that a request names, where a browser is \
         sent with its session token: set public_origin (CLERK_PUBLIC_ORIGIN), such as https://app.example.com, or give the whole URL; \
         dangerous_proxy_url_of_any_host is for a proxy that overwrites X-Forwarded-Host"
    )]
    ProxyOfAnyHost,

    /// A satellite that says neither its domain nor its proxy.
    #[error(
        "is_satellite (CLERK_IS_SATELLITE) is set, but neither domain (CLERK_DOMAIN) nor proxy_url (CLERK_PROXY_URL): a \
         satellite has to say where its part of Clerk is"
    )]
    SatelliteWithoutDomain,

    /// A satellite of a development instance without an absolute sign-in URL.
    #[error(
        "is_satellite (CLERK_IS_SATELLITE) is set with development keys, so sign_in_url (CLERK_SIGN_IN_URL) has to be \
         an absolute URL on the primary application: that is where a visitor is sent to be synchronised"
    )]
    SatelliteWithoutSignInUrl,

    /// A name that no client can offer as a subprotocol.
    #[error(
        "websocket_token_protocol is {found:?}: use letters, digits and hyphens, such as clerk-session-token; browsers offer \
         nothing with spaces, commas or slashes in it"
    )]
    NotAProtocol {
        /// What it was set to.
        found: String,
    },

    /// A pattern that cannot match a path.
    #[error("organization_sync has the pattern {found:?}: {problem}")]
    BadPattern {
        /// The pattern.
        found: String,
        /// What is wrong with it.
        problem: String,
    },

    /// An environment variable that should be yes or no.
    #[error("{variable} is {found:?}: use true or false")]
    NotABoolean {
        /// The environment variable.
        variable: &'static str,
        /// What it was set to.
        found: String,
    },

    /// An environment variable whose bytes are not UTF-8.
    #[error("{variable} is not valid UTF-8")]
    NotUnicode {
        /// The environment variable.
        variable: &'static str,
    },

    /// A URL that says more than where: who, or what for.
    #[error(
        "{setting} ({variable}) has a user name, a password, a query or a fragment (not shown): give scheme, host, port and \
         path alone"
    )]
    UrlWithExtras {
        /// The builder's name of the setting.
        setting: &'static str,
        /// The environment variable.
        variable: &'static str,
    },

    /// A tolerance that would make expiry meaningless.
    #[error("clock_skew is longer than {max:?}: set the clock of this machine instead")]
    ClockSkewTooLong {
        /// The longest that is accepted.
        max: std::time::Duration,
    },

    /// A list with an empty text among its entries.
    #[error("{setting} has an empty entry: remove it")]
    EmptyEntry {
        /// The builder's name of the setting.
        setting: &'static str,
    },

    /// A setting that was set to nothing where it has to be something.
    #[error("{setting} is set, but empty: give it a value, or leave it out")]
    Empty {
        /// The builder's name of the setting.
        setting: &'static str,
    },
}

impl fmt::Debug for ConfigError {
    /// The message: a `main` that returns its error prints it so, and whoever started the program should read what to do.
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
