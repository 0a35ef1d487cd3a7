//! Members of organizations.

use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply, missing},
    organizations::{as_member, with_permission},
};
use crate::testing::{
    directory::Member,
    refused::Refused,
    resources::{self, Api},
    roles::Role,
    session_events::announce_resource,
};

pub(super) fn of_user(call: &mut Call<'_>) -> Answer {
    let session = call.caller()?;
    let all = listed(call, call.directory.memberships_of(&session.user_id));
    Ok(Reply::Wrapped(call.page(all)))
}

pub(super) fn of_organization(call: &mut Call<'_>, id: &str) -> Answer {
    let organization = as_member(call, id)?;
    let roles = call.all("role");
    let query = call.text("query").map(str::to_lowercase);
    let is_asked_for = |member: &&Member| {
        let user = call.directory.user(&member.user_id);
        let text = user.map(|user| format!("{} {} {}", user.name(), user.email, user.id).to_lowercase());
        let contains = |query: &String| text.is_some_and(|text| text.contains(query.as_str()));
        (roles.is_empty() || roles.iter().any(|role| role == member.role.key)) && query.as_ref().is_none_or(contains)
    };
    let all = listed(call, call.directory.members_of(&organization.id).filter(is_asked_for));
    Ok(Reply::Wrapped(call.page(all)))
}

pub(super) fn set_role(call: &mut Call<'_>, id: &str, user_id: &str) -> Answer {
    let organization = with_permission(call, id, "org:sys_memberships:manage")?;
    let role = role(call)?;
    call.directory.member(&organization.id, user_id).ok_or_else(Refused::not_found)?;
    call.directory.set_role(&organization.id, user_id, role, call.now.as_millis());
    let member = call.directory.member(&organization.id, user_id).cloned().ok_or_else(Refused::not_found)?;
    announce(call, "organizationMembership.updated", &member);
    Ok(Reply::Wrapped(resource(call, &member)?))
}

pub(super) fn remove(call: &mut Call<'_>, id: &str, user_id: &str) -> Answer {
    let organization = with_permission(call, id, "org:sys_memberships:manage")?;
    let member = call.directory.leave(&organization.id, user_id).ok_or_else(Refused::not_found)?;
    announce(call, "organizationMembership.deleted", &member);
    Ok(Reply::Wrapped(resource(call, &member)?))
}

/// Removes the caller from an organization.
pub(super) fn leave(call: &mut Call<'_>, id: &str) -> Answer {
    let (session, organization) = (call.caller()?, as_member(call, id)?);
    let member = call.directory.leave(&organization.id, &session.user_id).ok_or_else(Refused::not_found)?;
    announce(call, "organizationMembership.deleted", &member);
    Ok(Reply::Wrapped(json!({ "object": "organization_membership", "id": member.id, "deleted": true })))
}

/// Returns the role that the form names.
pub(super) fn role(call: &Call<'_>) -> Result<&'static Role, Refused> {
    let key = call.text("role").ok_or_else(|| missing("role"))?;
    Role::by_key(key).ok_or_else(|| Refused::form("role", "form_param_value_invalid", "There is no such role."))
}

pub(super) fn announce(call: &Call<'_>, event_type: &str, member: &Member) {
    if let Some(resource) = resources::membership(&call.directory, member, Api::Backend) {
        announce_resource(call.clerk, event_type, resource);
    }
}

fn listed<'m>(call: &Call<'_>, members: impl Iterator<Item = &'m Member>) -> Vec<Value> {
    members.filter_map(|member| resources::membership(&call.directory, member, Api::Frontend)).collect()
}

fn resource(call: &Call<'_>, member: &Member) -> Result<Value, Refused> {
    resources::membership(&call.directory, member, Api::Frontend).ok_or_else(Refused::not_found)
}
