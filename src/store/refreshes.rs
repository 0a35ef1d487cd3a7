//! Session refreshes. Anyone with an expired token can ask for one, so requests with the same cookies, such as those of
//! one page, share one call, and a refresh that Clerk has just rejected causes none.
//!
//! A session that was refreshed recently is *known* and does not use the quota of unknown clients
//! ([`quota`](super::quota)). It may be refreshed ten times at once, and ten times a minute after that. A rejection
//! makes it unknown again. Only a genuine token of the session counts: one that merely names it uses the quota, and its
//! rejection says nothing about the session.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{
    quota::Quota,
    rejections::Rejections,
    session_calls::SessionCalls,
    under_way::{Begun, Joined, UnderWay},
};
use crate::{
    backend::{ApiRequest, ApiResponse, Budget, RETRY_AFTER, Transport, TransportError, refresh},
    clock::Timestamp,
    config::Settings,
    request::{RefreshError, RefreshSession, SetCookie},
};

/// How many calls for known sessions all workers together may make at once.
const MAX_IN_FLIGHT: usize = 48;
/// The size of the cache of rejections, in bytes.
const MAX_REJECTED_BYTES: u64 = 4 << 20;

type Refreshed = Result<Vec<SetCookie>, RefreshError>;

/// The known sessions and rejected refreshes of one instance, and the calls in progress.
pub(crate) struct Refreshes {
    settings: Arc<Settings>,
    transport: Transport,
    quota: Arc<Quota>,
    known: SessionCalls,
    rejected: Rejections<RefreshError>,
    under_way: UnderWay<Refreshed>,
    turns_of_known: Semaphore,
}

impl Refreshes {
    pub(crate) fn new(settings: &Arc<Settings>, transport: Transport, quota: &Arc<Quota>) -> Arc<Self> {
        Arc::new(Self {
            settings: Arc::clone(settings),
            transport,
            quota: Arc::clone(quota),
            known: SessionCalls::new(),
            rejected: Rejections::new(MAX_REJECTED_BYTES),
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
        if let Some(why) = self.rejected.get(&asked, now) {
            return Err(why);
        }
        if let Some(retry_after) = quota.pause.left(now) {
            return Err(RefreshError::Fetch.unavailable(retry_after));
        }
        let unavailable = RefreshError::Fetch.unavailable(RETRY_AFTER);
        // Known sessions do not wait behind strangers. One whose own calls are used up causes few of theirs.
        let may_be_known = session.is_genuine && self.known.has(session.session_id);
        let place = if may_be_known { None } else { quota.refreshes.place(now) };
        if place.is_none() && !may_be_known {
            return Err(unavailable);
        }
        let mut is_known = false;
        let patience = settings.retry.patience_for_a_turn();
        let answered = self.under_way.join(&asked, patience, || {
            is_known = session.is_genuine && self.known.spend(session.session_id, now);
            is_known || quota.refreshes.spend(now)
        });
        let answered = match answered {
            Joined::Running(answered) => answered,
            Joined::Begun(answered, call) => {
                let request = refresh::request(settings, session).without_key();
                let (session_id, is_genuine) = (session.session_id.into(), session.is_genuine);
                let about = Asked { asked, session_id, is_genuine, is_known };
                let refreshes = Arc::clone(self);
                transport.spawn(move || async move { refreshes.ask(request, about, call).await });
                answered
            }
            Joined::NotAllowed => {
                quota.refreshes.turn_away(now);
                return Err(unavailable);
            }
        };
        match transport.within(patience, answered).await {
            Some(Ok(refreshed)) => refreshed,
            Some(Err(_)) | None => Err(unavailable),
        }
    }

    /// Makes the call, in a task.
    async fn ask(&self, request: ApiRequest<'_>, about: Asked, mut call: Begun<Refreshed>) {
        let Self { settings, transport, quota, .. } = self;
        let turns = if about.is_known { &self.turns_of_known } else { quota.refreshes.turns() };
        let Some(_turn) = call.turn(*transport, turns, settings.retry.total_timeout).await else { return };
        let authorization = settings.secret_key.as_ref().map(Into::into);
        let answer = transport.send(Budget::Browsers, ApiRequest { authorization, ..request }).await;
        let now = settings.clock.now();
        quota.note(&answer, now);
        let is_rejection = is_rejection(&answer);
        let refreshed = refresh::parse(answer);
        self.note(about, &refreshed, is_rejection, now);
        call.answer(refreshed);
    }

    /// Notes what Clerk has said about a session.
    fn note(&self, about: Asked, refreshed: &Refreshed, is_rejection: bool, now: Timestamp) {
        match refreshed {
            Ok(_) => self.known.add(&about.session_id),
            Err(why) if is_rejection => {
                if about.is_genuine {
                    self.known.remove(&about.session_id);
                }
                self.rejected.insert(about.asked, why.clone(), now);
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
fn is_rejection(answer: &Result<ApiResponse, TransportError>) -> bool {
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
        for (name, steps, is_rejected) in [
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
            let note = |is_genuine, refreshed: &Refreshed, is_rejection| {
                let (asked, session_id) = ("all of it".into(), "sess_1".into());
                let asked = Asked { asked, session_id, is_genuine, is_known: false };
                refreshes.note(asked, refreshed, is_rejection, at(0));
            };
            for step in steps {
                match step {
                    Renewed => note(true, &Ok(Vec::new()), false),
                    Refused => note(true, &Err(RefreshError::Rejected("expired".into())), true),
                    ForgedRefused => note(false, &Err(RefreshError::Rejected("expired".into())), true),
                    Failed => note(true, &Err(RefreshError::Fetch), false),
                    Calls(seconds, expected) => {
                        let spent = (0..100).filter(|_| refreshes.known.spend("sess_1", at(seconds))).count();
                        assert_eq!(spent, expected, "{name}, at {seconds} s");
                    }
                }
            }
            assert_eq!(refreshes.rejected.get("all of it", at(1)).is_some(), is_rejected, "{name}");
            assert!(!refreshes.known.spend("sess_2", at(0)), "{name}: another session");
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
            assert_eq!(is_rejection(&Ok(ApiResponse { status, ..ApiResponse::default() })), expected, "{status}");
        }
        assert!(!is_rejection(&Err(TransportError::Timeout)));
    }
}
