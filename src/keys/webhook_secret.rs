//! The secret that Clerk signs webhooks with, `whsec_…`.

use std::fmt;

use base64::Engine;

use super::{FORGIVING_BASE64, KeyError, KeyKind, check_rest, text::tidy};

const PREFIX: &str = "whsec_";

/// A webhook's signing secret: the bytes of an HMAC key.
#[derive(Clone)]
pub(crate) struct WebhookSecret(Box<[u8]>);

impl WebhookSecret {
    /// Parses the secret: `whsec_`, which may be missing, then the key in base64.
    pub(crate) fn parse(text: &str) -> Result<Self, KeyError> {
        let text = tidy(text);
        let encoded = match text.strip_prefix(PREFIX) {
            Some(encoded) => encoded,
            None if KeyKind::of(text).is_some() => return Err(KeyError::of_another_prefix(text, PREFIX)),
            None => text,
        };
        if let Err(problem) = check_rest(encoded, |c| c.is_ascii_alphanumeric() || "+/=".contains(c)) {
            // A placeholder has characters that no key has, and is named for what it is.
            return Err(match KeyError::of_another_prefix(text, PREFIX) {
                KeyError::Prefix { .. } | KeyError::AnotherKind { .. } => problem,
                named => named,
            });
        }
        match FORGIVING_BASE64.decode(encoded) {
            Ok(key) if !key.is_empty() => Ok(Self(key.into())),
            _ => Err(KeyError::Base64),
        }
    }

    /// Returns the key, for the signature of a webhook and nothing else.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"whsec_…\"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_what_is_wrong_with_them() {
        let another = |found| Err(KeyError::AnotherKind { found });
        for (name, text, expected) in [
            ("as the dashboard shows it", "whsec_c2VjcmV0", Ok(&b"secret"[..])),
            ("without the prefix", "c2VjcmV0", Ok(b"secret")),
            ("in quotes, with a line break", "\"whsec_c2VjcmV0\"\n", Ok(b"secret")),
            ("padded", "whsec_c2VjcmV0cw==", Ok(b"secrets")),
            ("without its padding", "whsec_c2VjcmV0cw", Ok(b"secrets")),
            ("nothing", "", Err(KeyError::Empty)),
            ("the prefix alone", "whsec_", Err(KeyError::Empty)),
            ("padding alone", "whsec_==", Err(KeyError::Base64)),
            ("cut short", "whsec_c2Vjc", Err(KeyError::Base64)),
            ("base64url", "whsec_-_-_", Err(KeyError::Character { found: '-' })),
            ("a space", "whsec_c2Vj cmV0", Err(KeyError::Character { found: ' ' })),
            ("abbreviated", "whsec_…", Err(KeyError::Abbreviated)),
            ("abbreviated with letters", "whsec_xxxxxxxx", Err(KeyError::Abbreviated)),
            ("a placeholder", "${CLERK_WEBHOOK_SIGNING_SECRET}", Err(KeyError::Placeholder)),
            ("a line", "CLERK_WEBHOOK_SIGNING_SECRET=whsec_c2VjcmV0", Err(KeyError::Assignment)),
            ("a secret key", "sk_test_c2VjcmV0", another(KeyKind::SecretKey)),
            ("a publishable key", "pk_test_c2VjcmV0", another(KeyKind::PublishableKey)),
            ("the address of the endpoint", "https://example.com/webhooks", another(KeyKind::Url)),
        ] {
            let found = WebhookSecret::parse(text);
            assert_eq!(found.as_ref().map(WebhookSecret::expose).map_err(Clone::clone), expected, "{name}");
            assert!(!format!("{found:?}").contains("c2VjcmV0"), "{name}");
        }
    }
}
