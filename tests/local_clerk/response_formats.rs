//! `LocalClerk` responds in Clerk's own formats.
//!
//! `clerk-rs`, which is generated from Clerk's API specification and reads strictly, can parse every response.

use clerk_actix::testing;
use clerk_rs::{
    apis::{
        Error, api_keys_api, configuration::Configuration, domains_api, instance_settings_api, jwks_api,
        m2_m_tokens_api, o_auth_access_tokens_api, organizations_api, sessions_api, users_api,
    },
    models,
};

use crate::support::local_clerk;

#[actix_web::test]
async fn every_resource() {
    let clerk = local_clerk();
    clerk.add_jwt_template("database", [("role", "editor")]);
    clerk.mint(testing::session("user_ada").session_id("sess_ada").org_id("org_acme"));
    let with_version = Configuration::new(clerk.secret_key()).with_base_path(format!("{}/v1", clerk.api_url()));
    let without = Configuration::new(clerk.secret_key()).with_base_path(clerk.api_url());
    let machine = Configuration::new(clerk.machine_secret_key()).with_base_path(clerk.api_url());

    assert_eq!(users_api::get_user(&with_version, "user_ada").await.unwrap().first_name.as_deref(), Some("Ada"));
    let memberships = users_api::users_get_organization_memberships(&with_version, "user_ada", None, None);
    assert_eq!(memberships.await.unwrap().data.len(), 2);
    let organization = organizations_api::get_organization(&with_version, "acme", Some(true), None).await.unwrap();
    assert_eq!((organization.id.as_str(), organization.members_count), ("org_acme", Some(2)));

    let instance = instance_settings_api::get_instance(&with_version).await.unwrap();
    assert_eq!(instance.environment_type, "production");
    let domains = domains_api::list_domains(&with_version).await.unwrap();
    assert!(domains.data[0].frontend_api_url.starts_with("https://"));

    let list = sessions_api::get_session_list(&with_version, None, Some("user_ada"), None, None, None, None);
    assert_eq!(list.await.unwrap()[0].id, "sess_ada");
    let token = sessions_api::create_session_token(&with_version, "sess_ada", None).await.unwrap();
    assert!(token.jwt.is_some_and(|jwt| jwt.starts_with("eyJ")));
    let by_template =
        sessions_api::create_session_token_from_template(&with_version, "sess_ada", "database", None).await.unwrap();
    assert!(by_template.jwt.is_some_and(|jwt| jwt.starts_with("eyJ")));
    assert_eq!(sessions_api::get_session(&with_version, "sess_ada").await.unwrap().user_id, "user_ada");
    sessions_api::revoke_session(&with_version, "sess_ada").await.unwrap();
    assert_eq!(jwks_api::get_jwks(&with_version).await.unwrap().keys.map(|keys| keys.len()), Some(1));

    let wanted = models::CreateApiKeyRequest {
        scopes: Some(vec!["read".to_owned()]),
        seconds_until_expiration: Some(Some(60.0)),
        ..models::CreateApiKeyRequest::new("CI".to_owned(), "user_ada".to_owned())
    };
    let made = api_keys_api::create_api_key(&without, wanted).await.unwrap();
    let verified = api_keys_api::verify_api_key(&without, models::VerifyApiKeyRequest::new(made.secret)).await.unwrap();
    assert_eq!((verified.id.as_str(), verified.scopes), (made.id.as_str(), vec!["read".to_owned()]));
    clerk.mint(testing::api_key("user_ada").claim("tier", 2));
    let keys = api_keys_api::get_api_keys(&without, "user_ada", None, None, None, None, None).await.unwrap();
    assert_eq!(keys.total_count, 2.0);
    assert_eq!(api_keys_api::get_api_key(&without, &made.id).await.unwrap().name, "CI");
    let update = models::UpdateApiKeyRequest { scopes: Some(vec![]), ..models::UpdateApiKeyRequest::new() };
    assert_eq!(api_keys_api::update_api_key(&without, &made.id, update).await.unwrap().scopes.len(), 0);
    let reason = || models::RevokeAdminPortalLinkTokenRequest { revocation_reason: Some(Some("leaked".to_owned())) };
    assert!(api_keys_api::revoke_api_key(&without, &made.id, reason()).await.unwrap().revoked);

    let made = m2_m_tokens_api::create_m2_m_token(&machine, models::CreateM2MTokenRequest::new()).await.unwrap();
    let verify = models::VerifyM2MTokenRequest::new(made.token);
    assert_eq!(m2_m_tokens_api::verify_m2_m_token(&machine, verify).await.unwrap().id, made.id);
    clerk.mint(testing::m2m_token(clerk.machine_id()).claim("tenant", "acme").scopes([clerk.machine_id()]));
    let tokens = m2_m_tokens_api::get_m2_m_tokens(&without, clerk.machine_id(), None, None, None, None).await.unwrap();
    assert_eq!(tokens.total_count, 2.0);
    assert!(m2_m_tokens_api::revoke_m2_m_token(&machine, &made.id, reason()).await.unwrap().revoked);

    // The generator has merged two response formats into one, with the members of both.
    let token = clerk.mint(testing::oauth_token("user_ada").scopes(["profile"]).member("active", true));
    let verify = models::VerifyOAuthAccessTokenRequest {
        access_token: Some(token),
        ..models::VerifyOAuthAccessTokenRequest::new()
    };
    o_auth_access_tokens_api::verify_o_auth_access_token(&without, verify).await.unwrap();
}

#[actix_web::test]
async fn the_error_envelope() {
    let clerk = local_clerk();
    let config = Configuration::new(clerk.secret_key()).with_base_path(format!("{}/v1", clerk.api_url()));
    let error = users_api::get_user(&config, "user_nobody").await.unwrap_err();
    let Error::ResponseError(response) = error else { panic!("{error:?}") };
    assert_eq!(response.status.as_u16(), 404);
    // The generated type cannot distinguish the errors: they all look the same.
    let Some(users_api::GetUserError::Status400(envelope)) = response.entity else { panic!("{}", response.content) };
    assert_eq!(envelope.errors[0].code, "resource_not_found");
    assert!(envelope.clerk_trace_id.is_some());
}
