//! The RSA keys that are accepted, as a PEM block and as a JWK. Both signature libraries have to verify with the same
//! keys.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::Algorithm::{self, RS256, RS384};

use super::*;
use crate::keys::samples::{sample, samples};

const MESSAGE: &[u8] = b"a message";

fn pem(spki: &str) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{spki}\n-----END PUBLIC KEY-----\n")
}

fn decoded(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn verifies(key: Option<VerificationKey>, algorithm: Algorithm, signature: &str) -> bool {
    key.is_some_and(|key| key.has_signed(algorithm, MESSAGE, &decoded(signature)))
}

#[test]
fn keys_by_size_and_exponent() {
    let expected = [
        ("1024 bits", false),
        ("2047 bits", false),
        ("2048 bits", true),
        ("2049 bits", true),
        ("3072 bits", true),
        ("4096 bits", true),
        ("8192 bits", true),
        ("8193 bits", false),
        ("exponent 1", false),
        ("exponent 2", false),
        ("exponent 3", true),
        ("exponent 2^32+15", true),
        ("exponent 2^33-9", true),
        ("exponent 2^33+17", false),
    ];
    assert_eq!(samples().len(), expected.len());
    for (name, is_accepted) in expected {
        let sample = sample(name);
        let by_pem = VerificationKey::from_pem(&pem(&sample.spki)).ok();
        let by_jwk = VerificationKey::from_jwk(&sample.n, &sample.e, None);
        assert_eq!(by_pem.is_some(), is_accepted, "{name}, PEM");
        assert_eq!(by_jwk.is_some(), is_accepted, "{name}, JWK");
        assert_eq!(verifies(by_pem, RS256, &sample.signature), is_accepted, "{name}, PEM, its signature");
        assert_eq!(verifies(by_jwk, RS256, &sample.signature), is_accepted, "{name}, JWK, its signature");
    }
}

/// Different encodings of one valid key.
#[test]
fn numbers_in_other_forms() {
    let good = sample("2048 bits");
    let prefixed = |text: &str, zeros: usize| encoded([vec![0; zeros], decoded(text)].concat());
    let with_last = |text: &str, change: u8| {
        let mut bytes = decoded(text);
        *bytes.last_mut().unwrap() ^= change;
        encoded(bytes)
    };
    let zeros = encoded([0; 256]);
    let half = encoded([vec![0; 128], decoded(&good.n)[..128].to_vec()].concat());
    for (name, n, e, is_accepted) in [
        ("as they are", good.n.clone(), good.e.clone(), true),
        ("a zero before n, as DER has it", prefixed(&good.n, 1), good.e.clone(), true),
        ("many zeros before n", prefixed(&good.n, 300), good.e.clone(), true),
        ("a zero before e", good.n.clone(), prefixed(&good.e, 1), true),
        ("many zeros before both", prefixed(&good.n, 7), prefixed(&good.e, 7), true),
        ("n with padding", format!("{}==", good.n), good.e.clone(), true),
        ("n in the other alphabet", good.n.replace('-', "+").replace('_', "/"), good.e.clone(), true),
        ("n even", with_last(&good.n, 1), good.e.clone(), false),
        ("n of 1024 bits, filled up with zeros", half, good.e.clone(), false),
        ("n all zeros", zeros.clone(), good.e.clone(), false),
        ("n empty", String::new(), good.e.clone(), false),
        ("n not base64", "!".repeat(342), good.e.clone(), false),
        ("e empty", good.n.clone(), String::new(), false),
        ("e zero", good.n.clone(), "AA".to_owned(), false),
        ("e all zeros", good.n.clone(), zeros, false),
        ("e as long as n", good.n.clone(), good.n.clone(), false),
    ] {
        let key = VerificationKey::from_jwk(&n, &e, None);
        assert_eq!(key.is_some(), is_accepted, "{name}");
        assert_eq!(verifies(key, RS256, &good.signature), is_accepted, "{name}, the key's signature");
    }
}

#[test]
fn signatures_that_are_not_the_keys() {
    let good = sample("2048 bits");
    let signature = decoded(&good.signature);
    let key = VerificationKey::from_jwk(&good.n, &good.e, None).unwrap();
    let longer = [vec![0], signature.clone()].concat();
    let mut changed = signature.clone();
    changed[200] ^= 1;
    for (name, algorithm, message, signature) in [
        ("another algorithm", RS384, MESSAGE, &signature[..]),
        ("another message", RS256, b"another", &signature),
        ("a bit changed", RS256, MESSAGE, &changed),
        ("a zero before it", RS256, MESSAGE, &longer),
        ("cut short", RS256, MESSAGE, &signature[..255]),
        ("nothing", RS256, MESSAGE, &[]),
        ("the modulus", RS256, MESSAGE, &decoded(&good.n)),
        ("an algorithm that is not RSA's", Algorithm::HS256, MESSAGE, &signature),
        ("an algorithm that Clerk does not use", Algorithm::PS256, MESSAGE, &signature),
    ] {
        assert!(!key.has_signed(algorithm, message, signature), "{name}");
    }
    assert!(key.has_signed(RS256, MESSAGE, &signature));
}

#[test]
fn one_key_in_two_forms_is_the_same_key() {
    let good = sample("2048 bits");
    let zero = encoded([vec![0], decoded(&good.n)].concat());
    let jwk = VerificationKey::from_jwk(&good.n, &good.e, Some(RS256)).unwrap();
    assert!(jwk.is_same_as(&VerificationKey::from_jwk(&zero, &good.e, Some(RS256)).unwrap()));
    assert!(jwk.is_same_as(&VerificationKey::from_pem(&pem(&good.spki)).unwrap()));
    assert!(!jwk.is_same_as(&VerificationKey::from_jwk(&good.n, &good.e, None).unwrap()), "bound to no algorithm");
    assert!(!jwk.is_same_as(&VerificationKey::from_jwk(&good.n, "Aw", Some(RS256)).unwrap()), "another exponent");
    assert!(STANDARD.decode(&good.spki).is_ok());
}
