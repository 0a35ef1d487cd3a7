//! Shared by the tests of this module: a fake Clerk, tokens, configurations, visits, and outcomes in words.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{Arc, OnceLock},
    time::Duration,
};

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    authenticate::authenticate,
    backend::{Backend, HandshakePayloadError, RefreshError, RefreshSession, SigningKeyError},
    facts::{Field, fake::FakeRequest},
    outcome::{AuthStatus, Outcome},
    query,
    set_cookie::SetCookie,
};
use crate::{
    clock::Timestamp,
    config::ClerkConfigBuilder,
    instance::ClerkConfig,
    keys::VerificationKey,
    testing::SigningKey,
    token::{RememberedToken, SessionToken},
};

pub(super) const NOW: i64 = 1_700_000_000;

/// The instance's key.
pub(super) fn key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(SigningKey::generate)
}

/// Another instance's key.
pub(super) fn foreign_key() -> &'static SigningKey {
    static KEY: OnceLock<SigningKey> = OnceLock::new();
    KEY.get_or_init(SigningKey::generate)
}

fn verification_key() -> &'static Arc<VerificationKey> {
    static KEY: OnceLock<Arc<VerificationKey>> = OnceLock::new();
    KEY.get_or_init(|| Arc::new(VerificationKey::from_pem(&key().public_pem()).unwrap()))
}

pub(super) fn session(changes: Value) -> String {
    let header = json!({ "alg": "RS256", "kid": key().kid() });
    let mut claims = json!({
        "sub": "user_1", "sid": "sess_1", "iss": "https://clerk.example.com", "azp": "https://app.example.com",
        "iat": NOW - 10, "exp": NOW + 60, "org_id": "org_1", "org_slug": "acme",
    });
    claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    key().sign(header.as_object().unwrap(), claims.as_object().unwrap())
}

pub(super) fn good() -> String {
    session(json!({}))
}

/// A fake Clerk that knows the key, and responds as configured.
#[derive(Default)]
pub(super) struct FakeClerk {
    pub(super) memory: RefCell<HashMap<String, Arc<SessionToken>>>,
    /// The cookies that the nonce `n1` stands for.
    pub(super) payload: Option<Vec<&'static str>>,
    pub(super) with_session: bool,
    /// The error with which every exchange of a nonce fails.
    pub(super) fails: Option<HandshakePayloadError>,
    pub(super) exchanges: Cell<usize>,
    pub(super) refreshes: bool,
    pub(super) is_down: bool,
    /// The number of keys after which it is down.
    pub(super) is_down_after: Option<usize>,
    /// The number of keys that were asked for.
    pub(super) keys_asked_for: Cell<usize>,
    /// The number of times that a key in place of another one was asked for.
    pub(super) replacements_asked_for: Cell<usize>,
}

impl Backend for FakeClerk {
    fn remembered(&self, text: &[u8]) -> Option<RememberedToken> {
        let text = std::str::from_utf8(text).ok()?;
        self.memory.borrow().get(text).cloned().map(RememberedToken::from)
    }

    fn relies_on(&self, _: &Arc<VerificationKey>, _: Timestamp) -> bool {
        false
    }

    fn remember(&self, token: &Arc<SessionToken>) {
        self.memory.borrow_mut().insert(token.expose().to_owned(), Arc::clone(token));
    }

    async fn signing_key(&self, kid: Option<&str>, _: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError> {
        self.keys_asked_for.set(self.keys_asked_for.get() + 1);
        if self.is_down || self.is_down_after.is_some_and(|keys| self.keys_asked_for.get() > keys) {
            let retry_after = Duration::from_secs(1);
            return Err(SigningKeyError::Unavailable { message: "down".into(), retry_after });
        }
        if kid == Some(key().kid()) { Ok(Arc::clone(verification_key())) } else { Err(SigningKeyError::UnknownKid) }
    }

    async fn key_in_place_of(
        &self,
        _: &Arc<VerificationKey>,
        _: Option<&str>,
        _: Timestamp,
    ) -> Option<Arc<VerificationKey>> {
        self.replacements_asked_for.set(self.replacements_asked_for.get() + 1);
        None
    }

    async fn refresh_session(&self, refresh: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError> {
        assert_eq!((refresh.session_id, refresh.refresh_token), ("sess_1", "rt_1"));
        let cookie = SetCookie::parse(&format!("__session={}; Path=/", good())).unwrap();
        if self.refreshes { Ok(vec![cookie]) } else { Err(RefreshError::Rejected("revoked".into())) }
    }

    async fn handshake_payload(&self, nonce: &str, _: Option<&str>) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        assert_eq!(nonce, "n1");
        self.exchanges.set(self.exchanges.get() + 1);
        if let Some(failure) = self.fails {
            return Err(failure);
        }
        let session = format!("__session={}; Path=/", good());
        let directives = self.payload.as_ref().ok_or(HandshakePayloadError::Rejected)?.iter().copied();
        Ok(directives.chain(self.with_session.then_some(session.as_str())).filter_map(SetCookie::parse).collect())
    }
}

pub(super) fn production() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1")
}

/// Has the same issuer, so that the same tokens are valid.
pub(super) fn development() -> ClerkConfigBuilder {
    ClerkConfig::builder().publishable_key("pk_test_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_test_1")
}

pub(super) fn satellite() -> ClerkConfigBuilder {
    production().is_satellite(true).domain("example.com")
}

/// A page navigation with these cookies.
pub(super) fn page(cookies: &str) -> FakeRequest {
    at("/", cookies)
}

pub(super) fn at(path: &str, cookies: &str) -> FakeRequest {
    FakeRequest::get(path).with(Field::SecFetchDest, "document").with(Field::Cookie, cookies)
}

pub(super) fn signed_in_cookies() -> String {
    format!("__session={}; __client_uat={}; __clerk_db_jwt=dvb_1", good(), NOW - 100)
}

/// Describes the outcome of a visit in a few words: `in`, `out REASON`, `to HOST REASON`, `back`, `malformed`.
pub(super) fn outcome(config: ClerkConfigBuilder, request: FakeRequest, clerk: &FakeClerk) -> String {
    let config = config.build().unwrap();
    let now = Timestamp::from_millis(NOW * 1000);
    let decide = || in_words(authenticate(&request, config.settings(), clerk, now).now_or_never().unwrap());
    let first = decide();
    assert_eq!(decide(), first, "what is remembered of the first time changes nothing");
    first
}

pub(super) fn in_words(outcome: Outcome) -> String {
    match outcome {
        Outcome::SignedIn { .. } => "in".to_owned(),
        Outcome::SignedOut { why, .. } => format!("out {}", why.reason),
        Outcome::Redirect(redirect) => {
            let location = url::Url::parse(&redirect.location).unwrap();
            let host = location.host_str().unwrap().to_owned();
            match redirect.says {
                Some((AuthStatus::Handshake, why)) => {
                    let told = query::get(&location, "__clerk_hs_reason");
                    assert!(told.is_none_or(|told| told == why.reason.as_str()), "{location}");
                    format!("to {host} {}", why.reason)
                }
                Some((_, why)) => format!("back {} {}", location.path(), why.reason),
                None => format!("back {}", location.path()),
            }
        }
        Outcome::Malformed { .. } => "malformed".to_owned(),
        Outcome::Machine { .. } | Outcome::Opaque(_) => panic!("no cookie is a machine's"),
    }
}

pub(super) fn settles(name: &str, config: ClerkConfigBuilder, request: FakeRequest, expected: &str) {
    assert_eq!(outcome(config, request, &FakeClerk::default()), expected, "{name}");
}
