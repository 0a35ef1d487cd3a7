//! A JWKS document (RFC 7517): which of its keys can verify Clerk's tokens.

use std::{collections::HashMap, sync::Arc};

use jsonwebtoken::Algorithm;
use serde_json::Value;

use crate::keys::VerificationKey;

/// The signing keys of one instance, by `kid`.
#[derive(Clone, Debug, Default)]
pub(crate) struct KeySet(HashMap<Box<str>, Arc<VerificationKey>>);

/// More keys than any instance has; a document of a million is not Clerk's.
const MAX_KEYS: usize = 100;

impl KeySet {
    /// Parses the document. Keys of other types and uses are passed over; a document that leaves no
    /// key at all is none.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let document: Value = serde_json::from_slice(body).ok()?;
        let keys = document.get("keys")?.as_array()?;
        let usable: HashMap<_, _> = keys.iter().take(MAX_KEYS).filter_map(parse_key).collect();
        (!usable.is_empty()).then_some(Self(usable))
    }

    /// The same keys, those that `earlier` has too as they are there. A key that stays in the document stays the same key
    /// to whoever holds it, and what was prepared for it is not prepared again.
    pub(crate) fn keeping(mut self, earlier: &Self) -> Self {
        for (kid, key) in &mut self.0 {
            if let Some(known) = earlier.get(kid).filter(|known| known.is_same_as(key)) {
                *key = Arc::clone(known);
            }
        }
        self
    }

    /// Whether this very key is one of them.
    pub(crate) fn has(&self, key: &Arc<VerificationKey>) -> bool {
        self.0.values().any(|known| Arc::ptr_eq(known, key))
    }

    pub(crate) fn get(&self, kid: &str) -> Option<&Arc<VerificationKey>> {
        self.0.get(kid)
    }
}

fn parse_key(jwk: &Value) -> Option<(Box<str>, Arc<VerificationKey>)> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if text("kty")? != "RSA" || !matches!(text("use"), None | Some("sig")) {
        return None;
    }
    let algorithm = match text("alg") {
        None => None,
        Some("RS256") => Some(Algorithm::RS256),
        Some("RS384") => Some(Algorithm::RS384),
        Some("RS512") => Some(Algorithm::RS512),
        Some(_) => return None,
    };
    let key = VerificationKey::from_jwk(text("n")?, text("e")?, algorithm)?;
    Some((text("kid")?.into(), Arc::new(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_keys_that_can_verify_are_taken() {
        let key = |kid: &str, extra: &str| format!(r#"{{"kid":"{kid}","kty":"RSA","n":"AQAB","e":"AQAB"{extra}}}"#);
        let document = format!(
            r#"{{"keys":[{},{},{},{},{},7,{{"kid":"ec","kty":"EC"}},{{"kty":"RSA","n":"AQAB","e":"AQAB"}}]}}"#,
            key("plain", ""),
            key("signing", r#","use":"sig","alg":"RS512""#),
            key("encryption", r#","use":"enc""#),
            key("hmac", r#","alg":"HS256""#),
            key("pss", r#","alg":"PS256""#),
        );
        let set = KeySet::parse(document.as_bytes()).unwrap();
        assert!(set.get("plain").is_some_and(|key| key.algorithm().is_none()));
        assert!(set.get("signing").is_some_and(|key| key.algorithm() == Some(Algorithm::RS512)));
        for passed_over in ["encryption", "hmac", "pss", "ec", ""] {
            assert!(set.get(passed_over).is_none(), "{passed_over}");
        }
    }

    #[test]
    fn a_key_that_stays_is_the_same_one() {
        let parse = |keys: &str| KeySet::parse(format!(r#"{{"keys":[{keys}]}}"#).as_bytes()).unwrap();
        let key =
            |kid: &str, n: &str, extra: &str| format!(r#"{{"kid":"{kid}","kty":"RSA","n":"{n}","e":"AQAB"{extra}}}"#);
        let bound = r#","alg":"RS256""#;
        let earlier = parse(&[key("a", "AQAB", ""), key("b", "AQAB", ""), key("c", "AQAB", "")].join(","));
        let document = [key("a", "AQAB", ""), key("b", "AQAC", ""), key("c", "AQAB", bound), key("d", "AQAB", "")];
        let later = parse(&document.join(",")).keeping(&earlier);
        for (name, kid, stays) in [
            ("as it was", "a", true),
            ("another modulus under the same kid", "b", false),
            ("bound to an algorithm now", "c", false),
            ("a new kid", "d", false),
        ] {
            let is_same = earlier.get(kid).is_some_and(|key| Arc::ptr_eq(key, later.get(kid).unwrap()));
            assert_eq!(is_same, stays, "{name}");
        }
        assert!(parse(&key("d", "AQAB", "")).keeping(&earlier).get("a").is_none(), "what is dropped is gone");
    }

    #[test]
    fn a_document_without_keys_is_none() {
        for body in ["", "null", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#, r#"{"keys":[{"kid":"a"}]}"#, "<html>"]
        {
            assert!(KeySet::parse(body.as_bytes()).is_none(), "{body}");
        }
    }
}
