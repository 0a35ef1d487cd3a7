//! What a request brings, by name: for events, never for a decision.

use super::{
    authorization::{Bearer, bearer},
    cookies::{CookieName, Cookies},
    facts::{Field, RequestFacts},
    websocket,
};
use crate::config::Settings;

/// Returns where the request's token is: `header`, `websocket` or `cookie`, or `none`.
pub(crate) fn carrier(facts: &impl RequestFacts, settings: &Settings) -> &'static str {
    if bearer(facts.field(Field::Authorization)) != Bearer::Missing {
        return "header";
    }
    if websocket::token(facts, settings).is_some() {
        return "websocket";
    }
    let cookies = Cookies::read(facts, &settings.cookie_names);
    let has_session = [CookieName::Session, CookieName::SuffixedSession].into_iter().any(|name| cookies.has(name));
    if has_session { "cookie" } else { "none" }
}

/// Returns the names of Clerk's cookies in the request, separated by commas.
pub(crate) fn cookie_names(facts: &impl RequestFacts, settings: &Settings) -> String {
    Cookies::read(facts, &settings.cookie_names).names(&settings.cookie_names).collect::<Vec<_>>().join(",")
}
