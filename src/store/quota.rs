//! Limits on the calls to Clerk that unknown clients can cause. Clerk limits an instance's calls to its Backend API,
//! for all of its servers together, and some calls are caused by anyone who sends a request. Without our own limit,
//! made-up API keys would use up the calls that customers need.
//!
//! **The limit.** Unknown clients get a share of Clerk's limit (`backend_api_rate_limit`) for each kind of call that
//! they can cause:
//!
//! | Calls | share | in production | in development | at once |
//! |---|---|---|---|---|
//! | opaque tokens that Clerk has not verified recently | 25 % | 25 a second | 2.5 a second | 16 |
//! | nonces of browsers without a token that Clerk has signed | 25 % | 25 a second | 2.5 a second | 16 |
//! | refreshes of sessions that were not refreshed recently | 15 % | 15 a second | 1.5 a second | 16 |
//!
//! Each kind can save up unused calls for a burst: two seconds' worth, or ten calls if that is more. In any ten seconds
//! unknown clients cause at most 78 % of Clerk's limit (95 % in development, because of the bursts of ten), and 65 % in
//! the long run. At most 256 requests of each kind wait; any further request gets a 503 at once. Unknown `kid`s are
//! limited separately, in `signing_keys`. Known clients have their own call slots and are not counted here.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::backend::{ApiResponse, TransportError};
use crate::{
    clock::{Timestamp, millis},
    observe::LogLimit,
};

/// Shares of Clerk's limit, in percent.
const MACHINE_TOKENS: u32 = 25;
const NONCES: u32 = 25;
const REFRESHES: u32 = 15;

/// How many calls of one kind unknown clients may cause at once, over all workers.
const MAX_IN_FLIGHT: usize = 16;
/// How many requests may wait for such a call.
const MAX_WAITING: usize = 256;
/// The longest pause that Clerk can ask for.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// The limits on one instance's calls.
pub(crate) struct Quota {
    /// Requested by a response to any of these calls, and kept by all of them: Clerk's limit applies to the whole
    /// instance. Calls of `ClerkClient` have pauses of their own ([`rate_limit`](super::rate_limit)).
    pub(super) pause: Pause,
    pub(super) machine_tokens: Share,
    pub(super) nonces: Share,
    pub(super) refreshes: Share,
}

impl Quota {
    /// `limit` is the number of calls in ten seconds.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            pause: Pause::default(),
            machine_tokens: Share::new("unknown machine tokens", limit, MACHINE_TOKENS),
            nonces: Share::new("handshake nonces", limit, NONCES),
            refreshes: Share::new("refreshes of unknown sessions", limit, REFRESHES),
        }
    }

    /// Keeps the pause that a response asks for. Clerk's 429 always has a `Retry-After`.
    pub(super) fn note(&self, answer: &Result<ApiResponse, TransportError>, now: Timestamp) {
        let Ok(response) = answer else { return };
        if let Some(asked) = response.retry_after.filter(|_| !response.is_success()) {
            self.pause.begin(asked, now);
        }
    }
}

/// A time in which no calls are made.
#[derive(Debug, Default)]
pub(super) struct Pause(Mutex<Option<Timestamp>>);

impl Pause {
    /// Pauses from now on, for at least `length`.
    pub(super) fn begin(&self, length: Duration, now: Timestamp) {
        let end = now.plus(length.min(MAX_PAUSE));
        let earlier = self.left(now).map(|left| now.plus(left));
        *lock(&self.0) = Some(earlier.map_or(end, |earlier| earlier.max(end)));
    }

    /// Returns the rest of the pause. Setting the clock back ends it.
    pub(super) fn left(&self, now: Timestamp) -> Option<Duration> {
        let left = lock(&self.0).map(|end| end.millis_since(now))?;
        (left > 0 && left <= millis(MAX_PAUSE)).then(|| Duration::from_millis(left.unsigned_abs()))
    }
}

/// The calls of one kind that unknown clients may cause.
pub(super) struct Share {
    /// The subject of the calls, for the log.
    name: &'static str,
    log: LogLimit,
    bucket: Mutex<Bucket>,
    turns: Semaphore,
    waiting: Semaphore,
}

impl Share {
    fn new(name: &'static str, limit: u32, percent: u32) -> Self {
        // Micro-calls per millisecond, from calls per ten seconds: the powers of ten cancel out.
        let rate = u64::from(limit) * u64::from(percent);
        let capacity = (rate * 2_000).max(10 * Bucket::CALL);
        Self {
            name,
            log: LogLimit::new(),
            bucket: Mutex::new(Bucket::new(rate, capacity)),
            turns: Semaphore::new(MAX_IN_FLIGHT),
            waiting: Semaphore::new(MAX_WAITING),
        }
    }

    /// Returns a waiting slot for one request, or `None` if all are taken.
    pub(super) fn place(&self, now: Timestamp) -> Option<SemaphorePermit<'_>> {
        let place = self.waiting.try_acquire().ok();
        if place.is_none() {
            self.turn_away(now);
        }
        place
    }

    /// Takes one call from the share. Returns `false` if none is left; the caller then reports it with
    /// [`turn_away`](Self::turn_away), when it holds no lock.
    pub(super) fn spend(&self, now: Timestamp) -> bool {
        lock(&self.bucket).spend(now)
    }

    /// Logs that a request gets 503.
    pub(super) fn turn_away(&self, now: Timestamp) {
        if let Some(left_out) = self.log.admit(now) {
            tracing::warn!(
                left_out,
                "a request gets 503, because calls to Clerk for {} have used up their share of Clerk's rate limit. If \
                 this is not an attack, and your Clerk plan has a higher limit than the default, set \
                 backend_api_rate_limit",
                self.name
            );
        }
    }

    /// The slots for concurrent calls.
    pub(super) fn turns(&self) -> &Semaphore {
        &self.turns
    }
}

/// A token bucket: calls saved up over time, up to `capacity`.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Micro-calls per millisecond.
    rate: u64,
    capacity: u64,
    level: u64,
    at: Option<Timestamp>,
}

impl Bucket {
    /// One call, in micro-calls.
    pub(super) const CALL: u64 = 1_000_000;

    pub(super) fn new(rate: u64, capacity: u64) -> Self {
        Self { rate, capacity, level: capacity, at: None }
    }

    pub(super) fn spend(&mut self, now: Timestamp) -> bool {
        // A clock that was set back adds nothing; counting continues from the new time.
        let elapsed = self.at.map_or(0, |at| now.millis_since(at).max(0).unsigned_abs());
        self.at = Some(now);
        self.level = self.level.saturating_add(elapsed.saturating_mul(self.rate)).min(self.capacity);
        match self.level.checked_sub(Self::CALL) {
            Some(rest) => {
                self.level = rest;
                true
            }
            None => false,
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + millis)
    }

    fn spent(share: &Share, millis: i64, tries: usize) -> usize {
        (0..tries).filter(|_| share.spend(at(millis))).count()
    }

    #[test]
    fn strangers_cause_no_more_calls_than_their_share() {
        for (name, limit, percent, at_once, each_second) in [
            ("machine tokens in production", 1000, MACHINE_TOKENS, 50, 25),
            ("refreshes in production", 1000, REFRESHES, 30, 15),
            ("a larger plan", 10_000, NONCES, 500, 250),
        ] {
            let share = Share::new("calls", limit, percent);
            assert_eq!(spent(&share, 0, 10_000), at_once, "{name}: at once");
            let all: usize = (1..=1_000).map(|tick| spent(&share, tick * 10, 100)).sum();
            assert_eq!(all, 10 * each_second, "{name}: in the ten seconds after that");
            assert_eq!(spent(&share, 3_600_000, 10_000), at_once, "{name}: after an hour of nothing");
            assert_eq!(spent(&share, 0, 10_000), 0, "{name}: with a clock that was set back");
            assert_eq!(spent(&share, 1_000, 10_000), each_second, "{name}: a second on");
        }
        let share = Share::new("calls", 100, REFRESHES);
        assert_eq!(spent(&share, 0, 100), 10, "in development, a page with ten frames is not a flood");
        assert_eq!((1..=100).map(|tick| spent(&share, tick * 100, 100)).sum::<usize>(), 15);
    }

    #[test]
    fn all_shares_together_leave_room_for_known_callers() {
        for (limit, most) in [(1000, 780), (100, 95), (10_000, 7_800)] {
            let quota = Quota::new(limit);
            let shares = [&quota.machine_tokens, &quota.nonces, &quota.refreshes];
            let flood = |millis: i64| shares.iter().map(|share| spent(share, millis, 2_000)).sum::<usize>();
            let all: usize = (0..=100).map(|tick| flood(tick * 100)).sum();
            assert_eq!(all, most, "of {limit} calls in ten seconds");
        }
    }

    #[test]
    fn pauses_and_what_asks_for_them() {
        let answer = |status, seconds: Option<u64>| {
            let retry_after = seconds.map(Duration::from_secs);
            Ok(ApiResponse { status, retry_after, ..ApiResponse::default() })
        };
        for (name, answer, expected) in [
            ("too many requests", answer(429, Some(30)), Some(30)),
            ("too many requests, for how long it does not say", answer(429, None), None),
            ("an error with a pause", answer(503, Some(5)), Some(5)),
            ("a day", answer(429, Some(86_400)), Some(60)),
            ("an error without one", answer(500, None), None),
            ("a success", answer(200, Some(30)), None),
            ("no time", answer(429, Some(0)), None),
            ("no answer", Err(TransportError::Timeout), None),
        ] {
            let quota = Quota::new(1000);
            quota.note(&answer, at(0));
            assert_eq!(quota.pause.left(at(0)), expected.map(Duration::from_secs), "{name}");
        }
        let pause = Pause::default();
        pause.begin(Duration::from_secs(30), at(0));
        pause.begin(Duration::from_secs(1), at(1_000));
        assert_eq!(pause.left(at(29_500)), Some(Duration::from_millis(500)), "a shorter one does not end it");
        assert_eq!(pause.left(at(30_000)), None);
        assert_eq!(pause.left(at(-86_400_000)), None, "a clock that was set back");
    }
}
