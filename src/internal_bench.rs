//! Internals that `benches/` and `tests/` need. Not part of the public API: they change with any version.

use std::{hint::black_box, net::SocketAddr, sync::Arc};

use actix_web::HttpRequest;
use futures_util::FutureExt;

use crate::{
    backend::{ClerkApi, HttpClient, Network, set_network},
    config::ClerkConfig,
    keys::VerificationKey,
    middleware::ActixFacts,
    request::{Backend, Outcome, authenticate},
    token::{ClaimRules, Jwt, JwtClass, Members, Organization, SessionJwt, SessionToken},
};

/// Makes this process's calls to Clerk trust a root certificate (in DER), resolve hosts to these addresses, and see
/// these variables instead of the environment. Returns false if a configuration was made before.
pub fn use_network(
    root: Vec<u8>,
    hosts: impl IntoIterator<Item = (String, Vec<SocketAddr>)>,
    variables: impl IntoIterator<Item = (String, String)>,
) -> bool {
    set_network(Network::of_tests(root, hosts.into_iter().collect(), variables.into_iter().collect()))
}

/// One configuration, as a worker uses it.
#[allow(missing_debug_implementations, reason = "only for benchmarks")]
pub struct Worker {
    config: ClerkConfig,
    http: HttpClient,
    key: Arc<VerificationKey>,
}

/// A token that was decoded and classified as a session token.
#[allow(missing_debug_implementations, reason = "only for benchmarks")]
pub struct Decoded(SessionJwt);

/// A token that was verified.
#[allow(missing_debug_implementations, reason = "only for benchmarks")]
pub struct Verified(Arc<SessionToken>);

pub fn decode(text: &str) -> Option<Decoded> {
    classify(text).map(Decoded)
}

/// The claims of a token, not yet interpreted.
#[allow(missing_debug_implementations, reason = "only for benchmarks")]
pub struct Claims(Members);

pub fn parse_claims(json: &str) -> Option<Claims> {
    Members::parse(json.as_bytes().to_vec(), 0).map(Claims)
}

/// Reads a session's organization and permissions from its claims.
pub fn read_claims(claims: &Claims) -> bool {
    black_box(Organization::of(&claims.0)).is_some()
}

/// Clears the cache of verified tokens.
pub fn forget_tokens(config: &ClerkConfig) {
    if let Some(tokens) = config.verified_tokens() {
        tokens.clear();
    }
}

/// Returns the suffix of this instance's cookies, with its underscore.
pub fn cookie_suffix(config: &ClerkConfig) -> &str {
    config.settings().cookie_names.session.trim_start_matches("__session")
}

impl Worker {
    /// Creates a worker; `pem` is the key that verifies the tokens. Call it on a thread with a runtime.
    pub fn new(config: ClerkConfig, pem: &str) -> Option<Self> {
        let key = VerificationKey::from_pem(pem).ok()?;
        Some(Self { config, http: HttpClient::new(), key: Arc::new(key) })
    }

    /// Verifies the signature and the claims, without the cache.
    pub fn verify(&self, token: Decoded) -> Option<Verified> {
        let settings = self.config.settings();
        let verified = token.0.verify(&self.key, &ClaimRules::from(settings), settings.clock.now());
        verified.ok().map(|token| Verified(Arc::new(token)))
    }

    /// Authenticates a request and returns whether it is signed in. It may wait for keys.
    pub async fn authenticate(&self, request: &HttpRequest) -> bool {
        let now = self.config.settings().clock.now();
        let outcome = authenticate(&ActixFacts(request), self.config.settings(), &self.api(), now).await;
        matches!(black_box(outcome), Outcome::SignedIn { .. })
    }

    /// Like `authenticate`, but returns false if it would have to wait.
    pub fn authenticate_now(&self, request: &HttpRequest) -> bool {
        self.authenticate(request).now_or_never().unwrap_or(false)
    }

    /// Looks the token up in the cache, and does nothing else.
    pub fn recall(&self, text: &str) -> bool {
        black_box(self.api().remembered(text.as_bytes())).is_some()
    }

    pub fn remember(&self, token: &Verified) {
        self.api().remember(&token.0);
    }

    fn api(&self) -> ClerkApi<'_> {
        ClerkApi { config: &self.config, http: &self.http }
    }
}

impl Verified {
    /// Returns the same session under another text: a benchmark needs more tokens than can be signed in its time.
    pub fn dangerously_renamed(&self, text: &str) -> Option<Self> {
        self.0.dangerously_renamed(text).map(|token| Self(Arc::new(token)))
    }

    /// Returns the token's size in bytes, as the cache counts it.
    pub fn footprint(&self) -> usize {
        self.0.footprint()
    }
}

fn classify(text: &str) -> Option<SessionJwt> {
    match Jwt::decode(text).ok()?.classify() {
        JwtClass::Session(jwt) => Some(jwt),
        _ => None,
    }
}
