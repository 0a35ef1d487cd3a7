//! Verification of opaque machine tokens by Clerk: one call per token, shared by all requests that wait for it.
//!
//! A token that Clerk has verified recently is *known*. Known tokens share nothing with unknown ones: neither call
//! slots, nor waiting slots, nor the quota of calls that unknown clients may cause ([`quota`](super::quota)). While
//! Clerk is unavailable, its last verdict on a known token remains valid for a while.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::{
    quota::{Pause, Quota},
    under_way::{Begun, Joined, UnderWay},
};
use crate::{
    backend::{
        Budget, RETRY_AFTER, Transport,
        verify_opaque::{self, MadeFor, OpaqueVerdict},
    },
    clock::{Timestamp, millis},
    config::Settings,
    observe::{LogLimit, hint},
    reason::Reason,
    request::Denial,
    token::{MachineToken, OpaqueToken, TokenRejection},
};

/// How many calls about known tokens all workers together may make at once.
const MAX_IN_FLIGHT: usize = 48;
/// How long a rejection is remembered: a client that keeps sending a bad key costs Clerk one call in this time. Not
/// longer, because a key that was just created may not be known everywhere yet.
const REJECTED_FOR: Duration = Duration::from_secs(5);
/// How long a token is known after Clerk has verified it. This only gives it a call slot: Clerk is still asked.
const KNOWN_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// Longer than a call can wait for its turn and then for its response, with the longest `api_timeout` and one repetition.
const WITHDRAWN_FOR: Duration = Duration::from_secs(60 * 60);
/// When to try again if no secret key is configured: someone has to set it first.
const RETRY_WITHOUT_KEY: Duration = Duration::from_secs(60);
/// If the clock was set back by more than this, cached entries are meaningless.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);
/// The sizes of the two caches, in bytes of tokens and their data. They are separate so that a flood of bad keys evicts
/// no good ones.
const MAX_REJECTED_BYTES: u64 = 4 << 20;
const MAX_KNOWN_BYTES: u64 = 16 << 20;

/// Clerk's verdict on a token.
type Verdict = Result<MachineToken, Denial>;

/// The cached verdicts on one instance's opaque tokens, and the calls in progress.
pub(crate) struct MachineTokens {
    settings: Arc<Settings>,
    transport: Transport,
    quota: Arc<Quota>,
    known: Cache<Box<str>, KnownToken>,
    rejected: Cache<Box<str>, RejectedToken>,
    under_way: UnderWay<Answer>,
    turns_of_known: Semaphore,
    /// Set after Clerk has failed to respond: known tokens do not wait for the next failure.
    trouble: Pause,
    withdrawn: Mutex<Withdrawn>,
}

/// The ids of tokens that this server has just revoked or changed, kept while an older response may still be on its way.
#[derive(Default)]
struct Withdrawn {
    /// The number of withdrawals so far: a call that began at one number is older than all withdrawals after it. Times
    /// would not tell what came first within a millisecond.
    count: u64,
    recent: HashMap<String, Withdrawal>,
}

struct Withdrawal {
    number: u64,
    at: Timestamp,
}

/// Clerk's verdict, and the number of withdrawals when the call began.
type Answer = (Verdict, u64);

/// A token that Clerk has verified.
#[derive(Clone)]
struct KnownToken {
    token: MachineToken,
    since: Timestamp,
    ends_at: Option<Timestamp>,
}

/// A token that Clerk has rejected.
#[derive(Clone)]
struct RejectedToken {
    why: Arc<Denial>,
    since: Timestamp,
}

impl KnownToken {
    /// Returns whether Clerk's verdict is younger than `max_age` and the token has not expired.
    fn holds(&self, now: Timestamp, max_age: Duration) -> bool {
        is_within(self.since, now, max_age) && self.ends_at.is_none_or(|end| now < end)
    }
}

impl MachineTokens {
    pub(crate) fn new(settings: &Arc<Settings>, transport: Transport, quota: &Arc<Quota>) -> Arc<Self> {
        #[allow(clippy::borrowed_box, reason = "the cache passes this type")]
        let known = |token: &Box<str>, known: &KnownToken| weight(token, known.token.footprint());
        #[allow(clippy::borrowed_box, reason = "the cache passes this type")]
        let rejected = |token: &Box<str>, rejected: &RejectedToken| weight(token, rejected.why.message().len());
        Arc::new(Self {
            settings: Arc::clone(settings),
            transport,
            quota: Arc::clone(quota),
            known: Cache::builder().max_capacity(MAX_KNOWN_BYTES).weigher(known).build(),
            rejected: Cache::builder().max_capacity(MAX_REJECTED_BYTES).weigher(rejected).build(),
            under_way: UnderWay::new(),
            turns_of_known: Semaphore::new(MAX_IN_FLIGHT),
            trouble: Pause::default(),
            withdrawn: Mutex::default(),
        })
    }

    /// Returns the verdict for a token that Clerk describes as `described`.
    #[cfg(feature = "testing")]
    pub(crate) fn as_if_clerk_had_said(token: &OpaqueToken, described: &serde_json::Value) -> Verdict {
        match verify_opaque::parse(token, Ok(verify_opaque::described(described)), MadeFor::default()) {
            OpaqueVerdict::Verified { token, .. } => Ok(token),
            OpaqueVerdict::Rejected(why) | OpaqueVerdict::Undecided { why, .. } => Err(why),
        }
    }

    /// Verifies the token, from memory if possible.
    pub(crate) async fn verify(self: &Arc<Self>, token: &OpaqueToken) -> Verdict {
        let Self { settings, quota, .. } = &**self;
        let now = settings.clock.now();
        // A remembered token is well-formed. A lookup hashes the whole token, so none is made for one that is too long.
        if !token.is_too_long()
            && let Some(remembered) = self.remembered(token, now)
        {
            return remembered;
        }
        if !token.is_well_formed() {
            return Err(verify_opaque::unknown(token));
        }
        let is_known = self.known(token, now).is_some();
        let last_word = |now| self.last_word(token, now);
        if let Some(wait) = quota.pause.left(now) {
            return last_word(now).unwrap_or_else(|| Err(unavailable(Some(429), wait)));
        }
        if self.trouble.left(now).is_some()
            && let Some(verdict) = last_word(now)
        {
            return verdict;
        }
        let place = if is_known { None } else { quota.machine_tokens.place(now) };
        if !is_known && place.is_none() {
            return Err(no_room());
        }
        // A call that is under way may have begun before this server revoked or changed the token. Its answer is older
        // than this request, so Clerk is asked once more; that call begins after the withdrawal.
        for _ in 0..2 {
            match self.answer(token, is_known, now).await {
                Ok((Ok(verified), began)) if self.is_withdrawn(verified.id(), began) => {}
                Ok((verdict, _)) => return verdict,
                Err(NoAnswer::NoRoom) => return Err(no_room()),
                Err(NoAnswer::InTime) => break,
            }
        }
        last_word(settings.clock.now()).unwrap_or_else(|| Err(unavailable(None, RETRY_AFTER)))
    }

    /// Waits for a call about this token, and begins one if there is none.
    async fn answer(self: &Arc<Self>, token: &OpaqueToken, is_known: bool, now: Timestamp) -> Result<Answer, NoAnswer> {
        let Self { settings, transport, quota, .. } = &**self;
        let may_begin = || is_known || quota.machine_tokens.spend(now);
        let patience = settings.retry.patience_for_a_turn();
        let answered = match self.under_way.join(token.expose(), patience, may_begin) {
            Joined::Running(answered) => answered,
            Joined::Begun(answered, call) => {
                let task = Task { tokens: Arc::clone(self), token: token.clone(), is_known };
                transport.spawn(move || async move { task.run(call).await });
                answered
            }
            Joined::NotAllowed => {
                quota.machine_tokens.turn_away(now);
                return Err(NoAnswer::NoRoom);
            }
        };
        match transport.within(patience, answered).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(_)) | None => Err(NoAnswer::InTime),
        }
    }

    /// Forgets the token with this id, because it was revoked or changed. A response that is already on its way may
    /// describe the old state, so it is not remembered.
    pub(crate) fn forget(&self, id: &str, now: Timestamp) {
        let mut withdrawn = self.withdrawn();
        withdrawn.count += 1;
        let number = withdrawn.count;
        withdrawn.recent.retain(|_, withdrawal| is_within(withdrawal.at, now, WITHDRAWN_FOR));
        withdrawn.recent.insert(id.to_owned(), Withdrawal { number, at: now });
        drop(withdrawn);
        let tokens: Vec<_> =
            self.known.iter().filter(|(_, known)| known.token.id() == id).map(|(token, _)| token).collect();
        for token in tokens {
            self.known.invalidate(&**token);
        }
    }

    fn withdrawn(&self) -> MutexGuard<'_, Withdrawn> {
        self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns whether the token was withdrawn after a call that began at this number of withdrawals.
    fn is_withdrawn(&self, id: &str, began: u64) -> bool {
        self.withdrawn().recent.get(id).is_some_and(|withdrawal| withdrawal.number > began)
    }

    async fn call(&self, token: &OpaqueToken, is_known: bool, began: u64) -> Verdict {
        let (settings, quota) = (&*self.settings, &*self.quota);
        let asked_at = settings.clock.now();
        let Some(request) = verify_opaque::request(settings, token) else {
            static NO_KEY: LogLimit = LogLimit::new();
            if let Some(left_out) = NO_KEY.admit(asked_at) {
                let token_type = token.token_type();
                tracing::error!(left_out, "{token_type} cannot be verified: set secret_key (CLERK_SECRET_KEY)");
            }
            return Err(rejected_for_now("Clerk's secret key is not set", None, RETRY_WITHOUT_KEY));
        };
        let answer = self.transport.send(Budget::MachineTokens, request).await;
        let now = settings.clock.now();
        quota.note(&answer, now);
        match verify_opaque::parse(token, answer, MadeFor::from(settings)) {
            OpaqueVerdict::Verified { token: verified, expires_at } => {
                let known = KnownToken { token: verified.clone(), since: asked_at, ends_at: expires_at };
                self.vouched_for(token, known, began);
                Ok(verified)
            }
            OpaqueVerdict::Rejected(why) => {
                // A good token may have been revoked.
                self.known.invalidate(token.expose());
                self.rejected.insert(token.expose().into(), RejectedToken { why: Arc::new(why.clone()), since: now });
                Err(why)
            }
            OpaqueVerdict::Undecided { why, hint: said, retry_after, is_outage } => {
                let last_word = if is_outage { self.last_word(token, now) } else { None };
                // Not after an unknown token: that Clerk fails on one odd token says nothing about the others.
                if is_outage && is_known {
                    self.trouble.begin(RETRY_AFTER, now);
                }
                static UNANSWERED: LogLimit = LogLimit::new();
                if let Some(left_out) = UNANSWERED.admit(now) {
                    tracing::warn!(
                        reason = %why.reason,
                        hint = %hint(&said),
                        last_word_stands = last_word.is_some(),
                        left_out,
                        "could not verify a machine token with Clerk"
                    );
                }
                let wait = quota.pause.left(now).filter(|_| retry_after.is_some()).unwrap_or(RETRY_AFTER);
                last_word.unwrap_or_else(|| Err(why.with_retry_after(wait)))
            }
        }
    }

    /// Remembers that Clerk has verified a token, unless the token was withdrawn after the call began, or a later call
    /// has brought a rejection meanwhile: a call that is overdue can end after its successor.
    fn vouched_for(&self, token: &OpaqueToken, known: KnownToken, began: u64) {
        let rejected = self.rejected.get(token.expose());
        // Not one that was made before the clock was set back.
        let is_newer = |since: Timestamp| since >= known.since && is_within(known.since, since, WITHDRAWN_FOR);
        if rejected.is_some_and(|rejected| is_newer(rejected.since)) {
            return;
        }
        self.rejected.invalidate(token.expose());
        // Under the lock, so that a withdrawal at the same time finds the token among the known ones, or is found here.
        let withdrawn = self.withdrawn();
        if withdrawn.recent.get(known.token.id()).is_none_or(|withdrawal| withdrawal.number <= began) {
            self.known.insert(token.expose().into(), known);
        }
    }

    /// Returns the verdict if there is no need to ask Clerk again.
    fn remembered(&self, token: &OpaqueToken, now: Timestamp) -> Option<Verdict> {
        let good = self
            .settings
            .machine_token_cache
            .and_then(|ttl| self.known(token, now).filter(|known| known.holds(now, ttl)));
        let bad = || self.rejected.get(token.expose()).filter(|rejected| is_within(rejected.since, now, REJECTED_FOR));
        match good {
            Some(known) => Some(Ok(known.token)),
            None => bad().map(|rejected| Err(Denial::clone(&rejected.why))),
        }
    }

    /// Returns the verdict that remains valid while Clerk is unavailable.
    fn last_word(&self, token: &OpaqueToken, now: Timestamp) -> Option<Verdict> {
        let known = self.known(token, now)?;
        known.holds(now, self.settings.machine_token_max_stale).then_some(Ok(known.token))
    }

    /// Returns Clerk's last verdict if it has verified the token recently.
    fn known(&self, token: &OpaqueToken, now: Timestamp) -> Option<KnownToken> {
        self.known.get(token.expose()).filter(|known| known.holds(now, KNOWN_FOR))
    }
}

/// The reason that a request got no answer.
enum NoAnswer {
    /// No call is allowed.
    NoRoom,
    InTime,
}

/// The call about one token, as a task.
struct Task {
    tokens: Arc<MachineTokens>,
    token: OpaqueToken,
    is_known: bool,
}

impl Task {
    async fn run(&self, mut call: Begun<Answer>) {
        let tokens = &*self.tokens;
        let turns = if self.is_known { &tokens.turns_of_known } else { tokens.quota.machine_tokens.turns() };
        let patience = tokens.settings.retry.total_timeout;
        let Some(_turn) = call.turn(tokens.transport, turns, patience).await else { return };
        let began = tokens.withdrawn().count;
        let verdict = tokens.call(&self.token, self.is_known, began).await;
        call.answer((verdict, began));
    }
}

/// Returns whether `then` is less than `max_age` ago, and not in a future that only results from a clock set back.
fn is_within(then: Timestamp, now: Timestamp, max_age: Duration) -> bool {
    (-millis(CLOCK_TOLERANCE)..millis(max_age)).contains(&now.millis_since(then))
}

/// The error if too many requests with unknown tokens are already waiting.
fn no_room() -> Denial {
    unavailable(None, RETRY_AFTER)
}

fn unavailable(status: Option<u16>, retry_after: Duration) -> Denial {
    rejected_for_now("Unexpected error", status, retry_after)
}

fn rejected_for_now(message: &str, status: Option<u16>, retry_after: Duration) -> Denial {
    let rejection = TokenRejection::by_clerk(Reason::UnexpectedError, message);
    Denial::machine(&rejection, status).with_retry_after(retry_after)
}

/// Returns the approximate size of an entry in memory, in bytes.
fn weight(token: &str, known: usize) -> u32 {
    const ENTRY: usize = 512;
    u32::try_from(ENTRY + 2 * token.len() + known).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
