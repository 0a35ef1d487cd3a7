//! Clerk's keys: publishable, secret, machine secret and the JWT key. Parsed once, never printed.

mod verification;

use std::fmt;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::URL_SAFE_NO_PAD},
};
use sha1::{Digest, Sha1};

pub(crate) use self::verification::VerificationKey;

/// Which kind of Clerk instance a key belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// What is wrong with the text of a key. It never holds the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The prefix is not one of Clerk's.
    #[error("it does not start with {expected}")]
    Prefix {
        /// The prefixes that would do.
        expected: &'static str,
    },
    /// There is a space, a line break or another character that no key has.
    #[error(
        "it has white space or other characters that no key has, such as quotes or a line break that were copied with it"
    )]
    Characters,
    /// Nothing follows the prefix.
    #[error("nothing follows its prefix, as if it had been cut short")]
    Empty,
    /// The part after the prefix is not base64, or not of a host name followed by `$`.
    #[error("what follows its prefix does not decode to a host name and a `$`, as if it had been cut short")]
    Encoding,
    /// A PEM block of another kind, for instance a private key.
    #[error("it is not a PEM block `-----BEGIN PUBLIC KEY-----`")]
    PemLabel,
    /// A PEM block whose content is no RSA public key of 2048 bits or more.
    #[error("its content is not an RSA public key of at least 2048 bits")]
    PemContent,
}

/// A publishable key, `pk_test_…` or `pk_live_…`: names the instance. It is not a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PublishableKey {
    text: String,
    instance_type: InstanceType,
    frontend_api: String,
}

impl PublishableKey {
    /// Parses the key: the prefix, then base64 of the frontend API's host and a `$`.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyError> {
        const EXPECTED: &str = "pk_test_ or pk_live_";
        let (instance_type, encoded) = if let Some(rest) = text.strip_prefix("pk_live_") {
            (InstanceType::Production, rest)
        } else if let Some(rest) = text.strip_prefix("pk_test_") {
            (InstanceType::Development, rest)
        } else {
            return Err(KeyError::Prefix { expected: EXPECTED });
        };
        if encoded.is_empty() {
            return Err(KeyError::Empty);
        }
        if !encoded.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(KeyError::Characters);
        }
        let decoded = FORGIVING_BASE64.decode(encoded).map_err(|_| KeyError::Encoding)?;
        let decoded = String::from_utf8(decoded).map_err(|_| KeyError::Encoding)?;
        let frontend_api = decoded.strip_suffix('$').ok_or(KeyError::Encoding)?;
        if frontend_api.contains('$') || !frontend_api.contains('.') || !is_host(frontend_api) {
            return Err(KeyError::Encoding);
        }
        Ok(Self { text: text.to_owned(), instance_type, frontend_api: frontend_api.to_owned() })
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn instance_type(&self) -> InstanceType {
        self.instance_type
    }

    /// What this instance's cookies are suffixed with: eight characters of the key's SHA-1. It tells instances apart,
    /// and protects nothing.
    pub(crate) fn cookie_suffix(&self) -> String {
        let mut suffix = URL_SAFE_NO_PAD.encode(Sha1::digest(self.text.as_bytes()));
        suffix.truncate(8);
        suffix
    }

    /// The host that the key decodes to, with a port where it has one.
    pub(crate) fn frontend_api(&self) -> &str {
        &self.frontend_api
    }
}

/// What WHATWG's `atob` accepts: padding or none, and stray bits at the end.
const FORGIVING_BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// The host goes into redirects, so it has to be one: nothing may be smuggled into a URL with it.
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
        let (instance_type, rest) = if let Some(rest) = text.strip_prefix("sk_live_") {
            (InstanceType::Production, rest)
        } else if let Some(rest) = text.strip_prefix("sk_test_") {
            (InstanceType::Development, rest)
        } else {
            return Err(KeyError::Prefix { expected: "sk_test_ or sk_live_" });
        };
        check_secret(rest)?;
        Ok(Self { text: text.to_owned(), instance_type })
    }

    /// The secret itself, for an `Authorization` header to Clerk and nothing else.
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
        let rest = text.strip_prefix("ak_").ok_or(KeyError::Prefix { expected: "ak_" })?;
        check_secret(rest)?;
        Ok(Self(text.to_owned()))
    }

    /// The secret itself, for an `Authorization` header to Clerk and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for MachineSecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(f, &self.0)
    }
}

fn check_secret(rest: &str) -> Result<(), KeyError> {
    if rest.is_empty() {
        return Err(KeyError::Empty);
    }
    if !rest.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(KeyError::Characters);
    }
    Ok(())
}

/// The prefix says which kind of key it is and nothing about its value.
fn redacted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let prefix = text.rfind('_').map_or("", |end| &text[..=end]);
    let prefix = if prefix.len() > "sk_test_".len() { "" } else { prefix };
    write!(f, "\"{prefix}…\"")
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn publishable(prefix: &str, decoded: &str) -> String {
        format!("{prefix}{}", STANDARD.encode(decoded))
    }

    #[test]
    fn publishable_keys() {
        let good = PublishableKey::parse(&publishable("pk_live_", "clerk.example.com$")).unwrap();
        assert_eq!(good.frontend_api(), "clerk.example.com");
        assert_eq!(good.instance_type(), InstanceType::Production);
        let unpadded = publishable("pk_test_", "happy-cat-1.clerk.accounts.dev$");
        let good = PublishableKey::parse(unpadded.trim_end_matches('=')).unwrap();
        assert_eq!(good.instance_type(), InstanceType::Development);
        assert!(PublishableKey::parse(&publishable("pk_test_", "127.0.0.1:4000$")).is_ok());

        use KeyError::*;
        for (name, text, error) in [
            ("no prefix", "clerk.example.com".into(), Prefix { expected: "pk_test_ or pk_live_" }),
            ("a secret key", "sk_test_abc".into(), Prefix { expected: "pk_test_ or pk_live_" }),
            ("nothing after the prefix", "pk_test_".into(), Empty),
            ("a line break", format!("{}\n", publishable("pk_test_", "a.b$")), Characters),
            ("a fourth part", "pk_test_YS5i_JA".into(), Encoding),
            ("not base64", "pk_test_!!!!".into(), Encoding),
            ("no dollar", publishable("pk_test_", "clerk.example.com"), Encoding),
            ("two dollars", publishable("pk_test_", "clerk.exa$mple.com$"), Encoding),
            ("no dot", publishable("pk_test_", "localhost$"), Encoding),
            ("a path", publishable("pk_test_", "clerk.example.com/x$"), Encoding),
            ("user info", publishable("pk_test_", "a@clerk.example.com$"), Encoding),
            ("not UTF-8", format!("pk_test_{}", STANDARD.encode(b"\xff.\xff$")), Encoding),
        ] {
            assert_eq!(PublishableKey::parse(&text), Err(error), "{name}");
        }
    }

    #[test]
    fn secret_keys_do_not_print() {
        let secret = SecretKey::parse("sk_live_0123456789").unwrap();
        assert_eq!(secret.expose(), "sk_live_0123456789");
        assert_eq!(format!("{secret:?}"), "\"sk_live_…\"");
        let machine = MachineSecretKey::parse("ak_0123456789").unwrap();
        assert_eq!(format!("{machine:?}"), "\"ak_…\"");
        // An underscore inside the secret part must not move the border.
        let odd = SecretKey::parse("sk_test_abc_def").unwrap();
        assert_eq!(format!("{odd:?}"), "\"…\"");

        assert_eq!(SecretKey::parse("sk_test_").err(), Some(KeyError::Empty));
        assert_eq!(SecretKey::parse("sk_test_a b").err(), Some(KeyError::Characters));
        assert!(SecretKey::parse("\"sk_test_abc\"").is_err());
        assert!(MachineSecretKey::parse("mt_abc").is_err());
    }

    const PEM: &str = "-----BEGIN PUBLIC KEY-----\n\
        MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA0vx7agoebGcQSuuPiLJX\n\
        ZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tS\n\
        oc/BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ/2W+5JsGY4Hc5n9yBXArwl93lqt\n\
        7/RN5w6Cf0h4QyQ5v+65YGjQR0/FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0\n\
        zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt+bFTWhAI4vMQFh6WeZu0f\n\
        M4lFd2NcRwr3XPksINHaQ+G/xBniIqbw0Ls1jF44+csFCur+kEgU8awapJzKnqDK\n\
        gwIDAQAB\n\
        -----END PUBLIC KEY-----\n";

    #[test]
    fn pem_keys_survive_the_ways_an_environment_writes_line_breaks() {
        for (name, pem) in [
            ("as it is", PEM.to_owned()),
            ("CRLF", PEM.replace('\n', "\r\n")),
            ("written out", PEM.replace('\n', "\\n").trim_end_matches("\\n").to_owned()),
            ("one line", PEM.replace('\n', "")),
        ] {
            assert!(VerificationKey::from_pem(&pem).is_ok(), "{name}");
        }
    }

    #[test]
    fn pem_keys_that_cannot_work() {
        let short_rsa = "-----BEGIN PUBLIC KEY-----\n\
            MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf\n\
            9Cnzj4p4WGeKLs1Pt8QuKUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ==\n\
            -----END PUBLIC KEY-----";
        for (name, pem, error) in [
            ("a private key", PEM.replace("PUBLIC", "PRIVATE"), KeyError::PemLabel),
            ("no PEM", "0vx7agoebGcQ".to_owned(), KeyError::PemLabel),
            ("cut short", PEM.replace("gwIDAQAB\n", ""), KeyError::PemContent),
            ("empty", PEM[..27].to_owned() + "-----END PUBLIC KEY-----", KeyError::PemContent),
            ("512 bits", short_rsa.to_owned(), KeyError::PemContent),
        ] {
            assert_eq!(VerificationKey::from_pem(&pem).err(), Some(error), "{name}");
        }
    }
}
