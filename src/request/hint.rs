//! Hints: what to do about a denial, for operators and developers. Unlike the message, which is worded as the reference
//! words it, a hint is never sent to clients.

use std::fmt;

use crate::token::OutOfTime;

/// What to do about a denial.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hint {
    OutOfTime(OutOfTime),
    /// A JWT of this instance's form that is neither a session token nor a machine's.
    Template,
    /// The browser has just returned from Clerk, and what it brought is not accepted.
    Handshake(Box<str>),
    /// A machine's token in a cookie or a WebSocket's subprotocol.
    MachineTokenElsewhere,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfTime(out_of_time) => out_of_time.fmt(f),
            Self::Handshake(why) => write!(f, "The handshake brought no session that is accepted here: {why}"),
            Self::Template => f.write_str(
                "The token is not a session token. It was probably made by a JWT template: call getToken() without a \
                 template.",
            ),
            Self::MachineTokenElsewhere => {
                f.write_str("Machine tokens are accepted only in the Authorization header: send it there.")
            }
        }
    }
}
