//! The types that handlers hold: the caller, if any, and the redirect to the sign-in page.

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

/// The extractor for optional authentication: the caller, if any. It never rejects a request.
///
/// `C` is the type of caller to accept; see [`Credential`]. The default is a signed-in user's [`Session`]. `Auth`
/// corresponds to `getAuth(req)` in Clerk's Express SDK and serializes to the same JSON.
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
/// Extraction fails only if [`ClerkMiddleware`](crate::ClerkMiddleware) does not wrap the route: the response is then
/// a 500, and the error is logged.
#[derive(Clone, Debug)]
pub enum Auth<C = Session> {
    /// The caller, whose credential was verified.
    Authenticated(C),
    /// The request is not authenticated, and why.
    Unauthenticated(Unauthenticated),
}

/// A caller of any type: `getAuth(req, { acceptsToken: 'any' })`.
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
    /// Returns whether the request is authenticated.
    pub fn is_authenticated(&self) -> bool {
        matches!(self, Self::Authenticated(_))
    }

    /// The authenticated caller, if any.
    pub fn authenticated(&self) -> Option<&C> {
        match self {
            Self::Authenticated(credential) => Some(credential),
            Self::Unauthenticated(_) => None,
        }
    }

    /// Why the request is not authenticated; `None` if it is.
    pub fn unauthenticated(&self) -> Option<&Unauthenticated> {
        match self {
            Self::Authenticated(_) => None,
            Self::Unauthenticated(why) => Some(why),
        }
    }

    /// Returns the caller, or the rejection that [`RequireAuth`] would send to an API client.
    ///
    /// # Errors
    ///
    /// [`AuthError`]: 401, or 503 if Clerk's keys could not be loaded.
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
    /// Returns a redirect to the sign-in page, which leads back to the requested page afterwards.
    ///
    /// # Errors
    ///
    /// [`AuthError::MiddlewareMissing`] if [`ClerkMiddleware`](crate::ClerkMiddleware) has not seen the request.
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

    /// Returns a redirect to the sign-up page, which leads back to the requested page afterwards.
    ///
    /// # Errors
    ///
    /// The same as [`redirect_to_sign_in`](Self::redirect_to_sign_in).
    pub fn redirect_to_sign_up(&self, req: &HttpRequest) -> Result<AuthRedirect, AuthError> {
        self.redirect(req, Page::SignUp)
    }

    fn redirect(&self, req: &HttpRequest, page: Page) -> Result<AuthRedirect, AuthError> {
        let redirect = with_state(req, |state| AuthRedirect::new(req, state, page));
        redirect.flatten().ok_or(AuthError::MiddlewareMissing)
    }
}

impl Auth<Session> {
    /// The signed-in user's ID, if any.
    pub fn user_id(&self) -> Option<&str> {
        self.authenticated().map(Session::user_id)
    }

    /// Returns whether a user is signed in and passes the check.
    pub fn has(&self, check: &Check) -> bool {
        self.authenticated().is_some_and(|session| session.has(check))
    }
}

/// The extractor for handlers that require authentication.
///
/// It dereferences to the credential. An unauthenticated request gets a 401 with a JSON body, or, if a browser is
/// navigating to the page, a redirect to sign in. The response is a 503 if Clerk's keys could not be loaded. With
/// `Option<RequireAuth>` or `Result<RequireAuth, AuthError>` the handler decides how to respond.
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
    /// Returns the credential by value.
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

/// Why a request is not authenticated. Contains the type of token that was asked for, never the token itself.
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

    /// A pending session, which does not count as signed in yet.
    pub(crate) fn pending() -> Self {
        let session_status = Some(SessionStatus::Pending);
        Self { session_status, ..Self::because(TokenType::SessionToken, Reason::SessionPending) }
    }

    pub(crate) fn of(token_type: TokenType, why: SignedOut) -> Self {
        Self { token_type: Some(token_type), session_status: None, why }
    }

    /// The reason, as a stable code.
    pub fn reason(&self) -> &Reason {
        &self.why.reason
    }

    /// Details for operators. They may quote the token's contents, which the caller controls.
    pub fn message(&self) -> Option<&str> {
        Some(self.why.message()).filter(|message| !message.is_empty())
    }

    /// The type of token that was asked for; `None` if several would have been accepted.
    pub fn token_type(&self) -> Option<TokenType> {
        self.token_type
    }

    /// Returns whether the failure lies with Clerk or this server's keys, not with the caller. The caller may be
    /// genuine and can only try again later.
    pub fn is_outage(&self) -> bool {
        self.retry_after().is_some()
    }

    pub(crate) fn retry_after(&self) -> Option<std::time::Duration> {
        self.why.retry_after()
    }

    /// [`SessionStatus::Pending`] if there is a session that is still pending.
    pub fn session_status(&self) -> Option<SessionStatus> {
        self.session_status
    }
}

impl fmt::Display for Unauthenticated {
    /// Writes the reason alone: the [`message`](Self::message) may quote the token, and an error's `Display` ends up
    /// in response bodies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason())
    }
}

impl std::error::Error for Unauthenticated {}
