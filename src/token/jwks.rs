//! JWKS documents (RFC 7517), and the keys in them that can verify Clerk's tokens.

use std::{collections::HashMap, sync::Arc};

use jsonwebtoken::Algorithm;
use serde_json::Value;

use crate::keys::VerificationKey;

/// The signing keys of one instance, by `kid`.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeySet(HashMap<Box<str>, Arc<VerificationKey>>);

/// The maximum number of keys; no instance has as many. Every key that is kept is prepared for use, and compared on
/// each request.
const MAX_KEYS: usize = 1_000;

impl KeySet {
    /// Parses the document. Keys that cannot verify Clerk's tokens are skipped. Returns `None` if no usable key is
    /// left.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let keys = document.get("keys")?.as_array()?;
        let usable: HashMap<_, _> = keys.iter().filter_map(parse_key).take(MAX_KEYS).collect();
        (!usable.is_empty()).then_some(Self(usable))
    }

    /// Returns the same keys, but reuses those that `earlier` has too. A key that stays in the document keeps its
    /// identity, and is not prepared again.
    pub(crate) fn keeping(mut self, earlier: &Self) -> Self {
        for (kid, key) in &mut self.0 {
            if let Some(known) = earlier.get(kid).filter(|known| known.is_same_as(key)) {
                *key = Arc::clone(known);
            }
        }
        self
    }

    /// Returns whether this very key, by identity, is in the set.
    pub(crate) fn has(&self, key: &Arc<VerificationKey>) -> bool {
        self.0.values().any(|known| Arc::ptr_eq(known, key))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the `kid` of every key, in no particular order.
    pub(crate) fn kids(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|kid| &**kid)
    }

    /// Returns the `kid` under which the set has this RSA key, for whatever algorithm.
    pub(crate) fn kid_of(&self, key: &VerificationKey) -> Option<&str> {
        self.0.iter().find(|(_, known)| known.has_the_numbers_of(key)).map(|(kid, _)| &**kid)
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&Arc<VerificationKey>> {
        self.0.get(kid)
    }
}

/// Parses a key, unless its members show that it is not for verifying signatures (RFC 7517, section 4). A member of the
/// wrong type also excludes the key: a key that is bound to a use or an algorithm must not become one that is bound to
/// none.
fn parse_key(jwk: &Value) -> Option<(Box<str>, Arc<VerificationKey>)> {
    let jwk = jwk.as_object()?;
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let is_for_signatures = jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let verifies = jwk.get("key_ops").is_none_or(|operations| {
        let operations = operations.as_array().map(Vec::as_slice).unwrap_or_default();
        operations.iter().filter(|operation| *operation == "verify").count() == 1
    });
    // Anyone can sign with a private key that has been published.
    let is_public = !jwk.contains_key("d");
    if text("kty")? != "RSA" || !is_for_signatures || !verifies || !is_public {
        return None;
    }
    let algorithm = match jwk.get("alg") {
        None => None,
        Some(algorithm) => Some(match algorithm.as_str()? {
            "RS256" => Algorithm::RS256,
            "RS384" => Algorithm::RS384,
            "RS512" => Algorithm::RS512,
            _ => return None,
        }),
    };
    let key = VerificationKey::from_jwk(text("n")?, text("e")?, algorithm)?;
    Some((text("kid")?.into(), Arc::new(key)))
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use serde_json::json;

    use super::*;
    use crate::keys::samples::sample;

    /// Returns a valid key with some members changed. Members with the value `"absent"` are left out.
    fn key(kid: &str, changes: Value) -> Value {
        let sample = sample("2048 bits");
        let mut jwk = json!({ "kid": kid, "kty": "RSA", "n": sample.n, "e": sample.e });
        let members = jwk.as_object_mut().unwrap();
        members.extend(changes.as_object().unwrap().clone());
        members.retain(|_, value| value != "absent");
        jwk
    }

    fn set(keys: &[Value]) -> Option<KeySet> {
        KeySet::parse(json!({ "keys": keys }).to_string().as_bytes())
    }

    /// Each member of a JWK: valid, absent, invalid, and of the wrong type.
    #[test]
    fn only_keys_that_can_verify_are_taken() {
        let zero_first = |name: &str| [vec![0], URL_SAFE_NO_PAD.decode(sample(name).n).unwrap()].concat();
        for (name, changes, is_taken) in [
            ("as Clerk sends it", json!({"use": "sig", "alg": "RS256"}), true),
            ("no more than it needs", json!({}), true),
            ("unknown members", json!({"x5c": 7, "x5t": null, "ext": "no", "": []}), true),
            ("another type", json!({"kty": "EC"}), false),
            ("no type", json!({"kty": "absent"}), false),
            ("a type of another case", json!({"kty": "rsa"}), false),
            ("a type that is a list", json!({"kty": ["RSA"]}), false),
            ("no kid", json!({"kid": "absent"}), false),
            ("kid null", json!({"kid": null}), false),
            ("for encryption", json!({"use": "enc"}), false),
            ("use null", json!({"use": null}), false),
            ("use a number", json!({"use": 7}), false),
            ("use a list", json!({"use": ["sig"]}), false),
            ("use empty", json!({"use": ""}), false),
            ("use of another case", json!({"use": "SIG"}), false),
            ("RS384", json!({"alg": "RS384"}), true),
            ("RS512", json!({"alg": "RS512"}), true),
            ("HS256", json!({"alg": "HS256"}), false),
            ("PS256", json!({"alg": "PS256"}), false),
            ("for encryption, by its algorithm", json!({"alg": "RSA-OAEP"}), false),
            ("alg null", json!({"alg": null}), false),
            ("alg a number", json!({"alg": 256}), false),
            ("alg a list", json!({"alg": ["RS256"]}), false),
            ("alg an object", json!({"alg": {}}), false),
            ("alg empty", json!({"alg": ""}), false),
            ("alg of another case", json!({"alg": "rs256"}), false),
            ("to verify", json!({"key_ops": ["verify"]}), true),
            ("to sign and verify", json!({"key_ops": ["sign", "verify"]}), true),
            ("to verify and something odd", json!({"key_ops": [7, "verify", null]}), true),
            ("to sign", json!({"key_ops": ["sign"]}), false),
            ("to verify, twice", json!({"key_ops": ["verify", "verify"]}), false),
            ("for nothing", json!({"key_ops": []}), false),
            ("key_ops null", json!({"key_ops": null}), false),
            ("key_ops a text", json!({"key_ops": "verify"}), false),
            ("key_ops an object", json!({"key_ops": {"verify": true}}), false),
            ("to verify, and for encryption", json!({"use": "enc", "key_ops": ["verify"]}), false),
            ("a private key", json!({"d": "AQAB"}), false),
            ("n null", json!({"n": null}), false),
            ("n a number", json!({"n": 65537}), false),
            ("no n", json!({"n": "absent"}), false),
            ("a short n", json!({"n": sample("1024 bits").n}), false),
            ("a short n with zeros", json!({"n": URL_SAFE_NO_PAD.encode(zero_first("2047 bits"))}), false),
            ("a zero before n", json!({"n": URL_SAFE_NO_PAD.encode(zero_first("2048 bits"))}), true),
            ("no e", json!({"e": "absent"}), false),
            ("e a number", json!({"e": 65537}), false),
            ("an even e", json!({"e": "Ag"}), false),
        ] {
            let set = set(&[key("other", json!({})), key("this", changes)]).unwrap();
            assert_eq!(set.get("this").is_some(), is_taken, "{name}");
            assert!(set.get("other").is_some(), "{name}: a key beside it");
        }
        let set = set(&[json!(7), json!(null), json!("a"), json!([]), key("a", json!({"alg": "RS512"}))]).unwrap();
        assert_eq!(set.get("a").unwrap().algorithm(), Some(Algorithm::RS512));
        let (first, last) = (key("a", json!({})), key("a", json!({"n": sample("3072 bits").n})));
        let is_last = |set: KeySet| !set.get("a").unwrap().is_same_as(by_jwk(&first).as_ref().unwrap());
        assert!(is_last(self::set(&[first.clone(), last.clone()]).unwrap()), "of two keys with one kid, the last");
    }

    fn by_jwk(jwk: &Value) -> Option<VerificationKey> {
        VerificationKey::from_jwk(jwk["n"].as_str()?, jwk["e"].as_str()?, None)
    }

    #[test]
    fn the_last_of_many_keys_is_found() {
        let mut keys: Vec<_> = (0..300).map(|n| key(&format!("k{n}"), json!({"use": "enc"}))).collect();
        keys.extend((0..300).map(|n| key(&format!("kid_{n}"), json!({}))));
        let set = set(&keys).unwrap();
        assert!(set.get("kid_0").is_some() && set.get("kid_299").is_some());
    }

    /// Of members with one name, the last one counts (RFC 7517, section 4), so no earlier one relaxes it.
    #[test]
    fn members_that_appear_twice() {
        let jwk = key("a", json!({})).to_string();
        let start = |more: &str| jwk.replacen('{', &format!("{{{more},"), 1);
        let end = |more: &str| format!("{},{more}}}", jwk.strip_suffix('}').unwrap());
        let document = |keys: &str| KeySet::parse(format!(r#"{{"keys":[{keys}]}}"#).as_bytes());
        for (name, text, is_taken) in [
            ("use: the last is for encryption", end(r#""use":"sig","use":"enc""#), false),
            ("use: the first is for encryption", end(r#""use":"enc","use":"sig""#), true),
            ("kty: another type last", end(r#""kty":"EC""#), false),
            ("kty: another type first", start(r#""kty":"EC""#), true),
            ("alg: HS256 last", end(r#""alg":"RS256","alg":"HS256""#), false),
            ("alg: null last", end(r#""alg":"RS256","alg":null"#), false),
            ("a private part by an escape", end(r#""\u0064":"AQAB""#), false),
            ("n: a short one last", end(&format!(r#""n":"{}""#, sample("1024 bits").n)), false),
            ("key_ops: to sign last", end(r#""key_ops":["verify"],"key_ops":["sign"]"#), false),
        ] {
            assert_eq!(document(&text).is_some_and(|set| set.get("a").is_some()), is_taken, "{name}");
        }
        assert!(
            KeySet::parse(format!(r#"{{"keys":[{jwk}],"keys":[]}}"#).as_bytes()).is_none(),
            "the last list is empty"
        );
        let set = KeySet::parse(format!(r#"{{"keys":[],"keys":[{jwk}]}}"#).as_bytes());
        assert!(set.is_some_and(|set| set.get("a").is_some()), "the last list has it");
    }

    /// What Clerk would never send costs neither memory nor time.
    #[test]
    fn documents_that_are_too_much() {
        let megabyte = URL_SAFE_NO_PAD.encode(vec![0xff; 1 << 20]);
        for (name, changes) in [
            ("a modulus of a megabyte", json!({ "n": megabyte })),
            ("an exponent of a megabyte", json!({ "e": megabyte })),
            ("a modulus of 16384 bits", json!({ "n": URL_SAFE_NO_PAD.encode([0xff; 2048]) })),
            ("an algorithm of a megabyte", json!({ "alg": megabyte })),
        ] {
            let set = set(&[key("other", json!({})), key("this", changes)]).unwrap();
            assert!(set.get("this").is_none() && set.get("other").is_some(), "{name}");
        }
        let many: Vec<_> = (0..MAX_KEYS + 10).map(|n| key(&format!("kid_{n}"), json!({}))).collect();
        assert_eq!(set(&many).unwrap().len(), MAX_KEYS, "the first ones");
        let deep = format!(r#"{{"keys":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000));
        assert!(KeySet::parse(deep.as_bytes()).is_none(), "nested too deep");
        let kid = "k".repeat(1 << 20);
        assert!(set(&[key(&kid, json!({}))]).unwrap().get(&kid).is_some(), "a long kid is a kid");
    }

    #[test]
    fn a_key_that_stays_is_the_same_one() {
        let other = json!({"n": sample("3072 bits").n});
        let earlier = set(&[key("a", json!({})), key("b", json!({})), key("c", json!({}))]).unwrap();
        let later = [key("a", json!({})), key("b", other), key("c", json!({"alg": "RS256"})), key("d", json!({}))];
        let later = set(&later).unwrap().keeping(&earlier);
        for (name, kid, stays) in [
            ("as it was", "a", true),
            ("another modulus under the same kid", "b", false),
            ("bound to an algorithm now", "c", false),
            ("a new kid", "d", false),
        ] {
            let is_same = earlier.get(kid).is_some_and(|key| Arc::ptr_eq(key, later.get(kid).unwrap()));
            assert_eq!(is_same, stays, "{name}");
        }
        assert!(set(&[key("d", json!({}))]).unwrap().keeping(&earlier).get("a").is_none(), "what is dropped is gone");
    }

    #[test]
    fn a_document_without_keys_is_none() {
        for body in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":[{"kid":"a"}]}"#, "<html>"]
        {
            assert!(KeySet::parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}
