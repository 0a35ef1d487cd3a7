//! The [`Observer`], and the one place that passes events to the log and to observers.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tracing::Level;

use super::{
    event::{ClerkCall, CutOffsAdded, Decision, Event, KeysFetched, Rejection, RevocationStore},
    hint::hint,
    log_limit::LogLimit,
};
use crate::clock::Timestamp;

/// Receives the crate's [`Event`]s: for metrics, audit logs or alerts. Set it with
/// [`ClerkConfigBuilder::observer`](crate::ClerkConfigBuilder::observer).
///
/// It is called in the middle of a request, on the thread that serves it, or on the thread that calls Clerk, so it must
/// not block. If it panics, that is logged, and the request goes on. The same events are logged, whether there is an
/// observer or not.
///
/// ```
/// use std::sync::atomic::{AtomicU64, Ordering};
/// use clerk_actix::{ClerkConfig, observe::{Event, Observer}};
///
/// #[derive(Default)]
/// struct Forbidden(AtomicU64);
///
/// impl Observer for Forbidden {
///     fn observe(&self, event: &Event<'_>) {
///         if let Event::Rejection(rejection) = event && rejection.status == 403 {
///             self.0.fetch_add(1, Ordering::Relaxed);
///         }
///     }
/// }
///
/// let builder = ClerkConfig::builder().observer(Forbidden::default());
/// # let _ = builder;
/// ```
pub trait Observer: Send + Sync {
    /// Called once for each event.
    fn observe(&self, event: &Event<'_>);
}

impl<O: Observer + ?Sized> Observer for Arc<O> {
    fn observe(&self, event: &Event<'_>) {
        (**self).observe(event);
    }
}

/// The observers of one configuration.
#[derive(Clone, Default)]
pub(crate) struct Observers(Vec<Arc<dyn Observer>>);

impl Observers {
    /// Only the log hears of events.
    pub(crate) const fn none() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, observer: impl Observer + 'static) {
        self.0.push(Arc::new(observer));
    }

    /// Returns whether a decision or a call would be noticed: if not, it is not worth describing.
    pub(crate) fn hear_of_decisions(&self) -> bool {
        !self.0.is_empty() || is_logged(Level::DEBUG)
    }

    /// Returns whether a rejection would be noticed.
    pub(crate) fn hear_of_rejections(&self) -> bool {
        !self.0.is_empty() || is_logged(Level::INFO)
    }

    /// Logs the event and passes it on.
    pub(crate) fn notify(&self, event: &Event<'_>, now: Timestamp) {
        match event {
            Event::Decision(decision) => log_decision(decision),
            Event::Rejection(rejection) => log_rejection(rejection, now),
            Event::ClerkCall(call) => log_call(call),
            Event::KeysFetched(keys) => log_keys(keys),
            Event::CutOffsAdded(added) => log_cut_offs(added),
            Event::RevocationStore(store) => log_store(store, now),
        }
        self.tell(event, now);
    }

    /// Passes the event on, without logging it.
    pub(crate) fn tell(&self, event: &Event<'_>, now: Timestamp) {
        for observer in &self.0 {
            // A panic here would be one of the request, or of the thread that calls Clerk.
            if catch_unwind(AssertUnwindSafe(|| observer.observe(event))).is_err() {
                static PANICS: LogLimit = LogLimit::new();
                if let Some(left_out) = PANICS.admit(now) {
                    tracing::error!(left_out, "an observer panicked: the event is lost for it");
                }
            }
        }
    }
}

impl fmt::Debug for Observers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Observers({})", self.0.len())
    }
}

/// Returns whether any subscriber, or any `log` logger in its place, may want events of this level.
fn is_logged(level: Level) -> bool {
    let as_log = match level {
        Level::INFO => log::Level::Info,
        _ => log::Level::Debug,
    };
    tracing::level_filters::LevelFilter::current() >= level || log::max_level() >= as_log
}

fn log_decision(decision: &Decision<'_>) {
    let Decision { method, outcome, reason, token_type, carrier, cookies, cache, renewed_by, redirect_loop, .. } =
        *decision;
    tracing::debug!(
        method = hint(method),
        path = hint(decision.path),
        outcome,
        reason,
        token_type,
        carrier,
        cookies,
        cache,
        renewed_by,
        redirect_loop,
        duration = ?decision.duration,
        "request decided"
    );
}

/// An outage fails every request, so those lines are limited.
fn log_rejection(rejection: &Rejection<'_>, now: Timestamp) {
    static OUTAGES: LogLimit = LogLimit::new();
    let Rejection { status, code, token_type, .. } = *rejection;
    let (required, found) = (hint(rejection.required), hint(rejection.found));
    let (method, path, hint) = (hint(rejection.method), hint(rejection.path), rejection.hint.map(hint));
    if !rejection.is_outage {
        tracing::info!(method, path, status, reason = code, token_type, required, found, hint, "request rejected");
    } else if let Some(left_out) = OUTAGES.admit(now) {
        tracing::error!(
            method,
            path,
            status,
            reason = code,
            hint,
            left_out,
            "request rejected, because Clerk is unavailable: check CLERK_SECRET_KEY and the connection to CLERK_API_URL"
        );
    }
}

fn log_call(call: &ClerkCall) {
    let ClerkCall { endpoint, status, attempt, .. } = *call;
    let error = Some(call.error).filter(|error| *error != "none");
    tracing::debug!(endpoint, status, error, attempt, duration = ?call.duration, "called Clerk");
}

fn log_keys(keys: &KeysFetched) {
    let KeysFetched { outcome, keys, .. } = *keys;
    tracing::debug!(outcome, keys, "fetched Clerk's signing keys");
}

fn log_cut_offs(added: &CutOffsAdded) {
    let CutOffsAdded { origin, count, kept } = *added;
    tracing::debug!(origin, count, kept, "cut off session tokens");
}

/// A store that flaps would fill the log.
fn log_store(store: &RevocationStore<'_>, now: Timestamp) {
    static STATES: LogLimit = LogLimit::new();
    let RevocationStore { store, error, consequence, .. } = *store;
    let Some(left_out) = STATES.admit(now) else { return };
    match error {
        None => tracing::info!(store, left_out, "reading revocations from the store"),
        Some(error) => tracing::error!(
            store,
            error = hint(error),
            left_out,
            "the store of revocations fails: {consequence}. Check that it runs and that this server can reach it"
        ),
    }
}
