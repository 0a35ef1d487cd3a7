//! Guide pages: which extractor to use, the order of middleware, browsers and their cookies, webhooks, testing handlers,
//! migrating from Express, observability, revocation, scaling, troubleshooting, and the cost of authentication. They
//! contain no items to call.

#[doc = include_str!("../docs/browsers.md")]
pub mod browsers {}

#[doc = include_str!("../docs/extractors.md")]
pub mod extractors {}

#[doc = include_str!("../docs/express.md")]
pub mod express {}

#[doc = include_str!("../docs/middleware.md")]
pub mod middleware {}

#[doc = include_str!("../docs/observability.md")]
pub mod observability {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[cfg(all(feature = "webhooks", feature = "redis"))]
#[doc = include_str!("../docs/revocation.md")]
pub mod revocation {}

#[doc = include_str!("../docs/scaling.md")]
pub mod scaling {}

#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

#[cfg(feature = "testing")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[cfg(all(feature = "webhooks", feature = "testing"))]
#[doc = include_str!("../docs/webhooks.md")]
pub mod webhooks {}
