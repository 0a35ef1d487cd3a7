//! Exchange of handshake nonces for cookies. Anyone can make up a nonce, so there is one call for all requests with the
//! same nonce, no call for one that Clerk has just rejected or cannot have issued, and a limit on the rest
//! ([`quota`](super::quota)).
//!
//! A browser that brings a token of a session, signed by Clerk, is no stranger, although the token has expired: its nonces
//! are limited by themselves.

use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{
    quota::Quota,
    rejections::Rejections,
    session_calls::SessionCalls,
    under_way::{Begun, Joined, UnderWay},
};
use crate::{
    backend::{Budget, RETRY_AFTER, Transport, handshake_payload},
    clock::Timestamp,
    config::Settings,
    observe::LogLimit,
    request::{HandshakePayloadError, SetCookie},
};

/// How many calls for sessions all workers together may make at once.
const MAX_IN_FLIGHT: usize = 16;
/// The size of the cache of rejections, in bytes.
const MAX_REJECTED_BYTES: u64 = 2 << 20;

/// The error comes with a hint for operators.
type Payload = Result<Vec<SetCookie>, (HandshakePayloadError, Arc<str>)>;

/// The rejected nonces of one instance, and the calls in progress.
pub(crate) struct Nonces {
    settings: Arc<Settings>,
    transport: Transport,
    quota: Arc<Quota>,
    sessions: SessionCalls,
    rejected: Rejections<HandshakePayloadError>,
    under_way: UnderWay<Payload>,
    turns_of_sessions: Semaphore,
}

impl Nonces {
    pub(crate) fn new(settings: &Arc<Settings>, transport: Transport, quota: &Arc<Quota>) -> Arc<Self> {
        Arc::new(Self {
            settings: Arc::clone(settings),
            transport,
            quota: Arc::clone(quota),
            sessions: SessionCalls::new(),
            rejected: Rejections::new(MAX_REJECTED_BYTES),
            under_way: UnderWay::new(),
            turns_of_sessions: Semaphore::new(MAX_IN_FLIGHT),
        })
    }

    /// Returns the cookies that belong to the nonce. `session_id` is the session whose token the browser brings, if Clerk
    /// has signed it.
    pub(crate) async fn exchange(
        self: &Arc<Self>,
        nonce: &str,
        session_id: Option<&str>,
    ) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        let Self { settings, transport, quota, .. } = &**self;
        let now = settings.clock.now();
        if !is_well_formed(nonce) {
            return Err(HandshakePayloadError::Rejected);
        }
        if let Some(why) = self.rejected.get(nonce, now) {
            return Err(why);
        }
        if let Some(retry_after) = quota.pause.left(now) {
            return Err(HandshakePayloadError::Unavailable { retry_after });
        }
        let unavailable = HandshakePayloadError::Unavailable { retry_after: RETRY_AFTER };
        let place = if session_id.is_some() { None } else { quota.nonces.place(now) };
        if place.is_none() && session_id.is_none() {
            return Err(unavailable);
        }
        let mut is_of_session = false;
        let patience = settings.retry.patience_for_a_turn();
        let answered = match self.under_way.join(nonce, patience, || {
            is_of_session = session_id.is_some_and(|session_id| {
                self.sessions.add(session_id);
                self.sessions.spend(session_id, now)
            });
            is_of_session || quota.nonces.spend(now)
        }) {
            Joined::Running(answered) => answered,
            Joined::Begun(answered, call) => {
                let (nonces, nonce) = (Arc::clone(self), nonce.to_owned());
                transport.spawn(move || async move { nonces.ask(&nonce, is_of_session, call).await });
                answered
            }
            Joined::NotAllowed => {
                quota.nonces.turn_away(now);
                return Err(unavailable);
            }
        };
        match transport.within(patience, answered).await {
            Some(Ok(payload)) => payload.map_err(|(error, hint)| {
                log(error, &hint, settings.clock.now());
                error
            }),
            Some(Err(_)) | None => Err(unavailable),
        }
    }

    /// Makes the call, in a task.
    async fn ask(&self, nonce: &str, is_of_session: bool, mut call: Begun<Payload>) {
        let Self { settings, transport, quota, .. } = self;
        let turns = if is_of_session { &self.turns_of_sessions } else { quota.nonces.turns() };
        let Some(_turn) = call.turn(*transport, turns, settings.retry.total_timeout).await else { return };
        let answer = transport.send(Budget::Browsers, handshake_payload::request(settings, nonce)).await;
        let now = settings.clock.now();
        quota.note(&answer, now);
        let payload = handshake_payload::parse(answer).map_err(|(error, hint)| (error, Arc::from(hint)));
        if let Err((why @ (HandshakePayloadError::Rejected | HandshakePayloadError::Malformed), _)) = &payload {
            self.rejected.insert(nonce, *why, now);
        }
        call.answer(payload);
    }
}

/// Logs in the waiting request, not in the call's task, so that the line belongs to the request's span. Rejected nonces
/// are logged by the code that decides on them.
fn log(error: HandshakePayloadError, hint: &str, now: Timestamp) {
    static FAILED: LogLimit = LogLimit::new();
    let is_rejection = matches!(error, HandshakePayloadError::Rejected | HandshakePayloadError::Malformed);
    if !is_rejection && let Some(left_out) = FAILED.admit(now) {
        tracing::warn!(%hint, left_out, "could not exchange a handshake nonce for its cookies");
    }
}

/// Returns whether Clerk can have issued the nonce: visible ASCII that fits into a cookie. Any other nonce causes no
/// call.
fn is_well_formed(nonce: &str) -> bool {
    const MAX: usize = 4096;
    (1..=MAX).contains(&nonce.len()) && nonce.bytes().all(|b| b.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nonces_and_their_form() {
        for (name, nonce, expected) in [
            ("letters and digits", "2xhFjEI5X2qWRvtV13BzSj8H6Dk".to_owned(), true),
            ("base64", "a+b/c==".to_owned(), true),
            ("a JWT", "a.b-c.d_e".to_owned(), true),
            ("one letter", "n".to_owned(), true),
            ("as long as a cookie", "n".repeat(4096), true),
            ("longer", "n".repeat(4097), false),
            ("60 kB", "n".repeat(60_000), false),
            ("nothing", String::new(), false),
            ("a space", "a b".to_owned(), false),
            ("a line break", "a\r\nb".to_owned(), false),
            ("a null byte", "a\0".to_owned(), false),
            ("letters of other alphabets", "\u{e9}".to_owned(), false),
        ] {
            assert_eq!(is_well_formed(&nonce), expected, "{name}");
        }
    }
}
