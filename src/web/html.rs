//! Characters that mean something in HTML.

/// Returns what stands for the character in an element and in a quoted attribute, if it cannot stand for itself.
pub(super) fn entity(character: char) -> Option<&'static str> {
    Some(match character {
        '&' => "&amp;",
        '<' => "&lt;",
        '>' => "&gt;",
        '"' => "&quot;",
        '\'' => "&#39;",
        _ => return None,
    })
}
