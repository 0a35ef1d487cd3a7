//! A token as a request presents it, inspected once: recognized, or else decoded. Nothing in it is trusted yet.

use std::borrow::Cow;

use super::{backend::Backend, cookies};
use crate::token::{Claim, ClaimName, Jwt, RememberedToken, TokenRejection};

/// A token of a request, and the result of inspecting it. All rules that need its content use this, so that no token is
/// decoded twice. It is small in the common case: most requests bring a token that is recognized, or none.
#[derive(Clone)]
pub(super) enum Presented<'r> {
    /// It was verified before, and its claims are known. Verification checks whether it still counts.
    Remembered(RememberedToken),
    Decoded(Cow<'r, str>, Box<Jwt>),
    Malformed(Cow<'r, str>, Box<TokenRejection>),
}

impl<'r> Presented<'r> {
    pub(super) fn read(text: Cow<'r, str>, backend: &impl Backend) -> Self {
        backend.remembered(text.as_bytes()).map_or_else(|| Self::decode(text), Self::Remembered)
    }

    /// Reads the value of a cookie. A token has no escapes, so one that is recognized as it stands is not unescaped first.
    pub(super) fn read_cookie(value: &'r [u8], backend: &impl Backend) -> Self {
        let read = || match cookies::decode(value) {
            Cow::Borrowed(text) => Self::decode(text.into()),
            unescaped => Self::read(unescaped, backend),
        };
        backend.remembered(value).map_or_else(read, Self::Remembered)
    }

    /// Like [`read`](Self::read), without the cache.
    pub(super) fn decode(text: Cow<'r, str>) -> Self {
        match Jwt::decode(&text) {
            Ok(jwt) => Self::Decoded(text, jwt.into()),
            Err(rejection) => Self::Malformed(text, rejection.into()),
        }
    }

    /// Returns the token itself.
    pub(super) fn expose(&self) -> &str {
        match self {
            Self::Remembered(token) => token.expose(),
            Self::Decoded(text, _) | Self::Malformed(text, _) => text,
        }
    }

    /// Returns an unverified claim: anyone could have written it.
    pub(super) fn claim(&self, name: ClaimName) -> Option<Claim<'_>> {
        match self {
            Self::Remembered(token) => token.claim(name),
            Self::Decoded(_, jwt) => jwt.claim(name),
            Self::Malformed(..) => None,
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
    /// `look` inspects a cookie's value, as [`Presented::read_cookie`] does.
    pub(super) fn new(
        plain: Option<&'r [u8]>,
        suffixed: Option<&'r [u8]>,
        look: impl Fn(&'r [u8]) -> Presented<'r>,
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
