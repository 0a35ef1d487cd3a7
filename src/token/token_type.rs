//! The types of token that Clerk gives out, by their names on the wire, and sets of them.

use std::fmt;

/// A type of token.
///
/// ```
/// use clerk_actix::TokenType;
///
/// assert_eq!(TokenType::ApiKey.to_string(), "api_key");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenType {
    /// A signed-in user's session.
    SessionToken,
    /// A user's or an organization's API key.
    ApiKey,
    /// A machine-to-machine token.
    M2mToken,
    /// A token that a user has given to an OAuth application.
    OAuthToken,
}

impl TokenType {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SessionToken => "session_token",
            Self::ApiKey => "api_key",
            Self::M2mToken => "m2m_token",
            Self::OAuthToken => "oauth_token",
        }
    }
}

impl fmt::Display for TokenType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The types of token that somebody accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenTypes(u8);

impl TokenTypes {
    /// All of them.
    pub const ALL: Self = Self(0b1111);

    /// This one alone.
    pub const fn only(token_type: TokenType) -> Self {
        Self(1 << token_type as u8)
    }

    /// These and those.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether the type is one of them.
    pub const fn contains(self, token_type: TokenType) -> bool {
        self.0 & Self::only(token_type).0 != 0
    }

    /// The one that there is, if there is only one.
    pub const fn single(self) -> Option<TokenType> {
        match self.0 {
            0b0001 => Some(TokenType::SessionToken),
            0b0010 => Some(TokenType::ApiKey),
            0b0100 => Some(TokenType::M2mToken),
            0b1000 => Some(TokenType::OAuthToken),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_of_types() {
        use TokenType::*;
        for one in [SessionToken, ApiKey, M2mToken, OAuthToken] {
            assert_eq!(TokenTypes::only(one).single(), Some(one));
            assert!(TokenTypes::ALL.contains(one));
        }
        let two = TokenTypes::only(ApiKey).or(TokenTypes::only(OAuthToken));
        assert_eq!(two.single(), None);
        assert!(two.contains(ApiKey) && two.contains(OAuthToken));
        assert!(!two.contains(SessionToken) && !two.contains(M2mToken));
    }
}
