//! Reverification: the user of a session proves an identity once more.

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply},
    sessions,
    verifications::{EMAIL, code, factors, passed, prove, strategy_of_code},
};
use crate::testing::{directory::Account, refused::Refused};

pub(super) fn start(call: &mut Call<'_>, id: &str) -> Answer {
    call.required("level")?;
    answer(call, id, "needs_first_factor", Value::Null)
}

pub(super) fn prepare(call: &mut Call<'_>, id: &str) -> Answer {
    let strategy = strategy_of_code(call, &[EMAIL])?;
    let verification = code("unverified", strategy, call.now.as_millis());
    answer(call, id, "needs_first_factor", verification)
}

pub(super) fn attempt(call: &mut Call<'_>, id: &str) -> Answer {
    let user = user(call, id)?;
    // The code of `LocalClerk` is always the same, so that it is not necessary to remember whether it was sent.
    let strategy = prove(call, &user, true)?;
    call.browsers.verified(id, call.now);
    let verification = passed(strategy, call.now.as_millis());
    answer(call, id, "complete", verification)
}

fn user(call: &Call<'_>, id: &str) -> Result<Account, Refused> {
    let session = call.session(id)?;
    call.directory.user(&session.user_id).cloned().ok_or_else(Refused::not_found)
}

fn answer(call: &Call<'_>, id: &str, status: &str, verification: Value) -> Answer {
    let (session, user) = (call.session(id)?, user(call, id)?);
    Ok(Reply::Wrapped(json!({
        "object": "session_reverification",
        // There is no second factor, so that every level ends after the first one.
        "level": "first_factor",
        "status": status,
        "session": sessions::resource(call, &session),
        "supported_first_factors": factors(&user),
        "supported_second_factors": null,
        "first_factor_verification": verification,
        "second_factor_verification": null,
    })))
}
