//! The types of token that Clerk gives out, by their names on the wire.

use std::fmt;

/// A type of token.
///
/// ```
/// use clerk_actix::TokenType;
///
/// assert_eq!(TokenType::SessionToken.to_string(), "session_token");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenType {
    /// A signed-in user's session.
    SessionToken,
}

impl TokenType {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionToken => "session_token",
        }
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
