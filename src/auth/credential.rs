//! Credentials: the types of caller that an extractor can accept.

use actix_web::Either;
use serde_json::Value;

use super::{
    ApiKey, Check, M2mToken, Missing, OAuthToken, RequestState, Session, Unauthenticated, check::Holder, json,
};
use crate::{
    middleware::ActixFacts,
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

    /// Returns the caller as a [`Principal`].
    #[doc(hidden)]
    fn to_principal(&self) -> Principal;
}

/// A caller of any type. More types may be added: match with a `_` arm.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Principal {
    /// A signed-in user.
    Session(Session),
    /// A user's or an organization's API key.
    ApiKey(ApiKey),
    /// Another of your services.
    M2mToken(M2mToken),
    /// An OAuth application that acts for a user.
    OAuthToken(OAuthToken),
}

impl Principal {
    /// The type of token that the caller authenticated with.
    pub fn token_type(&self) -> TokenType {
        match self {
            Self::Session(_) => TokenType::SessionToken,
            Self::ApiKey(_) => TokenType::ApiKey,
            Self::M2mToken(_) => TokenType::M2mToken,
            Self::OAuthToken(_) => TokenType::OAuthToken,
        }
    }

    /// The user behind the caller: the signed-in user, the owner of the API key, or the user who authorized the OAuth
    /// application. `None` for machines and for organizations' keys.
    pub fn user_id(&self) -> Option<&str> {
        match self {
            Self::Session(session) => Some(session.user_id()),
            Self::ApiKey(key) => key.user_id(),
            Self::M2mToken(_) => None,
            Self::OAuthToken(token) => Some(token.user_id()),
        }
    }

    /// Returns whether the caller passes the check.
    pub fn has(&self, check: &Check) -> bool {
        self.answer(check).is_ok()
    }

    pub(crate) fn answer(&self, check: &Check) -> Result<(), Missing> {
        check.answer(match self {
            Self::Session(session) => session.as_holder(),
            Self::ApiKey(key) => Holder::Machine { scopes: key.scopes() },
            Self::M2mToken(token) => Holder::Machine { scopes: token.scopes() },
            Self::OAuthToken(token) => Holder::Machine { scopes: token.scopes() },
        })
    }

    /// Returns whether this organization, given by ID or slug, is the active one or the one that owns the API key.
    ///
    /// A value that starts with `org_` is compared with the ID only, any other value with the slug only. Members of an
    /// organization choose its slug, so a slug spelled like another organization's ID must not give access to that
    /// organization.
    pub fn is_of_organization(&self, id_or_slug: &str) -> bool {
        let own = match self {
            _ if id_or_slug.starts_with("org_") => self.org_id(),
            Self::Session(session) => session.org_slug(),
            _ => None,
        };
        !id_or_slug.is_empty() && own == Some(id_or_slug)
    }

    /// The organization behind the caller: the active one, or the one that owns the API key.
    pub fn org_id(&self) -> Option<&str> {
        match self {
            Self::Session(session) => session.org_id(),
            Self::ApiKey(key) => key.org_id(),
            Self::M2mToken(_) | Self::OAuthToken(_) => None,
        }
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

    fn to_principal(&self) -> Principal {
        self.0.to_principal()
    }
}

impl Credential for Session {
    const ACCEPTS: TokenTypes = WithPending::ACCEPTS;

    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        let WithPending(session) = WithPending::find(request)?;
        if session.is_pending() { Err(Unauthenticated::pending()) } else { Ok(session) }
    }

    fn to_json(&self) -> Value {
        json::session(self)
    }

    fn to_principal(&self) -> Principal {
        Principal::Session(self.clone())
    }
}

macro_rules! machine_credential {
    ($name:ident, $json:path) => {
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

            fn to_principal(&self) -> Principal {
                Principal::$name(self.clone())
            }
        }
    };
}

machine_credential!(ApiKey, json::api_key);
machine_credential!(M2mToken, json::m2m_token);
machine_credential!(OAuthToken, json::oauth_token);

impl Credential for Principal {
    const ACCEPTS: TokenTypes = TokenTypes::ALL;

    fn find(request: private::Request<'_>) -> Result<Self, Unauthenticated> {
        match request.state.token_type() {
            TokenType::SessionToken => Session::find(request).map(Self::Session),
            token_type => request.machine_of(token_type).cloned(),
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Session(session) => session.to_json(),
            Self::ApiKey(key) => key.to_json(),
            Self::M2mToken(token) => token.to_json(),
            Self::OAuthToken(token) => token.to_json(),
        }
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
                Err(Unauthenticated {
                    token_type: Self::ACCEPTS.single(),
                    ..Unauthenticated::because(token_type, reason)
                })
            }
        }
    }

    fn to_json(&self) -> Value {
        match self {
            Self::Left(left) => left.to_json(),
            Self::Right(right) => right.to_json(),
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
    use actix_web::HttpRequest;

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
        pub(crate) http: &'r HttpRequest,
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
            match has_bearer_token(&ActixFacts(self.http), self.state.config().settings()) {
                true => Reason::TokenTypeMismatch,
                false => Reason::TokenMissing,
            }
        }
    }
}
