//! The settings of the Frontend API proxy.

use super::ClerkConfigBuilder;
use crate::{config::frontend_api_proxy::FrontendApiProxy, keys::tidy};

impl ClerkConfigBuilder {
    /// Serves Clerk's Frontend API below this path of the application, such as `/__clerk`: the middleware passes such
    /// requests to Clerk before it authenticates anything, and handshakes go there too. Default: no proxy, browsers
    /// send requests to Clerk's own host.
    ///
    /// Requires the secret key, and in production [`public_origin`](Self::public_origin). Wrap the whole `App` in the
    /// middleware: one that wraps a scope sees only requests for that scope. [`FrontendApiProxy`] has the limits and
    /// the client's address. The guide [Proxying the Frontend
    /// API](https://docs.rs/clerk-actix/latest/clerk_actix/guide/frontend_api_proxy/) has the steps in Clerk's own
    /// order.
    ///
    /// This sets [`proxy_url`](Self::proxy_url) to the [`base_path`](Self::base_path) and the path. Set `proxy_url` too
    /// if browsers reach the proxy at another URL.
    ///
    /// ```
    /// use clerk_actix::ClerkConfig;
    ///
    /// let config = ClerkConfig::builder()
    ///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
    ///     .secret_key("sk_live_000000000000")
    ///     .public_origin("https://app.example.com")
    ///     .frontend_api_proxy("/__clerk")
    ///     .build()?;
    /// # let _ = config;
    /// # Ok::<(), clerk_actix::ConfigError>(())
    /// ```
    #[doc(alias = "frontendApiProxy")]
    pub fn frontend_api_proxy(mut self, frontend_api_proxy: impl Into<FrontendApiProxy>) -> Self {
        self.frontend_api_proxy = Some(frontend_api_proxy.into());
        self
    }

    /// The URL of the Frontend API that [`frontend_api_proxy`](Self::frontend_api_proxy) passes requests to. Default
    /// `https://frontend-api.clerk.dev`, which is Clerk's for all instances.
    ///
    /// The secret key is sent there with each request, so name only Clerk or a stand-in of your own.
    #[doc(alias = "fapiUrl")]
    pub fn frontend_api_url(mut self, frontend_api_url: impl Into<String>) -> Self {
        self.frontend_api_url = Some(tidy(&frontend_api_url.into()).to_owned());
        self
    }

    /// Names a Frontend API on this machine, which browsers can reach too: the proxy's upstream, and `proxy_url` if
    /// there is no proxy.
    #[cfg(feature = "testing")]
    pub(crate) fn local_frontend_api(mut self, url: String) -> Self {
        self.local_frontend_api = Some(url);
        self
    }
}
