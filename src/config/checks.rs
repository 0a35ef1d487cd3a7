//! Checks for the text of each setting: they return the value, or the error that names the setting.

use url::Url;

use super::{error::ConfigError, page_url::PageUrl, shown::shown};
use crate::keys::KeyError;

/// A list that is set must not be empty. An empty list would switch the check off, and is more likely to be a forgotten
/// variable.
pub(super) fn list(setting: &'static str, list: Option<Vec<String>>) -> Result<Vec<String>, ConfigError> {
    match list {
        None => Ok(Vec::new()),
        Some(list) if list.iter().all(|entry| entry.trim().is_empty()) => Err(ConfigError::Empty { setting }),
        Some(list) if list.iter().any(|entry| entry.trim().is_empty()) => Err(ConfigError::EmptyEntry { setting }),
        Some(list) => Ok(list),
    }
}

pub(super) fn parse<K>(
    text: &Option<String>,
    parse: impl Fn(&str) -> Result<K, KeyError>,
    setting: &'static str,
    variable: &'static str,
) -> Result<Option<K>, ConfigError> {
    match text.as_deref() {
        None => Ok(None),
        Some("") => Err(ConfigError::Empty { setting }),
        Some(text) => {
            let malformed = |problem| ConfigError::MalformedKey { setting, variable, problem };
            parse(text).map(Some).map_err(malformed)
        }
    }
}

pub(super) fn absolute_url(setting: &'static str, variable: &'static str, text: &str) -> Result<Url, ConfigError> {
    match PageUrl::parse(text) {
        Some(PageUrl::Absolute(url)) => Ok(url),
        _ => Err(ConfigError::NotAnAbsoluteUrl { setting, variable, found: shown(text) }),
    }
}

pub(super) fn page(
    setting: &'static str,
    variable: &'static str,
    text: Option<String>,
) -> Result<Option<PageUrl>, ConfigError> {
    let Some(text) = text else { return Ok(None) };
    match PageUrl::parse(&text) {
        Some(page) => Ok(Some(page)),
        None => Err(ConfigError::NotAPage { setting, variable, found: shown(&text) }),
    }
}

/// Returns the host name in the form that is compared: lower case, ASCII, without a port. Rejects schemes and paths,
/// which would make the text ambiguous.
pub(super) fn check_domain(domain: String) -> Result<String, ConfigError> {
    let not_a_domain = || ConfigError::NotADomain { found: shown(&domain) };
    if domain.contains(['/', '\\', '?', '#', '@', '%']) {
        return Err(not_a_domain());
    }
    let url = Url::parse(&format!("https://{domain}")).map_err(|_| not_a_domain())?;
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if is_name { Ok(host.to_owned()) } else { Err(not_a_domain()) }
}

/// Checks that the URL has no user info, query or fragment.
pub(super) fn check_is_address_alone(
    setting: &'static str,
    variable: &'static str,
    url: &Url,
) -> Result<(), ConfigError> {
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.query().is_some() || url.fragment().is_some() {
        return Err(ConfigError::UrlWithExtras { setting, variable });
    }
    Ok(())
}

/// Checks the same for a URL or a path. Further path segments are appended as text, so they would end up in a query.
pub(super) fn check_is_path_alone(
    setting: &'static str,
    variable: &'static str,
    page: &PageUrl,
) -> Result<(), ConfigError> {
    match page {
        PageUrl::Absolute(url) => check_is_address_alone(setting, variable, url),
        PageUrl::Path(path) if path.contains(['?', '#']) => Err(ConfigError::UrlWithExtras { setting, variable }),
        PageUrl::Path(_) => Ok(()),
    }
}

/// The version is appended to the API's path, so the path must not contain it already.
pub(super) fn check_version(version: &str, api_url: &Url) -> Result<(), ConfigError> {
    let version = version.trim_matches('/');
    if version.is_empty() {
        return Err(ConfigError::Empty { setting: "api_version" });
    }
    let is_segment = |b: u8| b.is_ascii_alphanumeric() || b"-._/".contains(&b);
    if !version.bytes().all(is_segment) || version.split('/').any(|segment| segment.trim_matches('.').is_empty()) {
        return Err(ConfigError::NotAVersion { found: shown(version) });
    }
    let path = api_url.path().trim_end_matches('/');
    if path.strip_suffix(version).is_some_and(|rest| rest.ends_with('/')) {
        return Err(ConfigError::ApiUrlWithVersion { version: version.to_owned() });
    }
    Ok(())
}

/// Checks for `mch_` and the characters of Clerk's IDs. A machine's secret key would pass for an ID otherwise, and
/// would match no token.
pub(super) fn check_machine_id(id: String) -> Result<String, ConfigError> {
    let is_word = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if id.strip_prefix("mch_").is_some_and(is_word) {
        Ok(id)
    } else {
        Err(ConfigError::NotAMachineId { found: shown(&id) })
    }
}

/// A subprotocol is a token as in RFC 9110, section 5.6.2. Browsers refuse to offer anything else.
pub(super) fn check_protocol(name: String) -> Result<String, ConfigError> {
    let is_token_char = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !name.is_empty() && name.bytes().all(is_token_char) {
        Ok(name)
    } else {
        Err(ConfigError::NotAProtocol { found: shown(&name) })
    }
}

/// Checks for an origin exactly as browsers write it (RFC 6454, section 6.2), so that it can be compared with a claim
/// as text. Extensions (`chrome-extension://id`) have origins too.
pub(super) fn check_origin(setting: &'static str, text: &str) -> Result<(), ConfigError> {
    let canonical = Url::parse(text).ok().and_then(|url| {
        let host = url.host_str().filter(|host| !host.is_empty())?;
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{}://{host}{port}", url.scheme()))
    });
    if canonical.as_deref() == Some(text) {
        return Ok(());
    }
    // `canonical` never contains user info that was left in the URL.
    Err(ConfigError::NotAnOrigin { setting, found: shown(text), meant: canonical })
}
