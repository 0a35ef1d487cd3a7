//! `LocalClerk` as an OAuth authorization server: registration, consent, codes with PKCE, and tokens.

use awc::Client;
use clerk_actix::{
    ClerkMiddleware, OAuthToken, RequireAuth,
    testing::{Endpoint, LocalClerk},
};
use serde_json::{Value, json};
use url::Url;

use crate::support::{Answer, bearer, development_clerk, get, seconds, send, servers::serve};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const CALLBACK: &str = "http://127.0.0.1:7777/callback";
const STATE: &str = "0123456789abcdef";

fn client() -> Client {
    Client::builder().disable_redirects().finish()
}

async fn post(clerk: &LocalClerk, path: &str, form: &[(&str, &str)]) -> Answer {
    let body = serde_urlencoded(form);
    send_body(client().post(format!("{}{path}", clerk.frontend_api_url())), "application/x-www-form-urlencoded", body)
        .await
}

async fn send_body(request: awc::ClientRequest, content_type: &str, body: String) -> Answer {
    let mut response = request.insert_header(("Content-Type", content_type)).send_body(body).await.unwrap();
    let body = String::from_utf8(response.body().await.unwrap().to_vec()).unwrap();
    Answer { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

fn serde_urlencoded(form: &[(&str, &str)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

async fn register(clerk: &LocalClerk, metadata: &Value) -> Answer {
    let request = client().post(format!("{}/oauth/register", clerk.frontend_api_url()));
    send_body(request, "application/json", metadata.to_string()).await
}

/// Registers a public client, and returns its ID.
async fn public_client(clerk: &LocalClerk) -> String {
    let metadata = json!({
        "redirect_uris": [CALLBACK, "http://localhost:7777/other"],
        "token_endpoint_auth_method": "none",
        "client_name": "An <Agent>",
        "scope": "profile email user:org:read",
        "application_type": "native",
    });
    let answer = register(clerk, &metadata).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, Some("no-store")), "{}", answer.body);
    let registered = answer.json();
    assert_eq!(registered.get("client_secret"), None);
    registered["client_id"].as_str().unwrap().to_owned()
}

/// An authorization request that is in order, except for what is changed: a name with no value is left out.
async fn authorize(clerk: &LocalClerk, client_id: &str, changes: &[(&str, &str)]) -> Answer {
    let mut query = vec![
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", CALLBACK),
        ("scope", "profile"),
        ("state", STATE),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
        ("resource", "http://localhost:3000/mcp"),
    ];
    for (name, value) in changes {
        query.retain(|(of, _)| of != name);
        query.extend([(*name, *value)].iter().filter(|(_, value)| !value.is_empty()));
    }
    send(client().get(format!("{}/oauth/authorize?{}", clerk.frontend_api_url(), serde_urlencoded(&query)))).await
}

/// Returns the ID of the request that a page asks about.
fn request_on(page: &Answer) -> &str {
    assert_eq!(page.status, 200, "{}", page.body);
    page.body.split(r#"name="request" value=""#).nth(1).unwrap().split('"').next().unwrap()
}

/// Returns the parameters with which a browser is sent back.
fn sent_back(answer: &Answer) -> Value {
    assert_eq!(answer.status, 303, "{}", answer.body);
    let url = Url::parse(answer.header("location").unwrap()).unwrap();
    assert!(url.as_str().starts_with(CALLBACK), "{url}");
    url.query_pairs().map(|(name, value)| (name.into_owned(), Value::from(value.into_owned()))).collect()
}

/// Lets a user consent, and returns the code.
async fn code(clerk: &LocalClerk, client_id: &str, changes: &[(&str, &str)]) -> String {
    let page = authorize(clerk, client_id, changes).await;
    let consent = post(clerk, "/oauth/consent", &[("request", request_on(&page)), ("user_id", "user_ada")]).await;
    let back = sent_back(&consent);
    assert_eq!(back["state"], STATE);
    back["code"].as_str().unwrap().to_owned()
}

async fn exchange(clerk: &LocalClerk, client_id: &str, code: &str, changes: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", client_id),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        form.retain(|(of, _)| of != name);
        form.extend([(*name, *value)].iter().filter(|(_, value)| !value.is_empty()));
    }
    post(clerk, "/oauth/token", &form).await
}

#[actix_web::test]
async fn a_client_gets_a_token_that_the_middleware_accepts() {
    let clerk = development_clerk();
    let client_id = public_client(&clerk).await;
    let page = authorize(&clerk, &client_id, &[("scope", "profile user:org:read")]).await;
    assert!(page.body.contains("An &lt;Agent&gt;") && page.body.contains("user:org:read"), "{}", page.body);
    let code = code(&clerk, &client_id, &[("scope", "profile user:org:read")]).await;
    let answer = exchange(&clerk, &client_id, &code, &[]).await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")), "{}", answer.body);
    let issued = answer.json();
    assert_eq!((&issued["token_type"], &issued["expires_in"]), (&json!("Bearer"), &json!(86_400)));
    assert_eq!(issued["scope"], "profile user:org:read");
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        actix_web::App::new()
            .route(
                "/",
                actix_web::web::get().to(async |app: RequireAuth<OAuthToken>| {
                    format!("{} {} {}", app.user_id(), app.client_id(), app.scopes().join(","))
                }),
            )
            .wrap(middleware.clone())
    });
    let token = issued["access_token"].as_str().unwrap();
    let expected = format!("user_ada {client_id} profile,user:org:read");
    assert_eq!(get(&server, "/", token).await.body, expected);

    // The refresh token, which is replaced, and a narrower scope.
    let refresh = issued["refresh_token"].as_str().unwrap();
    let form = |token, scope| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", client_id.as_str()),
            ("refresh_token", token),
            ("scope", scope),
        ];
        fields.to_vec()
    };
    let wider = post(&clerk, "/oauth/token", &form(refresh, "email")).await;
    assert_eq!((wider.status, &wider.json()["error"]), (400, &json!("invalid_request")));
    let next = post(&clerk, "/oauth/token", &form(refresh, "profile")).await.json();
    assert_eq!(next["scope"], "profile");
    let used = post(&clerk, "/oauth/token", &form(refresh, "")).await;
    assert_eq!((used.status, &used.json()["error"]), (400, &json!("invalid_grant")));

    let revoked = post(&clerk, "/oauth/token/revoke", &[("client_id", &client_id), ("token", token)]).await;
    assert_eq!(revoked.status, 200);
    assert_eq!(get(&server, "/", token).await.status, 401);
    assert_eq!(clerk.calls(Endpoint::IssueOAuthToken), 4);
}

#[actix_web::test]
async fn registrations() {
    let clerk = development_clerk();
    for (name, metadata, expected) in [
        ("nothing but an address", json!({ "redirect_uris": [CALLBACK] }), ""),
        ("unknown members", json!({ "redirect_uris": [CALLBACK], "application_type": "native" }), ""),
        ("no address", json!({}), "invalid_redirect_uri"),
        ("an empty list", json!({ "redirect_uris": [] }), "invalid_redirect_uri"),
        ("no list", json!({ "redirect_uris": CALLBACK }), "invalid_redirect_uri"),
        ("another machine", json!({ "redirect_uris": ["https://evil.example/"] }), "invalid_redirect_uri"),
        ("a script", json!({ "redirect_uris": ["javascript:alert(1)"] }), "invalid_redirect_uri"),
        ("a fragment", json!({ "redirect_uris": ["http://localhost/#a"] }), "invalid_redirect_uri"),
        ("one of two", json!({ "redirect_uris": [CALLBACK, "https://evil.example/"] }), "invalid_redirect_uri"),
        (
            "a scope that Clerk has not",
            json!({ "redirect_uris": [CALLBACK], "scope": "admin" }),
            "invalid_client_metadata",
        ),
        (
            "another method",
            json!({ "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "private_key_jwt" }),
            "invalid_client_metadata",
        ),
        ("no object", json!("x"), "invalid_redirect_uri"),
    ] {
        let answer = register(&clerk, &metadata).await;
        let status = if expected.is_empty() { 201 } else { 400 };
        assert_eq!((answer.status, answer.json()["error"].as_str().unwrap_or_default()), (status, expected), "{name}");
    }
    let plain =
        send_body(client().post(format!("{}/oauth/register", clerk.frontend_api_url())), "text/plain", "x".into());
    assert_eq!(plain.await.json()["error"], "invalid_client_metadata");
}

/// Errors go to the client only if it and its address are certain.
#[actix_web::test]
async fn authorization_requests_that_are_rejected() {
    let clerk = development_clerk();
    let client_id = public_client(&clerk).await;
    for (name, changes, status, expected) in [
        ("an unknown client", &[("client_id", "client_x")][..], 401, "invalid_client"),
        ("no client", &[("client_id", "")], 400, "invalid_request"),
        ("another address", &[("redirect_uri", "https://evil.example/")], 400, "invalid_request"),
        ("a longer address", &[("redirect_uri", "http://127.0.0.1:7777/callback/x")], 400, "invalid_request"),
        ("an address with a query", &[("redirect_uri", "http://127.0.0.1:7777/callback?a=b")], 400, "invalid_request"),
        ("an address with a slash", &[("redirect_uri", "http://127.0.0.1:7777/callback/")], 400, "invalid_request"),
        ("another port", &[("redirect_uri", "http://127.0.0.1:7778/callback")], 400, "invalid_request"),
        ("another spelling", &[("redirect_uri", "http://127.0.0.1:7777/%63allback")], 400, "invalid_request"),
        ("no address of two", &[("redirect_uri", "")], 400, "invalid_request"),
        ("an implicit flow", &[("response_type", "token")], 303, "unsupported_response_type"),
        ("no PKCE", &[("code_challenge", "")], 303, "invalid_request"),
        ("a plain challenge", &[("code_challenge_method", "plain")], 303, "invalid_request"),
        ("no method", &[("code_challenge_method", "")], 303, "invalid_request"),
        ("a short challenge", &[("code_challenge", "abc")], 303, "invalid_request"),
        ("a short state", &[("state", "1234567")], 303, "invalid_request"),
        ("a scope that Clerk has not", &[("scope", "profile admin")], 303, "invalid_scope"),
        ("a scope that the client has not", &[("scope", "private_metadata")], 303, "invalid_scope"),
    ] {
        let answer = authorize(&clerk, &client_id, changes).await;
        assert_eq!(answer.status, status, "{name}: {}", answer.body);
        let says = if status == 303 { sent_back(&answer) } else { answer.json() };
        assert_eq!(says["error"], expected, "{name}");
        assert!(!answer.body.contains("evil"), "{name}");
    }
    let twice = format!("{}/oauth/authorize?client_id={client_id}&client_id={client_id}", clerk.frontend_api_url());
    assert_eq!(send(client().get(twice)).await.status, 400);

    let page = authorize(&clerk, &client_id, &[]).await;
    let denied = post(&clerk, "/oauth/consent", &[("request", request_on(&page))]).await;
    assert_eq!(sent_back(&denied)["error"], "access_denied");
    let again = post(&clerk, "/oauth/consent", &[("request", request_on(&page)), ("user_id", "user_ada")]).await;
    assert_eq!(again.status, 400, "a request is answered once");
    let page = authorize(&clerk, &client_id, &[]).await;
    let nobody = post(&clerk, "/oauth/consent", &[("request", request_on(&page)), ("user_id", "user_nobody")]).await;
    assert_eq!(nobody.status, 400);
}

#[actix_web::test]
async fn exchanges_that_are_rejected() {
    let clerk = development_clerk();
    let (client_id, other) = (public_client(&clerk).await, public_client(&clerk).await);
    for (name, changes, wait, status, expected) in [
        (
            "another verifier",
            &[("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK")][..],
            0,
            400,
            "invalid_grant",
        ),
        ("the challenge itself", &[("code_verifier", CHALLENGE)], 0, 400, "invalid_grant"),
        ("no verifier", &[("code_verifier", "")], 0, 400, "invalid_grant"),
        ("another address", &[("redirect_uri", "http://localhost:7777/other")], 0, 400, "invalid_grant"),
        ("no address", &[("redirect_uri", "")], 0, 400, "invalid_request"),
        ("another client", &[("client_id", other.as_str())], 0, 400, "invalid_grant"),
        ("an unknown client", &[("client_id", "client_x")], 0, 401, "invalid_client"),
        ("a secret of a client that has none", &[("client_secret", "x")], 0, 401, "invalid_client"),
        ("another code", &[("code", "x")], 0, 400, "invalid_grant"),
        ("another grant", &[("grant_type", "password")], 0, 401, "unsupported_grant_type"),
        ("no grant", &[("grant_type", "")], 0, 400, "invalid_request"),
        ("too late", &[], 10 * 60, 400, "invalid_grant"),
    ] {
        let code = code(&clerk, &client_id, &[]).await;
        clerk.clock().advance(seconds(wait));
        let answer = exchange(&clerk, &client_id, &code, changes).await;
        assert_eq!((answer.status, answer.json()["error"].as_str()), (status, Some(expected)), "{name}");
    }
    let code = code(&clerk, &client_id, &[]).await;
    assert_eq!(exchange(&clerk, &client_id, &code, &[]).await.status, 200);
    let again = exchange(&clerk, &client_id, &code, &[]).await;
    assert_eq!((again.status, &again.json()["error"]), (400, &json!("invalid_grant")), "a code works once");
}

/// A failed attempt uses the code up, so that verifiers cannot be tried one by one.
#[actix_web::test]
async fn a_code_is_gone_after_the_first_attempt() {
    let clerk = development_clerk();
    let client_id = public_client(&clerk).await;
    let code = code(&clerk, &client_id, &[]).await;
    assert_eq!(exchange(&clerk, &client_id, &code, &[("code_verifier", "wrong")]).await.status, 400);
    assert_eq!(exchange(&clerk, &client_id, &code, &[]).await.status, 400);
}

#[actix_web::test]
async fn confidential_clients_have_a_secret() {
    let clerk = development_clerk();
    let registered = register(&clerk, &json!({ "redirect_uris": [CALLBACK] })).await.json();
    assert_eq!(registered["scope"], "email profile");
    let (id, secret) = (registered["client_id"].as_str().unwrap(), registered["client_secret"].as_str().unwrap());
    let without_pkce = [("code_challenge", ""), ("code_challenge_method", "")];
    for (by_header, secret, status) in [
        (false, secret, 200),
        (true, secret, 200),
        (false, "x", 401),
        (true, "x", 401),
        (false, "", 401),
        (true, "", 401),
    ] {
        let code = code(&clerk, id, &without_pkce).await;
        let answer = if by_header {
            let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", CALLBACK)];
            let request = client().post(format!("{}/oauth/token", clerk.frontend_api_url())).basic_auth(id, secret);
            send_body(request, "application/x-www-form-urlencoded", serde_urlencoded(&form)).await
        } else {
            exchange(&clerk, id, &code, &[("code_verifier", ""), ("client_secret", secret)]).await
        };
        assert_eq!(answer.status, status, "{by_header} {secret}: {}", answer.body);
        assert_eq!(answer.header("www-authenticate"), Some("Basic").filter(|_| by_header && status == 401));
    }
}

/// The inspector of MCP runs in a browser.
#[actix_web::test]
async fn pages_of_this_machine_may_call_it_and_others_may_not() {
    let clerk = development_clerk();
    for (origin, allowed) in [("http://localhost:6274", true), ("https://evil.example", false)] {
        for path in ["/.well-known/oauth-authorization-server", "/oauth/register", "/oauth/token"] {
            let url = format!("{}{path}", clerk.frontend_api_url());
            let answer = send(client().options(url).insert_header(("Origin", origin)).insert_header(bearer("x"))).await;
            assert_eq!(
                answer.header("access-control-allow-origin"),
                Some(origin).filter(|_| allowed),
                "{path} {origin}"
            );
        }
    }
    let keys = send(client().get(format!("{}/.well-known/jwks.json", clerk.frontend_api_url()))).await;
    assert_eq!(keys.json()["keys"].as_array().unwrap().len(), 1);
}
