//! The values of single settings: each function returns the checked value, or the error that names the setting.

use url::Url;

use super::{
    error::ConfigError,
    page_url::PageUrl,
    setting::{self, Setting},
    shown::shown,
};
use crate::keys::KeyError;

pub(super) fn key<K>(
    setting: Setting,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<K, KeyError>,
) -> Result<Option<K>, ConfigError> {
    match text {
        None => Ok(None),
        Some("") => Err(ConfigError::Empty { setting: setting.name }),
        Some(text) => parse(text).map(Some).map_err(|problem| ConfigError::MalformedKey {
            setting: setting.name,
            variable: setting.variable,
            problem,
        }),
    }
}

/// Checks for `mch_` and the characters of Clerk's IDs. A machine's secret key would pass for an ID otherwise, and
/// would match no token.
pub(super) fn machine_id(id: String) -> Result<String, ConfigError> {
    let is_word = |rest: &str| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if id.strip_prefix("mch_").is_some_and(is_word) {
        Ok(id)
    } else {
        Err(ConfigError::NotAMachineId { found: shown(&id) })
    }
}

/// A list that is set must not be empty. An empty list would switch the check off, and is more likely to be a forgotten
/// variable.
pub(super) fn list(setting: Setting, list: Option<Vec<String>>) -> Result<Vec<String>, ConfigError> {
    let setting = setting.name;
    match list {
        None => Ok(Vec::new()),
        Some(list) if list.iter().all(|entry| entry.trim().is_empty()) => Err(ConfigError::Empty { setting }),
        Some(list) if list.iter().any(|entry| entry.trim().is_empty()) => Err(ConfigError::EmptyEntry { setting }),
        Some(list) => Ok(list),
    }
}

pub(super) fn absolute_url(setting: Setting, text: &str) -> Result<Url, ConfigError> {
    match PageUrl::parse(text) {
        Some(PageUrl::Absolute(url)) => Ok(url),
        _ => {
            Err(ConfigError::NotAnAbsoluteUrl { setting: setting.name, variable: setting.variable, found: shown(text) })
        }
    }
}

pub(super) fn page(setting: Setting, text: Option<&str>) -> Result<Option<PageUrl>, ConfigError> {
    text.map(|text| PageUrl::parse(text).ok_or_else(|| not_a_page(setting, text))).transpose()
}

pub(super) fn not_a_page(setting: Setting, text: &str) -> ConfigError {
    ConfigError::NotAPage { setting: setting.name, variable: setting.variable, found: shown(text) }
}

/// Checks that a page has no user info, query or fragment. Further path segments are appended as text, so they would
/// end up in a query.
pub(super) fn check_is_path_alone(setting: Setting, page: &PageUrl) -> Result<(), ConfigError> {
    match page {
        PageUrl::Absolute(url) => check_is_address_alone(setting, url),
        PageUrl::Path(path) if path.contains(['?', '#']) => Err(url_with_extras(setting)),
        PageUrl::Path(_) => Ok(()),
    }
}

/// Checks the same for a URL.
pub(super) fn check_is_address_alone(setting: Setting, url: &Url) -> Result<(), ConfigError> {
    let has_user = !url.username().is_empty() || url.password().is_some();
    if has_user || url.query().is_some() || url.fragment().is_some() {
        return Err(url_with_extras(setting));
    }
    Ok(())
}

fn url_with_extras(setting: Setting) -> ConfigError {
    ConfigError::UrlWithExtras { setting: setting.name, variable: setting.variable }
}

/// Returns the host name in the form that is compared: lower case, ASCII, without a port. Rejects schemes and paths,
/// which would make the text ambiguous.
pub(super) fn domain(text: &str) -> Result<String, ConfigError> {
    let not_a_domain = || ConfigError::NotADomain { found: shown(text) };
    if text.contains(['/', '\\', '?', '#', '@', '%']) {
        return Err(not_a_domain());
    }
    let url = Url::parse(&format!("https://{text}")).map_err(|_| not_a_domain())?;
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
    if is_name { Ok(host.to_owned()) } else { Err(not_a_domain()) }
}

/// The version is appended to the API's path, so the path must not contain it already.
pub(super) fn check_api_version(version: &str, api_url: &Url) -> Result<(), ConfigError> {
    let version = version.trim_matches('/');
    if version.is_empty() {
        return Err(ConfigError::Empty { setting: setting::API_VERSION.name });
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

/// A subprotocol is a token as in RFC 9110, section 5.6.2. Browsers refuse to offer anything else.
pub(super) fn subprotocol(name: String) -> Result<String, ConfigError> {
    let is_token_char = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if !name.is_empty() && name.bytes().all(is_token_char) {
        Ok(name)
    } else {
        Err(ConfigError::NotAProtocol { found: shown(&name) })
    }
}
