//! The challenges of rejected requests below a resource (RFC 6750, section 3, and RFC 9728, section 5.1).

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::BoxBody,
    dev::ServiceResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap, HeaderValue},
    },
};

use super::ProtectedResource;
use crate::{
    auth::{Missing, Principal},
    web::{
        bearer,
        error::{AuthError, Rejected, is_about_a_bad_token},
        state::with_state,
    },
};

/// Marks a request below a resource, in its extensions: the innermost one.
pub(super) struct Under(pub(super) ProtectedResource);

/// Completes the challenge of a rejection below a resource. Does nothing to any other response.
pub(in crate::web) fn complete<B>(response: &mut ServiceResponse<B>) {
    if !matches!(response.status(), StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        return;
    }
    let resource = response.request().extensions().get::<Under>().map(|Under(resource)| resource.clone());
    let Some(resource) = resource else { return };
    let of_response = response.response().extensions().get::<Rejected>().cloned();
    // An error handler's own challenge stays.
    let is_own = of_response.as_ref().is_some_and(|rejected| !rejected.has_default_response);
    if is_own && response.headers().contains_key(header::WWW_AUTHENTICATE) {
        return;
    }
    let of_error = || response.response().error().and_then(rejection_of).cloned();
    let Some(error) = of_response.map(|rejected| rejected.error).or_else(of_error) else { return };
    let granted = granted(response.request());
    resource.challenge(response.headers_mut(), &error, &granted);
}

/// Returns the rejection that an error is, with a resource's challenge or without.
pub(in crate::web) fn rejection_of(error: &Error) -> Option<&AuthError> {
    let challenged = || error.as_error::<Challenged>().map(|challenged| &challenged.error);
    error.as_error::<AuthError>().or_else(challenged)
}

/// Returns the scopes of the caller's token.
fn granted(req: &HttpRequest) -> Vec<String> {
    let scopes = |principal: &Principal| match principal {
        Principal::OAuthToken(token) => token.scopes().to_vec(),
        _ => Vec::new(),
    };
    with_state(req, |state| state.as_machine().and_then(Result::ok).map(scopes)).flatten().unwrap_or_default()
}

impl ProtectedResource {
    fn challenge(&self, headers: &mut HeaderMap, error: &AuthError, granted: &[String]) {
        let Some(challenge) = self.challenge_to(error, granted) else { return };
        headers.insert(header::WWW_AUTHENTICATE, challenge);
        expose(headers);
    }

    /// Returns `None` for a rejection that no other token would change.
    fn challenge_to(&self, error: &AuthError, granted: &[String]) -> Option<HeaderValue> {
        let metadata = ("resource_metadata", self.metadata_url());
        match error {
            AuthError::Unauthenticated(why) => {
                let scopes = self.0.scopes.join(" ");
                let error = is_about_a_bad_token(why.reason()).then_some(("error", "invalid_token"));
                Some(bearer::challenge(error.into_iter().chain([metadata, ("scope", &scopes)])))
            }
            AuthError::Forbidden { missing, page: None } => {
                let scopes = self.needed(missing, granted)?.join(" ");
                Some(bearer::challenge([("error", "insufficient_scope"), ("scope", &scopes), metadata]))
            }
            _ => None,
        }
    }

    /// Returns the scopes of a token that would have what is missing and everything that this one has, so that a client
    /// does not lose one scope by asking for another.
    fn needed(&self, missing: &Missing, granted: &[String]) -> Option<Vec<String>> {
        let missing: Vec<String> = match missing {
            Missing::Scope(scope) => vec![scope.to_string()],
            Missing::OneOf(checks) => {
                let mut sets = checks.iter().flat_map(|check| check.scope_sets());
                sets.find(|set| !set.is_empty())?.into_iter().map(str::to_owned).collect()
            }
            _ => return None,
        };
        let known = granted.iter().filter(|scope| self.0.scopes.contains(scope) && !missing.contains(scope));
        Some(known.cloned().chain(missing.iter().cloned()).collect())
    }
}

/// Lets scripts of other origins read the challenge.
fn expose(headers: &mut HeaderMap) {
    const NAME: &str = "www-authenticate";
    let is_exposed = headers
        .get_all(header::ACCESS_CONTROL_EXPOSE_HEADERS)
        .any(|line| line.to_str().is_ok_and(|line| line.split(',').any(|name| name.trim().eq_ignore_ascii_case(NAME))));
    if !is_exposed {
        headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static("WWW-Authenticate"));
    }
}

/// A rejection by inner middleware that has failed with an error, with the resource whose challenge it gets.
#[derive(Debug, thiserror::Error)]
#[error("{error}")]
pub(super) struct Challenged {
    error: AuthError,
    resource: ProtectedResource,
}

impl Challenged {
    pub(super) fn new(error: AuthError, resource: ProtectedResource) -> Self {
        Self { error, resource }
    }
}

impl ResponseError for Challenged {
    fn status_code(&self) -> StatusCode {
        self.error.status_code()
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = self.error.error_response();
        self.resource.challenge(response.headers_mut(), &self.error, &[]);
        response
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::{
        auth::{Check, Unauthenticated},
        reason::Reason,
        token::TokenType,
    };

    fn resource() -> ProtectedResource {
        ProtectedResource::new("https://a.example/mcp").unwrap().scopes(["read", "write"]).unwrap()
    }

    #[test]
    fn rejections_and_their_challenges() {
        const AT: &str = r#"resource_metadata="https://a.example/.well-known/oauth-protected-resource/mcp""#;
        const EITHER: &[Check] = &[Check::new().role("org:admin"), Check::new().scope("write")];
        const NOBODY: &[Check] = &[Check::new().role("org:admin")];
        let without = |reason| AuthError::Unauthenticated(Unauthenticated::because(TokenType::OAuthToken, reason));
        let forbidden = |missing: Missing| AuthError::from(missing);
        let scope = |scope: &'static str| forbidden(Missing::Scope(scope.into()));
        for (name, error, granted, expected) in [
            ("no token", without(Reason::TokenMissing), "", format!(r#"Bearer {AT}, scope="read write""#)),
            (
                "a bad token",
                without(Reason::TokenInvalid),
                "",
                format!(r#"Bearer error="invalid_token", {AT}, scope="read write""#),
            ),
            (
                "another type of token",
                without(Reason::TokenTypeMismatch),
                "",
                format!(r#"Bearer error="invalid_token", {AT}, scope="read write""#),
            ),
            ("a scope", scope("write"), "", format!(r#"Bearer error="insufficient_scope", scope="write", {AT}"#)),
            (
                "a second scope",
                scope("write"),
                "profile read",
                format!(r#"Bearer error="insufficient_scope", scope="read write", {AT}"#),
            ),
            (
                "a scope with a quotation mark",
                scope("a\", error=\"b"),
                "",
                format!(r#"Bearer error="insufficient_scope", scope="a\", error=\"b", {AT}"#),
            ),
            ("a scope with a line break", scope("a\r\nb"), "", format!(r#"Bearer error="insufficient_scope", {AT}"#)),
            (
                "a role or a scope",
                forbidden(Missing::OneOf(Cow::Borrowed(EITHER))),
                "",
                format!(r#"Bearer error="insufficient_scope", scope="write", {AT}"#),
            ),
            ("a role alone", forbidden(Missing::OneOf(Cow::Borrowed(NOBODY))), "", String::new()),
            ("a role", forbidden(Missing::Role("org:admin".into())), "", String::new()),
            ("the application's own check", forbidden(Missing::Request), "", String::new()),
            ("no middleware", AuthError::MiddlewareMissing, "", String::new()),
        ] {
            let granted: Vec<String> = granted.split_whitespace().map(str::to_owned).collect();
            let challenge = resource().challenge_to(&error, &granted);
            let challenge = challenge.map(|challenge| challenge.to_str().unwrap().to_owned());
            assert_eq!(challenge.unwrap_or_default(), expected, "{name}");
        }
    }

    #[test]
    fn a_resource_without_scopes_names_none() {
        let error = Unauthenticated::because(TokenType::OAuthToken, Reason::TokenMissing).into();
        let challenge = ProtectedResource::new("https://a.example").unwrap().challenge_to(&error, &[]).unwrap();
        assert_eq!(challenge, r#"Bearer resource_metadata="https://a.example/.well-known/oauth-protected-resource""#);
    }

    #[test]
    fn the_challenge_is_exposed_once() {
        for (lines, expected) in [
            (&[][..], &["WWW-Authenticate"][..]),
            (&["X-A"], &["X-A", "WWW-Authenticate"]),
            (&["X-A, www-authenticate"], &["X-A, www-authenticate"]),
        ] {
            let mut headers = HeaderMap::new();
            for line in lines {
                headers.append(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(line));
            }
            expose(&mut headers);
            let found: Vec<_> = headers.get_all(header::ACCESS_CONTROL_EXPOSE_HEADERS).collect();
            assert_eq!(found, expected);
        }
    }
}
