//! What the middleware leaves in a request's extensions for the extractors to find.

use std::{borrow::Cow, cell::OnceCell, sync::Arc};

use super::{ApiKey, M2mToken, OAuthToken, Principal, Session};
use crate::{
    backend::{HttpClient, MachineTokens},
    config::ClerkConfig,
    reason::Reason,
    request::SignedOut,
    token::{MachineToken, OpaqueToken, SessionToken, TokenType, TokenTypes},
};

/// One request's authentication, decided once.
#[derive(Debug)]
pub(crate) struct RequestState {
    config: ClerkConfig,
    presented: Presented,
}

/// What a request carries, and what that is worth.
#[derive(Debug)]
enum Presented {
    /// A session's token, or none at all.
    Session(Result<Session, SignedOut>),
    MachineJwt(TokenType, Result<Principal, SignedOut>),
    /// Verified when somebody asks, and then once.
    Opaque(Box<Opaque>),
}

#[derive(Debug)]
struct Opaque {
    token: OpaqueToken,
    verdict: OnceCell<Result<Principal, SignedOut>>,
    http: HttpClient,
}

impl RequestState {
    pub(crate) fn session(config: ClerkConfig, verdict: Result<Arc<SessionToken>, SignedOut>) -> Self {
        let verdict = verdict.map(|token| Session::new(token, config.clone()));
        Self { config, presented: Presented::Session(verdict) }
    }

    pub(crate) fn machine(
        config: ClerkConfig,
        token_type: TokenType,
        verdict: Result<MachineToken, SignedOut>,
    ) -> Self {
        let verdict = verdict.map(|token| Principal::of(token, &config));
        Self { config, presented: Presented::MachineJwt(token_type, verdict) }
    }

    pub(crate) fn opaque(config: ClerkConfig, token: OpaqueToken, http: HttpClient) -> Self {
        Self { config, presented: Presented::Opaque(Box::new(Opaque { token, verdict: OnceCell::new(), http })) }
    }

    pub(crate) fn config(&self) -> &ClerkConfig {
        &self.config
    }

    /// The type of the token that the request carries; one that carries none is a browser's.
    pub(crate) fn token_type(&self) -> TokenType {
        match &self.presented {
            Presented::Session(_) => TokenType::SessionToken,
            Presented::MachineJwt(token_type, _) => *token_type,
            Presented::Opaque(opaque) => opaque.token.token_type(),
        }
    }

    /// The session, pending or not, or why there is none; `None` where the request carries another type of token.
    pub(crate) fn as_session(&self) -> Option<Result<&Session, &SignedOut>> {
        match &self.presented {
            Presented::Session(verdict) => Some(verdict.as_ref()),
            _ => None,
        }
    }

    /// The machine, or why it is none; `None` where the request carries no machine's token, or one that nobody has asked
    /// about.
    pub(crate) fn as_machine(&self) -> Option<Result<&Principal, &SignedOut>> {
        match &self.presented {
            Presented::Session(_) => None,
            Presented::MachineJwt(_, verdict) => Some(verdict.as_ref()),
            Presented::Opaque(opaque) => opaque.verdict.get().map(Result::as_ref),
        }
    }

    /// Why nobody is authenticated, if that is so: what the response's headers say.
    pub(crate) fn refusal(&self) -> Option<Cow<'_, SignedOut>> {
        match (self.as_session(), self.as_machine()) {
            (Some(Ok(_)), _) | (_, Some(Ok(_))) => None,
            (Some(Err(why)), _) | (_, Some(Err(why))) => Some(Cow::Borrowed(why)),
            (None, None) => Some(Cow::Owned(SignedOut::because(Reason::TokenTypeMismatch))),
        }
    }

    /// Whether Clerk has to be asked before somebody who accepts these types can be told who is calling.
    pub(crate) fn has_to_ask(&self, accepted: TokenTypes) -> bool {
        let is_open = matches!(&self.presented, Presented::Opaque(opaque) if opaque.verdict.get().is_none());
        is_open && accepted.contains(self.token_type())
    }

    /// Asks Clerk about an opaque token, unless that was done already.
    pub(crate) async fn ask(&self) {
        if let Presented::Opaque(opaque) = &self.presented
            && opaque.verdict.get().is_none()
        {
            let verdict = MachineTokens::verify(&self.config, &opaque.http, &opaque.token).await;
            // Another extractor of the same request may have been told meanwhile, and the same.
            let _ = opaque.verdict.set(verdict.map(|token| Principal::of(token, &self.config)));
        }
    }
}

impl Principal {
    fn of(token: MachineToken, config: &ClerkConfig) -> Self {
        let config = config.clone();
        match token {
            MachineToken::ApiKey(token) => Self::ApiKey(ApiKey::new(token, config)),
            MachineToken::M2m(token) => Self::M2mToken(M2mToken::new(token, config)),
            MachineToken::OAuth(token) => Self::OAuthToken(OAuthToken::new(token, config)),
        }
    }
}
