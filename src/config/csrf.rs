//! Cross-site request forgery (CSRF) protection: the pages that may send unsafe requests with a visitor's cookies.

use super::{error::ConfigError, origin, setting};

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
        self.trusted_origins.iter().try_for_each(|origin| origin::check(setting::CSRF_PROTECTION, origin))
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
