//! Is a person looking at this? A page that a browser navigates to can be redirected; anything else
//! needs a status code.

use super::{Field, RequestFacts};

/// Whether the request is a browser's navigation to a page: a `GET` whose `Sec-Fetch-Dest` is
/// `document` or `iframe`; browsers that do not send that say `Accept: text/html…`.
pub(crate) fn is_page_navigation(facts: &impl RequestFacts) -> bool {
    if facts.method() != "GET" {
        return false;
    }
    match facts.list_field(Field::SecFetchDest).filter(|destination| !destination.is_empty()) {
        Some(destination) => matches!(&*destination, b"document" | b"iframe"),
        None => facts.field(Field::Accept).is_some_and(|accept| accept.starts_with(b"text/html")),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::facts::fake::FakeRequest, *};

    #[test]
    fn requests_that_are_navigations() {
        let get = || FakeRequest::get("/");
        let post = || FakeRequest { method: "POST", ..get() };
        let head = || FakeRequest { method: "HEAD", ..get() };
        for (name, request, expected) in [
            ("nothing said", get(), false),
            ("a document", get().with(Field::SecFetchDest, "document"), true),
            ("an iframe", get().with(Field::SecFetchDest, "iframe"), true),
            ("a fetch", get().with(Field::SecFetchDest, "empty"), false),
            (
                "a fetch that accepts pages",
                get().with(Field::SecFetchDest, "empty").with(Field::Accept, "text/html"),
                false,
            ),
            ("a destination that is empty", get().with(Field::SecFetchDest, "").with(Field::Accept, "text/html"), true),
            ("an old browser", get().with(Field::Accept, "text/html,application/xhtml+xml"), true),
            (
                "a document twice",
                get().with(Field::SecFetchDest, "document").with(Field::SecFetchDest, "document"),
                false,
            ),
            (
                "a document and a fetch",
                get().with(Field::SecFetchDest, "document").with(Field::SecFetchDest, "empty"),
                false,
            ),
            (
                "two destinations that are empty",
                get().with(Field::SecFetchDest, "").with(Field::SecFetchDest, "").with(Field::Accept, "text/html"),
                false,
            ),
            (
                "JSON in a second line",
                get().with(Field::Accept, "text/html").with(Field::Accept, "application/json"),
                true,
            ),
            ("pages in a second line", get().with(Field::Accept, "*/*").with(Field::Accept, "text/html"), false),
            ("pages after an empty line", get().with(Field::Accept, "").with(Field::Accept, "text/html"), false),
            ("a client that takes anything", get().with(Field::Accept, "*/*"), false),
            ("JSON first", get().with(Field::Accept, "application/json, text/html"), false),
            ("a form", post().with(Field::SecFetchDest, "document"), false),
            ("a HEAD", head().with(Field::Accept, "text/html"), false),
        ] {
            assert_eq!(is_page_navigation(&request), expected, "{name}");
        }
    }
}
