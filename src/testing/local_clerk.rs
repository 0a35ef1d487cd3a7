//! `LocalClerk`: the handle on the stand-in, and all that it knows.

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
    Behaviour, Endpoint, SessionBuilder, TestClock, TestUser,
    behaviour::{Call, Endpoints},
    browsers::{Browsers, UserSession, secret},
    instance_names::InstanceName,
    server,
    signing::SigningKey,
    tokens::{Mint, Tokens, private::Instance},
    users,
};
use crate::{ClerkConfig, ClerkConfigBuilder, ConfigError, InstanceType, keys::PublishableKey};

/// A Clerk instance inside the process, on a loopback port: for tests and offline development only.
///
/// It stops when it is dropped. See the [module](super) for an example.
pub struct LocalClerk {
    shared: Arc<Shared>,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// What the server's handlers and the handle share.
pub(super) struct Shared {
    pub(super) port: u16,
    name: InstanceName,
    pub(super) instance_type: InstanceType,
    pub(super) secret_key: String,
    pub(super) machine_id: String,
    pub(super) machine_secret_key: String,
    pub(super) clock: TestClock,
    /// In milliseconds: when everything that was there from the start was made.
    pub(super) started_at: i64,
    pub(super) users: Vec<TestUser>,
    keys: RwLock<Vec<Arc<SigningKey>>>,
    browsers: Mutex<Browsers>,
    tokens: Mutex<Tokens>,
    templates: Mutex<HashMap<String, Map<String, Value>>>,
    omits_azp: AtomicBool,
    endpoints: Endpoints,
}

/// `LocalClerk` limits no calls unless it is told to ([`Behaviour::RateLimit`]), and its clock may stand still.
const LIMITLESS: u32 = 1_000_000;

impl LocalClerk {
    /// Starts a development instance with a fresh key pair on a free loopback port.
    ///
    /// Its publishable key, and with it the names of its cookies, is made from the name of the program, and is the same
    /// after a restart: a browser keeps one set of cookies for each program, and not one for each start.
    ///
    /// # Errors
    ///
    /// [`io::Error`] where no loopback port can be listened on.
    pub fn start() -> io::Result<Self> {
        Self::start_as(InstanceType::Development)
    }

    /// The same as a production instance: browsers are known by cookies alone, with no dev browser.
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

        // An Actix system of its own on a thread of its own: it runs beside any runtime, and under none.
        let (ready, started) = mpsc::channel();
        let for_server = Arc::clone(&shared);
        let thread = std::thread::Builder::new().name("local-clerk".to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(server::run(for_server, listeners, ready));
        })?;
        let server = started.recv().map_err(|_| io::Error::other("LocalClerk's server did not start"))??;
        tracing::warn!("LocalClerk listens on http://localhost:{port}: for tests and offline development only");
        Ok(Self { shared, server, thread: Some(thread) })
    }

    /// A configuration for this instance, with caches of its own.
    ///
    /// # Panics
    ///
    /// Never: what it is built from is valid. Use [`config_builder`](Self::config_builder) to add settings.
    #[allow(clippy::expect_used, reason = "test support: the settings are this module's own")]
    pub fn config(&self) -> ClerkConfig {
        self.config_builder().build().expect("LocalClerk's own settings are valid")
    }

    /// The same, for adding settings: keys, addresses and the clock are set already.
    ///
    /// This instance limits no calls, and so `backend_api_rate_limit` is out of reach; set it to test floods.
    ///
    /// The machine's own key is not among them: add it, with `machine_secret_key(clerk.machine_secret_key())`, for a service
    /// that makes machine-to-machine tokens.
    ///
    /// With `authorized_parties`, give minted tokens an `azp` too: `.claim("azp", "http://localhost:3000")`. Those that
    /// browsers get on the sign-in page have one, unless [`omit_azp`](Self::omit_azp) says otherwise.
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

    /// A configuration that verifies with this instance's PEM key, and so makes no call.
    ///
    /// # Errors
    ///
    /// As [`ClerkConfigBuilder::build`]; these settings cause none.
    pub fn config_without_network(&self) -> Result<ClerkConfig, ConfigError> {
        self.config_builder().jwt_key(self.jwt_key()).build()
    }

    /// `pk_test_…`, or `pk_live_…` in production.
    pub fn publishable_key(&self) -> String {
        self.shared.publishable_key()
    }

    /// `sk_test_…`, or `sk_live_…` in production.
    pub fn secret_key(&self) -> &str {
        &self.shared.secret_key
    }

    /// `mch_…`: the machine that machine-to-machine tokens are made by.
    pub fn machine_id(&self) -> &str {
        &self.shared.machine_id
    }

    /// `ak_…`: that machine's own key.
    pub fn machine_secret_key(&self) -> &str {
        &self.shared.machine_secret_key
    }

    /// The newest public key, as PEM.
    pub fn jwt_key(&self) -> String {
        self.shared.signing_key().public_pem()
    }

    /// Where the Backend API is served.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.shared.port)
    }

    /// Where the Frontend API is served. Clerk's own is `https` on a host of its own; this one is set as a proxy of it.
    pub fn frontend_api_url(&self) -> String {
        format!("http://localhost:{}", self.shared.port)
    }

    /// The sign-in page.
    pub fn sign_in_url(&self) -> String {
        format!("http://localhost:{}/sign-in", self.shared.port)
    }

    /// Where a form is sent (`POST`, with `redirect_url` in the query, and in development the `__clerk_db_jwt` cookie's
    /// value as `__clerk_db_jwt`) to sign out.
    pub fn sign_out_url(&self) -> String {
        format!("http://localhost:{}/sign-out", self.shared.port)
    }

    /// Who can sign in.
    pub fn users(&self) -> &[TestUser] {
        &self.shared.users
    }

    /// The instance's clock, and that of the configurations it gives.
    pub fn clock(&self) -> &TestClock {
        &self.shared.clock
    }

    /// A token that says what the description says: a session's or another JWT, signed with the newest key; an API key; an
    /// opaque token. The Backend API knows the opaque ones from now on, and the session that a session token is of.
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

    /// Takes an API key, a machine-to-machine token or an OAuth access token back, named by itself or by its id. Gives
    /// whether there is one. A JWT cannot be taken back.
    pub fn revoke(&self, token_or_id: &str) -> bool {
        self.shared.tokens().revoke(token_or_id)
    }

    /// Adds a JWT template: tokens of sessions by that name have these claims, besides those that all have.
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

    /// A session token for this user and nothing more.
    pub fn session_token(&self, user_id: &str) -> String {
        self.mint(&crate::Session::builder(user_id))
    }

    /// Ends all sessions of a user: their tokens are good until they expire, and no longer.
    pub fn revoke_sessions(&self, user_id: &str) {
        self.shared.browsers().revoke(user_id);
    }

    /// Leaves `azp` out of the session tokens that browsers get from now on, as tokens of native applications and of old
    /// frontends have none: for testing what `authorized_parties` does to them.
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

    /// Replaces the signing key: tokens by the old one are no longer vouched for.
    pub fn rotate_keys(&self) {
        *self.shared.keys.write().unwrap_or_else(PoisonError::into_inner) = vec![Arc::new(SigningKey::generate())];
    }

    /// Replaces the signing key by another one under the same `kid`.
    pub fn replace_key(&self) {
        let mut keys = self.shared.keys.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = keys.last_mut() {
            *last = Arc::new(SigningKey::generate_with_kid(last.kid().to_owned()));
        }
    }

    /// Adds a signing key and signs with it; the old one still stands.
    pub fn add_key(&self) {
        self.shared.keys.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(SigningKey::generate()));
    }

    /// Changes how an endpoint answers, also to what hangs there already.
    pub fn behave(&self, endpoint: Endpoint, behaviour: Behaviour) {
        self.shared.endpoints.behave(endpoint, behaviour);
    }

    /// Changes how an endpoint answers its next call, and that alone. Said several times, it is about as many calls.
    pub fn behave_once(&self, endpoint: Endpoint, behaviour: Behaviour) {
        self.shared.endpoints.behave_once(endpoint, behaviour);
    }

    /// How many calls an endpoint has had, failed ones and those that still hang included.
    pub fn calls(&self, endpoint: Endpoint) -> u64 {
        self.shared.endpoints.calls(endpoint)
    }

    /// How many calls an endpoint has had at the same time, at the most. [`Behaviour::Hang`] keeps them there.
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
        // The command is sent at once; the future only waits for it to be carried out.
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

    /// A JWT by the newest key, whose name and algorithm the header has unless it says otherwise. Members that are null are
    /// left out.
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

    /// A session token for an application: `azp` is its origin.
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

    /// In seconds, as cookies count.
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

    /// The suffix of this instance's cookies.
    pub(super) fn cookie_suffix(&self) -> String {
        PublishableKey::parse(&self.publishable_key()).map(|key| key.cookie_suffix()).unwrap_or_default()
    }

    /// `iss`: the Frontend API with a scheme, as Clerk writes it.
    pub(super) fn issuer(&self) -> String {
        format!("https://{}", self.name.host())
    }

    #[allow(clippy::expect_used, reason = "test support: the list starts with a key and only ever gets more")]
    fn signing_key(&self) -> Arc<SigningKey> {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(keys.last().expect("there is always a key"))
    }

    pub(super) fn jwks(&self) -> Value {
        let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
        serde_json::json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() })
    }

    /// Counts a call, and gives how it is to be answered.
    pub(super) fn call(&self, endpoint: Endpoint) -> Call {
        self.endpoints.call(endpoint, self.clock.timestamp())
    }
}
