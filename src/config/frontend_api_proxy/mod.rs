//! The settings of the Frontend API proxy: its path in this application, its limits, and its upstream.

use std::time::Duration;

use url::Url;

use super::{
    error::ConfigError,
    setting::{FRONTEND_API_PROXY, FRONTEND_API_URL},
    shown::shown,
    values,
};
use crate::keys::{PublishableKey, tidy};

/// Enough for a profile image, the largest thing that Clerk's components upload.
const DEFAULT_BODY_LIMIT: u64 = 16 << 20;
const DEFAULT_RESPONSE_TIMEOUT: Duration = Duration::from_secs(30);

/// The proxy for Clerk's Frontend API in this application. See
/// [`ClerkConfigBuilder::frontend_api_proxy`](crate::ClerkConfigBuilder::frontend_api_proxy), which also takes the path
/// alone.
///
/// ```
/// use std::time::Duration;
///
/// use clerk_actix::{ClerkConfig, FrontendApiProxy};
///
/// let config = ClerkConfig::builder()
///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
///     .secret_key("sk_live_000000000000")
///     .public_origin("https://app.example.com")
///     .frontend_api_proxy(
///         FrontendApiProxy::new("/__clerk")
///             .client_address_header("CF-Connecting-IP")
///             .response_timeout(Duration::from_secs(10)),
///     )
///     .build()?;
/// # let _ = config;
/// # Ok::<(), clerk_actix::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[doc(alias = "frontendApiProxy")]
pub struct FrontendApiProxy {
    path: String,
    body_limit: u64,
    response_timeout: Duration,
    client_address_header: Option<String>,
}

impl FrontendApiProxy {
    /// Returns a proxy at this path of the application, such as `/__clerk`, with the default limits.
    ///
    /// It is the path as it arrives at this server: without the [`base_path`](crate::ClerkConfigBuilder::base_path),
    /// which the server in front removes. No route of the application can use it or a path below it.
    pub fn new(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            body_limit: DEFAULT_BODY_LIMIT,
            response_timeout: DEFAULT_RESPONSE_TIMEOUT,
            client_address_header: None,
        }
    }

    /// Sets the maximum size of a request's body in bytes. Default 16 MiB. A larger one is rejected with 413.
    ///
    /// Bodies are passed on as they arrive and are not held in memory, so this limits what a visitor can make this
    /// server send to Clerk, and not its memory.
    pub fn body_limit(mut self, bytes: u64) -> Self {
        self.body_limit = bytes;
        self
    }

    /// Sets how long to wait for the headers of Clerk's response. Default 30 seconds. Then the response is a 504.
    ///
    /// The time starts again with each part of the request's body that arrives, so that a slow upload is not cut off,
    /// and a client that stops sending gets a 408. The body of the response may take any time.
    pub fn response_timeout(mut self, response_timeout: Duration) -> Self {
        self.response_timeout = response_timeout;
        self
    }

    /// Names the header in which the server in front passes the client's address: `CF-Connecting-IP` of Cloudflare,
    /// `X-Forwarded-For` of a load balancer, `X-Real-IP` as many set it in nginx. Default: none, the address is that of
    /// the connection.
    ///
    /// Clerk limits rates and detects bots by the address, so set this if there is a server in front: otherwise all
    /// visitors share its address. Name only a header that this server sets or appends to, whatever the client sent. If
    /// the header has several addresses, the last one counts, because the server in front added it; clients can choose
    /// the others. If it has no valid address, that of the connection is used.
    pub fn client_address_header(mut self, name: impl Into<String>) -> Self {
        self.client_address_header = Some(name.into());
        self
    }
}

/// At `/__clerk`, the path that Clerk's SDKs use.
impl Default for FrontendApiProxy {
    fn default() -> Self {
        Self::new("/__clerk")
    }
}

impl From<&str> for FrontendApiProxy {
    fn from(path: &str) -> Self {
        Self::new(path)
    }
}

impl From<String> for FrontendApiProxy {
    fn from(path: String) -> Self {
        Self::new(path)
    }
}

/// The checked settings of the proxy.
#[derive(Debug)]
pub(crate) struct FrontendApiProxySettings {
    /// As requests arrive with it. Starts with a slash, does not end with one, and needs no escapes.
    pub(crate) path: String,
    pub(crate) body_limit: u64,
    pub(crate) response_timeout: Duration,
    /// In lower case.
    pub(crate) client_address_header: Option<String>,
}

impl FrontendApiProxySettings {
    pub(super) fn check(proxy: FrontendApiProxy) -> Result<Self, ConfigError> {
        let FrontendApiProxy { path, body_limit, response_timeout, client_address_header } = proxy;
        if body_limit == 0 || response_timeout.is_zero() {
            return Err(ConfigError::Empty { setting: FRONTEND_API_PROXY.name });
        }
        let client_address_header = client_address_header.map(|name| header_name(&name)).transpose()?;
        Ok(Self { path: parse_path(&path)?, body_limit, response_timeout, client_address_header })
    }
}

/// Checks the path and removes slashes at its end. Only characters that mean the same in every spelling of a URL are
/// allowed, because a path is compared with what clients send.
fn parse_path(text: &str) -> Result<String, ConfigError> {
    let refused = || ConfigError::NotAProxyPath { found: shown(text) };
    let path = tidy(text).trim_end_matches('/');
    let segments = path.strip_prefix('/').ok_or_else(refused)?;
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
    if segments.split('/').all(is_segment) { Ok(path.to_owned()) } else { Err(refused()) }
}

fn header_name(text: &str) -> Result<String, ConfigError> {
    let name = tidy(text);
    let is_token_char = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    // Its value is a list of `for=ADDRESS;…`, which is not an address.
    let is_forwarded = name.eq_ignore_ascii_case("forwarded");
    if name.is_empty() || is_forwarded || !name.bytes().all(is_token_char) {
        return Err(ConfigError::NotAnAddressHeader { found: shown(text) });
    }
    Ok(name.to_ascii_lowercase())
}

/// Returns the URL of the Frontend API that the proxy passes requests to: the one that is set, or Clerk's own for this
/// kind of key. The proxy does not use the host in the key, because in production the key's host is a domain of the
/// application's, which need not exist if there is a proxy.
pub(super) fn upstream(set: Option<&str>, key: &PublishableKey) -> Result<Url, ConfigError> {
    let url = values::absolute_url(FRONTEND_API_URL, set.unwrap_or_else(|| clerks_own(key.frontend_api())))?;
    values::check_is_address_alone(FRONTEND_API_URL, &url)?;
    Ok(url)
}

fn clerks_own(frontend_api: &str) -> &'static str {
    const PRODUCTION: &str = "https://frontend-api.clerk.dev";
    const OF_CLERKS_DEVELOPERS: &str = "https://frontend-api.lclclerk.com";
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| frontend_api.ends_with(suffix));
    match frontend_api {
        host if host.starts_with("clerk.") && ends(&[".lcl.dev", ".lclstage.dev", ".lclclerk.com"]) => PRODUCTION,
        _ if ends(&[".lcl.dev", "lclstage.dev", ".lclclerk.com"]) => OF_CLERKS_DEVELOPERS,
        _ if ends(&[".accountsstage.dev"]) => "https://frontend-api.clerkstage.dev",
        _ => PRODUCTION,
    }
}

/// Rejects a proxy whose upstream is this application, so that each request would come back to it.
pub(super) fn check_is_no_circle(upstream: &Url, public_origin: Option<&Url>) -> Result<(), ConfigError> {
    match public_origin {
        Some(own) if own.origin() == upstream.origin() => {
            Err(ConfigError::FrontendApiIsThisApplication { found: shown(upstream.as_str()) })
        }
        _ => Ok(()),
    }
}

/// Returns the path of the proxy in the browser.
pub(super) fn path_in_browser(proxy: &FrontendApiProxySettings, base_path: Option<&str>) -> String {
    format!("{}{}", base_path.unwrap_or_default(), proxy.path)
}

#[cfg(test)]
mod tests;
