//! Routing by caller: which of two handlers a request gets, and that the extractor still decides on access.

use actix_web::{
    App,
    guard::{Any, Not},
    web,
};
use clerk_actix::{
    ApiKey, Auth, Check, ClerkMiddleware, RequireAuth, SessionStatus, TokenType, guard,
    testing::{self, Endpoint, LocalClerk},
};

use crate::support::{get, local_clerk, send, servers::serve};

const ADMIN: Check = Check::new().role("org:admin");

fn routes(app: &mut web::ServiceConfig) {
    app.service(
        web::resource("/")
            .route(web::get().guard(guard::has(&ADMIN)).to(async || "administration"))
            .route(web::get().guard(guard::signed_in()).to(async |_: RequireAuth| "dashboard"))
            .route(web::get().to(async || "landing")),
    )
    .service(
        web::resource("/orders")
            .route(web::get().guard(guard::token_type(TokenType::ApiKey)).to(async |_: RequireAuth<ApiKey>| "by key"))
            .route(web::get().guard(guard::token_type(TokenType::SessionToken)).to(async |_: Auth| "in a browser")),
    )
    .service(web::resource("/users").guard(guard::signed_in()).to(async || "users"))
    .service(web::scope("/visitors").guard(Not(guard::signed_in())).route("", web::to(async || "visitors")))
    .route(
        "/either",
        web::get()
            .guard(Any(guard::signed_in()).or(guard::token_type(TokenType::M2mToken)))
            .to(async || "a user or a machine"),
    )
    .service(web::resource("/fallback").guard(guard::signed_in()).to(async || "for users"))
    .service(web::resource("/fallback").to(async || "for all"));
}

struct Tokens {
    user: String,
    admin: String,
    pending: String,
    key: String,
    machine: String,
}

fn tokens(clerk: &LocalClerk) -> Tokens {
    Tokens {
        user: clerk.session_token("user_1"),
        admin: clerk.mint(testing::session("user_2").org_id("org_1").org_role("org:admin")),
        pending: clerk
            .mint(testing::session("user_3").org_id("org_1").org_role("org:admin").status(SessionStatus::Pending)),
        key: clerk.mint(testing::api_key("user_1")),
        machine: clerk.mint(testing::m2m_token(clerk.machine_id()).jwt()),
    }
}

#[actix_web::test]
async fn which_handler_a_caller_gets() {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()));
    let Tokens { user, admin, pending, key, machine } = &tokens(&clerk);
    let (no_token, not_genuine) = ("", "ak_0000000000000000000000000000000000000000");
    for (path, token, status, body) in [
        ("/", no_token, 200, "landing"),
        ("/", user, 200, "dashboard"),
        ("/", admin, 200, "administration"),
        ("/", pending, 200, "landing"),
        ("/", key, 200, "landing"),
        ("/", &format!("{user}x"), 200, "landing"),
        ("/orders", no_token, 200, "in a browser"),
        ("/orders", key, 200, "by key"),
        ("/orders", machine, 405, ""),
        ("/users", user, 200, "users"),
        ("/users", no_token, 404, ""),
        ("/users", key, 404, ""),
        ("/visitors", no_token, 200, "visitors"),
        ("/visitors", pending, 200, "visitors"),
        ("/visitors", user, 404, ""),
        ("/either", user, 200, "a user or a machine"),
        ("/either", machine, 200, "a user or a machine"),
        ("/either", key, 404, ""),
        ("/fallback", user, 200, "for users"),
        ("/fallback", no_token, 200, "for all"),
    ] {
        let answer = match token {
            "" => send(server.get(path)).await,
            token => get(&server, path, token).await,
        };
        assert_eq!((answer.status, answer.body.as_str()), (status, body), "{path}");
    }
    let refused = get(&server, "/orders", not_genuine).await;
    assert_eq!(refused.status, 401, "a guard goes by what is presented, the extractor by what it is worth");
}

/// An opaque token costs a call to Clerk only if an extractor asks for one.
#[actix_web::test]
async fn guards_make_no_calls() {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()));
    let key = clerk.mint(testing::api_key("user_1"));
    assert_eq!(get(&server, "/", &key).await.body, "landing");
    assert_eq!(clerk.calls(Endpoint::VerifyApiKey), 0);
    assert_eq!(get(&server, "/orders", &key).await.body, "by key");
    assert_eq!(clerk.calls(Endpoint::VerifyApiKey), 1);
}

/// A resource's own guards run before its own middleware, the guards of its routes after it.
#[actix_web::test]
async fn the_middleware_has_to_be_further_out() {
    let clerk = local_clerk();
    let middleware = ClerkMiddleware::new(clerk.config());
    let server = serve(move || {
        App::new()
            .service(web::resource("/own").guard(guard::signed_in()).wrap(middleware.clone()).to(async || "in"))
            .service(
                web::scope("/scope")
                    .wrap(middleware.clone())
                    .service(web::resource("/inner").guard(guard::signed_in()).to(async || "in")),
            )
            .service(
                web::resource("/route")
                    .wrap(middleware.clone())
                    .route(web::get().guard(guard::signed_in()).to(async || "in")),
            )
            .route("/none", web::get().guard(guard::token_type(TokenType::SessionToken)).to(async || "in"))
    });
    let token = clerk.session_token("user_1");
    for (path, status) in [("/own", 404), ("/scope/inner", 200), ("/route", 200), ("/none", 404)] {
        assert_eq!(get(&server, path, &token).await.status, status, "{path}");
    }
    assert_eq!(send(server.get("/route")).await.status, 405);
}
