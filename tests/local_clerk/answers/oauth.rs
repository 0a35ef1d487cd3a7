//! A call to each OAuth endpoint that answers with JSON, with its result and with its errors.

use std::collections::BTreeSet;

use clerk_actix::testing::{self, LocalClerk};
use serde_json::json;

use super::{Caller, Exception};

pub const EXCEPTIONS: &[Exception] = &[];

/// The endpoints for browsers answer with pages and redirects.
pub fn routes() -> BTreeSet<String> {
    [
        "GET /.well-known/oauth-authorization-server",
        "GET /.well-known/jwks.json",
        "POST /oauth/register",
        "POST /oauth/token",
        "POST /oauth/token/revoke",
    ]
    .map(str::to_owned)
    .into()
}

pub async fn calls(clerk: &LocalClerk) -> Caller {
    let mut call = Caller::new(clerk);
    for path in ["/.well-known/oauth-authorization-server", "/.well-known/jwks.json"] {
        assert_eq!(call.json("GET", path, None).await.0, 200);
    }
    let callback = "http://localhost:7777/callback";
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let metadata = json!({ "redirect_uris": [callback], "token_endpoint_auth_method": method });
        assert_eq!(call.json("POST", "/oauth/register", Some(metadata)).await.0, 201);
    }
    assert_eq!(call.json("POST", "/oauth/register", Some(json!({}))).await.0, 400);

    let metadata = json!({ "redirect_uris": [callback], "token_endpoint_auth_method": "client_secret_post" });
    let (_, client) = call.json("POST", "/oauth/register", Some(metadata)).await;
    let (id, secret) = (client["client_id"].as_str().unwrap(), client["client_secret"].as_str().unwrap());
    let own = [("client_id", id), ("client_secret", secret)];
    let code = code(clerk, id, callback).await;
    let form = |more: &[(&'static str, &'static str)]| [&own[..], more].concat();
    let grant =
        [form(&[("grant_type", "authorization_code")]), vec![("code", code.as_str()), ("redirect_uri", callback)]];
    let token = ("POST", "/oauth/token");
    let (status, tokens) = call.form(token.0, token.1, &grant.concat()).await;
    assert_eq!(status, 200, "{tokens}");
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens["refresh_token"].as_str().unwrap())];
    assert_eq!(call.form(token.0, token.1, &[&own[..], &refresh[..]].concat()).await.0, 200);
    for (form, status) in [
        (form(&[]), 400),
        (form(&[("grant_type", "authorization_code"), ("code", "x")]), 400),
        (form(&[("grant_type", "refresh_token"), ("refresh_token", "x")]), 400),
        (form(&[("grant_type", "password")]), 401),
        (vec![("client_id", "x"), ("grant_type", "authorization_code")], 401),
    ] {
        assert_eq!(call.form(token.0, token.1, &form).await.0, status, "{form:?}");
    }
    let minted = clerk.mint(testing::oauth_token("user_ada"));
    let revoke = |token| [&own[..], &[("token", token)]].concat();
    assert_eq!(call.form("POST", "/oauth/token/revoke", &revoke(&minted)).await.0, 200);
    assert_eq!(call.form("POST", "/oauth/token/revoke", &own).await.0, 400);
    assert_eq!(call.form("POST", "/oauth/token/revoke", &[("client_id", "x"), ("token", "x")]).await.0, 401);
    call
}

/// Returns a code that a user has granted.
async fn code(clerk: &LocalClerk, client_id: &str, callback: &str) -> String {
    let client = awc::Client::builder().disable_redirects().finish();
    let url = format!(
        "{}/oauth/authorize?response_type=code&client_id={client_id}&redirect_uri={callback}&state=0123456789",
        clerk.frontend_api_url()
    );
    let page = client.get(url).send().await.unwrap().body().await.unwrap();
    let page = String::from_utf8(page.to_vec()).unwrap();
    let request = page.split(r#"name="request" value=""#).nth(1).unwrap().split('"').next().unwrap();
    let consent = client.post(format!("{}/oauth/consent", clerk.frontend_api_url()));
    let back = consent.send_form(&[("request", request), ("user_id", "user_ada")]).await.unwrap();
    let location = back.headers().get("location").unwrap().to_str().unwrap();
    location.split("code=").nth(1).unwrap().split('&').next().unwrap().to_owned()
}
