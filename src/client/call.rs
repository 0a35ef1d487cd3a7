//! A call to Clerk: its path and body, the key it is made with, and its retries.

use std::{fmt, future::IntoFuture, marker::PhantomData, time::Duration};

use awc::http::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{answer, error::ClerkApiError, future::ApiFuture, path, resource};
use crate::backend::{
    ApiRequest, Authorization, Budget, Failure, MAX_HANDLER_BODY, Transport, endpoint, endpoint_at, retrying,
};
use crate::{api::Page, config::Settings, instance::ClerkConfig, request::query};

/// A call to Clerk's Backend API, sent when it is awaited.
///
/// # Errors
///
/// Awaiting it returns [`ClerkApiError`].
///
/// ```
/// # async fn example(clerk: clerk_actix::ClerkClient) -> Result<(), clerk_actix::ClerkApiError> {
/// let user = clerk.users().get("user_ada").await?;
/// let second_page = clerk.sessions().list(&user.id).query("status", "active").limit(20).offset(20).await?;
/// # let _ = second_page;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made only when it is awaited"]
pub struct ApiCall<T> {
    config: ClerkConfig,
    draft: Result<Draft, ClerkApiError>,
    answer: PhantomData<fn() -> T>,
}

struct Draft {
    method: Method,
    path: Vec<String>,
    has_version: bool,
    key: Key,
    query: Vec<(String, String)>,
    body: Option<Value>,
    /// The id of the machine token that the call changes. Everything cached about it becomes invalid.
    changes_token: Option<String>,
    /// `true` if the call verifies a token.
    is_verification: bool,
}

/// The key that a call is made with.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Secret,
    /// The machine secret key if it is set, otherwise the secret key.
    MachineOrSecret,
    /// The machine secret key.
    Machine,
}

impl<T> ApiCall<T> {
    pub(super) fn new(config: &ClerkConfig, method: Method, path: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let path = path::segments(path).map_err(ClerkApiError::invalid_segment);
        let draft = path.map(|path| Draft {
            method,
            path,
            has_version: true,
            key: Key::Secret,
            query: Vec::new(),
            body: None,
            changes_token: None,
            is_verification: false,
        });
        Self { config: config.clone(), draft, answer: PhantomData }
    }

    /// Adds a query parameter. Repeating a name adds another value, which is how Clerk takes lists.
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.change(|draft| draft.query.push((name.to_owned(), value.to_string())));
        self
    }

    /// Sets the JSON body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        // A serde error can quote the value that it failed on.
        match serde_json::to_value(body) {
            Ok(body) => self.change(|draft| draft.body = Some(body)),
            Err(_) => self.draft = self.draft.and(Err(ClerkApiError::InvalidBody)),
        }
        self
    }

    /// Leaves the API's version out of the path, as for API keys, machine-to-machine tokens and OAuth access tokens.
    pub fn without_version(mut self) -> Self {
        self.change(|draft| draft.has_version = false);
        self
    }

    /// Adds a path segment that holds a user-chosen name, percent-encoded.
    pub(super) fn of(mut self, name: &str) -> Self {
        let segment = self.draft.as_ref().map_or(0, |draft| draft.path.len());
        match path::is_name(name) {
            true => self.change(|draft| draft.path.push(name.to_owned())),
            false => self.draft = self.draft.and(Err(ClerkApiError::invalid_segment(segment))),
        }
        self
    }

    pub(super) fn by_machine_or_instance(mut self) -> Self {
        self.change(|draft| draft.key = Key::MachineOrSecret);
        self
    }

    pub(super) fn changing_token(mut self, id: &str) -> Self {
        self.change(|draft| draft.changes_token = Some(id.to_owned()));
        self
    }

    pub(super) fn verifying(mut self) -> Self {
        self.change(|draft| draft.is_verification = true);
        self
    }

    pub(super) fn by_machine(mut self) -> Self {
        self.change(|draft| draft.key = Key::Machine);
        self
    }

    fn change(&mut self, change: impl FnOnce(&mut Draft)) {
        if let Ok(draft) = &mut self.draft {
            change(draft);
        }
    }
}

impl<T> ApiCall<Page<T>> {
    /// Sets the maximum number of elements on the page; the default is 10. The maximum is 500, or 100 for API keys and
    /// machine-to-machine tokens. A limit of 0 or above the maximum fails with [`ClerkApiError::InvalidLimit`], because
    /// Clerk would silently return 10 elements.
    pub fn limit(self, limit: u32) -> Self {
        self.only("limit", u64::from(limit))
    }

    /// Sets the number of elements to skip before the page begins.
    pub fn offset(self, offset: u64) -> Self {
        self.only("offset", offset)
    }

    fn only(mut self, name: &str, value: u64) -> Self {
        self.change(|draft| draft.query.retain(|(known, _)| known != name));
        self.query(name, value)
    }
}

impl<T: DeserializeOwned + 'static> IntoFuture for ApiCall<T> {
    type Output = Result<T, ClerkApiError>;
    type IntoFuture = ApiFuture<T>;

    fn into_future(self) -> Self::IntoFuture {
        ApiFuture::new(async move {
            let draft = self.draft?;
            draft.check_limit()?;
            let (settings, transport) = (self.config.settings(), Transport::new());
            draft.authorization(settings)?;
            let may_repeat = draft.method == Method::GET;
            let draft = &draft;
            let attempt = |attempt| async move {
                let request = draft.request(settings).map_err(|error| FailedCall { error, may_repeat })?;
                let answer = transport.send(Budget::Handlers, request.attempt(attempt)).await.map_err(|error| {
                    FailedCall { may_repeat: may_repeat || error.was_never_sent(), error: error.into() }
                });
                answer::parse(answer?).map_err(|error| FailedCall { error, may_repeat })
            };
            let out_of_time = || FailedCall { error: ClerkApiError::Timeout, may_repeat };
            let changes = draft.method != Method::GET;
            if changes {
                // Before the call as well, for a caller who does not wait for the end.
                draft.forget_token(&self.config);
            }
            let answer = retrying(transport, settings.retry, attempt, out_of_time).await;
            if changes {
                draft.forget_token(&self.config);
            }
            answer.map_err(|FailedCall { error, .. }| match draft.is_verification {
                true => error.of_verification(),
                false => error,
            })
        })
    }
}

/// A failed attempt. One that Clerk may have carried out is repeated only if repeating it changes nothing.
struct FailedCall {
    error: ClerkApiError,
    may_repeat: bool,
}

impl Failure for FailedCall {
    fn may_pass(&self) -> bool {
        self.may_repeat && self.error.is_transient()
    }

    fn retry_after(&self) -> Option<Duration> {
        self.error.retry_after()
    }
}

impl<T> fmt::Debug for ApiCall<T> {
    /// Shows only the method: bodies and paths can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.draft.as_ref().map(|draft| &draft.method);
        f.debug_struct("ApiCall").field("method", &method).finish_non_exhaustive()
    }
}

impl Draft {
    /// Forgets the token whatever the result: a call that failed here may still have reached Clerk.
    fn forget_token(&self, config: &ClerkConfig) {
        if let Some(id) = &self.changes_token {
            config.machine_tokens().forget(id, config.settings().clock.now());
        }
    }

    fn request<'c>(&self, settings: &'c Settings) -> Result<ApiRequest<'c>, ClerkApiError> {
        let segments = self.path.iter().map(String::as_str);
        let name = self.path.first().map_or("other", |segment| resource::label(segment));
        let request = if self.has_version {
            endpoint(settings, name, &segments.collect::<Vec<_>>())
        } else {
            endpoint_at(settings, name, segments)
        };
        let mut request = ApiRequest {
            method: self.method.clone(),
            authorization: Some(self.authorization(settings)?),
            body: self.body.clone(),
            max_body: MAX_HANDLER_BODY,
            ..request
        };
        for (name, value) in &self.query {
            query::append(&mut request.url, name, value);
        }
        Ok(request)
    }

    /// Checks the limit. Clerk ignores a limit that is out of bounds and returns a page of 10: a program that takes a
    /// short page for the last one would miss the rest. None of the versioned lists that this crate requests has other
    /// bounds.
    fn check_limit(&self) -> Result<(), ClerkApiError> {
        let max = match self.path.first().map(String::as_str) {
            Some("api_keys" | "m2m_tokens") => 100,
            _ => 500,
        };
        let mut limits = self.query.iter().filter(|(name, _)| self.method == Method::GET && name == "limit");
        match limits.find(|(_, limit)| !limit.parse().is_ok_and(|limit: u32| (1..=max).contains(&limit))) {
            Some((_, limit)) => Err(ClerkApiError::InvalidLimit { limit: limit.clone(), max }),
            None => Ok(()),
        }
    }

    fn authorization<'c>(&self, settings: &'c Settings) -> Result<Authorization<'c>, ClerkApiError> {
        let secret = settings.secret_key.as_ref().map(Authorization::from);
        let machine = settings.machine_secret_key.as_ref().map(Authorization::from);
        let (key, setting) = match self.key {
            Key::Secret => (secret, "secret_key (CLERK_SECRET_KEY)"),
            Key::Machine => (machine, "machine_secret_key (CLERK_MACHINE_SECRET_KEY)"),
            Key::MachineOrSecret => {
                (machine.or(secret), "machine_secret_key (CLERK_MACHINE_SECRET_KEY) or secret_key (CLERK_SECRET_KEY)")
            }
        };
        key.ok_or_else(|| ClerkApiError::missing_key(settings, setting))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The maximum limit of each list in version 2026-05-12 of the Backend API, from its specification.
    const LISTS: [(&str, u32); 42] = [
        ("clients", 500),
        ("sessions", 500),
        ("templates/email", 500),
        ("users", 500),
        ("users/user_1/oauth_access_tokens/google", 500),
        ("users/user_1/organization_memberships", 500),
        ("users/user_1/organization_invitations", 500),
        ("invitations", 500),
        ("organization_invitations", 500),
        ("allowlist_identifiers", 500),
        ("jwt_templates", 500),
        ("machines", 500),
        ("organizations", 500),
        ("organizations/org_1/invitations", 500),
        ("organizations/org_1/invitations/pending", 500),
        ("organization_roles", 500),
        ("organizations/org_1/memberships", 500),
        ("organizations/org_1/domains", 500),
        ("organization_domains", 500),
        ("redirect_urls", 500),
        ("oauth_applications", 500),
        ("saml_connections", 500),
        ("enterprise_connections", 500),
        ("enterprise_connections/ent_1/test_runs", 500),
        ("organization_memberships", 500),
        ("waitlist_entries", 500),
        ("billing/plans", 500),
        ("billing/prices", 500),
        ("billing/subscription_items", 500),
        ("billing/statements", 500),
        ("billing/statements/st_1/payment_attempts", 500),
        ("organization_permissions", 500),
        ("role_sets", 500),
        ("scim_directories", 500),
        ("directories", 500),
        ("api_keys", 100),
        ("m2m_tokens", 100),
        // Not lists, but with ids in them that look like the two above.
        ("users/api_keys", 500),
        ("organizations/m2m_tokens/memberships", 500),
        ("machines/mch_1/scopes", 500),
        ("beta_features/instance_settings", 500),
        ("testing_tokens", 500),
    ];

    #[test]
    fn a_limit_that_clerk_would_ignore_is_an_error() {
        let config = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
        let config = config.build().unwrap();
        let check = |call: ApiCall<Page<Value>>| call.draft.unwrap().check_limit().map_err(|error| error.to_string());
        for (path, max) in LISTS {
            let list = |method: Method| ApiCall::<Page<Value>>::new(&config, method, path.split('/'));
            for good in [1, 10, max] {
                assert_eq!(check(list(Method::GET).limit(good)), Ok(()), "{path}, {good}");
            }
            for bad in [0, max + 1, u32::MAX] {
                let refused = Err(ClerkApiError::InvalidLimit { limit: bad.to_string(), max }.to_string());
                assert_eq!(check(list(Method::GET).limit(bad)), refused, "{path}, {bad}");
                assert_eq!(check(list(Method::GET).query("limit", bad)), refused, "{path}, {bad}, by name");
                assert_eq!(check(list(Method::POST).query("limit", bad)), Ok(()), "{path}, {bad}, no list");
            }
            for bad in ["", "-1", "1e2", "ten", " 10", "99999999999999999999"] {
                assert!(check(list(Method::GET).query("limit", bad)).is_err(), "{path}, {bad:?}");
            }
            assert_eq!(check(list(Method::GET)), Ok(()), "{path}, none");
            assert_eq!(check(list(Method::GET).limit(max + 1).limit(max)), Ok(()), "{path}, the last one counts");
        }
    }
}
