//! Made-up callers for tests, with no keys, no server and no network: `TestRequest::get().signed_in("user_1")`.

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

use super::{
    api_keys::ApiKeyBuilder, machines::M2mTokenBuilder, oauth::OAuthTokenBuilder, secret::secret,
    session::SessionBuilder, signing::SigningKey,
};
use crate::{
    clock::Timestamp,
    instance::ClerkConfig,
    keys::VerificationKey,
    request::Denial,
    store::MachineTokens,
    token::{Carrier, ClaimRules, Jwt, JwtClass, OpaqueToken, SessionToken},
    web::{RequestState, install_planted_callers},
};

/// Adds a made-up caller to a test request, to test a single handler, an extractor or a whole `App`.
///
/// There are no keys to set and nothing to start, and nothing calls Clerk. To test how the application, its users and
/// Clerk work together, use [`LocalClerk`](super::LocalClerk).
///
/// The callers exist in this process only, under random names, and only with the feature `testing`: a request from
/// outside cannot use one. They work with any configuration, such as [`config`], and also without
/// [`ClerkMiddleware`](crate::ClerkMiddleware).
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
    /// Sends the request as a signed-in user: a user id such as `"user_1"`, or a session from
    /// [`Session::builder`](crate::Session::builder).
    fn signed_in(self, session: impl Into<SessionBuilder>) -> Self;

    /// Sends the request with an API key.
    fn with_api_key(self, key: ApiKeyBuilder) -> Self;

    /// Sends the request with a machine-to-machine token, as another of your services does.
    fn with_m2m_token(self, token: M2mTokenBuilder) -> Self;

    /// Sends the request with an OAuth access token, as an OAuth application does.
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

/// Returns a configuration for tests without a network: a production instance that does not exist, with the public key
/// of a key pair that this process generated.
///
/// # Panics
///
/// Never: its settings are valid.
#[allow(clippy::expect_used, reason = "test support: these settings are fixed in this function")]
pub fn config() -> ClerkConfig {
    ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .jwt_key(key().public_pem())
        .build()
        .expect("the settings for tests are valid")
}

/// The made-up caller of a request.
#[derive(Clone)]
enum Planted {
    Session(Box<SessionBuilder>),
    /// The prefix of such a token, and Clerk's JSON for it.
    Machine(&'static str, Map<String, Value>),
}

/// The made-up callers, by the token that their requests carry. A token has 128 random bits and cannot be guessed, and
/// only code in this process adds one. So a server built with this feature accepts no made-up caller from outside.
#[derive(Default)]
struct Registry {
    planted: HashMap<String, Planted>,
    in_order: VecDeque<String>,
}

/// The maximum number at the same time; tests need fewer.
const MAX_PLANTED: usize = 10_000;

static REGISTRY: LazyLock<Mutex<Registry>> = LazyLock::new(Mutex::default);

fn plant(request: TestRequest, planted: Planted) -> TestRequest {
    install_planted_callers(state);
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

/// Returns the authentication of a request with a made-up caller, and `None` for other requests. Without middleware
/// there is no configuration, and that of [`config`] counts.
fn state(req: &HttpRequest, config: Option<&ClerkConfig>) -> Option<RequestState> {
    static CONFIG: LazyLock<ClerkConfig> = LazyLock::new(self::config);
    let config = config.unwrap_or_else(|| &CONFIG);
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

/// Signs and verifies a token for the session like any other, because there is no other way to get a session. The token
/// is issued at the current time, so it does not expire however long a test takes.
fn verified(session: &SessionBuilder, config: &ClerkConfig) -> Result<Arc<SessionToken>, Denial> {
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
        JwtClass::Machine(_) | JwtClass::Other => Err(crate::token::TokenRejection::undecodable()),
    });
    verdict.map(Arc::new).map_err(|rejection| Denial::rejected(&rejection, Carrier::Header))
}

fn key() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(SigningKey::generate);
    &KEY
}

#[allow(clippy::expect_used, reason = "test support: this key is fixed in this module")]
fn verification_key() -> &'static Arc<VerificationKey> {
    static KEY: LazyLock<Arc<VerificationKey>> = LazyLock::new(|| {
        Arc::new(VerificationKey::from_pem(&key().public_pem()).expect("a generated key can be read"))
    });
    &KEY
}

fn now() -> Timestamp {
    crate::clock::Clock::System.now()
}
