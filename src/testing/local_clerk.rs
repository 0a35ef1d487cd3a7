//! `LocalClerk`: the handle on the stand-in, and all that it knows.

use std::{
    collections::HashMap,
    fmt, io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, mpsc},
    thread::JoinHandle,
    time::Duration,
};

use actix_web::dev::ServerHandle;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::Value;
use tokio::sync::watch;

use super::{
    SessionBuilder, TestClock, TestUser,
    browsers::{Browsers, UserSession, secret},
    server,
    signing::SigningKey,
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

/// A part of Clerk that `LocalClerk` stands in for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Endpoint {
    /// The Backend API's `GET /v1/jwks`.
    Jwks,
    /// The Backend API's `GET /v1/clients/handshake_payload`.
    HandshakePayload,
    /// The Backend API's `POST /v1/sessions/{id}/refresh`.
    Refresh,
    /// The Frontend API's `GET /v1/client/handshake`, where browsers come by.
    Handshake,
}

/// How an [`Endpoint`] answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behaviour {
    /// As Clerk does.
    #[default]
    Normal,
    /// Not at all, until the behaviour is changed: what waits then is answered.
    Hang,
    /// With an empty answer of this status.
    Status(u16),
    /// 429 with this `Retry-After`.
    TooManyRequests(Duration),
    /// 200 with a page where JSON belongs.
    Html,
    /// 200 with a body that breaks off.
    CutShort,
}

/// What the server's handlers and the handle share.
pub(super) struct Shared {
    pub(super) port: u16,
    pub(super) instance_type: InstanceType,
    pub(super) secret_key: String,
    pub(super) clock: TestClock,
    pub(super) users: Vec<TestUser>,
    keys: RwLock<Vec<Arc<SigningKey>>>,
    browsers: Mutex<Browsers>,
    endpoints: Mutex<HashMap<Endpoint, EndpointState>>,
}

#[derive(Debug)]
struct EndpointState {
    calls: u64,
    behaviour: watch::Sender<Behaviour>,
}

impl Default for EndpointState {
    fn default() -> Self {
        Self { calls: 0, behaviour: watch::Sender::new(Behaviour::Normal) }
    }
}

impl LocalClerk {
    /// Starts a development instance with a fresh key pair on a free loopback port.
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
        let shared = Arc::new(Shared {
            port,
            instance_type,
            secret_key: secret(match instance_type {
                InstanceType::Development => "sk_test_",
                InstanceType::Production => "sk_live_",
            }),
            clock: TestClock::running(),
            users: users::seeded(),
            keys: RwLock::new(vec![Arc::new(SigningKey::generate())]),
            browsers: Mutex::default(),
            endpoints: Mutex::default(),
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
    /// With `authorized_parties`, give minted tokens an `azp` too: `.claim("azp", "http://localhost:3000")`. Those that
    /// browsers get on the sign-in page have one.
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

    /// A session token that says what the description says, signed with the newest key.
    pub fn mint(&self, session: &SessionBuilder) -> String {
        self.shared.mint(session)
    }

    /// A session token for this user and nothing more.
    pub fn session_token(&self, user_id: &str) -> String {
        self.mint(&crate::Session::builder(user_id))
    }

    /// Ends all sessions of a user: their tokens are good until they expire, and no longer.
    pub fn revoke_sessions(&self, user_id: &str) {
        self.shared.browsers().revoke(user_id);
    }

    /// Replaces the signing key: tokens by the old one are no longer vouched for.
    pub fn rotate_keys(&self) {
        *self.shared.keys.write().unwrap_or_else(PoisonError::into_inner) = vec![Arc::new(SigningKey::generate())];
    }

    /// Adds a signing key and signs with it; the old one still stands.
    pub fn add_key(&self) {
        self.shared.keys.write().unwrap_or_else(PoisonError::into_inner).push(Arc::new(SigningKey::generate()));
    }

    /// Changes how an endpoint answers, also to what hangs there already.
    pub fn behave(&self, endpoint: Endpoint, behaviour: Behaviour) {
        self.shared.endpoints().entry(endpoint).or_default().behaviour.send_replace(behaviour);
    }

    /// How many calls an endpoint has had, failed ones and those that still hang included.
    pub fn calls(&self, endpoint: Endpoint) -> u64 {
        self.shared.endpoints().get(&endpoint).map_or(0, |state| state.calls)
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
    pub(super) fn mint(&self, session: &SessionBuilder) -> String {
        let key = self.signing_key();
        let (header, claims) = session.build(key.kid(), &self.issuer(), self.clock.timestamp());
        key.sign(&header, &claims)
    }

    /// A session token for an application: `azp` is its origin.
    pub(super) fn token_of(&self, session: &UserSession, origin: &str) -> String {
        self.mint(&session.describe().claim("azp", origin))
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
        format!("{prefix}{}", STANDARD_NO_PAD.encode(format!("127.0.0.1:{}$", self.port)))
    }

    /// The suffix of this instance's cookies.
    pub(super) fn cookie_suffix(&self) -> String {
        PublishableKey::parse(&self.publishable_key()).map(|key| key.cookie_suffix()).unwrap_or_default()
    }

    /// `iss`: the Frontend API with a scheme, as Clerk writes it.
    fn issuer(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
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
    pub(super) fn call(&self, endpoint: Endpoint) -> watch::Receiver<Behaviour> {
        let mut endpoints = self.endpoints();
        let state = endpoints.entry(endpoint).or_default();
        state.calls += 1;
        state.behaviour.subscribe()
    }

    fn endpoints(&self) -> MutexGuard<'_, HashMap<Endpoint, EndpointState>> {
        self.endpoints.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
