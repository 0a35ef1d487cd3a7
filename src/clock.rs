//! The clock: the system's, or in tests one that is set by hand.

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A point in time: milliseconds since the Unix epoch, the precision that Clerk's own SDKs use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Timestamp(i64);

impl Timestamp {
    pub(crate) const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Converts a JWT's NumericDate. JSON numbers can be fractions or larger than any date: the fraction is dropped, as
    /// in the reference implementation, and values out of range saturate.
    pub(crate) fn from_numeric_date(seconds: f64) -> Self {
        Self((seconds.trunc() as i64).saturating_mul(1000))
    }

    pub(crate) const fn as_millis(self) -> i64 {
        self.0
    }

    /// Returns whole seconds, the unit of JWTs and cookies.
    pub(crate) const fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Returns the time since the Unix epoch, zero for times before it.
    pub(crate) fn since_epoch(self) -> Duration {
        Duration::from_millis(u64::try_from(self.as_millis()).unwrap_or_default())
    }

    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    pub(crate) fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)))
    }

    /// Returns how many milliseconds this is after `earlier`; negative if it is before.
    pub(crate) fn millis_since(self, earlier: Timestamp) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Formats the time as an HTTP date (RFC 9110, section 5.6.7), which is also the format of JavaScript's
    /// `toUTCString`. Returns `None` outside the years 1970 to 9999, the range of the `httpdate` crate: no token that
    /// Clerk issues has such a date.
    pub(crate) fn http_date(self) -> Option<String> {
        /// The end of the year 9999, in seconds.
        const END: u64 = 253_402_300_800;
        let seconds = u64::try_from(self.as_seconds()).ok().filter(|seconds| *seconds < END)?;
        Some(httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds)))
    }
}

impl From<SystemTime> for Timestamp {
    /// Times before the epoch become the epoch.
    fn from(time: SystemTime) -> Self {
        Self(millis(time.duration_since(UNIX_EPOCH).unwrap_or_default()))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.http_date() {
            Some(date) => f.write_str(&date),
            None => write!(f, "{} ms", self.0),
        }
    }
}

pub(crate) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The clock of one configuration.
#[derive(Clone, Debug, Default)]
pub(crate) enum Clock {
    #[default]
    System,
    #[cfg(feature = "testing")]
    Settable(settable::TestClock),
}

impl Clock {
    pub(crate) fn now(&self) -> Timestamp {
        match self {
            Self::System => system_now(),
            #[cfg(feature = "testing")]
            Self::Settable(clock) => clock.timestamp(),
        }
    }

    /// Subscribes to changes: every time the clock is set from now on.
    pub(crate) fn changes(&self) -> Changes {
        match self {
            Self::System => Changes::Unannounced,
            #[cfg(feature = "testing")]
            Self::Settable(clock) => Changes::Of(clock.changes()),
        }
    }
}

/// A subscription to changes of a clock.
pub(crate) enum Changes {
    /// The system's clock does not announce changes.
    Unannounced,
    #[cfg(feature = "testing")]
    Of(settable::Changes),
}

impl Changes {
    /// Resolves once the clock has been set since the last call, or since the subscription.
    pub(crate) async fn next(&mut self) {
        match self {
            Self::Unannounced => std::future::pending().await,
            #[cfg(feature = "testing")]
            Self::Of(changes) => changes.next().await,
        }
    }
}

fn system_now() -> Timestamp {
    SystemTime::now().into()
}

#[cfg(feature = "testing")]
pub(crate) mod settable {
    use std::sync::Arc;

    use tokio::sync::watch;

    use super::*;

    /// A clock that a test sets by hand, so that nothing has to sleep. Clones share the time, and anything that waits
    /// for a point in time wakes when the clock is moved there.
    ///
    /// ```
    /// use std::time::Duration;
    /// use clerk_actix::testing::TestClock;
    ///
    /// let clock = TestClock::frozen();
    /// let before = clock.now();
    /// clock.advance(Duration::from_secs(60));
    /// assert_eq!(clock.now().duration_since(before).unwrap(), Duration::from_secs(60));
    /// ```
    #[derive(Clone, Debug)]
    pub struct TestClock(Arc<watch::Sender<Reading>>);

    #[derive(Clone, Copy, Debug)]
    enum Reading {
        /// The system's time plus this many milliseconds.
        Ahead(i64),
        Frozen(Timestamp),
    }

    impl Reading {
        fn timestamp(self) -> Timestamp {
            match self {
                Self::Ahead(by) => Timestamp(system_now().0.saturating_add(by)),
                Self::Frozen(at) => at,
            }
        }
    }

    impl TestClock {
        /// Creates a clock that shows the system's time, and keeps running after it is moved.
        pub fn running() -> Self {
            Self(Arc::new(watch::Sender::new(Reading::Ahead(0))))
        }

        /// Creates a clock that stands at the system's time until it is moved.
        pub fn frozen() -> Self {
            Self(Arc::new(watch::Sender::new(Reading::Frozen(system_now()))))
        }

        /// Stops the clock at its current time. From then on, it moves only by hand.
        pub fn freeze(&self) {
            self.change(|reading| Reading::Frozen(reading.timestamp()));
        }

        /// Moves the clock forward.
        pub fn advance(&self, by: Duration) {
            self.change(|reading| match reading {
                Reading::Ahead(already) => Reading::Ahead(already.saturating_add(millis(by))),
                Reading::Frozen(at) => Reading::Frozen(at.plus(by)),
            });
        }

        /// Sets the clock, forward or backward. Times before the Unix epoch count as the epoch.
        pub fn set(&self, to: SystemTime) {
            let to = Timestamp::from(to);
            self.change(|reading| match reading {
                Reading::Ahead(_) => Reading::Ahead(to.millis_since(system_now())),
                Reading::Frozen(_) => Reading::Frozen(to),
            });
        }

        /// Returns the time that the clock shows.
        pub fn now(&self) -> SystemTime {
            let millis = self.timestamp().0;
            let distance = Duration::from_millis(millis.unsigned_abs());
            if millis < 0 { UNIX_EPOCH - distance } else { UNIX_EPOCH + distance }
        }

        pub(crate) fn timestamp(&self) -> Timestamp {
            self.0.borrow().timestamp()
        }

        pub(super) fn changes(&self) -> Changes {
            Changes(self.0.subscribe())
        }

        fn change(&self, change: impl FnOnce(Reading) -> Reading) {
            self.0.send_modify(|reading| *reading = change(*reading));
        }
    }

    pub(crate) struct Changes(watch::Receiver<Reading>);

    impl Changes {
        pub(super) async fn next(&mut self) {
            if self.0.changed().await.is_err() {
                // The clock was dropped, so it can no longer be set.
                std::future::pending().await
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numeric_dates_saturate_and_drop_fractions() {
        for (seconds, millis) in
            [(0.0, 0), (1.9, 1000), (-1.9, -1000), (1e300, i64::MAX), (-1e300, i64::MIN), (f64::NAN, 0)]
        {
            assert_eq!(Timestamp::from_numeric_date(seconds).as_millis(), millis, "{seconds}");
        }
    }

    #[test]
    fn http_dates_from_1970_to_9999() {
        // The expected dates are JavaScript's.
        for (millis, expected) in [
            (784_111_777_999, Some("Sun, 06 Nov 1994 08:49:37 GMT")),
            (0, Some("Thu, 01 Jan 1970 00:00:00 GMT")),
            (-1, None),
            (253_402_300_799_999, Some("Fri, 31 Dec 9999 23:59:59 GMT")),
            (253_402_300_800_000, None),
            (i64::MAX, None),
            (i64::MIN, None),
        ] {
            assert_eq!(Timestamp::from_millis(millis).http_date().as_deref(), expected, "{millis}");
        }
        assert_eq!(format!("{:?}", Timestamp::from_millis(i64::MAX)), format!("{} ms", i64::MAX));
    }
}
