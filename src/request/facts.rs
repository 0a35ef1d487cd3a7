//! The parts of a request that the decision may read: borrowed, and read only if a rule asks for them.
//!
//! A header with several lines is read as Node.js reads it, because that is what Clerk's other SDKs see: for some
//! headers the first line counts, and the others are lists, whose lines are joined. So a request with two
//! `Sec-Fetch-Dest` lines, from a client or a proxy, is not a page navigation to any of them.

use std::borrow::Cow;

/// One HTTP request, borrowed.
pub(crate) trait RequestFacts {
    /// The method, in upper case.
    fn method(&self) -> &str;

    /// The first line of a header field, unchanged. For `Authorization`, `Host` and `Referer`, no other line counts.
    fn field(&self, field: Field) -> Option<&[u8]>;

    /// All lines of a header field, in order.
    fn fields(&self, field: Field) -> impl Iterator<Item = &[u8]>;

    /// The path and query, unchanged.
    fn path_and_query(&self) -> &str;

    /// Returns whether the connection to this server is encrypted.
    fn is_tls(&self) -> bool;

    /// The host that the request itself names, with its port: from `Host`, or from HTTP/2's `:authority`.
    fn host(&self) -> Option<&[u8]>;

    /// All header fields as text, each name once, in no particular order.
    fn all_fields(&self) -> Vec<(String, String)>;

    /// Returns the first line of a header field, if it is UTF-8.
    fn text_field(&self, field: Field) -> Option<&str> {
        self.field(field).and_then(|value| std::str::from_utf8(value).ok())
    }

    /// Returns a header field that is a list, with all its lines joined.
    fn list_field(&self, field: Field) -> Option<Cow<'_, [u8]>> {
        let mut lines = self.fields(field);
        let first = lines.next()?;
        let Some(second) = lines.next() else { return Some(Cow::Borrowed(first)) };
        let lines = [first, second].into_iter().chain(lines);
        Some(Cow::Owned(lines.collect::<Vec<_>>().join(&b", "[..])))
    }
}

/// Decodes the bytes of a header field as Latin-1: each byte becomes one character, so none is lost.
pub(crate) fn latin_1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => Cow::Borrowed(text),
        _ => Cow::Owned(bytes.iter().map(|&byte| char::from(byte)).collect()),
    }
}

/// Adds another line to the value of a header field.
pub(crate) fn join_line(name: &str, value: &mut String, line: &str) {
    match name {
        // Only the first line counts.
        "age"
        | "authorization"
        | "content-length"
        | "content-type"
        | "etag"
        | "expires"
        | "from"
        | "host"
        | "if-modified-since"
        | "if-unmodified-since"
        | "last-modified"
        | "location"
        | "max-forwards"
        | "proxy-authorization"
        | "referer"
        | "retry-after"
        | "server"
        | "user-agent" => {}
        "cookie" => value.extend(["; ", line]),
        _ => value.extend([", ", line]),
    }
}

/// The header fields that the rules read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Accept,
    Authorization,
    Connection,
    Cookie,
    DatastarRequest,
    ForwardedHost,
    ForwardedProto,
    HxRequest,
    Origin,
    Referer,
    SecFetchDest,
    SecFetchMode,
    SecFetchSite,
    SecWebSocketProtocol,
    TurboFrame,
    TurboRequestId,
    Upgrade,
    XAlpineRequest,
    XInertia,
    XLivewire,
    XPjax,
    XRequestedWith,
    XUpVersion,
}

#[cfg(test)]
pub(crate) mod fake {
    use super::*;

    /// A request that a test makes up.
    #[derive(Clone, Debug)]
    pub(crate) struct FakeRequest {
        pub(crate) method: &'static str,
        pub(crate) path_and_query: String,
        pub(crate) tls: bool,
        pub(crate) host: Option<Vec<u8>>,
        pub(crate) fields: Vec<(Field, Vec<u8>)>,
    }

    impl FakeRequest {
        pub(crate) fn get(path_and_query: &str) -> Self {
            Self {
                method: "GET",
                path_and_query: path_and_query.into(),
                tls: false,
                host: Some(b"app.example.com".into()),
                fields: Vec::new(),
            }
        }

        pub(crate) fn with(mut self, field: Field, value: impl AsRef<[u8]>) -> Self {
            self.fields.push((field, value.as_ref().to_vec()));
            self
        }
    }

    impl RequestFacts for FakeRequest {
        fn method(&self) -> &str {
            self.method
        }

        fn field(&self, field: Field) -> Option<&[u8]> {
            self.fields(field).next()
        }

        fn fields(&self, field: Field) -> impl Iterator<Item = &[u8]> {
            self.fields.iter().filter(move |(name, _)| *name == field).map(|(_, value)| value.as_slice())
        }

        fn all_fields(&self) -> Vec<(String, String)> {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            self.fields.iter().map(|(name, value)| (format!("{name:?}"), text(value))).collect()
        }

        fn path_and_query(&self) -> &str {
            &self.path_and_query
        }

        fn is_tls(&self) -> bool {
            self.tls
        }

        fn host(&self) -> Option<&[u8]> {
            self.host.as_deref()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{fake::FakeRequest, *};

    /// The lines that count, according to `http.IncomingMessage` of Node.js 24.
    #[test]
    fn headers_of_several_lines() {
        for (name, lines, expected) in [
            ("host", &["a", "b"][..], "a"),
            ("authorization", &["a", "b", "c"], "a"),
            ("authorization", &["", "b"], ""),
            ("referer", &["a", "b"], "a"),
            ("user-agent", &["a", "b"], "a"),
            ("content-type", &["a", "b"], "a"),
            ("cookie", &["a=1", "b=2", "c=3"], "a=1; b=2; c=3"),
            ("accept", &["a", "b"], "a, b"),
            ("origin", &["a", "b"], "a, b"),
            ("sec-fetch-dest", &["document", "document"], "document, document"),
            ("x-forwarded-host", &["a", "b"], "a, b"),
            ("x-forwarded-for", &["", "b"], ", b"),
            ("x-own", &["a"], "a"),
        ] {
            let mut joined = lines[0].to_owned();
            lines[1..].iter().for_each(|line| join_line(name, &mut joined, line));
            assert_eq!(joined, expected, "{name} {lines:?}");
        }
    }

    #[test]
    fn lists_over_several_lines() {
        for (lines, expected) in [
            (&[][..], None),
            (&["document"], Some("document")),
            (&[""], Some("")),
            (&["document", "document"], Some("document, document")),
            (&["", ""], Some(", ")),
            (&["a", "b, c", "d"], Some("a, b, c, d")),
        ] {
            let request = lines.iter().fold(FakeRequest::get("/"), |request, line| request.with(Field::Accept, line));
            assert_eq!(request.list_field(Field::Accept).as_deref(), expected.map(str::as_bytes), "{lines:?}");
        }
    }

    #[test]
    fn every_byte_is_a_character() {
        assert_eq!(latin_1(b"https://a.example/"), "https://a.example/");
        assert_eq!(latin_1(b"https://ex\xe4mple.com/"), "https://ex\u{e4}mple.com/");
        assert_eq!(latin_1("\u{e4}".as_bytes()), "\u{c3}\u{a4}");
        assert!(matches!(latin_1(b"a.b.c"), Cow::Borrowed("a.b.c")), "ASCII, as nearly all headers are, is not copied");
    }
}
