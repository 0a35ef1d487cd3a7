//! The cost of one RSA-2048 verification with the crypto library alone.

use std::{hint::black_box, time::Duration};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        KeyPair, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
    },
};

use super::processor::of_this_thread;

/// A signature over as many bytes as a token has.
pub struct Yardstick {
    message: Vec<u8>,
    signature: Vec<u8>,
    key: Vec<u8>,
    parsed: ParsedPublicKey,
}

impl Yardstick {
    pub fn new(bytes: usize) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key pair");
        let (message, mut signature) = (vec![b'a'; bytes], vec![0; pair.public_modulus_len()]);
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), &message, &mut signature).expect("a signature");
        let key = pair.public_key().as_ref().to_vec();
        let parsed = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &key).expect("the same key");
        Self { message, signature, key, parsed }
    }

    /// Verifies with a key that was parsed before.
    pub fn verify_prepared(&self) -> bool {
        self.parsed.verify_sig(black_box(&self.message), black_box(&self.signature)).is_ok()
    }

    /// Verifies with a key that is parsed each time.
    pub fn verify(&self) -> bool {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key);
        key.verify(black_box(&self.message), black_box(&self.signature)).is_ok()
    }

    /// Returns the mean CPU time of one verification, of `count` in a row.
    pub fn time(&self, count: u32, verify: impl Fn(&Self) -> bool) -> Duration {
        let start = of_this_thread();
        for _ in 0..count {
            assert!(verify(self));
        }
        (of_this_thread() - start) / count
    }
}
