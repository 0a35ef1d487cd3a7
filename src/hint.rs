//! Text of a stranger's making, as a log line may hold it.

/// The text cut to what a line can bear, its line breaks and control characters escaped: a token that anybody can have
/// written does not get to write log lines.
pub(crate) fn hint(text: &str) -> String {
    const MAX: usize = 500;
    text.chars().take(MAX).flat_map(|c| if c.is_control() { c.escape_debug().collect() } else { vec![c] }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_and_what_is_logged_of_them() {
        assert_eq!(hint("kid='ins_1' \"é\""), "kid='ins_1' \"é\"");
        assert_eq!(
            hint("x\n2026-01-01 INFO admin signed in\r\0\u{1b}[31m"),
            "x\\n2026-01-01 INFO admin signed in\\r\\0\\u{1b}[31m"
        );
        assert_eq!(hint(&"é".repeat(10_000)).chars().count(), 500);
    }
}
