//! Decides one request: facts in, outcome out. Pure except for the [`Backend`] trait: it knows neither Actix nor an
//! HTTP client, and the time is passed in.
//!
//! Start with [`authenticate`]; `rules.rs` lists the rules for cookies.

mod authenticate;
mod authorization;
mod backend;
mod browser;
mod cause;
mod claim_rules;
mod cookies;
mod facts;
mod frontend_api;
mod handshake;
mod handshake_return;
mod hint;
mod inspection;
mod loops;
mod navigation;
mod numbers;
mod observed;
mod organization;
mod origin;
mod outcome;
mod parameter;
mod presented;
mod public_url;
pub(crate) mod query;
mod recovery;
mod redaction;
mod rules;
mod satellite_page;
mod set_cookie;
mod suffix;
#[cfg(test)]
mod test_support;
mod verification;
mod visit;
mod visitor;
mod websocket;

pub(crate) use self::{
    authenticate::{authenticate, verify_any_token, verify_session_token},
    authorization::has_bearer_token,
    backend::{Backend, HandshakePayloadError, RefreshError, RefreshSession, SigningKeyError},
    cause::LoopCause,
    facts::{Field, RequestFacts, join_line, latin_1},
    frontend_api::account_portal,
    handshake_return::parse_directives,
    hint::Hint,
    inspection::{Inspection, TokenContent},
    navigation::{is_page_navigation, is_same_page},
    observed::{carrier, cookie_names},
    outcome::{Additions, AuthStatus, Denial, Outcome, Redirect, Renewal},
    public_url::{public_url, return_address},
    redaction::redacted,
    set_cookie::SetCookie,
    verification::{NoMachine, verify_machine},
    visitor::Visitor,
    websocket::protocol_to_select,
};
