//! Compares the JSON of sessions with that of Clerk's SDKs.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    clock::Timestamp,
    instance::ClerkConfig,
    keys::VerificationKey,
    testing::SigningKey,
    token::{ClaimRules, Jwt, JwtClass},
};

/// Claims in addition to `sub`, and what `JSON.stringify(getAuth(req))` contains in addition to the members that are
/// always there. Taken from `@clerk/backend` 3.25.0.
const SESSIONS: [(&str, &str, &str); 25] = [
    ("nothing but a user", r#"{}"#, r#"{"sessionStatus":null,"factorVerificationAge":null}"#),
    (
        "version 1",
        r#"{"sid":"sess_1","org_id":"org_1","org_role":"org:admin","org_slug":"acme","org_permissions":["org:a:b"]}"#,
        r#"{"sessionId":"sess_1","sessionStatus":null,"orgId":"org_1","orgRole":"org:admin","orgSlug":"acme","orgPermissions":["org:a:b"],"factorVerificationAge":null}"#,
    ),
    (
        "version 1 without permissions",
        r#"{"org_id":"org_1","org_role":"org:admin","org_slug":"acme"}"#,
        r#"{"sessionStatus":null,"orgId":"org_1","orgRole":"org:admin","orgSlug":"acme","factorVerificationAge":null}"#,
    ),
    (
        "version 1, a role without an organization",
        r#"{"org_role":"org:admin","org_permissions":["org:a:b"]}"#,
        r#"{"sessionStatus":null,"orgRole":"org:admin","orgPermissions":["org:a:b"],"factorVerificationAge":null}"#,
    ),
    (
        "version 1, a slug without an organization",
        r#"{"org_slug":"acme"}"#,
        r#"{"sessionStatus":null,"orgSlug":"acme","factorVerificationAge":null}"#,
    ),
    (
        "version 1, empty texts",
        r#"{"sid":"","sts":"","org_id":"","org_role":"","org_slug":"","org_permissions":[]}"#,
        r#"{"sessionId":"","sessionStatus":"","orgId":"","orgRole":"","orgSlug":"","orgPermissions":[],"factorVerificationAge":null}"#,
    ),
    (
        "version 1, nulls",
        r#"{"sid":null,"sts":null,"act":null,"fva":null,"org_id":null,"org_role":null,"org_slug":null,"org_permissions":null}"#,
        r#"{"actor":null,"sessionId":null,"sessionStatus":null,"orgId":null,"orgRole":null,"orgSlug":null,"orgPermissions":null,"factorVerificationAge":null}"#,
    ),
    (
        "version 1, other types",
        r#"{"sid":7,"sts":["x"],"act":"user_2","fva":"x","org_id":7,"org_role":["org:admin"],"org_slug":{},"org_permissions":"org:a:b"}"#,
        r#"{"actor":"user_2","sessionId":7,"sessionStatus":["x"],"orgId":7,"orgRole":["org:admin"],"orgSlug":{},"orgPermissions":"org:a:b","factorVerificationAge":"x"}"#,
    ),
    (
        "version 1 with claims of version 2",
        r#"{"org_id":"org_1","fea":"o:posts","o":{"id":"org_2","rol":"admin","slg":"x"}}"#,
        r#"{"sessionStatus":null,"orgId":"org_1","factorVerificationAge":null}"#,
    ),
    (
        "version 2",
        r#"{"v":2,"sid":"sess_1","sts":"active","fva":[5,-1],"fea":"o:posts","o":{"id":"org_1","rol":"admin","slg":"acme","per":"read,write","fpm":"3"}}"#,
        r#"{"sessionId":"sess_1","sessionStatus":"active","orgId":"org_1","orgRole":"org:admin","orgSlug":"acme","orgPermissions":["org:posts:read","org:posts:write"],"factorVerificationAge":[5,-1]}"#,
    ),
    (
        "version 2 without an organization",
        r#"{"v":2,"sts":"pending","fea":"u:x"}"#,
        r#"{"sessionStatus":"pending","factorVerificationAge":null}"#,
    ),
    (
        "version 2 without a role",
        r#"{"v":2,"o":{"id":"org_1","slg":"acme"}}"#,
        r#"{"sessionStatus":null,"orgId":"org_1","orgSlug":"acme","orgPermissions":[],"factorVerificationAge":null}"#,
    ),
    (
        "version 2 without a slug",
        r#"{"v":2,"o":{"id":"org_1","rol":"admin"}}"#,
        r#"{"sessionStatus":null,"orgId":"org_1","orgRole":"org:admin","orgPermissions":[],"factorVerificationAge":null}"#,
    ),
    (
        "version 2 without an id",
        r#"{"v":2,"fea":"o:posts","o":{"rol":"admin","per":"read","fpm":"1"}}"#,
        r#"{"sessionStatus":null,"orgRole":"org:admin","orgPermissions":["org:posts:read"],"factorVerificationAge":null}"#,
    ),
    (
        "version 2, empty texts",
        r#"{"v":2,"sts":"","fea":"","o":{"id":"","rol":"","slg":"","per":"","fpm":""}}"#,
        r#"{"sessionStatus":"","orgId":"","orgSlug":"","orgPermissions":[],"factorVerificationAge":null}"#,
    ),
    (
        "version 2, nulls",
        r#"{"v":2,"o":{"id":null,"rol":null,"slg":null,"per":null,"fpm":null}}"#,
        r#"{"sessionStatus":null,"orgId":null,"orgSlug":null,"orgPermissions":[],"factorVerificationAge":null}"#,
    ),
    (
        "version 2, an organization that is null",
        r#"{"v":2,"fea":"o:posts","o":null}"#,
        r#"{"sessionStatus":null,"factorVerificationAge":null}"#,
    ),
    (
        "version 2, an organization that is a text",
        r#"{"v":2,"o":"org_1"}"#,
        r#"{"sessionStatus":null,"orgPermissions":[],"factorVerificationAge":null}"#,
    ),
    (
        "version 2, an organization that is an empty text",
        r#"{"v":2,"o":""}"#,
        r#"{"sessionStatus":null,"factorVerificationAge":null}"#,
    ),
    (
        "version 2, an organization that is empty",
        r#"{"v":2,"o":{}}"#,
        r#"{"sessionStatus":null,"orgPermissions":[],"factorVerificationAge":null}"#,
    ),
    (
        "version 2 with claims of version 1",
        r#"{"v":2,"org_id":"org_1","org_role":"org:admin","org_slug":"acme","org_permissions":["org:a:b"]}"#,
        r#"{"sessionStatus":null,"factorVerificationAge":null}"#,
    ),
    (
        "a version in a text",
        r#"{"v":"2","org_id":"org_1","o":{"id":"org_2"}}"#,
        r#"{"sessionStatus":null,"orgId":"org_1","factorVerificationAge":null}"#,
    ),
    (
        "a version with a fraction of nothing",
        r#"{"v":2,"o":{"id":"org_1"}}"#,
        r#"{"sessionStatus":null,"orgId":"org_1","orgPermissions":[],"factorVerificationAge":null}"#,
    ),
    (
        "an impersonator",
        r#"{"v":2,"act":{"sub":"user_2","iss":"https://x"},"fva":[-1,-1]}"#,
        r#"{"actor":{"sub":"user_2","iss":"https://x"},"sessionStatus":null,"factorVerificationAge":[-1,-1]}"#,
    ),
    (
        "claims named like members",
        r#"{"userId":"user_2","orgId":"org_2","tokenType":"x","isAuthenticated":false}"#,
        r#"{"sessionStatus":null,"factorVerificationAge":null}"#,
    ),
];

/// A session from a token with these claims, which may be of any JSON type.
fn session_of(key: &SigningKey, claims: &Map<String, Value>) -> Session {
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").jwt_key(key.public_pem());
    let header = json!({ "alg": "RS256", "typ": "JWT" });
    let token = key.sign(header.as_object().unwrap(), claims);
    let JwtClass::Session(jwt) = Jwt::decode(&token).unwrap().classify() else { panic!("no session") };
    let verified_by = Arc::new(VerificationKey::from_pem(&key.public_pem()).unwrap());
    let rules = ClaimRules {
        authorized_parties: &[],
        audience: &[],
        issuer: &[],
        machine_id: None,
        clock_skew: Duration::ZERO,
    };
    Session::new(
        Arc::new(jwt.verify(&verified_by, &rules, Timestamp::from_millis(0)).unwrap()),
        config.build().unwrap(),
    )
}

#[test]
fn a_session_has_the_members_that_clerks_sdks_give_it() {
    let key = SigningKey::generate();
    for (name, claims, expected) in SESSIONS {
        let mut claims: Map<String, Value> = serde_json::from_str(claims).unwrap();
        claims.extend([("sub".to_owned(), json!("user_1")), ("exp".to_owned(), json!(1))]);
        let mut all: Map<String, Value> = serde_json::from_str(expected).unwrap();
        all.extend([
            ("tokenType".to_owned(), json!("session_token")),
            ("isAuthenticated".to_owned(), json!(true)),
            ("userId".to_owned(), json!("user_1")),
            ("sessionClaims".to_owned(), json!(claims)),
        ]);
        assert_eq!(json!(session_of(&key, &claims)), Value::Object(all), "{name}");
    }
}
