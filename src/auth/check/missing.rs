//! The unmet requirement of a check: as a value, a code and a message.

use std::{borrow::Cow, fmt};

use super::{Check, joined, reverification::Reverification};

/// The requirement that a caller does not meet. It names one at a time, and a fresh verification last: users are not
/// asked to prove who they are for an action that they may not take anyway.
///
/// It converts to an [`AuthError`](crate::AuthError), for requirements that are known only at run time:
///
/// ```
/// use actix_web::{get, web, Responder};
/// use clerk_actix::{AuthError, RequireAuth, policy::Missing};
///
/// #[get("/reports/{name}")]
/// async fn report(user: RequireAuth, name: web::Path<String>) -> Result<impl Responder, AuthError> {
///     let permission = format!("org:{name}:read");
///     if !user.has_permission(&permission) {
///         return Err(Missing::Permission(permission.into()).into());
///     }
///     Ok("the report")
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// A role in the active organization.
    Role(Cow<'static, str>),
    /// A permission in the active organization.
    Permission(Cow<'static, str>),
    /// A feature.
    Feature(Cow<'static, str>),
    /// A plan.
    Plan(Cow<'static, str>),
    /// A scope.
    Scope(Cow<'static, str>),
    /// A verification that is recent enough.
    Reverification(Reverification),
    /// Any one of these checks.
    OneOf(Cow<'static, [Check]>),
    /// The policy's own check of the request ([`Policy::permits`](crate::Policy::permits)) failed.
    Request,
    /// The check asks for nothing, so it never passes.
    Everything,
    /// The check asks for two roles, two permissions or the like by calling one setter twice, so it never passes.
    Ambiguous,
}

impl Missing {
    /// Returns the stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Role(_) => "missing-role",
            Self::Permission(_) => "missing-permission",
            Self::Feature(_) => "missing-feature",
            Self::Plan(_) => "missing-plan",
            Self::Scope(_) => "missing-scope",
            Self::Reverification(_) => "reverification-error",
            Self::OneOf(_) | Self::Request | Self::Everything | Self::Ambiguous => "forbidden",
        }
    }
}

impl fmt::Display for Missing {
    /// A sentence for the caller: it says what the route requires, and nothing about what exists.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => write!(f, "The role {role} is required."),
            Self::Permission(permission) => write!(f, "The permission {permission} is required."),
            Self::Feature(feature) => write!(f, "The feature {feature} is required."),
            Self::Plan(plan) => write!(f, "The plan {plan} is required."),
            Self::Scope(scope) => write!(f, "The scope {scope} is required."),
            Self::Reverification(_) => f.write_str("A recent verification is required."),
            Self::OneOf(checks) => write!(f, "Required: {}.", joined(checks, " or ")),
            Self::Request | Self::Everything | Self::Ambiguous => f.write_str("This is not allowed."),
        }
    }
}
