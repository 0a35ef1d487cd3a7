//! RSA keys of many sizes for unit tests, each with its signature of `a message`: `tests/data/rsa_keys.json`.

use serde::Deserialize;

/// A public key, and a signature by its private key.
#[derive(Deserialize)]
pub(crate) struct Sample {
    pub(crate) name: String,
    pub(crate) n: String,
    pub(crate) e: String,
    /// The base64 of its DER form, as in a PEM block.
    pub(crate) spki: String,
    pub(crate) signature: String,
}

pub(crate) fn samples() -> Vec<Sample> {
    serde_json::from_str(include_str!("../../tests/data/rsa_keys.json")).unwrap()
}

pub(crate) fn sample(name: &str) -> Sample {
    samples().into_iter().find(|sample| sample.name == name).unwrap()
}
