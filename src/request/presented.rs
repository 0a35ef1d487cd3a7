//! A token as a request presents it, looked at once: recognized, or else decoded. Nothing about it is believed yet.

use std::{borrow::Cow, mem};

use super::Backend;
use crate::token::{Jwt, Known, Member, Rejection, RememberedToken};

/// A token of a request. Every rule that asks what it says asks this, so that no token is decoded twice.
pub(super) struct Presented<'r> {
    pub(super) text: Cow<'r, str>,
    pub(super) look: Look,
}

/// What a look at a token's text shows. It is small where nothing is new: most requests bring a token that is recognized,
/// or none.
pub(super) enum Look {
    /// It was verified before, and what its claims say is known. Whether it still counts, verification asks.
    Remembered(RememberedToken),
    Decoded(Box<Jwt>),
    Malformed(Box<Rejection>),
    /// Verification has it.
    Taken,
}

impl<'r> Presented<'r> {
    pub(super) fn read(text: Cow<'r, str>, backend: &impl Backend) -> Self {
        match backend.remembered(text.as_bytes()) {
            Some(token) => Self { text, look: Look::Remembered(token) },
            None => Self::decode(text),
        }
    }

    /// The same where nothing is remembered.
    pub(super) fn decode(text: Cow<'r, str>) -> Self {
        let look = match Jwt::decode(&text) {
            Ok(jwt) => Look::Decoded(jwt.into()),
            Err(rejection) => Look::Malformed(rejection.into()),
        };
        Self { text, look }
    }

    /// The token itself.
    pub(super) fn expose(&self) -> &str {
        &self.text
    }

    /// A claim, unverified: anybody can have written it.
    pub(super) fn claim(&self, name: Known) -> Option<Member<'_>> {
        match &self.look {
            Look::Remembered(token) => token.claim(name),
            Look::Decoded(jwt) => jwt.claim(name),
            Look::Malformed(_) | Look::Taken => None,
        }
    }

    /// The token for verification, which uses up what was decoded. What stays behind is the text.
    pub(super) fn take(&mut self) -> Self {
        Self { text: self.text.clone(), look: mem::replace(&mut self.look, Look::Taken) }
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
    /// `look` is [`Presented::read`], or what else becomes of a cookie's text.
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

    /// The one that counts.
    pub(super) fn chosen(self, is_suffixed: bool) -> Option<Presented<'r>> {
        match self.suffixed {
            Suffixed::Another(suffixed) if is_suffixed => suffixed,
            _ => self.plain,
        }
    }
}
