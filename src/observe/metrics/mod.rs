//! [`Metrics`], an observer that counts events and measures times with the `metrics` crate (feature `metrics`).

use std::borrow::Cow;

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

use super::{
    event::{ClerkCall, CutOffsAdded, Decision, Event, KeysFetched, Rejection, RevocationStore},
    observer::Observer,
};

const NONE: &str = "none";

/// The counters with few series. Each series exists from the start: PromQL's `increase()` does not notice the first event
/// of a series that did not exist before, and some of these alert an operator.
const FROM_THE_START: [(&str, &str, &[&str]); 6] = [
    ("clerk_session_token_cache_total", "result", &["hit", "miss"]),
    ("clerk_handshakes_total", "step", &["started", "completed"]),
    ("clerk_refreshes_total", "result", &["renewed", "refused", "failed"]),
    (
        "clerk_redirect_loops_total",
        "cause",
        &[
            "wrong-keys",
            "clock-skew",
            "authorized-party",
            "issuer",
            "claims",
            "repeated-cookie",
            "foreign-session",
            "not-a-member",
            "cookies-not-kept",
            "satellite-not-synced",
            "sent-back-and-forth",
        ],
    ),
    ("clerk_jwks_fetches_total", "outcome", &["loaded", "unavailable", "secret-key-rejected"]),
    ("clerk_cut_offs_total", "origin", &[CutOffsAdded::HERE, CutOffsAdded::STORE]),
];

/// An [`Observer`] that records metrics in the current recorder of the [`metrics`](https://docs.rs/metrics/0.24) crate,
/// for Prometheus and other systems.
///
/// Install the recorder first: `new` describes the metrics to it, and starts the counters with few series at 0. Then add it to the configuration:
///
/// ```
/// use clerk_actix::{ClerkConfig, observe::Metrics};
///
/// let builder = ClerkConfig::builder().observer(Metrics::new());
/// # let _ = builder;
/// ```
///
/// | Metric | Type | Labels | Counts or measures |
/// |---|---|---|---|
/// | `clerk_authentications_total` | counter | `outcome`, `reason`, `token_type`, `carrier` | decisions about requests |
/// | `clerk_authentication_duration_seconds` | histogram | | the time that a decision took, with calls to Clerk |
/// | `clerk_session_token_cache_total` | counter | `result` | session tokens, by whether they had been verified before |
/// | `clerk_handshakes_total` | counter | `step` | browsers that were redirected to Clerk, and that came back with a result |
/// | `clerk_refreshes_total` | counter | `result` | expired session tokens that Clerk was asked to renew; requests that bring no refresh token do not count |
/// | `clerk_redirect_loops_total` | counter | `cause` | redirect loops that were stopped |
/// | `clerk_rejections_total` | counter | `status`, `code`, `token_type` | rejected requests |
/// | `clerk_calls_total` | counter | `endpoint`, `status`, `error` | calls to Clerk, each attempt by itself |
/// | `clerk_call_duration_seconds` | histogram | `endpoint` | the time that an attempt took |
/// | `clerk_jwks_fetches_total` | counter | `outcome` | fetches of Clerk's signing keys, with their retries |
/// | `clerk_jwks_last_success_timestamp_seconds` | gauge | | the time of the last successful fetch, since 1970 |
/// | `clerk_jwks_keys` | gauge | | the number of keys that it returned |
/// | `clerk_cut_offs_total` | counter | `origin` | session tokens cut off with [`Revocations`](crate::Revocations) |
/// | `clerk_cut_offs` | gauge | | the number of cut-offs that are kept |
/// | `clerk_revocation_store_up` | gauge | | 1 if the store that servers share revocations through can be read, otherwise 0; not there without a store |
///
/// The age of the signing keys, in PromQL, is `time() - clerk_jwks_last_success_timestamp_seconds`. With a
/// `jwt_key`, no keys are fetched.
///
/// Every label has a bounded number of values, whatever clients send. The page "Observability" of the guide lists
/// them, with the maximum number of series, queries and alerts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Metrics;

impl Metrics {
    /// Describes the metrics to the current recorder, starts counters at 0, and returns the observer.
    pub fn new() -> Self {
        describe();
        for (metric, label, values) in FROM_THE_START {
            for value in values {
                counter!(metric, label => *value).increment(0);
            }
        }
        Self
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Observer for Metrics {
    fn observe(&self, event: &Event<'_>) {
        match event {
            Event::Decision(decision) => count_decision(decision),
            Event::Rejection(rejection) => count_rejection(rejection),
            Event::ClerkCall(call) => count_call(call),
            Event::KeysFetched(keys) => count_fetch(keys),
            Event::CutOffsAdded(added) => count_cut_offs(added),
            Event::RevocationStore(store) => {
                gauge!("clerk_revocation_store_up").set(if store.state == RevocationStore::UP { 1 } else { 0 });
            }
        }
    }
}

fn describe() {
    describe_counter!("clerk_authentications_total", "Decisions about requests");
    describe_histogram!("clerk_authentication_duration_seconds", Unit::Seconds, "The time that a decision took");
    describe_counter!("clerk_session_token_cache_total", "Session tokens, by whether they had been verified before");
    describe_counter!("clerk_handshakes_total", "Handshakes of browsers, started and completed");
    describe_counter!("clerk_refreshes_total", "Expired session tokens that Clerk was asked to renew");
    describe_counter!("clerk_redirect_loops_total", "Redirect loops that were stopped");
    describe_counter!("clerk_rejections_total", "Rejected requests");
    describe_counter!("clerk_calls_total", "Calls to Clerk, each attempt by itself");
    describe_histogram!("clerk_call_duration_seconds", Unit::Seconds, "The time that a call to Clerk took");
    describe_counter!("clerk_jwks_fetches_total", "Fetches of Clerk's signing keys, with their retries");
    describe_gauge!(
        "clerk_jwks_last_success_timestamp_seconds",
        Unit::Seconds,
        "The time of the last successful fetch of Clerk's signing keys, since 1970"
    );
    describe_counter!("clerk_cut_offs_total", "Cut-offs of session tokens, by this process or read from the store");
    describe_gauge!("clerk_cut_offs", "Cut-offs that are kept");
    describe_gauge!("clerk_revocation_store_up", "Whether the store of revocations can be read");
    describe_gauge!("clerk_jwks_keys", "Clerk's signing keys, as of the last successful fetch");
}

fn count_decision(decision: &Decision<'_>) {
    let Decision { outcome, reason, token_type, carrier, cache, redirect_loop, .. } = *decision;
    let reason = reason.unwrap_or(NONE);
    counter!(
        "clerk_authentications_total",
        "outcome" => outcome, "reason" => reason, "token_type" => token_type, "carrier" => carrier
    )
    .increment(1);
    histogram!("clerk_authentication_duration_seconds").record(decision.duration);
    if cache != NONE {
        counter!("clerk_session_token_cache_total", "result" => cache).increment(1);
    }
    if let Some(step) = handshake_step(decision) {
        counter!("clerk_handshakes_total", "step" => step).increment(1);
    }
    if let Some(result) = refresh_result(decision) {
        counter!("clerk_refreshes_total", "result" => result).increment(1);
    }
    if redirect_loop != NONE {
        counter!("clerk_redirect_loops_total", "cause" => redirect_loop).increment(1);
    }
}

/// Returns what the request was in a handshake, if it was part of one.
fn handshake_step(decision: &Decision<'_>) -> Option<&'static str> {
    match (decision.outcome, decision.renewed_by, decision.reason) {
        ("handshake", ..) => Some("started"),
        // Only a handshake has this reason: it has found that nobody is signed in.
        ("handshake-completed", ..) | (_, "handshake", _) | ("signed-out", _, Some("session-token-missing")) => {
            Some("completed")
        }
        _ => None,
    }
}

/// Returns the result of the refresh, if Clerk was asked for one.
fn refresh_result(decision: &Decision<'_>) -> Option<&'static str> {
    const PREFIX: &str = "session-token-expired-refresh-";
    if decision.renewed_by == "refresh" {
        return Some("renewed");
    }
    match decision.reason?.strip_prefix(PREFIX)? {
        "refused" => Some("refused"),
        "fetch-error" | "unexpected-bapi-error" | "unexpected-sdk-error" | "invalid-session-token" => Some("failed"),
        _ => None,
    }
}

fn count_rejection(rejection: &Rejection<'_>) {
    let Rejection { code, token_type, .. } = *rejection;
    let status = status_label(rejection.status);
    counter!("clerk_rejections_total", "status" => status, "code" => code, "token_type" => token_type).increment(1);
}

fn count_call(call: &ClerkCall) {
    let ClerkCall { endpoint, error, .. } = *call;
    let status = call.status.map_or(Cow::Borrowed(NONE), status_label);
    counter!("clerk_calls_total", "endpoint" => endpoint, "status" => status, "error" => error).increment(1);
    histogram!("clerk_call_duration_seconds", "endpoint" => endpoint).record(call.duration);
}

fn count_fetch(fetched: &KeysFetched) {
    let KeysFetched { outcome, keys, at } = *fetched;
    counter!("clerk_jwks_fetches_total", "outcome" => outcome).increment(1);
    if outcome == "loaded" {
        gauge!("clerk_jwks_last_success_timestamp_seconds").set(at.as_secs_f64());
        gauge!("clerk_jwks_keys").set(u32::try_from(keys).unwrap_or(u32::MAX));
    }
}

fn count_cut_offs(added: &CutOffsAdded) {
    counter!("clerk_cut_offs_total", "origin" => added.origin)
        .increment(u64::try_from(added.count).unwrap_or(u64::MAX));
    gauge!("clerk_cut_offs").set(u32::try_from(added.kept).unwrap_or(u32::MAX));
}

/// HTTP allows any three digits, so that a server which answers at random does not make a thousand series.
fn status_label(status: u16) -> Cow<'static, str> {
    match status {
        100..=599 => status.to_string().into(),
        _ => "other".into(),
    }
}

#[cfg(test)]
mod tests;
