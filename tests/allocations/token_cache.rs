//! The bound in bytes of the token cache, compared with the allocated memory of the whole process.

use actix_web::{App, test, web};
use clerk_actix::{ClerkMiddleware, RequireAuth, TokenCache, testing};
use serde_json::json;

use crate::{
    allocations, alone,
    support::{bearer, local_clerk},
};

const BOUND: u64 = 2 << 20;
const TOKENS: usize = 600;

#[actix_web::test]
async fn the_bound_in_bytes_holds_for_what_is_allocated() {
    let _alone = alone().await;
    let clerk = local_clerk();
    let config =
        clerk.config_builder().jwt_key(clerk.jwt_key()).session_token_cache(TokenCache::new().max_bytes(BOUND));
    // The handler reads the organization, which is when a token takes the most memory. The memory for claims belongs to
    // the request.
    let app = App::new().wrap(ClerkMiddleware::new(config.build().unwrap())).route(
        "/",
        web::get().to(async |user: RequireAuth| (user.claims().len() + user.org_permissions().len()).to_string()),
    );
    let app = test::init_service(app).await;
    let tokens: Vec<String> = (0..TOKENS)
        .map(|n| {
            let nested = vec![json!({ "name": "a", "list": [1, 2, { "deep": "b" }] }); 60];
            let session =
                testing::session(format!("user_{n}")).org_role("org:admin").org_permissions(["org:a:b", "org:a:c"]);
            clerk.mint(session.claim("teams", nested))
        })
        .collect();
    let get = async |token: &String| {
        let request = test::TestRequest::get().insert_header(bearer(token));
        assert!(test::call_service(&app, request.to_request()).await.status().is_success());
    };
    get(&tokens[0]).await;

    allocations::weigh();
    let (mut most, mut after_a_tenth) = (0, 0);
    for (n, token) in tokens.iter().enumerate() {
        get(token).await;
        get(token).await;
        most = most.max(allocations::held());
        if n == TOKENS / 10 {
            after_a_tenth = allocations::held();
        }
    }
    let unbounded = after_a_tenth * 10;
    assert!(unbounded > 2 * i64::try_from(BOUND).unwrap(), "tokens that take so little prove nothing: {unbounded}");
    assert!(most <= i64::try_from(BOUND).unwrap(), "{most} bytes, of {BOUND}");
    assert!(most > i64::try_from(BOUND / 4).unwrap(), "little is remembered: {most} bytes, of {BOUND}");
}
