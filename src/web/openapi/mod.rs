//! OpenAPI: security schemes and the requirements in handlers' signatures, as [`utoipa`] types.
//!
//! [`SecuritySchemes`] describes how callers authenticate; [`describe`] adds to an operation the schemes that it
//! accepts, the required scopes, and the responses to rejected requests. It takes the handler's extractor as a type
//! parameter, so that the document matches the signature. [`OAuthScheme`] tells where OAuth applications get tokens, and the
//! scopes of a [`ProtectedResource`](crate::ProtectedResource).
//!
//! ```
//! use actix_web::{post, Responder};
//! use clerk_actix::{openapi::{self, SecuritySchemes}, ApiKey, Authorized, Check, Either, Policy, Session};
//! use utoipa::{openapi::OpenApi as Document, Modify, OpenApi};
//!
//! struct PublishPosts;
//! impl Policy for PublishPosts {
//!     const REQUIRES: Check =
//!         Check::any(&[Check::new().permission("org:posts:publish"), Check::new().scope("posts:publish")]);
//! }
//! type Publisher = Authorized<PublishPosts, Either<Session, ApiKey>>;
//!
//! #[utoipa::path(post, path = "/posts", responses((status = 200, description = "It is out")))]
//! #[post("/posts")]
//! async fn publish(_: Publisher) -> impl Responder {
//!     "published"
//! }
//!
//! #[derive(OpenApi)]
//! #[openapi(paths(publish), modifiers(&SecuritySchemes, &Demands))]
//! struct Api;
//!
//! struct Demands;
//! impl Modify for Demands {
//!     fn modify(&self, document: &mut Document) {
//!         if let Some(operation) = document.paths.paths.get_mut("/posts").and_then(|posts| posts.post.as_mut()) {
//!             openapi::describe::<Publisher>(operation);
//!         }
//!     }
//! }
//!
//! let document = serde_json::to_value(Api::openapi()).unwrap();
//! let operation = &document["paths"]["/posts"]["post"];
//! assert_eq!(operation["security"][2], serde_json::json!({ "clerkApiKey": ["posts:publish"] }));
//! assert!(operation["responses"]["403"].is_object());
//! ```

mod oauth;

use utoipa::{
    Modify,
    openapi::{
        Components, ContentBuilder, Header, ObjectBuilder, OneOfBuilder, OpenApi, RefOr, Response, ResponseBuilder,
        Schema, Type,
        path::Operation,
        schema::ArrayBuilder,
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

use super::{
    auth::RequireAuth,
    credential::Credential,
    policy::{Authorized, Policy},
};
use crate::{
    auth::Check,
    token::{TokenType, TokenTypes},
};

pub use self::oauth::OAuthScheme;

/// The scheme for a session token in the `Authorization` header: `clerkSession`.
pub const SESSION: &str = "clerkSession";
/// The scheme for a session token in the cookie `__session`: `clerkSessionCookie`.
pub const SESSION_COOKIE: &str = "clerkSessionCookie";
/// The scheme for an API key in the `Authorization` header: `clerkApiKey`.
pub const API_KEY: &str = "clerkApiKey";
/// The scheme for a machine-to-machine token in the `Authorization` header: `clerkM2mToken`.
pub const M2M_TOKEN: &str = "clerkM2mToken";
/// The scheme for an OAuth access token in the `Authorization` header: `clerkOAuthToken`.
pub const OAUTH_TOKEN: &str = "clerkOAuthToken";

/// Adds Clerk's security schemes to a document, under the names of this module's constants:
/// `#[openapi(modifiers(&SecuritySchemes))]`.
///
/// All tokens in the `Authorization` header are described as bearer tokens. This includes OAuth access tokens, because
/// where to get one depends on the instance: [`OAuthScheme`] replaces that scheme with an `oauth2` one of the same name.
#[derive(Clone, Copy, Debug, Default)]
pub struct SecuritySchemes;

impl Modify for SecuritySchemes {
    fn modify(&self, document: &mut OpenApi) {
        let components = document.components.get_or_insert_with(Components::default);
        for (name, format, description) in [
            (
                SESSION,
                "JWT",
                "The session token of a signed-in user, which Clerk's frontend SDKs return from \
                              `getToken()`.",
            ),
            (API_KEY, "ak_…", "An API key of a user or an organization."),
            (M2M_TOKEN, "mt_… or JWT", "A token that one machine presents to another."),
            (OAUTH_TOKEN, "oat_… or JWT", "An OAuth access token of an application that acts for a user."),
        ] {
            let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format(format);
            components.add_security_scheme(name, SecurityScheme::Http(bearer.description(Some(description)).build()));
        }
        let cookie = ApiKeyValue::with_description(
            "__session",
            "The session token in the cookie that Clerk sets in a \
                                                                 browser.",
        );
        components.add_security_scheme(SESSION_COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    }
}

/// An extractor that requires authentication: [`RequireAuth`] or [`Authorized`], with any [`Credential`].
pub trait Demand: private::Sealed {
    #[doc(hidden)]
    const ACCEPTS: TokenTypes;
    #[doc(hidden)]
    const REQUIRES: Option<Check>;
}

impl<C: Credential> Demand for RequireAuth<C> {
    const ACCEPTS: TokenTypes = C::ACCEPTS;
    const REQUIRES: Option<Check> = None;
}

impl<P: Policy, C: Credential> Demand for Authorized<P, C> {
    const ACCEPTS: TokenTypes = C::ACCEPTS;
    const REQUIRES: Option<Check> = Some(P::REQUIRES);
}

mod private {
    use super::*;

    pub trait Sealed {}
    impl<C: Credential> Sealed for RequireAuth<C> {}
    impl<P: Policy, C: Credential> Sealed for Authorized<P, C> {}
}

/// Describes an operation whose handler has the extractor `D`: [the schemes it accepts](security), and the responses
/// 401, 403 and 503, unless the operation describes these already.
///
/// A policy's own check of the request ([`Policy::permits`]) is not described, apart from the 403.
pub fn describe<D: Demand>(operation: &mut Operation) {
    operation.security.get_or_insert_default().extend(security::<D>());
    let (described, added) = (&mut operation.responses.responses, responses::<D>());
    for (status, response) in added {
        described.entry(status.to_owned()).or_insert(RefOr::T(response));
    }
}

/// Returns the alternative ways to authenticate for the extractor `D`: the schemes of the tokens that can pass, with
/// the scopes that machines need. Requirements for users (roles, permissions, …) are not scopes; the description of
/// the 403 lists them.
pub fn security<D: Demand>() -> Vec<SecurityRequirement> {
    let mut taken = Vec::new();
    let required = D::REQUIRES.unwrap_or(Check::ANYONE);
    if D::ACCEPTS.contains(TokenType::SessionToken) && required.can_pass_for(TokenTypes::only(TokenType::SessionToken))
    {
        for scheme in [SESSION, SESSION_COOKIE] {
            taken.push(SecurityRequirement::new(scheme, [""; 0]));
        }
    }
    let scope_sets = required.scope_sets();
    for (token_type, scheme) in
        [(TokenType::ApiKey, API_KEY), (TokenType::M2mToken, M2M_TOKEN), (TokenType::OAuthToken, OAUTH_TOKEN)]
    {
        if D::ACCEPTS.contains(token_type) {
            taken.extend(scope_sets.iter().map(|scopes| SecurityRequirement::new(scheme, scopes.iter().copied())));
        }
    }
    taken
}

fn responses<D: Demand>() -> Vec<(&'static str, Response)> {
    let header = |name: &str, response: ResponseBuilder| response.header(name, Header::new(string()));
    let response = |description: String, body: Schema| {
        let content = ContentBuilder::new().schema(Some(body)).build();
        ResponseBuilder::new().description(description).content("application/json", content)
    };
    let refusal = |description: String| response(description, envelope());
    let unauthenticated = refusal("Authentication is required.".to_owned());
    let unavailable = refusal("Authentication is temporarily unavailable.".to_owned());
    let mut responses = vec![
        ("401", header("WWW-Authenticate", unauthenticated).build()),
        ("503", header("Retry-After", unavailable).build()),
    ];
    if let Some(required) = D::REQUIRES {
        let description = match required == Check::ANYONE {
            true => "This is not allowed.".to_owned(),
            false => format!("Not allowed without: {required}."),
        };
        let may_ask = D::ACCEPTS.contains(TokenType::SessionToken) && required.asks_for_verification();
        let body = match may_ask {
            true => OneOfBuilder::new().item(envelope()).item(reverification_error()).into(),
            false => envelope(),
        };
        // The challenge `insufficient_scope`.
        let needs_scopes = D::ACCEPTS.iter().any(|token_type| token_type != TokenType::SessionToken)
            && required.scope_sets().iter().any(|scopes| !scopes.is_empty());
        let response = response(description, body);
        let response = if needs_scopes { header("WWW-Authenticate", response) } else { response };
        responses.push(("403", response.build()));
    }
    responses
}

/// Clerk's error envelope.
fn envelope() -> Schema {
    let error = object([("code", string()), ("message", string())]);
    object([("errors", ArrayBuilder::new().items(RefOr::T(error)).into())])
}

/// The body that Clerk's frontend components look for to ask the user to verify their identity: a preset by name, or
/// the requirement itself.
fn reverification_error() -> Schema {
    let minutes = ObjectBuilder::new().schema_type(Type::Integer).into();
    let asked = object([("level", string()), ("afterMinutes", minutes)]);
    let metadata = object([("reverification", OneOfBuilder::new().item(string()).item(asked).into())]);
    object([("clerk_error", object([("type", string()), ("reason", string()), ("metadata", metadata)]))])
}

fn string() -> Schema {
    ObjectBuilder::new().schema_type(Type::String).into()
}

/// An object schema with all of these members required.
fn object(members: impl IntoIterator<Item = (&'static str, Schema)>) -> Schema {
    let add = |object: ObjectBuilder, (name, schema)| object.property(name, RefOr::T(schema)).required(name);
    members.into_iter().fold(ObjectBuilder::new(), add).into()
}
