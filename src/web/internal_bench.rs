//! Internals that `benches/`, `tests/` and `fuzz/` need. Not part of the public API: they change with any version.

use std::{hint::black_box, net::SocketAddr, sync::Arc};

use actix_web::HttpRequest;
use futures_util::FutureExt;

use super::{facts::ActixFacts, frontend_api_proxy::Proxied};
use crate::{
    backend::{self, Network, set_network},
    instance::ClerkConfig,
    keys::VerificationKey,
    request::{Backend, Outcome, authenticate, parse_directives},
    token::{ActiveOrganization, ClaimRules, Claims, Jwt, JwtClass, KeySet, SessionJwt, SessionToken},
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
#[allow(missing_debug_implementations, reason = "not part of the public API")]
pub struct Worker {
    config: ClerkConfig,
    key: Arc<VerificationKey>,
}

/// A token that was decoded and classified as a session token.
#[allow(missing_debug_implementations, reason = "not part of the public API")]
pub struct Decoded(SessionJwt);

/// A token that was verified.
#[allow(missing_debug_implementations, reason = "not part of the public API")]
pub struct VerifiedToken(Arc<SessionToken>);

/// Decodes a session token without verifying it.
pub fn decode(text: &str) -> Option<Decoded> {
    classify(text).map(Decoded)
}

/// The claims of a token, not yet interpreted.
#[allow(missing_debug_implementations, reason = "not part of the public API")]
pub struct ParsedClaims(Claims);

/// Parses claims without interpreting them.
pub fn parse_claims(json: &str) -> Option<ParsedClaims> {
    Claims::parse(json.as_bytes().to_vec(), 0).map(ParsedClaims)
}

/// Reads a session's organization and permissions from its claims.
pub fn read_claims(claims: &ParsedClaims) -> bool {
    black_box(ActiveOrganization::of(&claims.0)).is_some()
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
        Some(Self { config, key: Arc::new(key) })
    }

    /// Verifies the signature and the claims, without the cache.
    pub fn verify(&self, token: Decoded) -> Option<VerifiedToken> {
        let settings = self.config.settings();
        let verified = token.0.verify(&self.key, &ClaimRules::from(settings), settings.clock.now());
        verified.ok().map(|token| VerifiedToken(Arc::new(token)))
    }

    /// Authenticates a request and returns whether it is signed in. It may wait for keys.
    pub async fn authenticate(&self, request: &HttpRequest) -> bool {
        let now = self.config.settings().clock.now();
        let outcome = authenticate(&ActixFacts(request), self.config.settings(), &self.config, now).await;
        matches!(black_box(outcome), Outcome::SignedIn { .. })
    }

    /// Like `authenticate`, but returns false if it would have to wait.
    pub fn authenticate_now(&self, request: &HttpRequest) -> bool {
        self.authenticate(request).now_or_never().unwrap_or(false)
    }

    /// Looks the token up in the cache, and does nothing else.
    pub fn recall(&self, text: &str) -> bool {
        black_box(self.config.remembered(text.as_bytes())).is_some()
    }

    /// Adds a token to the cache.
    pub fn remember(&self, token: &VerifiedToken) {
        self.config.remember(&token.0);
    }
}

impl VerifiedToken {
    /// Returns the same session under another text: a benchmark needs more tokens than can be signed in its time.
    pub fn dangerously_renamed(&self, text: &str) -> Option<Self> {
        self.0.dangerously_renamed(text).map(|token| Self(Arc::new(token)))
    }

    /// Returns the token's size in bytes, as the cache counts it.
    pub fn footprint(&self) -> usize {
        self.0.footprint()
    }
}

/// Parses a JWKS document, and returns the number of keys that can verify tokens.
pub fn read_jwks(document: &[u8]) -> usize {
    KeySet::parse(document).map_or(0, |keys| keys.len())
}

/// Parses the cookies that a handshake or a refresh lists, and returns them as they would be set.
pub fn read_directives(json: &[u8]) -> Vec<String> {
    let listed: Vec<serde_json::Value> = serde_json::from_slice(json).unwrap_or_default();
    let cookies = parse_directives(&listed).unwrap_or_default();
    cookies.iter().map(|cookie| cookie.as_str().to_owned()).collect()
}

/// Returns the address and the head of the request that the Frontend API proxy would send to Clerk; nothing if it rejects
/// this one, or if the request is not for it.
pub fn proxied(config: &ClerkConfig, request: &HttpRequest) -> Option<(String, Vec<u8>)> {
    Proxied::of(request, config.settings())?.upstream_head(request, config.settings())
}

/// Reads a response of Clerk to the Frontend API proxy that arrives in pieces of this many bytes.
pub fn read_response(bytes: &[u8], is_head: bool, step: usize) -> Option<(u16, Vec<u8>)> {
    backend::read_response(bytes, is_head, step)
}

/// Returns whether the path belongs to an organization by these patterns.
pub fn is_of_an_organization(config: &ClerkConfig, path: &str) -> bool {
    config.settings().organization_patterns.organization.matches(path).is_some()
}

fn classify(text: &str) -> Option<SessionJwt> {
    match Jwt::decode(text).ok()?.classify() {
        JwtClass::Session(jwt) => Some(jwt),
        _ => None,
    }
}
