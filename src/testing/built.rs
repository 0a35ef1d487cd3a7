//! Builds sessions and other credentials from their descriptions, with no server and no network.

use std::sync::{Arc, LazyLock};

use serde_json::{Map, Value};

use super::{
    api_keys::ApiKeyBuilder, machines::M2mTokenBuilder, oauth::OAuthTokenBuilder, secret::secret,
    session::SessionBuilder, signing::SigningKey,
};
use crate::{
    auth::{ApiKey, M2mToken, OAuthToken, Session},
    clock::Clock,
    instance::ClerkConfig,
    keys::VerificationKey,
    request::Denial,
    store::MachineTokens,
    token::{Carrier, ClaimRules, Jwt, JwtClass, MachineToken, OpaqueToken, SessionToken, TokenRejection},
};

impl SessionBuilder {
    /// Builds the session, for a function that takes `&Session`. There is no server, and nothing calls Clerk.
    ///
    /// # Panics
    ///
    /// If the session would be rejected in production, for example because it has expired.
    ///
    /// ```
    /// use clerk_actix::{testing, Session};
    ///
    /// fn greeting(session: &Session) -> String {
    ///     let role = session.org_role().unwrap_or("no role");
    ///     format!("Hello {}, you have {role}", session.user_id())
    /// }
    ///
    /// let admin = testing::session("user_1").org_role("org:admin").build();
    /// assert_eq!(greeting(&admin), "Hello user_1, you have org:admin");
    /// ```
    #[track_caller]
    pub fn build(self) -> Session {
        let config = default_config();
        Session::new(sound(self.verdict(config)), config.clone())
    }

    /// Signs and verifies a token for the session like any other, because there is no other way to get a session.
    pub(super) fn verdict(&self, config: &ClerkConfig) -> Result<Arc<SessionToken>, Denial> {
        let (key, settings) = (key(), config.settings());
        let now = settings.clock.now();
        let (header, claims) = self.describe(key.kid(), "https://clerk.example.com", now);
        let text = key.sign(&header, &claims);
        let rules = ClaimRules {
            clock_skew: settings.clock_skew,
            authorized_parties: &[],
            audience: &[],
            issuer: &[],
            machine_id: None,
        };
        let verdict = Jwt::decode(&text).and_then(|jwt| match jwt.classify() {
            JwtClass::Session(jwt) => jwt.verify(verification_key(), &rules, now),
            JwtClass::Machine(_) | JwtClass::Other => Err(TokenRejection::undecodable()),
        });
        verdict.map(Arc::new).map_err(|rejection| Denial::rejected(&rejection, Carrier::Header))
    }
}

/// Writes `build` for a builder of machine tokens, given its credential, the prefix of its opaque tokens, and their
/// variant of `MachineToken`.
macro_rules! build {
    ($(#[$doc:meta])* $builder:ident, $credential:ident, $prefix:literal, $variant:ident) => {
        impl $builder {
            $(#[$doc])*
            #[track_caller]
            #[allow(clippy::expect_used, reason = "test support: the prefix decides the type")]
            pub fn build(self) -> $credential {
                let token = match sound(self.verdict()) {
                    MachineToken::$variant(token) => Some(token),
                    _ => None,
                };
                $credential::new(token.expect("a token of this prefix has this type"), default_config().clone())
            }

            pub(super) fn verdict(&self) -> Result<MachineToken, Denial> {
                verdict(&secret($prefix), self.describe(Clock::System.now(), &secret($prefix)))
            }
        }
    };
}

build! {
    /// Builds the key, for a function that takes `&ApiKey`. There is no server, and nothing calls Clerk.
    ///
    /// # Panics
    ///
    /// If the key would be rejected in production, for example because it has no subject.
    ///
    /// ```
    /// let key = clerk_actix::testing::api_key("org_acme").scopes(["orders:read"]).build();
    /// assert_eq!((key.org_id(), key.has_scope("orders:read")), (Some("org_acme"), true));
    /// ```
    ApiKeyBuilder, ApiKey, "ak_", ApiKey
}

build! {
    /// Builds the token, for a function that takes `&M2mToken`. There is no server, and nothing calls Clerk.
    ///
    /// # Panics
    ///
    /// If the token would be rejected in production, for example because it has no machine.
    ///
    /// ```
    /// let token = clerk_actix::testing::m2m_token("mch_billing").build();
    /// assert_eq!(token.machine_id(), "mch_billing");
    /// ```
    M2mTokenBuilder, M2mToken, "mt_", M2m
}

build! {
    /// Builds the token, for a function that takes `&OAuthToken`. There is no server, and nothing calls Clerk.
    ///
    /// # Panics
    ///
    /// If the token would be rejected in production, for example because it has no user.
    ///
    /// ```
    /// let token = clerk_actix::testing::oauth_token("user_ada").client_id("client_1").build();
    /// assert_eq!((token.user_id(), token.client_id()), ("user_ada", "client_1"));
    /// ```
    OAuthTokenBuilder, OAuthToken, "oat_", OAuth
}

/// Returns a configuration for tests without a network: a production instance that does not exist, with the public key
/// of a key pair that this process generated.
///
/// It has no Clerk behind it: a call with [`ClerkClient`](crate::ClerkClient) fails with
/// [`ClerkApiError::NoClerk`](crate::ClerkApiError::NoClerk). For code that calls Clerk, start a
/// [`LocalClerk`](super::LocalClerk) and use its [`config`](super::LocalClerk::config).
///
/// ```
/// use actix_web::App;
/// use clerk_actix::{testing, ClerkMiddleware};
///
/// let app = App::new().wrap(ClerkMiddleware::new(testing::config()));
/// # let _ = app;
/// ```
#[allow(clippy::expect_used, reason = "test support: these settings are fixed in this function")]
pub fn config() -> ClerkConfig {
    let builder = ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .jwt_key(key().public_pem())
        .without_clerk();
    #[cfg(feature = "webhooks")]
    let builder = builder.webhook_signing_secret(super::webhook_secret());
    builder.build().expect("the settings for tests are valid")
}

/// The configuration of everything that is built, and of requests that have seen no middleware.
pub(super) fn default_config() -> &'static ClerkConfig {
    static CONFIG: LazyLock<ClerkConfig> = LazyLock::new(config);
    &CONFIG
}

/// Returns the verdict for a token that Clerk describes as `described`.
#[allow(clippy::expect_used, reason = "test support: the token is made in this module")]
fn verdict(token: &str, described: Map<String, Value>) -> Result<MachineToken, Denial> {
    let token = OpaqueToken::parse(token).expect("the prefix is that of an opaque token");
    MachineTokens::as_if_clerk_had_said(&token, &Value::Object(described))
}

#[allow(clippy::panic, reason = "test support: a test that describes such a token has a mistake")]
#[track_caller]
fn sound<T>(verdict: Result<T, Denial>) -> T {
    match verdict {
        Ok(verified) => verified,
        Err(why) => panic!("this token would be rejected: {} ({})", why.message(), why.reason),
    }
}

fn key() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
    &KEY
}

#[allow(clippy::expect_used, reason = "test support: this key is fixed in this module")]
fn verification_key() -> &'static Arc<VerificationKey> {
    static KEY: LazyLock<Arc<VerificationKey>> = LazyLock::new(|| {
        Arc::new(VerificationKey::from_pem(&key().public_pem()).expect("a generated key can be read"))
    });
    &KEY
}
