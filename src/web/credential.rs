//! Credentials: the types of caller that an extractor can accept.

use actix_web::{Either, HttpRequest};
use serde_json::Value;

use super::{error::AuthError, facts::ActixFacts, state::RequestState};
use crate::{
    auth::{ApiKey, Check, M2mToken, OAuthToken, Principal, Session, Unauthenticated, json},
    reason::Reason,
    request::has_bearer_token,
    token::{TokenType, TokenTypes},
};

/// A type of caller: the `C` in [`Auth<C>`](crate::Auth) and [`RequireAuth<C>`](crate::RequireAuth).
///
/// | `C` | the caller |
/// |---|---|
/// | [`Session`] | a signed-in user; a pending session does not count |
/// | [`WithPending`] | a signed-in user, pending or not |
/// | [`ApiKey`] | a user's or an organization's API key |
/// | [`M2mToken`] | another of your services, by its machine-to-machine token |
/// | [`OAuthToken`] | an OAuth application, by a token that a user has granted it |
/// | [`Principal`] | any caller that Clerk can verify |
/// | [`actix_web::Either<A, B>`](actix_web::Either) | an `A` or a `B`; nested for more |
///
/// Tokens other than session tokens are read from the `Authorization` header only. An opaque one (`ak_…`, `mt_…`,
/// `oat_…`) is verified by a call to Clerk. The call is made only if a handler accepts the token's type, and at most
/// once per request.
///
/// Import the trait for what callers of all types have in common, such as the user behind either credential:
///
/// ```
/// use actix_web::{get, Responder};
/// use clerk_actix::{ApiKey, Credential, Either, RequireAuth, Session};
///
/// #[get("/orders")]
/// async fn orders(caller: RequireAuth<Either<Session, ApiKey>>) -> impl Responder {
///     format!("the orders of {:?}", caller.user_id())
/// }
/// ```
///
/// Use these types; the trait is sealed, so you cannot implement it for your own.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a credential that a request can carry",
    label = "not a credential",
    note = "credentials are `Session`, `WithPending`, `ApiKey`, `M2mToken`, `OAuthToken`, `Principal`, and `Either` \
            of these"
)]
pub trait Credential: Sized + 'static + private::Sealed {
    /// The types of token that can be this credential.
    #[doc(hidden)]
    const ACCEPTS: private::TokenTypes;

    /// Extracts this credential, if the request carries it. Any call to Clerk has been made already.
    #[doc(hidden)]
    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated>;

    /// Returns the JSON of Clerk's auth object.
    #[doc(hidden)]
    fn to_json(&self) -> Value;

    /// The type of token that the caller authenticated with.
    fn token_type(&self) -> TokenType;

    /// The user behind the caller: the signed-in user, the owner of the API key, or the user who authorized the OAuth
    /// application. `None` for machines and for organizations' keys.
    fn user_id(&self) -> Option<&str>;

    /// The organization behind the caller: the active one, or the one that owns the API key.
    fn org_id(&self) -> Option<&str>;

    /// Returns the caller as a [`Principal`].
    fn to_principal(&self) -> Principal;

    /// Returns whether the caller passes the check.
    fn has(&self, check: &Check) -> bool {
        self.to_principal().has(check)
    }

    /// Returns an error unless the caller passes the check; see [`Session::authorize`].
    ///
    /// # Errors
    ///
    /// [`AuthError::Forbidden`].
    fn authorize(&self, check: &Check, req: &HttpRequest) -> Result<(), AuthError> {
        self.to_principal().authorize(check, req)
    }
}

/// A session that may be pending: `{ treatPendingAsSignedOut: false }`.
///
/// The user of a pending session has proved their identity but has tasks to complete first, such as choosing an
/// organization. It dereferences to [`Session`].
///
/// ```
/// use actix_web::{get, Responder};
/// use clerk_actix::{RequireAuth, SessionStatus, WithPending};
///
/// #[get("/welcome")]
/// async fn welcome(user: RequireAuth<WithPending>) -> impl Responder {
///     match user.status() {
///         Some(SessionStatus::Pending) => "one more step",
///         _ => "all set",
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "treatPendingAsSignedOut")]
pub struct WithPending(Session);

impl WithPending {
    /// Returns the session by value.
    pub fn into_inner(self) -> Session {
        self.0
    }
}

impl std::ops::Deref for WithPending {
    type Target = Session;

    fn deref(&self) -> &Session {
        &self.0
    }
}

impl Credential for WithPending {
    const ACCEPTS: TokenTypes = TokenTypes::only(TokenType::SessionToken);

    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        match request.state.as_session() {
            Some(Ok(session)) => Ok(Self(session.clone())),
            Some(Err(why)) => Err(Unauthenticated::of(TokenType::SessionToken, why.clone())),
            None => Err(Unauthenticated::because(TokenType::SessionToken, Reason::TokenTypeMismatch)),
        }
    }

    fn to_json(&self) -> Value {
        json::session(&self.0)
    }

    fn token_type(&self) -> TokenType {
        TokenType::SessionToken
    }

    fn user_id(&self) -> Option<&str> {
        Some(self.0.user_id())
    }

    fn org_id(&self) -> Option<&str> {
        self.0.org_id()
    }

    fn to_principal(&self) -> Principal {
        Principal::Session(self.0.clone())
    }
}

impl Credential for Session {
    const ACCEPTS: TokenTypes = WithPending::ACCEPTS;

    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        WithPending::find(request)?.into_inner().unless_pending()
    }

    fn to_json(&self) -> Value {
        json::session(self)
    }

    fn token_type(&self) -> TokenType {
        TokenType::SessionToken
    }

    fn user_id(&self) -> Option<&str> {
        Some(Session::user_id(self))
    }

    fn org_id(&self) -> Option<&str> {
        Session::org_id(self)
    }

    fn to_principal(&self) -> Principal {
        Principal::Session(self.clone())
    }
}

macro_rules! machine_credential {
    ($name:ident, $json:path, $user_id:expr, $org_id:expr) => {
        impl Credential for $name {
            const ACCEPTS: TokenTypes = TokenTypes::only(TokenType::$name);

            fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
                match request.machine_of(TokenType::$name)? {
                    Principal::$name(token) => Ok(token.clone()),
                    _ => Err(Unauthenticated::because(TokenType::$name, Reason::TokenTypeMismatch)),
                }
            }

            fn to_json(&self) -> Value {
                $json(self)
            }

            fn token_type(&self) -> TokenType {
                TokenType::$name
            }

            fn user_id(&self) -> Option<&str> {
                $user_id(self)
            }

            fn org_id(&self) -> Option<&str> {
                $org_id(self)
            }

            fn to_principal(&self) -> Principal {
                Principal::$name(self.clone())
            }
        }
    };
}

machine_credential!(ApiKey, json::api_key, ApiKey::user_id, ApiKey::org_id);
machine_credential!(M2mToken, json::m2m_token, |_| None, |_| None);
machine_credential!(OAuthToken, json::oauth_token, |token| Some(OAuthToken::user_id(token)), |_| None);

impl Credential for Principal {
    const ACCEPTS: TokenTypes = TokenTypes::ALL;

    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        match request.state.token_type() {
            TokenType::SessionToken => Session::find(request).map(Self::Session),
            token_type => request.machine_of(token_type).cloned(),
        }
    }

    fn to_json(&self) -> Value {
        json::principal(self)
    }

    fn token_type(&self) -> TokenType {
        Principal::token_type(self)
    }

    fn user_id(&self) -> Option<&str> {
        Principal::user_id(self)
    }

    fn org_id(&self) -> Option<&str> {
        Principal::org_id(self)
    }

    fn to_principal(&self) -> Principal {
        self.clone()
    }
}

impl<A: Credential, B: Credential> Credential for Either<A, B> {
    const ACCEPTS: TokenTypes = A::ACCEPTS.or(B::ACCEPTS);

    /// A failed token of an accepted type is reported as a failure of that type; a token of another type is reported
    /// as a mismatch.
    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        let token_type = request.state.token_type();
        match (A::ACCEPTS.contains(token_type), B::ACCEPTS.contains(token_type)) {
            (true, true) => A::find(request).map(Self::Left).or_else(|_| B::find(request).map(Self::Right)),
            (true, false) => A::find(request).map(Self::Left),
            (false, true) => B::find(request).map(Self::Right),
            (false, false) => {
                let reason = request.why_not_this_type();
                Err(Unauthenticated::of_any(Self::ACCEPTS.single(), reason))
            }
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Left(left) => left.to_json(),
            Self::Right(right) => right.to_json(),
        }
    }

    fn token_type(&self) -> TokenType {
        match self {
            Self::Left(left) => left.token_type(),
            Self::Right(right) => right.token_type(),
        }
    }

    fn user_id(&self) -> Option<&str> {
        match self {
            Self::Left(left) => left.user_id(),
            Self::Right(right) => right.user_id(),
        }
    }

    fn org_id(&self) -> Option<&str> {
        match self {
            Self::Left(left) => left.org_id(),
            Self::Right(right) => right.org_id(),
        }
    }

    fn to_principal(&self) -> Principal {
        match self {
            Self::Left(left) => left.to_principal(),
            Self::Right(right) => right.to_principal(),
        }
    }
}

pub(crate) mod private {
    use super::*;
    pub(crate) use crate::token::TokenTypes;

    /// Prevents implementations outside this crate.
    pub trait Sealed {}
    impl Sealed for Session {}
    impl Sealed for WithPending {}
    impl Sealed for ApiKey {}
    impl Sealed for M2mToken {}
    impl Sealed for OAuthToken {}
    impl Sealed for Principal {}
    impl<A: Credential, B: Credential> Sealed for Either<A, B> {}

    /// The request to extract a credential from.
    #[derive(Clone, Copy)]
    #[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
    pub struct Request<'r> {
        pub(crate) state: &'r RequestState,
        pub(crate) req: &'r HttpRequest,
    }

    impl<'r> Request<'r> {
        /// Returns the machine, if the request carries a valid token of that type.
        pub(super) fn machine_of(self, token_type: TokenType) -> Result<&'r Principal, Unauthenticated> {
            match self.state.as_machine() {
                Some(Ok(principal)) => Ok(principal),
                Some(Err(why)) if self.state.token_type() == token_type => {
                    Err(Unauthenticated::of(token_type, why.clone()))
                }
                _ => Err(Unauthenticated::because(token_type, self.why_not_this_type())),
            }
        }

        pub(super) fn why_not_this_type(self) -> Reason {
            match has_bearer_token(&ActixFacts(self.req), self.state.config().settings()) {
                true => Reason::TokenTypeMismatch,
                false => Reason::TokenMissing,
            }
        }
    }
}
