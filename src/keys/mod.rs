//! Clerk's keys: the publishable key, secret key, machine secret key, JWT key and webhook secret. Parsed once, never
//! printed.

#[cfg(feature = "aws_lc_rs")]
mod aws_lc;
mod pem;
mod problem;
mod rsa_numbers;
#[cfg(feature = "rust_crypto")]
#[cfg_attr(feature = "aws_lc_rs", allow(dead_code, reason = "compared with the library that is used"))]
mod rust_crypto;
#[cfg(test)]
pub(crate) mod samples;
mod text;
mod verification;
#[cfg(feature = "webhooks")]
mod webhook_secret;

use std::fmt;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use sha1::{Digest, Sha1};

pub use self::problem::{KeyError, KeyKind};
#[cfg(feature = "webhooks")]
pub(crate) use self::webhook_secret::WebhookSecret;
pub(crate) use self::{text::tidy, verification::VerificationKey};

/// The type of a Clerk instance: development or production.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum InstanceType {
    /// `pk_test_…`, `sk_test_…`
    Development,
    /// `pk_live_…`, `sk_live_…`
    Production,
}

impl fmt::Display for InstanceType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
        })
    }
}

/// A publishable key, `pk_test_…` or `pk_live_…`: it identifies the instance. It is not a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishableKey {
    text: String,
    instance_type: InstanceType,
    frontend_api: String,
}

impl PublishableKey {
    /// Parses the key: the prefix, then the base64 form of the Frontend API's host and a `$`.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyError> {
        let text = tidy(text);
        let (instance_type, encoded) = if let Some(rest) = text.strip_prefix("pk_live_") {
            (InstanceType::Production, rest)
        } else if let Some(rest) = text.strip_prefix("pk_test_") {
            (InstanceType::Development, rest)
        } else {
            return Err(KeyError::of_another_prefix(text, "pk_test_ or pk_live_"));
        };
        check_rest(encoded, |c| c.is_ascii_alphanumeric() || "+/=".contains(c))?;
        let decoded = FORGIVING_BASE64.decode(encoded).map_err(|_| KeyError::Encoding)?;
        let decoded = String::from_utf8(decoded).map_err(|_| KeyError::Encoding)?;
        let frontend_api = decoded.strip_suffix('$').ok_or(KeyError::Encoding)?;
        if frontend_api.contains('$') || !frontend_api.contains('.') || !is_host(frontend_api) {
            return Err(KeyError::Encoding);
        }
        Ok(Self { text: text.to_owned(), instance_type, frontend_api: frontend_api.to_owned() })
    }

    /// Returns the empty key of a configuration that only creates M2M tokens and authenticates nothing.
    pub(crate) fn of_no_instance() -> Self {
        Self { text: String::new(), instance_type: InstanceType::Production, frontend_api: String::new() }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn instance_type(&self) -> InstanceType {
        self.instance_type
    }

    /// Returns the suffix of this instance's cookies: eight characters of the key's SHA-1. It distinguishes instances,
    /// and is not a security measure.
    pub(crate) fn cookie_suffix(&self) -> String {
        let mut suffix = URL_SAFE_NO_PAD.encode(Sha1::digest(self.text.as_bytes()));
        suffix.truncate(8);
        suffix
    }

    /// Returns the host that the key decodes to, with a port if it has one.
    pub(crate) fn frontend_api(&self) -> &str {
        &self.frontend_api
    }
}

/// Decodes what WHATWG's `atob` accepts: with or without padding, and with stray bits at the end.
const FORGIVING_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Returns whether the text is a host name and nothing else: it becomes part of redirect URLs, so it must not smuggle
/// in anything more.
fn is_host(text: &str) -> bool {
    match url::Url::parse(&format!("https://{text}/")) {
        Ok(url) => {
            let port = url.port().map(|p| format!(":{p}")).unwrap_or_default();
            url.host_str().is_some_and(|host| format!("{host}{port}").eq_ignore_ascii_case(text))
        }
        Err(_) => false,
    }
}

/// A secret key, `sk_test_…` or `sk_live_…`.
#[derive(Clone)]
pub(crate) struct SecretKey {
    text: String,
    instance_type: InstanceType,
}

impl SecretKey {
    pub(crate) fn parse(text: &str) -> Result<Self, KeyError> {
        let text = tidy(text);
        let (instance_type, rest) = if let Some(rest) = text.strip_prefix("sk_live_") {
            (InstanceType::Production, rest)
        } else if let Some(rest) = text.strip_prefix("sk_test_") {
            (InstanceType::Development, rest)
        } else {
            return Err(KeyError::of_another_prefix(text, "sk_test_ or sk_live_"));
        };
        check_rest(rest, is_secret_char)?;
        Ok(Self { text: text.to_owned(), instance_type })
    }

    /// Returns the secret, for an `Authorization` header to Clerk and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }

    pub(crate) fn instance_type(&self) -> InstanceType {
        self.instance_type
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, &self.text)
    }
}

/// A machine's secret key, `ak_…`.
#[derive(Clone)]
pub(crate) struct MachineSecretKey(String);

impl MachineSecretKey {
    pub(crate) fn parse(text: &str) -> Result<Self, KeyError> {
        let text = tidy(text);
        let rest = text.strip_prefix("ak_").ok_or_else(|| KeyError::of_another_prefix(text, "ak_"))?;
        check_rest(rest, is_secret_char)?;
        Ok(Self(text.to_owned()))
    }

    /// Returns the secret, for an `Authorization` header to Clerk and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MachineSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, &self.0)
    }
}

/// Checks the part of a key after its prefix.
fn check_rest(rest: &str, belongs: impl Fn(char) -> bool) -> Result<(), KeyError> {
    if rest.is_empty() {
        return Err(KeyError::Empty);
    }
    if text::is_abbreviated(rest) {
        return Err(KeyError::Abbreviated);
    }
    match rest.chars().find(|char| !belongs(*char)) {
        Some(found) => Err(KeyError::Character { found }),
        None => Ok(()),
    }
}

/// The characters that an `Authorization` header can contain after `Bearer` (RFC 6750, section 2.1).
fn is_secret_char(char: char) -> bool {
    char.is_ascii_alphanumeric() || "-._~+/=".contains(char)
}

/// Prints only the prefix, which identifies the kind of key and reveals nothing about its value.
fn redacted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let prefix = text.rfind('_').map_or("", |end| &text[..=end]);
    let prefix = if prefix.len() > "sk_test_".len() { "" } else { prefix };
    write!(f, "\"{prefix}…\"")
}

#[cfg(test)]
mod tests;
