//! Times in responses from Clerk, which are numbers in JSON.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Converts milliseconds since the Unix epoch. Times before the epoch become the epoch. Times that `SystemTime` cannot
/// represent become one that is far in the future.
pub(crate) fn system_time(millis: i64) -> SystemTime {
    let since_epoch = Duration::from_millis(u64::try_from(millis).unwrap_or_default());
    let far_future = Duration::from_secs(u32::MAX.into());
    UNIX_EPOCH.checked_add(since_epoch).or_else(|| UNIX_EPOCH.checked_add(far_future)).unwrap_or(UNIX_EPOCH)
}

/// Deserializes milliseconds since the Unix epoch; anything else counts as missing.
pub(super) fn lenient_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    Ok(Value::deserialize(deserializer)?.as_i64().map(system_time))
}

/// The same for OAuth access tokens, whose times Clerk sends in seconds.
pub(super) fn lenient_oauth_time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SystemTime>, D::Error> {
    /// In seconds this is the year 5138; in milliseconds, 1973.
    const BORDER: u64 = 100_000_000_000;
    let in_millis = |time: i64| if time.unsigned_abs() < BORDER { time * 1000 } else { time };
    Ok(Value::deserialize(deserializer)?.as_i64().map(in_millis).map(system_time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Times {
        #[serde(default, deserialize_with = "lenient_time")]
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
