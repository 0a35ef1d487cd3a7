//! The unmet requirement of a check: as a value, a code and a message.

use std::fmt;

use super::{Check, reverification::Reverification};

/// The requirement that a caller does not meet. It names one at a time, and a fresh verification last: users are not
/// asked to prove who they are for an action that they may not take anyway.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Missing {
    /// A role in the active organization.
    Role(&'static str),
    /// A permission in the active organization.
    Permission(&'static str),
    /// A feature.
    Feature(&'static str),
    /// A plan.
    Plan(&'static str),
    /// A scope.
    Scope(&'static str),
    /// A verification that is recent enough.
    Reverification(Reverification),
    /// Any one of these checks.
    OneOf(&'static [Check]),
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
            Self::OneOf(checks) => write!(f, "Required: {}.", Check::any(checks)),
            Self::Request | Self::Everything | Self::Ambiguous => f.write_str("This is not allowed."),
        }
    }
}
