//! The pauses that Clerk asks for when an instance makes too many calls.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// The longest pause that Clerk can ask for: a wrong `Retry-After` does not stop an application for hours.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The largest number of calls with a pause of their own.
const MAX_CALLS: usize = 1_000;

/// The pauses that all callers of one instance keep, because they share its rate limit.
///
/// A `GET` is refused only when the limit of the whole instance is reached. Some other calls have limits of their own,
/// such as invitations, or attempts at one user's password. Their pause is theirs alone: a stranger who tries passwords
/// stops no other call.
#[derive(Debug)]
pub(crate) struct RateLimitPauses {
    start: Instant,
    /// The end of the pause of all calls, in milliseconds after `start`.
    all: AtomicU64,
    /// The ends of the pauses of calls by method and path.
    own: Mutex<HashMap<String, u64>>,
}

impl RateLimitPauses {
    pub(crate) fn new(now: Instant) -> Self {
        Self { start: now, all: AtomicU64::new(0), own: Mutex::default() }
    }

    /// Notes that Clerk asked all callers for a pause. One that ends earlier than another one changes nothing.
    pub(crate) fn begin(&self, now: Instant, pause: Duration) {
        self.all.fetch_max(self.end(now, pause), Ordering::Relaxed);
    }

    /// Notes that Clerk asked for a pause of this call.
    pub(crate) fn begin_own(&self, now: Instant, pause: Duration, call: String) {
        let (now, until) = (self.millis(now), self.end(now, pause));
        let mut own = self.own();
        if own.len() >= MAX_CALLS {
            own.retain(|_, until| *until > now);
        }
        if own.len() < MAX_CALLS || own.contains_key(&call) {
            let end = own.entry(call).or_default();
            *end = until.max(*end);
        }
    }

    /// Returns the rest of this call's pause, or `None` if there is none.
    pub(crate) fn left(&self, now: Instant, call: &str) -> Option<Duration> {
        let own = self.own().get(call).copied().unwrap_or_default();
        let until = self.all.load(Ordering::Relaxed).max(own);
        let left = until.saturating_sub(self.millis(now));
        (left > 0).then_some(Duration::from_millis(left))
    }

    fn own(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.own.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, now: Instant, pause: Duration) -> u64 {
        self.millis(now).saturating_add(millis(pause.min(MAX_PAUSE)))
    }

    fn millis(&self, now: Instant) -> u64 {
        millis(now.saturating_duration_since(self.start))
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "POST invitations";

    #[test]
    fn the_latest_end_counts() {
        let start = Instant::now();
        let pauses = RateLimitPauses::new(start);
        let at = |seconds| start + Duration::from_secs(seconds);
        let left = |seconds, call| pauses.left(at(seconds), call).map(|left| left.as_secs());
        assert_eq!(left(0, INVITE), None);
        pauses.begin(at(5), Duration::from_secs(10));
        assert_eq!((left(5, INVITE), left(14, INVITE), left(15, INVITE)), (Some(10), Some(1), None));
        pauses.begin(at(6), Duration::from_secs(1));
        assert_eq!(left(6, INVITE), Some(9), "a shorter pause does not shorten another one");
        pauses.begin_own(at(20), Duration::from_secs(30), INVITE.to_owned());
        assert_eq!((left(20, INVITE), left(20, "GET users")), (Some(30), None), "its own pause");
        pauses.begin(at(80), Duration::from_secs(100_000));
        assert_eq!((left(80, "GET users"), left(140, "GET users")), (Some(60), None), "bounded");
    }

    #[test]
    fn the_number_of_pauses_is_bounded() {
        let start = Instant::now();
        let pauses = RateLimitPauses::new(start);
        let begin = |now, call: usize| pauses.begin_own(now, Duration::from_secs(1), call.to_string());
        (0..2 * MAX_CALLS).for_each(|call| begin(start, call));
        assert_eq!(pauses.own().len(), MAX_CALLS);
        let later = start + Duration::from_secs(2);
        begin(later, 5_000);
        assert_eq!(pauses.own().len(), 1, "those that are over make room");
        assert!(pauses.left(later, "5000").is_some());
    }
}
