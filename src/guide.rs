//! Pages to read: which extractor to use, the order of middleware, and how to test handlers. There is nothing in here to call.

#[doc = include_str!("../docs/extractors.md")]
pub mod extractors {}

#[doc = include_str!("../docs/middleware.md")]
pub mod middleware {}

#[cfg(feature = "testing")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
