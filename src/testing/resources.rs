//! The users and organizations of `LocalClerk` as JSON of both of Clerk's APIs.

use serde_json::{Value, json};

use super::{
    avatars,
    directory::{Account, Directory, Invitation, Member, Organization},
    instance::Instance,
    roles::Role,
};

/// The API that a resource is for. The Frontend API never shows private metadata.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Api {
    Backend,
    Frontend,
}

pub(super) fn user(user: &Account) -> Value {
    json!({
        "object": "user",
        "id": user.id,
        "username": null,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "image_url": avatars::url(&user.name()),
        "has_image": false,
        "primary_email_address_id": user.email_id(),
        "primary_phone_number_id": null,
        "primary_web3_wallet_id": null,
        "password_enabled": user.password.is_some(),
        "two_factor_enabled": false,
        "totp_enabled": false,
        "backup_code_enabled": false,
        "mfa_enabled_at": null,
        "mfa_disabled_at": null,
        "email_addresses": [{
            "object": "email_address",
            "id": user.email_id(),
            "email_address": user.email,
            "reserved": false,
            "verification": {
                "object": "verification_otp",
                "status": "verified",
                "strategy": "email_code",
                "attempts": 1,
                "expire_at": user.created_at,
            },
            "linked_to": [],
            "created_at": user.created_at,
            "updated_at": user.created_at,
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
        "last_sign_in_at": user.last_sign_in_at,
        "last_active_at": user.last_sign_in_at,
        "banned": false,
        "locked": false,
        "lockout_expires_in_seconds": null,
        "verification_attempts_remaining": 100,
        "created_at": user.created_at,
        "updated_at": user.updated_at,
        "delete_self_enabled": true,
        "create_organization_enabled": true,
        "legal_accepted_at": null,
        "locale": null,
    })
}

/// Returns the user as `clerk-js` gets it: with memberships, without private metadata.
pub(super) fn own_user(directory: &Directory, account: &Account) -> Value {
    let memberships = directory.memberships_of(&account.id);
    let memberships: Vec<Value> =
        memberships.filter_map(|member| membership(directory, member, Api::Frontend)).collect();
    let mut user = user(account);
    user["organization_memberships"] = json!(memberships);
    without(user, &["private_metadata"])
}

pub(super) fn membership(directory: &Directory, member: &Member, api: Api) -> Option<Value> {
    let user = directory.user(&member.user_id)?;
    let of = directory.organization(&member.organization_id)?;
    let permissions: Vec<&str> = match api {
        Api::Backend => member.role.permissions.to_vec(),
        Api::Frontend => member.role.all_permissions().collect(),
    };
    let membership = json!({
        "object": "organization_membership",
        "id": member.id,
        "role": member.role.key,
        "role_name": member.role.name,
        "permissions": permissions,
        "public_metadata": {},
        "private_metadata": {},
        "organization": organization(directory, of, api),
        "public_user_data": public_user_data(user),
        "created_at": member.created_at,
        "updated_at": member.updated_at,
    });
    Some(for_api(membership, api))
}

pub(super) fn public_user_data(user: &Account) -> Value {
    json!({
        "user_id": user.id,
        "identifier": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "image_url": avatars::url(&user.name()),
        "profile_image_url": avatars::url(&user.name()),
        "has_image": false,
    })
}

pub(super) fn organization(directory: &Directory, of: &Organization, api: Api) -> Value {
    let organization = json!({
        "object": "organization",
        "id": of.id,
        "name": of.name,
        "slug": of.slug,
        "image_url": avatars::url(&of.name),
        "has_image": false,
        "max_allowed_memberships": 5,
        "admin_delete_enabled": true,
        "public_metadata": {},
        "private_metadata": {},
        "created_by": of.created_by,
        "created_at": of.created_at,
        "updated_at": of.updated_at,
    });
    let mut organization = for_api(organization, api);
    if api == Api::Frontend {
        organization["members_count"] = json!(directory.members_of(&of.id).count());
        let pending = |invitation: &&Invitation| invitation.organization_id == of.id && invitation.status == "pending";
        organization["pending_invitations_count"] = json!(directory.invitations.iter().filter(pending).count());
    }
    organization
}

pub(super) fn invitation(directory: &Directory, invitation: &Invitation) -> Value {
    let organization = directory.organization(&invitation.organization_id).map(|organization| {
        json!({
            "id": organization.id,
            "name": organization.name,
            "slug": organization.slug,
            "image_url": avatars::url(&organization.name),
            "has_image": false,
        })
    });
    json!({
        "object": "organization_invitation",
        "id": invitation.id,
        "email_address": invitation.email,
        "role": invitation.role.key,
        "role_name": invitation.role.name,
        "organization_id": invitation.organization_id,
        "public_organization_data": organization,
        "status": invitation.status,
        "public_metadata": {},
        "url": null,
        "expires_at": invitation.created_at.saturating_add(30 * 24 * 60 * 60 * 1000),
        "created_at": invitation.created_at,
        "updated_at": invitation.updated_at,
    })
}

pub(super) fn role(clerk: &Instance, role: &Role) -> Value {
    let at = clerk.started_at;
    let permission = |key: &str| {
        let name = key.trim_start_matches("org:");
        json!({
            "object": "permission",
            "id": format!("perm_{}", name.replace(':', "_")),
            "name": name,
            "key": key,
            "description": "",
            "type": if name.starts_with("sys_") { "system" } else { "user" },
            "created_at": at,
            "updated_at": at,
        })
    };
    json!({
        "object": "role",
        "id": format!("role_{}", role.key.trim_start_matches("org:")),
        "name": role.name,
        "key": role.key,
        "description": role.description,
        "is_creator_eligible": role.key == "org:admin",
        "permissions": role.all_permissions().map(permission).collect::<Vec<_>>(),
        "created_at": at,
        "updated_at": at,
    })
}

fn for_api(resource: Value, api: Api) -> Value {
    match api {
        Api::Backend => resource,
        Api::Frontend => without(resource, &["private_metadata", "created_by"]),
    }
}

fn without(mut resource: Value, names: &[&str]) -> Value {
    if let Some(members) = resource.as_object_mut() {
        members.retain(|name, _| !names.contains(&name.as_str()));
    }
    resource
}
