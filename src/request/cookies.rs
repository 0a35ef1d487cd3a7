//! Cookies, read tolerantly: one that is malformed never spoils the others.

use std::borrow::Cow;

use percent_encoding::percent_decode;

use super::{Field, RequestFacts};

/// The cookie that carries the session token.
pub(crate) const SESSION: &str = "__session";

/// The value of the first cookie of that name; `None` where it is missing or empty.
///
/// The header is split first and each value percent-decoded after, so that an encoded `;` or `=` inside
/// one value cannot forge another cookie. A value that does not decode to text is taken as it is.
pub(crate) fn cookie<'r>(facts: &'r impl RequestFacts, name: &str) -> Option<Cow<'r, str>> {
    let value = facts.fields(Field::Cookie).flat_map(|header| header.split(|&byte| byte == b';')).find_map(|pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        let (key, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
        (key == name.as_bytes()).then_some(value)
    })?;
    let value = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    let decoded = match percent_decode(value).decode_utf8() {
        Ok(text) => text,
        Err(_) => Cow::Borrowed(std::str::from_utf8(value).ok()?),
    };
    Some(decoded).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::{super::facts::fake::FakeRequest, *};

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
            ("an escape that is not UTF-8", vec![b"__session=a%ff"], Some("a%ff")),
            ("quoted", vec![b"__session=\"a.b.c\""], Some("a.b.c")),
            ("with an equals sign", vec![b"__session=a=b"], Some("a=b")),
            ("empty", vec![b"__session="], None),
            ("not UTF-8", vec![b"__session=\xff"], None),
            ("a longer name", vec![b"__session_x=a.b.c"], None),
            ("forged by an escape", vec![b"a=1%3B__session=a.b.c"], None),
        ] {
            let request = headers.into_iter().fold(FakeRequest::get("/"), |r, header| r.with(Field::Cookie, header));
            assert_eq!(cookie(&request, SESSION).as_deref(), expected, "{name}");
        }
    }
}
