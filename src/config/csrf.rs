//! Cross-site request forgery (CSRF) protection: the pages that may send unsafe requests with a visitor's cookies.

use super::{ClerkConfigBuilder, ConfigError, checks::check_origin};

/// The pages that may send unsafe requests with a visitor's cookies: `POST`, `PUT`, `PATCH`, `DELETE` and any other
/// method except `GET`, `HEAD` and `OPTIONS`. See
/// [`ClerkConfigBuilder::csrf_protection`](crate::ClerkConfigBuilder::csrf_protection).
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
    /// The pages whose unsafe requests may be authenticated by a visitor's cookies. Unsafe means `POST`, `PUT`,
    /// `PATCH`, `DELETE` and any other method except `GET`, `HEAD` and `OPTIONS`. Default: [`CsrfProtection::new`], on.
    ///
    /// Browsers send cookies even with requests from pages of other origins, and `SameSite` does not stop sibling
    /// domains such as `blog.example.com`. Cookies count if any of these is true:
    ///
    /// - The browser sends `Sec-Fetch-Site: same-origin`, or `none` for a request that no page caused, such as a
    ///   bookmark.
    /// - `Origin` is the request's own origin ([`public_origin`](Self::public_origin), or the origin from the proxy's
    ///   headers and `Host`), one of the [`authorized_parties`](Self::authorized_parties), or a [trusted
    ///   origin](CsrfProtection::trusted_origin).
    /// - `Origin` is the `azp` claim of the session cookie: Clerk issued this very token to that page.
    /// - The request has neither header: the client is not a browser, or is one from before 2020.
    ///
    /// Otherwise the request is signed out with the reason `cross-origin-request`. Tokens in the `Authorization`
    /// header, and requests without a visitor's cookies, are not affected.
    ///
    /// It is on by default because it does not reject requests of a correct application. The application's pages are on
    /// the origin that they send requests to, or on the origin that the session token was issued to; that includes a
    /// frontend on another port or subdomain, and a proxy that changes the `Host`. Any other page uses a session that
    /// was not issued to it, and has to be listed.
    ///
    /// List every frontend in [`authorized_parties`](Self::authorized_parties) or as a [trusted
    /// origin](CsrfProtection::trusted_origin) in two cases: if several of them share one cookie jar, such as two ports of
    /// `localhost`, because the last one to write `__session` sets its `azp`; and if this server refreshes sessions for a
    /// frontend of another origin, because the refreshed token can be issued to this server's own origin.
    ///
    /// Two kinds of requests need care elsewhere. A server that forwards a browser's request, as server-side rendering
    /// does, must not forward `Sec-Fetch-*`, or must send the token as `Authorization: Bearer`. And a page with
    /// `Referrer-Policy: no-referrer` makes older browsers send `Origin: null` with its forms; use `same-origin` instead.
    pub fn csrf_protection(mut self, csrf_protection: CsrfProtection) -> Self {
        self.csrf_protection = csrf_protection;
        self
    }
}

impl CsrfProtection {
    /// Returns the default: trusts the application's own pages, pages of its authorized parties, and pages that the
    /// session token was issued to.
    pub fn new() -> Self {
        Self { is_on: true, trusted_origins: Vec::new() }
    }

    /// Adds an origin, such as `https://forms.example.com`, whose pages may send unsafe requests with a visitor's
    /// cookies, as the application's own pages may. Its pages may open WebSockets too. Unlike an authorized party, it
    /// does not change which tokens are accepted.
    pub fn trusted_origin(mut self, origin: impl Into<String>) -> Self {
        self.trusted_origins.push(origin.into());
        self
    }

    /// Turns the protection off: any page that makes a browser send its cookies can act as the visitor. For
    /// applications that have another defense, such as a token in every form. WebSockets stay protected.
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
