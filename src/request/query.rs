//! Edits one parameter of a URL's query and leaves all others as they are, byte for byte.
//!
//! A browser's `URLSearchParams`, which Clerk's own SDKs use for this, rewrites the whole query: `%E9` is lost, `?a`
//! becomes `?a=`, and `%20` becomes `+`. Not every application reads those as the same.

use std::borrow::Cow;

use url::{Url, form_urlencoded};

/// Returns the parameter's first value.
pub(crate) fn get(url: &Url, name: &str) -> Option<String> {
    url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Returns the parameter's first value in a path with a query.
pub(super) fn get_from_target(target: &str, name: &str) -> Option<String> {
    let (_, query) = target.split_once('?')?;
    form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Appends a parameter, even if there already is one of that name.
pub(crate) fn append(url: &mut Url, name: &str, value: &str) {
    let new = written(name, value);
    let query = match url.query().filter(|query| !query.is_empty()) {
        Some(query) => format!("{query}&{new}"),
        None => new,
    };
    url.set_query(Some(&query));
}

/// Sets a parameter. The first one of that name keeps its place and the others are removed; a new one is appended.
pub(crate) fn set(url: &mut Url, name: &str, value: &str) {
    let parts: Vec<_> = parts(url).collect();
    let Some(first) = parts.iter().position(|part| is_named(part, name)) else { return append(url, name, value) };
    let new = written(name, value);
    let (before, after) = parts.split_at(first);
    let after = after.iter().copied().filter(|part| !is_named(part, name));
    let query: Vec<_> = before.iter().copied().chain([new.as_str()]).chain(after).collect();
    let query = query.join("&");
    url.set_query(Some(&query));
}

/// Removes all parameters of these names.
pub(crate) fn remove(url: &mut Url, names: &[&str]) {
    let is_to_go = |part: &str| names.iter().any(|name| is_named(part, name));
    if !parts(url).any(is_to_go) {
        return;
    }
    let kept: Vec<_> = parts(url).filter(|part| !is_to_go(part)).collect();
    let kept = kept.join("&");
    url.set_query(Some(kept.as_str()).filter(|kept| !kept.is_empty()));
}

/// Returns the parameters as they are written. The empty text between two `&` is not a parameter, but is kept.
fn parts(url: &Url) -> impl Iterator<Item = &str> {
    url.query().into_iter().flat_map(|query| query.split('&'))
}

fn is_named(part: &str, name: &str) -> bool {
    let key = form_urlencoded::parse(part.as_bytes()).next().map_or(Cow::Borrowed(""), |(key, _)| key);
    key == name
}

fn written(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(query: &str, edit: impl Fn(&mut Url)) -> String {
        let mut url = Url::parse(&format!("https://a.example/{query}")).unwrap();
        edit(&mut url);
        url.as_str()["https://a.example/".len()..].to_owned()
    }

    /// Each edit and the resulting query: whatever the edit does not concern stays as the visitor's browser wrote it.
    #[test]
    fn edits_and_what_they_leave() {
        for (name, before, edit, after) in [
            (
                "set: the first keeps its place",
                "?x=1&r=2&y=3&r=4",
                set as fn(&mut Url, &str, &str),
                "?x=1&r=%2F+%26&y=3",
            ),
            ("set: a new one", "", set, "?r=%2F+%26"),
            ("set: in an empty query", "?", set, "?r=%2F+%26"),
            ("set: neighbors", "?a&b=%20c&%72=1&d=%E9", set, "?a&b=%20c&r=%2F+%26&d=%E9"),
            ("append: beside one of the name", "?r=1", append, "?r=1&r=%2F+%26"),
            ("append: in an empty query", "?", append, "?r=%2F+%26"),
            ("append: neighbors", "?a&b=%20c&d=%E9&&", append, "?a&b=%20c&d=%E9&&&r=%2F+%26"),
        ] {
            assert_eq!(edited(before, |url| edit(url, "r", "/ &")), after, "{name}");
        }
    }

    #[test]
    fn removals_and_what_they_leave() {
        for (name, before, after) in [
            ("nothing to remove", "?a=b", "?a=b"),
            ("no query", "", ""),
            ("an empty query", "?", "?"),
            ("the only one", "?r=1", ""),
            ("both", "?r=1&s=2", ""),
            ("the first", "?r=1&a=2", "?a=2"),
            ("the last", "?a=2&r=1", "?a=2"),
            ("all of the name", "?r=1&a=2&r=3", "?a=2"),
            ("one with an escaped name", "?%72=1&a=2", "?a=2"),
            ("one without a value", "?r&a=2", "?a=2"),
            ("not one whose name begins alike", "?rr=1&r=1", "?rr=1"),
            ("not a value", "?a=r", "?a=r"),
            ("a bare name", "?a&r=1", "?a"),
            ("a bare name, nothing to remove", "?a", "?a"),
            ("Latin-1", "?a=%E9&r=1", "?a=%E9"),
            ("Latin-1, nothing to remove", "?a=%E9", "?a=%E9"),
            ("an escaped space", "?a=%20b&r=1", "?a=%20b"),
            ("a plus", "?a=b+c&r=1", "?a=b+c"),
            ("escapes in lower case", "?a=%c3%a9&r=1", "?a=%c3%a9"),
            ("letters that need no escape", "?a=%41&r=1", "?a=%41"),
            ("a broken escape", "?a=%zz%&r=1", "?a=%zz%"),
            ("characters that may stay", "?a=~*-._!();/?:@,$&r=1", "?a=~*-._!();/?:@,$"),
            ("empty parts", "?&&a=1&&r=1", "?&&a=1&"),
            ("a second equals sign", "?a=b=c&r=1", "?a=b=c"),
            ("a nested address", "?url=https://x.example/?y=1&r=1", "?url=https://x.example/?y=1"),
            ("no name", "?=x&r=1", "?=x"),
        ] {
            assert_eq!(edited(before, |url| remove(url, &["r", "s"])), after, "{name}");
        }
    }

    #[test]
    fn the_first_value_counts() {
        for (query, expected) in [
            ("?a=%C3%A9&a=2", Some("é")),
            ("?b=1&a=2", Some("2")),
            ("?b=1", None),
            ("?a", Some("")),
            ("", None),
            ("?a=1+2", Some("1 2")),
        ] {
            let url = Url::parse(&format!("https://a.example/path{query}")).unwrap();
            assert_eq!(get(&url, "a").as_deref(), expected, "{query}");
            assert_eq!(get_from_target(&format!("/path{query}"), "a").as_deref(), expected, "{query}");
        }
    }
}
