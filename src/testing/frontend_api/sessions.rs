//! Sessions of the browser: tokens, the active organization, the end.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply},
    organizations::not_a_member,
};
use crate::testing::{
    browsers::UserSession, refused::Refused, resources, session_events::announce, sessions::by_template,
};

pub(super) fn get(call: &mut Call<'_>, id: &str) -> Answer {
    let session = call.session(id)?;
    Ok(Reply::Wrapped(resource(call, &session)))
}

/// Makes a session and an organization the active ones. No organization is the personal account.
pub(super) fn touch(call: &mut Call<'_>, id: &str) -> Answer {
    let session = call.session(id)?;
    if let Some(organization) = call.parameter("active_organization_id").map(str::to_owned)
        && !call.browsers.activate(&session.id, &organization, &call.directory)
    {
        return Err(not_a_member());
    }
    let session = call.session(id)?;
    Ok(Reply::Wrapped(resource(call, &session)))
}

pub(super) fn token(call: &mut Call<'_>, id: &str, template: Option<&str>) -> Answer {
    let session = call.session(id)?;
    let jwt = match template {
        Some(name) => {
            let template = call.clerk.template(name).ok_or_else(Refused::not_found)?;
            by_template(call.clerk, &session, template, Duration::from_secs(60))
        }
        None => {
            let organization = match call.parameter("organization_id") {
                None => session.active_organization(),
                Some("") => None,
                Some(other) if call.directory.member(other, &session.user_id).is_some() => Some(other),
                Some(_) => return Err(not_a_member()),
            };
            let token = session.describe_in(&call.directory, organization, call.now);
            call.clerk.token_for(token, call.origin.as_deref())
        }
    };
    Ok(Reply::Bare(json!({ "object": "token", "jwt": jwt })))
}

/// Ends a session of the browser.
pub(super) fn end(call: &mut Call<'_>, id: &str, status: &'static str) -> Answer {
    let mut session = call.session(id)?;
    let browser = call.browser();
    if let Some(ended) = call.browsers.end(&browser, status) {
        announce(call.clerk, &call.directory, &format!("session.{status}"), ended);
        session = ended.clone();
    }
    Ok(Reply::Wrapped(resource(call, &session)))
}

/// Lists the user's sessions in all browsers, as the user profile shows them.
pub(super) fn list_active(call: &mut Call<'_>) -> Answer {
    let user_id = call.caller()?.user_id;
    let sessions = call.browsers.newest_first().filter(|session| session.user_id == user_id && session.stands());
    let described = |session: &UserSession| {
        let mut described = base(session);
        described["latest_activity"] = json!({
            "object": "session_activity",
            "id": format!("sess_activity_{}", session.id.trim_start_matches("sess_")),
            "device_type": "Browser",
            "is_mobile": false,
            "ip_address": "127.0.0.1",
        });
        described
    };
    Ok(Reply::Bare(sessions.map(described).collect()))
}

pub(super) fn list(call: &mut Call<'_>) -> Answer {
    let user_id = call.caller()?.user_id;
    let sessions: Vec<UserSession> =
        call.browsers.newest_first().filter(|session| session.user_id == user_id).cloned().collect();
    Ok(Reply::Bare(sessions.iter().map(|session| resource(call, session)).collect()))
}

/// Ends a session of the same user in another browser.
pub(super) fn revoke(call: &mut Call<'_>, id: &str) -> Answer {
    let user_id = call.caller()?.user_id;
    if call.browsers.find(id).is_none_or(|session| session.user_id != user_id) {
        return Err(Refused::not_found());
    }
    if let Some(session) = call.browsers.revoke_session(id) {
        announce(call.clerk, &call.directory, "session.revoked", session);
    }
    let session = call.browsers.find(id).cloned().ok_or_else(Refused::not_found)?;
    Ok(Reply::Wrapped(resource(call, &session)))
}

/// What a session is by itself.
pub(super) fn base(session: &UserSession) -> Value {
    let backend = session.resource();
    json!({
        "object": "session",
        "id": session.id,
        "status": session.status,
        "expire_at": backend["expire_at"],
        "abandon_at": backend["abandon_at"],
        "last_active_at": backend["last_active_at"],
        "actor": backend["actor"],
    })
}

/// A session with its user and, unless it has ended, with a token, from which `clerk-js` sets the cookie at once.
pub(super) fn resource(call: &Call<'_>, session: &UserSession) -> Value {
    let backend = session.resource();
    let user = call.directory.user(&session.user_id);
    let token = session.stands().then(|| {
        let description = session.describe(&call.directory, call.now);
        json!({ "object": "token", "jwt": call.clerk.token_for(description, call.origin.as_deref()) })
    });
    let mut resource = base(session);
    for (name, value) in [
        ("last_active_token", json!(token)),
        ("tasks", Value::Null),
        ("last_active_organization_id", json!(session.active_organization())),
        ("public_user_data", json!(user.map(resources::public_user_data))),
        ("factor_verification_age", json!(session.factor_verification_age(call.now))),
        ("created_at", backend["created_at"].clone()),
        ("updated_at", backend["updated_at"].clone()),
    ] {
        resource[name] = value;
    }
    if let Some(user) = user {
        resource["user"] = resources::own_user(&call.directory, user);
    }
    resource
}
