//! HMAC-SHA256 with aws-lc-rs.

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    hmac::{Context, HMAC_SHA256, Key, Tag},
};

/// The authentication code of a message.
pub(in crate::webhook) struct Mac(Tag);

impl Mac {
    /// Returns the code of the message that the parts make up.
    pub(in crate::webhook) fn of(key: &[u8], parts: &[&[u8]]) -> Self {
        let mut context = Context::with_key(&Key::new(HMAC_SHA256, key));
        for part in parts {
            context.update(part);
        }
        Self(context.sign())
    }

    /// Compares in constant time.
    pub(in crate::webhook) fn is(&self, other: &[u8]) -> bool {
        verify_slices_are_equal(self.0.as_ref(), other).is_ok()
    }

    #[cfg(any(test, feature = "testing"))]
    pub(in crate::webhook) fn to_bytes(&self) -> Vec<u8> {
        self.0.as_ref().to_vec()
    }
}
