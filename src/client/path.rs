//! Validation of path segments, so that no id leads to another path.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// Returns the segments, or the position of the first invalid one. Segments are often ids, and ids come from users: one
/// with a slash or two dots would change which call is made. Percent-encoding would protect only if no server on the
/// way decodes it. No id contains such characters, so rejecting them costs nothing.
pub(super) fn segments(path: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<String>, usize> {
    let mut segments = Vec::new();
    for segment in path {
        let segment = segment.as_ref();
        let leads_elsewhere =
            |c: char| matches!(c, '/' | '\\' | '?' | '#' | '%') || c.is_control() || c.is_whitespace();
        if matches!(segment, "" | "." | "..") || segment.contains(leads_elsewhere) {
            return Err(segments.len());
        }
        segments.push(segment.to_owned());
    }
    if segments.is_empty() { Err(0) } else { Ok(segments) }
}

/// Returns whether a name can be a segment once it is percent-encoded: user-chosen names may have spaces and any other
/// character. A name that leads elsewhere after one or more rounds of decoding is rejected.
pub(super) fn is_name(name: &str) -> bool {
    const MAX_DECODED: usize = 10;
    let leads_elsewhere = |text: &str| text.split(['/', '\\']).any(|part| matches!(part, "." | ".."));
    let mut text = Cow::Borrowed(name);
    for _ in 0..MAX_DECODED {
        // URLs drop tabs and line breaks, so that `.\t.` would become `..`.
        if text.is_empty() || text.contains(char::is_control) || leads_elsewhere(&text) {
            return false;
        }
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == *text {
            return true;
        }
        text = Cow::Owned(decoded);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_and_what_is_none() {
        for good in ["user_1", "acme-2", "a.b", "...", "é", "a:b@c;d=e&f+g", "~"] {
            assert_eq!(segments(["users", good]), Ok(vec!["users".to_owned(), good.to_owned()]));
        }
        for (name, bad) in [
            ("empty", ""),
            ("this folder", "."),
            ("the folder above", ".."),
            ("a slash", "a/b"),
            ("a slash at the end", "a/"),
            ("a backslash, which URLs take for a slash", "a\\b"),
            ("a query", "a?b"),
            ("a fragment", "a#b"),
            ("an escape, which somebody may undo", "a%2fb"),
            ("the folder above, escaped", "%2e%2e"),
            ("a line break", "a\nb"),
            ("a tab, which URLs drop", ".\t."),
            ("a space", "a b"),
            ("a nul", "a\0b"),
        ] {
            assert_eq!(segments(["users", bad, "x"]), Err(1), "{name}");
            assert_eq!(segments([bad]), Err(0), "{name}");
        }
        assert_eq!(segments([""; 0]), Err(0));
    }
    #[test]
    fn names_and_what_is_none() {
        for good in
            ["hasura", "my template", "é", "a/b", "50%", "50%25", "a?b#c", "...", "a..b", "%", "%zz", "\u{1f600}"]
        {
            assert!(is_name(good), "{good}");
        }
        let deep = (0..12).fold("..".to_owned(), |text, _| text.replace('%', "%25").replace('.', "%2e"));
        for bad in [
            "",
            ".",
            "..",
            "a/..",
            "../users",
            "a\\..",
            "%2e%2e",
            "%2E.",
            "a%2f..",
            "%252e%252e",
            "./a",
            ".\t.",
            "a\nb",
            ".%09.",
            &deep,
        ] {
            assert!(!is_name(bad), "{bad}");
        }
    }
}
