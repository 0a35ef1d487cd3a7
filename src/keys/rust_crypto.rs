//! Signature verification with the `rsa` crate.

use jsonwebtoken::Algorithm;
use rsa::{
    BigUint, Pkcs1v15Sign, RsaPublicKey,
    sha2::{Digest, Sha256, Sha384, Sha512},
};

use super::rsa_numbers::RsaNumbers;

/// A key parsed once.
#[derive(Clone)]
pub(super) struct PreparedKey(RsaPublicKey);

impl PreparedKey {
    pub(super) fn new(numbers: &RsaNumbers) -> Option<Self> {
        let (n, e) = (BigUint::from_bytes_be(numbers.modulus()), BigUint::from_bytes_be(numbers.exponent()));
        // The size has already been checked. The crate's own limit is 4096 bits.
        let bits = n.bits();
        RsaPublicKey::new_with_max_size(n, e, bits).ok().map(Self)
    }

    pub(super) fn has_signed(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        let verdict = match algorithm {
            Algorithm::RS256 => self.0.verify(Pkcs1v15Sign::new::<Sha256>(), &Sha256::digest(message), signature),
            Algorithm::RS384 => self.0.verify(Pkcs1v15Sign::new::<Sha384>(), &Sha384::digest(message), signature),
            Algorithm::RS512 => self.0.verify(Pkcs1v15Sign::new::<Sha512>(), &Sha512::digest(message), signature),
            _ => return false,
        };
        verdict.is_ok()
    }
}
