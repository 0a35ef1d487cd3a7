//! The pauses that Clerk asks for when an instance makes too many calls, for the calls that handlers make with
//! `ClerkClient`. Those of the middleware keep a pause of their own ([`quota`](super::quota)): a handler that makes too many
//! calls does not keep visitors out, nor do strangers stop what handlers do.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::clock::Timestamp;

/// The longest pause that Clerk can ask for: a wrong `Retry-After` does not stop an application for hours.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The largest number of calls with a pause of their own.
const MAX_CALLS: usize = 1_000;

/// The pauses that all handlers keep, because they share the rate limit of one instance.
///
/// A `GET` is refused only when the limit of the whole instance is reached. Some other calls have limits of their own,
/// such as invitations, or attempts at one user's password. Their pause is theirs alone: a stranger who tries passwords
/// stops no other call.
#[derive(Debug, Default)]
pub(crate) struct ClientPauses(Mutex<Pauses>);

#[derive(Debug, Default)]
struct Pauses {
    all: Option<Moment>,
    /// By method and path.
    own: HashMap<String, Moment>,
}

/// A moment by both clocks. A pause is over as soon as one of them says so: the configured clock can be set by tests, and
/// if it is set back, no pause lasts longer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    monotonic: Instant,
    clock: Timestamp,
}

impl Moment {
    pub(crate) fn now(clock: Timestamp) -> Self {
        Self { monotonic: Instant::now(), clock }
    }

    fn after(self, pause: Duration) -> Self {
        let monotonic = self.monotonic.checked_add(pause).unwrap_or(self.monotonic);
        Self { monotonic, clock: self.clock.plus(pause) }
    }

    /// Returns the time from `now` to this moment, or `None` if it has passed.
    fn left(self, now: Self) -> Option<Duration> {
        let by_clock = u64::try_from(self.clock.millis_since(now.clock)).unwrap_or_default();
        let left = self.monotonic.saturating_duration_since(now.monotonic).min(Duration::from_millis(by_clock));
        (!left.is_zero()).then_some(left)
    }
}

impl ClientPauses {
    /// Notes that Clerk asked all callers for a pause. One that ends earlier than another one changes nothing.
    pub(crate) fn begin(&self, now: Moment, pause: Duration) {
        let mut pauses = self.pauses();
        pauses.all = longer(pauses.all, now, pause);
    }

    /// Notes that Clerk asked for a pause of this call.
    pub(crate) fn begin_own(&self, now: Moment, pause: Duration, call: String) {
        let own = &mut self.pauses().own;
        if own.len() >= MAX_CALLS {
            own.retain(|_, until| until.left(now).is_some());
        }
        if (own.len() < MAX_CALLS || own.contains_key(&call))
            && let Some(until) = longer(own.get(&call).copied(), now, pause)
        {
            own.insert(call, until);
        }
    }

    /// Returns the rest of this call's pause, or `None` if there is none.
    pub(crate) fn left(&self, now: Moment, call: &str) -> Option<Duration> {
        let pauses = self.pauses();
        let left = |until: Option<Moment>| until.and_then(|until| until.left(now));
        left(pauses.all).max(left(pauses.own.get(call).copied()))
    }

    fn pauses(&self) -> MutexGuard<'_, Pauses> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the later of two ends.
fn longer(until: Option<Moment>, now: Moment, pause: Duration) -> Option<Moment> {
    let pause = pause.min(MAX_PAUSE);
    match until.filter(|until| until.left(now).is_some_and(|left| left >= pause)) {
        Some(until) => Some(until),
        None => (!pause.is_zero()).then(|| now.after(pause)).or(until),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "POST invitations";

    /// Both clocks this many seconds after the start.
    fn at(start: Instant, monotonic: u64, clock: i64) -> Moment {
        let clock = Timestamp::from_millis(1_700_000_000_000 + clock * 1_000);
        Moment { monotonic: start + Duration::from_secs(monotonic), clock }
    }

    #[test]
    fn the_latest_end_counts() {
        let (start, pauses) = (Instant::now(), ClientPauses::default());
        let at = |seconds: u64| at(start, seconds, seconds.cast_signed());
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
        pauses.begin(at(200), Duration::ZERO);
        assert_eq!(left(200, "GET users"), None, "no pause at all");
    }

    #[test]
    fn a_pause_ends_by_the_first_clock() {
        let (start, pauses) = (Instant::now(), ClientPauses::default());
        pauses.begin(at(start, 0, 0), Duration::from_secs(10));
        for (name, monotonic, clock, left) in [
            ("both", 4, 4, Some(6)),
            ("a clock that stands still", 4, 0, Some(6)),
            ("a clock that was set back", 4, -1_000, Some(6)),
            ("a clock that was set forward", 4, 8, Some(2)),
            ("over by the clock", 4, 10, None),
            ("over by the time that has passed", 10, 0, None),
        ] {
            let found = pauses.left(at(start, monotonic, clock), INVITE).map(|left| left.as_secs());
            assert_eq!(found, left, "{name}");
        }
    }

    #[test]
    fn the_number_of_pauses_is_bounded() {
        let (start, pauses) = (Instant::now(), ClientPauses::default());
        let begin = |now, call: usize| pauses.begin_own(now, Duration::from_secs(1), call.to_string());
        (0..2 * MAX_CALLS).for_each(|call| begin(at(start, 0, 0), call));
        assert_eq!(pauses.pauses().own.len(), MAX_CALLS);
        begin(at(start, 2, 2), 5_000);
        assert_eq!(pauses.pauses().own.len(), 1, "those that are over make room");
        assert!(pauses.left(at(start, 2, 2), "5000").is_some());
    }
}
