//! What can be wrong with the text of a key, in words that say what to do. They never hold the text.

use std::fmt;

use super::text::{is_assignment, is_blank, is_placeholder};

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
    /// It is something else that Clerk gives out, or another form of it.
    #[error("it is {found}")]
    AnotherKind {
        /// What it is.
        found: KeyKind,
    },
    /// It is abbreviated, as a page shows it: `sk_live_…`
    #[error("it is abbreviated, as a page or an example shows a key: use the copy button to get all of it")]
    Abbreviated,
    /// It is the name of a variable instead of the variable's value: `${CLERK_SECRET_KEY}`
    #[error("it is a placeholder, such as the name of a variable, which nothing has replaced with a value")]
    Placeholder,
    /// It is a whole line of an environment file: `CLERK_SECRET_KEY=…`
    #[error("it starts with a variable's name and `=`: give what follows the `=` alone")]
    Assignment,
    /// There is a character that no key has, such as a quote or a semicolon that was copied with it.
    #[error("it contains {}, which no key has", shown(*.found))]
    Character {
        /// The first such character.
        found: char,
    },
    /// Nothing follows the prefix.
    #[error("nothing follows its prefix, as if it had been cut short")]
    Empty,
    /// The part after the prefix is not base64, or not of a host name followed by `$`.
    #[error("what follows its prefix does not decode to a host name and a `$`, as if it had been cut short")]
    Encoding,
    /// It is not a PEM block.
    #[error("it is not a PEM block `-----BEGIN PUBLIC KEY-----`")]
    PemLabel,
    /// Only the first line of a PEM block.
    #[error(
        "only the first line of its PEM block is there: put the value in quotes, or write it on one line with `\\n` for each \
         line break"
    )]
    PemFirstLine,
    /// Several PEM blocks.
    #[error("it has more than one PEM block: give the instance's public key alone")]
    PemSeveral,
    /// A PEM block whose content is not an RSA public key.
    #[error("its content is not an RSA public key, as if it had been cut short or changed")]
    PemContent,
    /// An RSA key of a size that is not accepted.
    #[error("it is an RSA key of {bits} bits: keys of 2048 to 8192 bits are accepted")]
    RsaSize {
        /// The size of its modulus.
        bits: usize,
    },
    /// An RSA key whose modulus or exponent no RSA key has.
    #[error("it is not an RSA key that a signature can be verified with: its modulus or its exponent is out of range")]
    RsaNumbers,
}

/// What was found where another key belongs.
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
    /// A session token, a machine's or an OAuth application's.
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
    /// What it is, and what to do with it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PublishableKey => "a publishable key, which belongs in publishable_key (CLERK_PUBLISHABLE_KEY)",
            Self::SecretKey => "a secret key, which belongs in secret_key (CLERK_SECRET_KEY)",
            Self::MachineSecretKey => {
                "a machine's secret key or an API key; the former belongs in machine_secret_key (CLERK_MACHINE_SECRET_KEY)"
            }
            Self::WebhookSecret => "a webhook's signing secret",
            Self::Token => "a token, which is what a request brings",
            Self::PublicKeyPem => "a PEM public key, which belongs in jwt_key (CLERK_JWT_KEY)",
            Self::Pkcs1Pem => {
                "a PEM block `-----BEGIN RSA PUBLIC KEY-----`, which is another form of public key: use the one that starts \
                 `-----BEGIN PUBLIC KEY-----`, or convert it with `openssl rsa -RSAPublicKey_in -pubout`"
            }
            Self::PrivateKeyPem => {
                "a private key, which does not belong on this server: use the public key, which starts \
                 `-----BEGIN PUBLIC KEY-----`"
            }
            Self::CertificatePem => {
                "a certificate: use the public key in it, which `openssl x509 -pubkey -noout` prints"
            }
            Self::Jwks => "JSON, such as a JWKS: use the PEM public key",
            Self::Url => "a URL: give the key itself",
        })
    }
}

impl KeyKind {
    /// What the text looks like, by how it starts.
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
    /// Of a text that starts with none of the prefixes that would do.
    pub(super) fn of_another_prefix(text: &str, expected: &'static str) -> Self {
        match KeyKind::of(text) {
            Some(found) => Self::AnotherKind { found },
            None if is_placeholder(text) => Self::Placeholder,
            None if is_assignment(text) => Self::Assignment,
            None => Self::Prefix { expected },
        }
    }
}

/// A character as a message may show it: what is not seen has a name.
fn shown(char: char) -> String {
    match char {
        '\n' | '\r' => "a line break".to_owned(),
        '\t' | ' ' => "white space".to_owned(),
        char if is_blank(char) => format!("an invisible character (U+{:04X})", u32::from(char)),
        char if char.is_ascii() => format!("`{char}`"),
        char => format!("`{char}` (U+{:04X})", u32::from(char)),
    }
}
