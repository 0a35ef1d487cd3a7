//! Cross-site request forgery: the pages whose unsafe requests count with a visitor's cookies.

use super::{ClerkConfigBuilder, ConfigError, checks::check_origin};

/// The pages that may send unsafe requests (`POST`, `PUT`, `PATCH`, `DELETE` and any method but `GET`, `HEAD` and `OPTIONS`)
/// with a visitor's cookies. See [`ClerkConfigBuilder::csrf_protection`](crate::ClerkConfigBuilder::csrf_protection).
///
/// ```
/// use clerk_actix::{ClerkConfig, CsrfProtection};
///
/// let config = ClerkConfig::builder()
///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
///     .secret_key("sk_live_000000000000")
///     .csrf_protection(CsrfProtection::new().trusted_origin("https://forms.example.com"))
///     .build()?;
/// # let _ = config;
/// # Ok::<(), clerk_actix::ConfigError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsrfProtection {
    is_on: bool,
    trusted_origins: Vec<String>,
}

impl ClerkConfigBuilder {
    /// The pages whose unsafe requests (`POST`, `PUT`, `PATCH`, `DELETE`: any method but `GET`, `HEAD` and `OPTIONS`) count
    /// with a visitor's cookies. A browser sends cookies along with requests that pages of other origins make, and
    /// `SameSite` does not stop sibling domains such as `blog.example.com`. Default: [`CsrfProtection::new`], on.
    ///
    /// Cookies count if any of these holds:
    ///
    /// - The browser says `Sec-Fetch-Site: same-origin`, or `none` for what the user does without a page.
    /// - `Origin` is the request's own origin ([`public_origin`](Self::public_origin), or what the proxy and `Host` say), one
    ///   of the [`authorized_parties`](Self::authorized_parties), or a [trusted origin](CsrfProtection::trusted_origin).
    /// - `Origin` is the `azp` claim of the session cookie: the page for which Clerk made this very token.
    /// - The request has neither header: the client is not a browser, or is one from before 2020.
    ///
    /// Otherwise the request is signed out for the reason `cross-origin-request`. Tokens in the `Authorization` header, and
    /// requests without a visitor's cookies, are not affected.
    ///
    /// It is on by default because it rejects no request that a correct application makes: its pages are on the origin that
    /// they send to, or on the one that the session token was made for. That holds for a frontend on another port or
    /// subdomain, and behind a proxy that changes the `Host`. A page of neither kind acts with a session that it was never
    /// given, and has to be listed.
    pub fn csrf_protection(mut self, csrf_protection: CsrfProtection) -> Self {
        self.csrf_protection = csrf_protection;
        self
    }
}

impl CsrfProtection {
    /// The default: the application's own pages, those of its authorized parties, and those that the session token was made
    /// for.
    pub fn new() -> Self {
        Self { is_on: true, trusted_origins: Vec::new() }
    }

    /// Adds an origin, such as `https://forms.example.com`, whose pages may act with a visitor's cookies as the
    /// application's own pages may. It may open WebSockets too. Unlike an authorized party it does not change which tokens
    /// are accepted.
    pub fn trusted_origin(mut self, origin: impl Into<String>) -> Self {
        self.trusted_origins.push(origin.into());
        self
    }

    /// No protection: any page that makes a browser send its cookies can act as the visitor. For applications that have
    /// another defense, such as a token in every form. WebSockets stay protected.
    pub fn dangerously_off() -> Self {
        Self { is_on: false, trusted_origins: Vec::new() }
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        self.trusted_origins.iter().try_for_each(|origin| check_origin("csrf_protection", origin))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.is_on
    }

    pub(crate) fn trusts(&self, origin: &str) -> bool {
        self.trusted_origins.iter().any(|trusted| trusted == origin)
    }
}

impl Default for CsrfProtection {
    fn default() -> Self {
        Self::new()
    }
}
