//! Text inside HTML attributes and inline scripts.

use std::fmt::Write;

use serde_json::Value;

use crate::web::html::entity;

/// Returns the text for an attribute between double quotes.
pub(super) fn attribute(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match entity(c) {
            Some(entity) => escaped.push_str(entity),
            None => escaped.push(c),
        }
    }
    escaped
}

/// Returns the value as a JavaScript expression for an inline script. An HTML parser ends a script at `</script`, and
/// changes how it reads one at `<!--`, whatever the JavaScript around it; before ECMAScript 2019, U+2028 and U+2029 end
/// a line. In JSON, all of these characters are in strings, where an escape means the same.
pub(super) fn script(value: &Value) -> String {
    let json = value.to_string();
    let mut escaped = String::with_capacity(json.len());
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                let _ = write!(escaped, "\\u{:04x}", u32::from(c));
            }
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Values that would end an attribute, a string or the script, if they were inserted as they are.
    pub(in crate::web::clerk_js) const HOSTILE: &[&str] = &[
        "\"><script>alert(1)</script>",
        "' onload='alert(1)",
        "</script><script>alert(1)</script>",
        "</ScRiPt/x>",
        "<!--<script>",
        "-->",
        "]]>",
        "\\\"; alert(1); //",
        "\\",
        "`${alert(1)}`",
        "a\nb\rc\td\0e",
        "\u{2028}alert(1)\u{2029}",
        "&quot;&#34;&lt;",
        "\u{feff}\u{202e}é😀",
    ];

    #[test]
    fn attributes_keep_their_text_and_end_nothing() {
        for text in HOSTILE {
            let escaped = attribute(text);
            assert!(!escaped.contains(['"', '\'', '<', '>']), "{escaped}");
            let read = escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
            assert_eq!(read.replace("&amp;", "&"), *text);
        }
    }

    #[test]
    fn scripts_keep_their_values_and_end_nothing() {
        for text in HOSTILE {
            let value = serde_json::json!({ *text: [text, { "a": text }] });
            let escaped = script(&value);
            assert!(!escaped.contains(['<', '>', '&', '\u{2028}', '\u{2029}', '\n', '\r', '\0']), "{escaped}");
            assert_eq!(serde_json::from_str::<Value>(&escaped).unwrap(), value);
        }
    }
}
