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
/// A check asks for one role, one permission, and so on. Two permissions are
/// `Check::all(&[Check::new().permission("a"), Check::new().permission("b")])`. A check that asks for one of these twice is a
/// mistake, and nobody passes it: a [`Policy`](crate::Policy) with such a check does not compile, and elsewhere the first
/// answer is an error in the log.
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
    /// What was asked for twice: of two permissions, one would be forgotten. It cannot be an error of the setter, which would
    /// have to panic where a check is made in a handler.
    asked_twice: Option<&'static str>,
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
            asked_twice: None,
        }
    }

    /// Every caller passes: for a [`Policy`](crate::Policy) that only looks at the request.
    pub const ANYONE: Self = Self { is_anyone: true, ..Self::new() };

    /// A role in the active organization: `org:admin`.
    pub const fn role(mut self, role: &'static str) -> Self {
        self = self.noting("role", self.role.is_some());
        self.role = Some(role);
        self
    }

    /// A permission in the active organization: `org:posts:publish`.
    ///
    /// System permissions (`org:sys_…`) are not part of a session's token, so a check for one never passes, and a policy with one
    /// does not compile. Clerk's advice is a custom permission for the same roles.
    pub const fn permission(mut self, permission: &'static str) -> Self {
        self = self.noting("permission", self.permission.is_some());
        self.permission = Some(permission);
        self
    }

    /// A feature of the organization's plan or of the user's own: `export`, `org:export`, `user:export`.
    pub const fn feature(mut self, feature: &'static str) -> Self {
        self = self.noting("feature", self.feature.is_some());
        self.feature = Some(feature);
        self
    }

    /// A plan of the organization or the user: `pro`, `org:team`, `user:pro`.
    pub const fn plan(mut self, plan: &'static str) -> Self {
        self = self.noting("plan", self.plan.is_some());
        self.plan = Some(plan);
        self
    }

    /// A scope, to the letter. Only API keys, machines and OAuth applications have any.
    pub const fn scope(mut self, scope: &'static str) -> Self {
        self = self.noting("scope", self.scope.is_some());
        self.scope = Some(scope);
        self
    }

    /// That the user has proved lately who they are.
    pub const fn reverification(mut self, reverification: Reverification) -> Self {
        self = self.noting("reverification", self.reverification.is_some());
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

    const fn noting(mut self, what: &'static str, is_asked_already: bool) -> Self {
        if is_asked_already {
            self.asked_twice = Some(what);
        }
        self
    }

    /// Whether it, or a check in it, asks for the same kind of thing twice.
    pub(crate) const fn asks_twice(&self) -> bool {
        self.asked_twice.is_some() || one_asks_twice(self.any) || one_asks_twice(self.all)
    }

    /// Whether it, or a check in it, asks for a system permission, which no token carries.
    pub(crate) const fn asks_for_system_permission(&self) -> bool {
        let is_asked = match self.permission {
            Some(permission) => is_system_permission(permission),
            None => false,
        };
        is_asked || one_asks_for_system_permission(self.any) || one_asks_for_system_permission(self.all)
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
        if (of_session && !is_session) || (self.scope.is_some() && is_session) || self.asked_twice.is_some() {
            return false;
        }
        if let Some(reverification) = self.reverification
            && !reverification.is_valid()
        {
            return false;
        }
        if let Some(permission) = self.permission
            && is_system_permission(permission)
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

const fn one_asks_twice(checks: Option<&[Check]>) -> bool {
    let Some(checks) = checks else { return false };
    let mut index = 0;
    while index < checks.len() {
        if checks[index].asks_twice() {
            return true;
        }
        index += 1;
    }
    false
}

const fn one_asks_for_system_permission(checks: Option<&[Check]>) -> bool {
    let Some(checks) = checks else { return false };
    let mut index = 0;
    while index < checks.len() {
        if checks[index].asks_for_system_permission() {
            return true;
        }
        index += 1;
    }
    false
}

/// Whether that is one of the permissions that Clerk defines itself, with or without `org:`. They work in Clerk's own components
/// and API; no session's token has them.
pub(crate) const fn is_system_permission(permission: &str) -> bool {
    let mut rest = permission.as_bytes();
    loop {
        match rest {
            [b'o', b'r', b'g', b':', more @ ..] => rest = more,
            [b's', b'y', b's', b'_', ..] => return true,
            _ => return false,
        }
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
        if let Some(what) = self.asked_twice {
            and(f)?;
            write!(f, "a second {what}")?;
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
