//! RSA public keys for verifying signatures, prepared once.

use std::fmt;

use base64::Engine;
use jsonwebtoken::Algorithm;

#[cfg(feature = "aws_lc_rs")]
use super::aws_lc::PreparedKey;
#[cfg(all(feature = "rust_crypto", not(feature = "aws_lc_rs")))]
use super::rust_crypto::PreparedKey;
use super::{FORGIVING_BASE64, KeyError, pem, rsa_numbers::RsaNumbers};

#[cfg(not(any(feature = "aws_lc_rs", feature = "rust_crypto")))]
compile_error!(
    "to verify signatures, clerk-actix requires one of its features `aws_lc_rs` (the default) and `rust_crypto`"
);

/// An RSA public key, ready to verify signatures.
#[derive(Clone)]
pub(crate) struct VerificationKey {
    numbers: RsaNumbers,
    prepared: PreparedKey,
    algorithm: Option<Algorithm>,
}

impl VerificationKey {
    /// Parses the PEM public key from the dashboard (`CLERK_JWT_KEY`), in the forms that environment variables give it.
    pub(crate) fn from_pem(text: &str) -> Result<Self, KeyError> {
        // The reference imports the PEM as a key for RS256 only.
        Self::new(pem::read(text)?, Some(Algorithm::RS256))
    }

    /// Returns the key of a JWK: modulus and exponent in base64url, and the algorithm that the key is bound to (RFC
    /// 7517, section 4.4), if any.
    pub(crate) fn from_jwk(modulus: &str, exponent: &str, algorithm: Option<Algorithm>) -> Option<Self> {
        let (modulus, exponent) = (decode(modulus)?, decode(exponent)?);
        Self::new(RsaNumbers::new(&modulus, &exponent).ok()?, algorithm).ok()
    }

    fn new(numbers: RsaNumbers, algorithm: Option<Algorithm>) -> Result<Self, KeyError> {
        let prepared = PreparedKey::new(&numbers).ok_or(KeyError::RsaNumbers)?;
        Ok(Self { numbers, prepared, algorithm })
    }

    /// Returns whether the other is the same key for the same algorithm.
    pub(crate) fn is_same_as(&self, other: &Self) -> bool {
        self.numbers == other.numbers && self.algorithm == other.algorithm
    }

    /// Returns whether the other is the same RSA key, maybe for another algorithm.
    pub(crate) fn has_the_numbers_of(&self, other: &Self) -> bool {
        self.numbers == other.numbers
    }

    /// Returns the only algorithm that the key may be used with, if it is bound to one.
    pub(crate) fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Returns whether this is the key's signature of the message, by one of the three RSA algorithms that Clerk uses.
    pub(crate) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        self.prepared.has_signed(algorithm, message, signature)
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerificationKey").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

/// Decodes base64url. Accepts padding and the standard alphabet too, as the reference does.
fn decode(text: &str) -> Option<Vec<u8>> {
    FORGIVING_BASE64.decode(text.replace('-', "+").replace('_', "/")).ok()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod wycheproof;
