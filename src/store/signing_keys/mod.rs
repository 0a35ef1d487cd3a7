//! The cache of one instance's signing keys. It is shared by all workers, refreshes the keys ahead of time with a
//! single fetch for all waiting requests, and serves stale keys for a while if Clerk is unreachable.

use std::{
    sync::{Arc, Once},
    time::Duration,
};

use super::{
    jwks_file::{JwksFile, Seed},
    single_flight::SingleFlight,
};
use crate::{
    backend::{
        ClockSkew, Transport,
        jwks::{self, FailureKind, FetchFailure, Fetched},
    },
    clock::{Timestamp, millis},
    config::Settings,
    keys::VerificationKey,
    observe::{Event, KeysFetched},
    request::SigningKeyError,
    token::KeySet,
};

/// How long fetched keys are fresh.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// From this age on, the next request triggers a refresh in the background.
const REFRESH_AHEAD: Duration = Duration::from_secs(4 * 60);
/// An unknown `kid` or a bad signature causes no fetch within this time after the last one: attackers can make up both.
const STRANGERS_INTERVAL: Duration = Duration::from_secs(10);
/// How long to wait after a failed fetch, unless Clerk asks for longer.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause that Clerk can ask for.
const MAX_FAILURE_PAUSE: Duration = Duration::from_secs(60);
/// If the clock was set back by more than this, ages are meaningless.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(60);

/// The source of one instance's keys: the configured PEM, or the JWKS.
pub(crate) struct SigningKeys {
    pem: Option<Arc<VerificationKey>>,
    jwks: SingleFlight<Jwks>,
    file: Option<JwksFile>,
    settings: Arc<Settings>,
    transport: Transport,
}

/// The result of the fetches so far.
#[derive(Clone, Debug, Default)]
struct Jwks {
    keys: Option<Arc<KeySet>>,
    keys_fetched_at: Option<Timestamp>,
    last_fetch: Option<Timestamp>,
    failure: Option<(FetchFailure, Timestamp)>,
    /// As the last fetch that brought keys measured it.
    clock_skew: Option<ClockSkew>,
}

/// Applies the result of a fetch to what is known.
type KeysUpdate = Box<dyn FnOnce(&Jwks) -> Jwks>;

/// The action to take for one token.
#[derive(Debug)]
enum KeyPlan {
    Use(Arc<VerificationKey>),
    /// The key can be used, but is due for a refresh.
    UseAndRefresh(Arc<VerificationKey>),
    Fetch,
    Refuse(SigningKeyError),
}

/// The state of the key that replaced another one.
#[derive(Debug)]
pub(crate) enum InPlace {
    /// The replacement, or `None` if there is none and no fetch is allowed.
    Known(Option<Arc<VerificationKey>>),
    /// A fetch is allowed.
    Unknown,
}

impl SigningKeys {
    /// `seed` has keys from an earlier run, and `file` keeps those of this one.
    pub(crate) fn new(
        settings: &Arc<Settings>,
        transport: Transport,
        file: Option<JwksFile>,
        seed: Option<Seed>,
    ) -> Self {
        let pem = settings.jwt_key.clone().map(Arc::new);
        let jwks = SingleFlight::starting_with(seed.map(Jwks::from).unwrap_or_default(), transport);
        Self { pem, jwks, file, settings: Arc::clone(settings), transport }
    }

    pub(crate) fn file(&self) -> Option<&JwksFile> {
        self.file.as_ref()
    }

    /// Returns the key named `kid`, from memory if possible.
    pub(crate) async fn get(&self, kid: Option<&str>, now: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError> {
        if let Some(known) = self.known(kid, now) {
            return known;
        }
        let (jwks, settings) = (&self.jwks, &self.settings);
        let (kid, max_stale) = (kid.unwrap_or_default(), settings.jwks_max_stale);
        let mut known = jwks.known();
        // Another request may have fetched the keys in the meantime.
        if matches!(known.value.plan(kid, now, max_stale), KeyPlan::Fetch) {
            known = jwks.wait_for_a_fetch(&known, self.patience(), self.fetch()).await;
        }
        match known.value.plan(kid, settings.clock.now(), max_stale) {
            KeyPlan::Use(key) | KeyPlan::UseAndRefresh(key) => Ok(key),
            KeyPlan::Refuse(error) => Err(error),
            // The fetch did not end in time. Stale keys are better than rejecting every request.
            KeyPlan::Fetch => {
                let key = known.value.usable_key(kid, settings.clock.now(), max_stale).cloned();
                key.ok_or_else(|| SigningKeyError::Unavailable {
                    message: "Error loading Clerk JWKS: no response in time".into(),
                    retry_after: FAILURE_PAUSE,
                })
            }
        }
    }

    /// Returns the key that has replaced `key`, if any, for a token whose signature `key` does not verify. Forged
    /// signatures and made-up `kid`s together cause one fetch per interval, and only they wait for it.
    pub(crate) async fn in_place_of(
        &self,
        key: &Arc<VerificationKey>,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<VerificationKey>> {
        if let InPlace::Known(known) = self.known_in_place_of(key, kid, now) {
            return known;
        }
        let (jwks, settings) = (&self.jwks, &self.settings);
        let (kid, max_stale) = (kid?, settings.jwks_max_stale);
        let known = jwks.known();
        let known = match known.value.in_place_of(key, kid, now, max_stale) {
            InPlace::Known(known) => return known,
            InPlace::Unknown => jwks.wait_for_a_fetch(&known, self.patience(), self.fetch()).await,
        };
        let current = known.value.usable_key(kid, settings.clock.now(), max_stale)?;
        (!Arc::ptr_eq(current, key)).then(|| Arc::clone(current))
    }

    /// The same, if it needs no fetch.
    pub(crate) fn known_in_place_of(&self, key: &Arc<VerificationKey>, kid: Option<&str>, now: Timestamp) -> InPlace {
        match kid {
            Some(kid) if self.pem.is_none() => {
                self.jwks.look(|known| known.in_place_of(key, kid, now, self.settings.jwks_max_stale))
            }
            _ => InPlace::Known(None),
        }
    }

    /// Returns whether a token that this key has verified would get the same key again, without a fetch.
    pub(crate) fn rely_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool {
        match &self.pem {
            Some(pem) => Arc::ptr_eq(pem, key),
            None => self.jwks.look(|known| known.relies_on(key, now)),
        }
    }

    /// The same as [`get`](Self::get), if it needs no fetch.
    pub(crate) fn known(
        &self,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Result<Arc<VerificationKey>, SigningKeyError>> {
        let max_stale = self.settings.jwks_max_stale;
        if let Some(key) = &self.pem {
            return Some(Ok(Arc::clone(key)));
        }
        // A token without a `kid` names no key, and a fetch would not change that.
        let Some(kid) = kid else { return Some(Err(SigningKeyError::UnknownKid)) };
        match self.jwks.look(|known| known.plan(kid, now, max_stale)) {
            KeyPlan::Use(key) => Some(Ok(key)),
            KeyPlan::UseAndRefresh(key) => {
                // If a fetch has just ended, no other one needs to follow.
                let known = self.jwks.known();
                if matches!(known.value.plan(kid, now, max_stale), KeyPlan::UseAndRefresh(_)) {
                    self.jwks.refresh_in_background(&known, self.patience(), self.fetch());
                }
                Some(Ok(key))
            }
            KeyPlan::Refuse(error) => Some(Err(error)),
            KeyPlan::Fetch => None,
        }
    }

    /// Returns whether tokens can be verified without a fetch, with stale keys while Clerk is unreachable. Never waits:
    /// if no keys are known or a refresh is due, it starts one in the background.
    pub(crate) fn are_ready(&self, now: Timestamp) -> bool {
        if self.pem.is_some() || self.settings.secret_key.is_none() {
            return true;
        }
        let known = self.jwks.known();
        if known.value.is_fetch_due(now) {
            self.jwks.refresh_in_background(&known, self.patience(), self.fetch());
        }
        known.value.is_usable(now, self.settings.jwks_max_stale)
    }

    /// Returns how far this machine's clock is from Clerk's, as the last fetch of the keys measured it. `None` without a
    /// fetch.
    pub(crate) fn measured_skew(&self) -> Option<ClockSkew> {
        self.jwks.look(|known| known.clock_skew)
    }

    /// Returns how long to wait for a fetch: a little longer than the fetch's own time limit.
    fn patience(&self) -> Duration {
        self.settings.retry.patience_for_attempts()
    }

    fn fetch(&self) -> impl AsyncFnOnce() -> KeysUpdate + Send + use<> {
        let (settings, transport, file) = (Arc::clone(&self.settings), self.transport, self.file.clone());
        async move || {
            let result = jwks::fetch(&settings, transport).await;
            let (outcome, keys) = match &result {
                Ok(fetched) => ("loaded", fetched.keys.len()),
                Err(FetchFailure { kind: FailureKind::NoKeys, .. }) => ("unavailable", 0),
                Err(FetchFailure { kind: FailureKind::SecretKeyRejected, .. }) => ("secret-key-rejected", 0),
            };
            let now = settings.clock.now();
            let report = KeysFetched { outcome, keys, at: now.since_epoch() };
            settings.observers.notify(&Event::KeysFetched(report), now);
            match &result {
                Ok(fetched) => {
                    warn_of_the_clock(fetched.clock_skew, settings.clock_skew);
                    keep(file, fetched, now);
                }
                Err(failure) => {
                    let url = jwks::request(&settings).url;
                    tracing::warn!(%url, reason = %failure.message, "could not load Clerk's signing keys");
                }
            }
            let now = settings.clock.now();
            Box::new(move |known: &Jwks| known.after(result, now)) as KeysUpdate
        }
    }
}

/// Keeps the keys in the file, if there is one, on another thread: no request waits for the disk.
fn keep(file: Option<JwksFile>, fetched: &Fetched, now: Timestamp) {
    if let Some(file) = file {
        let document = fetched.document.clone();
        drop(tokio::task::spawn_blocking(move || file.keep(&document, now)));
    }
}

impl From<Seed> for Jwks {
    /// Nothing was fetched by this process yet, so that the first request asks Clerk unless the keys are fresh.
    fn from(seed: Seed) -> Self {
        Self { keys: Some(Arc::new(seed.keys)), keys_fetched_at: Some(seed.fetched_at), ..Self::default() }
    }
}

impl Jwks {
    fn after(&self, result: Result<Fetched, FetchFailure>, now: Timestamp) -> Self {
        match result {
            Ok(Fetched { keys, clock_skew, .. }) => Self {
                keys: Some(Arc::new(match &self.keys {
                    Some(earlier) => keys.keeping(earlier),
                    None => keys,
                })),
                keys_fetched_at: Some(now),
                last_fetch: Some(now),
                failure: None,
                clock_skew: clock_skew.or(self.clock_skew),
            },
            Err(failure) => {
                let pause = failure.retry_after.unwrap_or(FAILURE_PAUSE).clamp(FAILURE_PAUSE, MAX_FAILURE_PAUSE);
                let again = now.plus(pause);
                Self { last_fetch: Some(now), failure: Some((failure, again)), ..self.clone() }
            }
        }
    }

    /// The rules. Whether a key may be used depends only on the keys' age; whether to fetch depends on when and how the
    /// last fetch ended.
    fn plan(&self, kid: &str, now: Timestamp, max_stale: Duration) -> KeyPlan {
        let age = self.keys_fetched_at.and_then(|fetched_at| age(fetched_at, now));
        let key = self.usable_key(kid, now, max_stale);
        let is_fresh = age.is_some_and(|age| age < millis(FRESH));

        if let Some((failure, again)) = &self.failure {
            let wait = again.millis_since(now);
            let is_waiting = wait > 0 && wait <= millis(MAX_FAILURE_PAUSE);
            return match key {
                // Clerk is down or was a moment ago: no request waits for a fetch that is likely to fail.
                Some(key) if is_fresh || is_waiting => KeyPlan::Use(Arc::clone(key)),
                Some(key) => KeyPlan::UseAndRefresh(Arc::clone(key)),
                None if is_waiting => KeyPlan::Refuse(unavailable(failure, wait)),
                // Perhaps a stranger's. But it may be a new key, and its users should not wait for longer than the pause.
                None => KeyPlan::Fetch,
            };
        }
        match key {
            Some(key) if age.is_some_and(|age| age < millis(REFRESH_AHEAD)) => KeyPlan::Use(Arc::clone(key)),
            Some(key) if is_fresh => KeyPlan::UseAndRefresh(Arc::clone(key)),
            None if is_fresh && !self.may_fetch_for_strangers(now) => KeyPlan::Refuse(SigningKeyError::UnknownKid),
            // Stale, with no outage known: check that the keys are still valid before using them.
            _ => KeyPlan::Fetch,
        }
    }

    /// Returns whether the plan for a token that this key has verified is to use the key and nothing else. A key stays
    /// the same `Arc` only under the `kid` that verified the token ([`KeySet::keeping`]).
    fn relies_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool {
        let age = self.keys_fetched_at.and_then(|fetched_at| age(fetched_at, now));
        let is_young = age.is_some_and(|age| age < millis(REFRESH_AHEAD));
        is_young && self.failure.is_none() && self.keys.as_ref().is_some_and(|keys| keys.has(key))
    }

    /// Returns the key, unless it is too old to rely on.
    fn usable_key(&self, kid: &str, now: Timestamp, max_stale: Duration) -> Option<&Arc<VerificationKey>> {
        self.keys.as_ref().filter(|_| self.is_usable(now, max_stale))?.get(kid)
    }

    /// Returns whether there are keys that are not too old to rely on.
    fn is_usable(&self, now: Timestamp, max_stale: Duration) -> bool {
        let age = self.keys_fetched_at.and_then(|fetched_at| age(fetched_at, now));
        age.is_some_and(|age| age < millis(FRESH.saturating_add(max_stale)))
    }

    /// Returns whether there are no keys, or keys that are due for a refresh, and no recent failure forbids a fetch.
    fn is_fetch_due(&self, now: Timestamp) -> bool {
        let age = self.keys_fetched_at.and_then(|fetched_at| age(fetched_at, now));
        age.is_none_or(|age| age >= millis(REFRESH_AHEAD)) && !self.is_paused(now)
    }

    /// Returns what is known after a signature that `key` does not verify.
    fn in_place_of(&self, key: &Arc<VerificationKey>, kid: &str, now: Timestamp, max_stale: Duration) -> InPlace {
        match self.usable_key(kid, now, max_stale) {
            Some(current) if !Arc::ptr_eq(current, key) => InPlace::Known(Some(Arc::clone(current))),
            _ if self.is_paused(now) || !self.may_fetch_for_strangers(now) => InPlace::Known(None),
            _ => InPlace::Unknown,
        }
    }

    /// Returns whether a recent failure forbids a new fetch.
    fn is_paused(&self, now: Timestamp) -> bool {
        let wait = self.failure.as_ref().map_or(0, |(_, again)| again.millis_since(now));
        wait > 0 && wait <= millis(MAX_FAILURE_PAUSE)
    }

    fn may_fetch_for_strangers(&self, now: Timestamp) -> bool {
        self.last_fetch.and_then(|at| age(at, now)).is_none_or(|age| age >= millis(STRANGERS_INTERVAL))
    }
}

/// Returns the milliseconds since `then`. A time slightly in the future counts as now; one far in the future is
/// meaningless.
pub(super) fn age(then: Timestamp, now: Timestamp) -> Option<i64> {
    let age = now.millis_since(then);
    (age >= -millis(CLOCK_TOLERANCE)).then_some(age.max(0))
}

/// Warns once per process if this machine's clock makes valid tokens look expired, or not valid yet.
fn warn_of_the_clock(measured: Option<ClockSkew>, tolerance: Duration) {
    static ONCE: Once = Once::new();
    if let Some(skew) = measured.filter(|skew| skew.exceeds(tolerance)) {
        ONCE.call_once(|| {
            tracing::warn!(
                "this machine's clock is {skew}: synchronize it (NTP), because valid tokens are rejected as expired or \
                 not valid yet if the clocks differ by more than clock_skew, {} s",
                tolerance.as_secs_f64()
            );
        });
    }
}

fn unavailable(failure: &FetchFailure, wait_millis: i64) -> SigningKeyError {
    let retry_after = Duration::from_millis(wait_millis.unsigned_abs());
    let message = Arc::clone(&failure.message);
    match failure.kind {
        FailureKind::SecretKeyRejected => SigningKeyError::SecretKeyRejected { message, retry_after },
        FailureKind::NoKeys => SigningKeyError::Unavailable { message, retry_after },
    }
}

#[cfg(test)]
mod tests;
