//! The clock check: this machine's clock against Clerk's.

use std::time::Duration;

use super::report::Finding;
use crate::{backend::ClockSkew, config::Settings};

const NAME: &str = "clock";
/// From this skew on, fresh session tokens, which live for a minute, count as expired.
const TOO_FAR: Duration = Duration::from_secs(60);
const SYNCHRONIZE: &str = "synchronize this machine's clock (NTP)";

pub(super) fn check(settings: &Settings, measured: Option<ClockSkew>) -> Finding {
    match measured {
        Some(skew) => verdict(skew, settings.clock_skew),
        None => Finding::skipped(NAME, "no response from Clerk to compare this machine's clock with"),
    }
}

fn verdict(skew: ClockSkew, tolerance: Duration) -> Finding {
    let seconds = tolerance.as_secs_f64();
    let found = format!("this machine's clock is {skew}");
    if skew.exceeds(tolerance.max(TOO_FAR)) {
        return Finding::failed(NAME, format!("{found}: valid tokens are rejected")).with_fix(SYNCHRONIZE);
    }
    if skew.exceeds(tolerance) {
        let found = format!("{found}, more than clock_skew of {seconds} s");
        return Finding::warning(NAME, found).with_fix(SYNCHRONIZE);
    }
    Finding::ok(NAME, format!("{found}, within clock_skew of {seconds} s"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Timestamp, doctor::Status};

    #[test]
    fn skews_and_the_verdict_on_them() {
        use Status::*;
        for (name, seconds, tolerance, status, says) in [
            ("none", 0, 5, Ok, "the same as Clerk's"),
            ("within the tolerance", 4, 5, Ok, "clock is 4 s ahead of Clerk's, within clock_skew of 5 s"),
            ("beyond the tolerance", 10, 5, Warning, "clock is 10 s ahead of Clerk's, more than"),
            ("behind", -10, 5, Warning, "clock is 10 s behind Clerk's"),
            ("an hour", 3600, 5, Failed, "clock is 3600 s ahead of Clerk's"),
            ("an hour behind", -3600, 5, Failed, "clock is 3600 s behind Clerk's"),
            ("a tolerance of minutes", 90, 120, Ok, "clock is 90 s ahead"),
            ("no tolerance", 2, 0, Warning, "clock is 2 s ahead"),
        ] {
            let now = Timestamp::from_millis(1_700_000_000_500);
            let date = Timestamp::from_millis(1_700_000_000_000 - seconds * 1000);
            let skew = ClockSkew::measured(date, now, now).unwrap();
            let finding = verdict(skew, Duration::from_secs(tolerance));
            assert_eq!(finding.status(), status, "{name}: {finding:?}");
            assert!(finding.found().contains(says), "{name}: {finding:?}");
            assert_eq!(finding.fix().is_some(), status != Ok, "{name}");
        }
    }
}
