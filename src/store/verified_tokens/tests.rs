//! Tests for what the cache stores, for each reason why that is safe, and for the bounds.

use std::{sync::OnceLock, time::Duration};

use serde_json::json;

use super::*;
use crate::{
    clock::Timestamp,
    keys::VerificationKey,
    testing::SigningKey,
    token::{ClaimRules, Jwt, JwtClass, SecondVerdict},
};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const SKEW: Duration = Duration::from_secs(5);

fn key() -> &'static (SigningKey, Arc<VerificationKey>) {
    static KEY: OnceLock<(SigningKey, Arc<VerificationKey>)> = OnceLock::new();
    KEY.get_or_init(|| {
        let key = SigningKey::generate();
        let public = VerificationKey::from_pem(&key.public_pem()).unwrap();
        (key, Arc::new(public))
    })
}

/// A verified token of this user with an extra claim of that many bytes.
fn verified(user: &str, bytes: usize) -> Arc<SessionToken> {
    let header = json!({ "alg": "RS256", "kid": key().0.kid() });
    let claims = json!({ "sub": user, "exp": NOW.as_seconds() + 60, "x": "x".repeat(bytes) });
    verify(&key().0.sign(header.as_object().unwrap(), claims.as_object().unwrap()))
}

fn verify(text: &str) -> Arc<SessionToken> {
    let rules = ClaimRules { authorized_parties: &[], audience: &[], issuer: &[], machine_id: None, clock_skew: SKEW };
    let JwtClass::Session(jwt) = Jwt::decode(text).unwrap().classify() else { panic!("no session") };
    Arc::new(jwt.verify(&key().1, &rules, NOW).unwrap())
}

fn remembers(tokens: &VerifiedTokens, token: &Arc<SessionToken>) -> bool {
    let Some(found) = tokens.get(token.expose().as_bytes()) else { return false };
    let again = found.verify_again(|by| Arc::ptr_eq(by, &key().1), SKEW, NOW);
    matches!(again, SecondVerdict::Valid(again) if Arc::ptr_eq(&again, token))
}

#[test]
fn a_token_is_found_by_its_whole_text_alone() {
    let tokens = VerifiedTokens::new(TokenCache::new()).unwrap();
    let token = verified("user_1", 0);
    tokens.insert(&token);
    assert!(remembers(&tokens, &token));
    let text = token.expose();
    let dot = text.rfind('.').unwrap();
    for (name, other) in [
        ("the first byte changed", format!("f{}", &text[1..])),
        ("a byte of the payload changed", format!("{}{}", &text[..dot - 1], &text[dot..])),
        ("another payload under the same signature", format!("e30.e30{}", &text[dot..])),
        ("the last byte changed", format!("{}_", &text[..text.len() - 1])),
        ("cut short", text[..text.len() - 1].to_owned()),
        ("something before it", format!(" {text}")),
        ("something after it", format!("{text} ")),
        ("padded", format!("{text}=")),
        ("in capitals", text.to_uppercase()),
        ("its end alone", text[text.len() - HASHED_END..].to_owned()),
        ("nothing", String::new()),
    ] {
        assert!(tokens.get(other.as_bytes()).is_none(), "{name}");
    }
}

#[test]
fn a_token_that_is_verified_twice_is_kept_once() {
    let tokens = VerifiedTokens::new(TokenCache::new()).unwrap();
    let (first, second) = (verified("user_1", 0), verified("user_1", 0));
    assert_eq!(first.expose(), second.expose());
    for token in [&first, &second] {
        tokens.insert(token);
        assert_eq!(tokens.0.len(), 1);
    }
    assert!(remembers(&tokens, &second));
}

#[test]
fn configurations_share_nothing() {
    let config = || {
        let builder = crate::instance::ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k");
        builder.jwt_key(key().0.public_pem()).build().unwrap()
    };
    let (one, two) = (config(), config());
    let token = verified("user_1", 0);
    one.verified_tokens().unwrap().insert(&token);
    assert!(
        one.clone().verified_tokens().unwrap().get(token.expose().as_bytes()).is_some(),
        "a clone is the same configuration"
    );
    assert!(two.verified_tokens().unwrap().get(token.expose().as_bytes()).is_none());
}

/// The same session under many texts, each as long as the token's own.
fn flood(token: &SessionToken, count: u32) -> impl Iterator<Item = Arc<SessionToken>> {
    let start = &token.expose()[..token.expose().len() - 16];
    (0..count).map(move |n| {
        let end = u64::from(n).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Arc::new(token.dangerously_renamed(&format!("{start}{end:016x}")).unwrap())
    })
}

#[test]
fn bounds_hold() {
    let all = TokenCache::new;
    for (name, bounds, bytes, at_most, at_least) in [
        ("in entries", all().max_entries(10), 0, 10, 9),
        ("in entries, of large tokens", all().max_entries(10), 4_000, 10, 9),
        ("one entry", all().max_entries(1), 0, 1, 1),
        ("many entries", all().max_entries(2_000), 0, 2_000, 1_800),
        ("in bytes, of small tokens", all().max_bytes(64 << 10), 0, 50, 20),
        ("in bytes, of large tokens", all().max_bytes(64 << 10), 8_000, 4, 1),
        ("many bytes", all().max_bytes(4 << 20), 0, 4_000, 2_000),
        ("more entries than bytes", all().max_entries(u64::MAX).max_bytes(64 << 10), 0, 50, 20),
        ("room for a few", all().max_entries(3).max_bytes(u64::MAX), 0, 3, 3),
        ("no bounds", all().max_entries(u64::MAX).max_bytes(u64::MAX), 0, 5_000, 5_000),
        ("too few bytes for any", all().max_bytes(100), 0, 0, 0),
    ] {
        let tokens = VerifiedTokens::new(bounds).unwrap();
        for token in flood(&verified("user_1", bytes), 5_000) {
            tokens.insert(&token);
            assert!(tokens.0.weight() <= bounds.max_bytes, "{name}: {} bytes", tokens.0.weight());
            assert!(tokens.0.len() <= at_most, "{name}: {}", tokens.0.len());
        }
        assert!(tokens.0.len() >= at_least, "{name}: {}", tokens.0.len());
    }
    for nothing in [all().max_entries(0), all().max_bytes(0)] {
        assert!(VerifiedTokens::new(nothing).is_none());
    }
}

/// A flood of tokens that are used once does not evict tokens in regular use. A new token is stored at once, however
/// full the cache is.
#[test]
fn tokens_in_use_stay() {
    for entries in [20, 2_000] {
        let tokens = VerifiedTokens::new(TokenCache::new().max_entries(entries)).unwrap();
        let steady = verified("user_1", 0);
        tokens.insert(&steady);
        for (n, token) in flood(&verified("user_2", 0), 10_000).enumerate() {
            tokens.insert(&token);
            assert!(remembers(&tokens, &token), "{n}");
            if n % 10 == 0 {
                assert!(remembers(&tokens, &steady), "{n}");
            }
        }
    }
}

/// Claims take memory too, and more than their text.
#[test]
fn tokens_weigh_what_they_hold() {
    let small = verified("user_1", 0).footprint();
    let large = verified("user_1", 10_000).footprint();
    assert!(large - small >= 10_000 + 13_000, "the text in base64, and the claim: {}", large - small);
    let nested = |claims: serde_json::Value| {
        let header = json!({ "alg": "RS256" });
        verify(&key().0.sign(header.as_object().unwrap(), claims.as_object().unwrap())).footprint()
    };
    let exp = NOW.as_seconds() + 60;
    // A claim that the rules read is kept as a value, not only as text, but not what is in objects in it.
    let flat = nested(json!({ "sub": "user_1", "exp": exp, "aud": "a".repeat(100) }));
    let list = nested(json!({ "sub": "user_1", "exp": exp, "aud": vec!["a".repeat(10); 10] }));
    let deep = nested(json!({ "sub": "user_1", "exp": exp, "aud": vec![json!({ "a": 1 }); 10] }));
    assert!(list > flat + 10 * size_of::<serde_json::Value>(), "ten texts: {flat} {list}");
    assert!(deep < list, "ten maps of one member: {list} {deep}");
    // The organization is unpacked when a handler asks for it.
    let permissions = vec!["p".repeat(100); 100];
    let of_no_rule = nested(json!({ "sub": "user_1", "exp": exp, "own_permissions": permissions }));
    let of_organization = nested(json!({ "sub": "user_1", "exp": exp, "org_permissions": permissions }));
    let held = 2 * 100 * 100;
    assert!(of_organization > of_no_rule + held, "as a value and unpacked: {of_no_rule} {of_organization}");
}

/// Otherwise tokens would share slots, and each lookup would compare many texts.
#[test]
fn every_byte_of_the_end_counts_for_the_hash() {
    let text = b"eyJhbGciOiJSUzI1NiJ9.e30.Zm9vYmFyYmF6cXV4Zm9vYmFy";
    let hash = end(text);
    for at in text.len() - HASHED_END..text.len() {
        for bit in 0..8 {
            let mut other = *text;
            other[at] ^= 1 << bit;
            assert_ne!(end(&other), hash, "byte {at}, bit {bit}");
        }
    }
    let swapped = [&text[..text.len() - 16], &text[text.len() - 8..], &text[text.len() - 16..text.len() - 8]].concat();
    assert_ne!(end(&swapped), hash);
    assert_eq!((end(b""), end(b"short")), (0, 0));
}
