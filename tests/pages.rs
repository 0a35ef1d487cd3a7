//! The README and the pages of `docs/`, whose code is compiled and run as documentation tests. They are not tests of the
//! crate itself, because applications that they show use many more dependencies. The one
//! about MCP, which needs the most of them, is with the examples.

#![cfg(doctest)]

#[doc = include_str!("../README.md")]
mod readme {}

#[doc = include_str!("../docs/behind_a_proxy.md")]
mod behind_a_proxy {}

#[doc = include_str!("../docs/billing.md")]
mod billing {}

#[doc = include_str!("../docs/browsers.md")]
mod browsers {}

#[doc = include_str!("../docs/configuration.md")]
mod configuration {}

#[doc = include_str!("../docs/custom_claims.md")]
mod custom_claims {}

#[doc = include_str!("../docs/deploying.md")]
mod deploying {}

#[doc = include_str!("../docs/express.md")]
mod express {}

#[doc = include_str!("../docs/extractors.md")]
mod extractors {}

#[doc = include_str!("../docs/frontend_api_proxy.md")]
mod frontend_api_proxy {}

#[doc = include_str!("../docs/handshake.md")]
mod handshake {}

#[doc = include_str!("../docs/impersonation.md")]
mod impersonation {}

#[doc = include_str!("../docs/machine_tokens.md")]
mod machine_tokens {}

#[doc = include_str!("../docs/middleware.md")]
mod middleware {}

#[doc = include_str!("../docs/migrating_from_clerk_rs.md")]
mod migrating_from_clerk_rs {}

#[doc = include_str!("../docs/multi_domain.md")]
mod multi_domain {}

#[doc = include_str!("../docs/observability.md")]
mod observability {}

#[doc = include_str!("../docs/organizations.md")]
mod organizations {}

#[doc = include_str!("../docs/outages.md")]
mod outages {}

#[doc = include_str!("../docs/performance.md")]
mod performance {}

#[doc = include_str!("../docs/policies.md")]
mod policies {}

#[doc = include_str!("../docs/quickstart.md")]
mod quickstart {}

#[doc = include_str!("../docs/revocation.md")]
mod revocation {}

#[doc = include_str!("../docs/scaling.md")]
mod scaling {}

#[doc = include_str!("../docs/security.md")]
mod security {}

#[doc = include_str!("../docs/server_rendered_pages.md")]
mod server_rendered_pages {}

#[doc = include_str!("../docs/sign_out.md")]
mod sign_out {}

#[doc = include_str!("../docs/single_page_applications.md")]
mod single_page_applications {}

#[doc = include_str!("../docs/testing.md")]
mod testing {}

#[doc = include_str!("../docs/troubleshooting.md")]
mod troubleshooting {}

#[doc = include_str!("../docs/trust.md")]
mod trust {}

#[doc = include_str!("../docs/webhooks.md")]
mod webhooks {}
