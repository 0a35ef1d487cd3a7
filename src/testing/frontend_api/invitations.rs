//! Invitations to organizations. They are not sent anywhere: the user with the address finds and accepts them.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::{
    call::{Answer, Call, Reply},
    members::{announce, role},
    organizations::{as_member, with_permission},
};
use crate::testing::{
    directory::{Invitation, Organization},
    refused::Refused,
    resources,
    secret::random_id,
    session_events::announce_resource,
};

pub(super) fn list(call: &mut Call<'_>, id: &str) -> Answer {
    let organization = as_member(call, id)?;
    let all = listed(call, |invitation| invitation.organization_id == organization.id);
    Ok(Reply::Wrapped(call.page(all)))
}

pub(super) fn create(call: &mut Call<'_>, id: &str) -> Answer {
    let email = call.required("email_address")?.to_owned();
    let created = invite(call, id, email)?;
    Ok(Reply::Wrapped(created))
}

/// Invites several addresses at once.
pub(super) fn create_all(call: &mut Call<'_>, id: &str) -> Answer {
    let mut created = Vec::new();
    for email in call.all("email_address") {
        created.push(invite(call, id, email)?);
    }
    Ok(Reply::Wrapped(Value::Array(created)))
}

pub(super) fn revoke(call: &mut Call<'_>, id: &str, invitation: &str) -> Answer {
    let organization = with_permission(call, id, "org:sys_memberships:manage")?;
    let revoked = settle(call, "revoked", |of| of.id == invitation && of.organization_id == organization.id)?;
    announce_invitation(call, "organizationInvitation.revoked", &revoked);
    Ok(Reply::Wrapped(resources::invitation(&call.directory, &revoked)))
}

/// Lists the invitations of the caller's address.
pub(super) fn of_user(call: &mut Call<'_>) -> Answer {
    let email = address(call)?;
    let all = listed(call, |invitation| invitation.email.eq_ignore_ascii_case(&email));
    Ok(Reply::Wrapped(call.page(all)))
}

pub(super) fn accept(call: &mut Call<'_>, id: &str) -> Answer {
    let (session, email) = (call.caller()?, address(call)?);
    let accepted =
        settle(call, "accepted", |invitation| invitation.id == id && invitation.email.eq_ignore_ascii_case(&email))?;
    announce_invitation(call, "organizationInvitation.accepted", &accepted);
    let now = call.now.as_millis();
    call.directory.join(&accepted.organization_id, &session.user_id, accepted.role, now);
    if let Some(member) = call.directory.member(&accepted.organization_id, &session.user_id) {
        announce(call, "organizationMembership.created", member);
    }
    Ok(Reply::Wrapped(resources::invitation(&call.directory, &accepted)))
}

fn invite(call: &mut Call<'_>, id: &str, email: String) -> Result<Value, Refused> {
    let Organization { id: organization_id, .. } = with_permission(call, id, "org:sys_memberships:manage")?;
    let (role, now) = (role(call)?, call.now.as_millis());
    let is_member = call
        .directory
        .user_by_email(&email)
        .is_some_and(|user| call.directory.member(&organization_id, &user.id).is_some());
    if is_member {
        let message = "The user with this address is already a member of the organization.";
        return Err(Refused::new(StatusCode::BAD_REQUEST, "already_a_member_in_organization", message));
    }
    let invitation = Invitation {
        id: random_id("orginv_"),
        organization_id,
        inviter_id: call.caller()?.user_id,
        email,
        role,
        status: "pending",
        created_at: now,
        updated_at: now,
    };
    let resource = resources::invitation(&call.directory, &invitation);
    announce_invitation(call, "organizationInvitation.created", &invitation);
    call.directory.invitations.push(invitation);
    Ok(resource)
}

/// Settles a pending invitation, and returns it.
fn settle(
    call: &mut Call<'_>,
    status: &'static str,
    is_it: impl Fn(&Invitation) -> bool,
) -> Result<Invitation, Refused> {
    let now = call.now.as_millis();
    let mut all = call.directory.invitations.iter_mut();
    let found = all.find(|invitation| invitation.status == "pending" && is_it(invitation));
    let invitation = found.ok_or_else(Refused::not_found)?;
    (invitation.status, invitation.updated_at) = (status, now);
    Ok(invitation.clone())
}

fn listed(call: &Call<'_>, is_it: impl Fn(&Invitation) -> bool) -> Vec<Value> {
    let statuses = call.all("status");
    let is_asked_for = |invitation: &&Invitation| {
        is_it(invitation) && (statuses.is_empty() || statuses.iter().any(|status| status == invitation.status))
    };
    let all = call.directory.invitations.iter().filter(is_asked_for);
    all.map(|invitation| resources::invitation(&call.directory, invitation)).collect()
}

fn announce_invitation(call: &Call<'_>, event_type: &str, invitation: &Invitation) {
    let mut resource = resources::invitation(&call.directory, invitation);
    let inviter = call.directory.user(&invitation.inviter_id);
    // The profile image is in the APIs only.
    let mut inviter = inviter.map(resources::public_user_data).unwrap_or_default();
    if let Some(members) = inviter.as_object_mut() {
        members.remove("profile_image_url");
    }
    resource["inviter_id"] = json!(invitation.inviter_id);
    resource["public_inviter_data"] = inviter;
    resource["private_metadata"] = json!({});
    resource["data"] = json!({ "public_organization_data": resource["public_organization_data"].take() });
    if let Some(members) = resource.as_object_mut() {
        members.remove("public_organization_data");
    }
    if event_type == "organizationInvitation.accepted"
        && let Some(user) = call.directory.user_by_email(&invitation.email)
    {
        resource["user_id"] = json!(user.id);
    }
    announce_resource(call.clerk, event_type, resource);
}

fn address(call: &Call<'_>) -> Result<String, Refused> {
    let session = call.caller()?;
    call.directory.user(&session.user_id).map(|user| user.email.clone()).ok_or_else(Refused::not_found)
}
