//! The token in an `Authorization` header (RFC 6750, section 2.1).

use memchr::memchr;

use super::{
    facts::{Field, RequestFacts},
    websocket,
};
use crate::config::Settings;

/// The content of an `Authorization` header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearer<'r> {
    /// No token: no header, another scheme, or a scheme with nothing after it.
    Missing,
    /// A token, valid or not.
    Token(&'r str),
    /// Not text, and so not a token, although in a token's place.
    Garbled,
}

/// Reads `Bearer TOKEN`, with the scheme in any case (RFC 9110, section 11.1), or a token alone, which Clerk's SDKs
/// accept too. Any other scheme is not Clerk's, so a cookie may still sign the request in.
pub(crate) fn bearer(header: Option<&[u8]>) -> Bearer<'_> {
    let Some(value) = header.map(<[u8]>::trim_ascii).filter(|value| !value.is_empty()) else {
        return Bearer::Missing;
    };
    let (scheme, rest) = match memchr(b' ', value) {
        Some(space) => (&value[..space], value[space..].trim_ascii_start()),
        None => (value, &b""[..]),
    };
    let token = match (scheme.eq_ignore_ascii_case(b"bearer"), rest.is_empty()) {
        (true, true) => return Bearer::Missing,
        (true, false) => &rest[..memchr(b' ', rest).unwrap_or(rest.len())],
        (false, true) => scheme,
        (false, false) => return Bearer::Missing,
    };
    std::str::from_utf8(token).map_or(Bearer::Garbled, Bearer::Token)
}

/// Returns the token of a header in the usual form, `Bearer TOKEN`, without checking it further. For callers that look
/// the text up among known tokens.
pub(super) fn plain_bearer(header: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = header.split_at_checked(b"Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then_some(token)
}

/// Returns whether a header brings a token, valid or not.
pub(crate) fn has_bearer_token(facts: &impl RequestFacts, settings: &Settings) -> bool {
    bearer(facts.field(Field::Authorization)) != Bearer::Missing || websocket::token(facts, settings).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_and_their_tokens() {
        for (name, header, expected) in [
            ("no header", None, Bearer::Missing),
            ("empty", Some(&b""[..]), Bearer::Missing),
            ("spaces", Some(b"   "), Bearer::Missing),
            ("bearer", Some(b"Bearer a.b.c"), Bearer::Token("a.b.c")),
            ("lower case", Some(b"bearer a.b.c"), Bearer::Token("a.b.c")),
            ("capitals", Some(b"BEARER a.b.c"), Bearer::Token("a.b.c")),
            ("two spaces", Some(b"Bearer  a.b.c"), Bearer::Token("a.b.c")),
            ("more after the token", Some(b"Bearer a.b.c d"), Bearer::Token("a.b.c")),
            ("no scheme", Some(b"a.b.c"), Bearer::Token("a.b.c")),
            ("no token", Some(b"Bearer"), Bearer::Missing),
            ("no token but a space", Some(b"Bearer "), Bearer::Missing),
            ("another scheme", Some(b"Basic dXNlcjpwdw=="), Bearer::Missing),
            ("a scheme that starts alike", Some(b"Bearers a.b.c"), Bearer::Missing),
            ("not UTF-8", Some(b"Bearer \xff\xfe"), Bearer::Garbled),
            ("not UTF-8, no scheme", Some(b"\xff"), Bearer::Garbled),
        ] {
            assert_eq!(bearer(header), expected, "{name}");
        }
    }

    /// A token that the plain form has is the one that the full form has, unless it is empty or contains a space.
    #[test]
    fn headers_in_the_plain_form() {
        for (name, header, expected) in [
            ("bearer", &b"Bearer a.b.c"[..], Some(&b"a.b.c"[..])),
            ("capitals", b"BEARER a.b.c", Some(b"a.b.c")),
            ("two spaces", b"Bearer  a.b.c", Some(b" a.b.c")),
            ("not UTF-8", b"Bearer \xff", Some(b"\xff")),
            ("no token", b"Bearer ", Some(b"")),
            ("too short", b"Bearer", None),
            ("no scheme", b"a.b.c", None),
            ("another scheme", b"Basic  dXNlcjpwdw==", None),
            ("another space", b"Bearer\ta.b.c", None),
        ] {
            assert_eq!(plain_bearer(header), expected, "{name}");
            if let Some(token) = expected.filter(|token| !token.is_empty() && !token.contains(&b' ')) {
                let whole = std::str::from_utf8(token).map_or(Bearer::Garbled, Bearer::Token);
                assert_eq!(bearer(Some(header)), whole, "{name}");
            }
        }
    }
}
