//! Tokens that are verified on purpose, of any kind but a machine's: those of JWT templates above all.

use serde::de::DeserializeOwned;

use super::Unauthenticated;
use crate::{
    api::{DataError, read_as},
    backend::{ClerkApi, HttpClient},
    config::ClerkConfig,
    request::verify_any_token,
    token::{ClaimRules, TokenType},
};

/// What the claims of a token have to say, for [`ClerkConfig::verify_token`]. What is not set is as the configuration has it.
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
    /// The configuration's rules: its [`audience`](crate::ClerkConfigBuilder::audience), where a token names one; its
    /// [`authorized_parties`](crate::ClerkConfigBuilder::authorized_parties) and its
    /// [`issuer`](crate::ClerkConfigBuilder::issuer).
    pub fn new() -> Self {
        Self::default()
    }

    /// The token has to be made for one of these (`aud`). A token that names no audience is refused, as that of a session:
    /// so the token of one template does not pass for that of another. Of none, the audience does not matter.
    pub fn audience(mut self, audience: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.audience = Some(texts(audience));
        self
    }

    /// The token has to be made for a page of one of these origins (`azp`). Of none, the page does not matter.
    pub fn authorized_parties(mut self, parties: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.authorized_parties = Some(texts(parties));
        self
    }

    /// The token has to be made by one of these (`iss`). Of none, the issuer does not matter beyond its key.
    pub fn issuer(mut self, issuer: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.issuer = Some(texts(issuer));
        self
    }
}

fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

/// Why a token was not accepted by [`ClerkConfig::verify_token`].
///
/// It is an Actix [`ResponseError`](actix_web::ResponseError): 401 for a token that does not count, 503 while Clerk's keys
/// cannot be loaded, and 500 for claims that do not fit the handler's type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The token does not count.
    #[error("the token is refused ({0})")]
    Rejected(Unauthenticated),
    /// The token is genuine, and its claims are not of the form that was asked for: its template may have been changed.
    #[error(transparent)]
    Claims(DataError),
}

impl ClerkConfig {
    /// Verifies a JWT of this instance, and reads its claims: the token of a JWT template, or of a session. It is
    /// `verifyToken()` of Clerk's SDKs. Nothing else takes a template's token for a caller: it outlives the session that it was
    /// made from, and its claims are what the template says.
    ///
    /// Checked are the header's type and algorithm, the signature, `sub`, `exp`, `nbf`, `iat`, and what `rules` say. Tokens of
    /// machines and OAuth applications are refused; [`M2mToken`](crate::M2mToken) and [`OAuthToken`](crate::OAuthToken) are
    /// for those.
    ///
    /// # Errors
    ///
    /// [`TokenError`] says why the token does not count, or that its claims are not of the form of `C`.
    ///
    /// ```
    /// use actix_web::{post, web, Responder};
    /// use clerk_actix::{ClerkConfig, TokenError, TokenRules};
    ///
    /// /// What the template `uploads` puts into its tokens.
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
    pub async fn verify_token<C: DeserializeOwned>(&self, token: &str, rules: &TokenRules) -> Result<C, TokenError> {
        let (settings, http) = (self.settings(), HttpClient::new());
        let of_configuration = ClaimRules::from(settings);
        let claim_rules = ClaimRules {
            audience: rules.audience.as_deref().unwrap_or(of_configuration.audience),
            authorized_parties: rules.authorized_parties.as_deref().unwrap_or(of_configuration.authorized_parties),
            issuer: rules.issuer.as_deref().unwrap_or(of_configuration.issuer),
            ..of_configuration
        };
        let needs_audience = rules.audience.as_ref().is_some_and(|audience| !audience.is_empty());
        let api = ClerkApi { config: self, http: &http };
        let claims = verify_any_token(token, &claim_rules, needs_audience, &api, settings.clock.now()).await;
        let claims = claims.map_err(|why| TokenError::Rejected(Unauthenticated::of(TokenType::SessionToken, why)))?;
        read_as("claims", claims).map_err(TokenError::Claims)
    }
}
