//! The guide: what to read, in which order. These pages contain no items to call.
//!
//! **New here?** Read [Quickstart](quickstart), then [Which extractor do I want?](extractors), and then the page about your kind of
//! client: [server-rendered pages](server_rendered_pages), a [single-page application](single_page_applications), or programs.
//! Before you deploy, go through the checklist in [Deploying](deploying#checklist). When a request is rejected, look its code up in
//! [Troubleshooting](troubleshooting).
//!
//! | Start | After this page, you |
//! |---|---|
//! | [Quickstart](quickstart) | have an application on your own Clerk account: pages, an API and a test |
//! | [Which extractor do I want?](extractors) | know the signature of a handler for each kind of caller |
//! | [The order of middleware](middleware) | can combine `ClerkMiddleware` with CORS, logging, sessions and your own middleware |
//! | [Testing your handlers](testing) | can test with sessions you build, made-up callers, and a Clerk inside the test |
//!
//! | Browsers | After this page, you |
//! |---|---|
//! | [Server-rendered pages](server_rendered_pages) | have pages with sign-in, Clerk's JavaScript and a Content-Security-Policy |
//! | [Single-page applications](single_page_applications) | have an API that a page of another origin calls as its user |
//! | [The handshake explained](handshake) | can read the redirects between a browser, your server and Clerk |
//! | [Browsers: handshakes, loops and cookies](browsers) | can explain a redirect loop, and know the settings for handshakes |
//! | [Sign-out](sign_out) | sign users out, with a script, with a form, and everywhere |
//! | [Multi-domain](multi_domain) | have one set of users on several domains |
//! | [Proxying the Frontend API](frontend_api_proxy) | serve Clerk's Frontend API from your own host |
//!
//! | Machines | After this page, you |
//! |---|---|
//! | [Machine tokens](machine_tokens) | accept API keys, tokens of your services and OAuth access tokens, and know what each costs |
//! | [MCP and OAuth](mcp) | have an OAuth resource server that MCP clients find their way to |
//!
//! | Authorization | After this page, you |
//! |---|---|
//! | [Policies](policies) | say who may call a route, in its signature |
//! | [Organizations](organizations) | serve many customers from one program, and keep their data apart |
//! | [Billing](billing) | open routes to those who have paid, and lead the others to an upgrade |
//! | [Impersonation](impersonation) | let support staff sign in as a user: seen, recorded and limited |
//! | [Revocation](revocation) | can end sessions with effect at once, on one server or many |
//!
//! | Clerk's data | After this page, you |
//! |---|---|
//! | [Custom claims and metadata](custom_claims) | have data of your own in session tokens, with a type |
//! | [Webhooks](webhooks) | receive Clerk's events: verified, typed, and not handled twice by accident |
//!
//! | Operations | After this page, you |
//! |---|---|
//! | [Deploying](deploying) | run in production, in a container or as a service, and can replace every key |
//! | [Behind a proxy](behind_a_proxy) | have the right addresses and cookies behind nginx, Cloudflare or a load balancer |
//! | [When Clerk is down](outages) | know what your users see, what keeps you serving, and how you are told |
//! | [Observability](observability) | have metrics, traces and logs without credentials |
//! | [Scaling](scaling) | can estimate the load of 10, 100 or 1,000 servers on Clerk and Redis |
//! | [What authentication costs](performance) | know the cost of each request, and of each cache that is turned off |
//!
//! | Reference | After this page, you |
//! |---|---|
//! | [Configuration](configuration) | know every setting, its variable, its unit and its default |
//! | [Troubleshooting](troubleshooting) | know what each code means, and what to do |
//! | [Security](security) | know the threat model, and what is left to you |
//! | [Trust](trust) | can check the claims about safety yourself |
//!
//! | Migrating | After this page, you |
//! |---|---|
//! | [From `@clerk/express`](express) | have moved an Express server, option by option |
//! | [From `clerk-rs` and `clerkClient`](migrating_from_clerk_rs) | have moved calls of Clerk's Backend API |

#[doc = include_str!("../docs/behind_a_proxy.md")]
pub mod behind_a_proxy {}

#[doc = include_str!("../docs/billing.md")]
pub mod billing {}

#[doc = include_str!("../docs/browsers.md")]
pub mod browsers {}

#[doc = include_str!("../docs/configuration.md")]
pub mod configuration {}

#[doc = include_str!("../docs/custom_claims.md")]
pub mod custom_claims {}

#[doc = include_str!("../docs/deploying.md")]
pub mod deploying {}

#[doc = include_str!("../docs/express.md")]
pub mod express {}

#[doc = include_str!("../docs/extractors.md")]
pub mod extractors {}

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

#[doc = include_str!("../docs/mcp.md")]
pub mod mcp {}

#[doc = include_str!("../docs/middleware.md")]
pub mod middleware {}

#[doc = include_str!("../docs/migrating_from_clerk_rs.md")]
pub mod migrating_from_clerk_rs {}

#[doc = include_str!("../docs/multi_domain.md")]
pub mod multi_domain {}

#[doc = include_str!("../docs/observability.md")]
pub mod observability {}

#[doc = include_str!("../docs/organizations.md")]
pub mod organizations {}

#[doc = include_str!("../docs/outages.md")]
pub mod outages {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("../docs/policies.md")]
pub mod policies {}

#[doc = include_str!("../docs/quickstart.md")]
pub mod quickstart {}

#[doc = include_str!("../docs/revocation.md")]
pub mod revocation {}

#[doc = include_str!("../docs/scaling.md")]
pub mod scaling {}

#[doc = include_str!("../docs/security.md")]
pub mod security {}

#[doc = include_str!("../docs/server_rendered_pages.md")]
pub mod server_rendered_pages {}

#[doc = include_str!("../docs/sign_out.md")]
pub mod sign_out {}

#[doc = include_str!("../docs/single_page_applications.md")]
pub mod single_page_applications {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/troubleshooting.md")]
pub mod troubleshooting {}

#[doc = include_str!("../docs/trust.md")]
pub mod trust {}

#[doc = include_str!("../docs/webhooks.md")]
pub mod webhooks {}
