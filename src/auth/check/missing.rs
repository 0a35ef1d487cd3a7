//! What a caller lacks, and how that is said: to them, and to operators.

use std::fmt;

use super::{Check, Reverification};

/// What a caller lacks. One thing at a time, and a fresh verification last: a user is not asked to prove who they are for
/// what they may not do anyway.
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
    /// A verification that is fresh enough.
    Reverification(Reverification),
    /// One of these.
    OneOf(&'static [Check]),
    /// Nothing that the caller is or has: what they ask for is not theirs, says the policy.
    Request,
    /// The check asks nothing, and so nobody passes it.
    Everything,
    /// The check asks for two roles, two permissions or the like by calling one setter twice, and so nobody passes it.
    Ambiguous,
}

impl Missing {
    /// The stable code.
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
    /// A sentence for the caller: what the route asks for, and nothing of what there is.
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
