//! Types that users keep in application data, move to other threads or hold across an `.await` are `Send` and `Sync`.

use clerk_actix::{
    AnyToken, ApiKey, Auth, AuthError, Authorized, Check, ClerkApiError, ClerkClient, ClerkConfig, ClerkConfigBuilder,
    ClerkMiddleware, ConfigError, Either, M2mToken, M2mTokenSource, OAuthToken, Policy, Principal, Reason, RequireAuth,
    Session, TokenRules, Unauthenticated, WithPending, testing,
};

fn is_send_and_sync<T: Send + Sync>() {}
fn is_send<T: Send>(_: T) {}

struct Anyone;
impl Policy for Anyone {
    const REQUIRES: Check = Check::ANYONE;
}

#[test]
fn what_users_keep_or_move_is_send_and_sync() {
    is_send_and_sync::<ClerkConfig>();
    is_send_and_sync::<ClerkConfigBuilder>();
    is_send_and_sync::<ClerkMiddleware>();
    is_send_and_sync::<ClerkClient>();
    is_send_and_sync::<M2mTokenSource>();
    is_send_and_sync::<Session>();
    is_send_and_sync::<WithPending>();
    is_send_and_sync::<ApiKey>();
    is_send_and_sync::<M2mToken>();
    is_send_and_sync::<OAuthToken>();
    is_send_and_sync::<Principal>();
    is_send_and_sync::<Auth>();
    is_send_and_sync::<AnyToken>();
    is_send_and_sync::<RequireAuth<Either<Session, ApiKey>>>();
    is_send_and_sync::<Authorized<Anyone>>();
    is_send_and_sync::<Check>();
    is_send_and_sync::<TokenRules>();
    is_send_and_sync::<Unauthenticated>();
    is_send_and_sync::<Reason>();
    is_send_and_sync::<AuthError>();
    is_send_and_sync::<ClerkApiError>();
    is_send_and_sync::<ConfigError>();
}

#[test]
fn the_futures_of_calls_are_send() {
    let config = testing::config();
    let clerk = ClerkClient::new(config.clone());
    is_send(IntoFuture::into_future(clerk.users().get("user_1")));
    is_send(config.doctor());
    is_send(ClerkMiddleware::new(config.clone()).doctor());
    is_send(config.verify_session_token("token"));
    is_send(config.verify_token::<serde_json::Value>("token", &TokenRules::new()));
    let config = ClerkConfig::builder().machine_secret_key("ak_000000000000").build().unwrap();
    let machine = M2mTokenSource::new(config.clone(), Default::default()).unwrap();
    is_send(machine.token());
}
