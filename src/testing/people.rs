//! The Backend API's endpoints for `LocalClerk`'s users and organizations.

use serde_json::{Value, json};

#[cfg(feature = "webhooks")]
use super::browsers::UserSession;
use super::{
    call::{Answer, Asked},
    instance::Instance,
    refused::Refused,
    users::{Membership, TestUser},
};

pub(super) fn user(clerk: &Instance, asked: &Asked) -> Answer {
    find(clerk, asked).map(|user| user_resource(user, clerk.started_at))
}

pub(super) fn memberships(clerk: &Instance, asked: &Asked) -> Answer {
    let user = find(clerk, asked)?;
    let all = user.memberships().iter().map(|membership| membership_resource(clerk, user, membership)).collect();
    Ok(asked.page("data", all))
}

pub(super) fn organization(clerk: &Instance, asked: &Asked) -> Answer {
    let is_asked_for = |membership: &&Membership| membership.id == asked.id() || membership.slug == asked.id();
    let mut memberships = clerk.users.iter().flat_map(TestUser::memberships);
    let found = memberships.find(is_asked_for).ok_or_else(Refused::not_found)?;
    let mut organization = organization_resource(found, clerk.started_at);
    if asked.is_set("include_members_count") {
        organization["members_count"] = json!(memberships.filter(is_asked_for).count() + 1);
    }
    Ok(organization)
}

/// Returns the user of a session: one who can sign in, or of another one, whose token a test has minted, only the ID.
#[cfg(feature = "webhooks")]
pub(super) fn user_of(clerk: &Instance, session: &UserSession) -> Value {
    let known = clerk.users.iter().find(|user| user.id() == session.user_id);
    match known {
        Some(user) => user_resource(user, clerk.started_at),
        None => json!({ "object": "user", "id": session.user_id }),
    }
}

fn find<'c>(clerk: &'c Instance, asked: &Asked) -> Result<&'c TestUser, Refused> {
    clerk.users.iter().find(|user| user.id() == asked.id()).ok_or_else(Refused::not_found)
}

fn user_resource(user: &TestUser, created_at: i64) -> Value {
    let (first, last) = user.name().split_once(' ').unwrap_or((user.name(), ""));
    let address = format!("idn_{}", user.id());
    json!({
        "object": "user",
        "id": user.id(),
        "username": null,
        "first_name": first,
        "last_name": last,
        "image_url": "https://img.example/clerk.png",
        "has_image": false,
        "primary_email_address_id": address,
        "primary_phone_number_id": null,
        "primary_web3_wallet_id": null,
        "password_enabled": true,
        "two_factor_enabled": false,
        "totp_enabled": false,
        "backup_code_enabled": false,
        "mfa_enabled_at": null,
        "mfa_disabled_at": null,
        "email_addresses": [{
            "object": "email_address",
            "id": address,
            "email_address": user.email(),
            "reserved": false,
            "verification": {
                "object": "verification_otp",
                "status": "verified",
                "strategy": "email_code",
                "attempts": 1,
                "expire_at": created_at,
            },
            "linked_to": [],
            "created_at": created_at,
            "updated_at": created_at,
        }],
        "phone_numbers": [],
        "web3_wallets": [],
        "passkeys": [],
        "external_accounts": [],
        "saml_accounts": [],
        "enterprise_accounts": [],
        "public_metadata": {},
        "private_metadata": {},
        "unsafe_metadata": {},
        "external_id": null,
        "last_sign_in_at": null,
        "last_active_at": null,
        "banned": false,
        "locked": false,
        "lockout_expires_in_seconds": null,
        "verification_attempts_remaining": 100,
        "created_at": created_at,
        "updated_at": created_at,
        "delete_self_enabled": true,
        "create_organization_enabled": true,
        "legal_accepted_at": null,
        "locale": null,
    })
}

fn membership_resource(clerk: &Instance, user: &TestUser, membership: &Membership) -> Value {
    let (first, last) = user.name().split_once(' ').unwrap_or((user.name(), ""));
    json!({
        "object": "organization_membership",
        "id": format!("orgmem_{}_{}", membership.slug, user.id()),
        "role": membership.role,
        "permissions": membership.permissions,
        "public_metadata": {},
        "private_metadata": {},
        "organization": organization_resource(membership, clerk.started_at),
        "public_user_data": {
            "user_id": user.id(),
            "identifier": user.email(),
            "first_name": first,
            "last_name": last,
            "image_url": "https://img.example/clerk.png",
            "profile_image_url": "https://img.example/clerk.png",
            "has_image": false,
        },
        "created_at": clerk.started_at,
        "updated_at": clerk.started_at,
    })
}

fn organization_resource(membership: &Membership, created_at: i64) -> Value {
    let mut name = membership.slug.to_owned();
    if let Some(initial) = name.get_mut(..1) {
        initial.make_ascii_uppercase();
    }
    json!({
        "object": "organization",
        "id": membership.id,
        "name": name,
        "slug": membership.slug,
        "image_url": "https://img.example/clerk.png",
        "has_image": false,
        "max_allowed_memberships": 5,
        "admin_delete_enabled": true,
        "public_metadata": {},
        "private_metadata": {},
        "created_by": "user_ada",
        "created_at": created_at,
        "updated_at": created_at,
    })
}
