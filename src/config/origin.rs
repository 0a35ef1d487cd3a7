//! Origins: scheme, host and port, exactly as browsers write them (RFC 6454, section 6.2).

use url::Url;

use super::{
    error::ConfigError,
    setting::Setting,
    shown::{shown, suggestion},
};

/// Checks that the text is an origin, so that it can be compared with a claim as text. Extensions
/// (`chrome-extension://id`) have origins too.
pub(super) fn check(setting: Setting, text: &str) -> Result<(), ConfigError> {
    let canonical = Url::parse(text).ok().and_then(|url| origin_of(&url));
    if canonical.as_deref() == Some(text) {
        return Ok(());
    }
    Err(ConfigError::NotAnOrigin { setting: setting.name, found: shown(text), meant: suggestion(text, canonical) })
}

/// Returns a URL's origin, without any user info that was left in the URL.
pub(super) fn origin_of(url: &Url) -> Option<String> {
    let host = url.host_str().filter(|host| !host.is_empty())?;
    let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
    Some(format!("{}://{host}{port}", url.scheme()))
}
