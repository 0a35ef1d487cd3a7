//! Problems with the text of a key, described with what to do about them. They never contain the text.

use std::fmt;

use super::text::{is_assignment, is_blank, is_placeholder};

/// A problem with the text of a key. It never contains the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The prefix is not one that Clerk uses for this key.
    #[error("it does not start with {expected}")]
    #[non_exhaustive]
    Prefix {
        /// The accepted prefixes.
        expected: &'static str,
    },
    /// The text is another kind of key or value, or the key in another form.
    #[error("it is {found}")]
    #[non_exhaustive]
    AnotherKind {
        /// The kind that was found.
        found: KeyKind,
    },
    /// The key is abbreviated, as pages show it: `sk_live_…`
    #[error("it is abbreviated, like the keys that pages and examples show: copy the whole key with the copy button")]
    Abbreviated,
    /// The text is the name of a variable instead of its value: `${CLERK_SECRET_KEY}`
    #[error("it is a placeholder, such as the name of a variable, that was not replaced with a value")]
    Placeholder,
    /// The text is a whole line of an environment file: `CLERK_SECRET_KEY=…`
    #[error("it starts with the name of a variable and `=`: use only the text after the `=`")]
    Assignment,
    /// The text contains a character that no key has, such as a quote or a semicolon that was copied with it.
    #[error("it contains {}, which no key contains", shown(*.found))]
    #[non_exhaustive]
    Character {
        /// The first such character.
        found: char,
    },
    /// Nothing follows the prefix.
    #[error("nothing follows its prefix: it was probably cut short")]
    Empty,
    /// The part after the prefix is not base64, or does not decode to a host name followed by `$`.
    #[error("the text after its prefix does not decode to a host name and a `$`: it was probably cut short")]
    Encoding,
    /// The part after the prefix is not base64.
    #[error("the text after its prefix is not base64: it was probably cut short")]
    Base64,
    /// The text is not a PEM block.
    #[error("it is not a PEM block `-----BEGIN PUBLIC KEY-----`")]
    PemLabel,
    /// The text is only the first line of a PEM block.
    #[error(
        "it has only the first line of its PEM block: put the value in quotes, or write it on one line with `\\n` for \
         each line break"
    )]
    PemFirstLine,
    /// The text has more than one PEM block.
    #[error("it has more than one PEM block: use only the instance's public key")]
    PemSeveral,
    /// The content of the PEM block is not an RSA public key.
    #[error("its content is not an RSA public key: it was probably cut short or changed")]
    PemContent,
    /// The size of the RSA key is not accepted.
    #[error("it is an RSA key of {bits} bits, and only keys of 2048 to 8192 bits are accepted")]
    #[non_exhaustive]
    RsaSize {
        /// The size of its modulus, in bits.
        bits: usize,
    },
    /// The modulus or exponent is out of range for an RSA key.
    #[error("it is not an RSA key that can verify signatures: its modulus or its exponent is out of range")]
    RsaNumbers,
}

/// The kind of value that was found in place of the expected key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyKind {
    /// `pk_test_…`, `pk_live_…`
    PublishableKey,
    /// `sk_test_…`, `sk_live_…`
    SecretKey,
    /// `ak_…`
    MachineSecretKey,
    /// `whsec_…`
    WebhookSecret,
    /// A token of a session, a machine or an OAuth application.
    Token,
    /// `-----BEGIN PUBLIC KEY-----`
    PublicKeyPem,
    /// `-----BEGIN RSA PUBLIC KEY-----`
    Pkcs1Pem,
    /// `-----BEGIN PRIVATE KEY-----`, `-----BEGIN RSA PRIVATE KEY-----`
    PrivateKeyPem,
    /// `-----BEGIN CERTIFICATE-----`
    CertificatePem,
    /// `{"keys":[…]}`
    Jwks,
    /// `https://…`
    Url,
}

impl fmt::Display for KeyKind {
    /// Describes the value, and what to do with it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublishableKey => "a publishable key, which belongs in publishable_key (CLERK_PUBLISHABLE_KEY)",
            Self::SecretKey => "a secret key, which belongs in secret_key (CLERK_SECRET_KEY)",
            Self::MachineSecretKey => {
                "a machine's secret key or an API key; a machine's secret key belongs in machine_secret_key \
                 (CLERK_MACHINE_SECRET_KEY)"
            }
            Self::WebhookSecret => {
                "a webhook's signing secret, which belongs in webhook_signing_secret (CLERK_WEBHOOK_SIGNING_SECRET)"
            }
            Self::Token => "a token, which clients send in requests",
            Self::PublicKeyPem => "a PEM public key, which belongs in jwt_key (CLERK_JWT_KEY)",
            Self::Pkcs1Pem => {
                "a PEM block `-----BEGIN RSA PUBLIC KEY-----`, which is another form of public key: use the one that \
                 starts with `-----BEGIN PUBLIC KEY-----`, or convert it with `openssl rsa -RSAPublicKey_in -pubout`"
            }
            Self::PrivateKeyPem => {
                "a private key, which does not belong on this server: use the public key, which starts with \
                 `-----BEGIN PUBLIC KEY-----`"
            }
            Self::CertificatePem => "a certificate: use its public key, which `openssl x509 -pubkey -noout` prints",
            Self::Jwks => "JSON, such as a JWKS: use the PEM public key",
            Self::Url => "a URL: use the key itself",
        })
    }
}

impl KeyKind {
    /// Recognizes the kind of value by how the text starts.
    pub(super) fn of(text: &str) -> Option<Self> {
        let kinds = [
            ("pk_", Self::PublishableKey),
            ("sk_", Self::SecretKey),
            ("ak_", Self::MachineSecretKey),
            ("whsec_", Self::WebhookSecret),
            ("mt_", Self::Token),
            ("oat_", Self::Token),
            ("eyJ", Self::Token),
            ("-----BEGIN PUBLIC KEY", Self::PublicKeyPem),
            ("-----BEGIN RSA PUBLIC KEY", Self::Pkcs1Pem),
            ("-----BEGIN CERTIFICATE", Self::CertificatePem),
            ("{\"", Self::Jwks),
            ("https://", Self::Url),
            ("http://", Self::Url),
        ];
        let is_private = text.starts_with("-----BEGIN") && text.contains("PRIVATE KEY-----");
        let by_start = kinds.iter().find(|(start, _)| text.starts_with(start)).map(|(_, kind)| *kind);
        if is_private { Some(Self::PrivateKeyPem) } else { by_start }
    }
}

impl KeyError {
    /// Returns the problem of a text that has none of the accepted prefixes.
    pub(super) fn of_another_prefix(text: &str, expected: &'static str) -> Self {
        match KeyKind::of(text) {
            Some(found) => Self::AnotherKind { found },
            None if is_placeholder(text) => Self::Placeholder,
            None if is_assignment(text) => Self::Assignment,
            None => Self::Prefix { expected },
        }
    }
}

/// Returns a character as a message may show it: invisible characters by name.
fn shown(char: char) -> String {
    match char {
        '\n' | '\r' => "a line break".to_owned(),
        '\t' | ' ' => "white space".to_owned(),
        char if is_blank(char) => format!("an invisible character (U+{:04X})", u32::from(char)),
        char if char.is_ascii() => format!("`{char}`"),
        char => format!("`{char}` (U+{:04X})", u32::from(char)),
    }
}
