//! Cleans up the text of a setting, and recognizes placeholders and abbreviated keys.

/// Returns the value without white space and invisible characters at its ends, and without the quotes around it that
/// environment files of Docker, systemd and others keep.
pub(crate) fn tidy(text: &str) -> &str {
    let mut text = text.trim_matches(is_blank);
    while let Some(inner) = text.strip_prefix(is_quote).and_then(|rest| rest.strip_suffix(is_quote)) {
        text = inner.trim_matches(is_blank);
    }
    text
}

/// White space, control characters and invisible characters: byte order marks, zero-width characters, text directions.
pub(super) fn is_blank(char: char) -> bool {
    let is_invisible = matches!(
        char,
        '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    is_invisible || char.is_whitespace() || char.is_control()
}

fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'' | '`' | '\u{2018}'..='\u{201f}' | '«' | '»')
}

/// Returns whether the text is abbreviated, as pages and examples show secrets: `sk_live_…`, `sk_live_abc...xyz`,
/// `sk_live_••••`.
pub(super) fn is_abbreviated(rest: &str) -> bool {
    let is_of_x = rest.len() > 2 && rest.bytes().all(|b| matches!(b, b'x' | b'X'));
    is_of_x || rest.contains("...") || rest.contains("***") || rest.contains(['…', '⋯', '•', '●', '·', '∙'])
}

/// Returns whether the text is a variable's name that was not replaced by its value: `${NAME}`, `$NAME`, `%NAME%`, `{{
/// name }}`.
pub(super) fn is_placeholder(text: &str) -> bool {
    ["$", "%", "{{", "<"].iter().any(|mark| text.starts_with(mark))
}

/// Returns whether the text is a whole line of an environment file: `NAME=value`, `export NAME=value`.
pub(super) fn is_assignment(text: &str) -> bool {
    let name = text.strip_prefix("export ").unwrap_or(text).split_once('=').map_or("", |(name, _)| name.trim());
    let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    is_name && name.contains('_')
}
