//! Each decision, each rejection and each call to Clerk is one event, whatever the application does with it.

use std::sync::{Arc, Mutex};

use actix_test::TestServer;
use actix_web::{
    App, HttpResponse, ResponseError,
    body::BoxBody,
    dev::ServiceRequest,
    error::InternalError,
    http::StatusCode,
    middleware::{Next, from_fn},
    web,
};
use clerk_actix::{
    ApiKey, Auth, AuthConfig, AuthError, Authorized, ClerkConfig, ClerkExt, ClerkMiddleware, OAuthToken,
    ProtectedResource, RequireAuth,
    observe::{Event, Observer},
    require_auth,
    testing::{self, Behavior, Endpoint, LocalClerk},
};

use crate::support::{Admin, bearer, development_clerk, local_clerk, navigation, send, servers::serve};

/// Collects events, one line each.
#[derive(Clone, Default)]
struct Recorder(Arc<Mutex<Vec<String>>>);

impl Recorder {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Recorder {
    fn observe(&self, event: &Event<'_>) {
        let line = match event {
            Event::Decision(it) => format!(
                "{} {} {}: {} {} by {} {} cache={} renewed={}",
                it.method,
                it.path,
                it.outcome,
                it.reason.unwrap_or("-"),
                it.token_type,
                it.carrier,
                it.redirect_loop,
                it.cache,
                it.renewed_by
            ),
            Event::Rejection(it) => {
                format!("{} {} {}: {} wants {}, has {}", it.method, it.path, it.status, it.code, it.required, it.found)
            }
            Event::ClerkCall(it) => format!("{} {} {} #{}", it.endpoint, it.status_class(), it.error, it.attempt),
            Event::KeysFetched(it) => format!("keys {} {}", it.outcome, it.keys),
            _ => "?".to_owned(),
        };
        self.0.lock().unwrap().push(line);
    }
}

fn observed(clerk: &LocalClerk) -> (ClerkConfig, Recorder) {
    let recorder = Recorder::default();
    (clerk.config_builder().observer(recorder.clone()).build().unwrap(), recorder)
}

/// An application's own error, which responds as the rejection that it holds.
#[derive(Debug)]
struct OwnError(AuthError);

impl std::fmt::Display for OwnError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl ResponseError for OwnError {
    fn status_code(&self) -> StatusCode {
        self.0.status_code()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        self.0.error_response()
    }
}

fn routes(app: &mut web::ServiceConfig) {
    app.route("/extractor", web::get().to(async |_: RequireAuth| "in"))
        .route("/twice", web::get().to(async |_: RequireAuth, _: Auth, user: RequireAuth| user.user_id().to_owned()))
        .route(
            "/handler",
            web::get().to(async |auth: Auth, req: actix_web::HttpRequest| auth.require(&req).map(|_| "in")),
        )
        .route(
            "/own-error",
            web::get()
                .to(async |auth: Auth, req: actix_web::HttpRequest| auth.require(&req).map(|_| "in").map_err(OwnError)),
        )
        .route("/admin", web::get().to(async |_: Authorized<Admin>| "in"))
        .route(
            "/dealt-with",
            web::get().to(async |user: Option<RequireAuth>| if user.is_some() { "in" } else { "out" }),
        )
        .route("/key", web::get().to(async |_: RequireAuth<ApiKey>| "in"))
        .route("/two-keys", web::get().to(async |_: RequireAuth<ApiKey>, _: Auth<ApiKey>| "in"))
        .route("/public", web::get().to(async || "public"))
        .service(web::scope("/scope").wrap(require_auth()).route("", web::get().to(async || "in")))
        .service(
            web::scope("/hidden")
                .app_data(AuthConfig::not_found())
                .route("", web::get().to(async |_: RequireAuth| "in")),
        )
        .service(
            web::scope("/middleware")
                .wrap(from_fn(async |req: ServiceRequest, next: Next<_>| {
                    let request = req.request().clone();
                    req.auth().require(&request)?;
                    drop(request);
                    next.call(req).await
                }))
                .route("", web::get().to(async || "in")),
        )
        .service(
            web::scope("/middleware-of-its-own")
                .wrap(from_fn(async |req: ServiceRequest, next: Next<_>| {
                    let request = req.request().clone();
                    req.auth().require(&request).map_err(OwnError)?;
                    drop(request);
                    next.call(req).await
                }))
                .route("", web::get().to(async || "in")),
        );
}

/// Servers that treat rejections in different ways. Each of them reports a rejection once.
fn servers(config: &ClerkConfig) -> Vec<(&'static str, TestServer)> {
    let plain = ClerkMiddleware::new(config.clone());
    let same = plain.clone().error_handler(|error, _| error.into());
    let other = plain.clone().error_handler(|error, _| {
        let response = HttpResponse::build(error.status_code()).body("rejected");
        InternalError::from_response(error, response).into()
    });
    let all = [("plain", plain.clone()), ("an error handler that changes nothing", same.clone())];
    let mut servers: Vec<_> = all
        .into_iter()
        .chain([("an error handler", other.clone())])
        .map(|(name, clerk)| (name, serve(move || App::new().configure(routes).wrap(clerk.clone()))))
        .collect();
    for (name, inner, outer) in [("nested", plain.clone(), plain), ("nested error handlers", other, same)] {
        let app = move || {
            let scope = web::scope("").configure(routes).wrap(inner.clone());
            App::new().service(scope).wrap(outer.clone())
        };
        servers.push((name, serve(app)));
    }
    servers
}

#[actix_web::test]
async fn each_rejection_is_reported_once() {
    let clerk = local_clerk();
    let (config, events) = observed(&clerk);
    let user = clerk.mint(testing::session("user_1"));
    let key = clerk.mint(testing::api_key("user_1"));
    for (name, server) in servers(&config) {
        send(server.get("/public").insert_header(bearer(&user))).await;
        events.take();
        for (path, token, status, expected) in [
            ("/extractor", None, 401, "session-token-and-uat-missing wants session_token, has no token"),
            ("/twice", None, 401, "session-token-and-uat-missing wants session_token, has no token"),
            ("/handler", None, 401, "session-token-and-uat-missing wants session_token, has no token"),
            ("/own-error", None, 401, "session-token-and-uat-missing wants session_token, has no token"),
            ("/scope", None, 401, "session-token-and-uat-missing wants session_token, has no token"),
            ("/middleware", None, 401, "session-token-and-uat-missing wants session_token, has no token"),
            ("/middleware-of-its-own", None, 401, "session-token-and-uat-missing wants session_token, has no token"),
            ("/middleware", Some(&key), 401, "token-type-mismatch wants session_token, has api_key"),
            ("/hidden", None, 404, "session-token-and-uat-missing wants session_token, has no token"),
            (
                "/admin",
                Some(&user),
                403,
                "missing-role wants The role org:admin is required., has no active organization",
            ),
            ("/key", Some(&user), 401, "token-type-mismatch wants api_key, has session_token"),
            ("/extractor", Some(&key), 401, "token-type-mismatch wants session_token, has api_key"),
        ] {
            let request = server.get(path);
            let request = match token {
                Some(token) => request.insert_header(bearer(token)),
                None => request,
            };
            assert_eq!(send(request).await.status, status, "{name}: {path}");
            let all = events.take();
            let rejections: Vec<_> = all.iter().filter(|line| line.contains(" wants ")).collect();
            assert_eq!(rejections, [&format!("GET {path} {status}: {expected}")], "{name}: {all:#?}");
            let decisions = all.iter().filter(|line| line.contains("cache=")).count();
            assert_eq!(decisions, 1, "{name}: {path}: {all:#?}");
        }
        for (path, token) in [("/dealt-with", None), ("/extractor", Some(&user)), ("/two-keys", Some(&key))] {
            let request = server.get(path);
            let request = match token {
                Some(token) => request.insert_header(bearer(token)),
                None => request,
            };
            assert_eq!(send(request).await.status, 200, "{name}: {path}");
            let all = events.take();
            assert!(!all.iter().any(|line| line.contains(" wants ")), "{name}: {path}: {all:#?}");
            assert_eq!(all.iter().filter(|line| line.contains("cache=")).count(), 1, "{name}: {path}: {all:#?}");
        }
    }
}

#[actix_web::test]
async fn each_decision_is_described() {
    let clerk = local_clerk();
    let (config, events) = observed(&clerk);
    let clerk_middleware = ClerkMiddleware::new(config);
    let server = serve(move || App::new().configure(routes).wrap(clerk_middleware.clone()));
    let user = clerk.mint(testing::session("user_1").claim("azp", "http://localhost"));
    let pending = clerk.mint(testing::session("user_2").status(clerk_actix::SessionStatus::Pending));
    let key = clerk.mint(testing::api_key("user_1"));
    let unknown_key = "ak_0123456789abcdef";
    let cookies = format!("__session={user}; __client_uat=1");
    let header = |token: &str| Some(("Authorization", format!("Bearer {token}")));
    for (name, path, header, expected) in [
        (
            "the first session",
            "/public",
            header(&user),
            &[
                "jwks 2xx none #1",
                "keys loaded 1",
                "GET /public signed-in: - session_token by header none cache=miss renewed=none",
            ][..],
        ),
        (
            "the same",
            "/public?a=secret",
            header(&user),
            &["GET /public signed-in: - session_token by header none cache=hit renewed=none"],
        ),
        (
            "by cookie",
            "/public",
            Some(("Cookie", cookies)),
            &["GET /public signed-in: - session_token by cookie none cache=hit renewed=none"],
        ),
        (
            "pending",
            "/public",
            header(&pending),
            &["GET /public signed-in: session-pending session_token by header none cache=miss renewed=none"],
        ),
        (
            "nothing",
            "/public",
            None,
            &[
                "GET /public signed-out: session-token-and-uat-missing session_token by none none cache=none renewed=none",
            ],
        ),
        (
            "garbage",
            "/public",
            header("x"),
            &["GET /public signed-out: token-invalid session_token by header none cache=miss renewed=none"],
        ),
        (
            "an API key",
            "/key",
            header(&key),
            &["verify_api_key 2xx none #1", "GET /key signed-in: - api_key by header none cache=none renewed=none"],
        ),
        (
            "an API key that nobody asks about",
            "/public",
            header(&key),
            &["GET /public signed-out: token-type-mismatch api_key by header none cache=none renewed=none"],
        ),
        (
            "an API key that Clerk does not know",
            "/key",
            header(unknown_key),
            &[
                "verify_api_key 4xx none #1",
                "GET /key signed-out: token-invalid api_key by header none cache=none renewed=none",
                "GET /key 401: token-invalid wants api_key, has api_key",
            ],
        ),
    ] {
        let request = server.get(path);
        let request = match header {
            Some(header) => request.insert_header(header),
            None => request,
        };
        send(request).await;
        assert_eq!(events.take(), expected, "{name}");
    }
    clerk.behave(Endpoint::VerifyApiKey, Behavior::Status(500));
    let other = clerk.mint(testing::api_key("user_3"));
    send(server.get("/key").insert_header(bearer(&other))).await;
    let seen = events.take();
    assert!(seen.contains(&"verify_api_key 5xx none #1".to_owned()), "{seen:?}");
    assert!(seen.last().unwrap().starts_with("GET /key 503: unexpected-error"), "{seen:?}");
}

#[actix_web::test]
async fn handshakes_and_refreshes_are_described() {
    let clerk = development_clerk();
    let (config, events) = observed(&clerk);
    let middleware = ClerkMiddleware::new(config);
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()));
    send(navigation(&server, "/public")).await;
    let started = "GET /public handshake: dev-browser-missing session_token by none none cache=none renewed=none";
    assert_eq!(events.take(), [started]);
    send(navigation(&server, "/public?__clerk_handshake=a.b.c").insert_header(("Cookie", "__clerk_db_jwt=dvb_1")))
        .await;
    let malformed = "GET /public malformed: handshake-malformed session_token by none none cache=none renewed=none";
    assert_eq!(events.take(), [malformed]);

    let mut browser = crate::support::browser::Browser::new();
    let home = format!("http://localhost:{}/extractor", server.addr().port());
    let page = browser.visit(&home).await;
    browser.sign_in(&page, "user_ada").await;
    let seen = events.take();
    let count = |part: &str| seen.iter().filter(|line| line.contains(part)).count();
    assert_eq!(count("renewed=handshake"), 1, "{seen:#?}");
    assert_eq!(count("handshake 2xx none #1"), 2, "{seen:#?}");
    assert_eq!(count(" signed-in: "), 1, "{seen:#?}");

    clerk.clock().advance(std::time::Duration::from_secs(3600));
    browser.visit(&home).await;
    let seen = events.take();
    assert!(seen.contains(&"refresh 2xx none #1".to_owned()), "{seen:#?}");
    assert!(seen.iter().any(|line| line.ends_with("renewed=refresh")), "{seen:#?}");
}

/// An error such as Actix's `InternalError` gives its response away only once.
#[actix_web::test]
async fn an_error_of_inner_middleware_keeps_its_response_when_somebody_observes() {
    let clerk = local_clerk();
    let (config, events) = observed(&clerk);
    let other = LocalClerk::start_production().unwrap();
    let user = clerk.mint(testing::session("user_1"));
    let outer = [None, Some(ClerkMiddleware::new(observed(&other).0))];
    for (number, outer) in outer.into_iter().enumerate() {
        let inner = ClerkMiddleware::new(config.clone());
        let server = serve(move || {
            let teapot = from_fn(async |req: ServiceRequest, _: Next<BoxBody>| {
                drop(req);
                let response = HttpResponse::ImATeapot().insert_header(("x-from", "inner")).body("tea");
                Err::<actix_web::dev::ServiceResponse, _>(InternalError::from_response("tea", response).into())
            });
            let scope = web::scope("").route("/tea", web::get().to(async || "coffee")).wrap(teapot).wrap(inner.clone());
            let outer = outer.clone().unwrap_or_else(|| inner.clone());
            App::new().service(scope).wrap(outer)
        });
        for request in [server.get("/tea"), server.get("/tea").insert_header(bearer(&user))] {
            let answer = send(request).await;
            assert_eq!(
                (answer.status, answer.header("x-from"), &*answer.body),
                (418, Some("inner"), "tea"),
                "{number}"
            );
        }
        events.take();
    }
}

/// The page that explains a rejection replaces the default response only, and can be read.
#[actix_web::test]
async fn the_development_page_leaves_other_responses_alone() {
    use actix_web::{http::header::ACCEPT_ENCODING, middleware::Compress};

    let clerk = development_clerk();
    let key_only = || web::get().to(async |_: RequireAuth<ApiKey>| "in");
    let middleware = ClerkMiddleware::new(clerk.config());
    let compressed =
        serve(move || App::new().route("/key", key_only()).wrap(Compress::default()).wrap(middleware.clone()));
    let cookies = ("Cookie", "__clerk_db_jwt=dvb_1");
    let page = |server: &TestServer, path: &str| navigation(server, path).insert_header(cookies);
    let answer = send(page(&compressed, "/key").insert_header((ACCEPT_ENCODING, "gzip")).no_decompress()).await;
    assert_eq!((answer.status, answer.header("content-encoding")), (401, None));
    assert!(answer.body.starts_with("<!DOCTYPE html>"), "{}", answer.body);

    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        let edited = from_fn(async |req: ServiceRequest, next: Next<BoxBody>| {
            let response = next.call(req).await?;
            let status = response.status();
            Ok::<_, actix_web::Error>(if status == 401 {
                response.map_body(|_, _| BoxBody::new("our own"))
            } else {
                response
            })
        });
        let renamed = from_fn(async |req: ServiceRequest, next: Next<BoxBody>| {
            let mut response = next.call(req).await?;
            *response.response_mut().status_mut() = StatusCode::NOT_FOUND;
            Ok::<_, actix_web::Error>(response)
        });
        App::new()
            .service(web::scope("/edited").route("", key_only()).wrap(edited))
            .service(web::scope("/renamed").route("", key_only()).wrap(renamed))
            .route("/key", key_only())
            .wrap(middleware.clone())
    });
    for (path, status, body) in [("/edited", 401, "our own"), ("/renamed", 404, "{"), ("/key", 401, "<!DOCTYPE html>")]
    {
        let answer = send(page(&server, path)).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.body.starts_with(body), "{path}: {}", answer.body);
    }
    let script = send(server.get("/key").insert_header(cookies)).await;
    assert_eq!((script.status, script.header("content-type")), (401, Some("application/json")), "a script");
    let (off, production) = (clerk.config_builder().explain_in_development(false).build().unwrap(), local_clerk());
    for config in [off, production.config_builder().explain_in_development(true).build().unwrap()] {
        let middleware = ClerkMiddleware::new(config);
        let server = serve(move || App::new().route("/key", key_only()).wrap(middleware.clone()));
        assert_eq!(send(page(&server, "/key")).await.header("content-type"), Some("application/json"));
    }
}

/// The inner middleware's observers hear of its rejections, although the outer one has none.
#[actix_web::test]
async fn an_observer_of_an_inner_instance_hears_of_its_rejections() {
    let (outer, inner) = (local_clerk(), local_clerk());
    let (config, events) = observed(&inner);
    let (outer, inner) = (ClerkMiddleware::new(outer.config()), ClerkMiddleware::new(config));
    let server =
        serve(move || App::new().service(web::scope("").configure(routes).wrap(inner.clone())).wrap(outer.clone()));
    for path in ["/extractor", "/scope", "/middleware"] {
        assert_eq!(send(server.get(path)).await.status, 401, "{path}");
        let rejections = events.take().into_iter().filter(|line| line.contains(" wants "));
        assert_eq!(rejections.count(), 1, "{path}");
    }
}

/// Whether the resource is known before the token is verified or not, there is one decision, with the resource's verdict.
#[actix_web::test]
async fn a_token_for_another_resource_is_a_decision_against_it() {
    const MCP: &str = "https://api.example.com/mcp";
    let clerk = local_clerk();
    let (config, recorder) = observed(&clerk);
    let middleware = ClerkMiddleware::new(config);
    let server = serve(move || {
        let routes = |app: &mut web::ServiceConfig| {
            app.route("/app", web::get().to(async |_: RequireAuth<OAuthToken>| "in"))
                .route("/optional", web::get().to(async |auth: Auth<OAuthToken>| auth.is_authenticated().to_string()))
                .route("/error", web::get().to(async || Err::<String, _>(actix_web::error::ErrorImATeapot("error"))))
                .route("/public", web::get().to(async || "public"));
        };
        let mcp = || ProtectedResource::new(MCP).unwrap().require_audience();
        let scope = |path: &str| web::scope(path).configure(routes);
        App::new()
            .service(scope("/inside").wrap(mcp()).wrap(middleware.clone()))
            .service(scope("/outside").wrap(middleware.clone()).wrap(mcp()))
            .service(scope("/late").wrap(mcp()).wrap(require_auth().of::<OAuthToken>()).wrap(middleware.clone()))
            .service(
                scope("/early")
                    .wrap(mcp())
                    .wrap(from_fn(async |mut req: ServiceRequest, next: Next<_>| {
                        let early = req.extract::<Auth<OAuthToken>>().await?;
                        assert!(early.is_authenticated());
                        next.call(req).await
                    }))
                    .wrap(middleware.clone()),
            )
    });
    for is_jwt in [false, true] {
        let mint = |audience: &str| {
            let token = testing::oauth_token("user_1").audience([audience]);
            clerk.mint(if is_jwt { token.jwt() } else { token })
        };
        for scope in ["/inside", "/outside", "/late", "/early"] {
            for path in ["/app", "/optional", "/error", "/public"] {
                for (audience, outcome) in
                    [(MCP, "signed-in: -"), ("https://other.example", "signed-out: token-verification-failed")]
                {
                    let is_unasked =
                        !is_jwt && matches!(scope, "/inside" | "/outside") && matches!(path, "/error" | "/public");
                    let outcome = if is_unasked { "signed-out: token-type-mismatch" } else { outcome };
                    let path = format!("{scope}{path}");
                    send(server.get(&path).insert_header(bearer(mint(audience)))).await;
                    let decisions: Vec<_> = recorder.take().into_iter().filter(|line| line.contains(" by ")).collect();
                    let expected = format!("GET {path} {outcome} oauth_token by header none cache=none renewed=none");
                    assert_eq!(decisions, [expected], "{is_jwt} {audience}");
                }
            }
        }
    }
}
