//! Contact details, credentials, clients and sign-ups.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::form::{Fixed, Form::*, Kind, dated, with};
use crate::testing::{
    call::{Answer, Asked},
    instance::Instance,
    records,
    secret::secret,
};

const EMAIL_ADDRESS: Kind = Kind {
    object: "email_address",
    prefix: "idn_",
    members: |clerk| contact(clerk, json!({ "email_address": "local@example.com" }), "email_code"),
};

const PHONE_NUMBER: Kind = Kind {
    object: "phone_number",
    prefix: "idn_",
    members: |clerk| {
        let members = json!({
            "phone_number": "+12015550100",
            "reserved_for_second_factor": false,
            "default_second_factor": false,
            "backup_codes": null,
        });
        contact(clerk, members, "phone_code")
    },
};

/// Adds what all contact details have.
fn contact(clerk: &Instance, mut members: Value, strategy: &str) -> Value {
    members["reserved"] = json!(false);
    members["verification"] = json!({
        "object": "verification_otp", "status": "verified", "strategy": strategy, "attempts": 1, "expire_at": null,
    });
    members["linked_to"] = json!([]);
    dated(clerk, members)
}

const CLIENT: Kind = Kind {
    object: "client",
    prefix: "client_",
    members: |clerk| {
        let members = json!({
            "session_ids": [],
            "sessions": [],
            "sign_in_id": null,
            "sign_up_id": null,
            "last_active_session_id": null,
            "last_authentication_strategy": null,
        });
        dated(clerk, members)
    },
};

const SIGN_UP: Kind = Kind {
    object: "sign_up_attempt",
    prefix: "sua_",
    members: |clerk| {
        json!({
            "status": "missing_requirements",
            "required_fields": ["email_address"],
            "optional_fields": [],
            "missing_fields": ["email_address"],
            "unverified_fields": [],
            "verifications": { "email_address": null, "phone_number": null, "web3_wallet": null, "external_account": null },
            "username": null,
            "email_address": null,
            "phone_number": null,
            "web3_wallet": null,
            "password_enabled": false,
            "first_name": null,
            "last_name": null,
            "unsafe_metadata": {},
            "public_metadata": {},
            "custom_action": false,
            "external_id": null,
            "created_session_id": null,
            "created_user_id": null,
            "abandon_at": clerk.clock.timestamp().as_millis().saturating_add(24 * 60 * 60 * 1000),
            "legal_accepted_at": null,
            "locale": null,
        })
    },
};

const TRUSTED_DEVICE: Kind = Kind {
    object: "trusted_device",
    prefix: "tdev_",
    members: |clerk| {
        let members = json!({
            "platform": "ios",
            "app_identifier": "com.example.app",
            "name": null,
            "algorithm": "ES256",
            "status": "active",
            "last_used_at": null,
            "revoked_at": null,
        });
        dated(clerk, members)
    },
};

pub(super) fn calls() -> Vec<Fixed> {
    let (get, post, put) = (Method::GET, Method::POST, Method::PUT);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    vec![
        (get.clone(), "/v1/clients", List(CLIENT)),
        (post.clone(), "/v1/clients/verify", By(|clerk, _| Ok(CLIENT.only(clerk)))),
        (get.clone(), "/v1/clients/{id}", One(CLIENT)),
        (get.clone(), "/v1/sign_ups/{id}", One(SIGN_UP)),
        (patch.clone(), "/v1/sign_ups/{id}", One(SIGN_UP)),
        (post.clone(), "/v1/email_addresses", New(EMAIL_ADDRESS)),
        (get.clone(), "/v1/email_addresses/{id}", One(EMAIL_ADDRESS)),
        (patch.clone(), "/v1/email_addresses/{id}", One(EMAIL_ADDRESS)),
        (delete.clone(), "/v1/email_addresses/{id}", Deleted("email_address")),
        (post.clone(), "/v1/email_addresses/{id}/prepare_verification", Settings(|clerk| started(clerk, "email_code"))),
        (post.clone(), "/v1/email_addresses/{id}/attempt_verification", Settings(|clerk| passed(clerk, "email_code"))),
        (put.clone(), "/v1/users/{id}/email_address", By(|clerk, asked| of_user(clerk, asked, EMAIL_ADDRESS))),
        (post.clone(), "/v1/phone_numbers", New(PHONE_NUMBER)),
        (get.clone(), "/v1/phone_numbers/{id}", One(PHONE_NUMBER)),
        (patch, "/v1/phone_numbers/{id}", One(PHONE_NUMBER)),
        (delete.clone(), "/v1/phone_numbers/{id}", Deleted("phone_number")),
        (post.clone(), "/v1/phone_numbers/{id}/prepare_verification", Settings(|clerk| started(clerk, "phone_code"))),
        (post.clone(), "/v1/phone_numbers/{id}/attempt_verification", Settings(|clerk| passed(clerk, "phone_code"))),
        (put, "/v1/users/{id}/phone_number", By(|clerk, asked| of_user(clerk, asked, PHONE_NUMBER))),
        (
            get.clone(),
            "/v1/users/{id}/oauth_access_tokens/{other_id}",
            By(|clerk, asked| {
                records::user(clerk, asked)?;
                let token = json!({
                    "object": "oauth_access_token",
                    "external_account_id": "eac_local",
                    "provider_user_id": "1",
                    "token": secret(""),
                    "expires_at": null,
                    "provider": asked.other_id(),
                    "public_metadata": {},
                    "label": null,
                    "scopes": [],
                });
                let page = asked.page("data", vec![token]);
                Ok(if asked.is_set("paginated") { page } else { page["data"].clone() })
            }),
        ),
        (post.clone(), "/v1/users/{id}/remove_password", By(records::user)),
        (post.clone(), "/v1/users/{id}/password/set_compromised", By(records::user)),
        (post.clone(), "/v1/users/{id}/password/unset_compromised", By(records::user)),
        (
            post.clone(),
            "/v1/users/{id}/verify_password",
            By(|clerk, asked| records::user(clerk, asked).map(|_| json!({ "verified": true }))),
        ),
        (
            post,
            "/v1/users/{id}/verify_totp",
            By(|clerk, asked| records::user(clerk, asked).map(|_| json!({ "verified": true, "code_type": "totp" }))),
        ),
        (delete.clone(), "/v1/users/{id}/mfa", By(user_id)),
        (delete.clone(), "/v1/users/{id}/totp", By(user_id)),
        (delete.clone(), "/v1/users/{id}/backup_code", By(user_id)),
        (delete.clone(), "/v1/users/{id}/passkeys/{other_id}", OtherDeleted("passkey")),
        (delete.clone(), "/v1/users/{id}/web3_wallets/{other_id}", OtherDeleted("web3_wallet")),
        (delete.clone(), "/v1/users/{id}/external_accounts/{other_id}", OtherDeleted("external_account")),
        (get, "/v1/users/{id}/trusted_devices", Page(TRUSTED_DEVICE)),
        (
            delete,
            "/v1/users/{id}/trusted_devices/{other_id}",
            By(|clerk, asked| {
                let mut device = TRUSTED_DEVICE.of(clerk, asked.other_id());
                device["status"] = json!("revoked");
                device["revoked_at"] = device["updated_at"].clone();
                Ok(device)
            }),
        ),
    ]
}

/// A new contact detail of the user in the path.
fn of_user(clerk: &Instance, asked: &Asked, kind: Kind) -> Answer {
    records::user(clerk, asked)?;
    Ok(with(kind.created(clerk), &asked.body))
}

fn user_id(clerk: &Instance, asked: &Asked) -> Answer {
    let user = records::user(clerk, asked)?;
    Ok(json!({ "user_id": user["id"] }))
}

fn started(clerk: &Instance, strategy: &str) -> Value {
    let expire_at = clerk.clock.timestamp().as_millis().saturating_add(10 * 60 * 1000);
    json!({
        "object": "verification",
        "id": "ver_local",
        "status": "unverified",
        "strategy": strategy,
        "attempts": 0,
        "expire_at": expire_at,
        "channel": null,
    })
}

fn passed(clerk: &Instance, strategy: &str) -> Value {
    let mut verification = started(clerk, strategy);
    verification["status"] = json!("verified");
    verification["attempts"] = json!(1);
    verification
}
