//! [`ProtectedResource`]: an OAuth resource server, such as an MCP server (RFC 9728). Its metadata, and the challenges that
//! lead clients to it.
//!
//! `service` serves the metadata, `authorization_server` that of Clerk beside it, `middleware` marks the requests below the resource, and `challenge` completes the
//! responses to those that are rejected.

mod address;
mod authorization_server;
mod challenge;
mod middleware;
mod response;
mod service;

use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

use url::Url;

use self::address::Address;
pub(super) use self::{
    challenge::{complete, rejection_of},
    middleware::enter,
};
use crate::{
    config::{ConfigError, shown},
    instance::ClerkConfig,
};

/// An OAuth 2.0 protected resource (RFC 9728): an API that OAuth applications call with access tokens of Clerk's, such as
/// an MCP server.
///
/// It is two things at once. As a service of the `App`, it serves the resource's metadata, from which clients learn
/// where to get a token. As middleware around the resource, it adds the address of the metadata to the challenges of
/// rejected requests (401, and 403 if a scope is missing):
///
/// ```no_run
/// use actix_web::{web, App, HttpServer, Responder};
/// use clerk_actix::{Authorized, Check, ClerkMiddleware, OAuthToken, Policy, ProtectedResource};
///
/// struct ReadProfile;
/// impl Policy for ReadProfile {
///     const REQUIRES: Check = Check::new().scope("profile");
/// }
///
/// async fn files(app: Authorized<ReadProfile, OAuthToken>) -> impl Responder {
///     format!("the files of {}", app.user_id())
/// }
///
/// #[actix_web::main]
/// async fn main() -> Result<(), Box<dyn std::error::Error>> {
///     let clerk = ClerkMiddleware::from_env()?;
///     let resource = ProtectedResource::new("https://api.example.com/files")?.scopes(["profile"])?.name("Files");
///     HttpServer::new(move || {
///         App::new()
///             .service(resource.clone()) // GET /.well-known/oauth-protected-resource/files
///             .service(web::scope("/files").route("", web::get().to(files)).wrap(resource.clone()))
///             .wrap(clerk.clone())
///     })
///     .bind(("127.0.0.1", 3000))?
///     .run()
///     .await?;
///     Ok(())
/// }
/// ```
///
/// Register the service on the `App` itself, not in a scope, because clients look for the metadata at the root of the
/// host. As middleware, `wrap` the resource after [`require_auth`](crate::require_auth()) and
/// [`require`](crate::require()), so that it is further out; [`ClerkMiddleware`](crate::ClerkMiddleware) may be inside or
/// outside. Several resources are several values. If one is inside another, the inner one's challenges apply.
///
/// The authorization server is the Frontend API of the instance whose [`ClerkMiddleware`](crate::ClerkMiddleware) wraps the
/// service, or else of `web::Data<ClerkConfig>`.
#[derive(Clone)]
#[must_use = "register it as a service of the `App`, and wrap the resource's scope in it"]
pub struct ProtectedResource(Arc<Resource>);

#[derive(Clone)]
struct Resource {
    address: Address,
    scopes: Vec<String>,
    name: Option<String>,
    documentation: Option<String>,
    requires_audience: bool,
    serves_authorization_server: bool,
    is_served: Arc<AtomicBool>,
}

impl ProtectedResource {
    /// Creates the resource of this absolute URL: the one that clients are given, in its normal form.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotAResource`] if clients could not use the URL: it is not `https` (except on `localhost`), or it has
    /// a query, a fragment or user info, or it is not in the form that clients write it in.
    ///
    /// ```
    /// use clerk_actix::ProtectedResource;
    ///
    /// let mcp = ProtectedResource::new("https://api.example.com/mcp")?;
    /// assert_eq!(mcp.metadata_url(), "https://api.example.com/.well-known/oauth-protected-resource/mcp");
    /// assert!(ProtectedResource::new("http://api.example.com/mcp").is_err());
    /// # Ok::<(), clerk_actix::ConfigError>(())
    /// ```
    pub fn new(url: impl AsRef<str>) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(Resource {
            address: Address::parse(url.as_ref())?,
            scopes: Vec::new(),
            name: None,
            documentation: None,
            requires_audience: false,
            serves_authorization_server: false,
            is_served: Arc::default(),
        })))
    }

    /// Creates the resource of this path of the application. Its URL consists of
    /// [`public_origin`](crate::ClerkConfigBuilder::public_origin), of
    /// [`base_path`](crate::ClerkConfigBuilder::base_path) if it is set, and of the path.
    ///
    /// # Errors
    ///
    /// [`ConfigError::PublicOriginNeededFor`] if `public_origin` is not set: the host that a request names is up to the
    /// client. Otherwise the same as [`new`](Self::new).
    ///
    /// ```
    /// use clerk_actix::{ClerkConfig, ProtectedResource};
    ///
    /// let config = ClerkConfig::builder()
    ///     .publishable_key("pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA")
    ///     .secret_key("sk_test_000000000000")
    ///     .public_origin("https://api.example.com")
    ///     .build()?;
    /// let mcp = ProtectedResource::at_path(&config, "/mcp")?;
    /// assert_eq!(mcp.url(), "https://api.example.com/mcp");
    /// # Ok::<(), clerk_actix::ConfigError>(())
    /// ```
    pub fn at_path(config: &ClerkConfig, path: &str) -> Result<Self, ConfigError> {
        let settings = config.settings();
        let needed = ConfigError::PublicOriginNeededFor { setting: "ProtectedResource::at_path" };
        let origin = settings.public_origin.as_ref().ok_or(needed)?.origin().ascii_serialization();
        if !path.is_empty() && !path.starts_with('/') {
            let problem = "which is not a path from the root, such as /mcp";
            return Err(ConfigError::NotAResource { found: shown(path), problem });
        }
        Self::new(format!("{origin}{}{path}", settings.base_path.as_deref().unwrap_or_default()))
    }

    /// Sets the scopes that the resource knows: for its metadata, and for the challenges of requests without a valid token,
    /// so that clients ask the user for them. A [`Policy`](crate::Policy) enforces them. Clerk grants `email`, `profile`,
    /// `openid`, `offline_access`, `public_metadata`, `private_metadata` and `user:org:read`, and scopes of your own that are
    /// assigned to the client's application in the dashboard; it rejects a client that asks for another one.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotAScope`] for an empty scope, or one with a space, a quotation mark, a backslash or a character
    /// outside ASCII (RFC 6749, section 3.3).
    pub fn scopes(self, scopes: impl IntoIterator<Item = impl Into<String>>) -> Result<Self, ConfigError> {
        let scopes: Vec<String> = scopes.into_iter().map(Into::into).collect();
        match scopes.iter().find(|scope| !is_scope(scope)) {
            Some(scope) => Err(ConfigError::NotAScope { found: shown(scope) }),
            None => Ok(self.with(|resource| resource.scopes = scopes)),
        }
    }

    /// Sets the name that clients show to the user (`resource_name`). Default: none.
    pub fn name(self, name: impl Into<String>) -> Self {
        let name = Some(name.into()).filter(|name| !name.is_empty());
        self.with(|resource| resource.name = name)
    }

    /// Sets the address of a page for developers (`resource_documentation`). Default: none.
    ///
    /// # Errors
    ///
    /// [`ConfigError::NotAnAbsoluteUrl`].
    pub fn documentation(self, url: impl AsRef<str>) -> Result<Self, ConfigError> {
        let text = url.as_ref();
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => {
                Ok(self.with(|resource| resource.documentation = Some(url.into())))
            }
            _ => Err(ConfigError::NotAnAbsoluteUrl { setting: "documentation", variable: None, found: shown(text) }),
        }
    }

    /// Accepts OAuth access tokens below the resource only if they name its URL in their audience (`aud`), as text, character
    /// by character. Default: the audience is not compared with the URL.
    ///
    /// This applies to JWTs and to opaque tokens (`oat_…`), about which Clerk's response has to name the audience. A token
    /// without an audience is rejected. So before you turn this on, see that your clients' tokens have
    /// one: [`OAuthToken::details`](crate::OAuthToken::details) shows it. Sessions, API keys and machine-to-machine tokens have no such audience
    /// and are not affected: whether the route accepts them is up to its extractor.
    pub fn require_audience(self) -> Self {
        self.with(|resource| resource.requires_audience = true)
    }

    /// Serves the authorization server's metadata on the resource's own host too. Default: it is not served.
    ///
    /// This is for clients that do not read the metadata of the resource: those of the first version of MCP's authorization
    /// (2025-03-26).
    ///
    /// The service then also answers at `/.well-known/oauth-authorization-server` and
    /// `/.well-known/openid-configuration`, each alone and with the resource's path after it. Do not turn this on if your
    /// application is an authorization server itself and needs these paths.
    ///
    /// The metadata is fetched from Clerk's Frontend API when a client first asks for it, by one call for all, and again
    /// after a few minutes. While Clerk cannot be reached, the last one is served, for up to a day; if there is none, the
    /// response is a 503. It is a 502 if Clerk's response is not the metadata of the instance: a redirect, another
    /// issuer, more than 128 KiB.
    ///
    /// ```
    /// use clerk_actix::ProtectedResource;
    ///
    /// let mcp = ProtectedResource::new("https://api.example.com/mcp")?.serve_authorization_server_metadata();
    /// # let _ = mcp;
    /// # Ok::<(), clerk_actix::ConfigError>(())
    /// ```
    pub fn serve_authorization_server_metadata(self) -> Self {
        self.with(|resource| resource.serves_authorization_server = true)
    }

    /// Returns the resource's URL.
    pub fn url(&self) -> &str {
        &self.0.address.url
    }

    /// Returns the address of the metadata, as challenges name it.
    pub fn metadata_url(&self) -> &str {
        &self.0.address.metadata_url
    }

    /// Returns the scopes that are set.
    #[cfg(feature = "utoipa")]
    pub(super) fn known_scopes(&self) -> &[String] {
        &self.0.scopes
    }

    fn with(mut self, change: impl FnOnce(&mut Resource)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

/// RFC 6749, section 3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
}

impl fmt::Debug for ProtectedResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtectedResource")
            .field("url", &self.url())
            .field("scopes", &self.0.scopes)
            .field("requires_audience", &self.0.requires_audience)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_and_texts_that_are_none() {
        for (scope, expected) in [
            ("files:read", true),
            ("https://api.example.com/files.read", true),
            ("a,b", true),
            ("", false),
            ("a b", false),
            (" a", false),
            ("a\"", false),
            ("a\\", false),
            ("a\n", false),
            ("a\0", false),
            ("caf\u{e9}", false),
        ] {
            let resource = ProtectedResource::new("https://api.example.com").unwrap();
            assert_eq!(resource.scopes(["email", scope]).is_ok(), expected, "{scope:?}");
        }
    }

    #[test]
    fn paths_and_the_public_origin() {
        let config = |origin: &str, base: &str| {
            let builder =
                ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
            let builder = if origin.is_empty() { builder } else { builder.public_origin(origin) };
            if base.is_empty() { builder } else { builder.base_path(base) }.build().unwrap()
        };
        for (origin, base, path, expected) in [
            ("https://a.example", "", "/mcp", Some("https://a.example/mcp")),
            ("https://a.example:8443", "", "/mcp", Some("https://a.example:8443/mcp")),
            ("https://a.example", "/app", "/mcp", Some("https://a.example/app/mcp")),
            ("https://a.example", "", "", Some("https://a.example")),
            ("https://a.example", "", "/", Some("https://a.example/")),
            ("https://a.example", "", "mcp", None),
            ("https://a.example", "", ".evil.example/mcp", None),
            ("https://a.example", "", "@evil.example/mcp", None),
            ("https://a.example", "", "//evil.example/mcp", None),
            ("https://a.example", "", "/../mcp", None),
            ("http://a.example", "", "/mcp", None),
            ("", "", "/mcp", None),
        ] {
            let resource = ProtectedResource::at_path(&config(origin, base), path);
            assert_eq!(resource.as_ref().ok().map(ProtectedResource::url), expected, "{origin} {base} {path}");
        }
        let error = ProtectedResource::at_path(&config("", ""), "/mcp").unwrap_err().to_string();
        assert!(error.contains("CLERK_PUBLIC_ORIGIN"), "{error}");
    }

    #[test]
    fn addresses_of_documentation() {
        for (url, expected) in
            [("https://docs.example.com/mcp?a=b", true), ("javascript:alert(1)", false), ("/docs", false), ("", false)]
        {
            let resource = ProtectedResource::new("https://api.example.com").unwrap();
            assert_eq!(resource.documentation(url).is_ok(), expected, "{url}");
        }
    }
}
