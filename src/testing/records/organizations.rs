//! Organizations, their members, and invitations to them.

use actix_web::http::Method;
use serde_json::{Map, Value, json};

use super::{
    parts::{Call, metadata, named, unprocessable},
    store::{Records, id},
};
use crate::testing::{
    call::{Answer, Asked},
    directory::{Directory, Invitation, Member},
    instance::Instance,
    refused::Refused,
    resources::{self, Api},
    roles::Role,
    secret::random_id,
};

/// What an organization has as it was sent.
const PLAIN: [&str; 5] =
    ["name", "max_allowed_memberships", "admin_delete_enabled", "public_metadata", "private_metadata"];

pub(super) fn calls() -> Vec<Call> {
    let (get, post, patch) = (Method::GET, Method::POST, Method::PATCH);
    let member = "/v1/organizations/{id}/memberships/{other_id}";
    let invitations = "/v1/organizations/{id}/invitations";
    vec![
        (get.clone(), "/v1/organizations", list),
        (post.clone(), "/v1/organizations", create),
        (patch.clone(), "/v1/organizations/{id}", |clerk, asked| {
            change(clerk, asked.id(), named(&asked.body, &PLAIN), asked.body["slug"].as_str())
        }),
        (Method::DELETE, "/v1/organizations/{id}", |clerk, asked| {
            find(clerk, asked.id())?;
            clerk.directory().delete_organization(asked.id());
            Ok(json!({ "object": "organization", "id": asked.id(), "deleted": true }))
        }),
        (patch.clone(), "/v1/organizations/{id}/metadata", |clerk, asked| set_metadata(clerk, asked, true)),
        (Method::PUT, "/v1/organizations/{id}/metadata", |clerk, asked| set_metadata(clerk, asked, false)),
        (get.clone(), "/v1/organization_memberships", |clerk, asked| {
            Ok(asked.page("data", memberships(clerk, |_| true)))
        }),
        (get.clone(), "/v1/organizations/{id}/memberships", |clerk, asked| {
            let is = |value: &str, parameter: &str| asked.parameter(parameter).is_none_or(|wanted| value == wanted);
            let is_wanted = |one: &Member| {
                one.organization_id == asked.id() && is(one.role.key, "role") && is(&one.user_id, "user_id")
            };
            Ok(asked.page("data", memberships(clerk, is_wanted)))
        }),
        (post.clone(), "/v1/organizations/{id}/memberships", join),
        (patch.clone(), member, |clerk, asked| {
            let (role, now) = (role(&asked.body)?, clerk.clock.timestamp().as_millis());
            clerk.directory().set_role(asked.id(), asked.other_id(), role, now);
            membership(clerk, asked.id(), asked.other_id())
        }),
        (patch, "/v1/organizations/{id}/memberships/{other_id}/metadata", |clerk, asked| {
            let found = membership(clerk, asked.id(), asked.other_id())?;
            clerk.records().set(clerk.clock.timestamp(), id(&found), metadata(&found, asked, true));
            membership(clerk, asked.id(), asked.other_id())
        }),
        (Method::DELETE, member, |clerk, asked| {
            let found = membership(clerk, asked.id(), asked.other_id())?;
            clerk.directory().leave(asked.id(), asked.other_id());
            Ok(found)
        }),
        (get.clone(), invitations, |clerk, asked| {
            let is = |value: &str, parameter: &str| asked.parameter(parameter).is_none_or(|wanted| value == wanted);
            let is_wanted = |one: &Invitation| {
                one.organization_id == asked.id() && is(one.status, "status") && is(&one.email, "email_address")
            };
            Ok(asked.page("data", invited(clerk, is_wanted)))
        }),
        (post.clone(), invitations, |clerk, asked| invite(clerk, asked.id(), &asked.body)),
        (post.clone(), "/v1/organizations/{id}/invitations/bulk", |clerk, asked| {
            let all = asked.body.as_array().into_iter().flatten();
            let all = all.map(|one| invite(clerk, asked.id(), one)).collect::<Result<Vec<_>, _>>()?;
            Ok(json!({ "total_count": all.len(), "data": all }))
        }),
        (get.clone(), "/v1/organizations/{id}/invitations/pending", |clerk, asked| {
            let is_wanted = |one: &Invitation| one.organization_id == asked.id() && one.status == "pending";
            Ok(asked.page("data", invited(clerk, is_wanted)))
        }),
        (get.clone(), "/v1/organization_invitations", |clerk, asked| {
            let is_wanted = |one: &Invitation| asked.parameter("status").is_none_or(|wanted| one.status == wanted);
            Ok(asked.page("data", with_organizations(clerk, invited(clerk, is_wanted))))
        }),
        (get.clone(), "/v1/users/{id}/organization_invitations", |clerk, asked| {
            let user = super::users::find(clerk, asked.id())?;
            let addresses = user["email_addresses"].as_array().into_iter().flatten();
            let addresses: Vec<&Value> = addresses.map(|address| &address["email_address"]).collect();
            let is_wanted = |one: &Invitation| {
                addresses.contains(&&json!(one.email))
                    && asked.parameter("status").is_none_or(|wanted| one.status == wanted)
            };
            Ok(asked.page("data", with_organizations(clerk, invited(clerk, is_wanted))))
        }),
        (get, "/v1/organizations/{id}/invitations/{other_id}", |clerk, asked| invitation(clerk, asked.other_id())),
        (post, "/v1/organizations/{id}/invitations/{other_id}/revoke", |clerk, asked| {
            let mut directory = clerk.directory();
            let found = directory.invitations.iter_mut().find(|one| one.id == asked.other_id());
            let found = found.filter(|one| one.status == "pending").ok_or_else(Refused::not_found)?;
            found.status = "revoked";
            found.updated_at = clerk.clock.timestamp().as_millis();
            drop(directory);
            invitation(clerk, asked.other_id())
        }),
    ]
}

/// Finds an organization by its ID or slug.
pub(in crate::testing) fn organization(clerk: &Instance, asked: &Asked) -> Answer {
    let mut found = find(clerk, asked.id())?;
    count_members(&clerk.directory(), asked, &mut found);
    Ok(found)
}

pub(in crate::testing) fn memberships_of_user(clerk: &Instance, asked: &Asked) -> Answer {
    super::users::find(clerk, asked.id())?;
    Ok(asked.page("data", memberships(clerk, |one| one.user_id == asked.id())))
}

fn find(clerk: &Instance, id_or_slug: &str) -> Answer {
    let directory = clerk.directory();
    let found = directory.organization(id_or_slug).ok_or_else(Refused::not_found)?;
    Ok(clerk.records().changed(resources::organization(&directory, found, Api::Backend)))
}

fn list(clerk: &Instance, asked: &Asked) -> Answer {
    let directory = clerk.directory();
    let records = clerk.records();
    let all = directory.organizations().iter().rev();
    let all = all.map(|one| records.changed(resources::organization(&directory, one, Api::Backend)));
    let all = all.filter(|one| asked.parameter("query").is_none_or(|wanted| one.to_string().contains(wanted)));
    let all = all.map(|mut one| {
        count_members(&directory, asked, &mut one);
        one
    });
    Ok(asked.page("data", all.collect()))
}

fn count_members(directory: &Directory, asked: &Asked, organization: &mut Value) {
    if asked.is_set("include_members_count") {
        organization["members_count"] = json!(directory.members_of(id(organization)).count());
    }
}

fn create(clerk: &Instance, asked: &Asked) -> Answer {
    let (name, now) = (asked.text("name")?, clerk.clock.timestamp().as_millis());
    let slug = asked.body["slug"].as_str().map_or_else(|| name.to_lowercase().replace(' ', "-"), str::to_owned);
    let creator = asked.body["created_by"].as_str();
    let id = random_id("org_");
    {
        let mut directory = clerk.directory();
        if directory.organization(&slug).is_some() {
            return Err(unprocessable("form_identifier_exists", "That slug is taken. Please try another."));
        }
        if creator.is_some_and(|creator| directory.user(creator).is_none()) {
            return Err(Refused::not_found());
        }
        directory.add_organization(id.clone(), name.to_owned(), slug, creator.unwrap_or_default().to_owned(), now);
        if let Some((creator, role)) = creator.zip(Role::by_key("org:admin")) {
            directory.join(&id, creator, role, now);
        }
    }
    change(clerk, &id, named(&asked.body, &PLAIN), None)
}

fn change(clerk: &Instance, id: &str, members: Map<String, Value>, slug: Option<&str>) -> Answer {
    find(clerk, id)?;
    if let Some(organization) = clerk.directory().organization_mut(id) {
        if let Some(name) = members.get("name").and_then(Value::as_str) {
            name.clone_into(&mut organization.name);
        }
        if let Some(slug) = slug {
            slug.clone_into(&mut organization.slug);
        }
    }
    clerk.records().set(clerk.clock.timestamp(), id, members);
    find(clerk, id)
}

fn set_metadata(clerk: &Instance, asked: &Asked, merges: bool) -> Answer {
    let members = metadata(&find(clerk, asked.id())?, asked, merges);
    change(clerk, asked.id(), members, None)
}

/// The memberships that are wanted, newest first.
fn memberships(clerk: &Instance, is_wanted: impl Fn(&Member) -> bool) -> Vec<Value> {
    let directory = clerk.directory();
    let records = clerk.records();
    let all = directory.organizations().iter().flat_map(|one| directory.members_of(&one.id));
    let mut all: Vec<&Member> = all.filter(|one| is_wanted(one)).collect();
    all.sort_by_key(|one| std::cmp::Reverse(one.created_at));
    all.into_iter().filter_map(|one| described(&directory, &records, one)).collect()
}

fn described(directory: &Directory, records: &Records, member: &Member) -> Option<Value> {
    let mut membership = resources::membership(directory, member, Api::Backend)?;
    membership["organization"] = records.changed(membership["organization"].take());
    Some(records.changed(membership))
}

fn membership(clerk: &Instance, organization_id: &str, user_id: &str) -> Answer {
    let directory = clerk.directory();
    let member = directory.member(organization_id, user_id).ok_or_else(Refused::not_found)?;
    described(&directory, &clerk.records(), member).ok_or_else(Refused::not_found)
}

fn role(body: &Value) -> Result<&'static Role, Refused> {
    let role = body["role"].as_str().and_then(Role::by_key);
    role.ok_or_else(|| unprocessable("form_param_value_invalid", "There is no such role."))
}

fn join(clerk: &Instance, asked: &Asked) -> Answer {
    let (user_id, role) = (asked.text("user_id")?, role(&asked.body)?);
    {
        let mut directory = clerk.directory();
        if directory.organization(asked.id()).is_none() || directory.user(user_id).is_none() {
            return Err(Refused::not_found());
        }
        if directory.member(asked.id(), user_id).is_some() {
            return Err(unprocessable("already_a_member_in_organization", "The user is already a member."));
        }
        directory.join(asked.id(), user_id, role, clerk.clock.timestamp().as_millis());
    }
    let joined = membership(clerk, asked.id(), user_id)?;
    clerk.records().set(
        clerk.clock.timestamp(),
        id(&joined),
        named(&asked.body, &["public_metadata", "private_metadata"]),
    );
    membership(clerk, asked.id(), user_id)
}

/// The invitations that are wanted, newest first.
fn invited(clerk: &Instance, is_wanted: impl Fn(&Invitation) -> bool) -> Vec<Value> {
    let directory = clerk.directory();
    let records = clerk.records();
    let all = directory.invitations.iter().rev().filter(|one| is_wanted(one));
    all.map(|one| {
        let mut invitation = resources::invitation(&directory, one);
        invitation["inviter_id"] = json!(Some(&one.inviter_id).filter(|id| !id.is_empty()));
        invitation["public_inviter_data"] = Value::Null;
        invitation["private_metadata"] = json!({});
        // Only lists of several organizations' invitations have it.
        if let Some(members) = invitation.as_object_mut() {
            members.remove("public_organization_data");
        }
        records.changed(invitation)
    })
    .collect()
}

/// Adds the organization to each invitation, as lists of several organizations' invitations have it.
fn with_organizations(clerk: &Instance, mut invitations: Vec<Value>) -> Vec<Value> {
    for invitation in &mut invitations {
        let id = invitation["organization_id"].as_str().unwrap_or_default();
        let public = find(clerk, id).map(|organization| {
            let names = ["id", "name", "slug", "image_url", "has_image"];
            Value::Object(named(&organization, &names))
        });
        invitation["public_organization_data"] = public.unwrap_or_default();
    }
    invitations
}

fn invitation(clerk: &Instance, id: &str) -> Answer {
    invited(clerk, |one| one.id == id).pop().ok_or_else(Refused::not_found)
}

fn invite(clerk: &Instance, organization_id: &str, body: &Value) -> Answer {
    let (role, now) = (role(body)?, clerk.clock.timestamp().as_millis());
    let Some(email) = body["email_address"].as_str() else { return Err(Refused::bad_request()) };
    let id = random_id("orginv_");
    {
        let mut directory = clerk.directory();
        directory.organization(organization_id).ok_or_else(Refused::not_found)?;
        let is_same =
            |one: &Invitation| one.organization_id == organization_id && one.email == email && one.status == "pending";
        if directory.invitations.iter().any(is_same) {
            return Err(unprocessable("duplicate_record", "There is already an invitation for this email address."));
        }
        directory.invitations.push(Invitation {
            id: id.clone(),
            organization_id: organization_id.to_owned(),
            inviter_id: body["inviter_user_id"].as_str().unwrap_or_default().to_owned(),
            email: email.to_owned(),
            role,
            status: "pending",
            created_at: now,
            updated_at: now,
        });
    }
    let mut members = named(body, &["public_metadata", "private_metadata"]);
    members.retain(|_, value| !value.is_null());
    if let Some(days) = body["expires_in_days"].as_i64() {
        let expires_at = now.saturating_add(days.saturating_mul(24 * 60 * 60 * 1000));
        members.insert("expires_at".to_owned(), json!(expires_at));
    }
    clerk.records().set(clerk.clock.timestamp(), &id, members);
    invitation(clerk, &id)
}
