//! Every call of `ClerkClient` gets an answer that fits Clerk's description, and that the call can read.

use std::collections::{BTreeMap, BTreeSet};

use awc::Client;
use clerk_actix::{
    ClerkClient,
    client::table::{SampleCall, operations},
    testing::LocalClerk,
};
use serde_json::Value;

use super::{Recorded, description::Description};

/// Calls that refuse one of the two sample requests, and why. `LocalClerk` keeps what they are about, so other tests call
/// them successfully.
const REFUSED: [(&str, &[&str]); 6] = [
    (
        "there is no such token",
        &[
            "ActorTokens::revoke",
            "ApiKeys::delete",
            "ApiKeys::get",
            "ApiKeys::revoke_because",
            "ApiKeys::secret",
            "ApiKeys::update",
            "ApiKeys::verify",
            "M2mTokens::revoke_because",
            "M2mTokens::verify_opaque",
            "OAuthApplications::introspect",
            "SignInTokens::revoke",
        ],
    ),
    (
        "there is no such user",
        &["ActorTokens::create", "Sessions::create", "SignInTokens::create", "Users::ban_all", "Users::unban_all"],
    ),
    (
        "there is no such session, or no user is named",
        &[
            "Sessions::get",
            "Sessions::issue_token",
            "Sessions::issue_token_from_template",
            "Sessions::list_all",
            "Sessions::refresh",
            "Sessions::revoke",
        ],
    ),
    (
        "there is no such invitation or member",
        &[
            "Invitations::revoke",
            "Organizations::delete_membership",
            "Organizations::invitation",
            "Organizations::revoke_invitation",
            "Organizations::update_membership_metadata",
        ],
    ),
    (
        "there is no such role",
        &[
            "Organizations::create_invitation",
            "Organizations::create_invitations",
            "Organizations::create_membership",
            "Organizations::update_membership",
        ],
    ),
    (
        "the sample asks for the same twice",
        &["Invitations::create_bulk", "Organizations::create", "Organizations::delete", "Users::delete"],
    ),
];

/// Calls whose answers have IDs that were sent, which do not have the form of Clerk's.
const AS_SENT: [&str; 3] = ["ApiKeys::create", "AdminPortalLinkTokens::create", "AdminPortalLinkTokens::revoke"];

/// Segments of sample paths for which this instance has something.
const KNOWN: [(&str, &str); 2] = [("users", "user_ada"), ("organizations", "org_acme")];

/// The path of a call, for an existing user or organization.
fn path(call: &SampleCall) -> String {
    let mut segments = call.path.clone();
    let known = KNOWN.iter().find(|(resource, _)| segments[0] == *resource);
    if let Some((_, id)) = known
        && segments.get(1).is_some_and(|segment| segment.ends_with("_1"))
    {
        segments[1] = (*id).to_owned();
    }
    format!("{}/{}", if call.has_version { "/v1" } else { "" }, segments.join("/"))
}

async fn answer(client: &Client, local: &LocalClerk, call: &SampleCall) -> Recorded {
    let path = path(call);
    let url = format!("{}{path}", local.api_url());
    let is_of_machine = call.path[0] == "m2m_tokens";
    let key = if is_of_machine { local.machine_secret_key() } else { local.secret_key() };
    let request = client.request(call.method.parse().unwrap(), url).query(&call.query).unwrap().bearer_auth(key);
    let mut response = match (&call.json, &call.upload) {
        (Some(json), _) => request.send_json(json).await,
        (None, Some(kind)) => request.content_type(kind.as_str()).send_body("--x--").await,
        (None, None) => request.send().await,
    }
    .unwrap();
    let body = response.body().limit(1 << 20).await.unwrap();
    let status = response.status().as_u16();
    assert!(!body.is_empty() || status < 300, "{} {path}: LocalClerk does not know this call", call.method);
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
    Recorded { method: call.method.clone(), path, status, body }
}

#[actix_web::test]
async fn of_every_call() {
    let local = LocalClerk::start().unwrap();
    let (client, http) = (ClerkClient::new(local.config()), Client::builder().disable_redirects().finish());
    let description = Description::read("bapi-2026-05-12.yml");
    let mut calls: Vec<_> = operations()
        .into_iter()
        .flat_map(|operation| {
            let read = operation.read;
            (operation.requests)(&client).map(|call| (operation.name, read, call.unwrap()))
        })
        .collect();
    // What deletes a whole user or organization comes last.
    calls.sort_by_key(|(_, _, call)| call.method == "DELETE" && call.path.len() == 2);
    let (mut refused, mut found) = (BTreeMap::new(), Vec::new());
    let (mut fitting, mut as_sent) = (BTreeSet::new(), BTreeSet::new());
    let number = calls.len();
    for (name, read, call) in calls {
        let answer = answer(&http, &local, &call).await;
        if answer.status >= 400 {
            refused.insert(name, answer.status);
            continue;
        }
        if let Err(error) = read(&answer.body.to_string()) {
            found.push(format!("{name}: {error}"));
        }
        // Some lists are described as they are without `paginated`.
        let unpaged = Recorded { body: answer.body["data"].clone(), ..answer.clone() };
        let is_paginated = call.query.iter().any(|(name, _)| name == "paginated");
        let check = |description: &Description| match description.check(&answer) {
            Err(_) if is_paginated => description.check(&unpaged),
            result => result,
        };
        match description.as_ref().map(check) {
            Some(Err(_)) if AS_SENT.contains(&name) => drop(as_sent.insert(name)),
            Some(Err(problem)) => found.push(format!("{name}: {problem}")),
            _ => drop(fitting.insert(name)),
        }
    }
    for path in ["/v1/nothing", "/v1/machines/mch_1/nothing", "/v1/billing", "/machines"] {
        let response = http.get(format!("{}{path}", local.api_url())).bearer_auth(local.secret_key()).send().await;
        assert_eq!(response.unwrap().status(), 404, "{path} is not a call of Clerk's");
    }
    assert!(found.is_empty(), "{} problems:\n{}", found.len(), found.join("\n"));
    let expected: BTreeSet<&str> = REFUSED.iter().flat_map(|(_, names)| *names).copied().collect();
    assert_eq!(refused.keys().copied().collect::<BTreeSet<_>>(), expected, "{refused:#?}");
    assert!(description.is_none() || as_sent.len() == AS_SENT.len(), "{as_sent:?}");
    let verb = if description.is_some() { "fit" } else { "were read" };
    println!("{number} requests: the answers of {} methods {verb}; {} refuse a sample:", fitting.len(), expected.len());
    for (reason, names) in REFUSED {
        println!("  {reason}: {}", names.join(", "));
    }
}
