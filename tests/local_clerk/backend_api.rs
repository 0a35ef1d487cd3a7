//! `LocalClerk` keeps what the Backend API changes: users, organizations, memberships, invitations, sessions and tokens.

use std::{collections::BTreeSet, time::Duration};

use actix_web::http::Method;
use clerk_actix::{
    ClerkApiError, ClerkClient, GetTokenOptions,
    api::{InvitationStatus, SessionStatus, SignInTokenStatus, SubscriptionStatus},
    client::{
        Actor, FileUpload, InstanceUpdate, MachineUpdate, NewActorToken, NewInvitation, NewMachine, NewMembership,
        NewOrganization, NewOrganizationInvitation, NewSignInToken, NewUser, OrganizationMetadata,
        OrganizationSettingsUpdate, OrganizationUpdate, UserMetadata, UserUpdate,
    },
    testing::{Behavior, Endpoint},
};
use futures_util::TryStreamExt;
use serde_json::{Value, json};

use crate::support::{
    local_clerk,
    schema::description,
    validator::{problems, response},
};

fn code<T: std::fmt::Debug>(result: Result<T, ClerkApiError>) -> Option<String> {
    result.unwrap_err().code().map(str::to_owned)
}

#[actix_web::test]
async fn users() {
    let local = local_clerk();
    let clerk = ClerkClient::new(local.config());
    let lin = NewUser::new().email_address(["lin@example.com"]).first_name("Lin").external_id("7").username("lin");
    let lin = clerk
        .users()
        .create(lin.public_metadata(&json!({ "plan": "pro", "seats": { "a": 1, "b": 2 } })))
        .await
        .unwrap();
    assert_eq!(lin.primary_email_address().unwrap().email_address, "lin@example.com");
    let again = clerk.users().create(NewUser::new().email_address(["lin@example.com"])).await;
    assert_eq!(code(again).as_deref(), Some("form_identifier_exists"));
    assert_eq!(clerk.users().count().await.unwrap().total_count, Some(4));

    let names =
        |users: Vec<clerk_actix::api::User>| users.into_iter().map(|user| user.first_name.unwrap()).collect::<Vec<_>>();
    let list = || clerk.users().list();
    for (name, call, expected) in [
        ("all, newest first", list(), &["Lin", "Alan", "Grace", "Ada"][..]),
        ("oldest first", list().order_by("created_at"), &["Ada", "Grace", "Alan", "Lin"]),
        ("one address", list().email_address("ada@example.com"), &["Ada"]),
        ("one ID of yours", list().external_id("7"), &["Lin"]),
        ("members", list().organization_id("org_acme"), &["Grace", "Ada"]),
        ("a search", list().search("TURING"), &["Alan"]),
        ("nobody", list().banned(true), &[]),
    ] {
        assert_eq!(names(call.limit(2).all().try_collect().await.unwrap()), expected, "{name}");
    }

    let renamed =
        clerk.users().update(&lin.id, UserUpdate::new().first_name("Linnea").member("username", None::<&str>)).await;
    assert_eq!(renamed.map(|user| (user.first_name, user.username)).unwrap(), (Some("Linnea".to_owned()), None));
    let change = || UserMetadata::new().public_metadata(&json!({ "plan": null, "seats": { "a": 3 } }));
    let merged = clerk.users().update_metadata(&lin.id, change()).await.unwrap();
    assert_eq!(json!(merged.public_metadata), json!({ "seats": { "a": 3, "b": 2 } }));
    let replaced = clerk.users().replace_metadata(&lin.id, change()).await.unwrap();
    assert_eq!(json!(replaced.public_metadata), json!({ "plan": null, "seats": { "a": 3 } }));
    assert!(clerk.users().set_profile_image(&lin.id, FileUpload::new("image/png", "png")).await.unwrap().has_image);
    assert!(clerk.users().lock("user_ada").await.unwrap().locked);
    assert!(!clerk.users().unlock("user_ada").await.unwrap().locked);

    let session = clerk.sessions().create(&lin.id, None).await.unwrap();
    assert!(!clerk.sessions().get_token(&session.id, GetTokenOptions::new()).await.unwrap().expose().is_empty());
    assert!(clerk.users().ban(&lin.id).await.unwrap().banned);
    assert_eq!(clerk.sessions().get(&session.id).await.unwrap().status, SessionStatus::Revoked);
    assert_eq!(code(clerk.sessions().create(&lin.id, None).await).as_deref(), Some("user_banned"));
    assert!(!clerk.users().unban_all(&[&lin.id]).await.unwrap().data[0].banned);

    assert_eq!(clerk.users().delete(&lin.id).await.unwrap().id, Some(lin.id.clone()));
    assert!(matches!(clerk.users().get(&lin.id).await, Err(ClerkApiError::NotFound(_))));
    assert!(matches!(clerk.users().ban(&lin.id).await, Err(ClerkApiError::NotFound(_))));
}

#[actix_web::test]
async fn organizations() {
    let local = local_clerk();
    let clerk = ClerkClient::new(local.config());
    let calls = clerk.organizations();
    // What is newest comes first.
    let later = || local.clock().advance(Duration::from_secs(1));
    later();
    let initech = calls.create(NewOrganization::new("Initech").created_by("user_alan")).await.unwrap();
    assert_eq!((initech.name.as_str(), initech.slug.as_deref()), ("Initech", Some("initech")));
    assert_eq!(code(calls.create(NewOrganization::new("Initech")).await).as_deref(), Some("form_identifier_exists"));
    later();
    let joined = calls.create_membership(&initech.id, NewMembership::new("user_ada", "org:member")).await.unwrap();
    assert_eq!((joined.role.as_str(), joined.user_id()), ("org:member", Some("user_ada")));
    let twice = calls.create_membership(&initech.id, NewMembership::new("user_ada", "org:member")).await;
    assert_eq!(code(twice).as_deref(), Some("already_a_member_in_organization"));
    assert_eq!(calls.get("initech").include_members_count(true).await.unwrap().members_count, Some(2));
    let renamed = calls.update(&initech.id, OrganizationUpdate::new().name("Initrode")).await.unwrap();
    assert_eq!(renamed.name, "Initrode");

    let promoted = calls.update_membership(&initech.id, "user_ada", "org:admin").await.unwrap();
    assert_eq!((promoted.organization.name.as_str(), promoted.permissions.len()), ("Initrode", 2));
    let of_ada = clerk.users().organization_memberships("user_ada").await.unwrap();
    assert_eq!((of_ada.total_count, of_ada.data[0].organization.id.as_str()), (Some(3), initech.id.as_str()));
    let metadata = || OrganizationMetadata::new().public_metadata(&json!({ "desk": 7 }));
    calls.update_membership_metadata(&initech.id, "user_ada", metadata()).await.unwrap();
    let members = calls.memberships(&initech.id).role("org:admin").await.unwrap();
    assert_eq!((members.total_count, &members.data[0].public_metadata["desk"]), (Some(2), &json!(7)));

    let session = clerk.sessions().create("user_ada", Some(&initech.id)).await.unwrap();
    let token = clerk.sessions().get_token(&session.id, GetTokenOptions::new()).await.unwrap();
    let verified = local.config().verify_session_token(token.expose()).await.unwrap();
    assert_eq!((verified.org_id(), verified.org_role()), (Some(initech.id.as_str()), Some("org:admin")));

    let invitation = NewOrganizationInvitation::new("lin@example.com", "org:member").expires_in_days(1);
    let invitation = calls.create_invitation(&initech.id, invitation).await.unwrap();
    let twice = NewOrganizationInvitation::new("lin@example.com", "org:member");
    assert_eq!(code(calls.create_invitation(&initech.id, twice).await).as_deref(), Some("duplicate_record"));
    assert_eq!(calls.invitations(&initech.id).status(InvitationStatus::Pending).await.unwrap().data.len(), 1);
    let revoked = calls.revoke_invitation(&initech.id, &invitation.id, Some("user_alan")).await.unwrap();
    assert_eq!(revoked.status, InvitationStatus::Revoked);
    assert_eq!(calls.invitation(&initech.id, &invitation.id).await.unwrap().status, "revoked");

    calls.delete_membership(&initech.id, "user_ada").await.unwrap();
    assert_eq!(clerk.users().organization_memberships("user_ada").await.unwrap().total_count, Some(2));
    calls.delete(&initech.id).await.unwrap();
    assert!(matches!(calls.get("initech").await, Err(ClerkApiError::NotFound(_))));
    assert_eq!(clerk.users().organization_memberships("user_alan").await.unwrap().total_count, Some(0));
}

#[actix_web::test]
async fn invitations_and_tokens() {
    let local = local_clerk();
    let clerk = ClerkClient::new(local.config());
    let invite = |address| NewInvitation::new(address).public_metadata(&json!({ "plan": "pro" }));
    let first = clerk.invitations().create(invite("lin@example.com")).await.unwrap();
    assert_eq!((first.status, &first.public_metadata["plan"]), (InvitationStatus::Pending, &json!("pro")));
    assert_eq!(code(clerk.invitations().create(invite("lin@example.com")).await).as_deref(), Some("duplicate_record"));
    assert!(clerk.invitations().create(invite("lin@example.com").ignore_existing(true)).await.is_ok());
    let bulk = clerk.invitations().create_bulk(vec![invite("a@example.com"), invite("b@example.com")]).await.unwrap();
    assert_eq!(bulk.data.len(), 2);
    assert!(clerk.invitations().revoke(&first.id).await.unwrap().revoked);
    assert_eq!(code(clerk.invitations().revoke(&first.id).await).as_deref(), Some("invitation_not_pending"));
    let pending = clerk.invitations().list().status(InvitationStatus::Pending).await.unwrap();
    assert_eq!((pending.total_count, pending.data.len()), (Some(3), 3));

    let token = clerk.sign_in_tokens().create(NewSignInToken::new("user_ada")).await.unwrap();
    let (ticket, url) = (token.token.unwrap(), token.url.unwrap());
    assert!(url.expose().ends_with(ticket.expose()));
    let revoked = clerk.sign_in_tokens().revoke(&token.id).await.unwrap();
    assert!(revoked.status == SignInTokenStatus::Revoked && revoked.token.is_none());
    let actor = NewActorToken::new("user_grace", Actor::new("user_ada"));
    let actor = clerk.actor_tokens().create(actor).await.unwrap();
    assert_eq!((&actor.actor["sub"], actor.user_id.as_str()), (&json!("user_ada"), "user_grace"));
    assert!(!format!("{actor:?}").contains(actor.token.unwrap().expose()));
    assert!(clerk.testing_tokens().create().await.unwrap().token.is_some());
    for unknown in ["user_nobody", ""] {
        assert!(clerk.sign_in_tokens().create(NewSignInToken::new(unknown)).await.is_err());
    }
}

/// What has a fixed answer is not kept, but the answer has what was sent.
#[actix_web::test]
async fn fixed_answers() {
    let local = local_clerk();
    let clerk = ClerkClient::new(local.config());
    let machine = clerk.machines().create(NewMachine::new("Mailer")).await.unwrap();
    assert!(machine.name == "Mailer" && machine.id.starts_with("mch_") && machine.secret_key.is_some());
    let updated = clerk.machines().update("mch_7", MachineUpdate::new().name("Sender")).await.unwrap();
    assert_eq!((updated.id.as_str(), updated.name.as_str()), ("mch_7", "Sender"));
    let machines: Vec<_> = clerk.machines().list().all().try_collect().await.unwrap();
    assert!(machines.len() == 1 && machines[0].name != "Sender", "{machines:?}");
    assert!(clerk.machines().delete("mch_7").await.unwrap().deleted);

    clerk.instance().update(InstanceUpdate::new()).await.unwrap();
    let settings = OrganizationSettingsUpdate::new().max_allowed_memberships(9);
    assert_eq!(clerk.instance().update_organization_settings(settings).await.unwrap().max_allowed_memberships, Some(9));
    assert_eq!(clerk.billing().plans().await.unwrap().data[0].slug, "pro");
    let subscription = clerk.users().subscription("user_ada").await.unwrap();
    assert_eq!(subscription.status, SubscriptionStatus::Active);
    assert_eq!(
        clerk.allowlist_identifiers().create("*@acme.example", false).await.unwrap().identifier,
        "*@acme.example"
    );
    assert!(clerk.users().verify_password("user_ada", "secret").await.unwrap().verified);
    assert!(matches!(clerk.users().verify_password("user_nobody", "").await, Err(ClerkApiError::NotFound(_))));

    let invited = clerk.organizations().pending_invitations("org_acme").await.unwrap();
    assert_eq!(invited.total_count, Some(0));
    let alan = NewOrganizationInvitation::new("alan@example.com", "org:member");
    let invitation = clerk.organizations().create_invitation("org_acme", alan).await.unwrap();
    let lists = [
        clerk.organizations().pending_invitations("org_acme").await,
        clerk.organization_invitations().list().await,
        clerk.users().organization_invitations("user_alan").await,
    ];
    for (at, list) in lists.into_iter().enumerate() {
        assert_eq!(list.unwrap().data[0].id, invitation.id, "{at}");
    }
    assert!(clerk.users().organization_invitations("user_ada").await.unwrap().data.is_empty());

    local.behave(Endpoint::OtherBackendCall, Behavior::error(404, "resource_not_found", "trace_1"));
    assert!(matches!(clerk.machines().get("mch_7").await, Err(ClerkApiError::NotFound(_))));
}

/// Each call in turn, and the path in Clerk's description. `ID` is the ID of the last response.
#[actix_web::test]
async fn answers_fit_clerks_description() {
    let Some(description) = description("bapi-2026-05-12.yml") else { return };
    let local = local_clerk();
    let clerk = ClerkClient::new(local.config());
    let member = json!({ "user_id": "user_alan", "role": "org:member" });
    let invitation = json!({ "email_address": "lin@example.com", "role": "org:member" });
    let (mut last, mut checked, mut found) = (String::new(), BTreeSet::new(), Vec::new());
    for (call, path, body) in [
        ("GET /users", "users", Value::Null),
        ("GET /users/count", "users/count", Value::Null),
        ("GET /users/{user_id}", "users/user_ada", Value::Null),
        ("POST /users", "users", json!({ "email_address": ["lin@example.com"] })),
        ("PATCH /users/{user_id}", "users/ID", json!({ "first_name": "Lin" })),
        ("PATCH /users/{user_id}/metadata", "users/ID/metadata", json!({ "public_metadata": { "a": 1 } })),
        ("PUT /users/{user_id}/metadata", "users/ID/metadata", json!({ "public_metadata": { "a": 1 } })),
        ("POST /users/{user_id}/ban", "users/ID/ban", Value::Null),
        ("POST /users/{user_id}/unban", "users/ID/unban", Value::Null),
        ("POST /users/{user_id}/lock", "users/ID/lock", Value::Null),
        ("POST /users/{user_id}/unlock", "users/ID/unlock", Value::Null),
        ("POST /users/ban", "users/ban", json!({ "user_ids": ["user_alan"] })),
        ("POST /users/unban", "users/unban", json!({ "user_ids": ["user_alan"] })),
        ("POST /sessions", "sessions", json!({ "user_id": "user_ada" })),
        ("GET /sessions/{session_id}", "sessions/ID", Value::Null),
        ("DELETE /users/{user_id}", "users/user_grace", Value::Null),
        ("POST /organizations", "organizations", json!({ "name": "Initech", "created_by": "user_ada" })),
        ("GET /organizations", "organizations", Value::Null),
        ("GET /organizations/{organization_id}", "organizations/org_acme", Value::Null),
        ("PATCH /organizations/{organization_id}", "organizations/ID", json!({ "name": "Initrode" })),
        (
            "PUT /organizations/{organization_id}/metadata",
            "organizations/ID/metadata",
            json!({ "public_metadata": {} }),
        ),
        ("POST /organizations/{organization_id}/memberships", "organizations/org_acme/memberships", member),
        ("GET /organizations/{organization_id}/memberships", "organizations/org_acme/memberships", Value::Null),
        ("GET /organization_memberships", "organization_memberships", Value::Null),
        ("GET /users/{user_id}/organization_memberships", "users/user_ada/organization_memberships", Value::Null),
        (
            "PATCH /organizations/{organization_id}/memberships/{user_id}",
            "organizations/org_acme/memberships/user_alan",
            json!({ "role": "org:admin" }),
        ),
        (
            "DELETE /organizations/{organization_id}/memberships/{user_id}",
            "organizations/org_acme/memberships/user_alan",
            Value::Null,
        ),
        ("POST /organizations/{organization_id}/invitations", "organizations/org_acme/invitations", invitation),
        (
            "GET /organizations/{organization_id}/invitations/{invitation_id}",
            "organizations/org_acme/invitations/ID",
            Value::Null,
        ),
        (
            "POST /organizations/{organization_id}/invitations/{invitation_id}/revoke",
            "organizations/org_acme/invitations/ID/revoke",
            json!({}),
        ),
        ("GET /organizations/{organization_id}/invitations", "organizations/org_acme/invitations", Value::Null),
        ("DELETE /organizations/{organization_id}", "organizations/org_acme", Value::Null),
        ("POST /invitations", "invitations", json!({ "email_address": "lin@example.com" })),
        ("POST /invitations/{invitation_id}/revoke", "invitations/ID/revoke", Value::Null),
        ("GET /invitations", "invitations", Value::Null),
        ("POST /invitations/bulk", "invitations/bulk", json!([{ "email_address": "a@example.com" }])),
        ("POST /sign_in_tokens", "sign_in_tokens", json!({ "user_id": "user_ada" })),
        ("POST /sign_in_tokens/{sign_in_token_id}/revoke", "sign_in_tokens/ID/revoke", Value::Null),
        ("POST /actor_tokens", "actor_tokens", json!({ "user_id": "user_ada", "actor": { "sub": "user_alan" } })),
        ("POST /actor_tokens/{actor_token_id}/revoke", "actor_tokens/ID/revoke", Value::Null),
        ("POST /testing_tokens", "testing_tokens", Value::Null),
    ] {
        let (method, template) = call.split_once(' ').unwrap();
        let path = path.replace("ID", &last);
        let request = clerk.request::<Value>(method.parse::<Method>().unwrap(), path.split('/'));
        let answer = if body.is_null() { request.await } else { request.json(&body).await };
        let answer = answer.unwrap_or_else(|error| panic!("{call}: {error}"));
        let operation = &description["paths"][template][method.to_lowercase()];
        let schema = response(&description, operation).unwrap();
        found.extend(
            problems(&description, schema, &answer, "").into_iter().map(|problem| format!("{call}: {problem}")),
        );
        checked.insert(call);
        if let Some(id) = answer["id"].as_str() {
            id.clone_into(&mut last);
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    println!("{} kinds of answers of LocalClerk fit the description", checked.len());
}
