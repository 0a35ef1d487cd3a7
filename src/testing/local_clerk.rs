//! `LocalClerk`: the public handle, and the state that it shares with its server.

use std::{
    collections::HashMap,
    fmt, io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use actix_web::dev::ServerHandle;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::{Map, Value};

use super::{
    behaviour::{Behaviour, Call, Endpoint, Endpoints},
    browsers::{Browsers, UserSession, secret},
    instance_names::InstanceName,
    server,
    session::SessionBuilder,
    signing::SigningKey,
    tokens::{Mint, Tokens, private::Instance},
    users::{self, TestUser},
};
use crate::clock::settable::TestClock;
use crate::{
    config::{ClerkConfigBuilder, ConfigError},
    instance::ClerkConfig,
    keys::{InstanceType, PublishableKey},
};

/// A Clerk instance inside the process, on a loopback port, for tests and offline development only.
///
/// It stops when it is dropped. See the [module](super) for an example.
pub struct LocalClerk {
    shared: Arc<Shared>,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// The state that the server's handlers and the handle share.
pub(super) struct Shared {
    pub(super) port: u16,
    name: InstanceName,
    pub(super) instance_type: InstanceType,
    pub(super) secret_key: String,
    pub(super) machine_id: String,
    pub(super) machine_secret_key: String,
    pub(super) clock: TestClock,
    /// The creation time of everything that exists from the start, in milliseconds.
    pub(super) started_at: i64,
    pub(super) users: Vec<TestUser>,
    keys: RwLock<Vec<Arc<SigningKey>>>,
    browsers: Mutex<Browsers>,
    tokens: Mutex<Tokens>,
    templates: Mutex<HashMap<String, Map<String, Value>>>,
    omits_azp: AtomicBool,
    endpoints: Endpoints,
}

/// Effectively no limit: `LocalClerk` does not limit calls unless told to ([`Behaviour::RateLimit`]), and its clock may
/// stand still.
const LIMITLESS: u32 = 1_000_000;

impl LocalClerk {
    /// Starts a development instance with a fresh key pair on a free loopback port.
    ///
    /// Its publishable key, and with it the names of its cookies, is derived from the program's name and stays the same
    /// after a restart. A browser keeps one set of cookies for each program, not one for each start.
    ///
    /// # Errors
    ///
    /// [`io::Error`] if it cannot listen on a loopback port.
    pub fn start() -> io::Result<Self> {
        Self::start_as(InstanceType::Development)
    }

    /// Starts a production instance: browsers are identified by cookies alone, without a dev browser.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_production() -> io::Result<Self> {
        Self::start_as(InstanceType::Production)
    }

    fn start_as(instance_type: InstanceType) -> io::Result<Self> {
        let listeners = server::bind_loopback()?;
        let port =
            listeners.first().map(|listener| listener.local_addr()).transpose()?.map_or(0, |a: SocketAddr| a.port());
        let clock = TestClock::running();
        let shared = Arc::new(Shared {
            port,
            name: InstanceName::take(),
            instance_type,
            secret_key: secret(match instance_type {
                InstanceType::Development => "sk_test_",
                InstanceType::Production => "sk_live_",
            }),
            machine_id: secret("mch_"),
            machine_secret_key: secret("ak_"),
            started_at: clock.timestamp().as_millis(),
            clock,
            users: users::seeded(),
            keys: RwLock::new(vec![Arc::new(SigningKey::generate())]),
            browsers: Mutex::default(),
            tokens: Mutex::default(),
            templates: Mutex::default(),
            omits_azp: AtomicBool::new(false),
            endpoints: Endpoints::default(),
        });

        // A separate thread with its own Actix system, so that it works with any runtime, or with none.
        let (ready, started) = mpsc::channel();
        let for_server = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("local-clerk".to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(server::run(for_server, listeners, ready));
        })?;
        let server = started.recv().map_err(|_| io::Error::other("could not start LocalClerk's server"))??;
        tracing::warn!("LocalClerk listens on http://localhost:{port}: for tests and offline development only");
        Ok(Self { shared, server, thread: Some(thread) })
    }

    /// Returns a configuration for this instance. Each configuration has its own caches.
    ///
    /// # Panics
    ///
    /// Never: its settings are valid. Use [`config_builder`](Self::config_builder) to add settings.
    #[allow(clippy::expect_used, reason = "test support: these settings are fixed in this module")]
    pub fn config(&self) -> ClerkConfig {
        self.config_builder().build().expect("LocalClerk's own settings are valid")
    }

    /// Returns a configuration builder, with keys, addresses and the clock already set.
    ///
    /// `backend_api_rate_limit` is set so high that it is never reached, because this instance does not limit calls.
    /// Set it to test floods.
    ///
    /// The machine secret key is not set. For a service that creates machine-to-machine tokens, add
    /// `machine_secret_key(clerk.machine_secret_key())`.
    ///
    /// If you set `authorized_parties`, give minted tokens an `azp` too: `.claim("azp", "http://localhost:3000")`.
    /// Tokens that browsers get on the sign-in page have one, unless you call [`omit_azp`](Self::omit_azp).
    ///
    /// ```
    /// use clerk_actix::testing::LocalClerk;
    ///
    /// let clerk = LocalClerk::start()?;
    /// let config = clerk.config_builder().authorized_parties(["http://localhost:3000"]).build();
    /// # let _ = config;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn config_builder(&self) -> ClerkConfigBuilder {
        ClerkConfig::builder()
            .publishable_key(self.publishable_key())
            .secret_key(self.secret_key())
            .api_url(self.api_url())
            .proxy_url(self.frontend_api_url())
            .sign_in_url(self.sign_in_url())
            .clock(self.shared.clock.clone())
            .without_retry_pauses()
            .backend_api_rate_limit(LIMITLESS)
    }

    /// Returns a configuration that verifies session tokens with this instance's PEM key, without a call.
    ///
    /// # Errors
    ///
    /// Those of [`ClerkConfigBuilder::build`]; these settings cause none.
    pub fn config_without_network(&self) -> Result<ClerkConfig, ConfigError> {
        self.config_builder().jwt_key(self.jwt_key()).build()
    }

    /// The publishable key: `pk_test_…`, or `pk_live_…` in production.
    pub fn publishable_key(&self) -> String {
        self.shared.publishable_key()
    }

    /// The secret key: `sk_test_…`, or `sk_live_…` in production.
    pub fn secret_key(&self) -> &str {
        &self.shared.secret_key
    }

    /// The id of the machine that creates machine-to-machine tokens: `mch_…`.
    pub fn machine_id(&self) -> &str {
        &self.shared.machine_id
    }

    /// The machine secret key of that machine: `ak_…`.
    pub fn machine_secret_key(&self) -> &str {
        &self.shared.machine_secret_key
    }

    /// The newest public key, as PEM.
    pub fn jwt_key(&self) -> String {
        self.shared.signing_key().public_pem()
    }

    /// The URL of the Backend API.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.shared.port)
    }

    /// The URL of the Frontend API. Clerk's Frontend API uses `https` on its own host; configurations for this instance
    /// set the URL as `proxy_url`.
    pub fn frontend_api_url(&self) -> String {
        format!("http://localhost:{}", self.shared.port)
    }

    /// The URL of the sign-in page.
    pub fn sign_in_url(&self) -> String {
        format!("http://localhost:{}/sign-in", self.shared.port)
    }

    /// The URL that a form posts to in order to sign out: with `redirect_url` in the query, and in development the
    /// `__clerk_db_jwt` cookie's value as `__clerk_db_jwt`.
    pub fn sign_out_url(&self) -> String {
        format!("http://localhost:{}/sign-out", self.shared.port)
    }

    /// The users who can sign in.
    pub fn users(&self) -> &[TestUser] {
        &self.shared.users
    }

    /// The clock of the instance and of its configurations.
    pub fn clock(&self) -> &TestClock {
        &self.shared.clock
    }

    /// Mints the token that a builder describes: a session token or another JWT, signed with the newest key, an API
    /// key, or another opaque token. From then on, the Backend API knows the opaque token, or the session of the
    /// session token.
    ///
    /// ```
    /// use clerk_actix::{testing::LocalClerk, ApiKey, M2mToken, OAuthToken, Session};
    ///
    /// let clerk = LocalClerk::start()?;
    /// let of_a_browser = clerk.mint(&Session::builder("user_ada").role("org:admin"));
    /// let api_key = clerk.mint(&ApiKey::builder("user_ada").scopes(["posts:read"]));
    /// let of_a_machine = clerk.mint(&M2mToken::builder().jwt());
    /// let of_an_application = clerk.mint(&OAuthToken::builder("user_ada").scopes(["profile"]));
    /// # let _ = (of_a_browser, api_key, of_a_machine, of_an_application);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn mint(&self, token: &impl Mint) -> String {
        token.mint(Instance(&self.shared))
    }

    /// Revokes an API key, a machine-to-machine token or an OAuth access token, given the token itself or its id.
    /// Returns whether it exists. A JWT cannot be revoked.
    pub fn revoke(&self, token_or_id: &str) -> bool {
        self.shared.tokens().revoke(token_or_id)
    }

    /// Adds a JWT template: session tokens created with this template have these claims in addition to the standard
    /// ones.
    ///
    /// ```
    /// use clerk_actix::testing::LocalClerk;
    ///
    /// let clerk = LocalClerk::start()?;
    /// clerk.add_jwt_template("hasura", [("x-hasura-role", "editor")]);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn add_jwt_template(
        &self,
        name: impl Into<String>,
        claims: impl IntoIterator<Item = (impl Into<String>, impl Into<Value>)>,
    ) {
        let claims = claims.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        self.shared.templates.lock().unwrap_or_else(PoisonError::into_inner).insert(name.into(), claims);
    }

    /// Mints a session token for this user, with default claims.
    pub fn session_token(&self, user_id: &str) -> String {
        self.mint(&crate::auth::Session::builder(user_id))
    }

    /// Revokes all sessions of a user. Their tokens stay valid until they expire, and are not refreshed.
    pub fn revoke_sessions(&self, user_id: &str) {
        self.shared.browsers().revoke(user_id);
    }

    /// Leaves `azp` out of session tokens that browsers get from now on. Tokens of native applications and of old
    /// frontends have none; use this to test them with `authorized_parties`.
    ///
    /// ```
    /// use clerk_actix::testing::LocalClerk;
    ///
    /// let clerk = LocalClerk::start()?;
    /// clerk.omit_azp();
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn omit_azp(&self) {
        self.shared.omits_azp.store(true, Ordering::Relaxed);
    }

    /// Replaces the signing key and drops all older ones. Tokens signed with them no longer verify.
    pub fn rotate_keys(&self) {
        *self.shared.keys.write().unwrap_or_else(PoisonError::into_inner) = vec![Arc::new(SigningKey::generate())];
    }

    /// Replaces the signing key with another one under the same `kid`.
    pub fn replace_key(&self) {
        let mut keys = self.shared.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = keys.last_mut() {
            *last = Arc::new(SigningKey::generate_with_kid(last.kid().to_owned()));
        }
    }

    /// Adds a signing key and signs with it. The old keys stay valid.
    pub fn add_key(&self) {
        self.shared.keys.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(SigningKey::generate()));
    }

    /// Sets how an endpoint answers, including calls that are already hanging there.
    pub fn behave(&self, endpoint: Endpoint, behaviour: Behaviour) {
        self.shared.endpoints.behave(endpoint, behaviour);
    }

    /// Sets how an endpoint answers its next call only. Several calls of this method queue up, one for each coming
    /// call.
    pub fn behave_once(&self, endpoint: Endpoint, behaviour: Behaviour) {
        self.shared.endpoints.behave_once(endpoint, behaviour);
    }

    /// Returns the number of calls that an endpoint has received, including failed and hanging ones.
    pub fn calls(&self, endpoint: Endpoint) -> u64 {
        self.shared.endpoints.calls(endpoint)
    }

    /// Returns the highest number of calls that an endpoint has had at the same time. [`Behaviour::Hang`] keeps calls
    /// open.
    pub fn most_at_once(&self, endpoint: Endpoint) -> u64 {
        self.shared.endpoints.most_at_once(endpoint)
    }
}

impl fmt::Debug for LocalClerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalClerk").field("port", &self.shared.port).finish_non_exhaustive()
    }
}

impl Drop for LocalClerk {
    fn drop(&mut self) {
        // `stop` sends its command immediately; the future only waits for the result.
        drop(self.server.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Shared {
    pub(super) fn mint_session(&self, session: &SessionBuilder) -> String {
        let key = self.signing_key();
        let (header, claims) = session.build(key.kid(), &self.issuer(), self.clock.timestamp());
        key.sign(&header, &claims)
    }

    /// Signs a JWT with the newest key. The header gets that key's `kid` and `alg` unless it sets its own. Members that
    /// are null are left out.
    pub(super) fn sign(&self, header: Value, claims: Value) -> String {
        let key = self.signing_key();
        let mut all = Map::from_iter([("alg".to_owned(), "RS256".into()), ("kid".to_owned(), key.kid().into())]);
        all.extend(header.as_object().cloned().unwrap_or_default());
        let mut claims = claims.as_object().cloned().unwrap_or_default();
        for members in [&mut all, &mut claims] {
            members.retain(|_, value| !value.is_null());
        }
        key.sign(&all, &claims)
    }

    /// Mints a session token for an application, with the application's origin as `azp`.
    pub(super) fn token_of(&self, session: &UserSession, origin: &str) -> String {
        let description = session.describe();
        match self.omits_azp.load(Ordering::Relaxed) {
            true => self.mint_session(&description),
            false => self.mint_session(&description.claim("azp", origin)),
        }
    }

    pub(super) fn template(&self, name: &str) -> Option<Map<String, Value>> {
        self.templates.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    pub(super) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn browsers(&self) -> MutexGuard<'_, Browsers> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the time in seconds, the unit of cookies and claims.
    pub(super) fn now(&self) -> i64 {
        self.clock.timestamp().as_seconds()
    }

    fn publishable_key(&self) -> String {
        let prefix = match self.instance_type {
            InstanceType::Development => "pk_test_",
            InstanceType::Production => "pk_live_",
        };
        format!("{prefix}{}", STANDARD_NO_PAD.encode(format!("{}$", self.name.host())))
    }

    /// Returns the suffix of this instance's cookies.
    pub(super) fn cookie_suffix(&self) -> String {
        PublishableKey::parse(&self.publishable_key()).map(|key| key.cookie_suffix()).unwrap_or_default()
    }

    /// Returns the `iss` claim: the Frontend API with a scheme, as in Clerk's tokens.
    pub(super) fn issuer(&self) -> String {
        format!("https://{}", self.name.host())
    }

    #[allow(clippy::expect_used, reason = "test support: the list starts with a key and only grows")]
    fn signing_key(&self) -> Arc<SigningKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(keys.last().expect("there is always a key"))
    }

    pub(super) fn jwks(&self) -> Value {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        serde_json::json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
    }

    /// Counts a call, and returns how to answer it.
    pub(super) fn call(&self, endpoint: Endpoint) -> Call {
        self.endpoints.call(endpoint, self.clock.timestamp())
    }
}
