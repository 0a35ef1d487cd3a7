//! The application around the middleware: order, routes, proxies, policies.

use actix_web::{App, HttpRequest, dev::ServiceRequest, middleware::from_fn, web};
use clerk_actix::{
    ApiKey, Authorized, Check, ClerkExt, ClerkMiddleware, Policy, RequireAuth,
    policy::OrgFromPath,
    testing::{self, LocalClerk},
};

use crate::{
    Mistakes,
    support::{
        Admin, bearer, cookie_suffix, development_clerk, get, local_clerk, navigation, raw_connection::exchange,
        routes, send, server, servers::serve,
    },
};

struct Publish;
impl Policy for Publish {
    const REQUIRES: Check = Check::new().permission("org:posts:publish");
}

struct Export;
impl Policy for Export {
    const REQUIRES: Check = Check::new().scope("rows:export");
}

struct Own;
impl Policy for Own {
    const REQUIRES: Check = Check::ANYONE;

    fn permits(_: &clerk_actix::Principal, _: &HttpRequest) -> bool {
        false
    }
}

fn guarded(clerk: &LocalClerk) -> actix_test::TestServer {
    let middleware = ClerkMiddleware::new(clerk.config());
    serve(move || {
        App::new()
            .route("/admin", web::get().to(async |_: Authorized<Admin>| "admin"))
            .route("/publish", web::get().to(async |_: Authorized<Publish>| "published"))
            .route("/export", web::get().to(async |_: Authorized<Export, ApiKey>| "rows"))
            .route("/own", web::get().to(async |_: Authorized<Own>| "own"))
            .route("/orgs/{org}", web::get().to(async |_: Authorized<OrgFromPath>| "theirs"))
            .route("/no-parameter", web::get().to(async |_: Authorized<OrgFromPath>| "theirs"))
            .configure(routes)
            .wrap(middleware.clone())
    })
}

pub(super) async fn make(mistakes: &mut Mistakes) {
    let clerk = local_clerk();
    clerk.clock().advance(std::time::Duration::from_secs(100_000));
    let token = clerk.mint(testing::session("user_1"));

    mistakes
        .make(
            "no middleware",
            async { get(&serve(|| App::new().configure(routes)), "/require", &token).await.body },
            &["ClerkMiddleware does not wrap this route", "path=\"/require\"", "what is wrapped last runs first"],
        )
        .await;
    let middleware = ClerkMiddleware::new(clerk.config());
    mistakes
        .make(
            "the middleware is further in than what asks for the caller",
            async {
                let server = serve(move || {
                    let ask = from_fn(async |req: ServiceRequest, next: actix_web::middleware::Next<_>| {
                        let _ = req.auth();
                        next.call(req).await
                    });
                    App::new().configure(routes).wrap(middleware.clone()).wrap(ask)
                });
                get(&server, "/public", &token).await.body
            },
            &["before ClerkMiddleware had run", "path=\"/public\"", "what is wrapped last runs first"],
        )
        .await;
    let middleware = ClerkMiddleware::new(clerk.config());
    mistakes
        .make(
            "a scope beside the wrapped one",
            async {
                let server = serve(move || {
                    let me = || web::get().to(async |user: RequireAuth| user.user_id().to_owned());
                    App::new()
                        .service(web::scope("/api").route("/me", me()).wrap(middleware.clone()))
                        .service(web::scope("/v2").route("/users/{id}", me()))
                });
                get(&server, "/v2/users/7", &token).await.body
            },
            &["ClerkMiddleware does not wrap this route", "route=\"/v2/users/{id}\""],
        )
        .await;
    let server = server(clerk.config());
    mistakes
        .make(
            "ReqData<Session> for a visitor who is signed out",
            async { send(server.get("/req-data")).await.status.to_string() },
            &["path=\"/req-data\"", "outcome=\"signed-out\"", "session-token-and-uat-missing"],
        )
        .await;
    mistakes
        .make(
            "a form behind a proxy that changes the Host",
            async {
                let suffix = cookie_suffix(&clerk);
                let token = clerk.mint(testing::session("user_1"));
                let cookies = format!("__session_{suffix}={token}; __client_uat_{suffix}=1");
                let request = server.post("/require").insert_header(("Cookie", cookies));
                send(request.insert_header(("Origin", "https://app.example.com"))).await.body
            },
            &["request rejected", "cross-origin-request", "method=\"POST\"", "public_origin"],
        )
        .await;
    mistakes
        .make(
            "a WebSocket from a page of another origin",
            async {
                let head = format!(
                    "GET /require HTTP/1.1\r\nHost: api.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                     Origin: https://app.example.com\r\nCookie: __session={token}; __client_uat=1\r\n"
                );
                exchange(server.addr(), head.as_bytes()).status.to_string()
            },
            &["request rejected", "cross-origin-websocket", "authorized_parties"],
        )
        .await;

    let guarded = guarded(&clerk);
    let member = |role: &str| clerk.mint(testing::session("user_1").org_id("org_1").org_slug("acme").org_role(role));
    mistakes
        .make(
            "no active organization",
            async { get(&guarded, "/admin", &token).await.body },
            &["request rejected", "missing-role", "org:admin", "no active organization"],
        )
        .await;
    mistakes
        .make(
            "another role",
            async { get(&guarded, "/admin", &member("org:member")).await.body },
            &["request rejected", "path=\"/admin\"", "org:admin", "org_1", "org:member"],
        )
        .await;
    mistakes
        .make(
            "a permission that the role does not have",
            async { get(&guarded, "/publish", &member("org:member")).await.body },
            &["missing-permission", "org:posts:publish", "org:member"],
        )
        .await;
    mistakes
        .make(
            "another tenant's page",
            async { get(&guarded, "/orgs/other", &member("org:member")).await.body },
            &["request rejected", "required=\"organization other\"", "org_1 (acme)"],
        )
        .await;
    mistakes
        .make(
            "a policy about the path, whose route has no parameter",
            async { get(&guarded, "/no-parameter", &member("org:member")).await.body },
            &["OrgFromPath", "{org}", "add the parameter"],
        )
        .await;
    mistakes
        .make(
            "the application's own check",
            async { get(&guarded, "/own", &token).await.body },
            &["request rejected", "forbidden", "the application's own check"],
        )
        .await;
    mistakes
        .make(
            "an API key without the scope",
            async {
                get(&guarded, "/export", &clerk.mint(testing::api_key("user_1").scopes(["rows:read"]))).await.body
            },
            &["missing-scope", "rows:export", "rows:read", "token_type=\"api_key\""],
        )
        .await;
    mistakes
        .make(
            "a session that has tasks to complete",
            async {
                let pending = testing::session("user_1").status(clerk_actix::SessionStatus::Pending);
                get(&guarded, "/require", &clerk.mint(pending)).await.body
            },
            &["request rejected", "session-pending"],
        )
        .await;
    mistakes
        .make(
            "a page for forbidden requests that rejects them too",
            async {
                let middleware = ClerkMiddleware::new(clerk.config_builder().forbidden_url("/admin").build().unwrap());
                let server = serve(move || {
                    App::new()
                        .route("/admin", web::get().to(async |_: Authorized<Admin>| "admin"))
                        .wrap(middleware.clone())
                });
                send(navigation(&server, "/admin").insert_header(bearer(&token))).await.body
            },
            &["the page for forbidden requests rejects them too", "forbidden_url"],
        )
        .await;
    mistakes
        .make(
            "a forbidden page in development",
            async {
                let clerk = development_clerk();
                let token = clerk.mint(testing::session("user_1").org_id("org_1").org_role("org:member"));
                let middleware = ClerkMiddleware::new(clerk.config());
                let server = serve(move || {
                    App::new()
                        .route("/admin", web::get().to(async |_: Authorized<Admin>| "admin"))
                        .wrap(middleware.clone())
                });
                send(navigation(&server, "/admin").insert_header(bearer(&token))).await.body
            },
            &["<!DOCTYPE html>", "missing-role", "The role org:admin is required."],
        )
        .await;
}
