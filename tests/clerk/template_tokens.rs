//! Tokens created from a JWT template, and their verification with `verify_token`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use actix_web::{App, HttpRequest, HttpResponse, web};
use clerk_actix::{
    ClerkClient, ClerkConfig, ClerkMiddleware, GetTokenOptions, RequireAuth, SessionStatus, TokenError, TokenRules,
    testing::{self, Behavior, Endpoint, LocalClerk},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::support::{get, local_clerk, payload, servers::serve};

const TEMPLATE: &str = "cl_B7d4PD222AAA";
const M2M: &str = "cl_B7d4PD333AAA";

/// A template's token with these claims in addition to the standard ones; `null` leaves one out.
fn template(clerk: &LocalClerk, claims: Value) -> String {
    let claims = claims.as_object().unwrap();
    let of_sessions = ["sid", "sts", "fva", "v", "azp"].into_iter().filter(|name| !claims.contains_key(*name));
    let bare =
        of_sessions.fold(testing::session("user_ada").header("cat", TEMPLATE), |token, claim| token.without(claim));
    clerk.mint(claims.iter().fold(bare, |token, (name, value)| match value {
        Value::Null => token.without(name),
        value => token.claim(name, value.clone()),
    }))
}

fn kid(token: &str) -> Value {
    // Reads the header, as if it were the second part of another token.
    payload(&format!(".{token}"))["kid"].clone()
}

fn reason(verdict: Result<Value, TokenError>) -> String {
    match verdict {
        Ok(_) => "accepted".to_owned(),
        Err(TokenError::Rejected(why)) => why.reason().to_string(),
        Err(other) => other.to_string(),
    }
}

/// The checks are those of `verifyToken()` in `@clerk/backend` 3.25.0, with two exceptions: a machine token is rejected
/// whatever its category, and an explicitly requested audience has to be present.
#[actix_web::test]
async fn tokens_of_all_kinds_and_their_verdicts() {
    let clerk = local_clerk();
    let config = clerk.config();
    let issuer = payload(&clerk.session_token("user_ada"))["iss"].as_str().unwrap().to_owned();
    let of = |claims: Value| template(&clerk, claims);
    let headed = |name: &str, value: &str| clerk.mint(testing::session("user_ada").header(name, value));
    let any = TokenRules::new;
    let for_a = || TokenRules::new().audience(["a"]);
    let party = || TokenRules::new().authorized_parties(["https://app.example.com"]);
    let expired = "token-expired";
    let failed = "token-verification-failed";
    for (name, token, rules, expected) in [
        // Kinds
        ("a template's", of(json!({})), any(), "accepted"),
        ("a session's", clerk.session_token("user_ada"), any(), "accepted"),
        (
            "a pending session's",
            clerk.mint(testing::session("user_ada").status(SessionStatus::Pending)),
            any(),
            "accepted",
        ),
        ("of no category", clerk.mint(testing::session("user_ada").header("cat", Value::Null)), any(), "accepted"),
        ("of a category that tells nothing", headed("cat", "cl_I7d4PD111III"), any(), "accepted"),
        ("of a category to come", headed("cat", "cl_B7d4PD999AAA"), any(), "accepted"),
        ("a machine's by category", headed("cat", M2M), any(), "token-invalid"),
        ("a machine's by subject", of(json!({"sub": "mch_1"})), any(), "token-invalid"),
        ("a machine's", clerk.mint(testing::m2m_token(clerk.machine_id()).jwt()), any(), "token-invalid"),
        ("an OAuth application's", clerk.mint(testing::oauth_token("user_ada").jwt()), any(), "token-invalid"),
        ("an opaque one", "ak_0123456789".to_owned(), any(), "token-invalid"),
        ("no token", String::new(), any(), "token-invalid"),
        // Header and signature
        ("another type", headed("typ", "JWE"), any(), "token-invalid"),
        ("another algorithm", headed("alg", "none"), any(), "token-invalid-algorithm"),
        (
            "critical extensions",
            clerk.mint(testing::session("user_ada").header("crit", json!(["x"]))),
            any(),
            "token-invalid",
        ),
        ("padded", format!("{}==", of(json!({}))), any(), "token-invalid"),
        ("an unknown key", headed("kid", "ins_0"), any(), "jwk-kid-mismatch"),
        ("another instance's", template(&local_clerk(), json!({})), any(), "jwk-kid-mismatch"),
        (
            "by another key",
            {
                let other = local_clerk();
                let kid = kid(&clerk.session_token("user_ada"));
                other.mint(testing::session("user_ada").header("cat", TEMPLATE).header("kid", kid))
            },
            any(),
            "token-invalid-signature",
        ),
        // Claims
        ("no subject", of(json!({"sub": null})), any(), failed),
        ("an empty subject", of(json!({"sub": ""})), any(), failed),
        ("no end", of(json!({"exp": null})), any(), failed),
        ("expired", of(json!({"exp": 1})), any(), expired),
        ("not yet", of(json!({"nbf": 4_000_000_000_u64})), any(), "token-not-active-yet"),
        ("of the future", of(json!({"iat": 4_000_000_000_u64})), any(), "token-iat-in-the-future"),
        ("an audience that no rule asks about", of(json!({"aud": "b"})), any(), "accepted"),
        ("the audience", of(json!({"aud": "a"})), for_a(), "accepted"),
        ("the audience among others", of(json!({"aud": ["b", "a"]})), for_a(), "accepted"),
        ("another audience", of(json!({"aud": "b"})), for_a(), failed),
        ("other audiences", of(json!({"aud": ["b", "c"]})), for_a(), failed),
        ("no audience", of(json!({})), for_a(), failed),
        ("an empty audience", of(json!({"aud": ""})), for_a(), failed),
        ("an empty audience", of(json!({"aud": []})), for_a(), failed),
        ("an invalid audience", of(json!({"aud": 7})), for_a(), failed),
        ("a mixed audience", of(json!({"aud": ["a", 7]})), for_a(), failed),
        ("a session for an audience", clerk.session_token("user_ada"), for_a(), failed),
        ("the audience of none", of(json!({"aud": "b"})), TokenRules::new().audience([""; 0]), "accepted"),
        ("the page", of(json!({"azp": "https://app.example.com"})), party(), "accepted"),
        ("another page", of(json!({"azp": "https://evil.example"})), party(), "token-invalid-authorized-parties"),
        ("no page", of(json!({})), party(), "token-invalid-authorized-parties"),
        (
            "another issuer",
            of(json!({"iss": "https://x.example"})),
            TokenRules::new().issuer([issuer.clone()]),
            "token-invalid-issuer",
        ),
        ("the issuer", of(json!({})), TokenRules::new().issuer([issuer.clone()]), "accepted"),
    ] {
        assert_eq!(reason(config.verify_token::<Value>(&token, &rules).await), expected, "{name}");
    }
}

/// The configuration's settings apply unless the rules override them; its audience, as for sessions, only to a token
/// that names one.
#[actix_web::test]
async fn the_configurations_rules_hold_unless_others_are_given() {
    let clerk = local_clerk();
    let builder = clerk.config_builder().audience(["web"]).authorized_parties(["https://app.example.com"]);
    let config = builder.build().unwrap();
    let azp = "https://app.example.com";
    for (name, claims, rules, expected) in [
        ("all as configured", json!({"azp": azp, "aud": "web"}), TokenRules::new(), "accepted"),
        ("no audience", json!({"azp": azp}), TokenRules::new(), "accepted"),
        ("another audience", json!({"azp": azp, "aud": "db"}), TokenRules::new(), "token-verification-failed"),
        (
            "another audience, asked for",
            json!({"azp": azp, "aud": "db"}),
            TokenRules::new().audience(["db"]),
            "accepted",
        ),
        ("no page", json!({}), TokenRules::new(), "token-invalid-authorized-parties"),
        ("no page, and none asked for", json!({}), TokenRules::new().authorized_parties([""; 0]), "accepted"),
    ] {
        assert_eq!(reason(config.verify_token::<Value>(&template(&clerk, claims), &rules).await), expected, "{name}");
    }
}

/// As with sessions, a key that Clerk replaces under the same `kid` is used at once.
#[actix_web::test]
async fn a_key_that_is_replaced_is_found() {
    let clerk = local_clerk();
    let config = clerk.config();
    let rules = TokenRules::new();
    assert!(config.verify_token::<Value>(&template(&clerk, json!({})), &rules).await.is_ok());
    clerk.replace_key();
    clerk.clock().advance(std::time::Duration::from_secs(10));
    assert!(config.verify_token::<Value>(&template(&clerk, json!({})), &rules).await.is_ok());
}

/// The future can be spawned on any runtime.
#[test]
fn verifying_a_token_can_be_sent_to_another_thread() {
    fn is_send<T: Send>(_: T) {}
    let clerk = LocalClerk::start_production().unwrap();
    is_send(clerk.config().verify_token::<Value>("a.b.c", &TokenRules::new()));
}

#[derive(Debug, Deserialize, PartialEq)]
struct Upload {
    sub: String,
    quota: u64,
}

#[actix_web::test]
async fn claims_come_as_a_type() {
    let clerk = local_clerk();
    let config = clerk.config();
    let upload: Upload = config.verify_token(&template(&clerk, json!({"quota": 5})), &TokenRules::new()).await.unwrap();
    assert_eq!(upload, Upload { sub: "user_ada".to_owned(), quota: 5 });
    let secret = template(&clerk, json!({"quota": "secret"}));
    let error = config.verify_token::<Upload>(&secret, &TokenRules::new()).await.unwrap_err();
    let TokenError::Claims(problem) = &error else { panic!("{error:?}") };
    assert!(problem.problem().ends_with("Upload: expected u64"), "{}", problem.problem());
    assert!(!format!("{error} {error:?}").contains("secret"), "{error:?}");
}

/// The errors as responses: for an invalid token, for a changed template, and during an outage.
#[actix_web::test]
async fn errors_of_a_handler() {
    let clerk = local_clerk();
    let config = clerk.config();
    let server = serve(move || {
        let upload = async |config: web::Data<ClerkConfig>, token: String| -> Result<String, TokenError> {
            Ok(config.verify_token::<Upload>(&token, &TokenRules::new()).await?.sub)
        };
        App::new().app_data(web::Data::new(config.clone())).route("/", web::post().to(upload))
    });
    let post = async |token: String| {
        let mut answer = server.post("/").send_body(token).await.unwrap();
        (answer.status().as_u16(), String::from_utf8(answer.body().await.unwrap().to_vec()).unwrap())
    };
    let good = template(&clerk, json!({"quota": 5}));
    clerk.behave(Endpoint::Jwks, Behavior::Status(500));
    let (status, body) = post(good.clone()).await;
    assert!(status == 503 && body.contains("jwk-remote-failed-to-load"), "{status} {body}");
    clerk.behave(Endpoint::Jwks, Behavior::Normal);
    clerk.clock().advance(std::time::Duration::from_secs(30));
    assert_eq!(post(good).await, (200, "user_ada".to_owned()));
    let (status, body) = post("a.b.c".to_owned()).await;
    assert!(status == 401 && body.contains("token-invalid"), "{status} {body}");
    let (status, body) = post(template(&clerk, json!({"quota": "secret"}))).await;
    assert_eq!(
        (status, body.as_str()),
        (500, r#"{"errors":[{"code":"internal-error","message":"Something went wrong."}]}"#)
    );
}

/// A template's token does not authenticate requests, before or after `verify_token` accepted it.
#[actix_web::test]
async fn a_token_that_was_verified_on_purpose_is_no_session() {
    let clerk = local_clerk();
    let config = clerk.config();
    let middleware = ClerkMiddleware::new(config.clone());
    let server = serve(move || {
        App::new()
            .route("/", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
            .wrap(middleware.clone())
    });
    let token = template(&clerk, json!({"quota": 5}));
    for _ in 0..2 {
        let answer = get(&server, "/", &token).await;
        assert_eq!((answer.status, answer.reason()), (401, Some("token-type-mismatch")));
        assert!(config.verify_token::<Value>(&token, &TokenRules::new()).await.is_ok());
    }
}

/// A template's name is one path segment, whatever it contains, and an empty name means no template.
#[actix_web::test]
async fn names_of_templates_and_the_paths_they_make() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let api = serve(move || {
        let seen = Arc::clone(&seen);
        let answer = move |req: HttpRequest| {
            seen.lock().unwrap().push(req.uri().to_string());
            std::future::ready(HttpResponse::Ok().json(json!({ "jwt": "a.b.c" })))
        };
        App::new().default_service(web::to(answer))
    });
    let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
    let client = ClerkClient::new(config.api_url(api.url("")).build().unwrap());
    let paths = HashMap::from([
        ("", "/v1/sessions/sess_1/tokens"),
        ("hasura", "/v1/sessions/sess_1/tokens/hasura"),
        ("my template", "/v1/sessions/sess_1/tokens/my%20template"),
        ("a/b", "/v1/sessions/sess_1/tokens/a%2Fb"),
        ("50%", "/v1/sessions/sess_1/tokens/50%25"),
        ("a?b=c#d", "/v1/sessions/sess_1/tokens/a%3Fb=c%23d"),
        ("Größe", "/v1/sessions/sess_1/tokens/Gr%C3%B6%C3%9Fe"),
    ]);
    for (name, path) in paths {
        let token = client.sessions().get_token("sess_1", GetTokenOptions::new().template(name)).await;
        assert_eq!(token.as_ref().map(|token| token.expose()).ok(), Some("a.b.c"), "{name}");
        assert_eq!(asked.lock().unwrap().pop().as_deref(), Some(path), "{name}");
    }
    assert!(asked.lock().unwrap().is_empty());
}

/// `verify_token` accepts a token that `get_token` created from a template with a space in its name.
#[actix_web::test]
async fn a_template_from_one_end_to_the_other() {
    let clerk = local_clerk();
    clerk.add_jwt_template("my uploads", [("quota", 7)]);
    clerk.mint(testing::session("user_ada").session_id("sess_ada"));
    let client = ClerkClient::new(clerk.config());
    let token = client.sessions().get_token("sess_ada", GetTokenOptions::new().template("my uploads")).await.unwrap();
    let upload: Upload = clerk.config().verify_token(token.expose(), &TokenRules::new()).await.unwrap();
    assert_eq!(upload, Upload { sub: "user_ada".to_owned(), quota: 7 });
}
