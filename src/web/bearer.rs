//! The value of `WWW-Authenticate`: RFC 6750, section 3, with quoted strings of RFC 9110, section 5.6.4.

use actix_web::http::header::HeaderValue;

/// Returns the challenge `Bearer name="value", …`. A parameter without a value is left out, and so is one whose value no
/// quoted string can hold.
pub(super) fn challenge<'v>(parameters: impl IntoIterator<Item = (&'static str, &'v str)>) -> HeaderValue {
    let parameters: Vec<String> = parameters
        .into_iter()
        .filter_map(|(name, value)| quoted(value).map(|value| format!("{name}={value}")))
        .collect();
    let text = if parameters.is_empty() { "Bearer".to_owned() } else { format!("Bearer {}", parameters.join(", ")) };
    // Cannot fail, since the parameters are visible ASCII and spaces.
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static("Bearer"))
}

/// Returns the text in quotation marks; `None` if it is empty, or contains more than visible ASCII and spaces.
fn quoted(text: &str) -> Option<String> {
    if text.is_empty() || !text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return None;
    }
    Some(format!("\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_their_quoted_strings() {
        for (value, expected) in [
            ("a", r#"Bearer scope="a""#),
            ("a b", r#"Bearer scope="a b""#),
            ("a, error=b", r#"Bearer scope="a, error=b""#),
            ("a\", error=\"b", r#"Bearer scope="a\", error=\"b""#),
            (r"a\", r#"Bearer scope="a\\""#),
            (r#"a\""#, r#"Bearer scope="a\\\"""#),
            ("", "Bearer"),
            ("a\r\nSet-Cookie: b", "Bearer"),
            ("a\0", "Bearer"),
            ("a\tb", "Bearer"),
            ("a\u{7f}", "Bearer"),
            ("\u{e9}", "Bearer"),
        ] {
            assert_eq!(challenge([("scope", value)]).to_str().unwrap(), expected, "{value:?}");
        }
    }

    #[test]
    fn parameters_are_separated_by_commas() {
        let challenge =
            challenge([("error", "invalid_token"), ("scope", ""), ("resource_metadata", "https://a.example")]);
        assert_eq!(challenge, r#"Bearer error="invalid_token", resource_metadata="https://a.example""#);
    }
}
