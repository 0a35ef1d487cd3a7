//! What became of a request.

use std::time::Duration;

use crate::{
    reason::Reason,
    request::SigningKeyError,
    token::{Carrier, Rejection, SessionToken},
};

/// The decision about one request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It carries a session token that was verified. Its session may still be pending.
    SignedIn(SessionToken),
    SignedOut(SignedOut),
}

/// Nobody, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedOut {
    pub(crate) reason: Reason,
    /// For operators; empty where the reason says it all.
    pub(crate) message: String,
    /// When it is worth trying again, where the cause is an outage.
    pub(crate) retry_after: Option<Duration>,
}

impl SignedOut {
    pub(crate) fn because(reason: Reason) -> Self {
        Self { reason, message: String::new(), retry_after: None }
    }

    pub(crate) fn rejected(rejection: &Rejection, carrier: Carrier) -> Self {
        let message = rejection.full_message(carrier);
        Self { reason: rejection.reason.clone(), message, retry_after: None }
    }

    pub(crate) fn without_key(error: SigningKeyError, kid: Option<&str>, carrier: Carrier) -> Self {
        let (reason, message, retry_after) = match error {
            SigningKeyError::UnknownKid => return Self::rejected(&Rejection::unknown_kid(kid), carrier),
            SigningKeyError::Unavailable { message, retry_after } => {
                (Reason::JwkRemoteFailedToLoad, message, retry_after)
            }
            SigningKeyError::SecretKeyRejected { message, retry_after } => {
                (Reason::SecretKeyInvalid, message, retry_after)
            }
        };
        let rejection = Rejection::keys_unavailable(reason, message.to_string());
        Self { retry_after: Some(retry_after), ..Self::rejected(&rejection, carrier) }
    }
}
