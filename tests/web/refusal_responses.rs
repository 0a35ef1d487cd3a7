//! The responses to rejected requests, and how an application replaces them with its own.

use actix_web::{
    App, HttpResponse,
    error::{ErrorNotFound, InternalError},
    middleware::DefaultHeaders,
    test, web,
};
use clerk_actix::{
    ApiKey, Auth, AuthConfig, AuthError, ClerkMiddleware, RequireAuth, require_auth,
    testing::{self, Behavior, Endpoint, SessionBuilder},
};
use serde_json::json;

use crate::support::{get, local_clerk, routes, send, server, servers::serve};

fn in_other_words(clerk: ClerkMiddleware) -> ClerkMiddleware {
    clerk.error_handler(|error, req| {
        let body = format!("{} at {}", error.unauthenticated().unwrap().reason(), req.path());
        InternalError::from_response(error, HttpResponse::ImATeapot().body(body)).into()
    })
}

#[actix_web::test]
async fn one_function_answers_every_refusal() {
    let clerk = local_clerk();
    let middleware = in_other_words(ClerkMiddleware::new(clerk.config()));
    let server = serve(move || App::new().wrap(middleware.clone()).configure(routes));
    for path in ["/require", "/require-pending", "/json", "/require-in-handler"] {
        let answer = send(server.get(path)).await;
        assert_eq!(answer.status, 418);
        assert_eq!(answer.body, format!("session-token-and-uat-missing at {path}"));
        assert_eq!(answer.header("www-authenticate"), None, "{path}");
        assert_eq!(answer.reason(), Some("session-token-and-uat-missing"), "{path}");
    }
    let navigation = send(server.get("/require").insert_header(("Sec-Fetch-Dest", "document"))).await;
    assert_eq!((navigation.status, navigation.header("location")), (418, None), "no redirect either");
    assert_eq!(send(server.get("/public")).await.status, 200);
    assert_eq!(send(server.get("/result")).await.body, "not authenticated (session-token-and-uat-missing)");
}

/// Error texts end up in response bodies, in the application's own wording or through `?`. They quote nothing of the
/// token.
#[actix_web::test]
async fn errors_in_words_say_nothing_that_the_request_said() {
    const SAID: &str = "<script>alert(1)</script>";
    let clerk = local_clerk();
    let server = server(clerk.config_builder().authorized_parties(["https://app.example.com"]).build().unwrap());
    let of = |session: SessionBuilder| clerk.mint(session);
    let builder = || testing::session("user_1").claim("azp", "https://app.example.com");
    for (name, token, reason) in [
        ("a key of that name", of(builder().header("kid", SAID)), "jwk-kid-mismatch"),
        ("an algorithm", of(builder().header("alg", SAID)), "token-invalid-algorithm"),
        ("a type", of(builder().header("typ", SAID)), "token-invalid"),
        ("another application", of(builder().claim("azp", SAID)), "token-invalid-authorized-parties"),
        ("a date", of(builder().claim("exp", SAID)), "token-verification-failed"),
        ("a subject", of(builder().claim("sub", json!([SAID]))), "token-verification-failed"),
        ("no token at all", SAID.to_owned(), "token-invalid"),
    ] {
        let answer = get(&server, "/result", &token).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (418, format!("not authenticated ({reason})").as_str()),
            "{name}"
        );
        assert!(!get(&server, "/require", &token).await.body.contains("script"), "{name}");
    }
}

/// No client learns the address of Clerk's API as this server knows it.
#[actix_web::test]
async fn no_response_says_where_clerks_api_is() {
    for behavior in [
        Behavior::Status(500),
        Behavior::Status(404),
        Behavior::Status(401),
        Behavior::TooManyRequests(std::time::Duration::from_secs(30)),
        Behavior::Html,
        Behavior::CutShort,
        Behavior::TooLarge,
        Behavior::Redirect("http://127.0.0.1:9/".to_owned()),
    ] {
        let clerk = local_clerk();
        clerk.behave(Endpoint::Jwks, behavior.clone());
        let server = server(clerk.config());
        let answer = get(&server, "/require", &clerk.session_token("user_1")).await;
        let message = answer.header("x-clerk-auth-message").unwrap();
        assert_eq!(answer.status, 503, "{behavior:?}");
        let address = clerk.api_url();
        for told in [message, &answer.body] {
            assert!(!told.contains(&address) && !told.contains("127.0.0.1"), "{behavior:?}: {told}");
        }
        let told = get(&server, "/result", &clerk.session_token("user_1")).await.body;
        assert_eq!(told, "authentication is unavailable (jwk-remote-failed-to-load)", "{behavior:?}");
    }
}

#[actix_web::test]
async fn the_nearest_function_counts() {
    let clerk = local_clerk();
    let middleware = in_other_words(ClerkMiddleware::new(clerk.config()));
    let hidden = || AuthConfig::new().error_handler(|_, _| ErrorNotFound("nothing here"));
    let as_it_is = || AuthConfig::new().error_handler(|error, _| error.into());
    let whoami = async |user: RequireAuth| user.user_id().to_owned();
    let app = test::init_service(
        App::new()
            .app_data(hidden())
            .service(web::resource("/of-the-app").route(web::get().to(whoami)))
            .service(
                web::scope("/scope")
                    .app_data(as_it_is())
                    .service(web::resource("/resource").app_data(hidden()).route(web::get().to(whoami)))
                    .route("/inherited", web::get().to(whoami)),
            )
            .service(web::resource("/silent").app_data(AuthConfig::new()).route(web::get().to(whoami)))
            .wrap(DefaultHeaders::new().add(("x-inner", "kept")))
            .wrap(middleware),
    )
    .await;
    for (path, status) in [("/of-the-app", 404), ("/scope/resource", 404), ("/scope/inherited", 401), ("/silent", 418)]
    {
        let response = test::call_service(&app, test::TestRequest::get().uri(path).to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{path}");
        assert_eq!(response.headers().get("x-inner").unwrap(), "kept", "{path}");
        let has_challenge = response.headers().contains_key("www-authenticate");
        assert_eq!(has_challenge, status == 401, "{path}");
    }
}

#[actix_web::test]
async fn a_scope_for_users_alone() {
    let clerk = local_clerk();
    let app = test::init_service(
        App::new()
            .service(
                web::scope("/account")
                    .wrap(require_auth())
                    .route("", web::get().to(async |auth: Auth| auth.user_id().unwrap().to_owned()))
                    .route("/form", web::post().to(async |body: String| body)),
            )
            .service(web::resource("/page").wrap(require_auth()).route(web::get().to(async || HttpResponse::Ok())))
            .wrap(ClerkMiddleware::new(clerk.config())),
    )
    .await;
    let token = format!("Bearer {}", clerk.session_token("user_1"));
    let signed_in = |request: test::TestRequest| request.insert_header(("Authorization", token.clone()));
    use test::TestRequest;
    for (name, request, status) in [
        ("a stranger", TestRequest::get().uri("/account"), 401),
        ("a stranger's form", TestRequest::post().uri("/account/form").set_payload("x"), 401),
        ("a stranger at nothing", TestRequest::get().uri("/account/none"), 401),
        ("a stranger's preflight", TestRequest::with_uri("/account").method(actix_web::http::Method::OPTIONS), 401),
        ("a stranger's visit", TestRequest::get().uri("/page").insert_header(("Sec-Fetch-Dest", "document")), 302),
        ("a user", signed_in(TestRequest::get().uri("/account")), 200),
        ("a user's form", signed_in(TestRequest::post().uri("/account/form").set_payload("x")), 200),
        ("a user at nothing", signed_in(TestRequest::get().uri("/account/none")), 404),
        ("a user's visit", signed_in(TestRequest::get().uri("/page")), 200),
    ] {
        let response = test::call_service(&app, request.to_request()).await;
        assert_eq!(response.status().as_u16(), status, "{name}");
    }
}

#[actix_web::test]
async fn a_scope_without_the_middleware_is_closed() {
    let app = test::init_service(
        App::new().service(web::scope("/account").wrap(require_auth()).route("", web::get().to(async || "in"))),
    )
    .await;
    let response = test::call_service(&app, test::TestRequest::get().uri("/account").to_request()).await;
    assert_eq!(response.status().as_u16(), 500);
}

/// Signing in would not help when a key is required.
#[actix_web::test]
async fn a_visit_is_sent_to_sign_in_only_where_a_session_would_do() {
    let clerk = local_clerk();
    let app = test::init_service(
        App::new()
            .route("/key", web::get().to(async |key: RequireAuth<ApiKey>| key.id().to_owned()))
            .route("/either", web::get().to(async |_: RequireAuth<actix_web::Either<ApiKey, clerk_actix::Session>>| ""))
            .wrap(ClerkMiddleware::new(clerk.config())),
    )
    .await;
    for (path, status) in [("/key", 401), ("/either", 302)] {
        let request = test::TestRequest::get().uri(path).insert_header(("Sec-Fetch-Dest", "document"));
        assert_eq!(test::call_service(&app, request.to_request()).await.status().as_u16(), status, "{path}");
    }
}

#[actix_web::test]
async fn a_refusal_can_travel() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<AuthError>();
}

/// Callers of every sort get the same response, with the same headers, as for a path that does not exist.
#[actix_web::test]
async fn a_hidden_route_cannot_be_told_from_a_path_that_does_not_exist() {
    use actix_web::{App, http::header::HeaderMap, web};
    use clerk_actix::{
        ApiKey, AuthConfig, ClerkMiddleware, Either, RequireAuth, Session, require,
        testing::{self, Behavior, Endpoint},
    };

    use crate::support::{Admin, bearer, local_clerk, send, servers::serve};

    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config_builder().backend_api_rate_limit(10).build().unwrap());
    let server = serve(move || {
        let hidden = || AuthConfig::not_found();
        App::new()
            .service(
                web::scope("/admin")
                    .app_data(hidden())
                    .wrap(require::<Admin>())
                    .route("", web::get().to(async || "in")),
            )
            .service(
                web::scope("/key").app_data(hidden()).route("", web::get().to(async |_: RequireAuth<ApiKey>| "in")),
            )
            .service(
                web::scope("/either")
                    .app_data(hidden())
                    .route("", web::get().to(async |_: RequireAuth<Either<Session, ApiKey>>| "in")),
            )
            .wrap(middleware.clone())
    });
    let user = clerk.mint(testing::session("user_1"));
    let key = clerk.mint(testing::api_key("user_1"));
    let revoked = clerk.mint(testing::api_key("user_2"));
    clerk.revoke(&revoked);
    let headers_of = |headers: &HeaderMap| {
        let mut all: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
        all.retain(|line| !line.starts_with("date:"));
        all.sort();
        all
    };
    let unknown: Vec<_> = (0..30).map(|n| format!("ak_{n:032}")).collect();
    let mut callers: Vec<(String, Option<String>)> = vec![
        ("nobody".to_owned(), None),
        ("a user".to_owned(), Some(user)),
        ("an API key".to_owned(), Some(key)),
        ("a revoked API key".to_owned(), Some(revoked)),
        ("garbage".to_owned(), Some("a.b.c".to_owned())),
        ("a machine".to_owned(), Some(clerk.mint(testing::m2m_token("mch_1")))),
        ("a machine's JWT".to_owned(), Some(clerk.mint(testing::m2m_token("mch_1").jwt()))),
    ];
    // So many that calls to Clerk about unknown keys are used up.
    callers.extend(unknown.into_iter().map(|key| (format!("the unknown {key}"), Some(key))));
    for (number, (name, token)) in callers.into_iter().enumerate() {
        if number == 20 {
            clerk.behave(Endpoint::VerifyApiKey, Behavior::Status(500));
        }
        let get = |path: &str| match &token {
            Some(token) => server.get(path).insert_header(bearer(token)),
            None => server.get(path),
        };
        let nowhere = send(get("/nowhere")).await;
        for path in ["/admin", "/key", "/either"] {
            let hidden = send(get(path)).await;
            // Those who may enter do.
            if hidden.status == 200 {
                assert!(matches!(&*name, "a user" | "an API key"), "{name}: {path}");
                continue;
            }
            assert_eq!(hidden.status, nowhere.status, "{name}: {path}");
            assert_eq!(headers_of(&hidden.headers), headers_of(&nowhere.headers), "{name}: {path}");
            assert_eq!(hidden.body, nowhere.body, "{name}: {path}");
        }
    }
}
