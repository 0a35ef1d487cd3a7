//! Clerk's Backend API: pure request builders and response parsers, the transport between them, and the caches of
//! signing keys and of verified session tokens.

pub(crate) mod client;
mod handshake_payload;
mod jwks;
mod m2m_token_source;
mod machine_tokens;
mod nonces;
mod quota;
mod refresh;
mod refreshes;
mod retry;
mod signing_keys;
mod single_flight;
mod transport;
mod under_way;
mod verified_tokens;

use std::{future::pending, sync::Arc};

use actix_web::http::Method;
use serde_json::Value;

pub use self::m2m_token_source::M2mTokenSource;
#[cfg(feature = "internal-bench")]
pub(crate) use self::transport::{Network, set_network};
pub(crate) use self::{
    machine_tokens::MachineTokens,
    nonces::Nonces,
    quota::Quota,
    refreshes::Refreshes,
    signing_keys::SigningKeys,
    transport::{HttpClient, announce_proxy},
    verified_tokens::VerifiedTokens,
};
use self::{
    signing_keys::InPlace,
    transport::{ApiRequest, MAX_SMALL_BODY},
};
use crate::{
    clock::Timestamp,
    config::{ClerkConfig, Settings},
    keys::VerificationKey,
    request::{Backend, HandshakePayloadError, RefreshError, RefreshSession, SetCookie, SigningKeyError},
    token::{RememberedToken, SessionToken},
};

/// Access to Clerk's API for one configuration, from one worker.
#[derive(Clone, Copy)]
pub(crate) struct ClerkApi<'w> {
    pub(crate) config: &'w ClerkConfig,
    pub(crate) http: &'w HttpClient,
}

impl Backend for ClerkApi<'_> {
    fn remembered(&self, text: &[u8]) -> Option<RememberedToken> {
        self.config.verified_tokens()?.get(text)
    }

    fn remember(&self, token: &Arc<SessionToken>) {
        if let Some(tokens) = self.config.verified_tokens() {
            tokens.insert(token);
        }
    }

    fn relies_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool {
        self.config.signing_keys().rely_on(key, now)
    }

    async fn signing_key(&self, kid: Option<&str>, now: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError> {
        SigningKeys::get(*self, kid, now).await
    }

    async fn key_in_place_of(
        &self,
        key: &Arc<VerificationKey>,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<VerificationKey>> {
        SigningKeys::in_place_of(*self, key, kid, now).await
    }

    async fn is_final(&self) {}

    async fn refresh_session(&self, refresh: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError> {
        Refreshes::refresh(self.config, self.http, refresh).await
    }

    async fn handshake_payload(&self, nonce: &str) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        Nonces::exchange(self.config, self.http, nonce).await
    }
}

/// The same without calls to Clerk: answers only what is already known. A future that would need a call never resolves.
/// Used for the first attempt at a decision, which is dropped if it would have to wait, and then made again with calls.
#[derive(Clone, Copy)]
pub(crate) struct WithoutCalls<'w>(pub(crate) ClerkApi<'w>);

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
        match SigningKeys::known(self.0, kid, now) {
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
        match SigningKeys::known_in_place_of(self.0, key, kid, now) {
            InPlace::Known(known) => known,
            InPlace::Unknown => pending().await,
        }
    }

    async fn is_final(&self) {
        pending().await
    }

    async fn refresh_session(&self, _: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError> {
        pending().await
    }

    async fn handshake_payload(&self, _: &str) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        pending().await
    }
}

/// Builds a `GET` of this path under the API's version. A slash in a segment does not split it.
fn endpoint<'c>(settings: &'c Settings, segments: &[&str]) -> ApiRequest<'c> {
    let version = settings.api_version.split('/').filter(|segment| !segment.is_empty());
    endpoint_at(settings, version.chain(segments.iter().copied()))
}

/// The same without a version: some of Clerk's paths have none.
fn endpoint_at<'c, 's>(settings: &'c Settings, segments: impl Iterator<Item = &'s str>) -> ApiRequest<'c> {
    let mut url = settings.api_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    ApiRequest {
        method: Method::GET,
        url,
        authorization: settings.secret_key.as_ref().map(Into::into),
        body: None,
        timeout: settings.retry.call_timeout,
        max_body: MAX_SMALL_BODY,
    }
}

/// Returns the first error in Clerk's envelope, `{"errors":[{"code","message"}]}`, or `None` if there is no envelope or
/// an empty one.
fn first_error(body: &[u8]) -> Option<Value> {
    let envelope: Value = serde_json::from_slice(body).ok()?;
    envelope.get("errors")?.as_array()?.first().cloned()
}
