//! What can be asked of a caller: a role, a permission, a feature, a plan, a scope, a fresh verification.

mod evaluate;
mod missing;
mod reverification;
#[cfg(feature = "utoipa")]
mod scopes;

use std::fmt;

pub(crate) use self::evaluate::Holder;
pub(super) use self::evaluate::{has_permission, has_role, is_entitled};
pub use self::{missing::Missing, reverification::Reverification};
use crate::token::{TokenType, TokenTypes};

/// What is asked of a caller. It is a constant: nothing is allocated, neither to make one nor to answer it.
///
/// Everything that is asked has to be there, and something has to be asked. Roles and permissions are those in the active
/// organization, with or without `org:` before them. A feature or plan is meant of either the organization or the
/// user, unless it says which: `org:export` or `user:export`. These are the rules of Clerk's `has()`.
///
/// Scopes are those of API keys, machines and OAuth applications, which have nothing else. [`any`](Self::any) and
/// [`all`](Self::all) combine checks.
///
/// ```
/// use clerk_actix::{Check, Reverification};
///
/// const PUBLISH: Check = Check::new().permission("org:posts:publish").reverification(Reverification::STRICT);
/// const EXPORT: Check = Check::any(&[Check::new().feature("export"), Check::new().scope("exports:read")]);
///
/// assert_eq!(PUBLISH.to_string(), "permission org:posts:publish and reverification strict");
/// assert_eq!(EXPORT.to_string(), "feature export or scope exports:read");
/// ```
///
/// A constant asks for what is known when the program is written. For a permission that is not, there are
/// [`Session::has_permission`](crate::Session::has_permission) and its like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Check {
    is_anyone: bool,
    role: Option<&'static str>,
    permission: Option<&'static str>,
    feature: Option<&'static str>,
    plan: Option<&'static str>,
    scope: Option<&'static str>,
    reverification: Option<Reverification>,
    any: Option<&'static [Check]>,
    all: Option<&'static [Check]>,
}

impl Check {
    /// Nothing asked yet; and nobody passes a check that asks nothing.
    pub const fn new() -> Self {
        Self {
            is_anyone: false,
            role: None,
            permission: None,
            feature: None,
            plan: None,
            scope: None,
            reverification: None,
            any: None,
            all: None,
        }
    }

    /// Every caller passes: for a [`Policy`](crate::Policy) that only looks at the request.
    pub const ANYONE: Self = Self { is_anyone: true, ..Self::new() };

    /// A role in the active organization: `org:admin`.
    pub const fn role(mut self, role: &'static str) -> Self {
        self.role = Some(role);
        self
    }

    /// A permission in the active organization: `org:posts:publish`. System permissions (`org:sys_…`) are not part of a
    /// session's token, so nobody has them here.
    pub const fn permission(mut self, permission: &'static str) -> Self {
        self.permission = Some(permission);
        self
    }

    /// A feature of the organization's plan or of the user's own: `export`, `org:export`, `user:export`.
    pub const fn feature(mut self, feature: &'static str) -> Self {
        self.feature = Some(feature);
        self
    }

    /// A plan of the organization or the user: `pro`, `org:team`, `user:pro`.
    pub const fn plan(mut self, plan: &'static str) -> Self {
        self.plan = Some(plan);
        self
    }

    /// A scope, to the letter. Only API keys, machines and OAuth applications have any.
    pub const fn scope(mut self, scope: &'static str) -> Self {
        self.scope = Some(scope);
        self
    }

    /// That the user has proved lately who they are.
    pub const fn reverification(mut self, reverification: Reverification) -> Self {
        self.reverification = Some(reverification);
        self
    }

    /// One of these will do. Of none, none does.
    pub const fn any(checks: &'static [Check]) -> Self {
        Self { any: Some(checks), ..Self::new() }
    }

    /// All of these. Of none, nothing is asked.
    pub const fn all(checks: &'static [Check]) -> Self {
        Self { all: Some(checks), ..Self::new() }
    }

    /// Whether a caller with one of these types of token can pass at all: a machine has no role, and a user no scope.
    pub(crate) const fn can_pass_for(&self, types: TokenTypes) -> bool {
        (types.contains(TokenType::SessionToken) && self.can_pass(true))
            || ((types.contains(TokenType::ApiKey)
                || types.contains(TokenType::M2mToken)
                || types.contains(TokenType::OAuthToken))
                && self.can_pass(false))
    }

    const fn can_pass(&self, is_session: bool) -> bool {
        let of_session = self.role.is_some()
            || self.permission.is_some()
            || self.feature.is_some()
            || self.plan.is_some()
            || self.reverification.is_some();
        if (of_session && !is_session) || (self.scope.is_some() && is_session) {
            return false;
        }
        if let Some(reverification) = self.reverification
            && !reverification.is_valid()
        {
            return false;
        }
        let mut asks = of_session || self.scope.is_some() || self.is_anyone;
        if let Some(checks) = self.any {
            let (mut index, mut passes) = (0, false);
            while index < checks.len() {
                passes = passes || checks[index].can_pass(is_session);
                index += 1;
            }
            if !passes {
                return false;
            }
            asks = true;
        }
        if let Some(checks) = self.all {
            let mut index = 0;
            while index < checks.len() {
                if !checks[index].can_pass(is_session) {
                    return false;
                }
                asks = true;
                index += 1;
            }
        }
        asks
    }
}

impl Default for Check {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        let mut and = |f: &mut fmt::Formatter<'_>| {
            let separator = if std::mem::take(&mut is_first) { "" } else { " and " };
            f.write_str(separator)
        };
        if self.is_anyone {
            and(f)?;
            f.write_str("anyone")?;
        }
        for (what, asked) in [
            ("role", self.role),
            ("permission", self.permission),
            ("feature", self.feature),
            ("plan", self.plan),
            ("scope", self.scope),
        ] {
            if let Some(asked) = asked {
                and(f)?;
                write!(f, "{what} {asked}")?;
            }
        }
        if let Some(reverification) = &self.reverification {
            and(f)?;
            write!(f, "reverification {reverification}")?;
        }
        for (checks, joint) in [(self.any, " or "), (self.all, " and ")] {
            let Some(checks) = checks else { continue };
            and(f)?;
            for (index, check) in checks.iter().enumerate() {
                f.write_str(if index == 0 { "" } else { joint })?;
                let is_compound = check.any.is_some() || check.all.is_some() || check.to_string().contains(" and ");
                if is_compound { write!(f, "({check})")? } else { write!(f, "{check}")? }
            }
        }
        // Something is written even where nothing is asked.
        if is_first { f.write_str("nothing") } else { Ok(()) }
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Check({self})")
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
mod tests;
