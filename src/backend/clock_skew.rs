//! The clock skew: how far this machine's clock is from Clerk's, by the `Date` of a response.

use std::{fmt, time::Duration};

use super::transport::{ApiResponse, TransportError};
use crate::clock::{Clock, Timestamp, millis};

/// The difference between this machine's clock and Clerk's, as one call measured it.
///
/// `Date` has a resolution of one second, and the response was made at an unknown moment of the call. So the difference
/// is known only within an interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClockSkew {
    /// The middle of the interval, in milliseconds. Positive if this machine's clock is ahead.
    middle: i64,
    /// Half the length of the interval, in milliseconds.
    uncertainty: i64,
}

/// Makes a call, and measures the skew if the response has a `Date`.
pub(crate) async fn measuring(
    clock: &Clock,
    call: impl Future<Output = Result<ApiResponse, TransportError>>,
) -> (Result<ApiResponse, TransportError>, Option<ClockSkew>) {
    let before = clock.now();
    let answer = call.await;
    let date = answer.as_ref().ok().and_then(|response| response.date);
    (answer, date.and_then(|date| ClockSkew::measured(date, before, clock.now())))
}

impl ClockSkew {
    /// Compares the date of a response with the times before and after the call. `None` if the clock was set back
    /// meanwhile.
    pub(crate) fn measured(date: Timestamp, before: Timestamp, after: Timestamp) -> Option<Self> {
        const RESOLUTION: i64 = 1000;
        let took = after.millis_since(before);
        // Clerk's time was between `date` and a second later, and this machine's between `before` and `after`.
        let (lowest, highest) = (before.millis_since(date).saturating_sub(RESOLUTION), after.millis_since(date));
        (took >= 0).then(|| Self {
            middle: lowest.midpoint(highest),
            uncertainty: (took.saturating_add(RESOLUTION)).div_euclid(2),
        })
    }

    /// Returns the seconds that this machine's clock is ahead; negative if it is behind. Zero if the clocks may well be
    /// the same.
    pub(crate) fn seconds(self) -> i64 {
        let is_known = self.middle.saturating_abs() > self.uncertainty;
        if is_known { self.middle.saturating_add(500).div_euclid(1000) } else { 0 }
    }

    /// Returns whether the clocks certainly differ by more than this.
    pub(crate) fn exceeds(self, tolerance: Duration) -> bool {
        self.middle.saturating_abs().saturating_sub(self.uncertainty) > millis(tolerance)
    }

    pub(crate) fn uncertainty(self) -> i64 {
        self.uncertainty
    }
}

/// `3600 s ahead of Clerk's`.
impl fmt::Display for ClockSkew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.seconds() {
            0 => f.write_str("the same as Clerk's"),
            ahead @ 1.. => write!(f, "{ahead} s ahead of Clerk's"),
            behind => write!(f, "{} s behind Clerk's", behind.unsigned_abs()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: i64 = 1_700_000_000_000;

    fn skew(before: i64, after: i64) -> Option<ClockSkew> {
        ClockSkew::measured(
            Timestamp::from_millis(DATE),
            Timestamp::from_millis(DATE + before),
            Timestamp::from_millis(DATE + after),
        )
    }

    #[test]
    fn calls_and_the_skew_that_they_show() {
        for (name, before, after, seconds, text) in [
            ("at once", 0, 0, 0, "the same as Clerk's"),
            ("at the end of the second", 990, 999, 0, "the same as Clerk's"),
            ("into the next second", 950, 1_040, 0, "the same as Clerk's"),
            ("a slow call", -8_000, 900, 0, "the same as Clerk's"),
            ("a little behind", -300, -200, -1, "1 s behind Clerk's"),
            ("two seconds ahead", 2_500, 2_600, 2, "2 s ahead of Clerk's"),
            ("an hour ahead", 3_600_000, 3_600_000, 3_600, "3600 s ahead of Clerk's"),
            ("an hour ahead, later in the second", 3_600_900, 3_600_950, 3_600, "3600 s ahead of Clerk's"),
            ("a minute behind", -60_000, -59_900, -60, "60 s behind Clerk's"),
            ("a minute behind, later in the second", -59_100, -59_000, -60, "60 s behind Clerk's"),
        ] {
            let skew = skew(before, after).unwrap();
            assert_eq!(skew.seconds(), seconds, "{name}");
            assert_eq!(skew.to_string(), text, "{name}");
        }
        assert_eq!(skew(500, 400), None, "the clock was set back during the call");
    }

    /// Never an alarm that the resolution of `Date` or a slow call explains.
    #[test]
    fn a_tolerance_is_exceeded_only_for_certain() {
        let five = Duration::from_secs(5);
        for (name, before, after, expected) in [
            ("the same", 500, 600, false),
            ("at the tolerance", 6_000, 6_000, false),
            ("past it", 6_001, 6_001, true),
            ("past it, with a slow call that explains it", 3_000, 9_000, false),
            ("behind, at the tolerance", -5_000, -5_000, false),
            ("behind, past it", -5_100, -5_001, true),
            ("behind, with a slow call that explains it", -9_000, -4_000, false),
        ] {
            assert_eq!(skew(before, after).unwrap().exceeds(five), expected, "{name}");
        }
    }
}
