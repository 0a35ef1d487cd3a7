//! The state of a `LocalClerk` instance, which the handle and the server's handlers share.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicBool, Ordering},
    },
};

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use serde_json::{Map, Value, json};

#[cfg(feature = "webhooks")]
use super::webhook_sender::WebhookSender;
use super::{
    behavior::{Endpoint, Endpoints, OpenCall},
    browsers::{Browsers, UserSession},
    directory::Directory,
    instance_names::InstanceName,
    oauth_provider::OAuth,
    records::Records,
    secret::{random_id, secret},
    session::SessionBuilder,
    signing::SigningKey,
    tokens::Tokens,
};
use crate::{
    clock::settable::TestClock,
    keys::{InstanceType, PublishableKey},
};

/// A Clerk instance: its keys, users, browsers and tokens, and how its endpoints answer.
#[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
pub struct Instance {
    pub(super) port: u16,
    name: InstanceName,
    pub(super) instance_type: InstanceType,
    /// `ins_…`
    pub(super) instance_id: String,
    pub(super) secret_key: String,
    pub(super) machine_id: String,
    pub(super) machine_secret_key: String,
    pub(super) clock: TestClock,
    /// The creation time of everything that exists from the start, in milliseconds.
    pub(super) started_at: i64,
    /// The folder of npm's packages, `node_modules`.
    pub(super) npm_folder: Option<PathBuf>,
    directory: Mutex<Directory>,
    /// Never empty. The newest key is the last one.
    keys: RwLock<Vec<Arc<SigningKey>>>,
    browsers: Mutex<Browsers>,
    tokens: Mutex<Tokens>,
    records: Mutex<Records>,
    oauth: Mutex<OAuth>,
    templates: Mutex<HashMap<String, Map<String, Value>>>,
    omits_azp: AtomicBool,
    pub(super) endpoints: Endpoints,
    #[cfg(feature = "webhooks")]
    pub(super) webhooks: WebhookSender,
}

impl Instance {
    /// Returns an instance with a fresh key pair that is reached on this port.
    pub(super) fn new(instance_type: InstanceType, port: u16, npm_folder: Option<PathBuf>) -> Self {
        let clock = TestClock::running();
        Self {
            port,
            name: InstanceName::take(),
            instance_type,
            instance_id: random_id("ins_"),
            secret_key: secret(match instance_type {
                InstanceType::Development => "sk_test_",
                InstanceType::Production => "sk_live_",
            }),
            machine_id: random_id("mch_"),
            machine_secret_key: secret("ak_"),
            started_at: clock.timestamp().as_millis(),
            directory: Mutex::new(Directory::seeded(clock.timestamp().as_millis())),
            npm_folder,
            clock,
            keys: RwLock::new(vec![Arc::new(SigningKey::generate())]),
            browsers: Mutex::default(),
            tokens: Mutex::default(),
            records: Mutex::default(),
            oauth: Mutex::default(),
            templates: Mutex::default(),
            omits_azp: AtomicBool::new(false),
            endpoints: Endpoints::default(),
            #[cfg(feature = "webhooks")]
            webhooks: WebhookSender::new(),
        }
    }

    pub(super) fn publishable_key(&self) -> String {
        let prefix = match self.instance_type {
            InstanceType::Development => "pk_test_",
            InstanceType::Production => "pk_live_",
        };
        format!("{prefix}{}", STANDARD_NO_PAD.encode(format!("{}$", self.host())))
    }

    /// Returns the Frontend API's host, which is not the address at which this instance is reached.
    fn host(&self) -> String {
        self.name.host(self.instance_type)
    }

    /// Returns the suffix of this instance's cookies.
    pub(super) fn cookie_suffix(&self) -> String {
        PublishableKey::parse(&self.publishable_key()).map(|key| key.cookie_suffix()).unwrap_or_default()
    }

    /// Returns the `iss` claim: the Frontend API with a scheme, as in Clerk's tokens.
    pub(super) fn issuer(&self) -> String {
        format!("https://{}", self.host())
    }

    /// Returns the primary domain: the Frontend API's host without `clerk`.
    pub(super) fn domain(&self) -> String {
        self.host().replacen("clerk.", "", 1)
    }

    /// Returns the time in seconds, the unit of cookies and claims.
    pub(super) fn now(&self) -> i64 {
        self.clock.timestamp().as_seconds()
    }

    /// Counts a call, and returns how to respond to it.
    pub(super) fn call(&self, endpoint: Endpoint) -> OpenCall {
        self.endpoints.call(endpoint, self.clock.timestamp())
    }

    pub(super) fn tokens(&self) -> MutexGuard<'_, Tokens> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever also needs the browsers locks those first.
    pub(super) fn directory(&self) -> MutexGuard<'_, Directory> {
        self.directory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever also needs the directory locks that first.
    pub(super) fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn browsers(&self) -> MutexGuard<'_, Browsers> {
        self.browsers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn oauth(&self) -> MutexGuard<'_, OAuth> {
        self.oauth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn template(&self, name: &str) -> Option<Map<String, Value>> {
        self.templates().get(name).cloned()
    }

    pub(super) fn add_template(&self, name: String, claims: Map<String, Value>) {
        self.templates().insert(name, claims);
    }

    fn templates(&self) -> MutexGuard<'_, HashMap<String, Map<String, Value>>> {
        self.templates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keys, and what is signed with them.
impl Instance {
    pub(super) fn mint_session(&self, session: &SessionBuilder) -> String {
        let key = self.signing_key();
        let (header, claims) = session.describe(key.kid(), &self.issuer(), self.clock.timestamp());
        key.sign(&header, &claims)
    }

    /// Mints a session token for an application, with the application's origin as `azp`.
    pub(super) fn token_of(&self, session: &UserSession, directory: &Directory, origin: &str) -> String {
        self.token_for(session.describe(directory, self.clock.timestamp()), Some(origin))
    }

    /// Mints a described session token for an application, whose origin may be unknown.
    pub(super) fn token_for(&self, description: SessionBuilder, origin: Option<&str>) -> String {
        let origin = origin.filter(|_| !self.omits_azp.load(Ordering::Relaxed));
        self.mint_session(&origin.into_iter().fold(description, |token, origin| token.claim("azp", origin)))
    }

    pub(super) fn omit_azp(&self) {
        self.omits_azp.store(true, Ordering::Relaxed);
    }

    /// Signs a JWT with the newest key. The header gets that key's `kid` and `alg` unless it sets its own. Members that
    /// are null are left out.
    pub(super) fn sign(&self, header: Map<String, Value>, mut claims: Map<String, Value>) -> String {
        let key = self.signing_key();
        let mut all = Map::from_iter([("alg".to_owned(), "RS256".into()), ("kid".to_owned(), key.kid().into())]);
        all.extend(header);
        for members in [&mut all, &mut claims] {
            members.retain(|_, value| !value.is_null());
        }
        key.sign(&all, &claims)
    }

    /// Returns the newest key.
    #[allow(clippy::expect_used, reason = "test support: the list is never empty")]
    pub(super) fn signing_key(&self) -> Arc<SigningKey> {
        Arc::clone(self.keys().last().expect("there is always a key"))
    }

    pub(super) fn jwks(&self) -> Value {
        json!({ "keys": self.keys().iter().map(|key| key.jwk()).collect::<Vec<_>>() })
    }

    /// Replaces all keys with a new one.
    pub(super) fn rotate_keys(&self) {
        *self.keys_mut() = vec![Arc::new(SigningKey::generate())];
    }

    /// Replaces the newest key with another one under the same `kid`.
    pub(super) fn replace_key(&self) {
        if let Some(last) = self.keys_mut().last_mut() {
            *last = Arc::new(SigningKey::generate_with_kid(last.kid().to_owned()));
        }
    }

    pub(super) fn add_key(&self) {
        self.keys_mut().push(Arc::new(SigningKey::generate()));
    }

    fn keys(&self) -> RwLockReadGuard<'_, Vec<Arc<SigningKey>>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn keys_mut(&self) -> RwLockWriteGuard<'_, Vec<Arc<SigningKey>>> {
        self.keys.write().unwrap_or_else(PoisonError::into_inner)
    }
}
