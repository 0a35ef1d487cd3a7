//! Signature verification with aws-lc-rs.

use aws_lc_rs::signature::{
    ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents,
};
use jsonwebtoken::Algorithm;

use super::rsa_numbers::RsaNumbers;

/// A key, parsed once for each algorithm. Parsing it for each signature would add a sixth to the cost of verification.
#[derive(Clone)]
pub(super) struct PreparedKey {
    rs256: ParsedPublicKey,
    rs384: ParsedPublicKey,
    rs512: ParsedPublicKey,
}

impl PreparedKey {
    pub(super) fn new(numbers: &RsaNumbers) -> Option<Self> {
        let numbers = RsaPublicKeyComponents { n: numbers.modulus(), e: numbers.exponent() };
        let parse = |parameters: &'static RsaParameters| numbers.to_parsed_public_key(parameters).ok();
        Some(Self {
            rs256: parse(&RSA_PKCS1_2048_8192_SHA256)?,
            rs384: parse(&RSA_PKCS1_2048_8192_SHA384)?,
            rs512: parse(&RSA_PKCS1_2048_8192_SHA512)?,
        })
    }

    pub(super) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let key = match algorithm {
            Algorithm::RS256 => &self.rs256,
            Algorithm::RS384 => &self.rs384,
            Algorithm::RS512 => &self.rs512,
            _ => return false,
        };
        key.verify_sig(message, signature).is_ok()
    }
}
