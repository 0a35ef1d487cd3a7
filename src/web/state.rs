//! The authentication state that the middleware stores in a request's extensions for the extractors.

use std::{
    borrow::Cow,
    cell::{OnceCell, RefCell},
    rc::Rc,
    sync::Arc,
};

use actix_web::{HttpMessage, HttpRequest};

use crate::auth::{Principal, Session};
use crate::{
    instance::ClerkConfig,
    reason::Reason,
    request::Denial,
    token::{MachineToken, OpaqueToken, SessionToken, TokenType, TokenTypes, check_oauth_audience},
};

/// One request's authentication, decided once. Clones are cheap and share Clerk's verdicts.
#[derive(Clone, Debug)]
pub(crate) enum RequestState {
    /// A verified session token; its session may be pending.
    Session(Session),
    /// A session token that was rejected, or no token at all.
    SignedOut(ClerkConfig, Denial),
    MachineJwt(ClerkConfig, TokenType, Result<Principal, Denial>),
    /// Verified on first use, and only once.
    Opaque(ClerkConfig, Rc<Opaque>),
}

#[derive(Debug)]
pub(crate) struct Opaque {
    token: OpaqueToken,
    verdict: OnceCell<Result<Principal, Denial>>,
    /// The resources that the token has to be for, as far as they were known before the verdict.
    audiences: RefCell<Vec<String>>,
}

impl RequestState {
    pub(crate) fn session(config: ClerkConfig, verdict: Result<Arc<SessionToken>, Denial>) -> Self {
        match verdict {
            Ok(token) => Self::Session(Session::new(token, config)),
            Err(why) => Self::SignedOut(config, why),
        }
    }

    pub(crate) fn machine(config: ClerkConfig, token_type: TokenType, verdict: Result<MachineToken, Denial>) -> Self {
        let verdict = verdict.map(|token| Principal::of(token, &config));
        Self::MachineJwt(config, token_type, verdict)
    }

    pub(crate) fn opaque(config: ClerkConfig, token: OpaqueToken) -> Self {
        Self::Opaque(config, Rc::new(Opaque { token, verdict: OnceCell::new(), audiences: RefCell::default() }))
    }

    pub(crate) fn config(&self) -> &ClerkConfig {
        match self {
            Self::Session(session) => session.config(),
            Self::SignedOut(config, _) | Self::MachineJwt(config, ..) | Self::Opaque(config, _) => config,
        }
    }

    /// Returns the type of the request's token; a request without one counts as a browser's.
    pub(crate) fn token_type(&self) -> TokenType {
        match self {
            Self::Session(_) | Self::SignedOut(..) => TokenType::SessionToken,
            Self::MachineJwt(_, token_type, _) => *token_type,
            Self::Opaque(_, opaque) => opaque.token.token_type(),
        }
    }

    /// The session, pending or not, or why there is none; `None` if the request carries another type of token.
    pub(crate) fn as_session(&self) -> Option<Result<&Session, &Denial>> {
        match self {
            Self::Session(session) => Some(Ok(session)),
            Self::SignedOut(_, why) => Some(Err(why)),
            _ => None,
        }
    }

    /// The machine, or why it was rejected; `None` if the request carries no machine token, or one that has not been
    /// verified yet.
    pub(crate) fn as_machine(&self) -> Option<Result<&Principal, &Denial>> {
        match self {
            Self::Session(_) | Self::SignedOut(..) => None,
            Self::MachineJwt(.., verdict) => Some(verdict.as_ref()),
            Self::Opaque(_, opaque) => opaque.verdict.get().map(Result::as_ref),
        }
    }

    /// Why the request is not authenticated, if it is not: the content of the response's headers.
    pub(crate) fn denial(&self) -> Option<Cow<'_, Denial>> {
        match (self.as_session(), self.as_machine()) {
            (Some(Ok(_)), _) | (_, Some(Ok(_))) => None,
            (Some(Err(why)), _) | (_, Some(Err(why))) => Some(Cow::Borrowed(why)),
            (None, None) => Some(Cow::Owned(Denial::because(Reason::TokenTypeMismatch))),
        }
    }

    /// The same as if no handler had asked for the caller. A path that does not exist asks for nobody.
    pub(crate) fn denial_unasked(&self) -> Option<Cow<'_, Denial>> {
        match self {
            Self::Opaque(..) => Some(Cow::Owned(Denial::because(Reason::TokenTypeMismatch))),
            _ => self.denial(),
        }
    }

    /// Returns the state in which an OAuth token counts only if it names the audience, whether it is verified already or
    /// not. Any other state stays as it is.
    pub(crate) fn for_audience(self, audience: &String) -> Self {
        match self {
            Self::MachineJwt(config, TokenType::OAuthToken, verdict) => {
                Self::MachineJwt(config, TokenType::OAuthToken, for_audience(verdict, audience))
            }
            Self::Opaque(config, opaque) if opaque.token.token_type() == TokenType::OAuthToken => {
                match opaque.verdict.get() {
                    // The same state, since the way out of the request reports whether the token was verified.
                    None => {
                        opaque.audiences.borrow_mut().push(audience.clone());
                        Self::Opaque(config, opaque)
                    }
                    Some(verdict) => {
                        let verdict = OnceCell::from(for_audience(verdict.clone(), audience));
                        let (token, audiences) = (opaque.token.clone(), opaque.audiences.clone());
                        Self::Opaque(config, Rc::new(Opaque { token, verdict, audiences }))
                    }
                }
            }
            state => state,
        }
    }

    /// Returns whether Clerk has to be asked before an extractor that accepts these types can identify the caller.
    pub(crate) fn has_to_ask(&self, accepted: TokenTypes) -> bool {
        let is_open = matches!(self, Self::Opaque(_, opaque) if opaque.verdict.get().is_none());
        is_open && accepted.contains(self.token_type())
    }

    /// Verifies an opaque token with Clerk, unless that has been done already. Returns whether this call brought the
    /// verdict.
    pub(crate) async fn ask(&self) -> bool {
        if let Self::Opaque(config, opaque) = self
            && opaque.verdict.get().is_none()
        {
            let verdict = config.machine_tokens().verify(&opaque.token).await;
            let verdict = verdict.map(|token| Principal::of(token, config));
            let verdict = opaque.audiences.borrow().iter().fold(verdict, for_audience);
            // Another extractor of the same request may have stored the same verdict meanwhile.
            return opaque.verdict.set(verdict).is_ok();
        }
        false
    }
}

/// Rejects an OAuth token that does not name the audience.
fn for_audience(verdict: Result<Principal, Denial>, audience: &String) -> Result<Principal, Denial> {
    match verdict {
        Ok(Principal::OAuthToken(token)) => {
            check_oauth_audience(token.details().aud.as_ref(), std::slice::from_ref(audience))
                .map_err(|rejection| Denial::machine(&rejection, None))?;
            Ok(Principal::OAuthToken(token))
        }
        verdict => verdict,
    }
}

/// Passes the middleware's state to `look`, or returns `None` if there was no middleware. Only for this crate's own
/// code, since the extensions are borrowed meanwhile.
pub(crate) fn with_state<R>(req: &HttpRequest, look: impl FnOnce(&RequestState) -> R) -> Option<R> {
    let extensions = req.extensions();
    if let Some(state) = extensions.get::<RequestState>() {
        return Some(look(state));
    }
    planted_caller(req, None).map(|state| look(&state))
}

// Callers that tests make up (feature `testing`). `testing::planted` installs the function that finds them, so that nothing
// here depends on test code.

/// Returns the made-up caller of a request, if it has one. Without middleware there is no configuration.
#[cfg(feature = "testing")]
pub(crate) type PlantedCallers = fn(&HttpRequest, Option<&ClerkConfig>) -> Option<RequestState>;

#[cfg(feature = "testing")]
static PLANTED_CALLERS: std::sync::OnceLock<PlantedCallers> = std::sync::OnceLock::new();

/// Installs the function, once per process.
#[cfg(feature = "testing")]
pub(crate) fn install_planted_callers(find: PlantedCallers) {
    let _ = PLANTED_CALLERS.set(find);
}

#[cfg(feature = "testing")]
pub(super) fn planted_caller(req: &HttpRequest, config: Option<&ClerkConfig>) -> Option<RequestState> {
    PLANTED_CALLERS.get().and_then(|find| find(req, config))
}

/// Always `None`: without the feature there are no such callers.
#[cfg(not(feature = "testing"))]
pub(super) fn planted_caller(_: &HttpRequest, _: Option<&ClerkConfig>) -> Option<RequestState> {
    None
}
