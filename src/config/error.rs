//! Configuration errors: each names the setting, the problem and the fix.

use std::{fmt, path::Path};

use super::jwks_file::JwksFileProblem;
use super::setting::{
    API_URL, API_VERSION, AUTHORIZED_PARTIES, BASE_PATH, DOMAIN, FRONTEND_API_URL, IS_SATELLITE, JWKS_FILE, JWT_KEY,
    MACHINE_ID, PROXY_URL, PUBLIC_ORIGIN, PUBLISHABLE_KEY, SECRET_KEY, SIGN_IN_URL, Setting,
};
use super::shown::shown;
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
        "{PUBLISHABLE_KEY} is missing: copy it from the API keys page of the Clerk Dashboard, \
         https://dashboard.clerk.com/last-active?path=api-keys"
    )]
    MissingPublishableKey,

    /// The publishable key is missing, but a variable with a name for frontends is set.
    #[error(
        "{PUBLISHABLE_KEY} is missing. {variable} is set, but that is a name for frontends, and it is not read here: \
         set CLERK_PUBLISHABLE_KEY to the same value"
    )]
    #[non_exhaustive]
    PublishableKeyMisnamed {
        /// The variable that is set.
        variable: &'static str,
    },

    /// The secret key is missing, but a variable with another name is set.
    #[error(
        "{SECRET_KEY} is missing. {variable} is set, but it is not read here: set CLERK_SECRET_KEY instead{}",
        warn_of_publication(.variable)
    )]
    #[non_exhaustive]
    SecretKeyMisnamed {
        /// The variable that is set.
        variable: &'static str,
    },

    /// Both the secret key and the JWT key are missing, so no token could be verified.
    #[error(
        "{SECRET_KEY} and {JWT_KEY} are both missing, and verifying tokens requires one of them: copy the secret key \
         from the API keys page of the Clerk Dashboard"
    )]
    MissingSecretKey,

    /// A setting needs calls to Clerk, and the secret key for them is missing.
    #[error(
        "{} requires calls to Clerk's Backend API, but {SECRET_KEY} is missing: set it, or remove {setting}", of(.setting)
    )]
    #[non_exhaustive]
    SecretKeyNeededFor {
        /// The setting that needs the secret key.
        setting: &'static str,
    },

    /// A key does not have the form of Clerk's keys.
    #[error("{} is not valid: {problem}. Copy it again from the Clerk Dashboard", named(.setting, .variable))]
    #[non_exhaustive]
    MalformedKey {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The environment variable; `None` if the setting has none.
        variable: Option<&'static str>,
        /// What is wrong with the key.
        problem: KeyError,
    },

    /// The keys belong to two instances, one for production and one for development.
    #[error(
        "{PUBLISHABLE_KEY} belongs to a {publishable} instance, and {SECRET_KEY} to a {secret} instance: copy both \
         from the same page of the Clerk Dashboard"
    )]
    #[non_exhaustive]
    KeysOfDifferentInstances {
        /// The type of the publishable key.
        publishable: InstanceType,
        /// The type of the secret key.
        secret: InstanceType,
    },

    /// A setting is not an absolute `http(s)` URL.
    #[error("{} is {found:?}: use an absolute http:// or https:// URL", named(.setting, .variable))]
    #[non_exhaustive]
    NotAnAbsoluteUrl {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The environment variable; `None` if the setting has none.
        variable: Option<&'static str>,
        /// The value that was set.
        found: String,
    },

    /// A setting is neither an absolute URL nor a path from the root.
    #[error(
        "{} is {found:?}: use a path from the root such as /sign-in, or an absolute http:// or https:// URL",
        named(.setting, .variable)
    )]
    #[non_exhaustive]
    NotAPage {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The environment variable; `None` if the setting has none.
        variable: Option<&'static str>,
        /// The value that was set.
        found: String,
    },

    /// A setting is not an origin: scheme, host and port.
    #[error("{} contains {found:?}, which is not an origin{}", of(.setting), suggest(.meant))]
    #[non_exhaustive]
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
        "{AUTHORIZED_PARTIES} contains {found:?}: wildcards are not supported, because they would accept hosts that \
         someone else may come to control. List each origin"
    )]
    #[non_exhaustive]
    WildcardOrigin {
        /// The value that was set.
        found: String,
    },

    /// One entry of the authorized parties contains several origins.
    #[error(
        "{AUTHORIZED_PARTIES} contains {found:?}, which is more than one origin: separate the origins with commas in \
         the variable, or pass each as its own element to authorized_parties"
    )]
    #[non_exhaustive]
    SeveralOrigins {
        /// The value that was set.
        found: String,
    },

    /// The domain has a scheme or a path, or contains characters that no host name has.
    #[error("{DOMAIN} is {found:?}: use only the host, such as satellite.example.com")]
    #[non_exhaustive]
    NotADomain {
        /// The value that was set.
        found: String,
    },

    /// No publishable key can be made from the text.
    #[error(
        "publishable_key_from_host was called with {found:?}, which is not a host name: pass only the domain, such as \
         app.example.com"
    )]
    #[non_exhaustive]
    NotAHost {
        /// The text that was passed.
        found: String,
    },

    /// The base path is not a path from the root.
    #[error(
        "{BASE_PATH} is {found:?}: set the path that the proxy strips from each request, such as /app, without a host, \
         a query or dot segments; or remove the setting if the proxy passes paths on unchanged"
    )]
    #[non_exhaustive]
    NotABasePath {
        /// The value that was set.
        found: String,
    },

    /// The API URL ends in the version, which is appended to it.
    #[error("{API_URL} ends in /{version}, but {API_VERSION} is appended to it: remove /{version} from the URL")]
    #[non_exhaustive]
    ApiUrlWithVersion {
        /// The version.
        version: String,
    },

    /// The API version cannot be part of a path.
    #[error("{API_VERSION} is {found:?}: use a version as it appears in the API's paths, such as v1")]
    #[non_exhaustive]
    NotAVersion {
        /// The value that was set.
        found: String,
    },

    /// The rate limit leaves no room to sign in.
    #[error(
        "backend_api_rate_limit is less than {min}: set it to the number of calls that Clerk accepts from this server \
         in ten seconds, or remove it"
    )]
    #[non_exhaustive]
    RateLimitTooLow {
        /// The lowest accepted value.
        min: u32,
    },

    /// The machine ID is malformed.
    #[error(
        "{MACHINE_ID} is {found:?}: copy the ID of this server's machine, mch_…, from the machines page of the Clerk \
         Dashboard"
    )]
    #[non_exhaustive]
    NotAMachineId {
        /// The value that was set.
        found: String,
    },

    /// The path of the Frontend API proxy is not a plain path from the root.
    #[error(
        "frontend_api_proxy is {found:?}: use a path from the root such as /__clerk, with letters, digits and the \
         characters - . _ ~ only; set public_origin and proxy_url for what comes before it in the browser"
    )]
    #[non_exhaustive]
    NotAProxyPath {
        /// The value that was set.
        found: String,
    },

    /// The header with the client's address is not a header, or one of another form.
    #[error(
        "client_address_header of frontend_api_proxy is {found:?}: use the name of a header whose value is an address, \
         such as X-Forwarded-For, X-Real-IP or CF-Connecting-IP"
    )]
    #[non_exhaustive]
    NotAnAddressHeader {
        /// The value that was set.
        found: String,
    },

    /// The Frontend API proxy would pass requests to itself.
    #[error(
        "{FRONTEND_API_URL} is {found:?}, which is this application (public_origin), so the proxy would pass each \
         request to itself: remove the setting, or set it to the address of Clerk's Frontend API; the address of the \
         proxy in browsers is proxy_url"
    )]
    #[non_exhaustive]
    FrontendApiIsThisApplication {
        /// The value that was set.
        found: String,
    },

    /// The proxy URL is a path, in production, so it would apply to whatever host a request names.
    #[error(
        "{PROXY_URL} or frontend_api_proxy is a path, and public_origin is not set, so browsers would be redirected, with their session \
         tokens, to whatever host a request names: set {PUBLIC_ORIGIN}, such as https://app.example.com, or set \
         proxy_url to an absolute URL; if a proxy overwrites X-Forwarded-Host, use dangerous_proxy_url_of_any_host"
    )]
    ProxyOfAnyHost,

    /// A satellite has neither a domain nor a proxy URL.
    #[error(
        "{IS_SATELLITE} is set, but neither {DOMAIN} nor {PROXY_URL} is: set one of them to the address of Clerk's \
         Frontend API for this satellite"
    )]
    SatelliteWithoutDomain,

    /// A satellite of a development instance has no absolute sign-in URL.
    #[error(
        "{IS_SATELLITE} is set with development keys, but {SIGN_IN_URL} is not an absolute URL: set it to a page of \
         the primary application, to which visitors are redirected to synchronize their session"
    )]
    SatelliteWithoutSignInUrl,

    /// No client can offer this name as a subprotocol.
    #[error(
        "websocket_token_protocol is {found:?}: use letters, digits and hyphens, such as clerk-session-token, because \
         browsers cannot offer a name with spaces, commas or slashes"
    )]
    #[non_exhaustive]
    NotAProtocol {
        /// The value that was set.
        found: String,
    },

    /// A pattern cannot match any path.
    #[error("organization_sync contains the pattern {found:?}, which is not valid: {problem}")]
    #[non_exhaustive]
    BadPattern {
        /// The pattern.
        found: String,
        /// The problem with the pattern.
        problem: String,
    },

    /// A Content-Security-Policy has something in it that browsers would ignore or misread.
    #[error("the Content-Security-Policy contains {found:?}, {problem}")]
    #[non_exhaustive]
    BadContentSecurityPolicy {
        /// The part of the policy.
        found: String,
        /// What is wrong with it, and what to do.
        problem: &'static str,
    },

    /// An environment variable is not a boolean.
    #[error("{variable} is {found:?}: use true or false")]
    #[non_exhaustive]
    NotABoolean {
        /// The environment variable.
        variable: &'static str,
        /// The value that was set.
        found: String,
    },

    /// An environment variable is not valid UTF-8.
    #[error("{variable} is not valid UTF-8: set it to UTF-8 text")]
    #[non_exhaustive]
    NotUnicode {
        /// The environment variable.
        variable: &'static str,
    },

    /// A URL contains user info, a query or a fragment.
    #[error(
        "{} contains a user name, a password, a query or a fragment (not shown): use only scheme, host, port and path",
        named(.setting, .variable)
    )]
    #[non_exhaustive]
    UrlWithExtras {
        /// The name of the setting in the builder.
        setting: &'static str,
        /// The environment variable; `None` if the setting has none.
        variable: Option<&'static str>,
    },

    /// The file of signing keys cannot be used.
    #[error("{JWKS_FILE} is {found:?}: {problem}")]
    #[non_exhaustive]
    JwksFile {
        /// The path that was set.
        found: String,
        /// What is wrong with the file.
        problem: JwksFileProblem,
    },

    /// The file of signing keys is set beside the JWT key, which is used instead of any signing keys from Clerk.
    #[error("{JWKS_FILE} has no effect beside {JWT_KEY}, which needs no keys from Clerk: remove one of them")]
    JwksFileBesideJwtKey,

    /// No client could use this as the URL of a [`ProtectedResource`](crate::ProtectedResource).
    #[error(
        "the URL of a ProtectedResource is {found:?}, {problem}: use the URL that clients are given, such as \
         https://api.example.com/mcp"
    )]
    #[non_exhaustive]
    NotAResource {
        /// The value that was set.
        found: String,
        /// What is wrong with it.
        problem: &'static str,
    },

    /// A scope of a [`ProtectedResource`](crate::ProtectedResource) is not one that a token can have.
    #[error(
        "the scopes of a ProtectedResource contain {found:?}: pass each scope as its own element, without spaces, \
         quotation marks and backslashes"
    )]
    #[non_exhaustive]
    NotAScope {
        /// The value that was set.
        found: String,
    },

    /// The public origin is missing, and without it the host would be up to the client.
    #[error("{setting} requires {PUBLIC_ORIGIN}: set it, such as https://api.example.com")]
    #[non_exhaustive]
    PublicOriginNeededFor {
        /// What needs it.
        setting: &'static str,
    },

    /// The clock skew is so long that expiry would be meaningless.
    #[error("clock_skew is longer than {max:?}: set a shorter one, and correct the clock of this machine instead")]
    #[non_exhaustive]
    ClockSkewTooLong {
        /// The longest accepted value.
        max: std::time::Duration,
    },

    /// The time limit for calls to Clerk is so long that requests would wait for minutes.
    #[error("api_timeout is longer than {max:?}, and requests would wait that long for Clerk: set it to a few seconds")]
    #[non_exhaustive]
    ApiTimeoutTooLong {
        /// The longest accepted value.
        max: std::time::Duration,
    },

    /// A list has an empty entry.
    #[error("{} contains an empty entry: remove the entry", of(.setting))]
    #[non_exhaustive]
    EmptyEntry {
        /// The name of the setting in the builder.
        setting: &'static str,
    },

    /// A setting that needs a value is set, but empty.
    #[error("{} is set, but empty: set a value, or remove the setting", of(.setting))]
    #[non_exhaustive]
    Empty {
        /// The name of the setting in the builder.
        setting: &'static str,
    },
}

impl ConfigError {
    pub(crate) fn of_jwks_file(path: &Path, problem: JwksFileProblem) -> Self {
        Self::JwksFile { found: shown(&path.display().to_string()), problem }
    }
}

impl fmt::Debug for ConfigError {
    /// Prints the message: a `main` that returns the error prints its `Debug` form, which should tell the reader what
    /// to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Returns the setting of this name in the builder, as messages name it.
fn of(name: &'static str) -> Setting {
    Setting::named(name)
}

/// Returns the setting as the message names it.
fn named(name: &'static str, variable: &Option<&'static str>) -> Setting {
    Setting { name, variable: *variable }
}

fn warn_of_publication(variable: &str) -> &'static str {
    if variable.contains("PUBLIC_") || variable.starts_with("VITE_") || variable.starts_with("REACT_APP_") {
        ", and replace the key in the Clerk Dashboard, because frontend builds publish variables with such a name"
    } else {
        ""
    }
}

fn suggest(meant: &Option<String>) -> String {
    match meant {
        Some(origin) => format!("; did you mean {origin:?}?"),
        None => ": use only scheme, host and port, such as https://app.example.com".to_owned(),
    }
}
