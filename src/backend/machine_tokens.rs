//! Opaque machine tokens: what Clerk says of them, asked once for all who want to know at the same time.

mod answer;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use actix_web::rt::time::timeout;
use futures_util::{
    FutureExt,
    future::{Either, Shared, WeakShared, select},
};
use moka::sync::Cache;
use tokio::sync::{Semaphore, oneshot};

use self::answer::{Answer, MadeFor};
use super::HttpClient;
use crate::{
    clock::{Timestamp, millis},
    config::{ClerkConfig, Settings},
    reason::Reason,
    request::SignedOut,
    token::{MachineToken, OpaqueToken, Rejection},
};

/// How many calls there may be at once, of all workers together. Whatever tokens strangers make up, Clerk gets no more,
/// and those beyond wait for their turn.
const MAX_IN_FLIGHT: usize = 64;
/// How long a refusal is remembered: a client that tries a bad key again and again costs Clerk a call in this time. Not
/// longer, since a key that was made a moment ago may not be known everywhere yet.
const REFUSED_FOR: Duration = Duration::from_secs(5);
/// After an answer that was none, it is worth trying again.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// Clerk may ask to be left alone for at most this long.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// A clock that was set back by more than this makes what is remembered meaningless.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);
/// For what is remembered, in bytes of tokens and of what is known of them. A flood of bad keys drives out no good ones.
const MAX_REFUSED_BYTES: u64 = 4 << 20;
const MAX_VERIFIED_BYTES: u64 = 16 << 20;

/// What Clerk says of a token.
type Verdict = Result<MachineToken, SignedOut>;

/// A verification that is under way, for all who wait for it: one call, whatever becomes of who asked first.
type InFlight = Shared<oneshot::Receiver<Verdict>>;

/// What is known of one instance's opaque tokens, and what is being asked.
pub(crate) struct MachineTokens {
    verified: Cache<Box<str>, Remembered>,
    refused: Cache<Box<str>, Remembered>,
    in_flight: Mutex<HashMap<Box<str>, Running>>,
    numbers: AtomicU64,
    calls: Semaphore,
    /// Clerk has asked to be left alone until then.
    pause: Mutex<Option<Timestamp>>,
}

/// A verification on the list; its number tells it from a later one of the same token.
struct Running {
    number: u64,
    answered: WeakShared<oneshot::Receiver<Verdict>>,
}

#[derive(Clone)]
struct Remembered {
    verdict: Arc<Verdict>,
    since: Timestamp,
    until: Timestamp,
}

impl Remembered {
    fn holds(&self, now: Timestamp) -> bool {
        now < self.until && now >= self.since.minus(CLOCK_TOLERANCE)
    }
}

impl MachineTokens {
    pub(crate) fn new() -> Self {
        let cache = |max_bytes| {
            #[allow(clippy::borrowed_box, reason = "what the cache hands out")]
            let weigh = |token: &Box<str>, known: &Remembered| weight(token, &known.verdict);
            Cache::builder().max_capacity(max_bytes).weigher(weigh).build()
        };
        Self {
            verified: cache(MAX_VERIFIED_BYTES),
            refused: cache(MAX_REFUSED_BYTES),
            in_flight: Mutex::default(),
            numbers: AtomicU64::new(0),
            calls: Semaphore::new(MAX_IN_FLIGHT),
            pause: Mutex::default(),
        }
    }

    /// What comes of a token that Clerk would describe so.
    #[cfg(feature = "testing")]
    pub(crate) fn as_if_clerk_had_said(token: &OpaqueToken, described: &serde_json::Value) -> Verdict {
        match answer::parse(token, Ok(answer::described(described)), MadeFor::default()) {
            Answer::Verified { token, .. } => Ok(token),
            Answer::Refused(why) | Answer::None { why, .. } => Err(why),
        }
    }

    /// Whether Clerk vouches for the token, from memory where that may be.
    pub(crate) async fn verify(config: &ClerkConfig, http: &HttpClient, token: &OpaqueToken) -> Verdict {
        let (this, now) = (config.machine_tokens(), config.settings().clock.now());
        if let Some(verdict) = this.remembered(token, now) {
            return verdict;
        }
        if let Some(wait) = this.pause_at(now) {
            return Err(unavailable("Unexpected error", Some(429), wait));
        }
        let settings = config.settings();
        // The wait for a turn, the call itself, and then some.
        let patience = settings.retry.total_timeout.saturating_add(settings.retry.call_timeout);
        match http.within(patience, this.join(config, http, token)).await {
            Some(Ok(verdict)) => verdict,
            Some(Err(_)) | None => Err(unavailable("Unexpected error", None, RETRY_AFTER)),
        }
    }

    /// The verification of this token that is under way, or a new one. It is a task of its own, so that a client that goes
    /// away takes nobody along.
    fn join(&self, config: &ClerkConfig, http: &HttpClient, token: &OpaqueToken) -> InFlight {
        let mut in_flight = lock(&self.in_flight);
        if let Some(running) = in_flight.get(token.expose()).and_then(|running| running.answered.upgrade()) {
            return running;
        }
        let (answer, answered) = oneshot::channel();
        let answered = answered.shared();
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        if let Some(weak) = answered.downgrade() {
            in_flight.insert(token.expose().into(), Running { number, answered: weak });
        }
        drop(in_flight);
        // Made here, not in the task: a task that is dropped before it starts has to leave the list too.
        let listed = Listed { config: config.clone(), token: token.clone(), number };
        let http_of_task = *http;
        http.spawn(move || async move { listed.ask(&http_of_task, answer).await });
        answered
    }

    fn running(&self, token: &OpaqueToken) -> Option<InFlight> {
        lock(&self.in_flight).get(token.expose()).and_then(|running| running.answered.upgrade())
    }

    async fn call(&self, settings: &Settings, http: &HttpClient, token: &OpaqueToken) -> Verdict {
        let Some(request) = answer::request(settings, token) else {
            tracing::error!("{} cannot be verified: secret_key (CLERK_SECRET_KEY) is not set", token.token_type());
            return Err(unavailable("Clerk's secret key is not set", None, MAX_PAUSE));
        };
        let answer = answer::parse(token, http.send_for_machine_token(request).await, MadeFor::from(settings));
        let now = settings.clock.now();
        match answer {
            Answer::Verified { token: verified, expires_at } => {
                if let Some(ttl) = settings.machine_token_ttl {
                    let until = expires_at.map_or(now.plus(ttl), |end| end.min(now.plus(ttl)));
                    self.remember(&self.verified, token, Ok(verified.clone()), now, until);
                }
                Ok(verified)
            }
            Answer::Refused(why) => {
                self.remember(&self.refused, token, Err(why.clone()), now, now.plus(REFUSED_FOR));
                Err(why)
            }
            Answer::None { why, hint, retry_after } => {
                tracing::warn!(reason = %why.reason, %hint, "Clerk did not say whether a machine token is good");
                let pause = retry_after.map(|pause| pause.min(MAX_PAUSE));
                if let Some(pause) = pause {
                    *lock(&self.pause) = Some(now.plus(pause));
                }
                Err(why.with_retry_after(pause.unwrap_or(RETRY_AFTER)))
            }
        }
    }

    fn remembered(&self, token: &OpaqueToken, now: Timestamp) -> Option<Verdict> {
        let known = self.verified.get(token.expose()).or_else(|| self.refused.get(token.expose()))?;
        known.holds(now).then(|| Verdict::clone(&known.verdict))
    }

    fn remember(
        &self,
        cache: &Cache<Box<str>, Remembered>,
        token: &OpaqueToken,
        verdict: Verdict,
        since: Timestamp,
        until: Timestamp,
    ) {
        // What was known before is known no more: a token that was good may have been revoked.
        self.verified.invalidate(token.expose());
        self.refused.invalidate(token.expose());
        cache.insert(token.expose().into(), Remembered { verdict: Arc::new(verdict), since, until });
    }

    /// How long Clerk still wants to be left alone.
    fn pause_at(&self, now: Timestamp) -> Option<Duration> {
        let wait = lock(&self.pause).map(|until| until.millis_since(now))?;
        (wait > 0 && wait <= millis(MAX_PAUSE)).then(|| Duration::from_millis(wait.unsigned_abs()))
    }
}

/// A verification that is on the list of those under way; it leaves the list however it ends.
struct Listed {
    config: ClerkConfig,
    token: OpaqueToken,
    number: u64,
}

impl Listed {
    async fn ask(&self, http: &HttpClient, mut answer: oneshot::Sender<Verdict>) {
        let (tokens, settings) = (self.config.machine_tokens(), self.config.settings());
        let turn = {
            let turn = std::pin::pin!(timeout(settings.retry.total_timeout, tokens.calls.acquire()));
            match select(turn, std::pin::pin!(answer.closed())).await {
                Either::Left((Ok(Ok(turn)), _)) => turn,
                // Too many are before this one; or all who waited have left, and nobody wants to know any more.
                Either::Left(_) | Either::Right(_) => return,
            }
        };
        // From here on the call is made and paid for, so that whoever asks meanwhile joins it, even if nobody waits now.
        let Some(_joinable) = tokens.running(&self.token) else { return };
        let verdict = tokens.call(settings, http, &self.token).await;
        drop(turn);
        let _ = answer.send(verdict);
    }
}

impl Drop for Listed {
    fn drop(&mut self) {
        let mut in_flight = lock(&self.config.machine_tokens().in_flight);
        if in_flight.get(self.token.expose()).is_some_and(|running| running.number == self.number) {
            in_flight.remove(self.token.expose());
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unavailable(message: &str, status: Option<u16>, retry_after: Duration) -> SignedOut {
    let rejection = Rejection::by_clerk(Reason::UnexpectedError, message);
    SignedOut::machine(&rejection, status).with_retry_after(retry_after)
}

/// Roughly what an entry takes in memory, in bytes.
fn weight(token: &str, verdict: &Verdict) -> u32 {
    const ENTRY: usize = 512;
    let known = match verdict {
        Ok(MachineToken::ApiKey(key)) => {
            let key = key.resource();
            size(&key.claims) + key.scopes.iter().map(|scope| scope.len() + 24).sum::<usize>() + key.name.len()
        }
        Ok(MachineToken::M2m(token)) => {
            let token = token.resource();
            size(&token.claims) + token.scopes.iter().map(|scope| scope.len() + 24).sum::<usize>()
        }
        Ok(MachineToken::OAuth(token)) => token.resource().scopes.iter().map(|scope| scope.len() + 24).sum(),
        Err(why) => why.message().len(),
    };
    u32::try_from(ENTRY + 2 * token.len() + known).unwrap_or(u32::MAX)
}

/// Claims as they are held take several times their text.
fn size(claims: &Option<serde_json::Map<String, serde_json::Value>>) -> usize {
    claims.as_ref().map_or(0, |claims| 4 * serde_json::to_string(claims).map_or(0, |text| text.len()))
}
