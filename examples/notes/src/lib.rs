//! Notes for teams: a note belongs to the organization that is active, or to the user alone.
//!
//! `server` puts everything together. A request meets `access` (who may do what), then `pages` or `api`, then `store`.

#![forbid(unsafe_code)]
#![warn(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

pub mod access;
pub mod api;
pub mod clerk;
#[cfg(feature = "local")]
pub mod local;
pub mod note;
pub mod observability;
pub mod pages;
pub mod problem;
pub mod server;
pub mod settings;
pub mod store;
pub mod webhooks;
