//! A JWT taken apart, and which class of JWT it is; nothing about it is trusted yet.

use std::{cell::RefCell, fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Known, Member, Members, Rejection,
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
pub(crate) struct Jwt {
    /// How much of the text is signed: all before the last dot.
    signed: usize,
    pub(super) signature: Vec<u8>,
    pub(super) header: Arc<Members>,
    /// The claims, behind the token's text.
    pub(super) payload: Members,
}

/// What kind of caller a JWT is for.
#[derive(Debug)]
pub(crate) enum JwtClass {
    Session(SessionJwt),
    Machine(MachineJwt),
    /// A JWT template's, or of a category that does not exist yet.
    Other,
}

/// A JWT whose header and claims say that it is a session token. Made by [`Jwt::classify`] alone.
#[derive(Debug)]
pub(crate) struct SessionJwt(pub(super) Jwt);

impl Jwt {
    /// Takes the compact serialization apart (RFC 7515, section 7.1).
    pub(crate) fn decode(text: &str) -> Result<Self, Rejection> {
        let Some((signing_input, signature)) = text.rsplit_once('.') else {
            return Err(Rejection::not_three_parts());
        };
        let (header, payload) = match signing_input.split_once('.') {
            Some((header, payload)) if !payload.contains('.') => (header, payload),
            _ => return Err(Rejection::not_three_parts()),
        };
        let (signed, signature) = (signing_input.len(), decode_behind("", signature)?);
        let (header, payload) = (header_members(header)?, members(text, payload)?);
        Ok(Self { signed, signature, header, payload })
    }

    /// The first part alone.
    pub(super) fn decode_header(text: &str) -> Result<Arc<Members>, Rejection> {
        text.split_once('.').ok_or_else(Rejection::not_three_parts).and_then(|(header, _)| header_members(header))
    }

    /// The token itself.
    pub(super) fn text(&self) -> &str {
        self.payload.prefix()
    }

    /// Sorts out every JWT that is not a session's: all of them carry valid signatures by the same key,
    /// and a template's token, for one, outlives the session that it was made from.
    pub(crate) fn classify(self) -> JwtClass {
        match kind_of(&self.header, &self.payload) {
            Some(kind) if has_jwt_form(self.text()) => JwtClass::Machine(MachineJwt { jwt: self, kind }),
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
    pub(crate) fn into_handshake(self) -> Option<HandshakeJwt> {
        self.may_be_session_by_category().then_some(HandshakeJwt(self))
    }

    /// The token as one of any class but a machine's, for whoever asks for such a token on purpose. A machine's has rules of
    /// its own, and its subject is no user.
    pub(crate) fn into_any(self) -> Result<AnyJwt, Rejection> {
        let category = self.header.get(Known::Cat).and_then(Member::as_str);
        let is_machines = category == Some(category::M2M) || kind_of(&self.header, &self.payload).is_some();
        if is_machines { Err(Rejection::category_of_a_machine()) } else { Ok(AnyJwt(self)) }
    }

    /// A claim, unverified: anybody can have written it.
    pub(crate) fn claim(&self, name: Known) -> Option<Member<'_>> {
        self.payload.get(name)
    }

    /// What the signature is over (RFC 7515, section 5.2).
    pub(super) fn signing_input(&self) -> &str {
        self.text().get(..self.signed).unwrap_or_default()
    }

    pub(super) fn kid(&self) -> Option<&str> {
        self.header.get(Known::Kid).and_then(Member::as_str)
    }

    fn may_be_session_by_category(&self) -> bool {
        self.header
            .get(Known::Cat)
            .is_none_or(|category| matches!(category.as_str(), Some(category::SESSION | category::NO_INFORMATION)))
    }
}

impl fmt::Debug for Jwt {
    /// Without the signature, which makes a credential of the rest.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").field("header", &self.header).field("payload", &self.payload).finish_non_exhaustive()
    }
}

impl SessionJwt {
    /// Which key the token says it is signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// A JWT that may be a handshake's. Made by [`Jwt::into_handshake`] alone: a template's token can have a `handshake`
/// claim that its author wrote.
#[derive(Debug)]
pub(crate) struct HandshakeJwt(pub(super) Jwt);

impl HandshakeJwt {
    /// Which key the token says it is signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// A JWT of any class but a machine's: a template's, for instance. Made by [`Jwt::into_any`] alone.
#[derive(Debug)]
pub(crate) struct AnyJwt(pub(super) Jwt);

impl AnyJwt {
    /// Which key the token says it is signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// The members of the first part. The tokens of one instance have the same header, so the last one is kept; by its text, of
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
    let (members, has_crit) = Members::parse_header(decode_behind("", part)?).ok_or_else(Rejection::undecodable)?;
    // Whoever wrote it says that the token means nothing to those who do not know these extensions; and none are known here
    // (RFC 7515, section 4.1.11).
    if has_crit {
        return Err(Rejection::critical_extensions());
    }
    let members = Arc::new(members);
    if part.len() <= MAX_KEPT {
        LAST.set(Some((part.into(), Arc::clone(&members))));
    }
    Ok(members)
}

/// The members of one base64url part, with `prefix` before them. JSON that is no object has none; the rules that follow
/// then miss what they need and refuse, each with its own reason.
fn members(prefix: &str, part: &str) -> Result<Members, Rejection> {
    Members::parse(decode_behind(prefix, part)?, prefix.len()).ok_or_else(Rejection::undecodable)
}

/// The bytes of one base64url part, with `prefix` before them. It is decoded to the letter of RFC 7515, section 2: without
/// padding, white space and stray bits at the end. So one token has one text, which matters to whatever keeps texts, such as
/// a list of revoked tokens, or the tokens that were verified before.
fn decode_behind(prefix: &str, part: &str) -> Result<Vec<u8>, Rejection> {
    let mut bytes = Vec::with_capacity(prefix.len() + base64::decoded_len_estimate(part.len()));
    bytes.extend_from_slice(prefix.as_bytes());
    URL_SAFE_NO_PAD.decode_vec(part, &mut bytes).map_err(|_| Rejection::undecodable())?;
    Ok(bytes)
}
