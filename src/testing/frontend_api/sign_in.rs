//! Sign-in by password, by email code and by ticket.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply},
    verifications::{
        DAY, EMAIL, RESET, acceptable, check_code, code, factors_of_sign_in, passed, prove, strategy_of_code,
    },
};
use crate::testing::{
    attempts::SignIn,
    frontend::sign_in_as,
    refused::Refused,
    resources,
    secret::random_id,
    session_events::{announce, announce_resource},
};

/// A sign-in that is complete.
pub(super) struct Complete {
    pub(super) strategy: &'static str,
    pub(super) session_id: String,
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    not_signed_in(call)?;
    let mut attempt = SignIn {
        id: random_id("sia_"),
        identified: None,
        code_sent: None,
        needs_new_password: false,
        began: call.now.as_millis(),
    };
    let strategy = call.text("strategy").map(str::to_owned);
    if strategy.as_deref() == Some("ticket") {
        let ticket = call.required("ticket")?.to_owned();
        let message = "The ticket is invalid, has expired, or was used before.";
        let redeemed = call
            .directory
            .redeem(&ticket, call.now)
            .ok_or_else(|| Refused::new(StatusCode::BAD_REQUEST, "sign_in_token_cannot_be_used", message))?;
        let email = call.directory.user(&redeemed.user_id).map(|user| user.email.clone()).unwrap_or_default();
        attempt.identified = Some((email, redeemed.user_id));
        return complete(call, attempt, "ticket", redeemed.actor);
    }
    if let Some(identifier) = call.text("identifier") {
        let message = "Couldn't find your account.";
        let found = call.directory.user_by_email(identifier);
        let user = found.ok_or_else(|| Refused::form("identifier", "form_identifier_not_found", message))?.clone();
        attempt.identified = Some((identifier.to_owned(), user.id.clone()));
        if call.text("password").is_some() {
            let strategy = prove(call, &user, false)?;
            return complete(call, attempt, strategy, Value::Null);
        }
        attempt.code_sent = (strategy.as_deref() == Some(EMAIL)).then_some(EMAIL);
    }
    keep(call, attempt)
}

pub(super) fn get(call: &mut Call<'_>, id: &str) -> Answer {
    let attempt = running(call, id)?;
    Ok(Reply::Wrapped(resource(call, &attempt, None)))
}

/// Sends a code, as far as the browser can tell.
pub(super) fn prepare(call: &mut Call<'_>, id: &str) -> Answer {
    let attempt = running(call, id)?;
    let strategy = strategy_of_code(call, &[EMAIL, RESET])?;
    keep(call, SignIn { code_sent: Some(strategy), ..attempt })
}

pub(super) fn attempt(call: &mut Call<'_>, id: &str) -> Answer {
    let attempt = running(call, id)?;
    let user = attempt.identified.as_ref().and_then(|(_, user_id)| call.directory.user(user_id));
    let user = user.ok_or_else(Refused::bad_request)?;
    if call.text("strategy") == Some(RESET) {
        check_code(call, attempt.code_sent == Some(RESET))?;
        return keep(call, SignIn { needs_new_password: true, ..attempt });
    }
    let strategy = prove(call, user, attempt.code_sent == Some(EMAIL))?;
    complete(call, attempt, strategy, Value::Null)
}

/// Sets a new password, after a code, and signs in.
pub(super) fn reset_password(call: &mut Call<'_>, id: &str) -> Answer {
    let attempt = running(call, id)?;
    let Some((_, user_id)) = attempt.identified.clone().filter(|_| attempt.needs_new_password) else {
        return Err(Refused::bad_request());
    };
    let password = acceptable(call.required("password")?, "password")?;
    if call.text("sign_out_of_other_sessions") == Some("true") {
        for session in call.browsers.revoke(&user_id) {
            announce(call.clerk, &call.directory, "session.revoked", session);
        }
    }
    let now = call.now.as_millis();
    if let Some(user) = call.directory.user_mut(&user_id) {
        (user.password, user.updated_at) = (Some(password), now);
        announce_resource(call.clerk, "user.updated", resources::user(user));
    }
    complete(call, SignIn { needs_new_password: false, ..attempt }, RESET, Value::Null)
}

/// An instance with one session for each browser refuses a second sign-in.
pub(super) fn not_signed_in(call: &Call<'_>) -> Result<(), Refused> {
    match call.browser.as_deref().and_then(|browser| call.browsers.session_of(browser).0) {
        None => Ok(()),
        Some(_) => Err(Refused::new(StatusCode::BAD_REQUEST, "session_exists", "You're already signed in.")),
    }
}

fn keep(call: &mut Call<'_>, attempt: SignIn) -> Answer {
    let browser = call.browser();
    call.browsers.browser(&browser).sign_in = Some(attempt.clone());
    Ok(Reply::Wrapped(resource(call, &attempt, None)))
}

fn running(call: &mut Call<'_>, id: &str) -> Result<SignIn, Refused> {
    let browser = call.browser();
    let attempt = call.browsers.browser(&browser).sign_in.clone();
    attempt.filter(|attempt| attempt.id == id).ok_or_else(Refused::not_found)
}

fn complete(call: &mut Call<'_>, attempt: SignIn, strategy: &'static str, actor: Value) -> Answer {
    let browser = call.browser();
    let user_id = attempt.identified.as_ref().map(|(_, user_id)| user_id.as_str()).unwrap_or_default();
    let session_id =
        sign_in_as(call.clerk, &mut call.browsers, &mut call.directory, &browser, user_id, actor, call.now);
    let complete = Complete { strategy, session_id: session_id.ok_or_else(Refused::not_found)? };
    Ok(Reply::Wrapped(resource(call, &attempt, Some(&complete))))
}

pub(super) fn resource(call: &Call<'_>, attempt: &SignIn, complete: Option<&Complete>) -> Value {
    let user = attempt.identified.as_ref().and_then(|(_, user_id)| call.directory.user(user_id));
    let status = match (complete, user) {
        (Some(_), _) => "complete",
        (None, Some(_)) if attempt.needs_new_password => "needs_new_password",
        (None, Some(_)) => "needs_first_factor",
        (None, None) => "needs_identifier",
    };
    let verification = match complete {
        Some(complete) => Some(passed(complete.strategy, attempt.began)),
        None => attempt.code_sent.map(|strategy| {
            let status = if attempt.needs_new_password { "verified" } else { "unverified" };
            code(status, strategy, attempt.began)
        }),
    };
    let user_data = user.map(|user| {
        let user = resources::public_user_data(user);
        json!({
            "first_name": user["first_name"],
            "last_name": user["last_name"],
            "image_url": user["image_url"],
            "has_image": false,
        })
    });
    json!({
        "object": "sign_in_attempt",
        "id": attempt.id,
        "status": status,
        "supported_identifiers": ["email_address"],
        "supported_first_factors": user.map(factors_of_sign_in),
        "supported_second_factors": null,
        "first_factor_verification": verification,
        "second_factor_verification": null,
        "identifier": attempt.identified.as_ref().map(|(identifier, _)| identifier),
        "user_data": user_data,
        "created_session_id": complete.map(|complete| &complete.session_id),
        "abandon_at": attempt.began.saturating_add(DAY),
    })
}
