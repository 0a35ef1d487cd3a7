//! A JWT taken apart, and which class of JWT it is; nothing about it is trusted yet.

use std::{borrow::Cow, cell::RefCell, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Member, Members, Rejection,
    machine::{MachineJwt, has_jwt_form, kind_of},
};

/// Clerk's JWT categories: the `cat` of the header, which tells apart tokens of different classes that
/// one instance signs with one key.
pub(crate) mod category {
    pub(crate) const SESSION: &str = "cl_B7d4PD111AAA";
    pub(crate) const M2M: &str = "cl_B7d4PD333AAA";
    /// Stamped on every class by some instances, so it tells nothing.
    pub(crate) const NO_INFORMATION: &str = "cl_I7d4PD111III";
}

/// A JWT in three decoded parts. Its signature has not been looked at.
#[derive(Debug)]
pub(crate) struct Jwt<'t> {
    pub(super) text: Cow<'t, str>,
    /// How much of the text is signed: all before the last dot.
    signed: usize,
    pub(super) signature: Vec<u8>,
    pub(super) header: Arc<Members>,
    pub(super) payload: Members,
}

/// What kind of caller a JWT is for.
#[derive(Debug)]
pub(crate) enum JwtClass<'t> {
    Session(SessionJwt<'t>),
    Machine(MachineJwt<'t>),
    /// A JWT template's, or of a category that does not exist yet.
    Other,
}

/// A JWT whose header and claims say that it is a session token. Made by [`Jwt::classify`] alone.
#[derive(Debug)]
pub(crate) struct SessionJwt<'t>(pub(super) Jwt<'t>);

impl<'t> Jwt<'t> {
    /// Takes the compact serialization apart (RFC 7515, section 7.1).
    pub(crate) fn decode(text: impl Into<Cow<'t, str>>) -> Result<Self, Rejection> {
        let text = text.into();
        let Some((signing_input, signature)) = text.rsplit_once('.') else {
            return Err(Rejection::not_three_parts());
        };
        let (header, payload) = match signing_input.split_once('.') {
            Some((header, payload)) if !payload.contains('.') => (header, payload),
            _ => return Err(Rejection::not_three_parts()),
        };
        let (signed, signature) = (signing_input.len(), decode(signature)?);
        let (header, payload) = (header_members(header)?, members(payload)?);
        Ok(Self { text, signed, signature, header, payload })
    }

    /// Sorts out every JWT that is not a session's: all of them carry valid signatures by the same key,
    /// and a template's token, for one, outlives the session that it was made from.
    pub(crate) fn classify(self) -> JwtClass<'t> {
        match kind_of(&self.header, &self.payload) {
            Some(kind) if has_jwt_form(&self.text) => JwtClass::Machine(MachineJwt { jwt: self, kind }),
            Some(_) => JwtClass::Other,
            None if self.may_be_session_by_category() => JwtClass::Session(SessionJwt(self)),
            None => JwtClass::Other,
        }
    }

    /// Whether [`classify`](Self::classify) would take it for a session's.
    pub(crate) fn is_session(&self) -> bool {
        kind_of(&self.header, &self.payload).is_none() && self.may_be_session_by_category()
    }

    /// The token as one that a handshake brings: of the session category too, or of none.
    pub(crate) fn into_handshake(self) -> Option<HandshakeJwt<'t>> {
        self.may_be_session_by_category().then_some(HandshakeJwt(self))
    }

    /// A claim, unverified: anybody can have written it.
    pub(crate) fn claim(&self, name: &str) -> Option<Member<'_>> {
        self.payload.get(name)
    }

    /// What the signature is over (RFC 7515, section 5.2).
    pub(super) fn signing_input(&self) -> &str {
        self.text.get(..self.signed).unwrap_or_default()
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.header.get("kid").and_then(Member::as_str)
    }

    fn may_be_session_by_category(&self) -> bool {
        self.header
            .get("cat")
            .is_none_or(|category| matches!(category.as_str(), Some(category::SESSION | category::NO_INFORMATION)))
    }
}

impl SessionJwt<'_> {
    /// Which key the token says it is signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// A JWT that may be a handshake's. Made by [`Jwt::into_handshake`] alone: a template's token can have a `handshake`
/// claim that its author wrote.
#[derive(Debug)]
pub(crate) struct HandshakeJwt<'t>(pub(super) Jwt<'t>);

impl HandshakeJwt<'_> {
    /// Which key the token says it is signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// The same for the first part. The tokens of one instance have the same header, so the last one is kept; by its text, of
/// which the members are a function.
fn header_members(part: &str) -> Result<Arc<Members>, Rejection> {
    /// Longer than those of Clerk's tokens.
    const MAX_KEPT: usize = 512;
    thread_local! {
        static LAST: RefCell<Option<(Box<str>, Arc<Members>)>> = const { RefCell::new(None) };
    }
    let known = LAST.with_borrow(|last| {
        let (text, members) = last.as_ref()?;
        (**text == *part).then(|| Arc::clone(members))
    });
    if let Some(known) = known {
        return Ok(known);
    }
    let members = Arc::new(members(part)?);
    if part.len() <= MAX_KEPT {
        LAST.set(Some((part.into(), Arc::clone(&members))));
    }
    Ok(members)
}

/// The members of one base64url part. JSON that is no object has none; the rules that follow then
/// miss what they need and refuse, each with its own reason.
fn members(part: &str) -> Result<Members, Rejection> {
    Members::parse(decode(part)?).ok_or_else(Rejection::undecodable)
}

/// Padding is none of a JWT's (RFC 7515, section 2), but is put up with, as in Clerk's own SDKs.
fn decode(part: &str) -> Result<Vec<u8>, Rejection> {
    URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).map_err(|_| Rejection::undecodable())
}
