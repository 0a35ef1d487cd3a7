//! Makes each of a request's exchanges with Clerk (of a nonce or a refresh token) only once, even if several
//! middlewares of one instance wrap the route.
//!
//! A nonce can be exchanged only once, and a refresh token may not last longer either. An inner middleware of the same
//! instance with other settings still decides again, by its own rules, but reuses the results that the outer one got
//! from Clerk.

use std::sync::Arc;

use actix_web::{HttpMessage, HttpRequest};

use crate::{
    clock::Timestamp,
    instance::ClerkConfig,
    keys::VerificationKey,
    request::{Backend, HandshakePayloadError, RefreshError, RefreshSession, SetCookie, SigningKeyError},
    token::{RememberedToken, SessionToken},
};

/// Clerk's API, with each one-time exchange made once per request.
pub(super) struct OncePerRequest<'r> {
    pub(super) config: &'r ClerkConfig,
    pub(super) req: &'r HttpRequest,
}

/// The exchanges made so far, in the request's extensions. Only requests that needed one have them.
struct Exchanges(Vec<Exchange>);

struct Exchange {
    /// The publishable key: equal keys mean the same instance, whatever the other settings say.
    instance: String,
    made: Made,
}

enum Made {
    Refresh { session_id: String, refresh_token: String, answer: Result<Vec<SetCookie>, RefreshError> },
    Handshake { nonce: String, answer: Result<Vec<SetCookie>, HandshakePayloadError> },
}

impl OncePerRequest<'_> {
    fn known<A>(&self, answer: impl Fn(&Made) -> Option<A>) -> Option<A> {
        let extensions = self.req.extensions();
        let of_instance = |exchange: &&Exchange| exchange.instance == self.config.publishable_key();
        extensions.get::<Exchanges>()?.0.iter().filter(of_instance).find_map(|exchange| answer(&exchange.made))
    }

    fn keep(&self, made: Made) {
        let exchange = Exchange { instance: self.config.publishable_key().to_owned(), made };
        let mut extensions = self.req.extensions_mut();
        match extensions.get_mut::<Exchanges>() {
            Some(exchanges) => exchanges.0.push(exchange),
            None => {
                extensions.insert(Exchanges(vec![exchange]));
            }
        }
    }
}

impl Backend for OncePerRequest<'_> {
    fn remembered(&self, text: &[u8]) -> Option<RememberedToken> {
        self.config.remembered(text)
    }

    fn remember(&self, token: &Arc<SessionToken>) {
        self.config.remember(token);
    }

    fn relies_on(&self, key: &Arc<VerificationKey>, now: Timestamp) -> bool {
        self.config.relies_on(key, now)
    }

    async fn signing_key(&self, kid: Option<&str>, now: Timestamp) -> Result<Arc<VerificationKey>, SigningKeyError> {
        self.config.signing_key(kid, now).await
    }

    async fn key_in_place_of(
        &self,
        key: &Arc<VerificationKey>,
        kid: Option<&str>,
        now: Timestamp,
    ) -> Option<Arc<VerificationKey>> {
        self.config.key_in_place_of(key, kid, now).await
    }

    async fn refresh_session(&self, refresh: &RefreshSession<'_>) -> Result<Vec<SetCookie>, RefreshError> {
        let known = self.known(|made| match made {
            Made::Refresh { session_id, refresh_token, answer }
                if session_id == refresh.session_id && refresh_token == refresh.refresh_token =>
            {
                Some(answer.clone())
            }
            _ => None,
        });
        if let Some(answer) = known {
            return answer;
        }
        let answer = self.config.refresh_session(refresh).await;
        self.keep(Made::Refresh {
            session_id: refresh.session_id.to_owned(),
            refresh_token: refresh.refresh_token.to_owned(),
            answer: answer.clone(),
        });
        answer
    }

    async fn handshake_payload(
        &self,
        nonce: &str,
        session_id: Option<&str>,
    ) -> Result<Vec<SetCookie>, HandshakePayloadError> {
        let known = self.known(|made| match made {
            Made::Handshake { nonce: of, answer } if of == nonce => Some(answer.clone()),
            _ => None,
        });
        if let Some(answer) = known {
            return answer;
        }
        let answer = self.config.handshake_payload(nonce, session_id).await;
        self.keep(Made::Handshake { nonce: nonce.to_owned(), answer: answer.clone() });
        answer
    }
}
