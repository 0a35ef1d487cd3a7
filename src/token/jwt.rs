//! Decoding of JWTs. Nothing in them is trusted yet.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    claims::{Claim, ClaimName, Claims},
    rejection::TokenRejection,
};

/// The longest text that is decoded, in bytes. Anyone can send one, and decoding takes several times its memory. Node.js,
/// and so Clerk's other SDKs, accept no longer header fields altogether; Clerk's tokens have to fit into a cookie of 4 KB.
const MAX_TEXT: usize = 16 << 10;

/// A JWT decoded into three parts. Its signature has not been verified.
#[derive(Clone)]
pub(crate) struct Jwt {
    /// The length of the signed text: everything before the last dot.
    signed: usize,
    pub(super) signature: Vec<u8>,
    pub(super) header: Claims,
    /// The claims, stored after the token's text.
    pub(super) payload: Claims,
}

impl Jwt {
    /// Decodes the compact serialization (RFC 7515, section 7.1).
    pub(crate) fn decode(text: &str) -> Result<Self, TokenRejection> {
        if text.len() > MAX_TEXT {
            return Err(TokenRejection::too_long(MAX_TEXT));
        }
        let Some((signing_input, signature)) = text.rsplit_once('.') else {
            return Err(TokenRejection::not_three_parts());
        };
        let (header, payload) = match signing_input.split_once('.') {
            Some((header, payload)) if !payload.contains('.') => (header, payload),
            _ => return Err(TokenRejection::not_three_parts()),
        };
        let (signed, signature) = (signing_input.len(), decode_behind("", signature)?);
        let (header, payload) = (header_members(header)?, members(text, payload)?);
        Ok(Self { signed, signature, header, payload })
    }

    /// Decodes only the header.
    pub(super) fn decode_header(text: &str) -> Result<Claims, TokenRejection> {
        text.split_once('.').ok_or_else(TokenRejection::not_three_parts).and_then(|(header, _)| header_members(header))
    }

    /// Returns the token itself.
    pub(super) fn text(&self) -> &str {
        self.payload.prefix()
    }

    /// Returns an unverified claim: anyone can have written it.
    pub(crate) fn claim(&self, name: ClaimName) -> Option<Claim<'_>> {
        self.payload.get(name)
    }

    /// Returns the text that the signature covers (RFC 7515, section 5.2).
    pub(super) fn signing_input(&self) -> &str {
        self.text().get(..self.signed).unwrap_or_default()
    }

    pub(crate) fn kid(&self) -> Option<&str> {
        self.header.get(ClaimName::Kid).and_then(Claim::as_str)
    }
}

impl fmt::Debug for Jwt {
    /// Leaves out the signature, which would make the rest a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jwt").field("header", &self.header).field("payload", &self.payload).finish_non_exhaustive()
    }
}

/// Returns the members of the header.
fn header_members(part: &str) -> Result<Claims, TokenRejection> {
    let (members, has_crit) = Claims::parse_header(decode_behind("", part)?).ok_or_else(TokenRejection::undecodable)?;
    // `crit` means that recipients must reject the token unless they understand the listed extensions. This crate
    // supports none (RFC 7515, section 4.1.11).
    if has_crit { Err(TokenRejection::critical_extensions()) } else { Ok(members) }
}

/// Returns the members of one base64url part, with `prefix` stored before them. JSON other than an object has no
/// members: the rules that follow then find their claims missing, and reject the token, each with its own reason.
fn members(prefix: &str, part: &str) -> Result<Claims, TokenRejection> {
    Claims::parse(decode_behind(prefix, part)?, prefix.len()).ok_or_else(TokenRejection::undecodable)
}

/// Returns the bytes of one base64url part, with `prefix` before them. Decoding is strict (RFC 7515, section 2): no
/// padding, no white space and no stray bits at the end. So each token has exactly one text, which matters to anything
/// that stores tokens as text, such as a revocation list or the cache of verified tokens.
fn decode_behind(prefix: &str, part: &str) -> Result<Vec<u8>, TokenRejection> {
    let mut bytes = Vec::with_capacity(prefix.len() + base64::decoded_len_estimate(part.len()));
    bytes.extend_from_slice(prefix.as_bytes());
    URL_SAFE_NO_PAD.decode_vec(part, &mut bytes).map_err(|_| TokenRejection::undecodable())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_the_number_of_their_parts() {
        // `e30` is an empty object.
        let of_length = |length: usize| format!("e30.e30.{}", "A".repeat(length - 8));
        assert_eq!(Jwt::decode(&of_length(MAX_TEXT)).err(), None);
        assert_eq!(Jwt::decode(&of_length(MAX_TEXT + 4)).err(), Some(TokenRejection::too_long(MAX_TEXT)));
        for (text, expected) in [
            ("e30.e30.AAAA", None),
            ("", Some(TokenRejection::not_three_parts())),
            ("e30", Some(TokenRejection::not_three_parts())),
            ("e30.e30", Some(TokenRejection::not_three_parts())),
            ("e30.e30.AAAA.AAAA", Some(TokenRejection::not_three_parts())),
            ("e30.e30..AAAA", Some(TokenRejection::not_three_parts())),
            ("e30.e30.AAAA=", Some(TokenRejection::undecodable())),
            ("..", Some(TokenRejection::undecodable())),
        ] {
            assert_eq!(Jwt::decode(text).err(), expected, "{text:?}");
        }
    }

    #[test]
    fn debug_of_a_jwt_lacks_its_text_and_its_signature() {
        let text = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ1c2VyXzEifQ.c2lnbmF0dXJl";
        let shown = format!("{:?}", Jwt::decode(text).unwrap());
        assert!(shown.contains("RS256") && shown.contains("user_1"), "{shown}");
        let signature = format!("{:?}", b"signature");
        assert!(!text.split('.').any(|part| shown.contains(part)) && !shown.contains(&signature), "{shown}");
    }
}
