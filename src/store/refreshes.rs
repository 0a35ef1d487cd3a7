//! Session refreshes. Anyone with an expired token can ask for one, so requests with the same cookies, such as those of
//! one page, share one call, and a refresh that Clerk has just rejected causes none.
//!
//! A session that was refreshed recently is *known* and does not use the quota of unknown clients
//! ([`quota`](super::quota)). It may be refreshed ten times at once, and ten times a minute after that. A rejection
//! makes it unknown again. Only a genuine token of the session counts: one that merely names it uses the quota, and its
//! rejection says nothing about the session.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use moka::sync::Cache;
use tokio::sync::Semaphore;

use super::{
    quota::{Bucket, Quota},
    under_way::{Begun, Joined, UnderWay},
};
use crate::{
    backend::{ApiRequest, ApiResponse, Budget, RETRY_AFTER, Transport, TransportError, refresh},
    clock::{Timestamp, millis},
    config::Settings,
    request::{RefreshError, RefreshSession, SetCookie},
};

/// How many calls for known sessions all workers together may make at once.
const MAX_IN_FLIGHT: usize = 48;
/// How long a rejection is remembered: a page whose requests all fail costs Clerk one call.
const REFUSED_FOR: Duration = Duration::from_secs(5);
/// The size of the cache, in bytes.
const MAX_REFUSED_BYTES: u64 = 4 << 20;
/// The maximum number of known sessions.
const MAX_KNOWN: u64 = 100_000;
/// The calls of a known session: this many at once, and this many more per minute.
const CALLS_OF_ONE_SESSION: u64 = 10;
const MICRO_CALLS_PER_MILLI: u64 = (CALLS_OF_ONE_SESSION * Bucket::CALL).div_ceil(60_000);

type Refreshed = Result<Vec<SetCookie>, RefreshError>;

/// The known sessions and rejected refreshes of one instance, and the calls in progress.
pub(crate) struct Refreshes {
    settings: Arc<Settings>,
    transport: Transport,
    quota: Arc<Quota>,
    known: Cache<Box<str>, Arc<Mutex<Bucket>>>,
    refused: Cache<Box<str>, (RefreshError, Timestamp)>,
    under_way: UnderWay<Refreshed>,
    turns_of_known: Semaphore,
}

impl Refreshes {
    pub(crate) fn new(settings: &Arc<Settings>, transport: Transport, quota: &Arc<Quota>) -> Arc<Self> {
        #[allow(clippy::borrowed_box, reason = "the cache passes this type")]
        let weigh = |asked: &Box<str>, _: &_| u32::try_from(256 + asked.len()).unwrap_or(u32::MAX);
        Arc::new(Self {
            settings: Arc::clone(settings),
            transport,
            quota: Arc::clone(quota),
            known: Cache::new(MAX_KNOWN),
            refused: Cache::builder().max_capacity(MAX_REFUSED_BYTES).weigher(weigh).build(),
            under_way: UnderWay::new(),
            turns_of_known: Semaphore::new(MAX_IN_FLIGHT),
        })
    }

    /// Refreshes the session and returns its new cookies.
    pub(crate) async fn refresh(self: &Arc<Self>, session: &RefreshSession<'_>) -> Refreshed {
        let Self { settings, transport, quota, .. } = &**self;
        let now = settings.clock.now();
        if !is_well_formed(session) {
            return Err(RefreshError::Unexplained);
        }
        let asked = identity(session);
        if let Some(refused) = self.refused(&asked, now) {
            return Err(refused);
        }
        if let Some(retry_after) = quota.pause.left(now) {
            return Err(RefreshError::Fetch.unavailable(retry_after));
        }
        let unavailable = RefreshError::Fetch.unavailable(RETRY_AFTER);
        let Some(_place) = quota.refreshes.place(now) else { return Err(unavailable) };
        let mut is_known = false;
        let patience = settings.retry.total_timeout.saturating_add(settings.retry.call_timeout);
        let answered = self.under_way.join(&asked, patience, || {
            is_known = session.is_genuine && self.spend_of_known(session.session_id, now);
            is_known || quota.refreshes.spend(now)
        });
        let answered = match answered {
            Joined::Running(answered) => answered,
            Joined::Begun(answered, call) => {
                let ApiRequest { method, url, accept, body, timeout, max_body, report, .. } =
                    refresh::request(settings, session);
                let refreshes = Arc::clone(self);
                let (session_id, is_genuine) = (Box::from(session.session_id), session.is_genuine);
                transport.spawn(move || async move {
                    let authorization = refreshes.settings.secret_key.as_ref().map(Into::into);
                    let request = ApiRequest { method, url, accept, body, timeout, max_body, authorization, report };
                    refreshes.ask(request, Asked { asked, session_id, is_genuine, is_known }, call).await;
                });
                answered
            }
            Joined::Refused => {
                quota.refreshes.turn_away(now);
                return Err(unavailable);
            }
        };
        match transport.within(patience, answered).await {
            Some(Ok(refreshed)) => refreshed,
            Some(Err(_)) | None => Err(unavailable),
        }
    }
    /// Takes a call from a known session's bucket. Returns `false` if the session is unknown or has none left.
    fn spend_of_known(&self, session_id: &str, now: Timestamp) -> bool {
        let bucket = self.known.get(session_id);
        bucket.is_some_and(|bucket| bucket.lock().unwrap_or_else(PoisonError::into_inner).spend(now))
    }

    fn refused(&self, asked: &str, now: Timestamp) -> Option<RefreshError> {
        let (why, since) = self.refused.get(asked)?;
        (0..millis(REFUSED_FOR)).contains(&now.millis_since(since)).then_some(why)
    }

    /// Makes the call, in a task.
    async fn ask(&self, request: ApiRequest<'_>, about: Asked, mut call: Begun<Refreshed>) {
        let Self { settings, transport, quota, .. } = self;
        let turns = if about.is_known { &self.turns_of_known } else { quota.refreshes.turns() };
        let Some(_turn) = call.turn(*transport, turns, settings.retry.total_timeout).await else { return };
        let answer = transport.send(Budget::Browsers, request).await;
        let now = settings.clock.now();
        quota.note(&answer, now);
        let is_refusal = is_refusal(&answer);
        let refreshed = refresh::parse(answer);
        self.note(about, &refreshed, is_refusal, now);
        call.answer(refreshed);
    }

    /// Notes what Clerk has said about a session.
    fn note(&self, about: Asked, refreshed: &Refreshed, is_refusal: bool, now: Timestamp) {
        match refreshed {
            // Its calls are still counted.
            Ok(_) if self.known.contains_key(&about.session_id) => {}
            Ok(_) => {
                let bucket = Bucket::new(MICRO_CALLS_PER_MILLI, CALLS_OF_ONE_SESSION * Bucket::CALL);
                self.known.insert(about.session_id, Arc::new(Mutex::new(bucket)));
            }
            Err(why) if is_refusal => {
                if about.is_genuine {
                    self.known.invalidate(&about.session_id);
                }
                self.refused.insert(about.asked.into(), (why.clone(), now));
            }
            Err(_) => {}
        }
    }
}

/// The subject of a call.
struct Asked {
    asked: String,
    session_id: Box<str>,
    is_genuine: bool,
    is_known: bool,
}

/// Returns whether Clerk has examined the session and rejected it.
fn is_refusal(answer: &Result<ApiResponse, TransportError>) -> bool {
    matches!(answer, Ok(response) if matches!(response.status, 400..=499) && !matches!(response.status, 408 | 425 | 429))
}

/// Returns what two requests must have in common to share a response: everything that Clerk decides by. This includes
/// tokens that only the session's own browser has, so no one gets another session's cookies.
fn identity(session: &RefreshSession<'_>) -> String {
    let RefreshSession { session_id, expired_token, refresh_token, suffixed_cookies, origin, .. } = session;
    // None of the parts can contain a line break.
    format!("{session_id}\n{suffixed_cookies}\n{origin}\n{refresh_token}\n{expired_token}")
}

/// Returns whether Clerk can have issued these tokens: visible ASCII that fits into cookies or a header.
fn is_well_formed(session: &RefreshSession<'_>) -> bool {
    const MAX_REFRESH_TOKEN: usize = 4096;
    const MAX_SESSION_TOKEN: usize = 8192;
    let is_visible = |text: &str| text.bytes().all(|b| b.is_ascii_graphic());
    (1..=MAX_REFRESH_TOKEN).contains(&session.refresh_token.len())
        && session.expired_token.len() <= MAX_SESSION_TOKEN
        && is_visible(session.refresh_token)
        && is_visible(session.expired_token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ClerkConfigBuilder;

    /// Each step is what Clerk says, or how many calls the session then gets of many that it asks for.
    #[test]
    fn what_clerk_says_and_the_calls_that_a_session_may_cause_then() {
        enum Step {
            Renewed,
            Refused,
            /// A token that only names the session.
            ForgedRefused,
            Failed,
            /// At this second, so many calls.
            Calls(i64, usize),
        }
        use Step::{Calls, Failed, ForgedRefused, Refused, Renewed};
        let at = |seconds: i64| Timestamp::from_millis(1_700_000_000_000 + seconds * 1000);
        for (name, steps, is_refused) in [
            ("an unknown session has none", vec![Calls(0, 0)], false),
            ("ten at once, and no more", vec![Renewed, Calls(0, 10), Calls(0, 0)], false),
            ("ten a minute", vec![Renewed, Calls(0, 10), Calls(60, 10), Calls(66, 1)], false),
            ("a refresh does not begin the count again", vec![Renewed, Calls(0, 10), Renewed, Calls(0, 0)], false),
            ("a refusal makes it unknown", vec![Renewed, Refused, Calls(0, 0)], true),
            ("a refusal of a forged token does not", vec![Renewed, ForgedRefused, Calls(0, 10)], true),
            ("an outage changes nothing", vec![Renewed, Failed, Calls(0, 10)], false),
            ("nor does one of an unknown session", vec![Failed, Calls(0, 0)], false),
            ("refused, and refreshed later", vec![Refused, Renewed, Calls(0, 10)], true),
        ] {
            let settings = ClerkConfigBuilder::default().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k");
            let settings = Arc::new(settings.secret_key("sk_live_1").check().unwrap());
            let refreshes = Refreshes::new(&settings, Transport::new(), &Arc::new(Quota::new(1000)));
            let note = |is_genuine, refreshed: &Refreshed, is_refusal| {
                let (asked, session_id) = ("all of it".into(), "sess_1".into());
                let asked = Asked { asked, session_id, is_genuine, is_known: false };
                refreshes.note(asked, refreshed, is_refusal, at(0));
            };
            for step in steps {
                match step {
                    Renewed => note(true, &Ok(Vec::new()), false),
                    Refused => note(true, &Err(RefreshError::Refused("expired".into())), true),
                    ForgedRefused => note(false, &Err(RefreshError::Refused("expired".into())), true),
                    Failed => note(true, &Err(RefreshError::Fetch), false),
                    Calls(seconds, expected) => {
                        let spent = (0..100).filter(|_| refreshes.spend_of_known("sess_1", at(seconds))).count();
                        assert_eq!(spent, expected, "{name}, at {seconds} s");
                    }
                }
            }
            assert_eq!(refreshes.refused("all of it", at(1)).is_some(), is_refused, "{name}");
            assert!(!refreshes.spend_of_known("sess_2", at(0)), "{name}: another session");
        }
    }

    #[test]
    fn tokens_and_their_form() {
        for (name, refresh_token, expired_token, expected) in [
            ("as Clerk gives them out", "rt_1".to_owned(), "a.b.c".to_owned(), true),
            ("as long as a cookie", "r".repeat(4096), "a.b.c".to_owned(), true),
            ("longer", "r".repeat(4097), "a.b.c".to_owned(), false),
            ("60 kB", "r".repeat(60_000), "a.b.c".to_owned(), false),
            ("a session token of 60 kB", "rt_1".to_owned(), "a".repeat(60_000), false),
            ("no refresh token", String::new(), "a.b.c".to_owned(), false),
            ("a line break", "rt\n1".to_owned(), "a.b.c".to_owned(), false),
            ("a line break in the session token", "rt_1".to_owned(), "a.b.c\n".to_owned(), false),
        ] {
            let session = RefreshSession {
                session_id: "sess_1",
                expired_token: &expired_token,
                is_genuine: true,
                refresh_token: &refresh_token,
                suffixed_cookies: true,
                origin: "https://app.example.com".to_owned(),
                headers: Vec::new(),
            };
            assert_eq!(is_well_formed(&session), expected, "{name}");
        }
    }

    #[test]
    fn refusals() {
        for (status, expected) in
            [(400, true), (401, true), (404, true), (422, true), (429, false), (408, false), (500, false), (200, false)]
        {
            assert_eq!(is_refusal(&Ok(ApiResponse { status, ..ApiResponse::default() })), expected, "{status}");
        }
        assert!(!is_refusal(&Err(TransportError::Timeout)));
    }
}
