//! Reverification: how recently a user must have verified their identity.

use std::{fmt, time::Duration};

use serde_json::{Number, Value, json};

use crate::token::Claim;

/// How recently, and with which factor, a user must have verified their identity: `{ reverification }` in Clerk's
/// `has()`.
///
/// Clerk's frontend components handle the rejection: they ask the user to verify again, and repeat the request.
///
/// ```
/// use std::time::Duration;
/// use clerk_actix::{Check, Reverification};
///
/// const TRANSFER: Check = Check::new().reverification(Reverification::STRICT);
/// const READ: Check = Check::new().reverification(Reverification::first_factor(Duration::from_secs(30 * 60)));
/// # let _ = (TRANSFER, READ);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reverification {
    level: Level,
    after_minutes: u64,
    preset: Option<&'static str>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::enum_variant_names, reason = "the names that Clerk has for them")]
enum Level {
    FirstFactor,
    SecondFactor,
    MultiFactor,
}

impl Level {
    const fn as_str(self) -> &'static str {
        match self {
            Self::FirstFactor => "first_factor",
            Self::SecondFactor => "second_factor",
            Self::MultiFactor => "multi_factor",
        }
    }
}

impl Reverification {
    /// Both factors within 10 minutes.
    pub const STRICT_MFA: Self = Self::preset("strict_mfa", Level::MultiFactor, 10);
    /// The second factor within 10 minutes.
    pub const STRICT: Self = Self::preset("strict", Level::SecondFactor, 10);
    /// The second factor within an hour.
    pub const MODERATE: Self = Self::preset("moderate", Level::SecondFactor, 60);
    /// The second factor within a day.
    pub const LAX: Self = Self::preset("lax", Level::SecondFactor, 1440);

    /// Requires the first factor, verified within this time. It counts in whole minutes, and fractions are dropped: less
    /// than a minute never passes.
    pub const fn first_factor(within: Duration) -> Self {
        Self::within(Level::FirstFactor, within)
    }

    /// Requires the second factor, verified within this time; for users without one, the first factor. It counts in
    /// whole minutes, and fractions are dropped: less than a minute never passes.
    pub const fn second_factor(within: Duration) -> Self {
        Self::within(Level::SecondFactor, within)
    }

    /// Requires both factors, verified within this time; for users without a second factor, only the first. It counts
    /// in whole minutes, and fractions are dropped: less than a minute never passes.
    pub const fn multi_factor(within: Duration) -> Self {
        Self::within(Level::MultiFactor, within)
    }

    const fn within(level: Level, within: Duration) -> Self {
        Self { level, after_minutes: within.as_secs() / 60, preset: None }
    }

    const fn preset(name: &'static str, level: Level, after_minutes: u64) -> Self {
        Self { level, after_minutes, preset: Some(name) }
    }

    pub(super) const fn is_valid(&self) -> bool {
        self.after_minutes > 0
    }

    /// Returns whether the claim `fva` meets this: the ages of both factors in minutes, −1 for one that is not
    /// enrolled. A malformed claim does not.
    pub(super) fn is_met_by(&self, fva: Option<Claim<'_>>) -> bool {
        let Some([first, second]) = fva.and_then(Claim::as_two_numbers) else { return false };
        let (Some(first), Some(second)) = (factor_age(&first), factor_age(&second)) else { return false };
        let is_fresh = |age: f64| age != NOT_ENROLLED && self.after_minutes as f64 > age;
        match (self.level, first == NOT_ENROLLED, second == NOT_ENROLLED) {
            (_, true, true) => false,
            (Level::FirstFactor, ..) | (_, _, true) => is_fresh(first),
            (Level::SecondFactor, ..) => is_fresh(second),
            (Level::MultiFactor, ..) => is_fresh(first) && is_fresh(second),
        }
    }

    /// Returns the form that Clerk's frontend expects in `metadata.reverification`.
    pub(crate) fn to_json(self) -> Value {
        match self.preset {
            Some(name) => json!(name),
            None => json!({ "level": self.level.as_str(), "afterMinutes": self.after_minutes }),
        }
    }
}

const NOT_ENROLLED: f64 = -1.0;

fn factor_age(age: &Number) -> Option<f64> {
    age.as_f64().filter(|age| age.is_finite() && (*age == NOT_ENROLLED || *age >= 0.0))
}

impl fmt::Display for Reverification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.preset {
            Some(name) => f.write_str(name),
            None => write!(f, "{} within {} minutes", self.level.as_str(), self.after_minutes),
        }
    }
}
