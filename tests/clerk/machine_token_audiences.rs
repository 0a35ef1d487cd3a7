//! For whom a machine token is: the audience of an OAuth token, and the machines of an M2M token.

use clerk_actix::testing;
use serde_json::json;

use crate::{
    machine_tokens::server,
    support::{get, local_clerk},
};

#[actix_web::test]
async fn applications_and_whom_their_tokens_are_for() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder().audience(["https://api.example.com"]).build().unwrap());
    for (name, token, status) in [
        ("ours", testing::oauth_token("user_1").audience(["https://api.example.com"]), 200),
        ("another's", testing::oauth_token("user_1").audience(["https://other.example.com"]), 401),
        ("without an audience", testing::oauth_token("user_1"), 401),
    ] {
        for (form, token) in [("opaque", token.clone()), ("JWT", token.jwt())] {
            assert_eq!(get(&server, "/oauth", &clerk.mint(token)).await.status, status, "{name}, {form}");
        }
    }
}

/// A JWT is verified with the instance's key, which all of its machines share: without a check, a machine that receives
/// a token could use it at every other.
#[actix_web::test]
async fn machines_and_whom_their_tokens_are_for() {
    let clerk = local_clerk();
    let own = server(clerk.config_builder().machine_id("mch_own").build().unwrap());
    let any = server(clerk.config());
    for (name, token, status) in [
        ("for this machine", testing::m2m_token("mch_1").scopes(["mch_own"]), 200),
        ("for this machine and another", testing::m2m_token("mch_1").scopes(["mch_other", "mch_own"]), 200),
        ("for another machine", testing::m2m_token("mch_1").scopes(["mch_other"]), 401),
        ("for a machine whose id begins like this one's", testing::m2m_token("mch_1").scopes(["mch_own2"]), 401),
        ("for no machine", testing::m2m_token("mch_1"), 401),
        ("made by this machine for another", testing::m2m_token("mch_own").scopes(["mch_other"]), 401),
    ] {
        for (form, token) in [("opaque", token.clone()), ("JWT", token.jwt())] {
            let token = clerk.mint(token);
            let answer = get(&own, "/m2m", &token).await;
            assert_eq!(answer.status, status, "{name}, {form}: {}", answer.body);
            assert_eq!(answer.reason(), (status == 401).then_some("token-verification-failed"), "{name}, {form}");
            assert_eq!(get(&any, "/m2m", &token).await.status, 200, "without the setting: {name}, {form}");
        }
    }
    for (name, claim, value, status) in [
        ("an audience", "aud", json!("mch_own"), 200),
        ("a list of audiences", "aud", json!(["mch_other", "mch_own"]), 200),
        ("another's audience", "aud", json!("mch_other"), 401),
        ("a list of scopes", "scopes", json!(["mch_own"]), 200),
        ("scopes that are another's, and an audience of a form that says nothing", "aud", json!({ "mch_own": 1 }), 401),
        ("a claim that means nothing", "machine", json!("mch_own"), 401),
    ] {
        let token = clerk.mint(testing::m2m_token(clerk.machine_id()).jwt().claim(claim, value));
        assert_eq!(get(&own, "/m2m", &token).await.status, status, "{name}");
    }
    let session = clerk.session_token("user_1");
    assert_eq!(get(&own, "/session", &session).await.status, 200, "users are not affected");
}
