//! What a user proves an identity with: a password or a code. Codes are not sent anywhere.

use serde_json::{Value, json};

use super::call::Call;
use crate::testing::{directory::Account, refused::Refused, secret::Password};

/// The code that every email address gets. With Clerk itself, only addresses that contain `+clerk_test` have it.
pub(super) const CODE: &str = "424242";

/// The shortest password, as the instance's settings have it.
pub(super) const MIN_PASSWORD: usize = 8;

/// The strategies that send a code.
pub(super) const EMAIL: &str = "email_code";
pub(super) const RESET: &str = "reset_password_email_code";

/// How long an attempt stays open, in milliseconds.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1000;
/// How long a code works, in milliseconds.
const TEN_MINUTES: i64 = 10 * 60 * 1000;

/// Returns the ways in which this user can prove an identity.
pub(super) fn factors(user: &Account) -> Vec<Value> {
    let password = user.password.as_ref().map(|_| json!({ "strategy": "password" }));
    let code = json!({
        "strategy": "email_code",
        "safe_identifier": user.email,
        "email_address_id": user.email_id(),
        "primary": true,
    });
    password.into_iter().chain([code]).collect()
}

/// Returns the ways in which this user can sign in. A user who has forgotten the password sets a new one.
pub(super) fn factors_of_sign_in(user: &Account) -> Vec<Value> {
    let mut factors = factors(user);
    if user.password.is_some() {
        factors.push(json!({
            "strategy": RESET,
            "safe_identifier": user.email,
            "email_address_id": user.email_id(),
            "primary": true,
        }));
    }
    factors
}

/// Returns the state of a verification by code that began at this time.
pub(super) fn code(status: &str, strategy: &str, began: i64) -> Value {
    json!({
        "object": "verification_otp",
        "status": status,
        "strategy": strategy,
        "attempts": 0,
        "expire_at": began.saturating_add(TEN_MINUTES),
    })
}

/// Returns the state of a verification, by any strategy, that the user has passed.
pub(super) fn passed(strategy: &str, began: i64) -> Value {
    match strategy {
        EMAIL | RESET => code("verified", strategy, began),
        "ticket" => json!({ "object": "verification_ticket", "status": "verified", "strategy": "ticket" }),
        _ => json!({ "object": "verification_password", "status": "verified", "strategy": "password" }),
    }
}

/// Checks the proof that the form has for this user.
pub(super) fn prove(call: &Call<'_>, user: &Account, code_sent: bool) -> Result<&'static str, Refused> {
    match call.text("strategy").unwrap_or("password") {
        "password" => {
            let password = call.required("password")?;
            let message = "Password is incorrect. Try again, or use another method.";
            match user.password.as_ref().is_some_and(|known| known.is(password)) {
                true => Ok("password"),
                false => Err(Refused::form("password", "form_password_incorrect", message)),
            }
        }
        EMAIL => {
            check_code(call, code_sent)?;
            Ok(EMAIL)
        }
        _ => Err(no_such_strategy()),
    }
}

pub(super) fn check_code(call: &Call<'_>, code_sent: bool) -> Result<(), Refused> {
    if !code_sent {
        let message = "You need to send a verification code before attempting to verify.";
        return Err(Refused::new(actix_web::http::StatusCode::BAD_REQUEST, "verification_missing", message));
    }
    match call.required("code")? == CODE {
        true => Ok(()),
        false => Err(Refused::form("code", "form_code_incorrect", "Incorrect code. LocalClerk's code is 424242.")),
    }
}

/// Checks that the strategy of a preparation is one that sends a code, and returns it.
pub(super) fn strategy_of_code(call: &Call<'_>, known: &[&'static str]) -> Result<&'static str, Refused> {
    let strategy = call.required("strategy")?;
    known.iter().copied().find(|known| *known == strategy).ok_or_else(no_such_strategy)
}

/// Returns a new password, if it is long enough.
pub(super) fn acceptable(password: &str, parameter: &'static str) -> Result<Password, Refused> {
    if password.chars().count() < MIN_PASSWORD {
        let message = "Passwords must be 8 characters or more.";
        return Err(Refused::form(parameter, "form_password_length_too_short", message));
    }
    Ok(Password::new(password))
}

fn no_such_strategy() -> Refused {
    Refused::form(
        "strategy",
        "form_param_value_invalid",
        "LocalClerk knows no such strategy here, only passwords and codes by email.",
    )
}
