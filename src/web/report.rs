//! Reports decisions about requests to the log and to observers.

use std::time::{Duration, Instant};

use actix_web::HttpRequest;

use super::{facts::ActixFacts, pending_report::PendingReport, state::RequestState};
use crate::{
    config::Settings,
    instance::ClerkConfig,
    observe::{Decision, Event},
    reason::Reason,
    request::{AuthStatus, Denial, LoopCause, Outcome, Renewal, carrier, cookie_names},
    token::TokenType,
};

const NONE: &str = "none";

/// A decision that somebody wants to hear of, from its start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watch {
    started: Instant,
}

/// What is reported of a decision, beside the request itself.
struct Conclusion<'d> {
    outcome: &'static str,
    reason: Option<&'static str>,
    token_type: TokenType,
    renewed_by: Option<Renewal>,
    denial: Option<&'d Denial>,
    /// Of a request that is signed in; otherwise the denial has it.
    redirect_loop: Option<LoopCause>,
    cache: &'static str,
}

impl Watch {
    /// Returns `None` if neither the log nor an observer wants to hear of decisions. Then nothing is measured.
    pub(crate) fn start(settings: &Settings) -> Option<Self> {
        settings.observers.hear_of_decisions().then(|| Self { started: Instant::now() })
    }

    /// Reports the outcome, unless it is still open. `cache` is the label of the lookup of the session token.
    pub(crate) fn report(self, req: &HttpRequest, config: &ClerkConfig, outcome: &Outcome, cache: &'static str) {
        if let Outcome::Machine { token_type: TokenType::OAuthToken, verdict: Ok(_) } = outcome {
            self.wait(req, config);
        } else if let Some(conclusion) = Conclusion::of(outcome, cache) {
            self.end(req, config.settings(), &conclusion);
        }
    }

    /// Reports the verdict on an opaque token.
    pub(crate) fn report_opaque(self, req: &HttpRequest, state: &RequestState) {
        match state.denial() {
            None if state.token_type() == TokenType::OAuthToken => self.wait(req, state.config()),
            denial => {
                let conclusion = Conclusion::by_machine(state.token_type(), denial.as_deref());
                self.end(req, state.config().settings(), &conclusion);
            }
        }
    }

    /// Keeps the report of an OAuth token that was accepted until it is certain.
    fn wait(self, req: &HttpRequest, config: &ClerkConfig) {
        let (facts, settings) = (ActixFacts(req), config.settings());
        let (carrier, cookies) = (carrier(&facts, settings), cookie_names(&facts, settings));
        let (method, path, config) = (req.method().clone(), req.path().to_owned(), config.clone());
        let duration = self.started.elapsed();
        PendingReport::keep(req, move |denial| {
            let line = RequestLine { method: method.as_str(), path: &path, carrier, cookies: &cookies };
            Conclusion::by_machine(TokenType::OAuthToken, denial).notify(line, config.settings(), duration);
        });
    }

    fn end(self, req: &HttpRequest, settings: &Settings, conclusion: &Conclusion<'_>) {
        let facts = ActixFacts(req);
        let line = RequestLine {
            method: req.method().as_str(),
            path: req.path(),
            carrier: carrier(&facts, settings),
            cookies: &cookie_names(&facts, settings),
        };
        conclusion.notify(line, settings, self.started.elapsed());
    }
}

/// Reports a request whose opaque token no handler has asked about: it counts as a mismatch. Does nothing for any other
/// state. The request itself may be gone.
pub(crate) fn report_unasked(method: &str, path: &str, req: Option<&HttpRequest>, state: &RequestState) {
    let settings = state.config().settings();
    if !matches!(state, RequestState::Opaque(..))
        || state.as_machine().is_some()
        || !settings.observers.hear_of_decisions()
    {
        return;
    }
    let cookies = req.map(|req| cookie_names(&ActixFacts(req), settings)).unwrap_or_default();
    // Only a header can carry such a token.
    let line = RequestLine { method, path, carrier: "header", cookies: &cookies };
    let denial = state.denial();
    Conclusion::by_machine(state.token_type(), denial.as_deref()).notify(line, settings, Duration::ZERO);
}

/// The request, as the report names it.
struct RequestLine<'r> {
    method: &'r str,
    path: &'r str,
    carrier: &'static str,
    cookies: &'r str,
}

impl<'d> Conclusion<'d> {
    fn of(outcome: &'d Outcome, cache: &'static str) -> Option<Self> {
        let of_session = |outcome, reason, denial| Self {
            outcome,
            reason,
            token_type: TokenType::SessionToken,
            renewed_by: None,
            denial,
            redirect_loop: None,
            cache,
        };
        Some(match outcome {
            Outcome::SignedIn { token, additions } => {
                let reason = token.is_pending().then(|| Reason::SessionPending.label());
                let renewed_by = additions.as_ref().and_then(|additions| additions.renewed_by);
                let redirect_loop = additions.as_ref().and_then(|additions| additions.redirect_loop);
                Self { renewed_by, redirect_loop, ..of_session("signed-in", reason, None) }
            }
            Outcome::SignedOut { why, .. } => of_session("signed-out", Some(why.reason.label()), Some(why)),
            Outcome::Machine { token_type, verdict } => Self::by_machine(*token_type, verdict.as_ref().err()),
            Outcome::Opaque(_) => return None,
            Outcome::Redirect(redirect) => match &redirect.says {
                Some((AuthStatus::Handshake, why)) => of_session("handshake", Some(why.reason.label()), Some(why)),
                Some((AuthStatus::SignedOut, why)) => {
                    of_session("handshake-completed", Some(why.reason.label()), Some(why))
                }
                None => {
                    let renewed_by = redirect.additions.renewed_by;
                    Self { renewed_by, ..of_session("handshake-completed", None, None) }
                }
            },
            Outcome::Malformed { .. } => of_session("malformed", Some("handshake-malformed"), None),
        })
    }

    fn by_machine(token_type: TokenType, denial: Option<&'d Denial>) -> Self {
        Self {
            outcome: if denial.is_some() { "signed-out" } else { "signed-in" },
            reason: denial.map(|why| why.reason.label()),
            token_type,
            renewed_by: None,
            denial,
            redirect_loop: None,
            cache: NONE,
        }
    }

    fn notify(&self, line: RequestLine<'_>, settings: &Settings, duration: Duration) {
        let renewed_by = match self.renewed_by {
            Some(Renewal::Refresh) => "refresh",
            Some(Renewal::Handshake) => "handshake",
            None => NONE,
        };
        let decision = Decision {
            method: line.method,
            path: line.path,
            outcome: self.outcome,
            reason: self.reason,
            token_type: self.token_type.as_str(),
            carrier: line.carrier,
            cookies: line.cookies,
            cache: self.cache,
            renewed_by,
            redirect_loop: self.denial.and_then(Denial::ended_loop).or(self.redirect_loop).map_or(NONE, |it| it.code()),
            duration,
        };
        settings.observers.notify(&Event::Decision(decision), settings.clock.now());
    }
}
