//! `ClerkClient` and the life of tokens and sessions: expiry, revocation, and formats that need no call.

use actix_web::{App, web};
use clerk_actix::{
    ClerkApiError, ClerkClient, ClerkMiddleware, GetTokenOptions, M2mToken, RequireAuth,
    client::{ApiKeyUpdate, M2mTokenFormat, NewApiKey, NewM2mToken},
    testing::{self, Behavior, Endpoint, LocalClerk},
};
use serde_json::json;

use crate::support::{browser::Browser, config_with_machine, get, local_clerk, seconds, server, servers::serve};

/// Tokens, their expiry and their revocation follow the instance's clock.
fn is_invalid(error: ClerkApiError) -> bool {
    matches!(error, ClerkApiError::InvalidToken(_))
}

#[actix_web::test]
async fn tokens_that_were_revoked_or_have_expired() {
    let clerk = local_clerk();
    let client = ClerkClient::new(config_with_machine(&clerk));
    let made = client.api_keys().create(NewApiKey::new("user_ada", "Short").lifetime(seconds(60))).await.unwrap();
    let secret = made.secret.unwrap();
    assert_eq!(client.api_keys().verify(secret.expose()).await.unwrap().id, made.id);
    clerk.clock().advance(seconds(60));
    assert!(client.api_keys().verify(secret.expose()).await.is_err_and(is_invalid));
    assert!(client.api_keys().get(&made.id).await.unwrap().expired);
    let longer = ApiKeyUpdate::new().lifetime(seconds(60));
    assert!(!client.api_keys().update(&made.id, longer).await.unwrap().expired);
    assert!(client.api_keys().verify(secret.expose()).await.is_ok());
    client.api_keys().revoke(&made.id, None).await.unwrap();
    assert!(client.api_keys().verify(secret.expose()).await.is_err_and(is_invalid));

    let new = NewM2mToken::new().lifetime(seconds(100)).claim("tenant", "acme");
    let first = client.m2m().create(new.clone()).await.unwrap();
    let text = first.token.unwrap();
    assert_eq!(client.m2m().verify(text.expose()).await.unwrap().claims.unwrap()["tenant"], "acme");
    let again = client.m2m().create(new.clone().or_existing(seconds(50))).await.unwrap();
    assert_eq!(again.id, first.id, "the one that there is");
    let other = client.m2m().create(new.clone().claim("tenant", "globex").or_existing(seconds(50))).await.unwrap();
    assert_ne!(other.id, first.id);
    let error = client.m2m().create(new.clone().or_existing(seconds(100))).await.unwrap_err();
    assert_eq!(error.status(), Some(400));
    clerk.clock().advance(seconds(51));
    assert_ne!(client.m2m().create(new.or_existing(seconds(50))).await.unwrap().id, first.id, "it ends too soon");
    assert!(clerk.revoke(text.expose()) && !clerk.revoke("mt_nobody"));
    assert!(client.m2m().verify(text.expose()).await.is_err_and(is_invalid));
}

/// A machine's JWT is verified locally: Clerk's public keys are fetched once.
#[actix_web::test]
async fn machine_tokens_that_are_jwts() {
    let clerk = local_clerk();
    let config = config_with_machine(&clerk);
    let (client, middleware) = (ClerkClient::new(config.clone()), ClerkMiddleware::new(config));
    let server = serve(move || {
        let routes = App::new().route("/m2m", web::get().to(async |_: RequireAuth<M2mToken>| ""));
        routes.wrap(middleware.clone())
    });
    let mut explained = 0;
    let wanted = NewM2mToken::new().format(M2mTokenFormat::Jwt).lifetime(seconds(60)).claim("tenant", "acme");
    let made = client.m2m().create(wanted).await.unwrap();
    let jwt = made.token.unwrap();
    let found = client.m2m().verify(jwt.expose()).await.unwrap();
    assert_eq!((found.id, found.subject.as_str()), (made.id, clerk.machine_id()));
    assert_eq!(found.claims.unwrap()["tenant"], "acme");
    let signature = jwt.expose().rsplit_once('.').unwrap().1.to_owned();
    for (name, token) in [
        ("of another instance", local_clerk().mint(testing::m2m_token("mch_1").jwt())),
        (
            "of another category",
            clerk.mint(testing::m2m_token(clerk.machine_id()).jwt().header("cat", "cl_B7d4PD111AAA")),
        ),
        ("expired", clerk.mint(testing::m2m_token(clerk.machine_id()).jwt().claim("exp", 1))),
        ("a session's", clerk.session_token("user_ada")),
        ("an OAuth application's", clerk.mint(testing::oauth_token("user_ada").jwt())),
        (
            "signed for another",
            format!(
                "{}.{signature}",
                clerk.mint(testing::m2m_token(clerk.machine_id()).jwt()).rsplit_once('.').unwrap().0
            ),
        ),
    ] {
        let error = client.m2m().verify(&token).await.unwrap_err();
        assert!(matches!(error, ClerkApiError::InvalidToken(_)) && error.status().is_none(), "{name}: {error:?}");
        // A request with the token gets the same explanation.
        let answer = get(&server, "/m2m", &token).await;
        if let Some(why) = answer.header("x-clerk-auth-message").filter(|why| why.contains("(code=")) {
            assert!(error.to_string().contains(why), "{name}: {error}, but {why}");
            explained += 1;
        }
    }
    assert_eq!(explained, 4);
    assert_eq!((clerk.calls(Endpoint::VerifyM2mToken), clerk.calls(Endpoint::Jwks)), (0, 1));

    let down = local_clerk();
    down.behave(Endpoint::Jwks, Behavior::Status(500));
    let jwt = down.mint(testing::m2m_token(down.machine_id()).jwt());
    let error = ClerkClient::new(down.config()).m2m().verify(&jwt).await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
}

/// A token that was issued to another machine is rejected, whatever its format.
#[actix_web::test]
async fn machine_tokens_for_another_machine() {
    let clerk = local_clerk();
    let client = ClerkClient::new(clerk.config_builder().machine_id("mch_own").build().unwrap());
    let opaque = |scope: &str| clerk.mint(testing::m2m_token(clerk.machine_id()).scopes([scope]));
    let jwt = |scope: &str| clerk.mint(testing::m2m_token(clerk.machine_id()).scopes([scope]).jwt());
    for (name, token, is_ours) in [
        ("opaque, for this machine", opaque("mch_own"), true),
        ("opaque, for another machine", opaque("mch_other"), false),
        ("opaque, for a scope alone", opaque("orders:read"), false),
        ("a JWT for this machine", jwt("mch_own"), true),
        ("a JWT for another machine", jwt("mch_other"), false),
    ] {
        match client.m2m().verify(&token).await {
            Ok(_) => assert!(is_ours, "{name}"),
            Err(error) => assert!(!is_ours && matches!(error, ClerkApiError::InvalidToken(_)), "{name}: {error:?}"),
        }
    }
    let anybodys = ClerkClient::new(clerk.config());
    assert!(anybodys.m2m().verify(&opaque("mch_other")).await.is_ok(), "without machine_id");
}

/// The sign-in page, minted tokens and the Backend API share the same sessions.
#[actix_web::test]
async fn sessions_and_their_end() {
    let clerk = LocalClerk::start().unwrap();
    clerk.clock().freeze();
    let server = server(clerk.config());
    let client = ClerkClient::new(clerk.config());
    let url = format!("http://localhost:{}/require", server.addr().port());
    let mut browser = Browser::new();
    let page = browser.visit(&url).await;
    assert_eq!(browser.sign_in(&page, "user_ada").await.body, "user_ada");

    let sessions = client.sessions().list("user_ada").query("status", "active").await.unwrap();
    assert_eq!(sessions.data.len(), 1);
    let session = &sessions.data[0];
    assert_eq!(session.last_active_organization_id.as_deref(), Some("org_acme"));
    let token = client.sessions().get_token(&session.id, GetTokenOptions::new().lifetime(seconds(600))).await.unwrap();
    let answer = get(&server, "/json", token.expose()).await.json();
    assert_eq!((&answer["sessionId"], &answer["orgRole"]), (&json!(session.id), &json!("org:admin")));
    clerk.clock().advance(seconds(300));
    assert_eq!(get(&server, "/require", token.expose()).await.status, 200, "it lives as long as was asked for");

    assert_eq!(client.sessions().revoke(&session.id).await.unwrap().status, "revoked");
    let error = client.sessions().get_token(&session.id, GetTokenOptions::new()).await.unwrap_err();
    assert!(matches!(error, ClerkApiError::NotFound(_)));
    assert_ne!(browser.visit(&url).await.body, "user_ada", "the browser is signed out when its token ends");

    clerk.mint(testing::session("user_alan").session_id("sess_alan"));
    assert!(client.sessions().get("sess_alan").await.unwrap().is_active());
    clerk.revoke_sessions("user_alan");
    assert_eq!(client.sessions().get("sess_alan").await.unwrap().status, "revoked");
    assert!(matches!(client.sessions().get("sess_nobody").await, Err(ClerkApiError::NotFound(_))));
}
