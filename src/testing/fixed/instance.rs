//! The instance's settings, domains, redirect URLs, templates, and the lists of who may sign up.

use actix_web::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::form::{Fixed, Form::*, Kind, dated, with};
use crate::testing::instance::Instance;

const ALLOWED: Kind = Kind {
    object: "allowlist_identifier",
    prefix: "alid_",
    members: |clerk| {
        let members = json!({
            "identifier": "*@example.com",
            "identifier_type": "email_address",
            "instance_id": clerk.instance_id,
        });
        dated(clerk, members)
    },
};

const BLOCKED: Kind = Kind { object: "blocklist_identifier", prefix: "blid_", members: blocked };

fn blocked(clerk: &Instance) -> Value {
    with((ALLOWED.members)(clerk), &json!({ "identifier": "*@example.net" }))
}

const WAITING: Kind = Kind {
    object: "waitlist_entry",
    prefix: "wle_",
    members: |clerk| {
        let members = json!({
            "email_address": "waiting@example.com",
            "status": "pending",
            "is_locked": false,
            "invitation": null,
        });
        dated(clerk, members)
    },
};

const DOMAIN: Kind = Kind {
    object: "domain",
    prefix: "dmn_",
    members: |clerk| {
        json!({
            "name": "satellite.example",
            "is_satellite": true,
            "frontend_api_url": clerk.issuer(),
            "accounts_portal_url": null,
            "proxy_url": null,
            "development_origin": "",
            "cname_targets": [],
        })
    },
};

const PROXY_CHECK: Kind = Kind {
    object: "proxy_check",
    prefix: "proxchk_",
    members: |clerk| {
        let members = json!({
            "domain_id": "dmn_local",
            "last_run_at": clerk.clock.timestamp().as_millis(),
            "proxy_url": "https://app.example.com/__clerk",
            "successful": true,
        });
        dated(clerk, members)
    },
};

const REDIRECT_URL: Kind = Kind {
    object: "redirect_url",
    prefix: "ru_",
    members: |clerk| dated(clerk, json!({ "url": "https://app.example.com/callback" })),
};

const JWT_TEMPLATE: Kind = Kind {
    object: "jwt_template",
    prefix: "jtmp_",
    members: |clerk| {
        let members = json!({
            "name": "database",
            "claims": {},
            "lifetime": 60,
            "allowed_clock_skew": 5,
            "custom_signing_key": false,
            "signing_algorithm": "RS256",
        });
        dated(clerk, members)
    },
};

pub(super) fn calls() -> Vec<Fixed> {
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    let template = "/v1/templates/{id}/{other_id}";
    vec![
        (patch.clone(), "/v1/instance", Nothing(StatusCode::NO_CONTENT)),
        (patch.clone(), "/v1/instance/restrictions", Settings(restrictions)),
        (get.clone(), "/v1/instance/protect", Settings(protect)),
        (patch.clone(), "/v1/instance/protect", Settings(protect)),
        (get.clone(), "/v1/instance/communication", Settings(communication)),
        (patch.clone(), "/v1/instance/communication", Settings(communication)),
        (get.clone(), "/v1/instance/oauth_application_settings", Settings(oauth_applications)),
        (patch.clone(), "/v1/instance/oauth_application_settings", Settings(oauth_applications)),
        (get.clone(), "/v1/instance/organization_settings", Settings(organizations)),
        (patch.clone(), "/v1/instance/organization_settings", Settings(organizations)),
        (post.clone(), "/v1/instance/change_domain", Nothing(StatusCode::ACCEPTED)),
        (patch.clone(), "/v1/beta_features/instance_settings", Settings(beta_settings)),
        (put.clone(), "/v1/beta_features/domain", Nothing(StatusCode::ACCEPTED)),
        (post.clone(), "/v1/domains", New(DOMAIN)),
        (patch.clone(), "/v1/domains/{id}", One(DOMAIN)),
        (delete.clone(), "/v1/domains/{id}", Deleted("domain")),
        (post.clone(), "/v1/proxy_checks", New(PROXY_CHECK)),
        (get.clone(), "/v1/redirect_urls", List(REDIRECT_URL)),
        (post.clone(), "/v1/redirect_urls", New(REDIRECT_URL)),
        (get.clone(), "/v1/redirect_urls/{id}", One(REDIRECT_URL)),
        (delete.clone(), "/v1/redirect_urls/{id}", Deleted("redirect_url")),
        (post.clone(), "/v1/webhooks/svix", Settings(svix)),
        (delete.clone(), "/v1/webhooks/svix", Nothing(StatusCode::NO_CONTENT)),
        (post.clone(), "/v1/webhooks/svix_url", Settings(svix)),
        (get.clone(), "/v1/jwt_templates", List(JWT_TEMPLATE)),
        (post.clone(), "/v1/jwt_templates", New(JWT_TEMPLATE)),
        (get.clone(), "/v1/jwt_templates/{id}", One(JWT_TEMPLATE)),
        (patch, "/v1/jwt_templates/{id}", One(JWT_TEMPLATE)),
        (delete.clone(), "/v1/jwt_templates/{id}", Deleted("jwt_template")),
        (
            get.clone(),
            "/v1/templates/{id}",
            By(|clerk, asked| {
                let page = asked.page("data", vec![message(clerk, asked.id(), "invitation")]);
                Ok(if asked.is_set("paginated") { page } else { page["data"].clone() })
            }),
        ),
        (get.clone(), template, By(|clerk, asked| Ok(message(clerk, asked.id(), asked.other_id())))),
        (put, template, By(|clerk, asked| Ok(with(message(clerk, asked.id(), asked.other_id()), &asked.body)))),
        (
            post.clone(),
            "/v1/templates/{id}/{other_id}/revert",
            By(|clerk, asked| Ok(message(clerk, asked.id(), asked.other_id()))),
        ),
        (
            post.clone(),
            "/v1/templates/{id}/{other_id}/preview",
            Settings(|_| json!({ "subject": "", "body": "", "from_email_address": "", "reply_to_email_address": "" })),
        ),
        (
            post.clone(),
            "/v1/templates/{id}/{other_id}/toggle_delivery",
            By(|clerk, asked| Ok(with(message(clerk, asked.id(), asked.other_id()), &asked.body))),
        ),
        (get.clone(), "/v1/allowlist_identifiers", List(ALLOWED)),
        (post.clone(), "/v1/allowlist_identifiers", New(ALLOWED)),
        (delete.clone(), "/v1/allowlist_identifiers/{id}", Deleted("allowlist_identifier")),
        (get.clone(), "/v1/blocklist_identifiers", Page(BLOCKED)),
        (post.clone(), "/v1/blocklist_identifiers", New(BLOCKED)),
        (delete.clone(), "/v1/blocklist_identifiers/{id}", Deleted("blocklist_identifier")),
        (get, "/v1/waitlist_entries", Page(WAITING)),
        (post.clone(), "/v1/waitlist_entries", New(WAITING)),
        (post.clone(), "/v1/waitlist_entries/bulk", Each(WAITING)),
        (delete, "/v1/waitlist_entries/{id}", Deleted("waitlist_entry")),
        (
            post.clone(),
            "/v1/waitlist_entries/{id}/invite",
            By(|clerk, asked| Ok(with(WAITING.of(clerk, asked.id()), &json!({ "status": "invited" })))),
        ),
        (
            post,
            "/v1/waitlist_entries/{id}/reject",
            By(|clerk, asked| Ok(with(WAITING.of(clerk, asked.id()), &json!({ "status": "rejected" })))),
        ),
    ]
}

fn restrictions(_: &Instance) -> Value {
    json!({
        "object": "instance_restrictions",
        "allowlist": false,
        "blocklist": false,
        "allowlist_blocklist_disabled_on_sign_in": false,
        "block_email_subaddresses": false,
        "block_disposable_email_domains": false,
    })
}

fn protect(_: &Instance) -> Value {
    json!({ "object": "instance_protect", "rules_enabled": false, "specter_enabled": false, "checks_bypassed": false })
}

fn communication(_: &Instance) -> Value {
    json!({ "object": "instance_communication", "blocked_country_codes": [] })
}

fn oauth_applications(_: &Instance) -> Value {
    json!({
        "object": "oauth_application_settings",
        "dynamic_oauth_client_registration": false,
        "default_scopes": ["profile", "email"],
        "oauth_jwt_access_tokens": false,
        "client_id_metadata_documents_advertised": false,
        "client_id_metadata_documents_only_allow_pre_registered_clients": false,
        "client_id_metadata_documents_block_implicitly_allowed_clients": false,
    })
}

fn organizations(_: &Instance) -> Value {
    json!({
        "object": "organization_settings",
        "enabled": true,
        "max_allowed_memberships": 5,
        "max_allowed_roles": 10,
        "max_role_sets_allowed": 5,
        "max_allowed_domains": 10,
        "max_allowed_permissions": 50,
        "creator_role": "org:admin",
        "admin_delete_enabled": true,
        "domains_enabled": false,
        "slug_disabled": false,
        "domains_enrollment_modes": [],
        "domains_default_role": "org:member",
        "initial_role_set_key": null,
    })
}

fn beta_settings(clerk: &Instance) -> Value {
    json!({
        "object": "instance_settings",
        "id": clerk.instance_id,
        "restricted_to_allowlist": false,
        "from_email_address": "notifications",
        "progressive_sign_up": true,
        "enhanced_email_deliverability": false,
    })
}

fn svix(clerk: &Instance) -> Value {
    json!({ "svix_url": format!("http://localhost:{}/svix", clerk.port) })
}

/// The template of a message: of this type, and with this name.
fn message(clerk: &Instance, kind: &str, slug: &str) -> Value {
    let members = json!({
        "object": "template",
        "id": format!("tmpl_{slug}"),
        "instance_id": clerk.instance_id,
        "resource_type": "system",
        "template_type": kind,
        "name": "Message",
        "slug": slug,
        "position": 0,
        "can_revert": true,
        "can_delete": false,
        "can_edit_body": true,
        "can_toggle": true,
        "subject": null,
        "markup": "",
        "body": "",
        "available_variables": [],
        "required_variables": [],
        "from_email_name": "notifications",
        "reply_to_email_name": "",
        "delivered_by_clerk": true,
        "enabled": true,
        "flagged_as_suspicious": false,
    });
    dated(clerk, members)
}
