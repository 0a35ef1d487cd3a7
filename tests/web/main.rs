//! Authentication as an application and its clients see it: extractors, policies, responses, and other middleware.

mod auth_json;
mod authorization_server;
mod events;
mod extractors;
mod frontend_api_proxy;
mod guards;
mod head_and_options;
mod long_lived_connections;
mod middleware_order;
mod openapi;
mod pages;
mod policies;
mod protected_resources;
mod raw_requests;
mod reference_checks;
mod reference_responses;
mod refusal_responses;
mod return_addresses;
#[path = "../support/mod.rs"]
mod support;
mod webhooks;
mod websocket_handshakes;
