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

/// Converts a time that Clerk sends in milliseconds in some places and in seconds in others.
pub(crate) fn time_of_either_unit(time: i64) -> SystemTime {
    /// In seconds this is the year 5138; in milliseconds, 1973.
    const BORDER: u64 = 100_000_000_000;
    system_time(if time.unsigned_abs() < BORDER { time * 1000 } else { time })
}

/// The same for OAuth access tokens, whose times Clerk sends in seconds.
pub(super) fn lenient_oauth_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    Ok(PlainValue::deserialize(deserializer)?.0.as_i64().map(time_of_either_unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Times {
        #[serde(default, deserialize_with = "lenient_time::deserialize")]
        time: Option<SystemTime>,
        #[serde(default, deserialize_with = "lenient_oauth_time")]
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
