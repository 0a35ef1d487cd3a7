//! Pages to read: which extractor to use, the order of middleware, how to test handlers, and what it all costs. There is nothing in here to call.

#[doc = include_str!("../docs/extractors.md")]
pub mod extractors {}

#[doc = include_str!("../docs/middleware.md")]
pub mod middleware {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[cfg(feature = "testing")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
