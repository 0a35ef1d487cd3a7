//! Calls about machine-to-machine tokens. Their paths have no version, and they prefer the machine secret key.

use std::{fmt, time::Duration};

use serde_json::{Map, Value, json};

use super::{
    call::ApiCall, clerk_client::ClerkClient, error::ClerkApiError, filters::filters, m2m_jwt, operation::calls,
    sessions::whole_seconds,
};
use crate::{
    api::{M2mToken, Page},
    token::Jwt,
};

/// Calls about machine-to-machine tokens; see [`ClerkClient::m2m`].
///
/// With [`machine_secret_key`](crate::ClerkConfigBuilder::machine_secret_key) set, the calls use it and see the tokens
/// of this machine. Otherwise they use the secret key and see the tokens of all machines. To get tokens for your own
/// calls, renewed automatically, use [`M2mTokenSource`](crate::M2mTokenSource).
#[derive(Clone, Copy, Debug)]
pub struct M2mTokens<'c>(pub(super) &'c ClerkClient);

impl ClerkClient {
    /// Returns the calls about machine-to-machine tokens.
    pub fn m2m(&self) -> M2mTokens<'_> {
        M2mTokens(self)
    }
}

filters! {
    /// Which machine-to-machine tokens to list.
    M2mTokenFilters lists M2mToken {
        /// Includes revoked tokens.
        revoked: flag,
        /// Includes expired tokens.
        expired: flag,
    }
}

calls! {
    M2mTokens {
        /// Creates a token of this machine. Without
        /// [`machine_secret_key`](crate::ClerkConfigBuilder::machine_secret_key), the call fails with
        /// [`MissingKey`](ClerkApiError::MissingKey): the secret key does not identify a machine.
        #[doc(alias = "createToken")]
        pub fn create(token: NewM2mToken) -> M2mToken =
            POST["m2m_tokens"].without_version().by_machine().json(&token.body()) or 400, 409;

        /// Lists the tokens of a machine (`mch_…`), newest first.
        pub fn list(machine_id) -> Page<M2mToken>, M2mTokenFilters =
            GET["m2m_tokens"].without_version().by_machine_or_instance().query("subject", machine_id) or 400, 403, 404;

        fn revoke_because(id, reason: Option<&str>) -> M2mToken =
            POST["m2m_tokens", id, "revoke"]
            .without_version().by_machine_or_instance().with("revocation_reason", reason).changing_token(id) or 400, 404;

        fn verify_opaque(token) -> M2mToken =
            POST["m2m_tokens", "verify"].without_version().by_machine_or_instance().with("token", token).verifying() or 400, 404;
    }
}

impl M2mTokens<'_> {
    /// Revokes a token by its ID. The reason is for your records. A JWT is still accepted until it expires by services
    /// that verify it without asking Clerk.
    ///
    /// # Errors
    ///
    /// The call returns [`ClerkApiError::NotFound`] for an unknown ID.
    #[doc(alias = "revokeToken")]
    pub fn revoke<'r>(&self, id: &str, reason: impl Into<Option<&'r str>>) -> ApiCall<M2mToken> {
        self.revoke_because(id, reason.into())
    }

    /// Verifies a token and returns it with its machine. An opaque token is sent to Clerk; a JWT is verified with the
    /// instance's public keys. For tokens that do not come with a request, such as from a queue. In a handler, use
    /// [`RequireAuth<M2mToken>`](crate::M2mToken).
    ///
    /// # Errors
    ///
    /// [`ClerkApiError::InvalidToken`] for an invalid token, and other errors if Clerk cannot be asked.
    #[doc(alias = "verifyToken")]
    pub async fn verify(&self, token: &str) -> Result<M2mToken, ClerkApiError> {
        if let Ok(jwt) = Jwt::decode(token) {
            return m2m_jwt::verify(&self.0.config, jwt).await;
        }
        m2m_jwt::check_opaque(&self.0.config, self.verify_opaque(token).await?)
    }
}

/// The properties of a new machine-to-machine token. By default it is opaque, without claims, and has the machine's
/// default lifetime.
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::client::{M2mTokenFormat, NewM2mToken};
///
/// let token = NewM2mToken::new()
///     .lifetime(Duration::from_secs(3600))
///     .format(M2mTokenFormat::Jwt)
///     .claim("tenant", "acme");
/// # let _ = token;
/// ```
#[derive(Clone, Default, PartialEq)]
pub struct NewM2mToken {
    pub(super) lifetime: Option<Duration>,
    claims: Option<Map<String, Value>>,
    format: M2mTokenFormat,
    pub(super) min_remaining: Option<Duration>,
}

/// The format of a machine-to-machine token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum M2mTokenFormat {
    /// `mt_…`: verified by asking Clerk, so it stops working when it is revoked.
    #[default]
    Opaque,
    /// A JWT: verified without asking Clerk, so it works until it expires.
    Jwt,
}

impl NewM2mToken {
    /// An opaque token without claims.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the lifetime, in whole seconds; fractions are rounded up.
    pub fn lifetime(mut self, lifetime: Duration) -> Self {
        self.lifetime = Some(lifetime);
        self
    }

    /// Adds a custom claim.
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.get_or_insert_default().insert(name.into(), value.into());
        self
    }

    /// Sets the format.
    pub fn format(mut self, format: M2mTokenFormat) -> Self {
        self.format = format;
        self
    }

    /// Reuses an existing opaque token with the same claims if it is valid for at least `min_remaining` longer.
    /// `min_remaining` must be less than the lifetime.
    pub fn or_existing(mut self, min_remaining: Duration) -> Self {
        self.min_remaining = Some(min_remaining);
        self
    }

    fn body(&self) -> Value {
        let format = match self.format {
            M2mTokenFormat::Opaque => "opaque",
            M2mTokenFormat::Jwt => "jwt",
        };
        let mut body = json!({
            "seconds_until_expiration": self.lifetime.map(whole_seconds),
            "claims": self.claims,
            "token_format": format,
        });
        if let Some(least) = self.min_remaining {
            body["min_remaining_ttl_seconds"] = json!(whole_seconds(least));
        }
        body
    }
}

impl fmt::Debug for NewM2mToken {
    /// Leaves out the claims' values, which may hold any data.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claims: Vec<&String> = self.claims.iter().flat_map(Map::keys).collect();
        f.debug_struct("NewM2mToken")
            .field("lifetime", &self.lifetime)
            .field("claims", &claims)
            .field("format", &self.format)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "__internal-bench")]
impl super::operation::Sample for NewM2mToken {
    fn sample(complete: bool) -> Self {
        match complete {
            true => Self::new().lifetime(Duration::from_secs(60)).claim("a", 1).or_existing(Duration::from_secs(10)),
            false => Self::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies() {
        assert_eq!(
            NewM2mToken::new().body(),
            json!({ "seconds_until_expiration": null, "claims": null, "token_format": "opaque" })
        );
        let all = NewM2mToken::new()
            .lifetime(Duration::from_millis(59_001))
            .claim("tenant", "acme")
            .claim("level", 3)
            .format(M2mTokenFormat::Jwt)
            .or_existing(Duration::from_secs(10));
        assert_eq!(
            all.body(),
            json!({
                "seconds_until_expiration": 60,
                "claims": { "tenant": "acme", "level": 3 },
                "token_format": "jwt",
                "min_remaining_ttl_seconds": 10,
            })
        );
        let printed = format!("{all:?}");
        assert!(printed.contains("tenant") && !printed.contains("acme"), "{printed}");
    }
}
