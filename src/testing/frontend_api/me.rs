//! The user who calls.

use serde_json::json;

use super::{
    call::{Answer, Call, Reply},
    verifications::acceptable,
};
use crate::testing::{
    directory::Account,
    refused::Refused,
    resources,
    session_events::{announce, announce_resource},
};

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    let session = call.caller()?;
    let user = call.directory.user(&session.user_id).ok_or_else(Refused::not_found)?;
    Ok(Reply::Wrapped(resources::own_user(&call.directory, user)))
}

pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let names = ["first_name", "last_name"].map(|name| call.parameter(name).map(str::to_owned));
    change(call, |user| {
        let [first_name, last_name] = names;
        for (name, field) in [(first_name, &mut user.first_name), (last_name, &mut user.last_name)] {
            *field = name.unwrap_or_else(|| field.clone());
        }
    })
}

pub(super) fn change_password(call: &mut Call<'_>) -> Answer {
    let session = call.caller()?;
    let user = call.directory.user(&session.user_id).ok_or_else(Refused::not_found)?;
    let current = call.text("current_password").unwrap_or_default();
    if user.password.as_ref().is_some_and(|password| !password.is(current)) {
        let message = "Password is incorrect. Try again.";
        return Err(Refused::form("current_password", "form_password_incorrect", message));
    }
    let password = acceptable(call.required("new_password")?, "new_password")?;
    change(call, |user| user.password = Some(password))
}

fn change(call: &mut Call<'_>, change: impl FnOnce(&mut Account)) -> Answer {
    let (session, now) = (call.caller()?, call.now.as_millis());
    let user = call.directory.user_mut(&session.user_id).ok_or_else(Refused::not_found)?;
    change(user);
    user.updated_at = now;
    announce_resource(call.clerk, "user.updated", resources::user(user));
    get(call)
}

/// Deletes the user, whose sessions end in all browsers.
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let session = call.caller()?;
    for session in call.browsers.revoke(&session.user_id) {
        announce(call.clerk, &call.directory, "session.revoked", session);
    }
    call.directory.delete_user(&session.user_id);
    let deleted = json!({ "object": "user", "id": session.user_id, "deleted": true });
    announce_resource(call.clerk, "user.deleted", deleted.clone());
    Ok(Reply::Wrapped(deleted))
}

/// There are none, because this instance has no domains.
pub(super) fn organization_suggestions(call: &mut Call<'_>) -> Answer {
    call.caller()?;
    Ok(Reply::Wrapped(call.page(Vec::new())))
}

pub(super) fn organization_creation_defaults(call: &mut Call<'_>) -> Answer {
    call.caller()?;
    Ok(Reply::Wrapped(json!({ "form": null, "advisory": null })))
}
