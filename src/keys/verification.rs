//! The RSA public keys that signatures are checked with, prepared once.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};

use super::KeyError;

#[cfg(not(any(feature = "aws_lc_rs", feature = "rust_crypto")))]
compile_error!(
    "clerk-actix needs one of its features `aws_lc_rs` (the default) and `rust_crypto` to verify signatures"
);

/// An RSA public key, ready to check signatures.
#[derive(Clone)]
pub(crate) struct VerificationKey {
    key: DecodingKey,
    algorithm: Option<Algorithm>,
    #[cfg(feature = "aws_lc_rs")]
    prepared: prepared::Keys,
}

impl VerificationKey {
    /// The PEM public key of the dashboard (`CLERK_JWT_KEY`). Environment variables lose line
    /// breaks in many ways, so real ones, `\n` written out, and none at all will all do.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, KeyError> {
        const BEGIN: &str = "-----BEGIN PUBLIC KEY-----";
        const END: &str = "-----END PUBLIC KEY-----";
        let body = pem.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let body = body.ok_or(KeyError::PemLabel)?.replace("\\n", "").replace("\\r", "");
        let body: String = body.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let der = STANDARD.decode(body).map_err(|_| KeyError::PemContent)?;

        let canonical = format!("{BEGIN}\n{}\n{END}\n", STANDARD.encode(der));
        let key = DecodingKey::from_rsa_pem(canonical.as_bytes()).map_err(|_| KeyError::PemContent)?;
        // A modulus of 2048 bits takes 256 bytes; the signature library refuses shorter keys, but
        // only when the first token arrives.
        if key.try_get_as_bytes().map_or(0, <[u8]>::len) < 256 {
            return Err(KeyError::PemContent);
        }
        // The reference reads the PEM as a key for RS256 alone.
        Ok(Self::new(key, Some(Algorithm::RS256)))
    }

    /// A key of a JWKS: base64url of modulus and exponent, and the algorithm it is bound to
    /// (RFC 7517, section 4.4), if any.
    pub(crate) fn from_jwk(modulus: &str, exponent: &str, algorithm: Option<Algorithm>) -> Option<Self> {
        let key = DecodingKey::from_rsa_components(modulus, exponent).ok()?;
        Some(Self::new(key, algorithm))
    }

    fn new(key: DecodingKey, algorithm: Option<Algorithm>) -> Self {
        Self {
            #[cfg(feature = "aws_lc_rs")]
            prepared: prepared::Keys::new(&key),
            key,
            algorithm,
        }
    }

    /// Whether it is the same key for the same algorithm.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        let has_same_material = match (self.key.kind(), other.key.kind()) {
            (DecodingKeyKind::SecretOrDer(one), DecodingKeyKind::SecretOrDer(other)) => one == other,
            (
                DecodingKeyKind::RsaModulusExponent { n, e },
                DecodingKeyKind::RsaModulusExponent { n: other_n, e: other_e },
            ) => (n, e) == (other_n, other_e),
            _ => false,
        };
        has_same_material && self.algorithm == other.algorithm
    }

    /// The only algorithm that the key may be used with, if it is bound to one.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether that is this key's signature of the message, by one of the three RSA algorithms that Clerk uses.
    #[cfg(feature = "aws_lc_rs")]
    pub(crate) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.prepared.get(algorithm).is_some_and(|key| key.verify_sig(message, signature).is_ok())
    }

    #[cfg(all(feature = "rust_crypto", not(feature = "aws_lc_rs")))]
    pub(crate) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        // Named here instead of taken from the process-wide default: that panics when some other crate of the
        // application has turned the second backend on as well.
        let provider = &jsonwebtoken::crypto::rust_crypto::DEFAULT_PROVIDER;
        let verifier = (provider.verifier_factory)(&algorithm, &self.key);
        verifier.is_ok_and(|verifier| verifier.verify(message, &signature.to_vec()).is_ok())
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Parsed by aws-lc-rs. Through jsonwebtoken the key would be copied and parsed for each signature, which adds a sixth to
/// the cost of checking it.
#[cfg(feature = "aws_lc_rs")]
mod prepared {
    use aws_lc_rs::signature::{
        ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
        RsaParameters, RsaPublicKeyComponents,
    };
    use jsonwebtoken::{Algorithm, DecodingKey, DecodingKeyKind};

    /// One key for each algorithm. A key that cannot be parsed has signed nothing.
    #[derive(Clone)]
    pub(super) struct Keys {
        rs256: Option<ParsedPublicKey>,
        rs384: Option<ParsedPublicKey>,
        rs512: Option<ParsedPublicKey>,
    }

    impl Keys {
        pub(super) fn new(key: &DecodingKey) -> Self {
            Self {
                rs256: parse(key, &RSA_PKCS1_2048_8192_SHA256),
                rs384: parse(key, &RSA_PKCS1_2048_8192_SHA384),
                rs512: parse(key, &RSA_PKCS1_2048_8192_SHA512),
            }
        }

        pub(super) fn get(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
            match algorithm {
                Algorithm::RS256 => self.rs256.as_ref(),
                Algorithm::RS384 => self.rs384.as_ref(),
                Algorithm::RS512 => self.rs512.as_ref(),
                _ => None,
            }
        }
    }

    fn parse(key: &DecodingKey, parameters: &'static RsaParameters) -> Option<ParsedPublicKey> {
        match key.kind() {
            DecodingKeyKind::SecretOrDer(der) => ParsedPublicKey::new(parameters, der).ok(),
            DecodingKeyKind::RsaModulusExponent { n, e } => {
                RsaPublicKeyComponents { n, e }.to_parsed_public_key(parameters).ok()
            }
        }
    }
}
