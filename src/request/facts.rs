//! What the decision may look at of a request: read where it lies, and only if a rule asks.

/// One HTTP request, borrowed.
pub(crate) trait RequestFacts {
    /// The method, in capitals.
    fn method(&self) -> &str;

    /// The first value of a header field, as it came.
    fn field(&self, field: Field) -> Option<&[u8]>;

    /// All values of a header field, in order.
    fn fields(&self, field: Field) -> impl Iterator<Item = &[u8]>;

    /// Path and query, as they came.
    fn path_and_query(&self) -> &str;

    /// Whether the connection to this server is encrypted.
    fn is_tls(&self) -> bool;

    /// The host that the request itself names, with its port: of `Host`, or of HTTP/2's `:authority`.
    fn host(&self) -> Option<&[u8]>;

    /// All header fields, as text, in no particular order.
    fn all_fields(&self) -> Vec<(String, String)>;

    /// A header field that is text.
    fn text_field(&self, field: Field) -> Option<&str> {
        self.field(field).and_then(|value| std::str::from_utf8(value).ok())
    }
}

/// The header fields that the rules read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Accept,
    Authorization,
    Connection,
    Cookie,
    ForwardedHost,
    ForwardedProto,
    Origin,
    Referer,
    SecFetchDest,
    SecWebSocketProtocol,
    Upgrade,
}

#[cfg(test)]
pub(crate) mod fake {
    use super::*;

    /// A request written down in a test.
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
