//! What an extractor can ask for: which tokens count as a caller.

use actix_web::Either;
use serde_json::Value;

use super::{RequestState, Session, SessionStatus, TokenType, Unauthenticated, json};
use crate::reason::Reason;

/// What counts as a caller: the `C` of [`Auth<C>`](crate::Auth) and [`RequireAuth<C>`](crate::RequireAuth).
///
/// | `C` | the caller |
/// |---|---|
/// | [`Session`] | a signed-in user; a pending session counts as nobody |
/// | [`WithPending`] | a signed-in user, pending or not |
/// | [`Principal`] | anyone that Clerk can vouch for |
/// | [`actix_web::Either<A, B>`](actix_web::Either) | an `A`, or else a `B`; nested for more |
///
/// Users of the crate name these types; they do not implement the trait.
pub trait Credential: Sized + 'static + private::Sealed {
    /// This credential, if the request carries it.
    #[doc(hidden)]
    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated>;

    /// The JSON of Clerk's auth object.
    #[doc(hidden)]
    fn to_json(&self) -> Value;
}

/// A caller of any type. More types will come: match with a `_` arm.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Principal {
    /// A signed-in user.
    Session(Session),
}

impl Principal {
    /// The type of token that the caller authenticated with.
    pub fn token_type(&self) -> TokenType {
        match self {
            Self::Session(_) => TokenType::SessionToken,
        }
    }
}

/// A session that counts even while it is pending: `{ treatPendingAsSignedOut: false }`.
///
/// A pending session's user has proved who they are, but has tasks to complete first, such as choosing an
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
pub struct WithPending(Session);

impl WithPending {
    /// The session by value.
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
    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        request.0.session().map(Self)
    }

    fn to_json(&self) -> Value {
        json::session(&self.0)
    }
}

impl Credential for Session {
    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        let session = request.0.session()?;
        if session.is_pending() {
            return Err(Unauthenticated {
                session_status: Some(SessionStatus::Pending),
                ..Unauthenticated::because(Reason::SessionPending)
            });
        }
        Ok(session)
    }

    fn to_json(&self) -> Value {
        json::session(self)
    }
}

impl Credential for Principal {
    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        Session::find(request).map(Self::Session)
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Session(session) => session.to_json(),
        }
    }
}

impl<A: Credential, B: Credential> Credential for Either<A, B> {
    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        match A::find(request) {
            Ok(left) => Ok(Self::Left(left)),
            Err(_) => B::find(request).map(Self::Right),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Left(left) => left.to_json(),
            Self::Right(right) => right.to_json(),
        }
    }
}

pub(crate) mod private {
    use super::*;

    /// Keeps the trait to this crate's types.
    pub trait Sealed {}
    impl Sealed for Session {}
    impl Sealed for WithPending {}
    impl Sealed for Principal {}
    impl<A: Credential, B: Credential> Sealed for Either<A, B> {}

    /// The request that a credential is looked for in.
    #[derive(Clone, Copy)]
    #[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
    pub struct Request<'r>(pub(crate) &'r RequestState);
}
