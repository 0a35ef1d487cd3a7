//! Each extractor in a handler's signature and its effect on requests, over HTTP against a `LocalClerk`.

use std::time::Duration;

use actix_web::{App, test, web};
use clerk_actix::{Auth, AuthError, ClerkExt, ClerkMiddleware, Reason, RequireAuth, SessionStatus, testing};
use serde_json::{Value, json};

use crate::support::{bearer, get, local_clerk, routes, send, server, servers::serve};

#[actix_web::test]
async fn signed_in() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let token = clerk.session_token("user_1");
    for path in ["/require", "/require-pending", "/option", "/result", "/require-in-handler", "/req-data"] {
        let answer = get(&server, path, &token).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "user_1"), "{path}");
        assert!(answer.headers.iter().all(|(name, _)| !name.as_str().starts_with("x-clerk-")), "{path}");
    }
    for path in ["/auth", "/json", "/pending", "/any", "/either", "/ext"] {
        let answer = get(&server, path, &token).await;
        assert_eq!(answer.json()["userId"], "user_1", "{path}");
    }
}

#[actix_web::test]
async fn signed_out() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    for path in ["/require", "/require-pending", "/json", "/require-in-handler"] {
        let answer = send(server.get(path)).await;
        assert_eq!(answer.status, 401, "{path}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
        let expected = json!({ "errors": [{ "code": "session-token-and-uat-missing", "message": "Authentication is required." }] });
        assert_eq!(answer.json(), expected, "{path}");
    }
    for path in ["/auth", "/any", "/pending", "/either", "/ext"] {
        let answer = send(server.get(path)).await;
        assert_eq!((answer.status, &answer.json()["isAuthenticated"]), (200, &json!(false)), "{path}");
    }
    assert_eq!(send(server.get("/option")).await.body, "signed out");
    let result = send(server.get("/result")).await;
    assert_eq!((result.status, result.body.as_str()), (418, "not authenticated (session-token-and-uat-missing)"));
    assert_eq!(send(server.get("/req-data")).await.status, 500, "ReqData has nothing to give");
    assert_eq!(send(server.get("/public")).await.status, 200);
}

#[actix_web::test]
async fn debug_headers_say_why() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let answer = send(server.get("/public")).await;
    assert_eq!(answer.header("x-clerk-auth-status"), Some("signed-out"));
    assert_eq!(answer.reason(), Some("session-token-and-uat-missing"));
    assert_eq!(answer.header("x-clerk-auth-message"), None, "there is no more to say");

    let answer = get(&server, "/public", "a.b").await;
    assert_eq!(answer.reason(), Some("token-invalid"));
    let message = "Invalid JWT form. A JWT consists of three parts separated by dots. (reason=token-invalid, token-carrier=header)";
    assert_eq!(answer.header("x-clerk-auth-message"), Some(message));

    // Token contents are quoted, but never in a header that they would break or bloat.
    for kid in ["line\r\nSet-Cookie: x=1".to_owned(), "\0".to_owned(), "\u{1F600}".to_owned(), "x".repeat(4000)] {
        let token = clerk.mint(testing::session("user_1").header("kid", kid));
        let answer = get(&server, "/public", &token).await;
        assert_eq!((answer.status, answer.reason()), (200, Some("jwk-kid-mismatch")));
        assert_eq!(answer.header("x-clerk-auth-message"), None);
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[actix_web::test]
async fn tokens_and_carriers() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let good = clerk.session_token("user_1");
    let other = clerk.session_token("user_2");
    let expired = clerk.mint(testing::session("user_1").claim("exp", 1));
    let cookie = |token: &str| ("Cookie", format!("a=1; __client_uat=1; __session={token}; b=2"));
    for (name, headers, status, reason) in [
        ("in the header", vec![bearer(&good)], 200, None),
        ("without a scheme", vec![("Authorization", good.clone())], 200, None),
        ("scheme in lower case", vec![("Authorization", format!("bearer {good}"))], 200, None),
        ("in the cookie", vec![cookie(&good)], 200, None),
        ("in both: the header's counts", vec![bearer("x.y.z"), cookie(&good)], 401, Some("token-invalid")),
        ("another scheme and the cookie", vec![("Authorization", "Basic dTpw".into()), cookie(&good)], 200, None),
        ("no token and the cookie", vec![("Authorization", "Bearer".into()), cookie(&good)], 200, None),
        ("an API key", vec![bearer("ak_123")], 401, Some("token-type-mismatch")),
        ("an M2M token", vec![bearer("mt_123")], 401, Some("token-type-mismatch")),
        ("an OAuth token", vec![bearer("oat_123")], 401, Some("token-type-mismatch")),
        ("an API key in the cookie", vec![cookie("ak_123")], 401, Some("token-invalid")),
        ("expired", vec![bearer(&expired)], 401, Some("session-token-expired-refresh-non-eligible-no-refresh-cookie")),
    ] {
        let request = headers.into_iter().fold(server.get("/require"), |request, header| request.insert_header(header));
        let answer = send(request).await;
        assert_eq!((answer.status, answer.reason()), (status, reason), "{name}");
    }
    let answer = send(server.get("/require").insert_header(bearer(&good)).insert_header(cookie(&other))).await;
    assert_eq!(answer.body, "user_1");
    let answer = send(server.post("/require").insert_header(bearer(&expired))).await;
    assert_eq!(answer.reason(), Some("session-token-expired-refresh-non-eligible-non-get"));
}

#[actix_web::test]
async fn a_session_ends_with_its_token() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let token = clerk.mint(testing::session("user_1").lifetime(Duration::from_secs(60)));
    clerk.clock().advance(Duration::from_secs(64));
    assert_eq!(get(&server, "/require", &token).await.status, 200, "within the skew of five seconds");
    clerk.clock().advance(Duration::from_secs(1));
    assert_eq!(get(&server, "/require", &token).await.status, 401);
}

#[actix_web::test]
async fn navigations_are_sent_to_sign_in() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let here = server.url("/require?a=b&c");
    let document = ("Sec-Fetch-Dest", "document");
    let answer = send(server.get("/require?a=b&c").insert_header(document)).await;
    assert_eq!(answer.status, 302);
    let location = url::Url::parse(answer.header("location").unwrap()).unwrap();
    assert_eq!(location.as_str().split('?').next(), Some(clerk.sign_in_url().as_str()));
    assert_eq!(location.query_pairs().next(), Some(("redirect_url".into(), here.into())));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-clerk-auth-status"), Some("signed-out"));

    let fetch = ("Sec-Fetch-Dest", "empty");
    for (name, request, status) in [
        ("an iframe", server.get("/require").insert_header(("Sec-Fetch-Dest", "iframe")), 302),
        ("an old browser", server.get("/require").insert_header(("Accept", "text/html")), 302),
        ("a fetch", server.get("/require").insert_header(fetch).insert_header(("Accept", "text/html")), 401),
        ("a client that says nothing", server.get("/require"), 401),
        ("a form", server.post("/require").insert_header(document), 401),
        ("a page that only asks who is there", server.get("/auth").insert_header(document), 200),
    ] {
        assert_eq!(send(request).await.status, status, "{name}");
    }
}

#[actix_web::test]
async fn pending_sessions_count_where_they_are_asked_for() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let token = clerk.mint(testing::session("user_1").status(SessionStatus::Pending));
    let refused = get(&server, "/require", &token).await;
    assert_eq!((refused.status, &refused.json()["errors"][0]["code"]), (401, &json!("session-pending")));
    let auth = get(&server, "/auth", &token).await.json();
    assert_eq!(
        (&auth["isAuthenticated"], &auth["userId"], &auth["sessionStatus"]),
        (&json!(false), &Value::Null, &json!("pending"))
    );
    assert_eq!(
        get(&server, "/req-data", &token).await.status,
        500,
        "no session for those who did not ask for pending ones"
    );
    assert_eq!(get(&server, "/require-pending", &token).await.body, "user_1");
    assert_eq!(get(&server, "/either", &token).await.json()["userId"], "user_1");
    assert_eq!(get(&server, "/pending", &token).await.json()["sessionStatus"], "pending");
}

#[actix_web::test]
async fn json_is_that_of_clerks_auth_object() {
    let clerk = local_clerk();
    let server = server(clerk.config());
    let describe = || {
        testing::session("user_1")
            .session_id("sess_1")
            .org_id("org_1")
            .org_slug("acme")
            .org_role("org:admin")
            .org_permissions(["org:posts:read", "org:posts:publish", "org:billing:read"])
            .factor_verification_age(Duration::from_secs(5 * 60), Some(Duration::from_secs(2 * 60)))
            .actor("user_boss")
            .claim("newsletter", true)
    };
    for version in [1, 2] {
        let mut found = get(&server, "/auth", &clerk.mint(describe().version(version))).await.json();
        let claims = found["sessionClaims"].take();
        assert_eq!((&claims["sub"], &claims["newsletter"]), (&json!("user_1"), &json!(true)), "version {version}");
        let expected = json!({
            "tokenType": "session_token",
            "isAuthenticated": true,
            "userId": "user_1",
            "sessionId": "sess_1",
            "sessionStatus": "active",
            "sessionClaims": null,
            "actor": { "sub": "user_boss" },
            "orgId": "org_1",
            "orgRole": "org:admin",
            "orgSlug": "acme",
            "orgPermissions": ["org:posts:read", "org:posts:publish", "org:billing:read"],
            "factorVerificationAge": [5, 2],
        });
        assert_eq!(found, expected, "version {version}");
    }

    let bare = clerk.mint(testing::session("user_1").without("sid").without("sts").without("fva"));
    let mut found = get(&server, "/auth", &bare).await.json();
    found["sessionClaims"].take();
    let expected = json!({
        "tokenType": "session_token", "isAuthenticated": true, "userId": "user_1", "sessionStatus": null,
        "sessionClaims": null, "factorVerificationAge": null,
    });
    assert_eq!(found, expected, "what a token lacks is left out");

    let expected = json!({
        "tokenType": "session_token", "isAuthenticated": false, "userId": null, "sessionId": null,
        "sessionStatus": null, "sessionClaims": null, "actor": null, "orgId": null, "orgRole": null, "orgSlug": null,
        "orgPermissions": null, "factorVerificationAge": null,
    });
    assert_eq!(send(server.get("/auth")).await.json(), expected);
    assert_eq!(send(server.get("/any")).await.json(), expected);
}

#[actix_web::test]
async fn a_session_says_what_its_token_says() {
    #[derive(serde::Deserialize)]
    struct Custom {
        plan_name: String,
        seats: u32,
    }
    let clerk = local_clerk();
    let describe = testing::session("user_1")
        .org_features(["dashboard", "export"])
        .user_features(["beta", "export"])
        .org_plans(["team"])
        .user_plans(["pro"])
        .org_role("admin")
        .claim("plan_name", "gold")
        .claim("seats", 7);
    let app = test::init_service(App::new().wrap(ClerkMiddleware::new(clerk.config())).route(
        "/",
        web::get().to(async |user: RequireAuth| {
            assert_eq!(user.org_features(), ["dashboard", "export"]);
            assert_eq!(user.user_features(), ["beta", "export"]);
            assert_eq!((user.org_plans(), user.user_plans()), (vec!["team"], vec!["pro"]));
            assert_eq!((user.org_id(), user.org_role()), (Some("org_test"), Some("org:admin")));
            let ages = user.factor_verification_age().unwrap();
            assert_eq!((ages.first, ages.second), (Some(Duration::ZERO), None));
            assert!(user.actor().is_none());
            let custom: Custom = user.claims_as().unwrap();
            assert_eq!((custom.plan_name.as_str(), custom.seats), ("gold", 7));
            assert!(user.claims_as::<Vec<u8>>().is_err());
            user.raw_token().to_owned()
        }),
    ))
    .await;
    let token = clerk.mint(describe);
    let request = test::TestRequest::get().insert_header(bearer(&token));
    assert_eq!(test::call_and_read_body(&app, request.to_request()).await, token);
}

#[actix_web::test]
async fn without_the_middleware_it_is_500_and_says_nothing() {
    let server = serve(|| App::new().configure(routes));
    for path in ["/auth", "/require", "/any", "/pending"] {
        let answer = send(server.get(path).insert_header(("Sec-Fetch-Dest", "document"))).await;
        assert_eq!((answer.status, answer.body.as_str()), (500, ""), "{path}");
    }
    assert_eq!(send(server.get("/ext")).await.json()["isAuthenticated"], false);
    assert_eq!(send(server.get("/option")).await.body, "signed out");

    let request = test::TestRequest::get().to_http_request();
    let auth = request.auth();
    assert_eq!(auth.unauthenticated().unwrap().reason(), &Reason::MiddlewareMissing);
    assert!(matches!(auth.require(&request), Err(AuthError::MiddlewareMissing)));
}

#[actix_web::test]
async fn wraps_of_scopes_and_resources() {
    let clerk = local_clerk();
    let (config, other) = (clerk.config(), local_clerk());
    let whoami = async |auth: Auth| auth.user_id().unwrap_or("signed out").to_owned();
    let middleware = ClerkMiddleware::new(config);
    let of_another = ClerkMiddleware::new(other.config());
    let app = test::init_service(
        App::new()
            .service(web::scope("/scope").wrap(middleware.clone()).route("/me", web::get().to(whoami)))
            .service(web::resource("/resource").wrap(middleware.clone()).route(web::get().to(whoami)))
            .service(
                web::scope("/nested")
                    .wrap(middleware.clone())
                    .service(web::scope("/same").wrap(middleware.clone()).route("/me", web::get().to(whoami)))
                    .service(web::scope("/other").wrap(of_another).route("/me", web::get().to(whoami))),
            )
            .route("/outside", web::get().to(whoami)),
    )
    .await;
    let mine = clerk.session_token("user_1");
    let others = other.session_token("user_1");
    for (path, token, status, body) in [
        ("/scope/me", &mine, 200, "user_1"),
        ("/resource", &mine, 200, "user_1"),
        ("/nested/same/me", &mine, 200, "user_1"),
        ("/nested/other/me", &mine, 200, "signed out"),
        ("/nested/other/me", &others, 200, "user_1"),
        ("/nested/same/me", &others, 200, "signed out"),
        ("/outside", &mine, 500, ""),
    ] {
        let request = test::TestRequest::get().uri(path).insert_header(bearer(token));
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        let says = response.headers().get_all("x-clerk-auth-status").count();
        assert_eq!(says, usize::from(body == "signed out"), "{path}: the headers are of the instance that decided");
        assert_eq!(test::read_body(response).await, body, "{path}");
    }
}

/// Applications other than web pages have their own names. A non-ASCII host is accepted in both of its forms.
#[actix_web::test]
async fn an_authorized_party_is_compared_as_text() {
    let clerk = local_clerk();
    let parties = [
        "https://app.example.com",
        "tauri://localhost",
        "file://",
        "null",
        "com.example.app",
        "https://bücher.example",
    ];
    let server = server(clerk.config_builder().authorized_parties(parties).build().unwrap());
    for (azp, expected) in [
        ("https://app.example.com", 200),
        ("tauri://localhost", 200),
        ("file://", 200),
        ("null", 200),
        ("com.example.app", 200),
        ("https://bücher.example", 200),
        ("https://xn--bcher-kva.example", 200),
        ("https://APP.example.com", 401),
        ("http://app.example.com", 401),
        ("https://app.example.com/", 401),
        ("https://app.example.com.evil.example", 401),
        ("tauri://localhost/", 401),
        ("tauri://", 401),
        ("file:///", 401),
        ("com.example.app.evil", 401),
        ("NULL", 401),
        ("", 401),
    ] {
        let token = clerk.mint(testing::session("user_1").claim("azp", azp));
        assert_eq!(get(&server, "/require", &token).await.status, expected, "{azp:?}");
    }
}
