//! Test callers without keys or a server: in handlers, extractors and whole applications.

use std::time::Duration;

use actix_web::{
    App, FromRequest,
    test::{self, TestRequest},
    web,
};
use clerk_actix::{
    AnyToken, ApiKey, Auth, Authorized, Check, ClerkApiError, ClerkClient, ClerkConfig, ClerkExt, ClerkMiddleware,
    GetTokenOptions, M2mToken, M2mTokenSource, OAuthToken, Policy, Principal, RequireAuth, Session, SessionStatus,
    WithPending,
    client::NewM2mToken,
    testing::{self, LocalClerk, TestRequestExt},
};
use serde_json::{Value, json};

use crate::support::{Admin, bearer};

struct ReadOrders;
impl Policy for ReadOrders {
    const REQUIRES: Check = Check::new().scope("orders:read");
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/auth", web::get().to(async |auth: Auth| web::Json(auth)))
        .route("/any", web::get().to(async |caller: AnyToken| web::Json(caller)))
        .route("/user", web::get().to(async |user: RequireAuth| user.user_id().to_owned()))
        .route("/pending", web::get().to(async |user: RequireAuth<WithPending>| user.user_id().to_owned()))
        .route("/admin", web::get().to(async |user: Authorized<Admin>| user.user_id().to_owned()))
        .route("/orders", web::get().to(async |key: Authorized<ReadOrders, ApiKey>| key.subject().to_owned()))
        .route("/machine", web::get().to(async |machine: RequireAuth<M2mToken>| machine.machine_id().to_owned()))
        .route("/app", web::get().to(async |app: RequireAuth<OAuthToken>| app.client_id().to_owned()));
}

/// Configurations of every kind: test callers work with any.
fn configurations() -> Vec<ClerkConfig> {
    let strict = ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .secret_key("sk_live_1")
        .api_url("http://127.0.0.1:9")
        .authorized_parties(["https://app.example.com"])
        .audience(["web"])
        .issuer(["https://other.example.com"]);
    vec![testing::config(), LocalClerk::start().unwrap().config(), strict.build().unwrap()]
}

#[actix_web::test]
async fn whole_applications() {
    for config in configurations() {
        let app = test::init_service(App::new().wrap(ClerkMiddleware::new(config)).configure(routes)).await;
        let admin = || testing::session("user_1").org_role("org:admin");
        let get = |path: &str| TestRequest::get().uri(path);
        for (name, request, status, body) in [
            ("a user", get("/user").signed_in("user_1"), 200, "user_1"),
            ("an admin", get("/admin").signed_in(admin()), 200, "user_1"),
            ("no admin", get("/admin").signed_in("user_1"), 403, ""),
            ("a pending user", get("/user").signed_in(admin().status(SessionStatus::Pending)), 401, ""),
            (
                "a pending user who may",
                get("/pending").signed_in(admin().status(SessionStatus::Pending)),
                200,
                "user_1",
            ),
            ("an expired session", get("/user").signed_in(admin().claim("exp", 1)), 401, ""),
            ("another class of token", get("/user").signed_in(admin().header("cat", "cl_B7d4PD222AAA")), 401, ""),
            ("a key", get("/orders").with_api_key(testing::api_key("org_1").scopes(["orders:read"])), 200, "org_1"),
            ("a key without the scope", get("/orders").with_api_key(testing::api_key("org_1")), 403, ""),
            ("a key at a user's route", get("/user").with_api_key(testing::api_key("org_1")), 401, ""),
            ("a machine", get("/machine").with_m2m_token(testing::m2m_token("mch_1")), 200, "mch_1"),
            (
                "an application",
                get("/app").with_oauth_token(testing::oauth_token("user_1").client_id("c_1")),
                200,
                "c_1",
            ),
            ("signed out", get("/user"), 401, ""),
        ] {
            let response = test::call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status, "{name}");
            if status == 200 {
                assert_eq!(test::read_body(response).await, body, "{name}");
            }
        }
        let told: Value = test::call_and_read_body_json(
            &app,
            get("/any").with_api_key(testing::api_key("user_1").id("ak_1").name("Nightly")).to_request(),
        )
        .await;
        assert_eq!(
            (&told["id"], &told["name"], &told["userId"]),
            (&json!("ak_1"), &json!("Nightly"), &json!("user_1"))
        );
    }
}

#[actix_web::test]
async fn handlers_and_extractors_by_themselves() {
    let req = TestRequest::get().signed_in(testing::session("user_1").org_role("org:admin")).to_http_request();
    assert_eq!(RequireAuth::<Session>::extract(&req).await.unwrap().user_id(), "user_1");
    assert_eq!(req.auth().user_id(), Some("user_1"));
    assert!(Authorized::<Admin>::extract(&req).await.is_ok());
    assert!(RequireAuth::<ApiKey>::extract(&req).await.is_err());
    let req = TestRequest::get().with_api_key(testing::api_key("user_1")).to_http_request();
    assert!(matches!(AnyToken::extract(&req).await, Ok(Auth::Authenticated(Principal::ApiKey(_)))));
    // Without a caller and without the middleware, extractors fail as always.
    let req = TestRequest::get().to_http_request();
    assert!(RequireAuth::<Session>::extract(&req).await.is_err());
    assert!(Auth::<Session>::extract(&req).await.is_err());

    let app = test::init_service(App::new().configure(routes)).await;
    let request = TestRequest::get().uri("/user").signed_in("user_1").to_request();
    assert_eq!(test::call_and_read_body(&app, request).await, "user_1");
}

/// What a builder builds is a caller too: of the application's configuration, with the same credential.
#[actix_web::test]
async fn built_credentials_are_callers() {
    for config in configurations() {
        let app = test::init_service(App::new().wrap(ClerkMiddleware::new(config)).configure(routes)).await;
        let get = |path: &str| TestRequest::get().uri(path);
        let pending = testing::session("user_1").status(SessionStatus::Pending).build();
        for (name, request, status, body) in [
            (
                "an admin",
                get("/admin").signed_in(testing::session("user_1").org_role("org:admin").build()),
                200,
                "user_1",
            ),
            ("a user", get("/admin").signed_in(testing::session("user_1").build()), 403, ""),
            ("a pending user", get("/user").signed_in(pending.clone()), 401, ""),
            ("a pending user who may", get("/pending").signed_in(pending), 200, "user_1"),
            (
                "a key",
                get("/orders").with_api_key(testing::api_key("org_1").scopes(["orders:read"]).build()),
                200,
                "org_1",
            ),
            ("a machine", get("/machine").with_m2m_token(testing::m2m_token("mch_1").build()), 200, "mch_1"),
            (
                "an application",
                get("/app").with_oauth_token(testing::oauth_token("user_1").build()),
                200,
                "client_test",
            ),
        ] {
            let response = test::call_service(&app, request.to_request()).await;
            assert_eq!(response.status().as_u16(), status, "{name}");
            if status == 200 {
                assert_eq!(test::read_body(response).await, body, "{name}");
            }
        }
    }
}

/// A built session has what its builder was told, in both versions of the claims.
#[::core::prelude::v1::test]
fn getters_return_what_setters_set() {
    let minutes = |n: u64| Duration::from_secs(n * 60);
    for version in [1, 2] {
        let session = testing::session("user_1")
            .version(version)
            .session_id("sess_2")
            .org_id("org_1")
            .org_slug("acme")
            .org_role("org:admin")
            .org_permissions(["org:posts:read", "org:posts:publish"])
            .org_features(["posts", "export"])
            .user_features(["beta", "export"])
            .org_plans(["team"])
            .user_plans(["pro"])
            .factor_verification_age(minutes(5), Some(minutes(2)))
            .actor("user_boss")
            .claim("seats", 7)
            .build();
        assert_eq!((session.user_id(), session.session_id()), ("user_1", Some("sess_2")), "version {version}");
        assert_eq!(session.status(), Some(SessionStatus::Active), "version {version}");
        assert_eq!((session.org_id(), session.org_slug()), (Some("org_1"), Some("acme")), "version {version}");
        assert_eq!(session.org_role(), Some("org:admin"), "version {version}");
        assert_eq!(session.org_permissions(), ["org:posts:read", "org:posts:publish"], "version {version}");
        assert_eq!(session.org_features(), ["posts", "export"], "version {version}");
        assert_eq!(session.user_features(), ["beta", "export"], "version {version}");
        assert_eq!((session.org_plans(), session.user_plans()), (vec!["team"], vec!["pro"]), "version {version}");
        let ages = session.factor_verification_age().unwrap();
        assert_eq!((ages.first, ages.second), (Some(minutes(5)), Some(minutes(2))), "version {version}");
        assert_eq!(session.actor().unwrap().id(), Some("user_boss"), "version {version}");
        assert_eq!(session.claims()["seats"], 7, "version {version}");
    }
    for (name, session, org_id) in [
        ("no organization", testing::session("user_1"), None),
        ("a role", testing::session("user_1").org_role("org:admin"), Some("org_test")),
        ("a slug", testing::session("user_1").org_slug("acme"), Some("org_test")),
        ("permissions", testing::session("user_1").org_permissions(["org:a:b"]), Some("org_test")),
    ] {
        assert_eq!(session.build().org_id(), org_id, "{name}");
    }
}

#[::core::prelude::v1::test]
fn what_would_be_rejected_cannot_be_built() {
    let cases: [(&str, fn()); 4] = [
        ("expired", || drop(testing::session("user_1").claim("exp", 1).build())),
        ("another class of token", || drop(testing::session("user_1").header("cat", "cl_B7d4PD222AAA").build())),
        ("a revoked key", || drop(testing::api_key("user_1").member("revoked", true).build())),
        ("a token without an owner", || drop(testing::oauth_token("user_1").without("subject").build())),
    ];
    for (name, build) in cases {
        let panic = std::panic::catch_unwind(build).expect_err(name);
        assert!(panic.downcast_ref::<String>().unwrap().contains("would be rejected"), "{name}");
    }
}

/// A header that looks like a test caller is treated as an ordinary token.
#[actix_web::test]
async fn made_up_test_tokens_are_rejected() {
    let app = App::new().wrap(ClerkMiddleware::new(testing::config())).configure(routes);
    let app = test::init_service(app).await;
    for token in ["clerk-actix-test_", "clerk-actix-test_00000000000000000000000000000000", "clerk-actix-test_\u{e9}"] {
        let request = TestRequest::get().uri("/user").insert_header(bearer(token));
        assert_eq!(test::call_service(&app, request.to_request()).await.status().as_u16(), 401, "{token}");
    }
}

/// There is nothing to call, and no key that the developer could set: the error says what to use instead.
#[actix_web::test]
async fn calls_to_clerk_say_that_there_is_no_clerk() {
    async fn handler(user: RequireAuth, clerk: ClerkClient) -> Result<String, ClerkApiError> {
        Ok(clerk.users().get(user.user_id()).await?.id)
    }
    let app = App::new().wrap(ClerkMiddleware::new(testing::config())).route("/email", web::get().to(handler));
    let app = test::init_service(app).await;
    let request = TestRequest::get().uri("/email").signed_in("user_1").to_request();
    let response = test::call_service(&app, request).await;
    assert_eq!(response.status().as_u16(), 500);
    let in_handler = response.response().error().unwrap().to_string();

    let (clerk, session) = (ClerkClient::new(testing::config()), testing::session("user_1").build());
    for (name, error) in [
        ("in a handler", in_handler),
        ("a user", clerk.users().get("user_1").await.unwrap_err().to_string()),
        ("an API key", clerk.api_keys().verify("ak_1").await.unwrap_err().to_string()),
        ("an opaque token", clerk.m2m().verify("mt_1").await.unwrap_err().to_string()),
        ("a new token", clerk.m2m().create(NewM2mToken::new()).await.unwrap_err().to_string()),
        (
            "a session token",
            session.get_token(GetTokenOptions::new().template("hasura")).await.unwrap_err().to_string(),
        ),
        ("a source", M2mTokenSource::new(testing::config(), NewM2mToken::new()).unwrap_err().to_string()),
    ] {
        assert!(error.contains("has no Clerk behind it") && error.contains("LocalClerk"), "{name}: {error}");
    }
}

/// A request's caller stays the same however often it is read, and its session outlives the test.
#[actix_web::test]
async fn sessions_do_not_run_out() {
    let req = TestRequest::get().signed_in("user_1").to_http_request();
    for _ in 0..3 {
        let session = RequireAuth::<Session>::extract(&req).await.unwrap();
        assert!(session.expires_at() > std::time::SystemTime::now());
    }
}

/// Clerk puts no system permissions into tokens, in either version of the claims.
#[actix_web::test]
async fn no_token_has_system_permissions() {
    let clerk = LocalClerk::start().unwrap();
    let app = test::init_service(App::new().wrap(ClerkMiddleware::new(clerk.config())).configure(routes)).await;
    for version in [1, 2] {
        let session = testing::session("user_1").version(version).org_role("org:admin").org_permissions([
            "org:sys_memberships:manage",
            "org:posts:read",
            "sys_domains:read",
        ]);
        let bearer = format!("Bearer {}", clerk.mint(session.clone()));
        for request in [
            test::TestRequest::get().uri("/auth").signed_in(session),
            test::TestRequest::get().uri("/auth").insert_header(("Authorization", bearer)),
        ] {
            let auth: serde_json::Value = test::call_and_read_body_json(&app, request.to_request()).await;
            assert_eq!(auth["orgPermissions"], serde_json::json!(["org:posts:read"]), "version {version}");
        }
    }
}
