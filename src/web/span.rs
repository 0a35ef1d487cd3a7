//! The fields of the current `tracing` span that name the caller.

use tracing::{Span, level_filters::LevelFilter};

use super::state::RequestState;
use crate::auth::Principal;

pub(super) fn record(state: &RequestState) {
    match (state.as_session(), state.as_machine()) {
        (Some(Ok(session)), _) => record_caller(|| Principal::Session(session.clone())),
        (_, Some(Ok(principal))) => record_caller(|| principal.clone()),
        _ => {}
    }
}

/// Records the caller in the fields that the current span declares: the crate's own, and OpenTelemetry's `user.id` and
/// `session.id`, which dashboards know. Never the token.
pub(super) fn record_caller(caller: impl FnOnce() -> Principal) {
    // Without a subscriber there is no span, which this tells sooner.
    if LevelFilter::current() == LevelFilter::OFF {
        return;
    }
    let span = Span::current();
    if span.is_disabled() {
        return;
    }
    let caller = caller();
    span.record("clerk.token_type", caller.token_type().as_str());
    if let Some(user_id) = caller.user_id() {
        span.record("clerk.user_id", user_id);
        span.record("user.id", user_id);
    }
    if let Principal::Session(session) = &caller
        && let Some(session_id) = session.session_id()
    {
        span.record("clerk.session_id", session_id);
        span.record("session.id", session_id);
    }
    if let Some(organization) = caller.org_id() {
        span.record("clerk.org_id", organization);
    }
}
