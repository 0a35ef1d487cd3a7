//! Forgeries that confuse a verifier about the algorithm or about the key: each is rejected with each kind of key.

use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use base64::engine::general_purpose::STANDARD;

use super::*;

/// The kinds of keys that a token is verified with.
const KEYS: [(&str, KeyOf); 3] = [("JWKS", by_jwks), ("JWK bound to no algorithm", by_unbound_jwk), ("PEM", by_pem)];

fn reason(token: &str, key_of: KeyOf) -> Result<(), Reason> {
    verify(token, &no_rules(), key_of).map(drop).map_err(|rejection| rejection.reason)
}

/// Everything that is public about the key, which a verifier might use as the secret of an HMAC.
fn public_texts() -> Vec<(&'static str, Vec<u8>)> {
    let (pem, jwk) = (keys().0.public_pem(), keys().0.jwk());
    let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
    let der = STANDARD.decode(&body).unwrap();
    let text = |name: &str| jwk[name].as_str().unwrap().to_owned();
    vec![
        ("PEM", pem.clone().into_bytes()),
        ("PEM without its last line break", pem.trim().into()),
        ("PEM with DOS line breaks", pem.replace('\n', "\r\n").into_bytes()),
        ("PEM on one line, as an environment file has it", pem.replace('\n', "\\n").into_bytes()),
        ("base64 of the PEM block", body.into_bytes()),
        ("DER", der.clone()),
        ("PKCS#1 DER", der[24..].to_vec()),
        ("JWK", jwk.to_string().into_bytes()),
        ("JWKS", json!({ "keys": [jwk] }).to_string().into_bytes()),
        ("modulus", URL_SAFE_NO_PAD.decode(text("n")).unwrap()),
        ("text of the modulus", text("n").into_bytes()),
        ("text of the exponent", text("e").into_bytes()),
        ("kid", keys().0.kid().into()),
        ("nothing", Vec::new()),
    ]
}

#[test]
fn an_hmac_with_anything_public_as_its_secret() {
    let algorithms = [("HS256", HMAC_SHA256), ("HS384", HMAC_SHA384), ("HS512", HMAC_SHA512)];
    for ((name, secret), (hs, algorithm)) in
        public_texts().iter().flat_map(|secret| algorithms.map(|algorithm| (secret, algorithm)))
    {
        // The header names the HMAC, or the algorithm of the key.
        for (says, expected) in [(hs, TokenInvalidAlgorithm), ("RS256", TokenInvalidSignature)] {
            let input = format!(
                "{}.{}",
                encode(json!(with(header(), json!({ "alg": says }))).to_string()),
                encode(json!(claims()).to_string())
            );
            let tag = hmac::sign(&hmac::Key::new(algorithm, secret), input.as_bytes());
            let token = format!("{input}.{}", encode(tag));
            for (kind, key_of) in KEYS {
                let found = reason(&token, key_of);
                assert_eq!(found, Err(expected.clone()), "{hs} with the {name}, header {says}, by the {kind}");
            }
        }
    }
}

#[test]
fn algorithms_that_are_not_rsa() {
    let good = good();
    let (_, rest) = good.split_once('.').unwrap();
    let (payload, signature) = rest.split_once('.').unwrap();
    let algorithms = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        " RS256",
        "RS256 ",
        "rs256",
        "RS-256",
        "RS1",
        "RS2048",
        "RSA256",
        "HS256",
        "HS384",
        "HS512",
        "ES256",
        "ES256K",
        "ES384",
        "ES512",
        "EdDSA",
        "Ed25519",
        "PS256",
        "PS384",
        "PS512",
        "RSA-OAEP",
        "RSA1_5",
        "dir",
        "A128KW",
        "RS256\0",
        "RS256,none",
        "ＲＳ256",
    ];
    for algorithm in algorithms {
        let header = encode(json!(with(header(), json!({ "alg": algorithm }))).to_string());
        let genuine = headed(json!({ "alg": algorithm }));
        for (name, token) in [
            ("a signature of another header", format!("{header}.{payload}.{signature}")),
            ("no signature", format!("{header}.{payload}.")),
            ("signed with RS256", genuine),
        ] {
            for (kind, key_of) in KEYS {
                assert_eq!(reason(&token, key_of), Err(TokenInvalidAlgorithm), "{algorithm:?}, {name}, by the {kind}");
            }
        }
    }
}

/// RFC 8725, section 3.10: a key, or the address of one, from the token itself must not be trusted. An attacker signs
/// with a key of their own, and sends it along.
#[test]
fn keys_that_a_token_brings_along() {
    let attacker = &keys().1;
    let jwk = attacker.jwk();
    let body: String = attacker.public_pem().lines().filter(|line| !line.starts_with('-')).collect();
    let brought = [
        ("jwk", json!({ "jwk": jwk })),
        ("jwk under our kid", json!({ "jwk": with(object(jwk.clone()), json!({ "kid": keys().0.kid() })) })),
        ("jwks", json!({ "jwks": { "keys": [jwk] } })),
        ("jku", json!({ "jku": "https://attacker.example/jwks.json" })),
        ("jku on the instance's host", json!({ "jku": "https://clerk.example.com/../attacker/jwks.json" })),
        ("jku of a file", json!({ "jku": "file:///etc/passwd" })),
        ("x5u", json!({ "x5u": "https://attacker.example/key.pem" })),
        ("x5c", json!({ "x5c": [body] })),
        ("x5t", json!({ "x5t": "AAAA", "x5t#S256": "AAAA" })),
        ("pem", json!({ "pem": attacker.public_pem() })),
        ("iss in the header", json!({ "iss": "https://attacker.example" })),
        ("all", json!({ "jwk": jwk, "jku": "https://attacker.example", "x5u": "x", "x5c": ["x"], "x5t": 7 })),
        ("nonsense", json!({ "jwk": 7, "jku": null, "x5u": [], "x5c": {}, "x5t": true })),
    ];
    for (name, parameters) in brought {
        let foreign = attacker.sign(&with(header(), parameters.clone()), &claims());
        for (kind, key_of) in KEYS {
            assert_eq!(reason(&foreign, key_of), Err(TokenInvalidSignature), "{name}, by the {kind}");
            let genuine = headed(parameters.clone());
            assert_eq!(reason(&genuine, key_of), Ok(()), "{name}: ignored in a token of Clerk's, by the {kind}");
        }
        let its_kid = with(with(header(), parameters), json!({ "kid": attacker.kid() }));
        assert_eq!(reason(&attacker.sign(&its_kid, &claims()), by_jwks), Err(JwkKidMismatch), "{name}, its own kid");
    }
}

/// Of members with one name, the last one counts, for every rule and for the claims that a handler sees. Only Clerk can
/// make such a token: a signature covers the bytes.
#[test]
fn members_that_appear_twice() {
    let (mine, theirs) = (keys().0.kid(), keys().1.kid());
    let signed = |header: &str, claims: &str| keys().0.sign_text(header, claims);
    let head = |extra: &str| format!(r#"{{"alg":"RS256","typ":"JWT","cat":"cl_B7d4PD111AAA",{extra}}}"#);
    let known = head(&format!(r#""kid":"{mine}""#));
    let body = |extra: &str| format!(r#"{{"sub":"user_1","iat":{NOW},"exp":{},{extra}}}"#, NOW + 60);
    let good = body(r#""sid":"sess_1""#);
    for (name, token, expected) in [
        ("kid: ours last", signed(&head(&format!(r#""kid":"{theirs}","kid":"{mine}""#)), &good), Ok(())),
        ("kid: ours first", signed(&head(&format!(r#""kid":"{mine}","kid":"{theirs}""#)), &good), Err(JwkKidMismatch)),
        (
            "alg: none last",
            signed(&known.replace("\"typ\"", "\"alg\":\"none\",\"typ\""), &good),
            Err(TokenInvalidAlgorithm),
        ),
        ("alg: none first", signed(&known.replacen("{", "{\"alg\":\"none\",", 1), &good), Ok(())),
        ("typ: another one last", signed(&known.replace("\"cat\"", "\"typ\":\"x\",\"cat\""), &good), Err(TokenInvalid)),
        (
            "cat: a template's last",
            signed(&head(&format!(r#""kid":"{mine}","cat":"cl_B7d4PD222AAA""#)), &good),
            Err(TokenTypeMismatch),
        ),
        ("exp: the past last", signed(&known, &body(r#""exp":0"#)), Err(TokenExpired)),
        ("sub: empty last", signed(&known, &body(r#""sub":"""#)), Err(TokenVerificationFailed)),
        ("sub: a machine last", signed(&known, &body(r#""sub":"mch_1""#)), Err(TokenTypeMismatch)),
        ("sub by an escape, last", signed(&known, &body(r#""\u0073ub":7"#)), Err(TokenVerificationFailed)),
    ] {
        assert_eq!(reason(&token, by_jwks), expected, "{name}");
    }
    let token = verify(&signed(&known, &body(r#""sub":"user_2""#)), &no_rules(), by_jwks).unwrap();
    assert_eq!(token.subject(), "user_2");
    assert_eq!(token.claims().to_map().get("sub"), Some(&json!("user_2")), "rules and handlers see the same one");
}
