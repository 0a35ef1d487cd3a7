//! Authorized parties: the values that a token's `azp` claim can have.
//!
//! Clerk puts the `Origin` of the page that asked for a token into `azp`, and verification compares texts. Web pages
//! have web origins. Browser extensions, desktop apps and mobile apps have names in other forms, which do not follow
//! the rules for web origins. A text that can occur in a token is accepted unchanged. Any other text is an error that
//! suggests the text that was probably meant.

use std::net::IpAddr;

use url::Url;

use super::{
    error::ConfigError,
    origin::origin_of,
    setting::AUTHORIZED_PARTIES,
    shown::{shown, suggestion},
};

/// Returns the parties as they are compared with a claim. A host with non-ASCII characters is listed twice: as written,
/// and as browsers write it.
pub(super) fn parse(listed: Vec<String>) -> Result<Vec<String>, ConfigError> {
    let mut parties = Vec::with_capacity(listed.len());
    for text in listed {
        let alias = match Form::of(&text) {
            Form::Exact => None,
            Form::International { ascii } => Some(ascii),
            Form::NameAlone => {
                tracing::warn!(
                    party = shown(&text),
                    "{AUTHORIZED_PARTIES} contains a name without a scheme, which accepts only tokens whose azp claim is \
                     exactly this name: for a web application, set its origin instead, such as https://app.example.com"
                );
                None
            }
            Form::NoParty { .. } if text.contains('*') => {
                return Err(ConfigError::WildcardOrigin { found: shown(&text) });
            }
            Form::NoParty { .. } if is_several(&text) => {
                return Err(ConfigError::SeveralOrigins { found: shown(&text) });
            }
            Form::NoParty { meant } => {
                let (setting, found) = (AUTHORIZED_PARTIES.name, shown(&text));
                return Err(ConfigError::NotAnOrigin { setting, found, meant: suggestion(&text, meant) });
            }
        };
        parties.push(text);
        parties.extend(alias);
    }
    Ok(parties)
}

/// Returns whether the text is a list of several origins, with a separator other than the environment variable's comma.
fn is_several(text: &str) -> bool {
    let is_separator = |c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|');
    text.split(is_separator).filter(|part| part.chars().any(char::is_alphanumeric)).count() > 1
}

/// The form of a listed text.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// A token can contain exactly this text.
    Exact,
    /// A web origin whose host browsers write differently.
    International { ascii: String },
    /// A mobile app's ID, or a web host without its scheme: they look alike.
    NameAlone,
    /// No token contains this text.
    NoParty { meant: Option<String> },
}

impl Form {
    fn of(text: &str) -> Self {
        // The whole origin of a page with an opaque origin, and of a file.
        if matches!(text, "null" | "file://") {
            return Self::Exact;
        }
        let is_quoted =
            |c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '*' | ',' | ';');
        if text.is_empty() || text.contains(is_quoted) {
            return Self::NoParty { meant: web_origin(text.trim_matches(is_quoted)) };
        }
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Self::of_web_origin(text, &url),
            Ok(url) if url.scheme() == "file" => Self::NoParty { meant: Some("file://".to_owned()) },
            Ok(url) => Self::of_other_scheme(text, url.scheme()),
            Err(_) => Self::of_name(text),
        }
    }

    fn of_web_origin(text: &str, url: &Url) -> Self {
        let Some(canonical) = origin_of(url) else { return Self::NoParty { meant: None } };
        if canonical == text {
            return Self::Exact;
        }
        let scheme = format!("{}://", url.scheme());
        let rest =
            text.strip_prefix(&scheme).filter(|rest| !rest.is_ascii() && !rest.contains(['/', '\\', '?', '#', '@']));
        match rest {
            Some(_) => Self::International { ascii: canonical },
            None => Self::NoParty { meant: Some(canonical) },
        }
    }

    /// Classifies `capacitor://localhost`, `chrome-extension://id`, `app://` and, without slashes,
    /// `android:apk-key-hash:…`.
    fn of_other_scheme(text: &str, scheme: &str) -> Self {
        let Some(rest) = text.strip_prefix(scheme).and_then(|rest| rest.strip_prefix(':')) else {
            return Self::NoParty { meant: Some(text.to_ascii_lowercase()) };
        };
        match rest.strip_prefix("//") {
            Some(host) if host.contains(['/', '\\', '?', '#', '@']) => {
                let end = host.find(['/', '\\', '?', '#']).unwrap_or(host.len());
                let is_meant = !host[..end].contains('@');
                Self::NoParty { meant: is_meant.then(|| format!("{scheme}://{}", &host[..end])) }
            }
            Some(_) => Self::Exact,
            // In `localhost:3000` the host is not a scheme, although it looks like one.
            None if rest.starts_with(|c: char| c.is_ascii_digit()) => Self::NoParty { meant: web_origin(text) },
            None => Self::Exact,
        }
    }

    fn of_name(text: &str) -> Self {
        let is_name = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if is_name && text != "localhost" && text.parse::<IpAddr>().is_err() && shown(text) == text {
            return Self::NameAlone;
        }
        Self::NoParty { meant: web_origin(text) }
    }
}

/// Returns the web origin that a text without a scheme probably means: `http` on this machine, `https` elsewhere.
fn web_origin(text: &str) -> Option<String> {
    let text = text.strip_prefix("//").unwrap_or(text);
    if text.is_empty() || text.starts_with('/') || text.ends_with("://") {
        return None;
    }
    let with_scheme = |scheme: &str| Url::parse(&format!("{scheme}://{text}")).ok();
    let url = match Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https")) {
        Some(url) => url,
        None => {
            let url = with_scheme("https")?;
            let is_local = match url.host()? {
                url::Host::Domain(domain) => domain == "localhost",
                url::Host::Ipv4(_) | url::Host::Ipv6(_) => true,
            };
            if is_local { with_scheme("http")? } else { url }
        }
    };
    origin_of(&url)
}

#[cfg(test)]
mod tests;
