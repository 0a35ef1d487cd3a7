//! Callers of a test's own, with no keys, no server and no network: `TestRequest::get().signed_in("user_1")`.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use actix_web::{
    HttpRequest,
    http::header::{AUTHORIZATION, HeaderValue},
    test::TestRequest,
};
use serde_json::{Map, Value};

use super::{ApiKeyBuilder, M2mTokenBuilder, OAuthTokenBuilder, SessionBuilder, browsers::secret, signing::SigningKey};
use crate::{
    auth::RequestState,
    backend::MachineTokens,
    clock::Timestamp,
    config::ClerkConfig,
    keys::VerificationKey,
    request::SignedOut,
    token::{Carrier, ClaimRules, Jwt, JwtClass, OpaqueToken, SessionToken},
};

/// Callers for requests in tests: for a handler by itself, an extractor, or a whole `App`. There are no keys to set, nothing
/// to start, and nothing is called; [`LocalClerk`](super::LocalClerk) is for tests of what happens between this
/// application, its users and Clerk.
///
/// The callers are known to this process alone, under a name that nobody can guess, and to this feature of the crate: a
/// request from elsewhere cannot bring one. They work with any configuration, [`config`] for instance, and without
/// [`ClerkMiddleware`](crate::ClerkMiddleware) too.
///
/// ```
/// use actix_web::{test, web, App};
/// use clerk_actix::{testing::{self, TestRequestExt}, ApiKey, ClerkMiddleware, RequireAuth, Session};
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
/// let request = test::TestRequest::get().uri("/me").signed_in(Session::builder("user_1").role("org:admin"));
/// assert_eq!(test::call_and_read_body(&app, request.to_request()).await, "user_1");
///
/// let request = test::TestRequest::get().uri("/me").with_api_key(ApiKey::builder("user_1"));
/// assert_eq!(test::call_service(&app, request.to_request()).await.status(), 401);
/// # }
/// ```
pub trait TestRequestExt {
    /// The request of a signed-in user: of `"user_1"`, or as described.
    fn signed_in(self, session: impl Into<SessionBuilder>) -> Self;

    /// The request of a program with an API key.
    fn with_api_key(self, key: ApiKeyBuilder) -> Self;

    /// The request of another service of your own.
    fn with_m2m_token(self, token: M2mTokenBuilder) -> Self;

    /// The request of an OAuth application.
    fn with_oauth_token(self, token: OAuthTokenBuilder) -> Self;
}

impl TestRequestExt for TestRequest {
    fn signed_in(self, session: impl Into<SessionBuilder>) -> Self {
        plant(self, Planted::Session(Box::new(session.into())))
    }

    fn with_api_key(self, key: ApiKeyBuilder) -> Self {
        plant(self, Planted::Machine("ak_", key.describe(now(), &secret("ak_"))))
    }

    fn with_m2m_token(self, token: M2mTokenBuilder) -> Self {
        plant(self, Planted::Machine("mt_", token.describe(now(), &secret("mt_"), "mch_test")))
    }

    fn with_oauth_token(self, token: OAuthTokenBuilder) -> Self {
        plant(self, Planted::Machine("oat_", token.describe(now(), &secret("oat_"))))
    }
}

/// A configuration for tests that call nothing: of a production instance that is nobody's, with the public half of a key
/// that this process has made up.
///
/// # Panics
///
/// Never: what it is built from is valid.
#[allow(clippy::expect_used, reason = "test support: the settings are this function's own")]
pub fn config() -> ClerkConfig {
    ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .jwt_key(key().public_pem())
        .build()
        .expect("the settings for tests are valid")
}

/// Who a planted request comes from.
#[derive(Clone)]
enum Planted {
    Session(Box<SessionBuilder>),
    /// The prefix of such a token, and what Clerk would say of it.
    Machine(&'static str, Map<String, Value>),
}

/// Those that were planted, by what their requests bring as a token. 128 random bits: none can be guessed, and only code in
/// this process puts one here, so that a server which was built with this feature lets in nobody by it.
#[derive(Default)]
struct Registry {
    planted: HashMap<String, Planted>,
    in_order: VecDeque<String>,
}

/// More requests than any test has at the same time.
const MAX_PLANTED: usize = 10_000;

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

fn plant(request: TestRequest, planted: Planted) -> TestRequest {
    let name = secret("clerk-actix-test_");
    let mut registry = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner);
    if registry.in_order.len() >= MAX_PLANTED
        && let Some(oldest) = registry.in_order.pop_front()
    {
        registry.planted.remove(&oldest);
    }
    registry.in_order.push_back(name.clone());
    registry.planted.insert(name.clone(), planted);
    request.insert_header((AUTHORIZATION, format!("Bearer {name}")))
}

/// The authentication of a request that a test has planted a caller in; none for any other.
pub(crate) fn state(req: &HttpRequest, config: &ClerkConfig) -> Option<RequestState> {
    let name =
        req.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes)?.strip_prefix(b"Bearer clerk-actix-test_")?;
    let name = format!("clerk-actix-test_{}", std::str::from_utf8(name).ok()?);
    let planted = REGISTRY.lock().unwrap_or_else(PoisonError::into_inner).planted.get(&name).cloned()?;
    Some(match planted {
        Planted::Session(session) => RequestState::session(config.clone(), verified(&session, config)),
        Planted::Machine(prefix, described) => {
            let token = OpaqueToken::parse(&format!("{prefix}{name}"))?;
            let verdict = MachineTokens::as_if_clerk_had_said(&token, &Value::Object(described));
            RequestState::machine(config.clone(), token.token_type(), verdict)
        }
    })
}

/// The same where there is no middleware, and so no configuration.
pub(crate) fn state_without_middleware(req: &HttpRequest) -> Option<RequestState> {
    static CONFIG: LazyLock<ClerkConfig> = LazyLock::new(config);
    state(req, &CONFIG)
}

/// Signed and verified like any other token: there is no other way to a session. Issued now, whenever that is, so that
/// nobody has to care how long a test takes.
fn verified(session: &SessionBuilder, config: &ClerkConfig) -> Result<Arc<SessionToken>, SignedOut> {
    let (key, settings) = (key(), config.settings());
    let now = settings.clock.now();
    let (header, claims) = session.build(key.kid(), "https://clerk.example.com", now);
    let text = key.sign(&header, &claims);
    let rules = ClaimRules {
        clock_skew: settings.clock_skew,
        authorized_parties: &[],
        audience: &[],
        issuer: &[],
        machine_id: None,
    };
    let verdict = Jwt::decode(&text).and_then(|jwt| match jwt.classify() {
        JwtClass::Session(jwt) => jwt.verify(verification_key(), &rules, now),
        JwtClass::Machine(_) | JwtClass::Other => Err(crate::token::Rejection::undecodable()),
    });
    verdict.map(Arc::new).map_err(|rejection| SignedOut::rejected(&rejection, Carrier::Header))
}

fn key() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
    &KEY
}

#[allow(clippy::expect_used, reason = "test support: the key is this module's own")]
fn verification_key() -> &'static Arc<VerificationKey> {
    static KEY: LazyLock<Arc<VerificationKey>> = LazyLock::new(|| {
        Arc::new(VerificationKey::from_pem(&key().public_pem()).expect("a generated key can be read"))
    });
    &KEY
}

fn now() -> Timestamp {
    crate::clock::Clock::System.now()
}
