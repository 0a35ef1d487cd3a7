//! A caller of any type.

use std::time::SystemTime;

use futures_util::Stream;

use super::{
    check::{Check, Holder, Missing},
    lifetime::{Expired, UntilExpiry},
    machine::{ApiKey, M2mToken, OAuthToken},
    session::Session,
};
use crate::{
    instance::ClerkConfig,
    token::{MachineToken, TokenType},
};

/// A caller of any type. More types may be added: match with a `_` arm.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Principal {
    /// A signed-in user.
    Session(Session),
    /// A user's or an organization's API key.
    ApiKey(ApiKey),
    /// Another of your services.
    M2mToken(M2mToken),
    /// An OAuth application that acts for a user.
    OAuthToken(OAuthToken),
}

impl Principal {
    pub(crate) fn of(token: MachineToken, config: &ClerkConfig) -> Self {
        let config = config.clone();
        match token {
            MachineToken::ApiKey(token) => Self::ApiKey(ApiKey::new(token, config)),
            MachineToken::M2m(token) => Self::M2mToken(M2mToken::new(token, config)),
            MachineToken::OAuth(token) => Self::OAuthToken(OAuthToken::new(token, config)),
        }
    }

    /// The type of token that the caller authenticated with.
    pub fn token_type(&self) -> TokenType {
        match self {
            Self::Session(_) => TokenType::SessionToken,
            Self::ApiKey(_) => TokenType::ApiKey,
            Self::M2mToken(_) => TokenType::M2mToken,
            Self::OAuthToken(_) => TokenType::OAuthToken,
        }
    }

    /// The user behind the caller: the signed-in user, the owner of the API key, or the user who authorized the OAuth
    /// application. `None` for machines and for organizations' keys.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::Session(session) => Some(session.user_id()),
            Self::ApiKey(key) => key.user_id(),
            Self::M2mToken(_) => None,
            Self::OAuthToken(token) => Some(token.user_id()),
        }
    }

    /// Returns whether the caller passes the check.
    pub fn has(&self, check: &Check) -> bool {
        self.answer(check).is_ok()
    }

    pub(crate) fn answer(&self, check: &Check) -> Result<(), Missing> {
        check.answer(match self {
            Self::Session(session) => session.as_holder(),
            Self::ApiKey(key) => Holder::Machine { scopes: key.scopes() },
            Self::M2mToken(token) => Holder::Machine { scopes: token.scopes() },
            Self::OAuthToken(token) => Holder::Machine { scopes: token.scopes() },
        })
    }

    /// Returns whether this organization, given by ID or slug, is the active one or the one that owns the API key.
    ///
    /// A value that starts with `org_` is compared with the ID only, any other value with the slug only. Members of an
    /// organization choose its slug, so a slug spelled like another organization's ID must not give access to that
    /// organization.
    pub fn is_in_org(&self, id_or_slug: &str) -> bool {
        let own = match self {
            _ if id_or_slug.starts_with("org_") => self.org_id(),
            Self::Session(session) => session.org_slug(),
            _ => None,
        };
        !id_or_slug.is_empty() && own == Some(id_or_slug)
    }

    /// The organization behind the caller: the active one, or the one that owns the API key.
    pub fn org_id(&self) -> Option<&str> {
        match self {
            Self::Session(session) => session.org_id(),
            Self::ApiKey(key) => key.org_id(),
            Self::M2mToken(_) | Self::OAuthToken(_) => None,
        }
    }
}

impl Principal {
    /// When the credential expires; `None` if never.
    pub fn expires_at(&self) -> Option<SystemTime> {
        match self {
            Self::Session(session) => Some(session.expires_at()),
            Self::ApiKey(key) => key.expires_at(),
            Self::M2mToken(token) => token.expires_at(),
            Self::OAuthToken(token) => token.expires_at(),
        }
    }

    /// Returns a future that resolves when the credential expires, as [`Session::expired`] does; never if it has no
    /// expiry.
    pub fn expired(&self) -> Expired {
        match self {
            Self::Session(session) => session.expired(),
            Self::ApiKey(key) => key.expired(),
            Self::M2mToken(token) => token.expired(),
            Self::OAuthToken(token) => token.expired(),
        }
    }

    /// Wraps the stream so that it ends when the credential expires, as [`Session::until_expiry`] does.
    pub fn until_expiry<S: Stream>(&self, stream: S) -> UntilExpiry<S> {
        self.expired().cut(stream)
    }
}
