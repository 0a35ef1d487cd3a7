//! Checks: the role, permission, feature, plan, scope or fresh verification to require of a caller.

mod evaluate;
mod missing;
mod reverification;
mod scopes;

use std::fmt;

pub(crate) use self::evaluate::Holder;
pub(super) use self::evaluate::{has_permission, has_role, is_entitled};
pub use self::{missing::Missing, reverification::Reverification};
use crate::token::{TokenType, TokenTypes};

/// A set of requirements for a caller. A check is a constant; neither making one nor evaluating it allocates.
///
/// A check passes only if the caller meets everything it asks for, and it must ask for something. Roles and
/// permissions are those in the active organization, with or without the `org:` prefix. A feature or plan may belong
/// to the organization or to the user, unless the name says which: `org:export` or `user:export`. These are the rules
/// of Clerk's `has()`.
///
/// Scopes apply to API keys, machines and OAuth applications, which have nothing else to check. [`any`](Self::any) and
/// [`all`](Self::all) combine checks.
///
/// A check asks for at most one role, one permission, and so on. For two permissions, write
/// `Check::all(&[Check::new().permission("a"), Check::new().permission("b")])`. A check that calls one setter twice is
/// a mistake and never passes: a [`Policy`](crate::Policy) with such a check does not compile, and elsewhere the first
/// evaluation logs an error.
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
/// A check names requirements that are known at compile time. For a permission known only at run time, use
/// [`Session::has_permission`](crate::Session::has_permission) and the methods like it.
#[derive(Clone, Copy, PartialEq, Eq)]
#[doc(alias = "has")]
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
    /// The setter that was called twice: the second call would otherwise silently replace the first. The setter cannot
    /// report the error itself: it would have to panic when a handler makes the check.
    asked_twice: Option<&'static str>,
}

impl Check {
    /// Creates a check that asks for nothing. Such a check never passes.
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

    /// Accepts every authenticated caller: for a [`Policy`](crate::Policy) that only looks at the request.
    pub const ANYONE: Self = Self { is_anyone: true, ..Self::new() };

    /// Requires a role in the active organization: `org:admin`.
    pub const fn role(mut self, role: &'static str) -> Self {
        self = self.noting("role", self.role.is_some());
        self.role = Some(role);
        self
    }

    /// Requires a permission in the active organization: `org:posts:publish`.
    ///
    /// System permissions (`org:sys_…`) are not part of session tokens, so a check for one never passes, and a policy
    /// with one does not compile. Clerk recommends a custom permission for the same roles.
    pub const fn permission(mut self, permission: &'static str) -> Self {
        self = self.noting("permission", self.permission.is_some());
        self.permission = Some(permission);
        self
    }

    /// Requires a feature of the organization's plan or of the user's own: `export`, `org:export`, `user:export`.
    pub const fn feature(mut self, feature: &'static str) -> Self {
        self = self.noting("feature", self.feature.is_some());
        self.feature = Some(feature);
        self
    }

    /// Requires a plan of the organization or the user: `pro`, `org:team`, `user:pro`.
    pub const fn plan(mut self, plan: &'static str) -> Self {
        self = self.noting("plan", self.plan.is_some());
        self.plan = Some(plan);
        self
    }

    /// Requires a scope; the match is exact. Only API keys, machines and OAuth applications have scopes.
    pub const fn scope(mut self, scope: &'static str) -> Self {
        self = self.noting("scope", self.scope.is_some());
        self.scope = Some(scope);
        self
    }

    /// Requires that the user has verified their identity recently.
    pub const fn reverification(mut self, reverification: Reverification) -> Self {
        self = self.noting("reverification", self.reverification.is_some());
        self.reverification = Some(reverification);
        self
    }

    /// Passes if any of these checks passes. An empty list never passes.
    pub const fn any(checks: &'static [Check]) -> Self {
        Self { any: Some(checks), ..Self::new() }
    }

    /// Passes if all of these checks pass. An empty list asks for nothing.
    pub const fn all(checks: &'static [Check]) -> Self {
        Self { all: Some(checks), ..Self::new() }
    }

    const fn noting(mut self, what: &'static str, is_asked_already: bool) -> Self {
        if is_asked_already {
            self.asked_twice = Some(what);
        }
        self
    }

    /// Returns whether this check, or one nested in it, asks for the same kind of thing twice.
    pub(crate) const fn asks_twice(&self) -> bool {
        self.asked_twice.is_some() || one_asks_twice(self.any) || one_asks_twice(self.all)
    }

    /// Returns whether this check, or one nested in it, asks for a system permission, which no token carries.
    pub(crate) const fn asks_for_system_permission(&self) -> bool {
        let is_asked = match self.permission {
            Some(permission) => is_system_permission(permission),
            None => false,
        };
        is_asked || one_asks_for_system_permission(self.any) || one_asks_for_system_permission(self.all)
    }

    /// Returns whether a caller with one of these types of token can pass at all: machines have no roles, users no
    /// scopes.
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

/// Returns whether Clerk itself defines this permission, with or without `org:`. System permissions work in Clerk's
/// own components and API; no session token carries them.
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
            f.write_str(&joined(checks, joint))?;
        }
        // An empty check still needs some text.
        if is_first { f.write_str("nothing") } else { Ok(()) }
    }
}

fn joined(checks: &[Check], joint: &str) -> String {
    let in_words = |check: &Check| {
        let words = check.to_string();
        let is_compound = check.any.is_some() || check.all.is_some() || words.contains(" and ");
        if is_compound { format!("({words})") } else { words }
    };
    checks.iter().map(in_words).collect::<Vec<_>>().join(joint)
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
