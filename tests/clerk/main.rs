//! Calls to Clerk's Backend API: `ClerkClient`, signing keys, machine tokens, and the caches between them and Clerk.

mod auto_traits;
mod backend_api;
mod client_calls;
mod client_in_actix;
mod client_lists;
mod client_rate_limits;
mod client_streams;
mod client_tokens;
mod client_uploads;
mod compressed_responses;
mod doctor;
mod jwks_file;
mod m2m_token_source;
mod machine_token_audiences;
mod machine_tokens;
mod outages;
mod readiness;
mod rotation;
mod runtimes;
mod signing_keys;
#[path = "../support/mod.rs"]
mod support;
mod template_tokens;
mod token_cache;
mod webhook_events;
mod wire;
