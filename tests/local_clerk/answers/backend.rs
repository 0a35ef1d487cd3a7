//! A call to each endpoint of the Backend API, with its result and with its errors.

use clerk_actix::testing::{self, LocalClerk};
use serde_json::{Value, json};

use super::{Caller, Exception};

pub const EXCEPTIONS: &[Exception] = &[
    ("GET /v1/clients/handshake_payload", 200, "not described; by @clerk/backend"),
    ("GET /v1/clients/handshake_payload", 404, "not described; by @clerk/backend"),
    ("POST /oauth_applications/access_tokens/verify", 200, "has `type` too, which @clerk/backend reads"),
];

/// A user whose ID has the length of Clerk's. The IDs of the others are easier to read.
const LIN: &str = "user_2xhFjEI5X2qWRvtV13BzSj8H6Dk";

impl Caller {
    async fn gives(&mut self, status: u16, method: &str, path: &str, body: Option<Value>) -> Value {
        let (found, body) = self.json(method, path, body).await;
        assert_eq!(found, status, "{method} {path}: {body}");
        body
    }
}

pub async fn calls() -> Caller {
    let clerk = LocalClerk::start().unwrap();
    clerk.clock().freeze();
    clerk.add_jwt_template("database", [("role", "editor")]);
    clerk.add_user(testing::user("lin@example.com").id(LIN));
    clerk.mint(testing::session("user_ada").session_id("sess_ada").org_id("org_acme"));
    let mut call = Caller::new(&clerk);
    call.gives(401, "GET", "/v1/users", None).await;
    call.key = Some(clerk.secret_key().to_owned());
    instance(&mut call).await;
    people(&mut call).await;
    sessions(&mut call).await;
    handshake(&clerk, &mut call).await;
    tokens(&clerk, &mut call).await;
    call
}

async fn instance(call: &mut Caller) {
    call.gives(200, "GET", "/v1/jwks", None).await;
    call.gives(200, "GET", "/v1/instance", None).await;
    call.gives(200, "GET", "/v1/domains", None).await;
    call.gives(200, "POST", "/v1/testing_tokens", None).await;
}

async fn people(call: &mut Caller) {
    assert_eq!(call.gives(200, "GET", "/v1/users", None).await.as_array().map(Vec::len), Some(4));
    for (query, found) in [
        ("email_address=grace@example.com", 1),
        ("email_address=grace@example.com&email_address=ada@example.com", 2),
        ("email_address=nobody@example.com", 0),
        ("user_id=user_ada", 1),
        ("limit=2", 2),
    ] {
        let users = call.gives(200, "GET", &format!("/v1/users?{query}"), None).await;
        assert_eq!(users.as_array().map(Vec::len), Some(found), "{query}");
        if !query.starts_with("limit") {
            let count = call.gives(200, "GET", &format!("/v1/users/count?{query}"), None).await;
            assert_eq!(count["total_count"], found, "{query}");
        }
    }
    call.gives(200, "GET", "/v1/users/user_ada", None).await;
    call.gives(404, "GET", "/v1/users/user_nobody", None).await;
    call.gives(200, "GET", "/v1/users/user_ada/organization_memberships", None).await;
    call.gives(200, "GET", "/v1/organizations/acme?include_members_count=true", None).await;
    call.gives(404, "GET", "/v1/organizations/nowhere", None).await;
    let wanted = Some(json!({ "user_id": "user_ada", "expires_in_seconds": 60 }));
    call.gives(200, "POST", "/v1/sign_in_tokens", wanted).await;
    call.gives(404, "POST", "/v1/sign_in_tokens", Some(json!({ "user_id": "user_nobody" }))).await;
}

async fn sessions(call: &mut Caller) {
    call.gives(200, "GET", "/v1/sessions?user_id=user_ada", None).await;
    call.gives(400, "GET", "/v1/sessions", None).await;
    call.gives(200, "GET", "/v1/sessions/sess_ada", None).await;
    call.gives(404, "GET", "/v1/sessions/sess_unknown", None).await;
    call.gives(200, "POST", "/v1/sessions/sess_ada/tokens", Some(json!({ "expires_in_seconds": 60 }))).await;
    call.gives(200, "POST", "/v1/sessions/sess_ada/tokens/database", None).await;
    call.gives(404, "POST", "/v1/sessions/sess_ada/tokens/unknown", None).await;
    call.gives(200, "POST", "/v1/sessions/sess_ada/revoke", None).await;
    let refresh = json!({ "refresh_token": "rt_unknown", "request_origin": "http://localhost:3000" });
    call.gives(400, "POST", "/v1/sessions/sess_ada/refresh", Some(refresh)).await;
}

/// A browser signs in; the application asks for its cookies, and later for a new token.
async fn handshake(clerk: &LocalClerk, call: &mut Caller) {
    let mut browser = Caller::new(clerk);
    let session = browser.sign_in("ada@example.com").await;
    let handshake = format!("/v1/client/handshake?redirect_url=http://localhost:3000/{}", browser.query);
    let response = call.client.get(format!("{}{handshake}", call.url)).send().await.unwrap();
    let location = response.headers().get("location").unwrap().to_str().unwrap().to_owned();
    let nonce = location.split("__clerk_handshake_nonce=").nth(1).unwrap();
    let path = "/v1/clients/handshake_payload";
    let payload = call.gives(200, "GET", &format!("{path}?nonce={nonce}"), None).await;
    call.gives(404, "GET", &format!("{path}?nonce={nonce}"), None).await;
    let mut cookies = payload["directives"].as_array().unwrap().iter().filter_map(Value::as_str);
    let refresh = cookies.find(|cookie| cookie.starts_with("__refresh")).unwrap();
    let token = refresh.split(['=', ';']).nth(1).unwrap();
    let body = json!({ "refresh_token": token, "request_origin": "http://localhost:3000" });
    call.gives(200, "POST", &format!("/v1/sessions/{session}/refresh"), Some(body)).await;
}

async fn tokens(clerk: &LocalClerk, call: &mut Caller) {
    let wanted = json!({ "name": "CI", "subject": LIN, "scopes": ["read"], "seconds_until_expiration": 60 });
    let key = call.gives(200, "POST", "/api_keys", Some(wanted)).await;
    let one = format!("/api_keys/{}", key["id"].as_str().unwrap());
    call.gives(200, "POST", "/api_keys/verify", Some(json!({ "secret": key["secret"] }))).await;
    call.gives(404, "POST", "/api_keys/verify", Some(json!({ "secret": "ak_unknown" }))).await;
    call.gives(200, "GET", &format!("/api_keys?subject={LIN}"), None).await;
    call.gives(200, "GET", &one, None).await;
    call.gives(404, "GET", "/api_keys/ak_unknown", None).await;
    call.gives(200, "PATCH", &one, Some(json!({ "scopes": [] }))).await;
    assert_eq!(call.gives(200, "GET", &format!("{one}/secret"), None).await["secret"], key["secret"]);
    call.gives(200, "POST", &format!("{one}/revoke"), Some(json!({ "revocation_reason": "leaked" }))).await;
    call.gives(200, "DELETE", &one, None).await;
    call.gives(404, "GET", &one, None).await;
    call.gives(404, "DELETE", &one, None).await;

    call.key = Some(clerk.machine_secret_key().to_owned());
    let token = call.gives(201, "POST", "/m2m_tokens", Some(json!({}))).await;
    call.gives(200, "POST", "/m2m_tokens/verify", Some(json!({ "token": token["token"] }))).await;
    let list = format!("/m2m_tokens?subject={}", clerk.machine_id());
    call.gives(200, "GET", &list, None).await;
    let revoke = format!("/m2m_tokens/{}/revoke", token["id"].as_str().unwrap());
    call.gives(200, "POST", &revoke, Some(json!({ "revocation_reason": "leaked" }))).await;

    call.key = Some(clerk.secret_key().to_owned());
    let token = clerk.mint(testing::oauth_token(LIN).scopes(["profile"]));
    let path = "/oauth_applications/access_tokens/verify";
    call.gives(200, "POST", path, Some(json!({ "access_token": token }))).await;
    call.gives(404, "POST", path, Some(json!({ "access_token": "oat_unknown" }))).await;
}
