//! The metadata of the authorization server, as it was last fetched. Strangers can ask for it, so calls to Clerk are bounded
//! whatever they ask: one at a time, and none while the metadata is fresh or a failure is recent.

use std::{sync::Arc, time::Duration};

use super::{signing_keys::age, single_flight::SingleFlight};
use crate::{
    backend::{
        Failure, Transport, TransportError,
        authorization_server::{self, AuthorizationServerError, NoMetadata},
    },
    clock::{Timestamp, millis},
    config::Settings,
};

/// How long metadata is fresh. It changes when dynamic client registration is turned on, so this is short.
const FRESH: Duration = Duration::from_secs(5 * 60);
/// From this age on, the next request triggers a refresh in the background.
const REFRESH_AHEAD: Duration = Duration::from_secs(4 * 60);
/// How long metadata is passed on while no newer can be fetched.
const MAX_STALE: Duration = Duration::from_secs(24 * 60 * 60);
/// How long to wait after a failed fetch, unless Clerk asks for longer.
const FAILURE_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause that Clerk can ask for.
const MAX_FAILURE_PAUSE: Duration = Duration::from_secs(60);

/// The source of one instance's metadata.
pub(crate) struct AuthorizationServer {
    known: SingleFlight<Known>,
    settings: Arc<Settings>,
    transport: Transport,
}

/// The result of the fetches so far.
#[derive(Clone, Debug, Default)]
struct Known {
    document: Option<(Arc<str>, Timestamp)>,
    /// With the time from which on a fetch may be tried again.
    failure: Option<(AuthorizationServerError, Timestamp)>,
}

/// The action to take for one request.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    Use(Arc<str>),
    UseAndRefresh(Arc<str>),
    Fetch,
    Refuse(NoMetadata),
}

type Update = Box<dyn FnOnce(&Known) -> Known>;

impl AuthorizationServer {
    pub(crate) fn new(settings: &Arc<Settings>, transport: Transport) -> Self {
        Self { known: SingleFlight::new(transport), settings: Arc::clone(settings), transport }
    }

    /// Returns the metadata as JSON, from memory if possible.
    pub(crate) async fn metadata(&self) -> Result<Arc<str>, NoMetadata> {
        let (clock, patience) = (&self.settings.clock, self.patience());
        let known = self.known.known();
        match known.value.plan(clock.now()) {
            Plan::Use(document) => return Ok(document),
            Plan::UseAndRefresh(document) => {
                self.known.refresh_in_background(&known, patience, self.fetch());
                return Ok(document);
            }
            Plan::Refuse(why) => return Err(why),
            Plan::Fetch => {}
        }
        let known = self.known.wait_for_a_fetch(&known, patience, self.fetch()).await;
        match known.value.plan(clock.now()) {
            Plan::Use(document) | Plan::UseAndRefresh(document) => Ok(document),
            Plan::Refuse(why) => Err(why),
            // The fetch did not end in time.
            Plan::Fetch => known.value.usable(clock.now()).ok_or(NoMetadata {
                error: AuthorizationServerError::Call(TransportError::Timeout),
                retry_after: FAILURE_PAUSE,
            }),
        }
    }

    /// Returns how long to wait for a fetch: a little longer than the fetch's own time limit.
    fn patience(&self) -> Duration {
        self.settings.retry.patience_for_attempts()
    }

    fn fetch(&self) -> impl AsyncFnOnce() -> Update + Send + use<> {
        let (settings, transport) = (Arc::clone(&self.settings), self.transport);
        async move || {
            let result = authorization_server::fetch(&settings, transport).await;
            if let Err(error) = &result {
                tracing::warn!(
                    authorization_server = settings.authorization_server().unwrap_or_default(),
                    reason = %error,
                    "could not load the metadata of the OAuth authorization server, which a ProtectedResource passes on"
                );
            }
            let now = settings.clock.now();
            Box::new(move |known: &Known| known.after(result, now)) as Update
        }
    }
}

impl Known {
    fn after(&self, result: Result<Arc<str>, AuthorizationServerError>, now: Timestamp) -> Self {
        match result {
            Ok(document) => Self { document: Some((document, now)), failure: None },
            Err(error) => {
                let pause = error.retry_after().unwrap_or(FAILURE_PAUSE).clamp(FAILURE_PAUSE, MAX_FAILURE_PAUSE);
                Self { failure: Some((error, now.plus(pause))), ..self.clone() }
            }
        }
    }

    fn plan(&self, now: Timestamp) -> Plan {
        let document = self.usable(now);
        if let Some((error, again)) = self.failure {
            let wait = again.millis_since(now);
            let is_waiting = wait > 0 && wait <= millis(MAX_FAILURE_PAUSE);
            return match document {
                // No request waits for a fetch that is likely to fail.
                Some(document) if is_waiting => Plan::Use(document),
                Some(document) => Plan::UseAndRefresh(document),
                None if is_waiting => {
                    Plan::Refuse(NoMetadata { error, retry_after: Duration::from_millis(wait.unsigned_abs()) })
                }
                None => Plan::Fetch,
            };
        }
        match document {
            Some(document) if self.age(now).is_some_and(|age| age < millis(REFRESH_AHEAD)) => Plan::Use(document),
            Some(document) if self.age(now).is_some_and(|age| age < millis(FRESH)) => Plan::UseAndRefresh(document),
            // Stale, with no outage known: newer metadata is worth a call.
            _ => Plan::Fetch,
        }
    }

    fn usable(&self, now: Timestamp) -> Option<Arc<str>> {
        let is_usable = self.age(now).is_some_and(|age| age < millis(FRESH.saturating_add(MAX_STALE)));
        self.document.as_ref().filter(|_| is_usable).map(|(document, _)| Arc::clone(document))
    }

    fn age(&self, now: Timestamp) -> Option<i64> {
        self.document.as_ref().and_then(|(_, fetched_at)| age(*fetched_at, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_metadata_is_fetched_and_when_it_is_passed_on() {
        const MINUTE: i64 = 60;
        const DAY: i64 = 24 * 60 * MINUTE;
        let error = AuthorizationServerError::NotJson;
        let slow = AuthorizationServerError::Status { status: 503, retry_after: Some(Duration::from_secs(3600)) };
        let document: Arc<str> = "{}".into();
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        let nothing = Known::default();
        let fetched = nothing.after(Ok(Arc::clone(&document)), at(0));
        let failed = |known: &Known, error, seconds| known.after(Err(error), at(seconds));
        let refuse = |error, seconds| Plan::Refuse(NoMetadata { error, retry_after: Duration::from_secs(seconds) });
        let (used, refreshed) = (|| Plan::Use(Arc::clone(&document)), || Plan::UseAndRefresh(Arc::clone(&document)));
        for (name, known, now, expected) in [
            ("nothing is known", nothing.clone(), 0, Plan::Fetch),
            ("just fetched", fetched.clone(), 0, used()),
            ("fresh", fetched.clone(), 4 * MINUTE - 1, used()),
            ("soon stale", fetched.clone(), 4 * MINUTE, refreshed()),
            ("stale", fetched.clone(), 5 * MINUTE, Plan::Fetch),
            ("far too old", fetched.clone(), 2 * DAY, Plan::Fetch),
            ("the clock went back a little", fetched.clone(), -30, used()),
            ("the clock went back a lot", fetched.clone(), -DAY, Plan::Fetch),
            ("a failure a moment ago", failed(&nothing, error, 0), 1, refuse(error, 1)),
            ("a failure a while ago", failed(&nothing, error, 0), 2, Plan::Fetch),
            ("a longer pause than there may be", failed(&nothing, slow, 0), 59, refuse(slow, 1)),
            ("the end of the longest pause", failed(&nothing, slow, 0), 60, Plan::Fetch),
            ("a failure, and the clock went back a lot", failed(&nothing, error, 0), -DAY, Plan::Fetch),
            ("stale in an outage", failed(&fetched, error, DAY), DAY + 1, used()),
            ("stale in an outage, after the pause", failed(&fetched, error, DAY), DAY + 2, refreshed()),
            ("too old in an outage", failed(&fetched, error, 2 * DAY), 2 * DAY + 1, refuse(error, 1)),
            ("just not too old", failed(&fetched, error, DAY + 298), DAY + 299, used()),
            ("just too old", failed(&fetched, error, DAY + 299), DAY + 300, refuse(error, 1)),
            ("fetched again", failed(&fetched, error, DAY).after(Ok(Arc::clone(&document)), at(DAY)), DAY, used()),
        ] {
            assert_eq!(known.plan(at(now)), expected, "{name}");
        }
    }
}
