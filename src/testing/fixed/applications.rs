//! OAuth applications, machines, agents' tasks and links to the admin portal.

use actix_web::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::form::{Fixed, Form::*, Kind, dated, with};
use crate::testing::{
    instance::Instance,
    secret::{random_id, secret},
};

const OAUTH_APPLICATION: Kind = Kind {
    object: "oauth_application",
    prefix: "oa_",
    members: |clerk| {
        let url = |path: &str| format!("{}{path}", clerk.issuer());
        let members = json!({
            "instance_id": clerk.instance_id,
            "name": "Partner",
            "client_id": "partner",
            "client_uri": null,
            "client_image_url": null,
            "dynamically_registered": false,
            "consent_screen_enabled": true,
            "pkce_required": false,
            "public": false,
            "scopes": "profile email",
            "redirect_uris": ["https://partner.example/callback"],
            "callback_url": "https://partner.example/callback",
            "authorize_url": url("/oauth/authorize"),
            "token_fetch_url": url("/oauth/token"),
            "user_info_url": url("/oauth/userinfo"),
            "discovery_url": url("/.well-known/openid-configuration"),
            "token_introspection_url": url("/oauth/token_info"),
        });
        dated(clerk, members)
    },
};

/// An application in the response that shows its secret.
const OAUTH_APPLICATION_WITH_SECRET: Kind = Kind {
    members: |clerk| {
        let mut members = (OAUTH_APPLICATION.members)(clerk);
        members["client_secret"] = json!(secret(""));
        members
    },
    ..OAUTH_APPLICATION
};

const MACHINE: Kind = Kind {
    object: "machine",
    prefix: "mch_",
    members: |clerk| {
        let machine = |name: &str| {
            let members = json!({ "name": name, "instance_id": clerk.instance_id, "default_token_ttl": 3600 });
            dated(clerk, members)
        };
        let mut other = machine("Mailer");
        other["object"] = json!("machine");
        other["id"] = json!("mch_other");
        let mut machine = machine("Worker");
        machine["scoped_machines"] = json!([other]);
        machine
    },
};

const MACHINE_WITH_SECRET: Kind = Kind {
    members: |clerk| {
        let mut members = (MACHINE.members)(clerk);
        members["secret_key"] = json!(secret("ak_"));
        members
    },
    ..MACHINE
};

const PORTAL_LINK_TOKEN: Kind = Kind {
    object: "admin_portal_link_token",
    // After it, these IDs have five more digits than others.
    prefix: "aplt_00000",
    members: |clerk| {
        let members = json!({
            "admin_portal_link_id": random_id("apl_"),
            "instance_id": clerk.instance_id,
            "organization_id": null,
            "it_contact_id": null,
            "scopes": [],
            "revoked": false,
            "revocation_reason": null,
            "expired": false,
            "expiration": null,
        });
        dated(clerk, members)
    },
};

pub(super) fn calls() -> Vec<Fixed> {
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    vec![
        (get.clone(), "/v1/oauth_applications", Page(OAUTH_APPLICATION)),
        (post.clone(), "/v1/oauth_applications", New(OAUTH_APPLICATION_WITH_SECRET)),
        (get.clone(), "/v1/oauth_applications/{id}", One(OAUTH_APPLICATION)),
        (patch.clone(), "/v1/oauth_applications/{id}", One(OAUTH_APPLICATION)),
        (delete.clone(), "/v1/oauth_applications/{id}", Deleted("oauth_application")),
        (put, "/v1/oauth_applications/{id}/logo", One(OAUTH_APPLICATION)),
        (post.clone(), "/v1/oauth_applications/{id}/rotate_secret", One(OAUTH_APPLICATION_WITH_SECRET)),
        (post.clone(), "/v1/oauth_applications/{id}/revoke_token", Nothing(StatusCode::NO_CONTENT)),
        (get.clone(), "/v1/machines", Page(MACHINE)),
        (post.clone(), "/v1/machines", New(MACHINE_WITH_SECRET)),
        (get.clone(), "/v1/machines/{id}", One(MACHINE)),
        (patch, "/v1/machines/{id}", One(MACHINE)),
        (delete.clone(), "/v1/machines/{id}", Deleted("machine")),
        (get, "/v1/machines/{id}/secret_key", Settings(|_| machine_secret())),
        (post.clone(), "/v1/machines/{id}/secret_key/rotate", Settings(|_| machine_secret())),
        (
            post.clone(),
            "/v1/machines/{id}/scopes",
            By(|clerk, asked| {
                let now = clerk.clock.timestamp().as_millis();
                Ok(json!({
                    "object": "machine_scope",
                    "from_machine_id": asked.id(),
                    "to_machine_id": asked.text("to_machine_id")?,
                    "created_at": now,
                }))
            }),
        ),
        (
            delete,
            "/v1/machines/{id}/scopes/{other_id}",
            By(|_, asked| {
                Ok(json!({
                    "object": "machine_scope",
                    "from_machine_id": asked.id(),
                    "to_machine_id": asked.other_id(),
                    "deleted": true,
                }))
            }),
        ),
        (post.clone(), "/v1/agents/tasks", By(|clerk, _| Ok(agent_task(clerk, &random_id("agt_"))))),
        (post.clone(), "/v1/agents/tasks/{id}/revoke", By(|clerk, asked| Ok(agent_task(clerk, asked.id())))),
        (
            post.clone(),
            "/v1/admin_portal_link_tokens",
            Created(Kind {
                members: |clerk| {
                    let mut token = (PORTAL_LINK_TOKEN.members)(clerk);
                    token["token"] = json!(secret("aplt_"));
                    token
                },
                ..PORTAL_LINK_TOKEN
            }),
        ),
        (
            post,
            "/v1/admin_portal_link_tokens/{id}/revoke",
            By(|clerk, asked| {
                let mut token = with(PORTAL_LINK_TOKEN.of(clerk, asked.id()), &asked.body);
                token["revoked"] = json!(true);
                Ok(token)
            }),
        ),
    ]
}

fn agent_task(clerk: &Instance, id: &str) -> Value {
    json!({
        "object": "agent_task",
        "agent_id": "agent_local",
        "agent_task_id": id,
        "task_id": "task_local",
        "url": format!("{}/v1/agents/tasks/{id}", clerk.issuer()),
    })
}

fn machine_secret() -> Value {
    json!({ "object": "machine_secret_key", "secret": secret("ak_") })
}
