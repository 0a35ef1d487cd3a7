//! Explicit verification of any of the instance's JWTs except machine tokens, mainly those from JWT templates.

use serde::de::DeserializeOwned;

use super::unauthenticated::Unauthenticated;
use crate::{
    api::{deserialize_error::DeserializeError, read_as},
    instance::ClerkConfig,
    request::verify_any_token,
    token::{ClaimRules, TokenType},
};

/// The rules for a token's claims in [`ClerkConfig::verify_token`]. Rules that are not set default to the
/// configuration's.
///
/// ```
/// use clerk_actix::TokenRules;
///
/// let of_the_database = TokenRules::new().audience(["https://db.example.com"]);
/// # let _ = of_the_database;
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TokenRules {
    audience: Option<Vec<String>>,
    authorized_parties: Option<Vec<String>>,
    issuer: Option<Vec<String>>,
}

impl TokenRules {
    /// Starts with the configuration's rules: its [`audience`](crate::ClerkConfigBuilder::audience), which applies
    /// only to tokens that name one; its [`authorized_parties`](crate::ClerkConfigBuilder::authorized_parties); and
    /// its [`issuer`](crate::ClerkConfigBuilder::issuer).
    pub fn new() -> Self {
        Self::default()
    }

    /// Requires one of these audiences (`aud`). A token without an audience, such as a session token, is rejected, so
    /// that the token of one template does not pass for another's. An empty list accepts any audience.
    pub fn audience(mut self, audience: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.audience = Some(texts(audience));
        self
    }

    /// Requires one of these origins in `azp`, the page that the token was issued to. An empty list accepts any page.
    pub fn authorized_parties(mut self, parties: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.authorized_parties = Some(texts(parties));
        self
    }

    /// Requires one of these issuers (`iss`). An empty list accepts any issuer; the signing key still has to match.
    pub fn issuer(mut self, issuer: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.issuer = Some(texts(issuer));
        self
    }
}

fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

/// Why [`ClerkConfig::verify_token`] rejected a token.
///
/// It is an Actix [`ResponseError`](actix_web::ResponseError): 401 for a rejected token, 503 while Clerk's keys cannot
/// be loaded, and 500 for claims that do not fit the handler's type.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token was rejected.
    #[error("the token was rejected ({0})")]
    Rejected(Unauthenticated),
    /// The token is genuine, but its claims do not fit the requested type: its template may have been changed.
    #[error(transparent)]
    Claims(DeserializeError),
}

impl ClerkConfig {
    /// Verifies a JWT of this instance, from a JWT template or a session, and deserializes its claims. It corresponds
    /// to `verifyToken()` in Clerk's SDKs. Nothing else accepts a template's token as a credential: it outlives the
    /// session that it was created from, and its claims are whatever the template defines.
    ///
    /// It checks the header's type and algorithm, the signature, `sub`, `exp`, `nbf`, `iat`, and `rules`. Tokens of
    /// machines and OAuth applications are rejected; use [`M2mToken`](crate::M2mToken) and
    /// [`OAuthToken`](crate::OAuthToken) for those.
    ///
    /// # Errors
    ///
    /// [`TokenError`] says why the token was rejected, or that its claims do not fit `C`.
    ///
    /// ```
    /// use actix_web::{post, web, Responder};
    /// use clerk_actix::{ClerkConfig, TokenError, TokenRules};
    ///
    /// /// The claims that the template `uploads` adds to its tokens.
    /// #[derive(serde::Deserialize)]
    /// struct Upload {
    ///     sub: String,
    ///     quota: u64,
    /// }
    ///
    /// #[post("/uploads")]
    /// async fn upload(clerk: web::Data<ClerkConfig>, token: String) -> Result<impl Responder, TokenError> {
    ///     let rules = TokenRules::new().audience(["https://uploads.example.com"]);
    ///     let upload: Upload = clerk.verify_token(&token, &rules).await?;
    ///     Ok(format!("{} may upload {} bytes", upload.sub, upload.quota))
    /// }
    /// ```
    #[doc(alias = "verifyToken")]
    pub async fn verify_token<C: DeserializeOwned>(&self, token: &str, rules: &TokenRules) -> Result<C, TokenError> {
        let settings = self.settings();
        let of_configuration = ClaimRules::from(settings);
        let claim_rules = ClaimRules {
            audience: rules.audience.as_deref().unwrap_or(of_configuration.audience),
            authorized_parties: rules.authorized_parties.as_deref().unwrap_or(of_configuration.authorized_parties),
            issuer: rules.issuer.as_deref().unwrap_or(of_configuration.issuer),
            ..of_configuration
        };
        let needs_audience = rules.audience.as_ref().is_some_and(|audience| !audience.is_empty());
        let claims = verify_any_token(token, &claim_rules, needs_audience, self, settings.clock.now()).await;
        let claims = claims.map_err(|why| TokenError::Rejected(Unauthenticated::of(TokenType::SessionToken, why)))?;
        read_as("claims", claims).map_err(TokenError::Claims)
    }
}
