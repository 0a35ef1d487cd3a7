//! Random secrets and ids, each with a prefix that names its type.

/// Returns a random secret of 128 bits with a prefix that names its type.
pub(super) fn secret(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::random::<u128>())
}
