//! Roles, permissions, role sets, and the domains of organizations.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::form::{Fixed, Form::*, Kind, dated, with};
use crate::testing::{
    call::Asked,
    instance::Instance,
    records, resources,
    roles::{self, MEMBER},
    secret::random_id,
};

const ROLE: Kind = Kind { object: "role", prefix: "role_", members: |clerk| resources::role(clerk, MEMBER) };

const PERMISSION: Kind = Kind {
    object: "permission",
    prefix: "perm_",
    members: |clerk| {
        let members = json!({
            "name": "Read posts",
            "key": "org:posts:read",
            "description": "",
            "type": "user",
        });
        dated(clerk, members)
    },
};

const ROLE_SET: Kind = Kind {
    object: "role_set",
    prefix: "role_set_",
    members: |clerk| {
        let items = roles::ALL.map(|role| {
            let item = json!({
                "object": "role_set_item",
                "id": format!("role_{}", role.key.trim_start_matches("org:")),
                "name": role.name,
                "key": role.key,
                "description": role.description,
            });
            dated(clerk, item)
        });
        let [creator, default] = &items;
        let members = json!({
            "name": "Standard",
            "key": "role_set:standard",
            "description": null,
            "roles": items,
            "default_role": default,
            "creator_role": creator,
            "type": "initial",
            "role_set_migration": null,
        });
        dated(clerk, members)
    },
};

const DOMAIN: Kind = Kind {
    object: "organization_domain",
    prefix: "orgdmn_",
    members: |clerk| {
        let members = json!({
            "organization_id": "org_acme",
            "name": "acme.example",
            "enrollment_mode": "manual_invitation",
            "affiliation_email_address": null,
            "affiliation_verification": null,
            "ownership_verification": null,
            "verification": null,
            "total_pending_invitations": 0,
            "total_pending_suggestions": 0,
        });
        dated(clerk, members)
    },
};

pub(super) fn calls() -> Vec<Fixed> {
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    let (granted, domain) =
        ("/v1/organization_roles/{id}/permissions/{other_id}", "/v1/organizations/{id}/domains/{other_id}");
    vec![
        (
            get.clone(),
            "/v1/organization_roles",
            By(|clerk, asked| Ok(asked.page("data", roles::ALL.map(|role| resources::role(clerk, role)).to_vec()))),
        ),
        (post.clone(), "/v1/organization_roles", New(ROLE)),
        (get.clone(), "/v1/organization_roles/{id}", One(ROLE)),
        (patch.clone(), "/v1/organization_roles/{id}", One(ROLE)),
        (delete.clone(), "/v1/organization_roles/{id}", Deleted("role")),
        (post.clone(), granted, One(ROLE)),
        (delete.clone(), granted, One(ROLE)),
        (get.clone(), "/v1/organization_permissions", Page(PERMISSION)),
        (post.clone(), "/v1/organization_permissions", New(PERMISSION)),
        (get.clone(), "/v1/organization_permissions/{id}", One(PERMISSION)),
        (patch.clone(), "/v1/organization_permissions/{id}", One(PERMISSION)),
        (delete.clone(), "/v1/organization_permissions/{id}", Deleted("permission")),
        (get.clone(), "/v1/role_sets", Page(ROLE_SET)),
        (post.clone(), "/v1/role_sets", New(Kind { members: custom_role_set, ..ROLE_SET })),
        (get.clone(), "/v1/role_sets/{id}", One(ROLE_SET)),
        (patch.clone(), "/v1/role_sets/{id}", One(ROLE_SET)),
        (post.clone(), "/v1/role_sets/{id}/replace", Deleted("role_set")),
        (post.clone(), "/v1/role_sets/{id}/roles", One(ROLE_SET)),
        (post.clone(), "/v1/role_sets/{id}/roles/replace", One(ROLE_SET)),
        (get.clone(), "/v1/organization_domains", Page(DOMAIN)),
        (
            get,
            "/v1/organizations/{id}/domains",
            By(|clerk, asked| Ok(asked.page("data", vec![in_organization(DOMAIN.only(clerk), asked)]))),
        ),
        (
            post.clone(),
            "/v1/organizations/{id}/domains",
            By(|clerk, asked| Ok(changed(clerk, asked, &random_id(DOMAIN.prefix)))),
        ),
        (patch, domain, By(|clerk, asked| Ok(changed(clerk, asked, asked.other_id())))),
        (delete.clone(), domain, OtherDeleted("organization_domain")),
        (
            post,
            "/v1/organizations/{id}/domains/{other_id}/verify_ownership",
            By(|clerk, asked| {
                let mut domain = changed(clerk, asked, asked.other_id());
                let now = clerk.clock.timestamp().as_millis();
                domain["ownership_verification"] = json!({
                    "status": "verified", "strategy": "backend_api", "attempts": 1, "expire_at": null, "verified_at": now,
                });
                Ok(domain)
            }),
        ),
        (put, "/v1/organizations/{id}/logo", By(records::organization)),
        (delete, "/v1/organizations/{id}/logo", By(records::organization)),
    ]
}

fn custom_role_set(clerk: &Instance) -> Value {
    with((ROLE_SET.members)(clerk), &json!({ "type": "custom" }))
}

fn in_organization(domain: Value, asked: &Asked) -> Value {
    with(domain, &json!({ "organization_id": asked.id() }))
}

/// A domain of the organization in the path, with what was sent.
fn changed(clerk: &Instance, asked: &Asked, id: &str) -> Value {
    in_organization(with(DOMAIN.of(clerk, id), &asked.body), asked)
}
