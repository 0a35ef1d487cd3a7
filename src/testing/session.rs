//! The builder of session tokens, with claims in both of Clerk's versions.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::setters::setters;
use crate::{
    auth::{Session, is_system_permission},
    clock::Timestamp,
};

/// Describes a session token for [`LocalClerk::mint`](super::LocalClerk::mint). By default, it is valid for a minute,
/// with an active session, no organization, and version 2 of the claims.
///
/// ```
/// use clerk_actix::Session;
///
/// let session = Session::builder("user_ada")
///     .organization("org_acme")
///     .slug("acme")
///     .role("org:admin")
///     .permissions(["org:posts:publish", "org:posts:read"])
///     .factor_ages(5, Some(2));
/// # let _ = session;
/// ```
#[derive(Clone, Debug)]
#[must_use = "a description of a session is minted by `LocalClerk::mint`"]
pub struct SessionBuilder {
    version: u8,
    lifetime: Duration,
    organization: Option<String>,
    role: Option<String>,
    slug: Option<String>,
    permissions: Vec<String>,
    features: Vec<String>,
    header: Map<String, Value>,
    claims: Map<String, Value>,
    without: Vec<String>,
}

impl Session {
    /// Describes a session of this user, for a test (feature `testing`).
    pub fn builder(user_id: impl Into<String>) -> SessionBuilder {
        SessionBuilder::new(user_id.into())
    }
}

impl From<&str> for SessionBuilder {
    fn from(user_id: &str) -> Self {
        Session::builder(user_id)
    }
}

impl SessionBuilder {
    fn new(user_id: String) -> Self {
        let session_id = format!("sess_{}", user_id.trim_start_matches("user_"));
        let claims = json!({ "sub": user_id, "sid": session_id, "sts": "active", "fva": [0, -1] });
        Self {
            version: 2,
            lifetime: Duration::from_secs(60),
            organization: None,
            role: None,
            slug: None,
            permissions: Vec::new(),
            features: Vec::new(),
            header: Map::new(),
            claims: claims.as_object().cloned().unwrap_or_default(),
            without: Vec::new(),
        }
    }

    /// Sets the session's id. Default: derived from the user's id.
    pub fn session_id(self, session_id: impl Into<String>) -> Self {
        self.claim("sid", session_id.into())
    }

    /// Makes an organization active: `org_…`.
    pub fn organization(mut self, id: impl Into<String>) -> Self {
        self.organization = Some(id.into());
        self
    }

    /// Sets the role in the active organization, such as `org:admin`. If no organization is set, `org_test` becomes
    /// active.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Sets the active organization's slug.
    pub fn slug(mut self, slug: impl Into<String>) -> Self {
        self.slug = Some(slug.into());
        self
    }

    /// Adds permissions in the active organization: `org:FEATURE:PERMISSION`.
    ///
    /// System permissions (`org:sys_…`) are left out, as in Clerk's tokens, and a warning is logged.
    pub fn permissions(mut self, permissions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let (system, granted): (Vec<String>, Vec<String>) =
            permissions.into_iter().map(Into::into).partition(|permission: &String| is_system_permission(permission));
        if !system.is_empty() {
            tracing::warn!(?system, "left out system permissions, because session tokens do not contain them");
        }
        self.permissions.extend(granted);
        self
    }

    /// Adds features with their scopes: `o:dashboard`, `u:beta`, `uo:export`.
    pub fn features(mut self, features: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.features.extend(features.into_iter().map(Into::into));
        self
    }

    /// Sets the plans with their scopes: `o:team`, `u:pro`.
    pub fn plans(self, plans: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let plans: Vec<String> = plans.into_iter().map(Into::into).collect();
        self.claim("pla", plans.join(","))
    }

    /// Sets the minutes since each factor was verified; `None` if no second factor is enrolled.
    pub fn factor_ages(self, first: u64, second: Option<u64>) -> Self {
        let second = second.map_or(json!(-1), |minutes| json!(minutes));
        self.claim("fva", json!([first, second]))
    }

    /// Makes the session pending: its user has tasks to complete. It counts as signed out unless a handler accepts
    /// pending sessions.
    pub fn pending(self) -> Self {
        self.claim("sts", "pending")
    }

    /// Sets the administrator who impersonates the user.
    pub fn actor(self, user_id: impl Into<String>) -> Self {
        let user_id: String = user_id.into();
        self.claim("act", json!({ "sub": user_id }))
    }

    /// Sets the version of the claims, 1 or 2.
    pub fn version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    setters! {
        /// Sets how long the token is valid. Default: a minute.
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

    pub(super) fn active_organization(&self) -> Option<&str> {
        self.organization.as_deref()
    }

    /// Returns the token's header and claims for an instance with this issuer and key.
    pub(crate) fn build(&self, kid: &str, issuer: &str, now: Timestamp) -> (Map<String, Value>, Map<String, Value>) {
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
        let has_organization = self.organization.is_some() || self.role.is_some() || !self.permissions.is_empty();
        let organization = has_organization.then(|| self.organization.as_deref().unwrap_or("org_test"));
        match self.version {
            2 => claims.extend(self.claims_v2(organization)),
            _ => claims.extend(self.claims_v1(organization)),
        }
        claims.extend(self.claims.clone());
        claims.retain(|name, value| !value.is_null() && !self.without.contains(name));
        (header, claims)
    }

    fn claims_v1(&self, organization: Option<&str>) -> Map<String, Value> {
        let claims = organization.map(|id| {
            json!({ "org_id": id, "org_role": self.role, "org_slug": self.slug, "org_permissions": self.permissions })
        });
        claims.as_ref().and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// Version 2 packs permissions: for each feature of the organization, in order, a bit mask over the names of
    /// permissions.
    fn claims_v2(&self, organization: Option<&str>) -> Map<String, Value> {
        let granted: Vec<(&str, &str)> = self
            .permissions
            .iter()
            .filter_map(|permission| permission.strip_prefix("org:").unwrap_or(permission).split_once(':'))
            .collect();
        let mut features = self.features.clone();
        for (feature, _) in &granted {
            let is_of_organization = |known: &String| {
                known.split_once(':').is_some_and(|(scope, name)| scope.contains('o') && name == *feature)
            };
            if !features.iter().any(is_of_organization) {
                features.push(format!("o:{feature}"));
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
            .filter_map(|feature| feature.split_once(':').filter(|(scope, _)| scope.contains('o')))
            .map(|(_, feature)| {
                let bit = |(index, name): (usize, &&str)| {
                    if granted.contains(&(feature, name)) { 1_u128 << index.min(127) } else { 0 }
                };
                names.iter().enumerate().map(bit).sum::<u128>().to_string()
            })
            .collect();

        let mut claims = Map::from_iter([("v".to_owned(), json!(2))]);
        if !features.is_empty() {
            claims.insert("fea".to_owned(), json!(features.join(",")));
        }
        if let Some(id) = organization {
            let role = self.role.as_deref().map(|role| role.strip_prefix("org:").unwrap_or(role));
            let mut packed = json!({ "id": id, "rol": role, "slg": self.slug });
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
