//! `LocalClerk`: starts and stops a Clerk instance inside the process, and holds it for a test.

use std::{
    fmt, io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use actix_web::dev::ServerHandle;
#[cfg(feature = "webhooks")]
use serde::Serialize;
use serde_json::Value;

#[cfg(feature = "webhooks")]
use super::webhook_sender::WebhookAttempt;
use super::{
    behavior::{Behavior, Endpoint},
    instance::Instance,
    mint::Mint,
    server,
    session::session,
    session_events::announce,
};
use crate::{
    clock::settable::TestClock,
    config::{ClerkConfigBuilder, ConfigError},
    instance::ClerkConfig,
    keys::InstanceType,
};

/// A Clerk instance inside the process, on a loopback port, for tests and offline development only.
///
/// It has Clerk's Backend API as far as this crate calls it, and the Frontend API that `@clerk/clerk-js` and Clerk's
/// components call; [`builder`](Self::builder) takes the folder with their files. See
/// [Testing your handlers](crate::guide::testing#clerks-javascript-in-a-browser).
///
/// It stops when it is dropped. See the [module](super) for an example.
pub struct LocalClerk {
    pub(super) instance: Arc<Instance>,
    server: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// Effectively no limit: `LocalClerk` does not limit calls unless configured to ([`Behavior::RateLimit`]), and its
/// clock may stand still.
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
        Self::start_as(InstanceType::Development, None)
    }

    /// Starts a production instance: browsers are identified by cookies alone, without a dev browser.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub fn start_production() -> io::Result<Self> {
        Self::start_as(InstanceType::Production, None)
    }

    pub(super) fn start_as(instance_type: InstanceType, npm_folder: Option<PathBuf>) -> io::Result<Self> {
        let listeners = server::bind_loopback()?;
        let port =
            listeners.first().map(|listener| listener.local_addr()).transpose()?.map_or(0, |a: SocketAddr| a.port());
        let instance = Arc::new(Instance::new(instance_type, port, npm_folder));

        // A separate thread with its own Actix system, so that it works with any runtime, or with none.
        let (ready, started) = mpsc::channel();
        let for_server = Arc::clone(&instance);
        let thread = std::thread::Builder::new().name("local-clerk".to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(server::run(for_server, listeners, ready));
        })?;
        let server = started.recv().map_err(|_| io::Error::other("could not start LocalClerk's server"))??;
        tracing::warn!("LocalClerk listens on http://localhost:{port}: for tests and offline development only");
        Ok(Self { instance, server, thread: Some(thread) })
    }

    /// Returns a configuration for this instance. Each configuration has its own caches.
    ///
    /// Use [`config_builder`](Self::config_builder) to add settings.
    #[allow(clippy::expect_used, reason = "test support: these settings are fixed in this module")]
    pub fn config(&self) -> ClerkConfig {
        self.config_builder().build().expect("LocalClerk's own settings are valid")
    }

    /// Returns a configuration builder, with keys, addresses and the clock already set, and with the feature `webhooks`
    /// also the signing secret of webhooks.
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
        let builder = ClerkConfig::builder()
            .publishable_key(self.publishable_key())
            .secret_key(self.secret_key())
            .api_url(self.api_url())
            .local_frontend_api(self.frontend_api_url())
            .sign_in_url(self.sign_in_url())
            .clock(self.instance.clock.clone())
            .without_retry_pauses()
            .backend_api_rate_limit(LIMITLESS);
        #[cfg(feature = "webhooks")]
        let builder = builder.webhook_signing_secret(self.webhook_signing_secret());
        builder
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
        self.instance.publishable_key()
    }

    /// The secret key: `sk_test_…`, or `sk_live_…` in production.
    pub fn secret_key(&self) -> &str {
        &self.instance.secret_key
    }

    /// The id of the machine that creates machine-to-machine tokens: `mch_…`.
    pub fn machine_id(&self) -> &str {
        &self.instance.machine_id
    }

    /// The machine secret key of that machine: `ak_…`.
    pub fn machine_secret_key(&self) -> &str {
        &self.instance.machine_secret_key
    }

    /// The newest public key, as PEM.
    pub fn jwt_key(&self) -> String {
        self.instance.signing_key().public_pem()
    }

    /// The URL of the Backend API.
    pub fn api_url(&self) -> String {
        format!("http://127.0.0.1:{}", self.instance.port)
    }

    /// The URL of the Frontend API: for `clerk-js`, its proxy URL. Clerk's Frontend API uses `https` on its own host, which
    /// the publishable key names; configurations for this instance
    /// have the URL as the default of `proxy_url` and of `frontend_api_url`.
    pub fn frontend_api_url(&self) -> String {
        format!("http://localhost:{}", self.instance.port)
    }

    /// The URL of the sign-in page.
    pub fn sign_in_url(&self) -> String {
        format!("http://localhost:{}/sign-in", self.instance.port)
    }

    /// The URL that a form posts to in order to sign out: with `redirect_url` in the query, and in development the
    /// `__clerk_db_jwt` cookie's value as `__clerk_db_jwt`.
    pub fn sign_out_url(&self) -> String {
        format!("http://localhost:{}/sign-out", self.instance.port)
    }

    /// The clock of the instance and of its configurations.
    pub fn clock(&self) -> &TestClock {
        &self.instance.clock
    }

    /// Mints the token that a builder describes: a session token or another JWT, signed with the newest key, an API
    /// key, or another opaque token. From then on, the Backend API knows the opaque token, or the session of the
    /// session token.
    ///
    /// ```
    /// use clerk_actix::testing::{self, LocalClerk};
    ///
    /// let clerk = LocalClerk::start()?;
    /// let of_a_browser = clerk.mint(testing::session("user_ada").org_role("org:admin"));
    /// let api_key = clerk.mint(testing::api_key("user_ada").scopes(["posts:read"]));
    /// let of_a_machine = clerk.mint(testing::m2m_token(clerk.machine_id()).jwt());
    /// let of_an_application = clerk.mint(testing::oauth_token("user_ada").scopes(["profile"]));
    /// # let _ = (of_a_browser, api_key, of_a_machine, of_an_application);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn mint(&self, token: impl Mint) -> String {
        token.mint(&self.instance)
    }

    /// Revokes an API key, a machine-to-machine token or an OAuth access token, given the token itself or its id.
    /// Returns whether it exists. A JWT cannot be revoked.
    pub fn revoke(&self, token_or_id: &str) -> bool {
        self.instance.tokens().revoke(token_or_id)
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
        self.instance.add_template(name.into(), claims);
    }

    /// Mints a session token for this user, with default claims, as [`mint`](Self::mint) does for
    /// [`session(user_id)`](super::session()).
    pub fn session_token(&self, user_id: &str) -> String {
        self.mint(session(user_id))
    }

    /// Revokes all sessions of a user. Their tokens stay valid until they expire, and are not refreshed.
    pub fn revoke_sessions(&self, user_id: &str) {
        for session in self.instance.browsers().revoke(user_id) {
            announce(&self.instance, &self.instance.directory(), "session.revoked", session);
        }
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
        self.instance.omit_azp();
    }

    /// Replaces the signing key and drops all older ones. Tokens signed with them no longer verify.
    pub fn rotate_keys(&self) {
        self.instance.rotate_keys();
    }

    /// Replaces the signing key with another one under the same `kid`.
    pub fn replace_key(&self) {
        self.instance.replace_key();
    }

    /// Adds a signing key and signs with it. The old keys stay valid.
    pub fn add_key(&self) {
        self.instance.add_key();
    }

    /// Sets how an endpoint responds, including calls that are already hanging there.
    pub fn behave(&self, endpoint: Endpoint, behavior: Behavior) {
        self.instance.endpoints.behave(endpoint, behavior);
    }

    /// Sets how an endpoint responds to its next call only. Several calls of this method queue up, one for each coming
    /// call.
    pub fn behave_once(&self, endpoint: Endpoint, behavior: Behavior) {
        self.instance.endpoints.behave_once(endpoint, behavior);
    }

    /// Returns the number of calls that an endpoint has received, including failed and hanging ones.
    pub fn calls(&self, endpoint: Endpoint) -> u64 {
        self.instance.endpoints.calls(endpoint)
    }

    /// Returns the highest number of calls that an endpoint has had at the same time. [`Behavior::Hang`] keeps calls
    /// open.
    pub fn most_at_once(&self, endpoint: Endpoint) -> u64 {
        self.instance.endpoints.most_at_once(endpoint)
    }
}

/// Webhooks (feature `webhooks`).
#[cfg(feature = "webhooks")]
#[cfg_attr(docsrs, doc(cfg(feature = "webhooks")))]
impl LocalClerk {
    /// Sends webhooks to this URL from now on, signed with [`webhook_signing_secret`](Self::webhook_signing_secret) at
    /// the time of [`clock`](Self::clock).
    ///
    /// | What happens | Event |
    /// |---|---|
    /// | A browser signs in | `session.created` |
    /// | A browser signs out | `session.removed`, as after a sign-out with Clerk's components |
    /// | A session is revoked by the Backend API, by [`revoke_sessions`](Self::revoke_sessions) or in a user's profile | `session.revoked` |
    /// | `clerk-js` ends a session | `session.ended`, `session.removed` |
    /// | A user signs up or is added by [`add_user`](Self::add_user), or changes or is deleted in Clerk's components | `user.created`, `.updated`, `.deleted` |
    /// | An organization is created, changed or deleted in Clerk's components | `organization.created`, `.updated`, `.deleted` |
    /// | A member joins, gets another role, or leaves | `organizationMembership.created`, `.updated`, `.deleted` |
    /// | A user is invited, accepts, or the invitation is revoked | `organizationInvitation.created`, `.accepted`, `.revoked` |
    /// | [`send_webhook`](Self::send_webhook) | any |
    ///
    /// Other calls of the Backend API, such as one that deletes a user, send none.
    ///
    /// They are sent in the order in which things happen, one after the other, and no request waits for them. As Clerk
    /// does, it sends a webhook until the response is 2xx, at most 8 times; but without pauses, so that no test has to
    /// wait for hours.
    ///
    /// ```
    /// use actix_web::{web, App, HttpResponse, HttpServer};
    /// use clerk_actix::{testing::LocalClerk, ClerkMiddleware, Webhook};
    /// use serde_json::json;
    ///
    /// async fn receive(webhook: Webhook) -> HttpResponse {
    ///     HttpResponse::Ok().body(webhook.event.event_type().to_owned())
    /// }
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let clerk = LocalClerk::start()?;
    /// let middleware = ClerkMiddleware::new(clerk.config());
    /// let app = move || App::new().wrap(middleware.clone()).route("/webhooks", web::post().to(receive));
    /// let server = HttpServer::new(app).workers(1).bind(("127.0.0.1", 0))?;
    /// clerk.send_webhooks_to(&format!("http://{}/webhooks", server.addrs()[0]));
    /// actix_web::rt::spawn(server.run());
    ///
    /// clerk.send_webhook("user.deleted", json!({ "id": "user_ada", "deleted": true }));
    /// clerk.webhooks_delivered().await;
    /// assert_eq!(clerk.webhook_attempts()[0].response, "user.deleted");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If the URL is not an `http` URL of this machine: `localhost`, a name that ends in `.localhost`, or a loopback
    /// address. No webhook leaves the machine.
    #[track_caller]
    #[allow(clippy::panic, reason = "test support: a test with such a URL has a mistake")]
    pub fn send_webhooks_to(&self, url: &str) {
        if !self.instance.webhooks.send_to(url) {
            panic!("{url:?} is not an http URL of this machine, such as http://localhost:3000/webhooks/clerk");
        }
    }

    /// The secret that webhooks are signed with: `whsec_…`, different for each instance. Configurations of this instance
    /// have it.
    pub fn webhook_signing_secret(&self) -> &str {
        &self.instance.webhooks.secret
    }

    /// Sends a webhook for an event that cannot happen in this instance, such as a ban, which is a `user.updated`, or the
    /// end of a membership. `data` is the resource.
    ///
    /// It changes nothing in the instance itself. To test a webhook that is late, malformed or forged, use
    /// [`webhook`](super::webhook()).
    ///
    /// # Panics
    ///
    /// If [`send_webhooks_to`](Self::send_webhooks_to) was not called before, or the data cannot be serialized.
    #[track_caller]
    #[allow(clippy::expect_used, clippy::panic, reason = "test support: a test that does so has a mistake")]
    pub fn send_webhook(&self, event_type: &str, data: impl Serialize) {
        let data = serde_json::to_value(data).expect("the data can be serialized");
        let Instance { webhooks, instance_id, clock, .. } = &*self.instance;
        if !webhooks.send(event_type, data, instance_id, clock.now()) {
            panic!("call `send_webhooks_to` first: LocalClerk does not know where to send {event_type}");
        }
    }

    /// Resolves once every webhook has been accepted with a 2xx, or given up. [`webhook_attempts`](Self::webhook_attempts)
    /// says which.
    pub async fn webhooks_delivered(&self) {
        self.instance.webhooks.idle().await;
    }

    /// Returns every attempt to send a webhook so far, from the first one on, with the response.
    pub fn webhook_attempts(&self) -> Vec<WebhookAttempt> {
        self.instance.webhooks.attempts()
    }
}

impl fmt::Debug for LocalClerk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalClerk").field("port", &self.instance.port).finish_non_exhaustive()
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
