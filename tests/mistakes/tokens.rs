//! Tokens in the `Authorization` header: of the wrong type, of another time, or not tokens at all.

use std::time::Duration;

use actix_web::{App, web};
use clerk_actix::{
    ApiKey, ClerkMiddleware, Either, M2mToken, RequireAuth, Session,
    testing::{self, LocalClerk},
};

use crate::{
    Mistakes,
    support::{get, local_clerk, send, servers::serve},
};

fn by_type(clerk: &LocalClerk) -> actix_test::TestServer {
    let middleware = ClerkMiddleware::new(clerk.config_builder().machine_id("mch_other").build().unwrap());
    serve(move || {
        App::new()
            .route("/user", web::get().to(async |_: RequireAuth| "user"))
            .route("/key", web::get().to(async |_: RequireAuth<ApiKey>| "key"))
            .route("/either", web::get().to(async |_: RequireAuth<Either<Session, ApiKey>>| "either"))
            .route("/machine", web::get().to(async |_: RequireAuth<M2mToken>| "machine"))
            .wrap(middleware.clone())
    })
}

pub(super) async fn make(mistakes: &mut Mistakes) {
    let clerk = local_clerk();
    clerk.clock().advance(Duration::from_secs(200_000));
    let server = by_type(&clerk);
    let session = clerk.mint(testing::session("user_1"));
    let of_template = clerk.mint(testing::session("user_1").header("cat", "cl_B7d4PD222AAA"));
    let key = clerk.mint(testing::api_key("user_1"));
    let revoked = clerk.mint(testing::api_key("user_1"));
    clerk.revoke(&revoked);
    let for_another = clerk.mint(testing::m2m_token("mch_1").scopes(["mch_2"]));
    let other_algorithm = clerk.mint(testing::session("user_1").header("alg", "HS256"));
    for (name, path, token, expected) in [
        ("a token of a JWT template", "/user", &of_template, &["token-type-mismatch", "getToken() without a"][..]),
        (
            "an API key where sessions are accepted",
            "/user",
            &key,
            &["token-type-mismatch", "required=\"session_token\"", "found=\"api_key\""],
        ),
        (
            "a session token where API keys are accepted",
            "/key",
            &session,
            &["token-type-mismatch", "required=\"api_key\"", "found=\"session_token\""],
        ),
        (
            "a session token where machines are accepted",
            "/machine",
            &session,
            &["token-type-mismatch", "required=\"m2m_token\"", "found=\"session_token\""],
        ),
        (
            "a machine's token where sessions and API keys are accepted",
            "/either",
            &for_another,
            &["token-type-mismatch", "required=\"session_token or api_key\"", "found=\"m2m_token\""],
        ),
        ("a revoked API key", "/key", &revoked, &["request rejected", "token-invalid", "path=\"/key\""]),
        ("a token for another machine", "/machine", &for_another, &["made for another machine", "mch_other", "mch_2"]),
        ("another algorithm", "/user", &other_algorithm, &["token-invalid-algorithm", "HS256", "RS256"]),
        ("the text undefined", "/user", &"undefined".to_owned(), &["token-invalid", "three parts separated by dots"]),
        ("the text null", "/user", &"null".to_owned(), &["token-invalid", "three parts separated by dots"]),
        ("a token in quotes", "/user", &format!("\"{session}\""), &["token-invalid", "could not be decoded"]),
        ("half a token", "/user", &session[..session.len() / 2].to_owned(), &["token-invalid"]),
    ] {
        mistakes.make(name, async { get(&server, path, token).await.body }, expected).await;
    }
    mistakes
        .make(
            "no token where API keys are accepted",
            async { send(server.get("/key")).await.body },
            &["token-missing", "required=\"api_key\"", "found=\"no token\""],
        )
        .await;
    mistakes
        .make(
            "no token at all",
            async { send(server.get("/user")).await.body },
            &["session-token-and-uat-missing", "found=\"no token\"", "path=\"/user\""],
        )
        .await;
    mistakes
        .make(
            "the password of Basic",
            async { send(server.get("/user").insert_header(("Authorization", "Basic dXNlcjpwdw=="))).await.body },
            &["session-token-and-uat-missing", "carrier=\"none\""],
        )
        .await;

    let at = clerk.clock().clone();
    let hour = Duration::from_secs(3600);
    clerk.clock().advance(hour);
    let of_the_future = clerk.mint(testing::session("user_1"));
    clerk.clock().set(at.now() - hour);
    mistakes
        .make(
            "this machine's clock is an hour behind",
            async { get(&server, "/user", &of_the_future).await.body },
            &["session-token-nbf", "clock is at least 3590 s behind"],
        )
        .await;
    let early = clerk.mint(testing::session("user_1"));
    clerk.clock().advance(hour);
    mistakes
        .make(
            "this machine's clock is an hour ahead, or the token is old",
            async { get(&server, "/user", &early).await.body },
            &["session-token-expired", "clock", "ahead of Clerk's"],
        )
        .await;
}
