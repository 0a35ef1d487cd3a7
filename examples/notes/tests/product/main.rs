//! The application over HTTP, on a local Clerk: real requests to a real server.

mod api;
mod database;
mod forms;
mod observability;
mod pages;
mod program;
mod sign_out;
mod support;
mod tenants;
mod webhooks;
