//! Feature `testing`: `LocalClerk`, the browsers that sign in with it, and test callers.

mod answers;
mod backend_api;
mod browsing;
mod frontend_api;
mod oauth;
mod server;
mod sign_out;
#[path = "../support/mod.rs"]
mod support;
mod test_callers;
mod webhooks;
