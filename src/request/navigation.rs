//! Page navigations: a page that a browser navigates to can be redirected; any other request needs a status code.

use url::Url;

use super::facts::{Field, RequestFacts};

/// Returns whether the request is a browser's navigation to a page: a `GET` whose `Sec-Fetch-Dest` is `document` or
/// `iframe` or, from browsers that do not send that, whose `Accept` starts with `text/html`. A request that identifies
/// itself as a script's is not a navigation: a script follows a redirect to a page of another site, cannot read it, and
/// shows its user nothing.
pub(crate) fn is_page_navigation(facts: &impl RequestFacts) -> bool {
    if facts.method() != "GET" {
        return false;
    }
    let looks_like_a_page = match facts.list_field(Field::SecFetchDest).filter(|destination| !destination.is_empty()) {
        Some(destination) => matches!(&*destination, b"document" | b"iframe"),
        None => {
            facts.field(Field::Accept).is_some_and(|accept| accept.starts_with(b"text/html"))
                && !is_fetch_without_destination(facts)
        }
    };
    looks_like_a_page && !is_script(facts)
}

/// Returns whether a browser that does not send `Sec-Fetch-Dest` shows in another way that this is not a navigation:
/// browsers of 2019 send `Sec-Fetch-Mode` alone, and no browser sends `Origin` with a navigation by `GET`.
fn is_fetch_without_destination(facts: &impl RequestFacts) -> bool {
    match facts.list_field(Field::SecFetchMode) {
        Some(mode) => !matches!(&*mode, b"navigate" | b"nested-navigate"),
        None => facts.field(Field::Origin).is_some(),
    }
}

/// Returns whether a script library has marked the request. A page cannot add headers to a navigation.
fn is_script(facts: &impl RequestFacts) -> bool {
    /// Headers of htmx, Turbo (frames and visits), pjax, Inertia, Unpoly, Livewire, Alpine AJAX and Datastar.
    const MARKS: [Field; 9] = [
        Field::HxRequest,
        Field::TurboFrame,
        Field::TurboRequestId,
        Field::XPjax,
        Field::XInertia,
        Field::XUpVersion,
        Field::XLivewire,
        Field::XAlpineRequest,
        Field::DatastarRequest,
    ];
    // `XMLHttpRequest`, `fetch`, `swup`. Browsers inside Android applications send the application's ID with every
    // page, such as `com.example.app`.
    let names_a_library = |with: &[u8]| !with.is_empty() && !with.contains(&b'.');
    facts.field(Field::XRequestedWith).is_some_and(names_a_library)
        || MARKS.into_iter().any(|mark| facts.field(mark).is_some())
}

/// Returns whether a redirect leads to the requested page itself, so that the browser would loop forever. The scheme is
/// ignored: behind a proxy that ends TLS without saying so, the page's own scheme is unknown.
pub(crate) fn is_same_page(target: &Url, page: &Url) -> bool {
    let place =
        |url: &Url| (url.host_str().map(str::to_owned), url.port(), url.path().trim_end_matches('/').to_owned());
    place(target) == place(page)
}

#[cfg(test)]
mod tests {
    use super::{super::facts::fake::FakeRequest, *};

    #[test]
    fn requests_that_are_navigations() {
        let get = || FakeRequest::get("/");
        let post = || FakeRequest { method: "POST", ..get() };
        let page = || get().with(Field::Accept, "text/html,application/xhtml+xml");
        let document = || get().with(Field::SecFetchDest, "document");
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
            ("an old browser that says no destination", page().with(Field::SecFetchMode, "navigate"), true),
            ("an old browser's frame", page().with(Field::SecFetchMode, "nested-navigate"), true),
            ("an old browser's fetch", page().with(Field::SecFetchMode, "cors"), false),
            ("an old browser's fetch of its own", page().with(Field::SecFetchMode, "same-origin"), false),
            ("a fetch from another origin", page().with(Field::Origin, "https://app.example.com"), false),
            ("a fetch from a sandbox", page().with(Field::Origin, "null"), false),
            ("a document that has an origin", document().with(Field::Origin, "null"), true),
            ("jQuery, axios, Inertia", page().with(Field::XRequestedWith, "XMLHttpRequest"), false),
            ("the same in small letters", page().with(Field::XRequestedWith, "xmlhttprequest"), false),
            ("swup", page().with(Field::XRequestedWith, "swup"), false),
            ("an application's browser", page().with(Field::XRequestedWith, "com.example.app"), true),
            ("the same of today", document().with(Field::XRequestedWith, "com.example.app"), true),
            ("requested with nothing", page().with(Field::XRequestedWith, ""), true),
            ("htmx", page().with(Field::HxRequest, "true"), false),
            ("htmx, which calls itself a document", document().with(Field::HxRequest, "true"), false),
            ("a Turbo frame", page().with(Field::TurboFrame, "cart"), false),
            ("a Turbo visit", page().with(Field::TurboRequestId, "1"), false),
            ("pjax", page().with(Field::XPjax, "true"), false),
            ("Inertia", page().with(Field::XInertia, "true"), false),
            ("Unpoly", page().with(Field::XUpVersion, "3.0.0"), false),
            ("Livewire", page().with(Field::XLivewire, ""), false),
            ("Alpine AJAX", page().with(Field::XAlpineRequest, "true"), false),
            ("Datastar", page().with(Field::DatastarRequest, "true"), false),
        ] {
            assert_eq!(is_page_navigation(&request), expected, "{name}");
        }
    }

    #[test]
    fn redirects_that_lead_to_where_they_come_from() {
        for (target, page, expected) in [
            ("https://a.example/in", "https://a.example/in", true),
            ("https://a.example/in", "https://a.example/in/", true),
            ("https://a.example/in/", "https://a.example/in", true),
            ("https://a.example/in?lang=en", "https://a.example/in?redirect_url=%2F", true),
            ("https://a.example/#/sign-in", "https://a.example/", true),
            ("https://a.example/in", "http://a.example/in", true),
            ("https://a.example:443/in", "https://a.example/in", true),
            ("https://a.example/in", "https://a.example/in/factor-one", false),
            ("https://a.example/in/tasks", "https://a.example/in", false),
            ("https://a.example/in", "https://a.example/In", false),
            ("https://id.example/in", "https://a.example/in", false),
            ("http://localhost:4000/in", "http://localhost:3000/in", false),
            ("https://a.example/in", "https://a.example/", false),
        ] {
            let url = |text| Url::parse(text).unwrap();
            assert_eq!(is_same_page(&url(target), &url(page)), expected, "{target} from {page}");
        }
    }
}
