//! Made-up callers for tests, with no keys, no server and no network: `TestRequest::get().signed_in("user_1")`.

use std::{
    collections::{HashMap, VecDeque},
    sync::{LazyLock, Mutex, PoisonError},
};

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, HeaderValue},
    test::TestRequest,
};

use super::{
    api_keys::ApiKeyBuilder,
    built::default_config,
    machines::M2mTokenBuilder,
    mint::Sealed,
    oauth::OAuthTokenBuilder,
    secret::secret,
    session::{SessionBuilder, session},
};
use crate::{
    auth::{ApiKey, M2mToken, OAuthToken, Session},
    instance::ClerkConfig,
    request::Denial,
    token::{MachineToken, TokenType},
    web::{RequestState, install_planted_callers},
};

/// Adds a made-up caller to a test request, to test a single handler, an extractor or a whole `App`.
///
/// There are no keys to set and nothing to start, and nothing calls Clerk. To test how the application, its users and
/// Clerk work together, use [`LocalClerk`](super::LocalClerk).
///
/// The callers exist in this process only, under random names, and only with the feature `testing`: a request from
/// outside cannot use one. They never expire, and [`Revocations`](crate::Revocations) do not end their sessions. They
/// work with any configuration, such as [`config`](super::config), and also without
/// [`ClerkMiddleware`](crate::ClerkMiddleware).
///
/// ```
/// use actix_web::{test, web, App};
/// use clerk_actix::{testing::{self, TestRequestExt}, ClerkMiddleware, RequireAuth};
///
/// async fn me(user: RequireAuth) -> String {
///     user.user_id().to_owned()
/// }
///
/// # #[actix_web::main]
/// # async fn main() {
/// let app = App::new().wrap(ClerkMiddleware::new(testing::config())).route("/me", web::get().to(me));
/// let app = test::init_service(app).await;
///
/// let request = test::TestRequest::get().uri("/me").signed_in(testing::session("user_1").org_role("org:admin"));
/// assert_eq!(test::call_and_read_body(&app, request.to_request()).await, "user_1");
///
/// let request = test::TestRequest::get().uri("/me").with_api_key(testing::api_key("user_1"));
/// assert_eq!(test::call_service(&app, request.to_request()).await.status(), 401);
/// # }
/// ```
pub trait TestRequestExt: Sealed {
    /// Sends the request as a signed-in user: a user ID such as `"user_1"`, a builder from
    /// [`testing::session`](super::session()), or the [`Session`] that it built.
    fn signed_in(self, session: impl TestCaller<Session>) -> Self;

    /// Sends the request with an API key: a builder from [`testing::api_key`](super::api_key()), or the [`ApiKey`] that
    /// it built.
    fn with_api_key(self, key: impl TestCaller<ApiKey>) -> Self;

    /// Sends the request with a machine-to-machine token, as another of your services does: a builder from
    /// [`testing::m2m_token`](super::m2m_token()), or the [`M2mToken`] that it built.
    fn with_m2m_token(self, token: impl TestCaller<M2mToken>) -> Self;

    /// Sends the request with an OAuth access token, as an OAuth application does: a builder from
    /// [`testing::oauth_token`](super::oauth_token()), or the [`OAuthToken`] that it built.
    fn with_oauth_token(self, token: impl TestCaller<OAuthToken>) -> Self;

    /// Sends a signed webhook, as Clerk does: what [`testing::webhook`](super::webhook()) describes.
    #[cfg(feature = "webhooks")]
    #[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
    fn with_webhook(self, webhook: super::WebhookBuilder) -> Self;
}

impl Sealed for TestRequest {}

impl TestRequestExt for TestRequest {
    fn signed_in(self, session: impl TestCaller<Session>) -> Self {
        plant(self, session.planted())
    }

    fn with_api_key(self, key: impl TestCaller<ApiKey>) -> Self {
        plant(self, key.planted())
    }

    fn with_m2m_token(self, token: impl TestCaller<M2mToken>) -> Self {
        plant(self, token.planted())
    }

    fn with_oauth_token(self, token: impl TestCaller<OAuthToken>) -> Self {
        plant(self, token.planted())
    }

    #[cfg(feature = "webhooks")]
    #[track_caller]
    fn with_webhook(self, webhook: super::WebhookBuilder) -> Self {
        super::webhook::deliver(self, webhook.build())
    }
}

/// A caller of a test request with a credential of type `C`, for [`TestRequestExt`].
///
/// Implemented by the credential, by its builder, and for a [`Session`] also by a user ID (`&str`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a test's caller with a credential of type `{C}`",
    note = "pass a builder from `clerk_actix::testing`, such as `testing::session(\"user_1\")`, or what it builds"
)]
pub trait TestCaller<C>: Sealed {
    #[doc(hidden)]
    fn planted(self) -> Planted;
}

impl Sealed for &str {}

impl TestCaller<Session> for &str {
    fn planted(self) -> Planted {
        session(self).planted()
    }
}

impl TestCaller<Session> for SessionBuilder {
    fn planted(self) -> Planted {
        Planted(Caller::Session(Box::new(self)))
    }
}

impl Sealed for Session {}

impl TestCaller<Session> for Session {
    fn planted(self) -> Planted {
        Planted(Caller::Built(self))
    }
}

macro_rules! machine_caller {
    ($credential:ident, $builder:ident, $variant:ident) => {
        impl TestCaller<$credential> for $builder {
            fn planted(self) -> Planted {
                Planted(Caller::Machine(TokenType::$credential, self.verdict()))
            }
        }

        impl Sealed for $credential {}

        impl TestCaller<$credential> for $credential {
            fn planted(self) -> Planted {
                Planted(Caller::Machine(TokenType::$credential, Ok(MachineToken::$variant(self.into_verified()))))
            }
        }
    };
}

machine_caller!(ApiKey, ApiKeyBuilder, ApiKey);
machine_caller!(M2mToken, M2mTokenBuilder, M2m);
machine_caller!(OAuthToken, OAuthTokenBuilder, OAuth);

/// The made-up caller of a request.
#[derive(Clone)]
#[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
pub struct Planted(Caller);

#[derive(Clone)]
enum Caller {
    /// Verified with each request, so that the session does not expire however long a test takes, and so that a test
    /// can describe a session that is rejected.
    Session(Box<SessionBuilder>),
    Built(Session),
    Machine(TokenType, Result<MachineToken, Denial>),
}

/// The made-up callers, by the token that their requests carry. A token has 128 random bits and cannot be guessed, and
/// only code in this process adds one. So a server built with this feature accepts no made-up caller from outside.
#[derive(Default)]
struct Registry {
    planted: HashMap<String, Caller>,
    in_order: VecDeque<String>,
}

/// The maximum number at the same time; tests need fewer.
const MAX_PLANTED: usize = 10_000;

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

fn plant(request: TestRequest, Planted(caller): Planted) -> TestRequest {
    install_planted_callers(state);
    let name = secret("clerk-actix-test_");
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    if registry.in_order.len() >= MAX_PLANTED
        && let Some(oldest) = registry.in_order.pop_front()
    {
        registry.planted.remove(&oldest);
    }
    registry.in_order.push_back(name.clone());
    registry.planted.insert(name.clone(), caller);
    request.insert_header((AUTHORIZATION, format!("Bearer {name}")))
}

/// Returns the authentication of a request with a made-up caller, and `None` for other requests. Without middleware
/// there is no configuration, and that of [`config`](super::config) counts.
fn state(req: &HttpRequest, config: Option<&ClerkConfig>) -> Option<RequestState> {
    let name =
        req.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes)?.strip_prefix(b"Bearer clerk-actix-test_")?;
    let name = format!("clerk-actix-test_{}", std::str::from_utf8(name).ok()?);
    let caller = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner).planted.get(&name).cloned()?;
    let config = config.unwrap_or_else(|| default_config());
    Some(match caller {
        Caller::Session(session) => RequestState::session(config.clone(), session.verdict(config)),
        Caller::Built(session) => RequestState::session(config.clone(), Ok(session.into_verified())),
        Caller::Machine(token_type, verdict) => RequestState::machine(config.clone(), token_type, verdict),
    })
}
