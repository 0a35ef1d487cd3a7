//! Sign-up with an email address, a password and a code.

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply},
    sign_in::not_signed_in,
    verifications::{DAY, EMAIL, acceptable, check_code, code, strategy_of_code},
};
use crate::testing::{
    attempts::SignUp, frontend::sign_in_as, refused::Refused, resources, secret::random_id,
    session_events::announce_resource, users::user,
};

/// A sign-up that is complete.
pub(super) struct Complete {
    user_id: String,
    session_id: String,
}

pub(super) fn create(call: &mut Call<'_>) -> Answer {
    not_signed_in(call)?;
    let attempt = SignUp {
        id: random_id("sua_"),
        email: None,
        password: None,
        first_name: None,
        last_name: None,
        code_sent: false,
        email_verified: false,
        began: call.now.as_millis(),
    };
    let attempt = filled(call, attempt)?;
    keep(call, attempt)
}

pub(super) fn get(call: &mut Call<'_>, id: &str) -> Answer {
    let attempt = running(call, id)?;
    Ok(Reply::Wrapped(resource(&attempt, None)))
}

pub(super) fn update(call: &mut Call<'_>, id: &str) -> Answer {
    let attempt = running(call, id)?;
    let attempt = filled(call, attempt)?;
    keep(call, attempt)
}

/// Sends a code, as far as the browser can tell.
pub(super) fn prepare(call: &mut Call<'_>, id: &str) -> Answer {
    let attempt = running(call, id)?;
    strategy_of_code(call, &[EMAIL])?;
    if attempt.email.is_none() {
        return Err(Refused::bad_request());
    }
    keep(call, SignUp { code_sent: true, ..attempt })
}

pub(super) fn attempt(call: &mut Call<'_>, id: &str) -> Answer {
    let attempt = running(call, id)?;
    check_code(call, attempt.code_sent)?;
    keep(call, SignUp { email_verified: true, ..attempt })
}

/// Takes over what the form has.
fn filled(call: &Call<'_>, mut attempt: SignUp) -> Result<SignUp, Refused> {
    if let Some(email) = call.text("email_address") {
        let is_address = email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
        if !is_address {
            let message = "Email address must be a valid email address.";
            return Err(Refused::form("email_address", "form_param_format_invalid", message));
        }
        if call.directory.user_by_email(email).is_some() {
            let message = "That email address is taken. Please try another.";
            return Err(Refused::form("email_address", "form_identifier_exists", message));
        }
        if attempt.email.as_deref() != Some(email) {
            (attempt.code_sent, attempt.email_verified) = (false, false);
        }
        attempt.email = Some(email.to_owned());
    }
    if let Some(password) = call.text("password") {
        attempt.password = Some(acceptable(password, "password")?);
    }
    for (name, field) in [("first_name", &mut attempt.first_name), ("last_name", &mut attempt.last_name)] {
        if let Some(text) = call.text(name) {
            *field = Some(text.to_owned());
        }
    }
    Ok(attempt)
}

fn running(call: &mut Call<'_>, id: &str) -> Result<SignUp, Refused> {
    let browser = call.browser();
    let attempt = call.browsers.browser(&browser).sign_up.clone();
    attempt.filter(|attempt| attempt.id == id).ok_or_else(Refused::not_found)
}

/// Creates the user and the session if nothing is missing, and keeps the attempt otherwise.
fn keep(call: &mut Call<'_>, attempt: SignUp) -> Answer {
    let browser = call.browser();
    let Some((email, password)) =
        attempt.email.clone().zip(attempt.password.clone()).filter(|_| attempt.email_verified)
    else {
        call.browsers.browser(&browser).sign_up = Some(attempt.clone());
        return Ok(Reply::Wrapped(resource(&attempt, None)));
    };
    let names = [attempt.first_name.as_deref(), attempt.last_name.as_deref()];
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    let created = call.directory.add(user(email).password(password.as_str()).name(name), call.now.as_millis());
    announce_resource(call.clerk, "user.created", resources::user(&created));
    let user_id = created.id;
    let session_id =
        sign_in_as(call.clerk, &mut call.browsers, &mut call.directory, &browser, &user_id, Value::Null, call.now);
    let complete = Complete { user_id, session_id: session_id.ok_or_else(Refused::not_found)? };
    Ok(Reply::Wrapped(resource(&attempt, Some(&complete))))
}

pub(super) fn resource(attempt: &SignUp, complete: Option<&Complete>) -> Value {
    // Before a code is asked for, there is none: Clerk's component asks for a code only then.
    let verification = (attempt.code_sent || attempt.email_verified).then(|| {
        let (status, next) = if attempt.email_verified { ("verified", "") } else { ("unverified", "needs_attempt") };
        let mut verification = code(status, EMAIL, attempt.began);
        verification["next_action"] = json!(next);
        verification["supported_strategies"] = json!(["email_code"]);
        verification
    });
    let unverified: &[&str] = match attempt.email.is_some() && !attempt.email_verified {
        true => &["email_address"],
        false => &[],
    };
    json!({
        "object": "sign_up_attempt",
        "id": attempt.id,
        "status": if complete.is_some() { "complete" } else { "missing_requirements" },
        "required_fields": ["email_address", "password"],
        "optional_fields": ["first_name", "last_name"],
        "missing_fields": attempt.missing(),
        "unverified_fields": unverified,
        "verifications": {
            "email_address": verification,
            "phone_number": null,
            "web3_wallet": null,
            "external_account": null,
        },
        "username": null,
        "email_address": attempt.email,
        "phone_number": null,
        "web3_wallet": null,
        "password_enabled": attempt.password.is_some(),
        "first_name": attempt.first_name,
        "last_name": attempt.last_name,
        "unsafe_metadata": {},
        "public_metadata": {},
        "custom_action": false,
        "external_id": null,
        "created_session_id": complete.map(|complete| &complete.session_id),
        "created_user_id": complete.map(|complete| &complete.user_id),
        "abandon_at": attempt.began.saturating_add(DAY),
        "legal_accepted_at": null,
    })
}
