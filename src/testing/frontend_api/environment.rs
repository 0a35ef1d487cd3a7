//! The settings of the instance, as `clerk-js` and Clerk's components read them.

use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Call, Reply},
    verifications::MIN_PASSWORD,
};
use crate::{
    keys::InstanceType,
    testing::{instance::Instance, roles},
};

pub(super) fn get(call: &mut Call<'_>) -> Answer {
    Ok(Reply::Bare(environment(call.clerk)))
}

fn environment(clerk: &Instance) -> Value {
    json!({
        "auth_config": auth_config(clerk),
        "display_config": display_config(clerk),
        "user_settings": user_settings(),
        "organization_settings": {
            "enabled": true,
            "max_allowed_memberships": 5,
            "actions": { "admin_delete": true },
            "domains": { "enabled": false, "enrollment_modes": [], "default_role": roles::MEMBER.key },
            "slug": { "disabled": false },
            "creator_role": roles::ADMIN.key,
        },
        "fraud_settings": { "object": "fraud_settings", "native": { "device_attestation_mode": "disabled" } },
        "commerce_settings": {
            "billing": {
                "stripe_publishable_key": null,
                "free_trial_requires_payment_method": false,
                "user": { "enabled": false, "has_paid_plans": false },
                "organization": { "enabled": false, "has_paid_plans": false },
            },
        },
        "api_keys_settings": { "enabled": false, "user_api_keys_enabled": false, "orgs_api_keys_enabled": false },
        "protect_config": { "loaders": [] },
        "client_debug_mode": false,
        "partitioned_cookies": false,
        "maintenance_mode": false,
    })
}

fn auth_config(clerk: &Instance) -> Value {
    let claimed_at = (clerk.instance_type == InstanceType::Production).then_some(clerk.started_at);
    json!({
        "object": "auth_config",
        "id": "aconf_local",
        "first_name": "on",
        "last_name": "on",
        "email_address": "required",
        "phone_number": "off",
        "username": "off",
        "password": "required",
        "identification_requirements": [["email_address"]],
        "identification_strategies": ["email_address"],
        "first_factors": ["password", "email_code", "ticket"],
        "second_factors": [],
        "email_address_verification_strategies": ["email_code"],
        "single_session_mode": true,
        "enhanced_email_deliverability": false,
        "test_mode": true,
        "cookieless_dev": true,
        "url_based_session_syncing": true,
        "claimed_at": claimed_at,
        "reverification": true,
        "native_settings": {
            "object": "native_settings",
            "api_enabled": false,
            "trusted_device_sign_in_enabled": false,
            "trusted_device_enrollment_prompt_after_sign_in_enabled": false,
            "trusted_device_enrollment_prompt_after_sign_up_enabled": false,
        },
    })
}

/// The only page of this instance is the one for signing in. A URL that is empty leaves the decision to the application.
fn display_config(clerk: &Instance) -> Value {
    let mut config = Map::new();
    for name in ["sign_in_url", "sign_up_url"] {
        config.insert(name.to_owned(), json!(format!("http://localhost:{}/sign-in", clerk.port)));
    }
    for name in [
        "home_url",
        "user_profile_url",
        "waitlist_url",
        "oauth_consent_url",
        "after_sign_in_url",
        "after_sign_up_url",
        "after_sign_out_one_url",
        "after_sign_out_all_url",
        "after_switch_session_url",
        "after_join_waitlist_url",
        "organization_profile_url",
        "create_organization_url",
        "after_leave_organization_url",
        "after_create_organization_url",
        "logo_link_url",
    ] {
        config.insert(name.to_owned(), json!(""));
    }
    for name in [
        "support_email",
        "clerk_js_version",
        "google_one_tap_client_id",
        "help_url",
        "privacy_policy_url",
        "terms_url",
        "logo_url",
        "favicon_url",
        "logo_image_url",
        "favicon_image_url",
        "logo_image",
        "favicon_image",
        "captcha_public_key",
        "captcha_widget_type",
        "captcha_public_key_invisible",
        "captcha_provider",
    ] {
        config.insert(name.to_owned(), Value::Null);
    }
    let others = json!({
        "object": "display_config",
        "id": "display_config_local",
        "instance_environment_type": clerk.instance_type.to_string(),
        "application_name": "LocalClerk",
        "theme": {},
        "preferred_sign_in_strategy": "password",
        "branded": false,
        "experimental_force_oauth_first": false,
        "show_devmode_warning": clerk.instance_type == InstanceType::Development,
        "captcha_oauth_bypass": [],
        "captcha_heartbeat": false,
    });
    config.extend(others.as_object().cloned().unwrap_or_default());
    Value::Object(config)
}

fn user_settings() -> Value {
    let enterprise_sso = json!({ "enabled": false, "self_serve_sso": false });
    let off = json!({ "enabled": false });
    json!({
        "attributes": attributes(),
        "social": {},
        "saml": enterprise_sso,
        "enterprise_sso": enterprise_sso,
        "sign_in": { "second_factor": { "required": false } },
        "sign_up": {
            "captcha_enabled": false,
            "captcha_widget_type": "smart",
            "custom_action_required": false,
            "progressive": true,
            "mode": "public",
            "legal_consent_enabled": false,
        },
        "restrictions": {
            "allowlist": off,
            "blocklist": off,
            "allowlist_blocklist_disabled_on_sign_in": off,
            "block_email_subaddresses": off,
            "block_disposable_email_domains": off,
        },
        "password_settings": {
            "disable_hibp": true,
            "disable_password_reverification": false,
            "min_length": MIN_PASSWORD,
            "max_length": 72,
            "require_special_char": false,
            "require_numbers": false,
            "require_uppercase": false,
            "require_lowercase": false,
            "show_zxcvbn": false,
            "min_zxcvbn_strength": 0,
            "enforce_hibp_on_sign_in": false,
            "allowed_special_characters": "",
        },
        "username_settings": {
            "min_length": 4,
            "max_length": 64,
            "allow_extended_special_characters": false,
            "allow_numeric_usernames": false,
        },
        "actions": { "delete_self": true, "create_organization": true, "create_organizations_limit": null },
        "attack_protection": {
            "user_lockout": { "enabled": false, "max_attempts": 100, "duration_in_minutes": 60 },
            "pii": off,
            "email_link": { "require_same_client": false },
            "enumeration_protection": off,
        },
        "passkey_settings": { "allow_autofill": false, "show_sign_in_button": false, "satisfies_second_factor": false },
    })
}

/// Returns what a user has and signs in with: an email address and a password are required, names are not.
fn attributes() -> Value {
    // A user has one address, which stays: an address cannot be added in the user's profile.
    let attribute = |enabled: bool, required: bool, first_factors: &[&str], verifications: &[&str]| {
        json!({
            "enabled": enabled,
            "required": required,
            "used_for_first_factor": !first_factors.is_empty(),
            "first_factors": first_factors,
            "used_for_second_factor": false,
            "second_factors": [],
            "verifications": verifications,
            "verify_at_sign_up": !verifications.is_empty(),
            "immutable": !verifications.is_empty(),
        })
    };
    json!({
        "email_address": attribute(true, true, &["email_code"], &["email_code"]),
        "phone_number": attribute(false, false, &[], &[]),
        "username": attribute(false, false, &[], &[]),
        "web3_wallet": attribute(false, false, &[], &[]),
        "first_name": attribute(true, false, &[], &[]),
        "last_name": attribute(true, false, &[], &[]),
        "password": attribute(true, true, &["password"], &[]),
        "authenticator_app": attribute(false, false, &[], &[]),
        "ticket": attribute(true, false, &["ticket"], &[]),
        "backup_code": attribute(false, false, &[], &[]),
        "passkey": attribute(false, false, &[], &[]),
    })
}
