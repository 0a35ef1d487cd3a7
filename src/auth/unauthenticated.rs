//! Why a request is not authenticated, as handlers see it.

use std::fmt;

use super::session_status::SessionStatus;
use crate::{
    reason::Reason,
    request::{Denial, Hint, LoopCause},
    token::{TokenType, TokenTypes},
};

/// Why a request is not authenticated. Contains the requested type of token, never the token itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unauthenticated {
    pub(crate) token_type: Option<TokenType>,
    pub(crate) session_status: Option<SessionStatus>,
    /// All types that the handler accepts, if it is known.
    accepts: Option<TokenTypes>,
    why: Denial,
}

impl Unauthenticated {
    pub(crate) fn because(token_type: TokenType, reason: Reason) -> Self {
        Self::of(token_type, Denial::because(reason))
    }

    /// A pending session, which does not count as signed in yet.
    pub(crate) fn pending() -> Self {
        let session_status = Some(SessionStatus::Pending);
        Self { session_status, ..Self::because(TokenType::SessionToken, Reason::SessionPending) }
    }

    pub(crate) fn of(token_type: TokenType, why: Denial) -> Self {
        Self { token_type: Some(token_type), session_status: None, accepts: None, why }
    }

    /// `token_type` is `None` if several types were accepted.
    pub(crate) fn of_any(token_type: Option<TokenType>, reason: Reason) -> Self {
        Self { token_type, session_status: None, accepts: None, why: Denial::because(reason) }
    }

    /// Notes which types of token would have been accepted.
    pub(crate) fn accepting(mut self, accepts: TokenTypes) -> Self {
        self.accepts = Some(accepts);
        self
    }

    /// Returns the types of token that would have been accepted.
    pub(crate) fn accepts(&self) -> TokenTypes {
        let one = self.token_type.map(TokenTypes::only);
        self.accepts.or(one).unwrap_or(TokenTypes::ALL)
    }

    /// Returns the reason that a redirect to sign in would not help, if it is known.
    pub(crate) fn redirect_loop(&self) -> Option<LoopCause> {
        self.why.redirect_loop()
    }

    /// Returns what to do, for operators.
    pub(crate) fn hint(&self) -> Option<&Hint> {
        self.why.hint()
    }

    /// The reason, as a stable code.
    pub fn reason(&self) -> &Reason {
        &self.why.reason
    }

    /// Details for operators. They may quote the token's contents, which the caller controls.
    pub fn message(&self) -> Option<&str> {
        Some(self.why.message()).filter(|message| !message.is_empty())
    }

    /// The requested type of token; `None` if several would have been accepted.
    pub fn token_type(&self) -> Option<TokenType> {
        self.token_type
    }

    /// Returns whether the failure lies with Clerk or this server's keys, not with the caller. The caller may be
    /// genuine and can only try again later.
    pub fn is_outage(&self) -> bool {
        self.retry_after().is_some()
    }

    pub(crate) fn retry_after(&self) -> Option<std::time::Duration> {
        self.why.retry_after()
    }

    /// [`SessionStatus::Pending`] if there is a session that is still pending.
    pub fn session_status(&self) -> Option<SessionStatus> {
        self.session_status
    }
}

impl fmt::Display for Unauthenticated {
    /// Writes the reason alone: the [`message`](Self::message) may quote the token, and an error's `Display` ends up
    /// in response bodies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for Unauthenticated {}
