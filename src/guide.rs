//! Guide pages: which extractor to use, the order of middleware, server-rendered pages, single-page applications, the
//! handshake, sign-out, browsers and their cookies, servers in front, the Frontend API proxy, MCP and OAuth, webhooks, testing
//! handlers, migrating from Express and from `clerk-rs`, observability, revocation, scaling, troubleshooting, security, the
//! proof of it, and the cost of authentication. They contain no items to call.

#[doc = include_str!("../docs/behind_a_proxy.md")]
pub mod behind_a_proxy {}

#[doc = include_str!("../docs/billing.md")]
pub mod billing {}

#[doc = include_str!("../docs/browsers.md")]
pub mod browsers {}

#[doc = include_str!("../docs/custom_claims.md")]
pub mod custom_claims {}

#[doc = include_str!("../docs/extractors.md")]
pub mod extractors {}

#[doc = include_str!("../docs/express.md")]
pub mod express {}

#[doc = include_str!("../docs/frontend_api_proxy.md")]
pub mod frontend_api_proxy {}

#[doc = include_str!("../docs/handshake.md")]
///
/// # The drawing
///
/// <div style="overflow-x: auto">
///
#[doc = include_str!("../docs/handshake.svg")]
///
/// </div>
pub mod handshake {}

#[doc = include_str!("../docs/impersonation.md")]
pub mod impersonation {}

#[doc = include_str!("../docs/machine_tokens.md")]
pub mod machine_tokens {}

#[cfg(feature = "testing")]
#[doc = include_str!("../docs/mcp.md")]
pub mod mcp {}

#[doc = include_str!("../docs/middleware.md")]
pub mod middleware {}

#[cfg(feature = "backend-api")]
#[doc = include_str!("../docs/migrating_from_clerk_rs.md")]
pub mod migrating_from_clerk_rs {}

#[doc = include_str!("../docs/observability.md")]
pub mod observability {}

#[doc = include_str!("../docs/organizations.md")]
pub mod organizations {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("../docs/policies.md")]
pub mod policies {}

#[cfg(all(feature = "webhooks", feature = "redis"))]
#[doc = include_str!("../docs/revocation.md")]
pub mod revocation {}

#[doc = include_str!("../docs/scaling.md")]
pub mod scaling {}

#[doc = include_str!("../docs/server_rendered_pages.md")]
pub mod server_rendered_pages {}

#[doc = include_str!("../docs/sign_out.md")]
pub mod sign_out {}

#[doc = include_str!("../docs/single_page_applications.md")]
pub mod single_page_applications {}

#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("../docs/security.md")]
pub mod security {}

#[doc = include_str!("../docs/trust.md")]
pub mod trust {}

#[cfg(feature = "testing")]
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[cfg(all(feature = "webhooks", feature = "testing"))]
#[doc = include_str!("../docs/webhooks.md")]
pub mod webhooks {}
