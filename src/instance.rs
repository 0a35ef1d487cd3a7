//! [`ClerkConfig`]: the settings of one Clerk instance, with everything that it keeps between requests.

use std::{fmt, future::pending, sync::Arc};

use crate::{
    backend::{ClockSkew, Transport, announce_proxy},
    clock::Timestamp,
    config::{ClerkConfigBuilder, ConfigError, FileStatus, Settings},
    keys::{InstanceType, VerificationKey},
    request::{Backend, HandshakePayloadError, RefreshError, RefreshSession, SetCookie, SigningKeyError},
    store::{
        AuthorizationServer, ClientPauses, InPlace, MachineTokens, Nonces, Quota, Refreshes, SigningKeys,
        VerifiedTokens,
        jwks_file::{self, JwksFile},
    },
    token::{RememberedToken, SessionToken},
};

/// The checked configuration of one Clerk instance, and its caches.
///
/// A clone is cheap and shares the caches. Two configurations never share anything, even if they were built from the
/// same settings: build one per Clerk instance, once, and clone it.
///
/// ```
/// use clerk_actix::ClerkConfig;
///
/// let config = ClerkConfig::builder()
///     .publishable_key("pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA")
///     .secret_key("sk_test_000000000000")
///     .authorized_parties(["https://app.example.com"])
///     .build()?;
/// assert_eq!(config.frontend_api(), "happy-cat-1.clerk.accounts.dev");
/// # Ok::<(), clerk_actix::ConfigError>(())
/// ```
#[derive(Clone)]
pub struct ClerkConfig(Arc<Handle>);

/// The data that the clones of one worker share.
struct Handle(Arc<Instance>);

struct Instance {
    settings: Arc<Settings>,
    signing_keys: SigningKeys,
    machine_tokens: Arc<MachineTokens>,
    nonces: Arc<Nonces>,
    refreshes: Arc<Refreshes>,
    verified_tokens: Option<VerifiedTokens>,
    client_pauses: ClientPauses,
    authorization_server: AuthorizationServer,
}

impl ClerkConfig {
    /// Returns an empty builder. At least `publishable_key`, and `secret_key` or `jwt_key`, have to be set.
    pub fn builder() -> ClerkConfigBuilder {
        ClerkConfigBuilder::default()
    }

    /// Returns the configuration from environment variables; see [`ClerkConfigBuilder::from_env`].
    ///
    /// # Errors
    ///
    /// [`ConfigError`] names the variable that is missing or wrong, and what to do about it.
    pub fn from_env() -> Result<Self, ConfigError> {
        ClerkConfigBuilder::from_env()?.build()
    }

    fn new(settings: Settings) -> Result<Self, ConfigError> {
        announce_proxy(&settings.api_url);
        settings.announce_test_support();
        let (settings, transport) = (Arc::new(settings), Transport::new());
        let (file, seed) = jwks_file::open(&settings)?;
        let quota = Arc::new(Quota::new(settings.backend_api_rate_limit));
        let instance = Instance {
            signing_keys: SigningKeys::new(&settings, transport, file, seed),
            machine_tokens: MachineTokens::new(&settings, transport, &quota),
            nonces: Nonces::new(&settings, transport, &quota),
            refreshes: Refreshes::new(&settings, transport, &quota),
            verified_tokens: settings.session_token_cache.and_then(VerifiedTokens::new),
            client_pauses: ClientPauses::default(),
            authorization_server: AuthorizationServer::new(&settings, transport),
            settings,
        };
        Ok(Self(Arc::new(Handle(Arc::new(instance)))))
    }

    /// Returns the same configuration with its own reference count, for one worker. A request clones its
    /// configuration more than once, and workers that write to one counter wait for each other.
    pub(crate) fn of_this_worker(&self) -> Self {
        Self(Arc::new(Handle(Arc::clone(&self.0.0))))
    }

    fn instance(&self) -> &Instance {
        &self.0.0
    }

    /// Returns the publishable key, which pages need to load Clerk's JavaScript. It is not a secret. Empty if only a
    /// [`machine_secret_key`](ClerkConfigBuilder::machine_secret_key) is set.
    pub fn publishable_key(&self) -> &str {
        self.instance().settings.publishable_key.as_str()
    }

    /// Returns the host of the instance's Frontend API, which the publishable key contains. Empty without a publishable
    /// key.
    pub fn frontend_api(&self) -> &str {
        self.instance().settings.publishable_key.frontend_api()
    }

    /// Returns whether this is a development or a production instance.
    pub fn instance_type(&self) -> InstanceType {
        self.instance().settings.publishable_key.instance_type()
    }

    /// Returns whether requests can be authenticated: for readiness probes. Never waits.
    ///
    /// `true` once Clerk's signing keys are loaded, and through an outage of Clerk as long as stale keys may be used
    /// ([`jwks_max_stale`](ClerkConfigBuilder::jwks_max_stale)). If no keys are loaded yet, or a refresh is due, this
    /// starts it in the background, so a probe alone makes the server ready before its first request. Always `true` with
    /// [`jwt_key`](ClerkConfigBuilder::jwt_key), and if only a
    /// [`machine_secret_key`](ClerkConfigBuilder::machine_secret_key) is set: there is nothing to load.
    ///
    /// `false` also while session tokens are rejected because the store of
    /// [`revocations`](ClerkConfigBuilder::revocations) cannot be reached
    /// ([`RejectAfter`](crate::stores::WhenUnreachable::RejectAfter)).
    ///
    /// ```
    /// use actix_web::{web, HttpResponse};
    /// use clerk_actix::ClerkConfig;
    ///
    /// /// `GET /ready`, which the load balancer asks before it sends requests here.
    /// async fn ready(clerk: web::Data<ClerkConfig>) -> HttpResponse {
    ///     match clerk.is_ready() {
    ///         true => HttpResponse::Ok().finish(),
    ///         false => HttpResponse::ServiceUnavailable().finish(),
    ///     }
    /// }
    /// # let _ = web::get().to(ready);
    /// ```
    pub fn is_ready(&self) -> bool {
        let instance = self.instance();
        let now = instance.settings.clock.now();
        let rejects = instance.settings.revocations.as_ref().is_some_and(|revocations| revocations.reject_all(now));
        instance.signing_keys.are_ready(now) && !rejects
    }

    /// Returns how far this machine's clock is from Clerk's, as the last fetch of the signing keys measured it.
    pub(crate) fn measured_skew(&self) -> Option<ClockSkew> {
        self.instance().signing_keys.measured_skew()
    }

    /// Returns what has become of the file that signing keys are kept in, if there is one.
    pub(crate) fn jwks_file_status(&self) -> Option<FileStatus> {
        self.instance().signing_keys.file().map(JwksFile::status)
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.instance().settings
    }

    /// The pauses that Clerk asked for.
    pub(crate) fn client_pauses(&self) -> &ClientPauses {
        &self.instance().client_pauses
    }

    pub(crate) fn machine_tokens(&self) -> &Arc<MachineTokens> {
        &self.instance().machine_tokens
    }

    /// The metadata of the OAuth authorization server.
    pub(crate) fn authorization_server(&self) -> &AuthorizationServer {
        &self.instance().authorization_server
    }

    /// `None` if the cache is turned off.
    pub(crate) fn verified_tokens(&self) -> Option<&VerifiedTokens> {
        self.instance().verified_tokens.as_ref()
    }

    /// Returns whether `other` is this very configuration: the same settings and the same caches.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0.0, &other.0.0)
    }
}

impl fmt::Debug for ClerkConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClerkConfig").field(&self.instance().settings).finish()
    }
}

impl ClerkConfigBuilder {
    /// Checks all settings and returns the configuration.
    ///
    /// # Errors
    ///
    /// [`ConfigError`] for the first setting that is missing, malformed or inconsistent with another.
    pub fn build(self) -> Result<ClerkConfig, ConfigError> {
        ClerkConfig::new(self.check()?)
    }
}

/// Calls Clerk if the answer is not known yet.
impl Backend for ClerkConfig {
    fn remembered(&self, text: &[u8]) -> Option<RememberedToken> {
        self.verified_tokens()?.get(text)
    }

    fn remember(&self, token: &Arc<SessionToken>) {
        if let Some(tokens) = self.verified_tokens() {
            tokens.insert(token);
        }
    }

    fn relies_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool {
        self.instance().signing_keys.rely_on(key, now)
    }

    async fn signing_key(&self, kid: Option<&str>, now: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError> {
        self.instance().signing_keys.get(kid, now).await
    }

    async fn key_in_place_of(
        &self,
        key: &Arc<VerificationKey>,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<VerificationKey>> {
        self.instance().signing_keys.in_place_of(key, kid, now).await
    }

    async fn refresh_session(&self, refresh: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError> {
        self.instance().refreshes.refresh(refresh).await
    }

    async fn handshake_payload(
        &self,
        nonce: &str,
        session_id: Option<&str>,
    ) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        self.instance().nonces.exchange(nonce, session_id).await
    }
}

/// The same without calls to Clerk: returns only what is already known. A future that would need a call never resolves.
/// Used for the first attempt at a decision, which is dropped if it would have to wait, and then made again with calls.
#[derive(Clone, Copy)]
pub(crate) struct WithoutCalls<'c>(pub(crate) &'c ClerkConfig);

impl Backend for WithoutCalls<'_> {
    fn remembered(&self, text: &[u8]) -> Option<RememberedToken> {
        self.0.remembered(text)
    }

    fn remember(&self, token: &Arc<SessionToken>) {
        self.0.remember(token);
    }

    fn relies_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool {
        self.0.relies_on(key, now)
    }

    async fn signing_key(&self, kid: Option<&str>, now: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError> {
        match self.0.instance().signing_keys.known(kid, now) {
            Some(known) => known,
            None => pending().await,
        }
    }

    async fn key_in_place_of(
        &self,
        key: &Arc<VerificationKey>,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<VerificationKey>> {
        match self.0.instance().signing_keys.known_in_place_of(key, kid, now) {
            InPlace::Known(known) => known,
            InPlace::Unknown => pending().await,
        }
    }

    async fn refresh_session(&self, _: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError> {
        pending().await
    }

    async fn handshake_payload(&self, _: &str, _: Option<&str>) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        pending().await
    }
}
