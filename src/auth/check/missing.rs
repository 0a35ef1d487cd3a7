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

    /// What the code means and what usually causes it, for developers and operators.
    pub const fn cause(&self) -> &'static str {
        match self {
            Self::Role(_) => {
                "The user does not have the role in the active organization, no organization is active, or the token \
                 is from before the role was granted: tokens live for a minute."
            }
            Self::Permission(_) => {
                "The user's role in the active organization does not have the permission, no organization is active, \
                 or the token is from before the permission was granted: tokens live for a minute."
            }
            Self::Feature(_) => {
                "Neither the user's plan nor that of the active organization has the feature, or the token is from \
                 before it was added: tokens live for a minute."
            }
            Self::Plan(_) => {
                "Neither the user nor the active organization has the plan, or the token is from before they \
                 subscribed: tokens live for a minute."
            }
            Self::Scope(_) => "The API key or other machine token was created without the scope.",
            Self::Reverification(_) => {
                "The user's last verification, such as by password or second factor, is older than the policy allows."
            }
            Self::OneOf(_) | Self::Request | Self::Everything | Self::Ambiguous => {
                "None of several checks passed, the policy's `permits` returned `false`, the handler returned \
                 `AuthError::forbidden()`, or the check can never pass."
            }
        }
    }

    /// What to do next, in the imperative.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Role(_) => {
                "Make the organization active with `setActive()`. If the role was granted just now, get a new token: \
                 `getToken({ skipCache: true })`."
            }
            Self::Permission(_) => {
                "Make the organization active with `setActive()`, and add the permission to the role in the Clerk \
                 Dashboard. Then get a new token: `getToken({ skipCache: true })`."
            }
            Self::Feature(_) => {
                "Add the feature to the plan in the Clerk Dashboard, or make the organization active that has it. Then \
                 get a new token: `getToken({ skipCache: true })`."
            }
            Self::Plan(_) => {
                "Check the subscription in the Clerk Dashboard, and make the organization active that has it. Then get \
                 a new token: `getToken({ skipCache: true })`."
            }
            Self::Scope(_) => "Create a token with the scope, or add it to the API key with `ApiKeyUpdate`.",
            Self::Reverification(_) => {
                "Call the route through `useReverification()` in the frontend, which asks the user to verify and \
                 repeats the request."
            }
            Self::OneOf(_) | Self::Request | Self::Everything | Self::Ambiguous => {
                "Compare the caller, which `web::Json(auth)` shows, with the policy's checks and its `permits`. Correct \
                 a check that the log says can never pass."
            }
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
