//! Times in responses from Clerk, which are numbers in JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize};

use super::plain_value::PlainValue;

/// Converts milliseconds since the Unix epoch. Times before the epoch become the epoch. Times that `SystemTime` cannot
/// represent become one that is far in the future.
pub(crate) fn system_time(millis: i64) -> SystemTime {
    let since_epoch = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
    let far_future = Duration::from_secs(u32::MAX.into());
    UNIX_EPOCH.checked_add(since_epoch).or_else(|| UNIX_EPOCH.checked_add(far_future)).unwrap_or(UNIX_EPOCH)
}

/// Milliseconds since the Unix epoch, for `#[serde(with = "lenient_time")]`.
pub(super) mod lenient_time {
    use serde::Serializer;

    use super::*;

    /// Anything else than such a number counts as missing.
    pub(in crate::api) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        Ok(PlainValue::deserialize(deserializer)?.0.as_i64().map(system_time))
    }

    pub(in crate::api) fn serialize<S: Serializer>(
        time: &Option<SystemTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(unix_millis).serialize(serializer)
    }
}

/// Converts to milliseconds since the Unix epoch. Times before the epoch become the epoch.
pub(crate) fn unix_millis(time: SystemTime) -> u64 {
    let since_epoch = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

/// Writes a time as RFC 3339, in UTC and with milliseconds: `2023-11-14T22:13:20.000Z`. Times before the epoch become
/// the epoch.
#[cfg(any(test, feature = "backend-api", feature = "testing"))]
pub(crate) fn rfc3339(time: SystemTime) -> String {
    let millis = unix_millis(time);
    let (days, in_day) = (millis / 86_400_000, millis % 86_400_000);
    // Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years that begin in March, in eras of 400 years.
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (month, next_year) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = era * 400 + year_of_era + next_year;
    let (seconds, millis) = (in_day / 1_000, in_day % 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}.{millis:03}Z")
}

/// Converts a time that Clerk sends in milliseconds in some places and in seconds in others.
pub(crate) fn time_of_either_unit(time: i64) -> SystemTime {
    /// In seconds this is the year 5138; in milliseconds, 1973.
    const BORDER: u64 = 100_000_000_000;
    system_time(if time.unsigned_abs() < BORDER { time * 1000 } else { time })
}

/// The same for OAuth access tokens, whose times Clerk sends in seconds.
pub(super) mod lenient_oauth_time {
    pub(in crate::api) use super::lenient_time::serialize;
    use super::*;

    pub(in crate::api) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<SystemTime>, D::Error> {
        Ok(PlainValue::deserialize(deserializer)?.0.as_i64().map(time_of_either_unit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_as_text() {
        for (millis, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (951_868_800_001, "2000-03-01T00:00:00.001Z"),
            (1_700_000_000_000, "2023-11-14T22:13:20.000Z"),
            (1_704_067_199_000, "2023-12-31T23:59:59.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] {
            assert_eq!(rfc3339(system_time(millis)), expected);
        }
    }

    #[derive(Deserialize)]
    struct Times {
        #[serde(default, deserialize_with = "lenient_time::deserialize")]
        time: Option<SystemTime>,
        #[serde(default, deserialize_with = "lenient_oauth_time::deserialize")]
        of_oauth: Option<SystemTime>,
    }

    #[test]
    fn times_in_all_their_forms() {
        let at = |millis: u64| Some(UNIX_EPOCH + Duration::from_millis(millis));
        for (name, json, time, of_oauth) in [
            ("milliseconds", "1700000000123", at(1_700_000_000_123), at(1_700_000_000_123)),
            ("seconds", "1700000000", at(1_700_000_000), at(1_700_000_000_000)),
            ("the epoch", "0", at(0), at(0)),
            ("before the epoch", "-5", at(0), at(0)),
            ("null", "null", None, None),
            ("a text", "\"1700000000123\"", None, None),
            ("a fraction", "1.5", None, None),
            ("out of range", "1e300", None, None),
            ("the form of serde", r#"{"secs_since_epoch":1,"nanos_since_epoch":0}"#, None, None),
        ] {
            let found: Times = serde_json::from_str(&format!(r#"{{"time":{json},"of_oauth":{json}}}"#)).unwrap();
            assert_eq!((found.time, found.of_oauth), (time, of_oauth), "{name}");
        }
        let none: Times = serde_json::from_str("{}").unwrap();
        assert_eq!((none.time, none.of_oauth), (None, None));
        assert!(system_time(i64::MAX) >= system_time(4_000_000_000_000), "the far future");
    }
}
