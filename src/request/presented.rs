//! A token as a request presents it, inspected once: recognized, or else decoded. Nothing in it is trusted yet.

use std::borrow::Cow;

use super::backend::Backend;
use crate::token::{Claim, ClaimName, Jwt, RememberedToken, TokenRejection};

/// A token of a request. All rules that need its content use this, so that no token is decoded twice.
#[derive(Clone)]
pub(super) struct Presented<'r> {
    pub(super) text: Cow<'r, str>,
    pub(super) look: Look,
}

/// The result of inspecting a token's text. It is small in the common case: most requests bring a token that is
/// recognized, or none.
#[derive(Clone)]
pub(super) enum Look {
    /// It was verified before, and its claims are known. Verification checks whether it still counts.
    Remembered(RememberedToken),
    Decoded(Box<Jwt>),
    Malformed(Box<TokenRejection>),
}

impl<'r> Presented<'r> {
    pub(super) fn read(text: Cow<'r, str>, backend: &impl Backend) -> Self {
        match backend.remembered(text.as_bytes()) {
            Some(token) => Self { text, look: Look::Remembered(token) },
            None => Self::decode(text),
        }
    }

    /// Like [`read`](Self::read), without the cache.
    pub(super) fn decode(text: Cow<'r, str>) -> Self {
        let look = match Jwt::decode(&text) {
            Ok(jwt) => Look::Decoded(jwt.into()),
            Err(rejection) => Look::Malformed(rejection.into()),
        };
        Self { text, look }
    }

    /// Returns the token itself.
    pub(super) fn expose(&self) -> &str {
        &self.text
    }

    /// Returns an unverified claim: anyone could have written it.
    pub(super) fn claim(&self, name: ClaimName) -> Option<Claim<'_>> {
        match &self.look {
            Look::Remembered(token) => token.claim(name),
            Look::Decoded(jwt) => jwt.claim(name),
            Look::Malformed(_) => None,
        }
    }
}

/// A browser's session cookies, plain and suffixed. Most frontends write the same token into both.
pub(super) struct SessionCookies<'r> {
    plain: Option<Presented<'r>>,
    suffixed: Suffixed<'r>,
}

#[allow(clippy::large_enum_variant, reason = "there is one of it, for as long as a request is decided")]
enum Suffixed<'r> {
    SameAsPlain,
    Another(Option<Presented<'r>>),
}

impl<'r> SessionCookies<'r> {
    /// `look` inspects a cookie's text, as [`Presented::read`] does.
    pub(super) fn new(
        plain: Option<Cow<'r, str>>,
        suffixed: Option<Cow<'r, str>>,
        look: impl Fn(Cow<'r, str>) -> Presented<'r>,
    ) -> Self {
        let suffixed = if plain == suffixed { Suffixed::SameAsPlain } else { Suffixed::Another(suffixed.map(&look)) };
        Self { plain: plain.map(look), suffixed }
    }

    pub(super) fn plain(&self) -> Option<&Presented<'r>> {
        self.plain.as_ref()
    }

    pub(super) fn suffixed(&self) -> Option<&Presented<'r>> {
        match &self.suffixed {
            Suffixed::SameAsPlain => self.plain.as_ref(),
            Suffixed::Another(suffixed) => suffixed.as_ref(),
        }
    }

    /// Returns the cookie that counts.
    pub(super) fn chosen(self, is_suffixed: bool) -> Option<Presented<'r>> {
        match self.suffixed {
            Suffixed::Another(suffixed) if is_suffixed => suffixed,
            _ => self.plain,
        }
    }
}
