//! OAuth resource servers: the metadata of `ProtectedResource`, and what rejected requests below one are told.

use actix_test::TestServer;
use actix_web::{
    App, Error, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    error::InternalError,
    http::Method,
    middleware::{Next, from_fn},
    web::{self, Data, ServiceConfig},
};
use clerk_actix::{
    ApiKey, Auth, AuthConfig, AuthError, Authorized, Check, ClerkMiddleware, Either, OAuthToken, Policy, Principal,
    ProtectedResource, RequireAuth, Session, require, require_auth,
    testing::{self, Endpoint, LocalClerk},
};
use serde_json::json;

use crate::support::{Answer, bearer, get, local_clerk, send, servers::serve};

const FILES: &str = "https://api.example.com/files";
const AT_FILES: &str = r#"resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/files""#;

struct Write;
impl Policy for Write {
    const REQUIRES: Check = Check::new().scope("files:write");
}

fn files() -> ProtectedResource {
    ProtectedResource::new(FILES).unwrap().scopes(["files:read", "files:write"]).unwrap()
}

fn routes(app: &mut ServiceConfig) {
    app.route("/any", web::get().to(async |_: RequireAuth<Principal>| "any"))
        .route("/app", web::get().to(async |app: RequireAuth<OAuthToken>| app.user_id().to_owned()))
        .route("/write", web::get().to(async |_: Authorized<Write, OAuthToken>| "written"))
        .route("/either", web::get().to(async |_: RequireAuth<Either<Session, OAuthToken>>| "either"))
        .route("/key", web::get().to(async |_: RequireAuth<ApiKey>| "key"))
        .route("/optional", web::get().to(async |auth: Auth<OAuthToken>| auth.is_authenticated().to_string()))
        .route("/own", web::get().to(async || HttpResponse::Unauthorized().finish()))
        .route("/own-403", web::get().to(async || HttpResponse::Forbidden().finish()))
        .route("/forbidden", web::get().to(async || Err::<String, _>(AuthError::forbidden())))
        .route("/in-handler", web::get().to(in_handler))
        .route("/public", web::get().to(async || "public"));
}

async fn in_handler(auth: Auth<OAuthToken>, req: HttpRequest) -> Result<String, AuthError> {
    Ok(auth.require(&req)?.user_id().to_owned())
}

/// Middleware that fails with an error, so that the request is gone.
async fn fail<B: MessageBody>(mut req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    req.extract::<RequireAuth<OAuthToken>>().await?;
    next.call(req).await
}

fn server(clerk: &LocalClerk, resource: ProtectedResource) -> TestServer {
    let clerk = ClerkMiddleware::new(clerk.config());
    serve(move || {
        App::new()
            .service(resource.clone())
            .service(web::scope("/files").configure(routes).wrap(resource.clone()))
            .configure(routes)
            .wrap(clerk.clone())
    })
}

fn challenge(answer: &Answer) -> &str {
    answer.header("www-authenticate").unwrap_or_default()
}

#[actix_web::test]
async fn metadata_is_at_the_well_known_path_of_each_resource() {
    let clerk = local_clerk();
    let config = clerk.config_builder().public_origin("https://app.example.com").base_path("/app").build().unwrap();
    let resources = [
        ProtectedResource::new("https://api.example.com").unwrap(),
        files().name("Files").documentation("https://docs.example.com/files").unwrap(),
        ProtectedResource::new("https://api.example.com/v1/{id}".replace("{id}", "%7Bid%7D")).unwrap(),
        ProtectedResource::new("https://api.example.com/v1/caf%C3%A9/").unwrap(),
        ProtectedResource::at_path(&config, "/mcp").unwrap(),
    ];
    let middleware = ClerkMiddleware::new(config.clone());
    let server = serve(move || App::new().service(Vec::from(resources.clone())).wrap(middleware.clone()));
    let issuer = clerk.frontend_api_url();
    let plain = |resource: &str| json!({ "resource": resource, "authorization_servers": [issuer], "bearer_methods_supported": ["header"] });
    for (path, expected) in [
        ("", plain("https://api.example.com")),
        (
            "/files",
            json!({
                "resource": FILES,
                "authorization_servers": [issuer],
                "scopes_supported": ["files:read", "files:write"],
                "bearer_methods_supported": ["header"],
                "resource_name": "Files",
                "resource_documentation": "https://docs.example.com/files",
            }),
        ),
        ("/v1/%7Bid%7D", plain("https://api.example.com/v1/%7Bid%7D")),
        ("/v1/caf%C3%A9/", plain("https://api.example.com/v1/caf%C3%A9/")),
        ("/app/mcp", plain("https://app.example.com/app/mcp")),
    ] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        let answer = get(&server, &path, "").await;
        assert_eq!((answer.status, answer.json()), (200, expected), "{path}");
        assert_eq!(answer.header("content-type"), Some("application/json"), "{path}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{path}");
        assert_eq!(answer.header("cache-control"), Some("max-age=3600"), "{path}");
    }
    for path in ["/", "/mcp", "/files/", "/files/a", "/FILES", "/v1/x", "/v1/caf", "files", "/app/mcp/../mcp"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        assert_eq!(get(&server, &path, "").await.status, 404, "{path}");
    }
}

#[actix_web::test]
async fn metadata_can_be_read_by_scripts_of_any_origin() {
    let clerk = local_clerk();
    let server = server(&clerk, files());
    let url = server.url("/.well-known/oauth-protected-resource/files");
    for (method, status) in [
        (Method::GET, 200),
        (Method::HEAD, 200),
        (Method::OPTIONS, 204),
        (Method::POST, 405),
        (Method::DELETE, 405),
        (Method::TRACE, 405),
    ] {
        let client = awc::Client::default();
        let request = client.request(method.clone(), &url).insert_header(("Origin", "https://inspector.example"));
        let answer = send(request).await;
        assert_eq!(answer.status, status, "{method}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{method}");
        let (preflight, allow) = (answer.header("access-control-allow-methods"), answer.header("allow"));
        let methods = Some("GET, HEAD, OPTIONS");
        assert_eq!(preflight, methods.filter(|_| status == 204), "{method}");
        assert_eq!(allow, methods.filter(|_| status == 405), "{method}");
    }
}

/// With a bad token, too: the metadata is where its owner learns how to get a better one.
#[actix_web::test]
async fn metadata_needs_no_credentials_and_no_call_to_clerk() {
    let clerk = local_clerk();
    let server = server(&clerk, files());
    for token in ["", "oat_0", "eyJ", "ak_0"] {
        assert_eq!(get(&server, "/.well-known/oauth-protected-resource/files", token).await.status, 200, "{token}");
    }
    assert_eq!(clerk.calls(Endpoint::VerifyOAuthToken), 0);
}

#[actix_web::test]
async fn the_instance_comes_from_the_middleware_or_from_data() {
    let clerk = local_clerk();
    let config = clerk.config();
    let with_data = {
        let config = config.clone();
        serve(move || App::new().app_data(Data::new(config.clone())).service(files()))
    };
    let without = serve(|| App::new().service(files()));
    let path = "/.well-known/oauth-protected-resource/files";
    let issuer = clerk.frontend_api_url();
    assert_eq!(get(&with_data, path, "").await.json()["authorization_servers"], json!([issuer]));
    assert_eq!(get(&without, path, "").await.status, 500);
}

#[actix_web::test]
async fn rejected_requests_and_their_challenges() {
    let clerk = local_clerk();
    let server = server(&clerk, files());
    let (reader, session) =
        (clerk.mint(testing::oauth_token("user_1").scopes(["files:read"])), clerk.session_token("user_1"));
    let reader_jwt = clerk.mint(testing::oauth_token("user_1").scopes(["files:read"]).jwt());
    let key = clerk.mint(testing::api_key("user_1"));
    let revoked = clerk.mint(testing::oauth_token("user_1"));
    clerk.revoke(&revoked);
    let scope = r#"scope="files:read files:write""#;
    let (none, bad) =
        (format!("Bearer {AT_FILES}, {scope}"), format!(r#"Bearer error="invalid_token", {AT_FILES}, {scope}"#));
    let write = format!(r#"Bearer error="insufficient_scope", scope="files:read files:write", {AT_FILES}"#);
    for (path, token, status, expected) in [
        ("/files/app", "", 401, none.as_str()),
        ("/files/app", "oat_00000000000000000000000000000000", 401, &bad),
        ("/files/app", &revoked, 401, &bad),
        ("/files/app", "eyJ", 401, &bad),
        ("/files/app", &format!("{reader_jwt}x"), 401, &bad),
        ("/files/app", &session, 401, &bad),
        ("/files/app", &key, 401, &bad),
        ("/files/any", "", 401, &none),
        ("/files/either", "", 401, &none),
        ("/files/in-handler", "", 401, &none),
        ("/files/in-handler", "oat_00000000000000000000000000000000", 401, &bad),
        ("/files/write", "", 401, &none),
        ("/files/write", &reader, 403, &write),
        ("/files/write", &reader_jwt, 403, &write),
        // Responses that are not this crate's, or that no other token would change.
        ("/files/own", "", 401, ""),
        ("/files/own-403", "", 403, ""),
        ("/files/forbidden", &reader, 403, ""),
        ("/files/none", "", 404, ""),
        ("/files/public", "", 200, ""),
        ("/files/app", &reader, 200, ""),
        ("/files/app", &reader_jwt, 200, ""),
        // Outside of the resource.
        ("/app", "", 401, "Bearer"),
        ("/app", "eyJ", 401, r#"Bearer error="invalid_token""#),
        ("/write", &reader, 403, r#"Bearer error="insufficient_scope", scope="files:write""#),
    ] {
        let answer = get(&server, path, token).await;
        assert_eq!((answer.status, challenge(&answer)), (status, expected), "{path} {token}");
        let exposed = answer.header("access-control-expose-headers");
        let is_completed = expected.contains("resource_metadata");
        assert_eq!(exposed, is_completed.then_some("WWW-Authenticate"), "{path} {token}");
    }
}

/// A header without a token crashes other servers.
#[actix_web::test]
async fn authorization_headers_without_a_token() {
    let clerk = local_clerk();
    let server = server(&clerk, files());
    for value in ["", "Bearer", "Bearer ", "bearer", "Basic", "Basic YTpi", "Bearer  ", ",", "oat_1"] {
        let answer = send(server.get("/files/app").insert_header(("Authorization", value))).await;
        assert_eq!(answer.status, 401, "{value:?}");
        assert!(challenge(&answer).contains(AT_FILES), "{value:?}: {}", challenge(&answer));
    }
}

/// An outage is not a reason to get another token.
#[actix_web::test]
async fn outages_have_no_challenge() {
    let clerk = local_clerk();
    let server = server(&clerk, files().require_audience());
    let token = clerk.mint(testing::oauth_token("user_1").audience([FILES]));
    clerk.behave(Endpoint::VerifyOAuthToken, testing::Behavior::Status(500));
    let answer = get(&server, "/files/app", &token).await;
    assert_eq!((answer.status, challenge(&answer)), (503, ""));
}

#[actix_web::test]
async fn several_resources_have_their_own_challenges() {
    let clerk = local_clerk();
    let resource = |path: &str| ProtectedResource::new(format!("https://api.example.com{path}")).unwrap();
    let (all, files, mail) = (resource(""), files(), resource("/v1/mail").scopes(["mail:read"]).unwrap());
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        App::new()
            .service((all.clone(), files.clone(), mail.clone()))
            .service(web::scope("/files").configure(routes).wrap(files.clone()))
            .service(web::scope("/v1").service(web::scope("/mail").configure(routes).wrap(mail.clone())))
            .configure(routes)
            .wrap(all.clone())
            .wrap(middleware.clone())
    });
    let well_known = "https://api.example.com/.well-known/oauth-protected-resource";
    for (path, expected) in [
        ("/app", format!(r#"Bearer resource_metadata="{well_known}""#)),
        ("/files/app", format!(r#"Bearer resource_metadata="{well_known}/files", scope="files:read files:write""#)),
        ("/v1/mail/app", format!(r#"Bearer resource_metadata="{well_known}/v1/mail", scope="mail:read""#)),
    ] {
        assert_eq!(challenge(&get(&server, path, "").await), expected, "{path}");
    }
}

/// The middleware around the resource may be of any kind and in any order.
#[actix_web::test]
async fn challenges_in_every_order_of_middleware() {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        let scope = |path: &str| web::scope(path).configure(routes);
        App::new()
            .service(scope("/inside").wrap(files()).wrap(middleware.clone()))
            .service(scope("/outside").wrap(middleware.clone()).wrap(files()))
            .service(scope("/require").wrap(require_auth().of::<OAuthToken>()).wrap(files()).wrap(middleware.clone()))
            .service(
                scope("/policy").wrap(require::<Write>().of::<OAuthToken>()).wrap(middleware.clone()).wrap(files()),
            )
            .service(scope("/error").wrap(from_fn(fail)).wrap(files()).wrap(middleware.clone()))
    });
    for path in ["/inside/app", "/outside/app", "/require/public", "/policy/public", "/error/public"] {
        for (token, error) in [("", ""), ("eyJ", r#"error="invalid_token", "#)] {
            let answer = get(&server, path, token).await;
            let expected = format!(r#"Bearer {error}{AT_FILES}, scope="files:read files:write""#);
            assert_eq!((answer.status, challenge(&answer)), (401, expected.as_str()), "{path} {token}");
        }
    }
}

#[actix_web::test]
async fn error_handlers_and_their_challenges() {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config()).error_handler(|error, _| match error {
        AuthError::Unauthenticated(_) => {
            InternalError::from_response(error, HttpResponse::Unauthorized().body("own")).into()
        }
        error => error.into(),
    });
    let server = serve(move || {
        App::new()
            .service(web::scope("/files").configure(routes).wrap(files()))
            .service(web::scope("/hidden").app_data(AuthConfig::not_found()).configure(routes).wrap(files()))
            .service(
                web::scope("/own")
                    .app_data(AuthConfig::new().error_handler(|error, _| {
                        let own = HttpResponse::Unauthorized().insert_header(("WWW-Authenticate", "DPoP")).finish();
                        InternalError::from_response(error, own).into()
                    }))
                    .configure(routes)
                    .wrap(files()),
            )
            .wrap(middleware.clone())
    });
    let completed = format!(r#"Bearer {AT_FILES}, scope="files:read files:write""#);
    for (path, status, expected) in
        [("/files/app", 401, completed.as_str()), ("/hidden/app", 404, ""), ("/own/app", 401, "DPoP")]
    {
        let answer = get(&server, path, "").await;
        assert_eq!((answer.status, challenge(&answer)), (status, expected), "{path}");
    }
}

#[actix_web::test]
async fn tokens_for_other_resources_are_rejected_if_the_audience_is_required() {
    let clerk = local_clerk();
    let mint = |audience: &[&str], is_jwt: bool| {
        let token = testing::oauth_token("user_1").scopes(["files:write"]);
        let token = if audience.is_empty() { token } else { token.audience(audience.iter().copied()) };
        clerk.mint(if is_jwt { token.jwt() } else { token })
    };
    let (strict, lenient) = (server(&clerk, files().require_audience()), server(&clerk, files()));
    for is_jwt in [false, true] {
        for (audience, is_accepted) in [
            (&[FILES][..], true),
            (&["https://other.example", FILES], true),
            (&[], false),
            (&[""], false),
            (&[FILES, ""], false),
            (&["https://other.example"], false),
            (&["https://api.example.com"], false),
            (&["https://api.example.com/files/"], false),
            (&["https://api.example.com/files/app"], false),
            (&["https://API.example.com/files"], false),
        ] {
            let token = mint(audience, is_jwt);
            for path in ["/files/app", "/files/write", "/files/any", "/files/either", "/files/in-handler"] {
                let answer = get(&strict, path, &token).await;
                let status = if is_accepted { 200 } else { 401 };
                assert_eq!(answer.status, status, "{path} {audience:?} {is_jwt}");
                let is_challenged =
                    challenge(&answer).starts_with("Bearer error=\"invalid_token\", resource_metadata=");
                assert_eq!(is_challenged, !is_accepted, "{path} {audience:?} {is_jwt}");
                let reason = (!is_accepted).then_some("token-verification-failed");
                assert_eq!(answer.reason(), reason, "{path} {audience:?} {is_jwt}");
            }
            let optional = get(&strict, "/files/optional", &token).await;
            assert_eq!((optional.status, optional.body), (200, is_accepted.to_string()), "{audience:?} {is_jwt}");
            for (server, path) in [(&lenient, "/files/app"), (&strict, "/app"), (&strict, "/files/public")] {
                assert_eq!(get(server, path, &token).await.status, 200, "{path} {audience:?} {is_jwt}");
            }
        }
    }
    let key = clerk.mint(testing::api_key("user_1"));
    for (path, token) in [("/files/either", clerk.session_token("user_1")), ("/files/key", key)] {
        assert_eq!(get(&strict, path, &token).await.status, 200, "{path}: a credential without audiences");
    }
}

/// A requirement further out has let the token through before the resource was known.
#[actix_web::test]
async fn the_audience_is_required_in_every_order_of_middleware() {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        let scope = |path: &str| web::scope(path).configure(routes);
        let files = || files().require_audience();
        let required = || require_auth().of::<OAuthToken>();
        App::new()
            .service(scope("/inside").wrap(required()).wrap(files()).wrap(middleware.clone()))
            .service(scope("/outside").wrap(required()).wrap(middleware.clone()).wrap(files()))
            .service(scope("/late").wrap(files()).wrap(required()).wrap(middleware.clone()))
            .service(scope("/between").wrap(middleware.clone()).wrap(files()).wrap(required()).wrap(middleware.clone()))
    });
    for is_jwt in [false, true] {
        let mint = |audience: &str| {
            let token = testing::oauth_token("user_1").audience([audience]);
            clerk.mint(if is_jwt { token.jwt() } else { token })
        };
        for scope in ["/inside", "/outside", "/late", "/between"] {
            for path in ["/public", "/app"] {
                let path = format!("{scope}{path}");
                assert_eq!(get(&server, &path, &mint(FILES)).await.status, 200, "{path} {is_jwt}");
                let answer = get(&server, &path, &mint("https://other.example")).await;
                assert_eq!(answer.status, 401, "{path} {is_jwt}");
                assert!(challenge(&answer).contains(AT_FILES), "{path} {is_jwt}: {}", challenge(&answer));
            }
        }
    }
}

/// Two resources around the same routes: a token has to name each that requires its audience, wherever the middleware is,
/// and however often.
#[actix_web::test]
async fn the_audiences_of_nested_resources() {
    const OUTER: &str = "https://api.example.com";
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        let scope = |path: &str| web::scope(path).configure(routes);
        let outer = || ProtectedResource::new(OUTER).unwrap().require_audience();
        let (inner, strict) = (files, || files().require_audience());
        let clerk = || middleware.clone();
        App::new()
            .service(scope("/inside-one").wrap(clerk()).wrap(inner()).wrap(outer()))
            .service(scope("/inside-both").wrap(clerk()).wrap(strict()).wrap(outer()))
            .service(scope("/between-one").wrap(inner()).wrap(clerk()).wrap(outer()))
            .service(scope("/between-both").wrap(strict()).wrap(clerk()).wrap(outer()))
            .service(scope("/outside-one").wrap(inner()).wrap(outer()).wrap(clerk()))
            .service(scope("/outside-both").wrap(strict()).wrap(outer()).wrap(clerk()))
            .service(scope("/twice-one").wrap(clerk()).wrap(inner()).wrap(outer()).wrap(clerk()))
            .service(scope("/twice-both").wrap(clerk()).wrap(strict()).wrap(outer()).wrap(clerk()))
    });
    for is_jwt in [false, true] {
        for scope in ["/inside", "/between", "/outside", "/twice"] {
            for (audiences, by_outer, by_both) in [
                (&[OUTER, FILES][..], 200, 200),
                (&[OUTER], 200, 401),
                (&[FILES], 401, 401),
                (&["https://other.example"], 401, 401),
                (&[], 401, 401),
            ] {
                let token = testing::oauth_token("user_1");
                let token = if audiences.is_empty() { token } else { token.audience(audiences.iter().copied()) };
                let token = clerk.mint(if is_jwt { token.jwt() } else { token });
                for (which, expected) in [("one", by_outer), ("both", by_both)] {
                    let path = format!("{scope}-{which}/app");
                    let answer = get(&server, &path, &token).await;
                    assert_eq!(answer.status, expected, "{path} {audiences:?} {is_jwt}");
                    let is_of_the_inner_one = challenge(&answer).contains(AT_FILES);
                    assert_eq!(is_of_the_inner_one, expected == 401, "{path} {audiences:?} {is_jwt}");
                }
            }
        }
    }
}

/// A handler that accepts the token twice, or after somebody else has, gets the same verdict, by one call.
#[actix_web::test]
async fn an_opaque_token_is_verified_once() {
    let clerk = local_clerk();
    let server = server(&clerk, files().require_audience());
    let token = clerk.mint(testing::oauth_token("user_1").audience([FILES]));
    let answer = send(server.get("/files/app").insert_header(bearer(&token))).await;
    assert_eq!((answer.status, clerk.calls(Endpoint::VerifyOAuthToken)), (200, 1));
}
