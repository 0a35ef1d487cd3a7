//! [`Auth`] and [`RequireAuth`]: the extractors' types, and the redirect to the sign-in page.

use actix_web::HttpRequest;

use super::{
    error::AuthError,
    redirect::{AuthPage, AuthRedirect},
    state::with_state,
};
use crate::auth::{Check, Principal, Session, Unauthenticated};

/// The extractor for optional authentication: the caller, or the reason there is none. It never rejects a request.
///
/// `C` is the type of caller to accept, by default a signed-in user's [`Session`]; see
/// [`Credential`](crate::Credential) for the others. `Auth` corresponds to `getAuth(req)` in Clerk's Express SDK, and
/// serializes to the same JSON.
///
/// ```
/// use actix_web::{get, web, Responder};
/// use clerk_actix::Auth;
///
/// #[get("/api/me")]
/// async fn me(auth: Auth) -> impl Responder {
///     match &auth {
///         Auth::Authenticated(session) => println!("{} is here", session.user_id()),
///         Auth::Unauthenticated(why) => println!("not authenticated: {}", why.reason()),
///     }
///     web::Json(auth)
/// }
/// ```
///
/// # Errors
///
/// [`AuthError::MiddlewareMissing`] if [`ClerkMiddleware`](crate::ClerkMiddleware) does not wrap the route: the response
/// is a 500, and the error is logged. There are no other errors.
#[derive(Clone, Debug)]
#[doc(alias = "getAuth")]
pub enum Auth<C = Session> {
    /// The caller, whose credential was verified.
    Authenticated(C),
    /// The request is not authenticated, for this reason.
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
///         AnyToken::Unauthenticated(why) => format!("not authenticated: {}", why.reason()),
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
    #[doc(alias = "redirectToSignIn")]
    pub fn redirect_to_sign_in(&self, req: &HttpRequest) -> Result<AuthRedirect, AuthError> {
        self.redirect(req, AuthPage::SignIn)
    }

    /// Returns a redirect to the sign-up page, which leads back to the requested page afterwards.
    ///
    /// # Errors
    ///
    /// The same as [`redirect_to_sign_in`](Self::redirect_to_sign_in).
    #[doc(alias = "redirectToSignUp")]
    pub fn redirect_to_sign_up(&self, req: &HttpRequest) -> Result<AuthRedirect, AuthError> {
        self.redirect(req, AuthPage::SignUp)
    }

    fn redirect(&self, req: &HttpRequest, page: AuthPage) -> Result<AuthRedirect, AuthError> {
        let redirect = with_state(req, |state| AuthRedirect::new(req, state, page));
        redirect.flatten().ok_or_else(|| AuthError::middleware_missing(req))
    }
}

/// The same getters as those of `getAuth(req)`: `None` for signed-out requests.
impl Auth<Session> {
    /// The signed-in user's ID.
    pub fn user_id(&self) -> Option<&str> {
        self.authenticated().map(Session::user_id)
    }

    /// The session's ID.
    pub fn session_id(&self) -> Option<&str> {
        self.authenticated().and_then(Session::session_id)
    }

    /// The active organization's ID.
    pub fn org_id(&self) -> Option<&str> {
        self.authenticated().and_then(Session::org_id)
    }

    /// The user's role in the active organization: `org:admin`.
    pub fn org_role(&self) -> Option<&str> {
        self.authenticated().and_then(Session::org_role)
    }

    /// The active organization's slug.
    pub fn org_slug(&self) -> Option<&str> {
        self.authenticated().and_then(Session::org_slug)
    }

    /// Returns whether a user is signed in and has this role in the active organization, with or without `org:`.
    pub fn has_role(&self, role: &str) -> bool {
        self.authenticated().is_some_and(|session| session.has_role(role))
    }

    /// Returns whether a user is signed in and has this permission in the active organization, with or without `org:`.
    pub fn has_permission(&self, permission: &str) -> bool {
        self.authenticated().is_some_and(|session| session.has_permission(permission))
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
#[doc(alias = "requireAuth")]
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
