//! The OAuth scheme of an instance: where applications get tokens, and the scopes of its protected resources.

use std::collections::BTreeMap;

use utoipa::{
    Modify,
    openapi::{
        Components, OpenApi,
        security::{AuthorizationCode, Flow, OAuth2, Scopes, SecurityScheme},
    },
};

use super::OAUTH_TOKEN;
use crate::{instance::ClerkConfig, web::resource_metadata::ProtectedResource};

/// Describes OAuth access tokens as an `oauth2` scheme: where to get one, and the scopes.
///
/// It takes the place of the bearer scheme that [`SecuritySchemes`](super::SecuritySchemes) adds, and has the addresses of the
/// instance's authorization server and the scopes of its [`ProtectedResource`]s. Tools such as Swagger UI can then get a
/// token.
///
/// The addresses depend on the configuration, so this is applied when the program runs.
///
/// ```
/// use clerk_actix::{openapi::{OAuthScheme, SecuritySchemes}, ClerkConfig, ProtectedResource};
/// use utoipa::{Modify, OpenApi};
///
/// #[derive(OpenApi)]
/// #[openapi(modifiers(&SecuritySchemes))]
/// struct Api;
///
/// let config = ClerkConfig::builder()
///     .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
///     .secret_key("sk_live_000000000000")
///     .build()?;
/// let mcp = ProtectedResource::new("https://api.example.com/mcp")?.scopes(["profile", "user:org:read"])?;
///
/// let mut document = Api::openapi();
/// OAuthScheme::new(&config)
///     .resource(&mcp)
///     .scope("user:org:read", "The organizations that the user is a member of")
///     .modify(&mut document);
///
/// let document = serde_json::to_value(document).unwrap();
/// let flow = &document["components"]["securitySchemes"]["clerkOAuthToken"]["flows"]["authorizationCode"];
/// assert_eq!(flow["authorizationUrl"], "https://clerk.example.com/oauth/authorize");
/// assert_eq!(flow["scopes"]["user:org:read"], "The organizations that the user is a member of");
/// # Ok::<(), clerk_actix::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "apply it to a document with `modify`"]
pub struct OAuthScheme {
    /// `None` without a publishable key.
    authorization_server: Option<String>,
    /// The addresses of the resources' metadata.
    metadata: Vec<String>,
    scopes: BTreeMap<String, String>,
}

impl OAuthScheme {
    /// Returns the scheme of this instance, without scopes.
    ///
    /// If the configuration has no publishable key, the authorization server is not known, and
    /// [`modify`](Modify::modify) leaves the document as it is.
    pub fn new(config: &ClerkConfig) -> Self {
        let authorization_server = config.settings().authorization_server();
        Self { authorization_server, metadata: Vec::new(), scopes: BTreeMap::new() }
    }

    /// Adds a resource: its scopes, and in the description of the scheme the address of its metadata.
    pub fn resource(mut self, resource: &ProtectedResource) -> Self {
        self.metadata.push(resource.metadata_url().to_owned());
        for scope in resource.known_scopes() {
            self.scopes.entry(scope.clone()).or_default();
        }
        self
    }

    /// Adds a scope with its description, or describes one of a resource.
    pub fn scope(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.scopes.insert(name.into(), description.into());
        self
    }
}

impl Modify for OAuthScheme {
    fn modify(&self, document: &mut OpenApi) {
        let Some(server) = &self.authorization_server else { return };
        let token_url = format!("{server}/oauth/token");
        let scopes = Scopes::from_iter(self.scopes.clone());
        let flow = AuthorizationCode::with_refresh_url(
            format!("{server}/oauth/authorize"),
            token_url.clone(),
            scopes,
            token_url,
        );
        let mut description = format!(
            "An OAuth access token of an application that acts for a user. Metadata of the authorization server: \
             {server}/.well-known/oauth-authorization-server"
        );
        for metadata in &self.metadata {
            description.push_str("; of the resource: ");
            description.push_str(metadata);
        }
        let scheme = OAuth2::with_description([Flow::AuthorizationCode(flow)], description);
        let components = document.components.get_or_insert_with(Components::default);
        components.add_security_scheme(OAUTH_TOKEN, SecurityScheme::OAuth2(scheme));
    }
}
