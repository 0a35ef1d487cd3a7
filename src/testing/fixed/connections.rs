//! Connections to the identity providers of enterprises, and their directories.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::form::{Fixed, Form::*, Kind, dated};
use crate::testing::{instance::Instance, resources, roles::MEMBER, secret::secret};

const ENTERPRISE_CONNECTION: Kind = Kind {
    object: "enterprise_connection",
    prefix: "ent_",
    members: |clerk| {
        let members = json!({
            "name": "Acme",
            "provider": "saml_custom",
            "logo_public_url": null,
            "active": true,
            "domains": ["acme.example"],
            "organization_id": null,
            "sync_user_attributes": true,
            "disable_additional_identifications": false,
            "allow_organization_account_linking": false,
            "custom_attributes": [],
            "authenticatable": true,
            "disable_jit_provisioning": false,
        });
        dated(clerk, members)
    },
};

const SAML_CONNECTION: Kind = Kind {
    object: "saml_connection",
    prefix: "samlc_",
    members: |clerk| {
        let url = |path: &str| format!("{}/v1/saml/{path}", clerk.issuer());
        let members = json!({
            "name": "Acme",
            "domain": "acme.example",
            "domains": ["acme.example"],
            "idp_entity_id": null,
            "idp_sso_url": null,
            "idp_certificate": null,
            "idp_certificate_issued_at": null,
            "idp_certificate_expires_at": null,
            "idp_metadata_url": null,
            "idp_metadata": null,
            "acs_url": url("acs"),
            "sp_entity_id": url("entity"),
            "sp_metadata_url": url("metadata"),
            "organization_id": null,
            "attribute_mapping": {
                "user_id": "id", "email_address": "mail", "first_name": "givenName", "last_name": "surname",
            },
            "active": false,
            "provider": "saml_custom",
            "user_count": 0,
            "sync_user_attributes": true,
            "allow_subdomains": false,
            "allow_idp_initiated": false,
            "disable_additional_identifications": false,
            "allow_organization_account_linking": false,
            "authenticatable": true,
            "disable_jit_provisioning": false,
            "force_authn": false,
            "login_hint": { "mode": "off" },
            "enterprise_connection_id": null,
        });
        dated(clerk, members)
    },
};

const DIRECTORY: Kind = Kind { object: "directory", prefix: "dir_", members: directory };
const SCIM_DIRECTORY: Kind = Kind { object: "scim_directory", prefix: "scim_", members: directory };

fn directory(clerk: &Instance) -> Value {
    let members = json!({
        "name": "Acme",
        "enterprise_connection_id": "ent_local",
        "endpoint_url": format!("{}/v1/scim", clerk.issuer()),
        "provider": "okta",
        "enabled": true,
        "group_role_mapping_enabled": false,
        "attribute_mapping": { "first_name": "givenName" },
        "custom_attributes": [],
    });
    dated(clerk, members)
}

/// A directory in the response that shows its key.
fn directory_with_key(clerk: &Instance) -> Value {
    let mut directory = directory(clerk);
    directory["api_key"] = json!(secret("scim_"));
    directory
}

const MAPPING: Kind = Kind { object: "directory_group_role_mapping", prefix: "grm_", members: mapping };
const SCIM_MAPPING: Kind = Kind { object: "scim_group_role_mapping", prefix: "grm_", members: mapping };

fn mapping(clerk: &Instance) -> Value {
    let members = json!({
        "directory_id": "dir_local",
        "scim_directory_id": "dir_local",
        "directory_group_id": "group_local",
        "scim_group_id": "group_local",
        "directory_group_display_name": "Staff",
        "scim_group_display_name": "Staff",
        "role": resources::role(clerk, MEMBER),
        "precedence": 0,
    });
    dated(clerk, members)
}

pub(super) fn calls() -> Vec<Fixed> {
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    let new_directory = |kind: Kind| Kind { members: directory_with_key, ..kind };
    vec![
        (get.clone(), "/v1/enterprise_connections", Page(ENTERPRISE_CONNECTION)),
        (post.clone(), "/v1/enterprise_connections", Created(ENTERPRISE_CONNECTION)),
        (get.clone(), "/v1/enterprise_connections/{id}", One(ENTERPRISE_CONNECTION)),
        (patch.clone(), "/v1/enterprise_connections/{id}", One(ENTERPRISE_CONNECTION)),
        (delete.clone(), "/v1/enterprise_connections/{id}", Deleted("enterprise_connection")),
        (
            get.clone(),
            "/v1/enterprise_connections/{id}/test_runs",
            By(|clerk, asked| {
                let now = clerk.clock.timestamp().as_millis();
                let run = json!({
                    "id": "testrun_local", "status": "pending", "connection_type": "saml", "created_at": now,
                });
                Ok(asked.page("data", vec![run]))
            }),
        ),
        (
            post.clone(),
            "/v1/enterprise_connections/{id}/test_runs",
            Settings(|clerk| json!({ "url": format!("http://localhost:{}/test_run", clerk.port) })),
        ),
        (get.clone(), "/v1/saml_connections", Page(SAML_CONNECTION)),
        (post.clone(), "/v1/saml_connections", New(SAML_CONNECTION)),
        (get.clone(), "/v1/saml_connections/{id}", One(SAML_CONNECTION)),
        (patch.clone(), "/v1/saml_connections/{id}", One(SAML_CONNECTION)),
        (delete.clone(), "/v1/saml_connections/{id}", Deleted("saml_connection")),
        (get.clone(), "/v1/directories", Page(DIRECTORY)),
        (post.clone(), "/v1/directories", New(new_directory(DIRECTORY))),
        (get.clone(), "/v1/directories/{id}", One(DIRECTORY)),
        (patch.clone(), "/v1/directories/{id}", One(DIRECTORY)),
        (delete.clone(), "/v1/directories/{id}", Deleted("directory")),
        (post.clone(), "/v1/directories/{id}/rotate_api_key", One(new_directory(DIRECTORY))),
        (get.clone(), "/v1/directories/{id}/group_role_mappings", Page(MAPPING)),
        (post.clone(), "/v1/directories/{id}/group_role_mappings", New(MAPPING)),
        (put.clone(), "/v1/directories/{id}/group_role_mappings", Page(MAPPING)),
        (
            delete.clone(),
            "/v1/directories/{id}/group_role_mappings/{other_id}",
            OtherDeleted("directory_group_role_mapping"),
        ),
        (get.clone(), "/v1/scim_directories", Page(SCIM_DIRECTORY)),
        (post.clone(), "/v1/scim_directories", New(new_directory(SCIM_DIRECTORY))),
        (get.clone(), "/v1/scim_directories/{id}", One(SCIM_DIRECTORY)),
        (patch, "/v1/scim_directories/{id}", One(SCIM_DIRECTORY)),
        (delete.clone(), "/v1/scim_directories/{id}", Deleted("scim_directory")),
        (post.clone(), "/v1/scim_directories/{id}/rotate_api_key", One(new_directory(SCIM_DIRECTORY))),
        (get, "/v1/scim_directories/{id}/group_role_mappings", Page(SCIM_MAPPING)),
        (post, "/v1/scim_directories/{id}/group_role_mappings", New(SCIM_MAPPING)),
        (put, "/v1/scim_directories/{id}/group_role_mappings", Page(SCIM_MAPPING)),
        (delete, "/v1/scim_directories/{id}/group_role_mappings/{other_id}", OtherDeleted("scim_group_role_mapping")),
    ]
}
