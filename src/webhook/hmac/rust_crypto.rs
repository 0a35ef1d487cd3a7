//! HMAC-SHA256 with RustCrypto.

use hmac::{Hmac, Mac as _};
use rsa::sha2::Sha256;

/// The authentication code of a message. Without a key there is none, and no signature is that of the message.
pub(in crate::webhook) struct Mac(Option<Hmac<Sha256>>);

impl Mac {
    /// Returns the code of the message that the parts make up.
    pub(in crate::webhook) fn of(key: &[u8], parts: &[&[u8]]) -> Self {
        // Keys of all lengths are accepted, so this does not fail.
        let mut mac = Hmac::<Sha256>::new_from_slice(key).ok();
        for part in parts {
            mac.iter_mut().for_each(|mac| mac.update(part));
        }
        Self(mac)
    }

    /// Compares in constant time.
    pub(in crate::webhook) fn is(&self, other: &[u8]) -> bool {
        self.0.clone().is_some_and(|mac| mac.verify_slice(other).is_ok())
    }

    #[cfg(any(test, feature = "testing"))]
    pub(in crate::webhook) fn to_bytes(&self) -> Vec<u8> {
        self.0.clone().map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
    }
}
