//! An instance's RSA key pair: signs tokens, and exports its public key as a JWK and as PEM.
#![allow(clippy::expect_used, reason = "test support: without randomness or memory, tests cannot run")]

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, KeyPair, RsaEncoding, RsaKeyPair},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Map, Value, json};

/// An RSA key pair with its `kid`.
#[derive(Debug)]
pub(crate) struct SigningKey {
    kid: String,
    pair: RsaKeyPair,
}

impl SigningKey {
    pub(crate) fn generate() -> Self {
        Self::generate_with_kid(format!("ins_{:016x}", rand::random::<u64>()))
    }

    pub(crate) fn generate_with_kid(kid: String) -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key pair can be made");
        Self { kid, pair }
    }

    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// Signs a JWT with the algorithm that the header names, or with RS256.
    pub(crate) fn sign(&self, header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
        self.sign_text(json!(header).to_string(), json!(claims).to_string())
    }

    /// The same for any header and payload, JSON or not.
    pub(crate) fn sign_text(&self, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
        let algorithm = serde_json::from_slice::<Value>(header.as_ref()).unwrap_or_default();
        let algorithm: &'static dyn RsaEncoding = match algorithm.get("alg").and_then(Value::as_str) {
            Some("RS384") => &signature::RSA_PKCS1_SHA384,
            Some("RS512") => &signature::RSA_PKCS1_SHA512,
            _ => &signature::RSA_PKCS1_SHA256,
        };
        self.sign_input(algorithm, &URL_SAFE_NO_PAD.encode(header), &URL_SAFE_NO_PAD.encode(claims))
    }

    /// The same for two parts that are already encoded, correctly or not.
    #[cfg(test)]
    pub(crate) fn sign_parts(&self, header: &str, claims: &str) -> String {
        self.sign_input(&signature::RSA_PKCS1_SHA256, header, claims)
    }

    fn sign_input(&self, algorithm: &'static dyn RsaEncoding, header: &str, claims: &str) -> String {
        let input = format!("{header}.{claims}");
        let mut signed = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(algorithm, &SystemRandom::new(), input.as_bytes(), &mut signed).expect("an RSA key can sign");
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signed))
    }

    /// Returns the public key as an entry of a JWKS.
    pub(crate) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        json!({
            "use": "sig",
            "kty": "RSA",
            "kid": self.kid,
            "alg": "RS256",
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
        })
    }

    /// Returns the public key as PEM, as the Clerk dashboard shows it.
    pub(crate) fn public_pem(&self) -> String {
        let der: PublicKeyX509Der<'_> = self.pair.public_key().as_der().expect("a public key can be encoded");
        let body = STANDARD.encode(der.as_ref());
        let lines: Vec<_> = body.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"))
    }
}
