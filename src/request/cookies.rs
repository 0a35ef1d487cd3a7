//! A request's cookies, read tolerantly: one that is malformed never spoils the others.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::{Field, RequestFacts};

/// The names of Clerk's cookies that have no suffix.
pub(crate) mod name {
    pub(crate) const SESSION: &str = "__session";
    pub(crate) const CLIENT_UAT: &str = "__client_uat";
    pub(crate) const DEV_BROWSER: &str = "__clerk_db_jwt";
    pub(crate) const HANDSHAKE: &str = "__clerk_handshake";
    pub(crate) const HANDSHAKE_NONCE: &str = "__clerk_handshake_nonce";
    pub(crate) const REDIRECT_COUNT: &str = "__clerk_redirect_count";
}

/// The value of the first cookie of that name; `None` where it is missing or empty.
///
/// The header is split first and each value percent-decoded after, so that an encoded `;` or `=` inside
/// one value cannot forge another cookie. A value that does not decode to text is taken as it is.
pub(crate) fn cookie<'r>(facts: &'r impl RequestFacts, name: &str) -> Option<Cow<'r, str>> {
    let value = facts.fields(Field::Cookie).flat_map(|header| header.split(|&byte| byte == b';')).find_map(|pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (trim(&pair[..equals]), trim(&pair[equals + 1..]));
        (key == name.as_bytes()).then_some(value)
    })?;
    Some(decode(value)).filter(|text| !text.is_empty())
}

fn trim(bytes: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !is_blank(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_blank(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// JavaScript's `decodeURIComponent`, or the value as it is where that would throw. Bytes that are no ASCII are
/// Latin-1, as in every header.
fn decode(value: &[u8]) -> Cow<'_, str> {
    if value.contains(&b'%')
        && value.is_ascii()
        && has_only_whole_escapes(value)
        && let Ok(text) = percent_decode(value).decode_utf8()
    {
        return text;
    }
    match std::str::from_utf8(value) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(value.iter().map(|&byte| char::from(byte)).collect()),
    }
}

fn has_only_whole_escapes(value: &[u8]) -> bool {
    let is_whole = |escape: &[u8]| escape.len() >= 2 && escape[..2].iter().all(u8::is_ascii_hexdigit);
    value.split(|&byte| byte == b'%').skip(1).all(is_whole)
}

#[cfg(test)]
mod tests {
    use super::{super::facts::fake::FakeRequest, name::SESSION, *};

    #[test]
    fn headers_and_the_session_in_them() {
        for (name, headers, expected) in [
            ("none", vec![], None),
            ("alone", vec![&b"__session=a.b.c"[..]], Some("a.b.c")),
            ("among others", vec![b"a=1; __session=a.b.c; b=2"], Some("a.b.c")),
            ("without a space", vec![b"a=1;__session=a.b.c"], Some("a.b.c")),
            ("the first of two", vec![b"__session=first; __session=second"], Some("first")),
            ("in a second header", vec![b"a=1", b"__session=a.b.c"], Some("a.b.c")),
            ("after one without a value", vec![b"flag; __session=a.b.c"], Some("a.b.c")),
            ("after one that is not UTF-8", vec![b"a=\xff\xfe; __session=a.b.c"], Some("a.b.c")),
            ("after one with a broken escape", vec![b"a=%zz%; __session=a.b.c"], Some("a.b.c")),
            ("escaped", vec![b"__session=a%2Eb%2Ec"], Some("a.b.c")),
            ("one escape of two broken", vec![b"__session=a%2Eb%2"], Some("a%2Eb%2")),
            ("an escape that is not UTF-8", vec![b"__session=a%ff"], Some("a%ff")),
            ("an escape beside a byte of its own", vec![b"__session=%41\xe9"], Some("%41\u{e9}")),
            ("quoted", vec![b"__session=\"a.b.c\""], Some("\"a.b.c\"")),
            ("with an equals sign", vec![b"__session=a=b"], Some("a=b")),
            ("empty", vec![b"__session="], None),
            ("not ASCII", vec![b"__session=\xff"], Some("\u{ff}")),
            ("a longer name", vec![b"__session_x=a.b.c"], None),
            ("forged by an escape", vec![b"a=1%3B__session=a.b.c"], None),
        ] {
            let request = headers.into_iter().fold(FakeRequest::get("/"), |r, header| r.with(Field::Cookie, header));
            assert_eq!(cookie(&request, SESSION).as_deref(), expected, "{name}");
        }
    }
}
