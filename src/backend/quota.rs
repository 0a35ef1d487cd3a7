//! What this server may cost Clerk. Clerk limits an instance's calls to its Backend API, for all of its servers together, and
//! some calls are caused by whoever sends a request: without a bound of our own, made-up API keys use up what customers need.
//!
//! **The bound.** Of Clerk's limit (`backend_api_rate_limit`), strangers get a share for each kind of call that they can cause:
//!
//! | Calls | share | in production | in development | at once |
//! |---|---|---|---|---|
//! | opaque tokens that Clerk has not vouched for lately | 25 % | 25 a second | 2.5 a second | 16 |
//! | handshakes' nonces | 25 % | 25 a second | 2.5 a second | 16 |
//! | refreshes of sessions that were not refreshed lately | 15 % | 15 a second | 1.5 a second | 16 |
//!
//! Unused time counts for two seconds, or ten calls: so many may come in one moment. In any ten seconds strangers cause at
//! most 78 % of Clerk's limit (in development 95 %, since there ten calls in a moment are granted to each kind), and 65 % in the
//! long run. At most 256 requests of each kind wait; those beyond are answered 503 at once. Unknown `kid`s are bounded apart,
//! by `signing_keys`; known callers have turns of their own and are no part of it.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::transport::{ApiResponse, TransportError};
use crate::{
    clock::{Timestamp, millis},
    log_limit::LogLimit,
};

/// Of Clerk's limit, in percent.
const MACHINE_TOKENS: u32 = 25;
const NONCES: u32 = 25;
const REFRESHES: u32 = 15;

/// How many calls of one kind strangers may cause at once, of all workers together.
const MAX_IN_FLIGHT: usize = 16;
/// How many requests may wait for such a call.
const MAX_WAITING: usize = 256;
/// Where there is no room, it is worth trying again after this.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Clerk may ask to be left alone for at most this long.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// One instance's calls, as far as they have to be limited.
pub(crate) struct Quota {
    /// Asked for by an answer to any of these calls, and kept by all of them: Clerk's limit is the instance's.
    pub(super) pause: Pause,
    pub(super) machine_tokens: Share,
    pub(super) nonces: Share,
    pub(super) refreshes: Share,
}

impl Quota {
    /// Of so many calls in ten seconds.
    pub(crate) fn new(limit: u32) -> Self {
        Self {
            pause: Pause::default(),
            machine_tokens: Share::new("unknown machine tokens", limit, MACHINE_TOKENS),
            nonces: Share::new("handshakes' nonces", limit, NONCES),
            refreshes: Share::new("refreshes of unknown sessions", limit, REFRESHES),
        }
    }

    /// Keeps the pause that an answer asks for. Clerk's 429 has a `Retry-After` always.
    pub(super) fn note(&self, answer: &Result<ApiResponse, TransportError>, now: Timestamp) {
        let Ok(response) = answer else { return };
        if let Some(asked) = response.retry_after.filter(|_| !response.is_success()) {
            self.pause.begin(asked, now);
        }
    }
}

/// A time in which no call is made.
#[derive(Debug, Default)]
pub(super) struct Pause(Mutex<Option<Timestamp>>);

impl Pause {
    /// From now on, at least for so long.
    pub(super) fn begin(&self, length: Duration, now: Timestamp) {
        let end = now.plus(length.min(MAX_PAUSE));
        let earlier = self.left(now).map(|left| now.plus(left));
        *lock(&self.0) = Some(earlier.map_or(end, |earlier| earlier.max(end)));
    }

    /// How much of it is left. A clock that was set back ends it.
    pub(super) fn left(&self, now: Timestamp) -> Option<Duration> {
        let left = lock(&self.0).map(|end| end.millis_since(now))?;
        (left > 0 && left <= millis(MAX_PAUSE)).then(|| Duration::from_millis(left.unsigned_abs()))
    }
}

/// What strangers may cost of one kind of call.
pub(super) struct Share {
    /// What the calls are about.
    name: &'static str,
    log: LogLimit,
    bucket: Mutex<Bucket>,
    turns: Semaphore,
    waiting: Semaphore,
}

impl Share {
    fn new(name: &'static str, limit: u32, percent: u32) -> Self {
        // Micro-calls in a millisecond, of calls in ten seconds: the powers of ten cancel out.
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

    /// A place to wait in, for one request; none if they are all taken.
    pub(super) fn place(&self, now: Timestamp) -> Option<SemaphorePermit<'_>> {
        let place = self.waiting.try_acquire().ok();
        if place.is_none() {
            self.turn_away(now);
        }
        place
    }

    /// Whether one more call may be made.
    pub(super) fn spend(&self, now: Timestamp) -> bool {
        let may_spend = lock(&self.bucket).spend(now);
        if !may_spend {
            self.turn_away(now);
        }
        may_spend
    }

    fn turn_away(&self, now: Timestamp) {
        if let Some(left_out) = self.log.admit(now) {
            tracing::warn!(
                left_out,
                "a request is answered 503: calls to Clerk about {} have used up their share of Clerk's rate limit. If these are no \
                 attack, and your Clerk plan has a higher limit than the default, set backend_api_rate_limit",
                self.name
            );
        }
    }

    /// Turns to make a call.
    pub(super) fn turns(&self) -> &Semaphore {
        &self.turns
    }
}

/// Calls that are saved up over time, to a bound.
#[derive(Debug)]
pub(super) struct Bucket {
    /// Micro-calls in a millisecond.
    rate: u64,
    capacity: u64,
    level: u64,
    at: Option<Timestamp>,
}

impl Bucket {
    /// In micro-calls.
    pub(super) const CALL: u64 = 1_000_000;

    pub(super) fn new(rate: u64, capacity: u64) -> Self {
        Self { rate, capacity, level: capacity, at: None }
    }

    pub(super) fn spend(&mut self, now: Timestamp) -> bool {
        // A clock that was set back saves nothing up, and goes on from where it is.
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
        assert_eq!(spent(&share, 0, 100), 10, "in development, a page with ten frames is no flood");
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
