//! Pages to read: which extractor to use, and how to test handlers. There is nothing in here to call.

#[doc = include_str!("../docs/extractors.md")]
pub mod extractors {}

#[cfg(feature = "testing")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
