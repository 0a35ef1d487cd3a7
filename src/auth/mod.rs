//! What a handler holds: who is calling, if anyone, and where to send somebody who is not.

mod check;
mod credential;
mod json;
mod lifetime;
mod machine;
mod policy;
mod redirect;
mod renewal;
mod session;
mod state;
mod verify_token;

use std::fmt;

use actix_web::HttpRequest;

#[cfg(feature = "testing")]
pub(crate) use self::check::is_system_permission;
pub use self::{
    check::{Check, Missing, Reverification},
    credential::{Credential, Principal, WithPending},
    lifetime::{Expired, UntilExpiry},
    machine::{ApiKey, M2mToken, OAuthToken},
    policy::{And, Authorized, Or, OrgFromPath, OrgPart, PathPart, Policy},
    redirect::AuthRedirect,
    session::{Actor, FactorAges, Session, SessionStatus},
    verify_token::{TokenError, TokenRules},
};
pub(crate) use self::{credential::private, policy::Passable, redirect::Page, state::RequestState};
use crate::{error::AuthError, extract::with_state, reason::Reason, request::SignedOut, token::TokenType};

/// Who is calling, if anyone: the extractor that never refuses.
///
/// `C` says what counts as a caller; see [`Credential`]. The default is a signed-in user's
/// [`Session`]. It is `getAuth(req)` of Clerk's Express SDK, and serializes to the same JSON.
///
/// ```
/// use actix_web::{get, web, Responder};
/// use clerk_actix::Auth;
///
/// #[get("/api/me")]
/// async fn me(auth: Auth) -> impl Responder {
///     match &auth {
///         Auth::Authenticated(session) => println!("{} is here", session.user_id()),
///         Auth::Unauthenticated(why) => println!("nobody: {}", why.reason()),
///     }
///     web::Json(auth)
/// }
/// ```
///
/// # Errors
///
/// As an extractor it fails only where [`ClerkMiddleware`](crate::ClerkMiddleware) does not wrap the
/// route: with status 500, and a log line that says so.
#[derive(Clone, Debug)]
pub enum Auth<C = Session> {
    /// The caller, whose credential was verified.
    Authenticated(C),
    /// Nobody, and why.
    Unauthenticated(Unauthenticated),
}

/// A caller of any kind: `getAuth(req, { acceptsToken: 'any' })`.
///
/// ```
/// use actix_web::{get, Responder};
/// use clerk_actix::{AnyToken, Principal};
///
/// #[get("/api/data")]
/// async fn data(caller: AnyToken) -> impl Responder {
///     match caller {
///         AnyToken::Authenticated(Principal::Session(session)) => format!("user {}", session.user_id()),
///         AnyToken::Authenticated(Principal::ApiKey(key)) => format!("key {} with {:?}", key.id(), key.scopes()),
///         AnyToken::Authenticated(other) => format!("a {}", other.token_type()),
///         AnyToken::Unauthenticated(why) => format!("nobody: {}", why.reason()),
///     }
/// }
/// ```
pub type AnyToken = Auth<Principal>;

impl<C> Auth<C> {
    /// Whether somebody is there.
    pub fn is_authenticated(&self) -> bool {
        matches!(self, Self::Authenticated(_))
    }

    /// The caller, if there is one.
    pub fn authenticated(&self) -> Option<&C> {
        match self {
            Self::Authenticated(credential) => Some(credential),
            Self::Unauthenticated(_) => None,
        }
    }

    /// Why there is nobody, if there is nobody.
    pub fn unauthenticated(&self) -> Option<&Unauthenticated> {
        match self {
            Self::Authenticated(_) => None,
            Self::Unauthenticated(why) => Some(why),
        }
    }

    /// The caller, or the refusal that [`RequireAuth`] would have given an API client.
    ///
    /// # Errors
    ///
    /// [`AuthError`]: 401, or 503 where Clerk's keys could not be loaded.
    ///
    /// ```
    /// use actix_web::{get, Responder};
    /// use clerk_actix::{Auth, AuthError};
    ///
    /// #[get("/drafts")]
    /// async fn drafts(auth: Auth) -> Result<impl Responder, AuthError> {
    ///     let user = auth.require()?;
    ///     Ok(format!("drafts of {}", user.user_id()))
    /// }
    /// ```
    pub fn require(self) -> Result<C, AuthError> {
        match self {
            Self::Authenticated(credential) => Ok(credential),
            Self::Unauthenticated(why) => Err(AuthError::refuse(why, None)),
        }
    }
}

impl<C> Auth<C> {
    /// A redirect to the sign-in page, and back to the page that was asked for.
    ///
    /// # Errors
    ///
    /// [`AuthError::MiddlewareMissing`] for a request that [`ClerkMiddleware`](crate::ClerkMiddleware) has not seen.
    ///
    /// ```
    /// use actix_web::{get, Either, HttpRequest, Responder};
    /// use clerk_actix::{Auth, AuthError};
    ///
    /// #[get("/checkout")]
    /// async fn checkout(auth: Auth, req: HttpRequest) -> Result<impl Responder, AuthError> {
    ///     Ok(match auth.user_id() {
    ///         Some(user_id) => Either::Left(format!("the cart of {user_id}")),
    ///         None => Either::Right(auth.redirect_to_sign_in(&req)?.return_to("/cart")),
    ///     })
    /// }
    /// ```
    pub fn redirect_to_sign_in(&self, req: &HttpRequest) -> Result<AuthRedirect, AuthError> {
        self.redirect(req, Page::SignIn)
    }

    /// The same to the sign-up page.
    ///
    /// # Errors
    ///
    /// As [`redirect_to_sign_in`](Self::redirect_to_sign_in).
    pub fn redirect_to_sign_up(&self, req: &HttpRequest) -> Result<AuthRedirect, AuthError> {
        self.redirect(req, Page::SignUp)
    }

    fn redirect(&self, req: &HttpRequest, page: Page) -> Result<AuthRedirect, AuthError> {
        let redirect = with_state(req, |state| AuthRedirect::new(req, state, page));
        redirect.flatten().ok_or(AuthError::MiddlewareMissing)
    }
}

impl Auth<Session> {
    /// The signed-in user's id, if there is one.
    pub fn user_id(&self) -> Option<&str> {
        self.authenticated().map(Session::user_id)
    }

    /// Whether somebody is signed in who passes the check.
    pub fn has(&self, check: &Check) -> bool {
        self.authenticated().is_some_and(|session| session.has(check))
    }
}

/// Somebody, or a refusal: the extractor for handlers that only callers may reach.
///
/// It dereferences to the credential. A caller without one gets 401 with a JSON body, or, where a browser
/// navigates to the page, a redirect to sign in; 503 where Clerk's keys could not be loaded.
/// `Option<RequireAuth>` and `Result<RequireAuth, AuthError>` leave the refusal to the handler.
///
/// ```
/// use actix_web::{get, Responder};
/// use clerk_actix::RequireAuth;
///
/// #[get("/dashboard")]
/// async fn dashboard(user: RequireAuth) -> impl Responder {
///     format!("Hello {}", user.user_id())
/// }
/// ```
#[derive(Clone, Debug)]
pub struct RequireAuth<C = Session>(pub(crate) C);

impl<C> RequireAuth<C> {
    /// The credential by value.
    pub fn into_inner(self) -> C {
        self.0
    }
}

impl<C> std::ops::Deref for RequireAuth<C> {
    type Target = C;

    fn deref(&self) -> &C {
        &self.0
    }
}

/// Nobody, and why. Says which type of token was asked for, never what the token was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unauthenticated {
    pub(crate) token_type: Option<TokenType>,
    pub(crate) session_status: Option<SessionStatus>,
    why: SignedOut,
}

impl Unauthenticated {
    pub(crate) fn because(token_type: TokenType, reason: Reason) -> Self {
        Self::of(token_type, SignedOut::because(reason))
    }

    /// Somebody whose session does not count yet.
    pub(crate) fn pending() -> Self {
        let session_status = Some(SessionStatus::Pending);
        Self { session_status, ..Self::because(TokenType::SessionToken, Reason::SessionPending) }
    }

    pub(crate) fn of(token_type: TokenType, why: SignedOut) -> Self {
        Self { token_type: Some(token_type), session_status: None, why }
    }

    /// Why, as a stable code.
    pub fn reason(&self) -> &Reason {
        &self.why.reason
    }

    /// More about it, for operators; it may quote what the token said, and so the caller.
    pub fn message(&self) -> Option<&str> {
        Some(self.why.message()).filter(|message| !message.is_empty())
    }

    /// The type of token that was asked for; `None` where several would have done.
    pub fn token_type(&self) -> Option<TokenType> {
        self.token_type
    }

    /// Whether the cause lies with Clerk or with this server's keys, and not with the caller: the caller may well be who
    /// they say, and can only try again later.
    pub fn is_outage(&self) -> bool {
        self.retry_after().is_some()
    }

    pub(crate) fn retry_after(&self) -> Option<std::time::Duration> {
        self.why.retry_after()
    }

    /// [`SessionStatus::Pending`] where there is a session, but one that does not count yet.
    pub fn session_status(&self) -> Option<SessionStatus> {
        self.session_status
    }
}

impl fmt::Display for Unauthenticated {
    /// The reason alone. The [`message`](Self::message) may quote the token, and an error's `Display` ends up in bodies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for Unauthenticated {}
