//! Organizations.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use super::call::{Answer, Call, Reply};
use crate::testing::{
    directory::Organization,
    refused::Refused,
    resources::{self, Api},
    roles,
    secret::{random_id, secret},
    session_events::announce_resource,
};

/// Checks that the caller is a member of an organization, and returns the organization.
pub(super) fn as_member(call: &Call<'_>, id: &str) -> Result<Organization, Refused> {
    let session = call.caller()?;
    let organization = call.directory.organization(id);
    let is_member = |of: &&Organization| call.directory.member(&of.id, &session.user_id).is_some();
    organization.filter(is_member).cloned().ok_or_else(not_a_member)
}

/// The answer is the same if there is no such organization: its members are nobody else's business.
pub(super) fn not_a_member() -> Refused {
    let message = "The organization does not exist, or the user is not a member of it.";
    Refused::new(StatusCode::FORBIDDEN, "organization_not_found_or_unauthorized", message)
}

/// Checks that the caller has a permission in an organization, and returns the organization.
pub(super) fn with_permission(call: &Call<'_>, id: &str, permission: &str) -> Result<Organization, Refused> {
    let organization = as_member(call, id)?;
    let session = call.caller()?;
    let member = call.directory.member(&organization.id, &session.user_id);
    match member.is_some_and(|member| member.role.may(permission)) {
        true => Ok(organization),
        false => {
            let message = "Current user does not have the permission to do this in the organization.";
            Err(Refused::new(StatusCode::FORBIDDEN, "missing_organization_permission", message))
        }
    }
}

/// Creates an organization whose administrator is the caller.
pub(super) fn create(call: &mut Call<'_>) -> Answer {
    let session = call.caller()?;
    let name = call.required("name")?.to_owned();
    let slug = call.text("slug").map_or_else(|| slug_of(&name), str::to_owned);
    slug_is_free(call, &slug)?;
    let (id, now) = (random_id("org_"), call.now.as_millis());
    call.directory.add_organization(id.clone(), name, slug, session.user_id.clone(), now);
    call.directory.join(&id, &session.user_id, roles::ADMIN, now);
    announce(call, "organization.created", &id);
    if let Some(member) = call.directory.member(&id, &session.user_id)
        && let Some(member) = resources::membership(&call.directory, member, Api::Backend)
    {
        announce_resource(call.clerk, "organizationMembership.created", member);
    }
    get(call, &id)
}

pub(super) fn get(call: &mut Call<'_>, id: &str) -> Answer {
    let organization = as_member(call, id)?;
    Ok(Reply::Wrapped(resources::organization(&call.directory, &organization, Api::Frontend)))
}

pub(super) fn update(call: &mut Call<'_>, id: &str) -> Answer {
    let Organization { id, slug: old, .. } = with_permission(call, id, "org:sys_profile:manage")?;
    let [name, slug] = ["name", "slug"].map(|name| call.text(name).map(str::to_owned));
    if let Some(slug) = slug.as_deref().filter(|slug| *slug != old) {
        slug_is_free(call, slug)?;
    }
    let now = call.now.as_millis();
    if let Some(organization) = call.directory.organization_mut(&id) {
        for (value, field) in [(name, &mut organization.name), (slug, &mut organization.slug)] {
            *field = value.unwrap_or_else(|| field.clone());
        }
        organization.updated_at = now;
    }
    announce(call, "organization.updated", &id);
    get(call, &id)
}

pub(super) fn delete(call: &mut Call<'_>, id: &str) -> Answer {
    let organization = with_permission(call, id, "org:sys_profile:delete")?;
    call.directory.delete_organization(&organization.id);
    let deleted = json!({
        "object": "organization",
        "id": organization.id,
        "slug": organization.slug,
        "deleted": true,
    });
    announce_resource(call.clerk, "organization.deleted", deleted.clone());
    Ok(Reply::Wrapped(deleted))
}

pub(super) fn roles(call: &mut Call<'_>, id: &str) -> Answer {
    as_member(call, id)?;
    let roles: Vec<Value> = roles::ALL.iter().map(|role| resources::role(call.clerk, role)).collect();
    Ok(Reply::Wrapped(call.page(roles)))
}

/// Lists what this instance has none of: domains and requests for membership.
pub(super) fn nothing(call: &mut Call<'_>, id: &str) -> Answer {
    as_member(call, id)?;
    Ok(Reply::Wrapped(call.page(Vec::new())))
}

fn announce(call: &Call<'_>, event_type: &str, id: &str) {
    if let Some(organization) = call.directory.organization(id) {
        let resource = resources::organization(&call.directory, organization, Api::Backend);
        announce_resource(call.clerk, event_type, resource);
    }
}

fn slug_is_free(call: &Call<'_>, slug: &str) -> Result<(), Refused> {
    match call.directory.organization(slug) {
        None => Ok(()),
        Some(_) => Err(Refused::form("slug", "form_identifier_exists", "That slug is taken. Please try another.")),
    }
}

fn slug_of(name: &str) -> String {
    let letters = name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
    let slug: String = letters.collect();
    let words: Vec<&str> = slug.split('-').filter(|word| !word.is_empty()).collect();
    if words.is_empty() { secret("org-") } else { words.join("-") }
}
