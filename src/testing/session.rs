//! The builder of sessions and their tokens, with claims in both of Clerk's versions.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::setters::setters;
use crate::{
    auth::{SessionStatus, is_system_permission},
    clock::Timestamp,
};

/// Describes a session for a test, which is active and in no organization unless its setters say otherwise.
///
/// The builder's setters have the names of [`Session`](crate::Session)'s getters. What you do with the builder decides
/// what you get:
///
/// | | |
/// |---|---|
/// | [`build`](SessionBuilder::build) | a [`Session`](crate::Session), for a function that takes `&Session` |
/// | [`TestRequestExt::signed_in`](super::TestRequestExt::signed_in) | a request of this session, without a server |
/// | [`LocalClerk::mint`](super::LocalClerk::mint) | a signed session token, which is verified as in production |
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::testing;
///
/// let session = testing::session("user_ada")
///     .org_id("org_acme")
///     .org_slug("acme")
///     .org_role("org:admin")
///     .org_permissions(["org:posts:publish", "org:posts:read"])
///     .factor_verification_age(Duration::from_secs(5 * 60), None)
///     .build();
/// assert!(session.has_permission("org:posts:publish"));
/// ```
pub fn session(user_id: impl Into<String>) -> SessionBuilder {
    SessionBuilder::new(user_id.into())
}

/// A description of a session, from [`session()`].
#[derive(Clone, Debug)]
#[must_use = "build it, mint it, or give it to a test request"]
pub struct SessionBuilder {
    version: u8,
    lifetime: Duration,
    org_id: Option<String>,
    org_role: Option<String>,
    org_slug: Option<String>,
    org_permissions: Vec<String>,
    features: Grants,
    plans: Grants,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    without: Vec<String>,
}

/// The features or the plans of a session.
#[derive(Clone, Debug, Default)]
struct Grants {
    organization: Vec<String>,
    user: Vec<String>,
}

/// The organization of a session that has a role, a slug or permissions, but no organization ID.
const DEFAULT_ORG_ID: &str = "org_test";

impl SessionBuilder {
    fn new(user_id: String) -> Self {
        let session_id = format!("sess_{}", user_id.trim_start_matches("user_"));
        let claims = json!({ "sub": user_id, "sid": session_id, "sts": "active", "fva": [0, -1] });
        Self {
            version: 2,
            lifetime: Duration::from_secs(60),
            org_id: None,
            org_role: None,
            org_slug: None,
            org_permissions: Vec::new(),
            features: Grants::default(),
            plans: Grants::default(),
            header: Map::new(),
            claims: claims.as_object().cloned().unwrap_or_default(),
            without: Vec::new(),
        }
    }

    /// Sets the session's ID. Default: derived from the user's ID.
    pub fn session_id(self, session_id: impl Into<String>) -> Self {
        self.claim("sid", session_id.into())
    }

    /// Sets the session's status. A pending session counts as signed out unless a handler accepts pending sessions.
    ///
    /// ```
    /// use clerk_actix::{testing, SessionStatus};
    ///
    /// let pending = testing::session("user_ada").status(SessionStatus::Pending).build();
    /// assert_eq!(pending.status(), Some(SessionStatus::Pending));
    /// ```
    pub fn status(self, status: SessionStatus) -> Self {
        let status = match status {
            SessionStatus::Active => "active",
            SessionStatus::Pending => "pending",
        };
        self.claim("sts", status)
    }

    /// Makes an organization active: `org_…`. Default: `org_test` if the role, the slug or permissions are set, and
    /// otherwise none.
    pub fn org_id(mut self, id: impl Into<String>) -> Self {
        self.org_id = Some(id.into());
        self
    }

    /// Sets the user's role in the active organization, such as `org:admin`.
    pub fn org_role(mut self, role: impl Into<String>) -> Self {
        self.org_role = Some(role.into());
        self
    }

    /// Sets the active organization's slug.
    pub fn org_slug(mut self, slug: impl Into<String>) -> Self {
        self.org_slug = Some(slug.into());
        self
    }

    /// Sets the user's permissions in the active organization: `org:FEATURE:PERMISSION`.
    ///
    /// System permissions (`org:sys_…`) are left out, as in Clerk's tokens, and a warning is logged.
    pub fn org_permissions(mut self, permissions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let (system, granted): (Vec<String>, Vec<String>) =
            permissions.into_iter().map(Into::into).partition(|permission: &String| is_system_permission(permission));
        if !system.is_empty() {
            tracing::warn!(?system, "left out system permissions, because session tokens do not contain them");
        }
        self.org_permissions = granted;
        self
    }

    /// Sets the features of the active organization's plan, without a prefix: `export`. A feature of a permission is
    /// added to them.
    pub fn org_features(mut self, features: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.features.organization = features.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the features of the user's own plan, without a prefix: `export`.
    pub fn user_features(mut self, features: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.features.user = features.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the active organization's plans, without a prefix: `team`.
    pub fn org_plans(mut self, plans: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.plans.organization = plans.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the user's own plans, without a prefix: `pro`.
    pub fn user_plans(mut self, plans: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.plans.user = plans.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the time since each factor was verified, in whole minutes; `None` if no second factor is enrolled. Default:
    /// the first factor has just been verified, and there is no second.
    pub fn factor_verification_age(self, first: Duration, second: Option<Duration>) -> Self {
        let minutes = |age: Duration| age.as_secs() / 60;
        let second = second.map_or(json!(-1), |age| json!(minutes(age)));
        self.claim("fva", json!([minutes(first), second]))
    }

    /// Sets the actor who impersonates the user: usually an administrator's user ID.
    pub fn actor(self, user_id: impl Into<String>) -> Self {
        let user_id: String = user_id.into();
        self.claim("act", json!({ "sub": user_id }))
    }

    /// Sets the version of the claims, 1 or 2. Default: 2.
    pub fn version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    setters! {
        /// Sets how long the token is valid, in whole seconds. Default: a minute.
        lifetime,
        /// Sets any claim. Overrides the other setters.
        claim,
        /// Leaves a claim out.
        without,
        /// Sets any member of the token's header, such as `kid`, `typ` or `cat`.
        header,
    }

    /// Returns a claim if it was set and is a string.
    pub(super) fn text_claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str).filter(|_| !self.without.iter().any(|without| without == name))
    }

    /// Returns who acts as the user, or null.
    pub(super) fn actor_claim(&self) -> Value {
        self.claims.get("act").cloned().unwrap_or_default()
    }

    /// Returns the ID of the active organization.
    pub(super) fn active_organization(&self) -> Option<&str> {
        let has_default = self.org_role.is_some() || self.org_slug.is_some() || !self.org_permissions.is_empty();
        self.org_id.as_deref().or(has_default.then_some(DEFAULT_ORG_ID))
    }

    /// Returns the token's header and claims for an instance with this issuer and key.
    pub(super) fn describe(&self, kid: &str, issuer: &str, now: Timestamp) -> (Map<String, Value>, Map<String, Value>) {
        let mut header = Map::from_iter([
            ("alg".to_owned(), json!("RS256")),
            ("typ".to_owned(), json!("JWT")),
            ("kid".to_owned(), json!(kid)),
            ("cat".to_owned(), json!("cl_B7d4PD111AAA")),
        ]);
        header.extend(self.header.clone());

        let issued_at = now.as_millis().div_euclid(1000);
        let mut claims = Map::from_iter([
            ("iss".to_owned(), json!(issuer)),
            ("iat".to_owned(), json!(issued_at)),
            ("nbf".to_owned(), json!(issued_at - 10)),
            ("exp".to_owned(), json!(issued_at.saturating_add_unsigned(self.lifetime.as_secs()))),
        ]);
        if let Some(plans) = claim_of(&self.plans.elements()) {
            claims.insert("pla".to_owned(), plans);
        }
        match self.version {
            2 => claims.extend(self.claims_v2()),
            _ => claims.extend(self.claims_v1()),
        }
        claims.extend(self.claims.clone());
        claims.retain(|name, value| !value.is_null() && !self.without.contains(name));
        (header, claims)
    }

    fn claims_v1(&self) -> Map<String, Value> {
        let mut claims = Map::new();
        if let Some(features) = claim_of(&self.features.elements()) {
            claims.insert("fea".to_owned(), features);
        }
        if let Some(id) = self.active_organization() {
            claims.insert("org_id".to_owned(), json!(id));
            claims.insert("org_role".to_owned(), json!(self.org_role));
            claims.insert("org_slug".to_owned(), json!(self.org_slug));
            claims.insert("org_permissions".to_owned(), json!(self.org_permissions));
        }
        claims
    }

    /// Version 2 packs permissions: for each feature of the organization, in order, a bit mask over the names of
    /// permissions.
    fn claims_v2(&self) -> Map<String, Value> {
        let granted: Vec<(&str, &str)> = self
            .org_permissions
            .iter()
            .filter_map(|permission| permission.strip_prefix("org:").unwrap_or(permission).split_once(':'))
            .collect();
        let mut features = self.features.elements();
        for (feature, _) in &granted {
            if !features.contains(&("o", feature)) {
                features.push(("o", feature));
            }
        }
        let mut names: Vec<&str> = Vec::new();
        for (_, name) in &granted {
            if !names.contains(name) {
                names.push(name);
            }
        }
        let masks: Vec<String> = features
            .iter()
            .filter(|(scope, _)| *scope == "o")
            .map(|(_, feature)| {
                let bit = |(index, name): (usize, &&str)| {
                    if granted.contains(&(*feature, *name)) { 1_u128 << index.min(127) } else { 0 }
                };
                names.iter().enumerate().map(bit).sum::<u128>().to_string()
            })
            .collect();

        let mut claims = Map::from_iter([("v".to_owned(), json!(2))]);
        if let Some(features) = claim_of(&features) {
            claims.insert("fea".to_owned(), features);
        }
        if let Some(id) = self.active_organization() {
            let role = self.org_role.as_deref().map(|role| role.strip_prefix("org:").unwrap_or(role));
            let mut packed = json!({ "id": id, "rol": role, "slg": self.org_slug });
            if !granted.is_empty() {
                packed["per"] = json!(names.join(","));
                packed["fpm"] = json!(masks.join(","));
            }
            if let Some(members) = packed.as_object_mut() {
                members.retain(|_, value| !value.is_null());
            }
            claims.insert("o".to_owned(), packed);
        }
        claims
    }
}

impl Grants {
    /// Returns the elements of the claim, each a scope and a name: the organization's, then the user's. Clerk writes one
    /// element for a name that both have; two keep the order of both lists.
    fn elements(&self) -> Vec<(&'static str, &str)> {
        let organization = self.organization.iter().map(|name| ("o", name.as_str()));
        organization.chain(self.user.iter().map(|name| ("u", name.as_str()))).collect()
    }
}

/// Returns the value of a claim with these elements: `o:export,u:beta`.
fn claim_of(elements: &[(&str, &str)]) -> Option<Value> {
    let elements: Vec<String> = elements.iter().map(|(scope, name)| format!("{scope}:{name}")).collect();
    (!elements.is_empty()).then(|| Value::String(elements.join(",")))
}
