//! Untrusted text, made safe for a log line.

/// Truncates the text and escapes everything that is not plainly visible. A token that anyone could have written must
/// not forge log lines (line breaks, U+2028, U+2029), color a terminal (escape sequences), or mislead an operator:
/// bidirectional controls reorder a line, and format characters such as zero-width spaces hide in it (Trojan Source,
/// CVE-2021-42574).
///
/// A backslash is escaped too, so that every escape in a log line is this function's own.
pub(crate) fn hint(text: &str) -> String {
    const MAX: usize = 500;
    let escape = |c: char| match c {
        // Quotation marks need no escape here, although `escape_debug` would escape them.
        ' '..='~' if c != '\\' => vec![c],
        // Not printable: controls, formats, separators, combining marks, private use, unassigned code points.
        _ => c.escape_debug().collect(),
    };
    text.chars().take(MAX).flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_what_is_logged_of_them() {
        for (name, text, expected) in [
            ("plain text", "kid='ins_1' \"é\" 日本", "kid='ins_1' \"é\" 日本"),
            (
                "line breaks and terminal colors",
                "x\n2026-01-01 INFO admin signed in\r\0\u{1b}[31m",
                "x\\n2026-01-01 INFO admin signed in\\r\\0\\u{1b}[31m",
            ),
            ("C1 controls", "a\u{85}b\u{9b}31m", "a\\u{85}b\\u{9b}31m"),
            ("the line separator (Zl)", "a\u{2028}b", "a\\u{2028}b"),
            ("the paragraph separator (Zp)", "a\u{2029}b", "a\\u{2029}b"),
            ("spaces that are not the space (Zs)", "a\u{a0}b\u{3000}c", "a\\u{a0}b\\u{3000}c"),
            ("bidirectional overrides", "user\u{202e}nimda\u{202c}", "user\\u{202e}nimda\\u{202c}"),
            ("bidirectional isolates", "\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"),
            ("bidirectional marks", "\u{200e}a\u{200f}\u{61c}", "\\u{200e}a\\u{200f}\\u{61c}"),
            ("zero width (Cf)", "ad\u{200b}m\u{200d}in\u{feff}\u{2060}", "ad\\u{200b}m\\u{200d}in\\u{feff}\\u{2060}"),
            ("the soft hyphen (Cf)", "ad\u{ad}min", "ad\\u{ad}min"),
            ("tags (Cf)", "a\u{e0041}", "a\\u{e0041}"),
            ("a combining mark", "a\u{335}", "a\\u{335}"),
            ("private use", "a\u{e000}", "a\\u{e000}"),
            ("a literal escape sequence", "a\\nb", "a\\\\nb"),
        ] {
            assert_eq!(hint(text), expected, "{name}");
        }
        assert_eq!(hint(&"é".repeat(10_000)).chars().count(), 500);
    }
}
