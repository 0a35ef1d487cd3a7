//! Decoding of JWTs, and their classification. Nothing in them is trusted yet.

use std::{cell::RefCell, fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    Known, Member, Members, Rejection,
    machine::{MachineJwt, has_jwt_form, kind_of},
};

/// Clerk's JWT categories: the `cat` parameter of the header. It distinguishes the classes of tokens that one instance
/// signs with the same key.
pub(crate) mod category {
    pub(crate) const SESSION: &str = "cl_B7d4PD111AAA";
    pub(crate) const M2M: &str = "cl_B7d4PD333AAA";
    /// Some instances put this into tokens of every class, so it carries no information.
    pub(crate) const NO_INFORMATION: &str = "cl_I7d4PD111III";
}

/// A JWT decoded into three parts. Its signature has not been verified.
pub(crate) struct Jwt {
    /// The length of the signed text: everything before the last dot.
    signed: usize,
    pub(super) signature: Vec<u8>,
    pub(super) header: Arc<Members>,
    /// The claims, stored after the token's text.
    pub(super) payload: Members,
}

/// The class of a JWT, by the kind of caller.
#[derive(Debug)]
pub(crate) enum JwtClass {
    Session(SessionJwt),
    Machine(MachineJwt),
    /// A token from a JWT template, or one of an unknown category.
    Other,
}

/// A JWT whose header and claims say that it is a session token. Made only by [`Jwt::classify`].
#[derive(Debug)]
pub(crate) struct SessionJwt(pub(super) Jwt);

impl Jwt {
    /// Decodes the compact serialization (RFC 7515, section 7.1).
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

    /// Decodes only the header.
    pub(super) fn decode_header(text: &str) -> Result<Arc<Members>, Rejection> {
        text.split_once('.').ok_or_else(Rejection::not_three_parts).and_then(|(header, _)| header_members(header))
    }

    /// Returns the token itself.
    pub(super) fn text(&self) -> &str {
        self.payload.prefix()
    }

    /// Classifies the JWT, to separate session tokens from all others. All classes have valid signatures by the same
    /// key, and a token from a JWT template can outlive the session that it was made from.
    pub(crate) fn classify(self) -> JwtClass {
        match kind_of(&self.header, &self.payload) {
            Some(kind) if has_jwt_form(self.text()) => JwtClass::Machine(MachineJwt { jwt: self, kind }),
            Some(_) => JwtClass::Other,
            None if self.may_be_session_by_category() => JwtClass::Session(SessionJwt(self)),
            None => JwtClass::Other,
        }
    }

    /// Returns whether [`classify`](Self::classify) would return a session token.
    pub(crate) fn is_session(&self) -> bool {
        kind_of(&self.header, &self.payload).is_none() && self.may_be_session_by_category()
    }

    /// Accepts the token as a handshake token if it has the session category or none, as for session tokens.
    pub(crate) fn into_handshake(self) -> Option<HandshakeJwt> {
        self.may_be_session_by_category().then_some(HandshakeJwt(self))
    }

    /// Accepts a token of any class except a machine's, for callers that ask for such a token explicitly. Machine
    /// tokens have their own rules, and their subject is not a user.
    pub(crate) fn into_any(self) -> Result<AnyJwt, Rejection> {
        let category = self.header.get(Known::Cat).and_then(Member::as_str);
        let is_machines = category == Some(category::M2M) || kind_of(&self.header, &self.payload).is_some();
        if is_machines { Err(Rejection::category_of_a_machine()) } else { Ok(AnyJwt(self)) }
    }

    /// Returns an unverified claim: anyone can have written it.
    pub(crate) fn claim(&self, name: Known) -> Option<Member<'_>> {
        self.payload.get(name)
    }

    /// Returns the text that the signature covers (RFC 7515, section 5.2).
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
    /// Leaves out the signature, which would make the rest a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").field("header", &self.header).field("payload", &self.payload).finish_non_exhaustive()
    }
}

impl SessionJwt {
    /// Returns the ID of the key that the token claims to be signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// A JWT that may be a handshake token. Made only by [`Jwt::into_handshake`]: a token from a JWT template can have a
/// `handshake` claim that its author wrote.
#[derive(Debug)]
pub(crate) struct HandshakeJwt(pub(super) Jwt);

impl HandshakeJwt {
    /// Returns the ID of the key that the token claims to be signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// A JWT of any class except a machine's, such as a token from a JWT template. Made only by [`Jwt::into_any`].
#[derive(Debug)]
pub(crate) struct AnyJwt(pub(super) Jwt);

impl AnyJwt {
    /// Returns the ID of the key that the token claims to be signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.0.kid()
    }
}

/// Returns the members of the header. All tokens of an instance have the same header, so the last one is cached, keyed
/// by its text.
fn header_members(part: &str) -> Result<Arc<Members>, Rejection> {
    /// Longer than the headers of Clerk's tokens.
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
    // `crit` means that recipients must reject the token unless they understand the listed extensions. This crate
    // supports none (RFC 7515, section 4.1.11).
    if has_crit {
        return Err(Rejection::critical_extensions());
    }
    let members = Arc::new(members);
    if part.len() <= MAX_KEPT {
        LAST.set(Some((part.into(), Arc::clone(&members))));
    }
    Ok(members)
}

/// Returns the members of one base64url part, with `prefix` stored before them. JSON other than an object has no
/// members: the rules that follow then find their claims missing, and reject the token, each with its own reason.
fn members(prefix: &str, part: &str) -> Result<Members, Rejection> {
    Members::parse(decode_behind(prefix, part)?, prefix.len()).ok_or_else(Rejection::undecodable)
}

/// Returns the bytes of one base64url part, with `prefix` before them. Decoding is strict (RFC 7515, section 2): no
/// padding, no white space and no stray bits at the end. So each token has exactly one text, which matters to anything
/// that stores tokens as text, such as a revocation list or the cache of verified tokens.
fn decode_behind(prefix: &str, part: &str) -> Result<Vec<u8>, Rejection> {
    let mut bytes = Vec::with_capacity(prefix.len() + base64::decoded_len_estimate(part.len()));
    bytes.extend_from_slice(prefix.as_bytes());
    URL_SAFE_NO_PAD.decode_vec(part, &mut bytes).map_err(|_| Rejection::undecodable())?;
    Ok(bytes)
}
