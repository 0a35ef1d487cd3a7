//! Guide pages: which extractor to use, the order of middleware, browsers and their cookies, servers in front, the Frontend API
//! proxy, webhooks, testing handlers,
//! migrating from Express, observability, revocation, troubleshooting, and the cost of authentication. They contain no
//! items to call.

#[doc = include_str!("../docs/behind_a_proxy.md")]
pub mod behind_a_proxy {}

#[doc = include_str!("../docs/browsers.md")]
pub mod browsers {}

#[doc = include_str!("../docs/extractors.md")]
pub mod extractors {}

#[doc = include_str!("../docs/express.md")]
pub mod express {}

#[doc = include_str!("../docs/frontend_api_proxy.md")]
pub mod frontend_api_proxy {}

#[doc = include_str!("../docs/middleware.md")]
pub mod middleware {}

#[doc = include_str!("../docs/observability.md")]
pub mod observability {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("../docs/revocation.md")]
pub mod revocation {}

#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

#[cfg(feature = "testing")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[cfg(all(feature = "webhooks", feature = "testing"))]
#[doc = include_str!("../docs/webhooks.md")]
pub mod webhooks {}
