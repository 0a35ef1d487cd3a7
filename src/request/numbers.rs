//! Numbers in cookies and unverified claims, read as JavaScript reads them: Clerk's other SDKs wrote them, and reading
//! them differently would lead to a different decision.

use serde_json::Value;

use crate::token::Claim;

/// Parses a value that is nothing but digits, and few enough for a floating-point number to hold.
pub(super) fn whole(digits: &[u8]) -> Option<u64> {
    let is_whole = (1..=15).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    is_whole.then(|| digits.iter().fold(0, |sum, digit| 10 * sum + u64::from(digit - b'0')))
}

/// Parses like `Number.parseInt(text) || 0`: the digits that the text starts with. Anything else is 0.
pub(super) fn leading_integer(text: &str) -> f64 {
    let text = text.trim();
    let (sign, digits) = match text.strip_prefix(['-', '+']) {
        Some(rest) => (if text.starts_with('-') { -1.0 } else { 1.0 }, rest),
        None => (1.0, text),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hexadecimal) => (16, hexadecimal),
        None => (10, digits),
    };
    let value = digits
        .chars()
        .map_while(|c| c.to_digit(radix))
        .fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit));
    // Avoids −0, which would print and compare oddly.
    if value == 0.0 { 0.0 } else { sign * value }
}

/// Returns how many handshakes in a row a browser has been sent on, according to the cookie that counts them.
///
/// The client may send anything. Text that is not a number counts as 0; a fraction is rounded up and a negative number
/// counts as 0, so that neither allows more redirects than the limit.
pub(super) fn redirect_count(text: &str) -> u32 {
    let count: f64 = text.trim().parse().unwrap_or(0.0);
    // The cast saturates, and turns NaN into 0.
    count.ceil() as u32
}

/// Returns a claim as JavaScript's `<` and `>` see it. `None` compares as false, like NaN.
pub(super) fn comparable(claim: Option<Claim<'_>>) -> Option<f64> {
    let claim = claim?;
    match (claim.as_str().map(str::trim), claim) {
        (Some(""), _) | (_, Claim::Value(Value::Null)) => Some(0.0),
        (Some(text), _) => text.parse().ok(),
        (_, Claim::Value(Value::Bool(truth))) => Some(f64::from(u8::from(*truth))),
        _ => claim.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_their_integers() {
        for (text, expected) in [
            ("0", 0.0),
            ("1700000000", 1_700_000_000.0),
            ("1.9", 1.0),
            ("12abc", 12.0),
            (" 7", 7.0),
            ("-5", -5.0),
            ("+5", 5.0),
            ("-0", 0.0),
            ("", 0.0),
            ("abc", 0.0),
            ("0x10", 16.0),
            ("1e3", 1.0),
            ("NaN", 0.0),
            ("Infinity", 0.0),
        ] {
            assert_eq!(leading_integer(text), expected, "{text}");
        }
        assert!(leading_integer(&"9".repeat(400)).is_infinite());
        for digits in ["0", "00", "007", "1700000000", "999999999999999"] {
            assert_eq!(whole(digits.as_bytes()).map(|whole| whole as f64), Some(leading_integer(digits)), "{digits}");
        }
        for text in ["", "-1", "+1", " 1", "1.5", "0x1", "%30", "1000000000000000"] {
            assert_eq!(whole(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn claims_as_javascript_compares_them() {
        use crate::token::{ClaimName, Claims};
        for (json, expected) in [
            ("7", Some(7.0)),
            ("7.5", Some(7.5)),
            ("-1", Some(-1.0)),
            ("\"7\"", Some(7.0)),
            ("\" 7 \"", Some(7.0)),
            ("\"\"", Some(0.0)),
            ("\" \"", Some(0.0)),
            ("\"x\"", None),
            ("null", Some(0.0)),
            ("true", Some(1.0)),
            ("false", Some(0.0)),
            ("{}", None),
            ("[1]", None),
        ] {
            let claims = Claims::parse(format!("{{\"exp\":{json}}}").into_bytes(), 0).unwrap();
            assert_eq!(comparable(claims.get(ClaimName::Exp)), expected, "{json}");
        }
        assert_eq!(comparable(None), None);
    }

    #[test]
    fn texts_and_their_counts() {
        for (text, expected) in [
            ("0", 0),
            ("1", 1),
            ("3", 3),
            ("99", 99),
            ("1.5", 2),
            ("-7", 0),
            ("x", 0),
            ("NaN", 0),
            ("inf", u32::MAX),
            ("1e99", u32::MAX),
        ] {
            assert_eq!(redirect_count(text), expected, "{text}");
        }
    }
}
