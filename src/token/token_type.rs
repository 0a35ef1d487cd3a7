//! The types of Clerk's tokens, by their names in the API, and sets of them.

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
    /// A session token of a signed-in user.
    SessionToken,
    /// An API key of a user or an organization.
    ApiKey,
    /// A machine-to-machine token.
    M2mToken,
    /// An OAuth access token, which a user has granted to an application.
    OAuthToken,
}

impl TokenType {
    /// Returns the name in Clerk's API.
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

/// A set of accepted token types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TokenTypes(u8);

impl TokenTypes {
    /// All token types.
    pub const ALL: Self = Self(0b1111);

    /// Returns a set with only this type.
    pub const fn only(token_type: TokenType) -> Self {
        Self(1 << token_type as u8)
    }

    /// Returns the union of the two sets.
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the set contains the type.
    pub const fn contains(self, token_type: TokenType) -> bool {
        self.0 & Self::only(token_type).0 != 0
    }

    /// Iterates over the types in the set.
    pub(crate) fn iter(self) -> impl Iterator<Item = TokenType> {
        use TokenType::*;
        [SessionToken, ApiKey, M2mToken, OAuthToken].into_iter().filter(move |one| self.contains(*one))
    }

    /// Returns the type if the set has exactly one.
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
        let names = ["session_token", "api_key", "m2m_token", "oauth_token"];
        for (one, name) in [SessionToken, ApiKey, M2mToken, OAuthToken].into_iter().zip(names) {
            assert_eq!(TokenTypes::only(one).single(), Some(one));
            assert_eq!(TokenTypes::only(one).or(TokenTypes::only(one)).single(), Some(one), "the same again");
            assert!(TokenTypes::ALL.contains(one));
            assert_eq!((one.as_str(), one.to_string().as_str()), (name, name));
        }
        assert_eq!(TokenTypes::ALL.iter().collect::<Vec<_>>(), [SessionToken, ApiKey, M2mToken, OAuthToken]);
        let two = TokenTypes::only(ApiKey).or(TokenTypes::only(OAuthToken));
        assert_eq!(two.iter().collect::<Vec<_>>(), [ApiKey, OAuthToken]);
        assert_eq!(two.single(), None);
        assert!(two.contains(ApiKey) && two.contains(OAuthToken));
        assert!(!two.contains(SessionToken) && !two.contains(M2mToken));
    }
}
