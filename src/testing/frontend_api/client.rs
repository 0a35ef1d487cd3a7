//! The client: a browser with its session, and with a sign-in or sign-up that has begun.

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply},
    sessions, sign_in, sign_up,
};
use crate::testing::{browsers::client_id, session_events::announce};

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    Ok(Reply::Bare(json!({ "response": resource(call), "client": null })))
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    call.browser();
    get(call)
}

pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    sign_out(call)
}

/// Ends the session of the browser.
pub(super) fn sign_out(call: &mut Call<'_>) -> Answer {
    if let Some(browser) = &call.browser
        && let Some(session) = call.browsers.sign_out(browser)
    {
        announce(call.clerk, &call.directory, "session.removed", session);
    }
    get(call)
}

/// Returns the client, or `null` if the browser has none yet.
pub(super) fn resource(call: &mut Call<'_>) -> Value {
    let Some(browser) = call.browser.clone() else { return Value::Null };
    let (session, client_uat) = call.browsers.session_of(&browser);
    let attempts = call.browsers.browser(&browser).clone();
    let last_active = session.as_ref().map(|session| session.id.clone());
    // The time of `__client_uat`, which must not be later than a token's `iat`: whole seconds.
    let updated_at = if client_uat == 0 { call.clerk.started_at } else { client_uat * 1000 };
    json!({
        "object": "client",
        "id": client_id(&browser),
        "sessions": session.map(|session| sessions::resource(call, &session)).into_iter().collect::<Vec<_>>(),
        "sign_in": attempts.sign_in.map(|attempt| sign_in::resource(call, &attempt, None)),
        "sign_up": attempts.sign_up.map(|attempt| sign_up::resource(&attempt, None)),
        "last_active_session_id": last_active,
        "last_authentication_strategy": null,
        "cookie_expires_at": null,
        "captcha_bypass": false,
        "created_at": call.clerk.started_at,
        "updated_at": updated_at,
    })
}
