//! A signed-in user's session.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde::de::DeserializeOwned;
use serde_json::{Map, Number, Value};

use super::{
    check::{self, Check, Holder, Missing},
    session_status::SessionStatus,
    unauthenticated::Unauthenticated,
};
use crate::{
    api::{Secret, deserialize_error::DeserializeError, read_as},
    client::{ClerkApiError, GetTokenOptions, session_token},
    instance::ClerkConfig,
    token::{ActiveOrganization, Claim, ClaimName, Entitlements, SessionToken},
};

/// A signed-in user's session, as the verified session token describes it.
///
/// Clones are cheap. A session serializes to the JSON of Clerk's auth object, without the token itself.
#[derive(Clone)]
pub struct Session {
    token: Arc<SessionToken>,
    config: ClerkConfig,
    /// All claims, parsed on first use. Not stored with the token: tokens are cached, and the map takes many times
    /// their memory.
    claims: OnceLock<Arc<Map<String, Value>>>,
}

/// The time since each factor was last verified, in whole minutes; `None` for a factor that is not enrolled (`fva`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FactorAges {
    /// The first factor: a password, an email code, a social account.
    pub first: Option<Duration>,
    /// The second factor: an authenticator app, a backup code.
    pub second: Option<Duration>,
}

/// The actor who impersonates the session's user, usually an administrator (`act`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Actor<'s>(&'s Map<String, Value>);

impl Actor<'_> {
    /// The actor's user ID.
    pub fn id(&self) -> Option<&str> {
        self.0.get("sub").and_then(Value::as_str)
    }

    /// The whole claim.
    pub fn claims(&self) -> &Map<String, Value> {
        self.0
    }
}

impl Session {
    pub(super) fn token(&self) -> &Arc<SessionToken> {
        &self.token
    }

    pub(crate) fn new(token: Arc<SessionToken>, config: ClerkConfig) -> Self {
        Self { token, config, claims: OnceLock::new() }
    }

    /// Returns the verified token, for a session of another configuration.
    #[cfg(feature = "testing")]
    pub(crate) fn into_verified(self) -> Arc<SessionToken> {
        self.token
    }

    /// The user's ID: `user_…`. Never empty.
    pub fn user_id(&self) -> &str {
        self.token.subject()
    }

    /// The session's ID: `sess_…`.
    pub fn session_id(&self) -> Option<&str> {
        self.text(ClaimName::Sid)
    }

    /// The session's status; `None` if the instance's tokens do not include it.
    #[doc(alias = "sessionStatus")]
    pub fn status(&self) -> Option<SessionStatus> {
        match self.text(ClaimName::Sts)? {
            "active" => Some(SessionStatus::Active),
            "pending" => Some(SessionStatus::Pending),
            _ => None,
        }
    }

    pub(crate) fn is_pending(&self) -> bool {
        self.token.is_pending()
    }

    /// Rejects a pending session, which does not count as signed in yet.
    pub(crate) fn unless_pending(self) -> Result<Self, Unauthenticated> {
        if self.is_pending() { Err(Unauthenticated::pending()) } else { Ok(self) }
    }

    /// The active organization's ID: `org_…`.
    pub fn org_id(&self) -> Option<&str> {
        self.organization().map(|organization| organization.id.as_str())
    }

    /// The user's role in the active organization, with its prefix: `org:admin`.
    pub fn org_role(&self) -> Option<&str> {
        self.organization()?.role.as_deref()
    }

    /// The active organization's slug.
    pub fn org_slug(&self) -> Option<&str> {
        self.organization()?.slug.as_deref()
    }

    /// The user's permissions in the active organization: `org:posts:publish`. System permissions (`org:sys_…`) are
    /// never part of a token.
    pub fn org_permissions(&self) -> &[String] {
        self.organization().and_then(|organization| organization.permissions.as_deref()).unwrap_or_default()
    }

    /// The features of the active organization's plan (`o:`).
    pub fn org_features(&self) -> Vec<&str> {
        self.entitlements(ClaimName::Fea).organization
    }

    /// The features of the user's own plan (`u:`).
    pub fn user_features(&self) -> Vec<&str> {
        self.entitlements(ClaimName::Fea).user
    }

    /// The active organization's plans.
    pub fn org_plans(&self) -> Vec<&str> {
        self.entitlements(ClaimName::Pla).organization
    }

    /// The user's own plans.
    pub fn user_plans(&self) -> Vec<&str> {
        self.entitlements(ClaimName::Pla).user
    }

    /// The time since each factor was verified, as of when the token was issued; `None` if the token does not include
    /// it.
    #[doc(alias = "factorVerificationAge")]
    #[doc(alias = "fva")]
    pub fn factor_verification_age(&self) -> Option<FactorAges> {
        let [first, second] = self.token.claim(ClaimName::Fva)?.as_two_numbers()?;
        Some(FactorAges { first: factor_age(&first)?, second: factor_age(&second)? })
    }

    /// The actor, if the session is impersonated.
    pub fn actor(&self) -> Option<Actor<'_>> {
        self.claims().get("act")?.as_object().map(Actor)
    }

    /// Returns whether the session passes the check, as `has()` does in Clerk's SDKs.
    ///
    /// ```
    /// use actix_web::{get, Responder};
    /// use clerk_actix::{Check, RequireAuth};
    ///
    /// const SEES_COSTS: Check = Check::new().permission("org:costs:read").plan("org:team");
    ///
    /// #[get("/report")]
    /// async fn report(user: RequireAuth) -> impl Responder {
    ///     if user.has(&SEES_COSTS) { "with costs" } else { "without costs" }
    /// }
    /// ```
    #[doc(alias = "checkAuthorization")]
    pub fn has(&self, check: &Check) -> bool {
        self.answer(check).is_ok()
    }

    /// Returns whether the user has this role in the active organization, with or without `org:`.
    pub fn has_role(&self, role: &str) -> bool {
        self.organization().is_some_and(|organization| check::has_role(organization, role))
    }

    /// Returns whether the user has this permission in the active organization, with or without `org:`.
    pub fn has_permission(&self, permission: &str) -> bool {
        self.organization().is_some_and(|organization| check::has_permission(organization, permission))
    }

    /// Returns whether the organization's plan or the user's own includes this feature: `export`, `org:export`,
    /// `user:export`.
    pub fn has_feature(&self, feature: &str) -> bool {
        check::is_entitled(self.token.claim(ClaimName::Fea), feature)
    }

    /// Returns whether the organization or the user has this plan: `pro`, `org:team`, `user:pro`.
    pub fn has_plan(&self, plan: &str) -> bool {
        check::is_entitled(self.token.claim(ClaimName::Pla), plan)
    }

    /// Returns what the session lacks to pass the check.
    pub(crate) fn answer(&self, check: &Check) -> Result<(), Missing> {
        check.answer(self.as_holder())
    }

    pub(super) fn as_holder(&self) -> Holder<'_> {
        Holder::User { organization: self.organization(), claims: self.token.claims() }
    }

    /// The token's expiry. Handlers that outlive their request, such as streams, should end then.
    pub fn expires_at(&self) -> SystemTime {
        let seconds = self.expiry_date().max(0.0);
        // A date out of range becomes one that is far in the future.
        let since_epoch = Duration::try_from_secs_f64(seconds).unwrap_or(Duration::from_secs(u32::MAX.into()));
        UNIX_EPOCH.checked_add(since_epoch).unwrap_or(UNIX_EPOCH)
    }

    /// `exp`, a NumericDate; every verified token has it.
    pub(super) fn expiry_date(&self) -> f64 {
        self.token.claim(ClaimName::Exp).and_then(Claim::as_f64).unwrap_or(0.0)
    }

    /// All claims, unchanged. The map is parsed from the token on first use.
    #[doc(alias = "sessionClaims")]
    pub fn claims(&self) -> &Map<String, Value> {
        self.claims.get_or_init(|| Arc::new(self.token.claims().to_map()))
    }

    /// Deserializes the claims into your own type, for the custom claims of your Clerk instance.
    ///
    /// # Errors
    ///
    /// [`DeserializeError`] if the claims do not fit the type. The error does not contain the claims; as a response it is a
    /// 500 that reveals nothing about them.
    ///
    /// ```
    /// use actix_web::{get, Responder};
    /// use clerk_actix::{DeserializeError, RequireAuth};
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Custom {
    ///     newsletter: bool,
    /// }
    ///
    /// #[get("/newsletter")]
    /// async fn newsletter(user: RequireAuth) -> Result<impl Responder, DeserializeError> {
    ///     let custom: Custom = user.claims_as()?;
    ///     Ok(if custom.newsletter { "subscribed" } else { "not subscribed" })
    /// }
    /// ```
    pub fn claims_as<T: DeserializeOwned>(&self) -> Result<T, DeserializeError> {
        let claims = self.claims.get().map_or_else(|| self.token.claims().to_map(), |claims| Map::clone(claims));
        read_as("claims", claims)
    }

    /// The raw token. It is a credential: anyone who has it can act as the user until it expires. Pass it only to
    /// services that verify it themselves, and never log it.
    pub fn raw_token(&self) -> &str {
        self.token.expose()
    }

    /// Gets a token of this session for another service, made from a JWT template or with another lifetime. This calls
    /// Clerk. With default options it returns the request's own token without a call.
    ///
    /// # Errors
    ///
    /// [`ClerkApiError`] if Clerk issues no token or cannot be reached, and [`ClerkApiError::NotFound`] if the
    /// session token has no session ID.
    ///
    /// ```
    /// use actix_web::{get, Responder};
    /// use clerk_actix::{ClerkApiError, RequireAuth, GetTokenOptions};
    ///
    /// #[get("/rows")]
    /// async fn rows(user: RequireAuth) -> Result<impl Responder, ClerkApiError> {
    ///     let token = user.get_token(GetTokenOptions::new().template("hasura")).await?;
    ///     Ok(format!("a token of {} bytes for the database", token.expose().len()))
    /// }
    /// ```
    #[doc(alias = "getToken")]
    pub async fn get_token(&self, options: GetTokenOptions) -> Result<Secret, ClerkApiError> {
        if options == GetTokenOptions::new() {
            return Ok(Secret::new(self.raw_token()));
        }
        session_token(&self.config, self.session_id().unwrap_or_default(), options).await
    }

    /// The configuration that verified the token.
    pub(crate) fn config(&self) -> &ClerkConfig {
        &self.config
    }

    pub(super) fn organization(&self) -> Option<&ActiveOrganization> {
        self.token.organization()
    }

    /// Unpacks the permissions from version 2 claims, with or without an organization; `None` for version 1.
    pub(super) fn packed_permissions(&self) -> Option<Vec<String>> {
        match self.organization() {
            // Already unpacked.
            Some(organization) if ActiveOrganization::is_packed(self.token.claims()) => {
                organization.permissions.clone()
            }
            _ => ActiveOrganization::packed_permissions(self.token.claims()),
        }
    }

    fn entitlements(&self, claim: ClaimName) -> Entitlements<'_> {
        Entitlements::parse(self.text(claim).unwrap_or_default())
    }

    fn text(&self, claim: ClaimName) -> Option<&str> {
        self.token.claim(claim).and_then(Claim::as_str)
    }
}

/// Parses minutes, or −1 for a factor that is not enrolled; anything else is malformed.
fn factor_age(age: &Number) -> Option<Option<Duration>> {
    match (age.as_u64(), age.as_i64()) {
        (Some(minutes), _) => Some(Some(Duration::from_secs(minutes.saturating_mul(60)))),
        (None, Some(-1)) => Some(None),
        _ => None,
    }
}

impl fmt::Debug for Session {
    /// IDs only: claims can contain anything, and the token is a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("user_id", &self.user_id())
            .field("session_id", &self.session_id())
            .field("org_id", &self.org_id())
            .finish_non_exhaustive()
    }
}
