//! Values of settings as error messages quote them.

use url::Url;

/// Returns what was probably meant by a text, unless the text is a secret.
pub(super) fn suggestion(text: &str, meant: Option<String>) -> Option<String> {
    meant.filter(|_| !looks_secret(text))
}

/// Returns the value as an error message may show it. People put secret keys where a URL belongs.
pub(crate) fn shown(text: &str) -> String {
    let has_user_info = Url::parse(text).is_ok_and(|url| !url.username().is_empty() || url.password().is_some());
    if looks_secret(text) || has_user_info { "(not shown: it looks like a secret)".to_owned() } else { text.to_owned() }
}

fn looks_secret(text: &str) -> bool {
    ["sk_", "ak_", "whsec_", "-----BEGIN", "eyJ"].iter().any(|mark| text.contains(mark))
}
