//! Every call of `ClerkClient`, over HTTP: its results, its errors, and its retries.

use std::{collections::HashSet, time::Duration};

use actix_web::http::Method;
use clerk_actix::{
    ClerkApiError, ClerkClient, ClerkConfig, GetTokenOptions,
    api::{self, Page},
    client::{ApiCall, ApiKeyFilters, ApiKeyUpdate, NewApiKey, NewM2mToken},
    testing::{self, Behavior, Endpoint, LocalClerk},
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use serde_json::{Value, json};

use crate::support::{config_with_machine, local_clerk, payload, seconds};

/// A call, with a short text for its result.
struct Call {
    name: &'static str,
    endpoint: Endpoint,
    is_get: bool,
    made: LocalBoxFuture<'static, Result<String, ClerkApiError>>,
}

/// The resources that exist at Clerk.
#[derive(Clone)]
struct Known {
    secret: String,
    token: String,
    oauth: String,
    machine: String,
}

/// All calls of `ClerkClient`, on tokens and sessions minted for them.
fn every_call(clerk: &LocalClerk, client: &ClerkClient) -> Vec<Call> {
    let known = Known {
        secret: clerk.mint(testing::api_key("user_grace").id("ak_grace").name("Grace's")),
        token: clerk.mint(testing::m2m_token(clerk.machine_id()).id("mt_known")),
        oauth: clerk.mint(testing::oauth_token("user_ada").id("oat_known")),
        machine: clerk.machine_id().to_owned(),
    };
    clerk.mint(testing::session("user_grace").session_id("sess_grace"));
    clerk.add_jwt_template("database", [("role", "editor")]);
    let mut calls = Vec::new();
    macro_rules! call {
        ($name:literal, $endpoint:ident, $method:ident, |$client:ident, $known:pat_param| $call:expr, |$brought:ident| $word:expr) => {{
            let ($client, known) = (client.clone(), known.clone());
            let made = async move {
                let $known = &known;
                let $brought = $call.await?;
                Ok($word)
            };
            let is_get = stringify!($method) == "GET";
            calls.push(Call { name: $name, endpoint: Endpoint::$endpoint, is_get, made: made.boxed_local() });
        }};
    }
    call!("users.get", GetUser, GET, |clerk, _| clerk.users().get("user_ada"), |user| user.full_name().unwrap());
    call!(
        "users.organization_memberships",
        ListOrganizationMemberships,
        GET,
        |clerk, _| clerk.users().organization_memberships("user_ada"),
        |page| page.data.iter().map(|one| format!("{} {} ", one.organization.name, one.role)).collect()
    );
    call!(
        "organizations.get",
        GetOrganization,
        GET,
        |clerk, _| clerk.organizations().get("acme").query("include_members_count", true),
        |organization| format!("{} {:?}", organization.id, organization.members_count)
    );
    call!("sessions.list", ListSessions, GET, |clerk, _| clerk.sessions().list("user_grace"), |page| format!(
        "{} of {:?}",
        page.data[0].id, page.total_count
    ));
    call!("sessions.get", GetSession, GET, |clerk, _| clerk.sessions().get("sess_grace"), |session| session.user_id);
    call!(
        "sessions.get_token",
        CreateSessionToken,
        POST,
        |clerk, _| clerk.sessions().get_token("sess_grace", GetTokenOptions::new()),
        |token| payload(token.expose())["sid"].to_string()
    );
    call!(
        "sessions.get_token by a template",
        CreateSessionToken,
        POST,
        |clerk, _| clerk
            .sessions()
            .get_token("sess_grace", GetTokenOptions::new().template("database").lifetime(seconds(90))),
        |token| {
            let claims = payload(token.expose());
            format!("{} for {}", claims["role"], claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap())
        }
    );
    call!(
        "api_keys.create",
        CreateApiKey,
        POST,
        |clerk, _| clerk.api_keys().create(NewApiKey::new("org_acme", "CI").scopes(["build"]).lifetime(seconds(60))),
        |key| format!("{} {:?} {}", key.name, key.scopes, key.secret.unwrap().expose().starts_with("ak_"))
    );
    call!("api_keys.list", ListApiKeys, GET, |clerk, _| clerk.api_keys().list("user_grace"), |page| format!(
        "{} of {:?}",
        page.data[0].id, page.total_count
    ));
    call!("api_keys.get", GetApiKey, GET, |clerk, _| clerk.api_keys().get("ak_grace"), |key| key.name);
    call!(
        "api_keys.update",
        UpdateApiKey,
        PATCH,
        |clerk, _| clerk.api_keys().update("ak_grace", ApiKeyUpdate::new().scopes(["a"]).claim("tier", 2)),
        |key| format!("{} {:?} {}", key.name, key.scopes, key.claims.unwrap()["tier"])
    );
    call!("api_keys.verify", VerifyApiKey, POST, |clerk, known| clerk.api_keys().verify(&known.secret), |key| key.id);
    call!(
        "api_keys.revoke",
        RevokeApiKey,
        POST,
        |clerk, _| clerk.api_keys().revoke("ak_grace", "leaked"),
        |key| format!("{} {:?}", key.revoked, key.revocation_reason)
    );
    call!(
        "m2m.create",
        CreateM2mToken,
        POST,
        |clerk, _| clerk.m2m().create(NewM2mToken::new().lifetime(seconds(60)).claim("tenant", "acme")),
        |made| format!("{} {}", made.claims.unwrap()["tenant"], made.token.unwrap().expose().starts_with("mt_"))
    );
    call!("m2m.list", ListM2mTokens, GET, |clerk, known| clerk.m2m().list(&known.machine), |page| format!(
        "{} in all",
        page.total_count.unwrap() as usize == page.data.len()
    ));
    call!("m2m.verify", VerifyM2mToken, POST, |clerk, known| clerk.m2m().verify(&known.token), |token| token.id);
    call!("m2m.revoke", RevokeM2mToken, POST, |clerk, _| clerk.m2m().revoke("mt_known", None), |token| format!(
        "{} {:?}",
        token.revoked, token.revocation_reason
    ));
    call!(
        "request of another kind",
        VerifyOAuthToken,
        POST,
        |clerk, known| {
            let path = ["oauth_applications", "access_tokens", "verify"];
            let call = clerk.request::<api::OAuthAccessToken>(Method::POST, path);
            call.without_version().json(&json!({ "access_token": known.oauth }))
        },
        |token| token.id
    );
    call!("sessions.revoke", RevokeSession, POST, |clerk, _| clerk.sessions().revoke("sess_grace"), |session| format!(
        "{} {}",
        session.status,
        session.is_active()
    ));
    calls
}

#[actix_web::test]
async fn every_call_succeeds() {
    let clerk = local_clerk();
    let client = ClerkClient::new(config_with_machine(&clerk));
    let mut brought = Vec::new();
    for call in every_call(&clerk, &client) {
        let before = clerk.calls(call.endpoint);
        let word = call.made.await.unwrap_or_else(|error| panic!("{}: {error}", call.name));
        assert_eq!(clerk.calls(call.endpoint), before + 1, "{}", call.name);
        brought.push(format!("{}: {word}", call.name));
    }
    assert_eq!(
        brought,
        [
            "users.get: Ada Lovelace",
            "users.organization_memberships: Acme org:admin Globex org:member ",
            "organizations.get: org_acme Some(2)",
            "sessions.list: sess_grace of Some(1)",
            "sessions.get: user_grace",
            "sessions.get_token: \"sess_grace\"",
            "sessions.get_token by a template: \"editor\" for 90",
            "api_keys.create: CI [\"build\"] true",
            "api_keys.list: ak_grace of Some(1)",
            "api_keys.get: Grace's",
            "api_keys.update: Grace's [\"a\"] 2",
            "api_keys.verify: ak_grace",
            "api_keys.revoke: true Some(\"leaked\")",
            "m2m.create: \"acme\" true",
            "m2m.list: true in all",
            "m2m.verify: mt_known",
            "m2m.revoke: true None",
            "request of another kind: oat_known",
            "sessions.revoke: revoked false",
        ]
    );
}

/// Every call × every way in which Clerk can fail: the error, and the number of attempts. A call that Clerk may have
/// carried out is not repeated.
#[actix_web::test]
async fn every_call_and_every_failure() {
    let elsewhere = local_clerk();
    let to = format!("{}/v1/users/user_ada", elsewhere.api_url());
    let refused = Behavior::error(403, "forbidden", "trace_1");
    let not_found = Behavior::error(404, "resource_not_found", "trace_2");
    let unavailable = Behavior::error(503, "down", "trace_3");
    let mut tried = HashSet::new();
    for (behavior, attempts_of_a_get, says) in [
        (
            refused,
            1,
            "Clerk responded with status 403: LocalClerk was configured to return this error. (forbidden), trace id trace_1",
        ),
        (not_found, 1, "(resource_not_found), trace id trace_2"),
        (unavailable, 3, "(down), trace id trace_3"),
        (Behavior::Status(500), 3, "Clerk responded with status 500"),
        (Behavior::Status(401), 1, "Clerk responded with status 401"),
        (Behavior::TooManyRequests(seconds(30)), 1, "Clerk responded with status 429"),
        (Behavior::rate_limit(0, seconds(60)), 1, "Clerk responded with status 429"),
        (Behavior::Redirect(to), 1, "Clerk responded with status 307"),
        (Behavior::Html, 1, "it is not JSON"),
        (Behavior::CutShort, 3, "the response was cut off"),
        (Behavior::TooLarge, 1, "larger than 16 MiB"),
    ] {
        let clerk = local_clerk();
        for at in 0..19 {
            // All calls of one configuration keep the pause that Clerk asks one of them for.
            let client = ClerkClient::new(config_with_machine(&clerk));
            let call = every_call(&clerk, &client).swap_remove(at);
            clerk.behave(call.endpoint, behavior.clone());
            let before = clerk.calls(call.endpoint);
            let error = call.made.await.unwrap_err();
            let what = format!("{} after {behavior:?}: {error}", call.name);
            assert!(error.to_string().contains(says), "{what}");
            let attempts = if call.is_get { attempts_of_a_get } else { 1 };
            assert_eq!(clerk.calls(call.endpoint) - before, attempts, "{what}");
            match &behavior {
                Behavior::Error { status, code, trace_id, .. } => {
                    assert_eq!(
                        (error.status(), error.code(), error.trace_id()),
                        (Some(*status), Some(*code), Some(*trace_id))
                    );
                }
                Behavior::TooManyRequests(_) => assert_eq!(error.retry_after(), Some(seconds(30)), "{what}"),
                Behavior::RateLimit { .. } => assert_eq!(error.retry_after(), Some(seconds(60)), "{what}"),
                _ => assert_eq!((error.code(), error.retry_after()), (None, None), "{what}"),
            }
            tried.insert(call.name);
        }
    }
    assert_eq!(tried.len(), 19);
    assert_eq!(elsewhere.calls(Endpoint::GetUser), 0, "a redirect takes the secret key nowhere");
}

#[actix_web::test]
async fn no_answer_in_time() {
    let clerk = local_clerk();
    let config = clerk.config_builder().machine_secret_key(clerk.machine_secret_key());
    let client = ClerkClient::new(config.api_timeout(Duration::from_millis(100)).build().unwrap());
    let calls = every_call(&clerk, &client);
    calls.iter().for_each(|call| clerk.behave(call.endpoint, Behavior::Hang));
    let outcomes = calls.into_iter().map(|call| async move { (call.name, call.made.await) });
    for (name, outcome) in futures_util::future::join_all(outcomes).await {
        assert!(matches!(outcome, Err(ClerkApiError::Timeout)), "{name}: {outcome:?}");
    }
}

#[actix_web::test]
async fn a_failure_that_passes_is_not_noticed() {
    let clerk = local_clerk();
    let client = ClerkClient::new(clerk.config());
    for (name, failures) in [
        ("an error", vec![Behavior::Status(500)]),
        ("two errors", vec![Behavior::Status(503), Behavior::CutShort]),
        ("asked to come back at once", vec![Behavior::TooManyRequests(Duration::ZERO)]),
    ] {
        let (before, attempts) = (clerk.calls(Endpoint::GetUser), failures.len() as u64 + 1);
        failures.into_iter().for_each(|failure| clerk.behave_once(Endpoint::GetUser, failure));
        assert_eq!(client.users().get("user_ada").await.unwrap().id, "user_ada", "{name}");
        assert_eq!(clerk.calls(Endpoint::GetUser) - before, attempts, "{name}");
    }
}

#[actix_web::test]
async fn connections_to_a_closed_port_fail() {
    let clerk = local_clerk();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let config = clerk.config_builder().api_url(api).build().unwrap();
    let error = ClerkClient::new(config.clone()).users().get("user_ada").await.unwrap_err();
    assert!(matches!(error, ClerkApiError::Unreachable(_)), "{error:?}");
}

#[actix_web::test]
async fn a_key_that_clerk_does_not_know() {
    let clerk = local_clerk();
    let wrong = clerk.config_builder().secret_key("sk_live_wrong").machine_secret_key("ak_wrong").build().unwrap();
    for call in every_call(&clerk, &ClerkClient::new(wrong.clone())) {
        let error = call.made.await.unwrap_err();
        assert_eq!((error.status(), error.code()), (Some(401), Some("clerk_key_invalid")), "{}", call.name);
        assert!(error.trace_id().is_some_and(|id| id.starts_with("trace_")), "{}", call.name);
    }
}

/// Machine-to-machine tokens are verified with the machine secret key or the secret key, but created only with the
/// former.
#[actix_web::test]
async fn keys_that_are_not_set() {
    type Configured<'c> = &'c dyn Fn(&LocalClerk) -> ClerkConfig;
    type Missing = fn(&str) -> bool;
    let without_secret = |clerk: &LocalClerk| {
        ClerkConfig::builder()
            .publishable_key(clerk.publishable_key())
            .jwt_key(clerk.jwt_key())
            .api_url(clerk.api_url())
    };
    let machine_alone =
        |clerk: &LocalClerk| without_secret(clerk).machine_secret_key(clerk.machine_secret_key()).build().unwrap();
    let cases: [(&str, Configured<'_>, Missing); 4] = [
        ("both", &config_with_machine, |_| false),
        ("the secret key alone", &|clerk| clerk.config(), |call| call == "m2m.create"),
        ("the machine's alone", &machine_alone, |call| !call.starts_with("m2m.")),
        ("none", &|clerk| without_secret(clerk).build().unwrap(), |_| true),
    ];
    for (name, config, is_missing) in cases {
        let clerk = local_clerk();
        for call in every_call(&clerk, &ClerkClient::new(config(&clerk))) {
            match call.made.await {
                Ok(_) => assert!(!is_missing(call.name), "{} with {name}", call.name),
                Err(ClerkApiError::MissingKey { setting, .. }) => {
                    assert!(is_missing(call.name), "{} with {name}", call.name);
                    assert_eq!(
                        setting.contains("CLERK_MACHINE_SECRET_KEY"),
                        call.name.starts_with("m2m."),
                        "{}",
                        call.name
                    );
                    assert_eq!(setting.contains("CLERK_SECRET_KEY"), call.name != "m2m.create", "{}", call.name);
                    assert_eq!(clerk.calls(call.endpoint), 0, "{}", call.name);
                }
                Err(other) => panic!("{} with {name}: {other}", call.name),
            }
        }
    }
}

#[actix_web::test]
async fn no_id_leads_elsewhere() {
    let clerk = local_clerk();
    let client = ClerkClient::new(config_with_machine(&clerk));
    for id in
        ["", ".", "..", "user_ada/organization_memberships", "../users/user_ada", "?x", "user_ada#", "%2e%2e", "a\nb"]
    {
        let at = |segment: usize, error: ClerkApiError| {
            let is_at = error.to_string().starts_with(&format!("path segment {segment} "));
            assert!(matches!(error, ClerkApiError::NotFound(_)) && is_at, "{id:?}: {error:?}");
        };
        at(1, client.users().get(id).await.unwrap_err());
        at(1, client.users().organization_memberships(id).await.unwrap_err());
        at(1, client.organizations().get(id).await.unwrap_err());
        at(1, client.sessions().get(id).await.unwrap_err());
        at(1, client.sessions().revoke(id).await.unwrap_err());
        at(1, client.sessions().get_token(id, GetTokenOptions::new()).await.unwrap_err());
        at(1, client.api_keys().get(id).await.unwrap_err());
        at(1, client.api_keys().update(id, ApiKeyUpdate::new()).await.unwrap_err());
        at(1, client.api_keys().revoke(id, None).await.unwrap_err());
        at(1, client.m2m().revoke(id, None).await.unwrap_err());
        at(2, client.request::<Value>(Method::DELETE, ["users", "user_ada", id]).await.unwrap_err());
        // In a query, an id is just a value.
        assert_eq!(client.sessions().list(id).await.unwrap().data.len(), 0, "{id:?}");
    }
    // A template's name may have any characters, but must not lead to another path.
    for name in [".", "..", "../users/user_ada", "%2e%2e", "a/%2E%2e/b"] {
        let error = client.sessions().get_token("sess_1", GetTokenOptions::new().template(name)).await.unwrap_err();
        assert!(error.to_string().starts_with("path segment 3 "), "{name:?}: {error:?}");
    }
    assert_eq!(clerk.calls(Endpoint::CreateSessionToken), 0);
    for endpoint in [Endpoint::GetUser, Endpoint::ListOrganizationMemberships, Endpoint::RevokeSession] {
        assert_eq!(clerk.calls(endpoint), 0, "{endpoint:?}");
    }
}

#[actix_web::test]
async fn pages_of_a_list() {
    let clerk = local_clerk();
    let client = ClerkClient::new(config_with_machine(&clerk));
    for n in 0..25 {
        clerk.mint(testing::api_key("user_ada").id(format!("ak_{n}")));
    }
    let ids = |page: &Page<api::ApiKey>| page.data.iter().map(|key| key.id.clone()).collect::<Vec<_>>();
    let first = client.api_keys().list("user_ada").await.unwrap();
    assert_eq!((ids(&first)[0].as_str(), first.data.len(), first.total_count), ("ak_24", 10, Some(25)));
    let last = client.api_keys().list("user_ada").limit(3).limit(20).offset(20).await.unwrap();
    assert_eq!(ids(&last), ["ak_4", "ak_3", "ak_2", "ak_1", "ak_0"]);
    clerk.revoke("ak_3");
    let all = |call: ApiCall<Page<api::ApiKey>, ApiKeyFilters>| async { call.await.unwrap().total_count };
    assert_eq!(all(client.api_keys().list("user_ada")).await, Some(24));
    assert_eq!(all(client.api_keys().list("user_ada").query("include_invalid", true)).await, Some(25));
}

#[actix_web::test]
async fn requests_of_all_kinds() {
    let clerk = local_clerk();
    let client = ClerkClient::new(clerk.config());
    let any: Value = client.request(Method::GET, ["users", "user_grace"]).await.unwrap();
    assert_eq!(any["email_addresses"][0]["email_address"], "grace@example.com");
    let page = client.request::<Page<Value>>(Method::GET, ["users", "user_ada", "organization_memberships"]).limit(1);
    let page = page.await.unwrap();
    assert_eq!((page.data.len(), page.total_count), (1, Some(2)));
    // A path that does not exist: not a 404 with an error code from Clerk, and not reported as one.
    let error = client.request::<Value>(Method::GET, ["no_such_thing"]).await.unwrap_err();
    assert!(matches!(error, ClerkApiError::Rejected(_)), "{error:?}");
    assert_eq!((error.status(), error.code()), (Some(404), None));
    let error = client.request::<api::ApiKey>(Method::GET, ["users", "user_nobody"]).await.unwrap_err();
    assert!(matches!(error, ClerkApiError::NotFound(_)), "{error:?}");
    struct Unwritable;
    impl serde::Serialize for Unwritable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("secret"))
        }
    }
    let error = client.request::<Value>(Method::POST, ["users"]).json(&Unwritable).await.unwrap_err();
    assert!(matches!(error, ClerkApiError::InvalidBody));
}
