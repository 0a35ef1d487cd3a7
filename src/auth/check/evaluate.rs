//! Evaluates checks by the rules of Clerk's `has()` (PROTOCOL section 13). Pure except for log lines, and without
//! allocations.

use std::{borrow::Cow, sync::Once};

use super::{Check, is_system_permission, missing::Missing};
use crate::token::{ActiveOrganization, Claim, ClaimName, Claims, trim};

/// The caller to check: the parts of a verified token that checks look at.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Holder<'h> {
    User { organization: Option<&'h ActiveOrganization>, claims: &'h Claims },
    Machine { scopes: &'h [String] },
}

impl Check {
    /// Returns whether the caller passes, or what is missing first.
    pub(crate) fn answer(&self, holder: Holder<'_>) -> Result<(), Missing> {
        if let Some(what) = self.asked_twice {
            warn_of_asked_twice(self, what);
            return Err(Missing::Ambiguous);
        }
        let mut later = None;
        let mut asks = self.is_anyone;
        for (asked, missing) in [
            (self.role, Missing::Role as fn(Cow<'static, str>) -> Missing),
            (self.permission, Missing::Permission),
            (self.feature, Missing::Feature),
            (self.plan, Missing::Plan),
            (self.scope, Missing::Scope),
        ] {
            let Some(asked) = asked else { continue };
            let missing = missing(asked.into());
            if !holder.has(&missing) {
                return Err(missing);
            }
            asks = true;
        }
        // A missing verification is reported last, after everything else.
        let combined = [self.all.map(|checks| all_of(checks, holder)), self.any.map(|checks| one_of(checks, holder))];
        for answer in combined.into_iter().flatten() {
            match answer {
                Ok(asked) => asks = asks || asked,
                Err(missing @ Missing::Reverification(_)) => later = later.or(Some(missing)),
                Err(missing) => return Err(missing),
            }
        }
        if let Some(reverification) = self.reverification {
            let missing = Missing::Reverification(reverification);
            if !holder.has(&missing) {
                return Err(missing);
            }
            asks = true;
        }
        match later {
            Some(missing) => Err(missing),
            None if asks => Ok(()),
            None => Err(Missing::Everything),
        }
    }
}

/// Logs once per process: the mistake is in the program, and occurs with every request.
fn warn_of_asked_twice(check: &Check, what: &str) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::error!(
            "the check \"{check}\" can never pass, because it asks for {what} twice: to require both, write \
             Check::all(&[Check::new().{what}(…), Check::new().{what}(…)])"
        );
    });
}

/// Logs once per process, for the same reason.
fn warn_of_system_permission(permission: &str) {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing::error!(
            "a check for the permission {permission} can never pass, because session tokens do not contain system \
             permissions: create a custom permission in the Clerk Dashboard, give it to the same roles, and check for \
             that"
        );
    });
}

/// Evaluates `Check::all`; returns whether it requires anything.
fn all_of(checks: &'static [Check], holder: Holder<'_>) -> Result<bool, Missing> {
    let mut later = None;
    for check in checks {
        match check.answer(holder) {
            Ok(()) => {}
            Err(missing @ Missing::Reverification(_)) => later = later.or(Some(missing)),
            Err(missing) => return Err(missing),
        }
    }
    later.map_or(Ok(!checks.is_empty()), Err)
}

/// Evaluates `Check::any`. If one of the checks lacks only a verification, that is what is missing.
fn one_of(checks: &'static [Check], holder: Holder<'_>) -> Result<bool, Missing> {
    let mut within_reach = None;
    for check in checks {
        match check.answer(holder) {
            Ok(()) => return Ok(true),
            Err(missing @ Missing::Reverification(_)) => within_reach = within_reach.or(Some(missing)),
            Err(_) => {}
        }
    }
    Err(within_reach.unwrap_or(Missing::OneOf(checks.into())))
}

impl Holder<'_> {
    /// Returns whether the caller has what `asked` names.
    fn has(self, asked: &Missing) -> bool {
        match (self, asked) {
            (Self::User { organization, .. }, Missing::Role(role)) => {
                organization.is_some_and(|org| has_role(org, role))
            }
            (Self::User { organization, .. }, Missing::Permission(permission)) => {
                organization.is_some_and(|org| has_permission(org, permission))
            }
            (Self::User { claims, .. }, Missing::Feature(feature)) => is_entitled(claims.get(ClaimName::Fea), feature),
            (Self::User { claims, .. }, Missing::Plan(plan)) => is_entitled(claims.get(ClaimName::Pla), plan),
            (Self::User { claims, .. }, Missing::Reverification(reverification)) => {
                reverification.is_valid() && reverification.is_met_by(claims.get(ClaimName::Fva))
            }
            (Self::Machine { scopes }, Missing::Scope(scope)) => scopes.iter().any(|granted| granted == scope),
            _ => false,
        }
    }
}

pub(in super::super) fn has_role(organization: &ActiveOrganization, role: &str) -> bool {
    let own = organization.role.as_deref().filter(|own| !own.is_empty());
    own.is_some_and(|own| without_org(own) == without_org(role))
}

/// Never true for a system permission, even if the token of a test contains one: in production no token does.
pub(in super::super) fn has_permission(organization: &ActiveOrganization, permission: &str) -> bool {
    if is_system_permission(permission) {
        warn_of_system_permission(permission);
        return false;
    }
    let granted = organization.permissions.as_deref().unwrap_or_default();
    let asked = without_org(permission);
    granted.iter().any(|granted| granted.strip_prefix("org:") == Some(asked))
}

/// Strips `org:` prefixes; there may be more than one.
fn without_org(mut name: &str) -> &str {
    while let Some(rest) = name.strip_prefix("org:") {
        name = rest;
    }
    name
}

/// Returns whether the claim contains the feature or plan, for the requested owner: the organization or the user. A
/// claim with a malformed element contains nothing, and an unknown scope matches nothing.
pub(in super::super) fn is_entitled(claim: Option<Claim<'_>>, asked: &str) -> bool {
    let Some(claim) = claim.and_then(Claim::as_str).filter(|claim| !claim.is_empty()) else { return false };
    let mut parts = asked.split(':');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let (of_organization, of_user) = match (second, first) {
        (None, _) => (true, true),
        (Some(_), "o" | "org" | "organization") => (true, false),
        (Some(_), "u" | "user") => (false, true),
        (Some(_), _) => return false,
    };
    let asked = second.filter(|name| !name.is_empty()).unwrap_or(first);
    let mut is_found = false;
    for element in claim.split(',') {
        let Some((scope, name)) = trim(element).split_once(':') else { return false };
        let counts = match scope {
            "o" => of_organization,
            "u" => of_user,
            "ou" | "uo" => true,
            _ => false,
        };
        is_found = is_found || counts && name == asked;
    }
    is_found
}
