//! A call to Clerk, and its retries.

use std::{fmt, future::IntoFuture, marker::PhantomData, time::Duration};

use awc::http::Method;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    answer,
    draft::{Draft, Key},
    error::ClerkApiError,
    future::ApiFuture,
    paged::Paged,
    path,
};
use crate::backend::{ApiResponse, Body, Budget, Failure, Transport, retrying};
use crate::{api::Page, instance::ClerkConfig, store::Moment};

/// A call to Clerk's Backend API, sent when it is awaited.
///
/// `T` is the type of the response. `F` stands for the optional parameters of a list, which are methods of the call.
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
pub struct ApiCall<T, F = ()> {
    config: ClerkConfig,
    patience: Duration,
    draft: Result<Draft, ClerkApiError>,
    answer: PhantomData<fn() -> (T, F)>,
}

impl<T, F> ApiCall<T, F> {
    pub(super) fn new(config: &ClerkConfig, method: Method, path: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let draft = Draft::new(method, path);
        Self { config: config.clone(), patience: Duration::ZERO, draft, answer: PhantomData }
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
            Ok(body) => self.change(|draft| draft.body = Some(Body::Json(body))),
            Err(_) => self.draft = self.draft.and(Err(ClerkApiError::InvalidBody)),
        }
        self
    }

    /// Sets the JSON body, if there is one.
    pub(super) fn json_if(self, body: Option<impl Serialize>) -> Self {
        match body {
            Some(body) => self.json(&body),
            None => self,
        }
    }

    /// Leaves the API's version out of the path, as for API keys, machine-to-machine tokens and OAuth access tokens.
    pub fn without_version(mut self) -> Self {
        self.change(|draft| draft.has_version = false);
        self
    }

    /// Waits as long as Clerk asks when its rate limit is reached, and makes the call again, up to this time altogether.
    /// It takes the place of the client's own
    /// [`wait_for_rate_limit`](crate::ClerkClient::wait_for_rate_limit).
    ///
    /// Clerk does not carry out a call that exceeds its limit, so any call is made again, whatever it changes.
    pub fn wait_for_rate_limit(mut self, at_most: Duration) -> Self {
        self.patience = at_most;
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

    /// Sets a member of the JSON body.
    pub(super) fn with(mut self, name: &str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.change(|draft| draft.set_member(name, value)),
            Err(_) => self.draft = self.draft.and(Err(ClerkApiError::InvalidBody)),
        }
        self
    }

    /// Sets a member of the JSON body, if there is a value.
    #[cfg(feature = "backend-api")]
    pub(super) fn with_some(self, name: &str, value: Option<impl Serialize>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Sets a query parameter in place of any other value.
    pub(super) fn only(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.change(|draft| draft.set_query(name, value.to_string()));
        self
    }

    /// Sets the body: a form with this file.
    #[cfg(feature = "backend-api")]
    pub(super) fn upload(mut self, file: super::upload::FileUpload) -> Self {
        match file.into_body() {
            Ok(body) => self.change(|draft| draft.body = Some(Body::Upload(body))),
            Err(error) => self.draft = self.draft.and(Err(error)),
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

    #[cfg(any(test, feature = "__internal-bench"))]
    pub(super) fn into_draft(self) -> Result<Draft, ClerkApiError> {
        self.draft
    }

    pub(super) fn draft(&self) -> Option<&Draft> {
        self.draft.as_ref().ok()
    }

    /// The same call once more: of another page of a list.
    pub(super) fn again(&self) -> Self {
        let (config, draft) = (self.config.clone(), self.draft.clone());
        Self { config, patience: self.patience, draft, answer: PhantomData }
    }
}

impl<T, F: Paged<T>> ApiCall<Page<T>, F> {
    /// Sets the maximum number of elements on the page; the default is 10. The maximum is 500, or 100 for API keys and
    /// machine-to-machine tokens. A limit of 0 or above the maximum fails with [`ClerkApiError::InvalidLimit`], because
    /// Clerk would silently return 10 elements.
    pub fn limit(self, limit: u32) -> Self {
        self.only("limit", limit)
    }

    /// Sets the number of elements to skip before the page begins.
    pub fn offset(self, offset: u64) -> Self {
        self.only("offset", offset)
    }
}

impl<T: DeserializeOwned + 'static, F> IntoFuture for ApiCall<T, F> {
    type Output = Result<T, ClerkApiError>;
    type IntoFuture = ApiFuture<T>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { config, patience, draft, .. } = self;
        ApiFuture::new(async move { answer::read(draft?.send(&config, patience).await?) })
    }
}

/// What is the same for all types of responses, and so compiled once.
impl Draft {
    /// Returns Clerk's response, which is successful and complete. Waits for Clerk's rate limit up to `patience`.
    async fn send(&self, config: &ClerkConfig, mut patience: Duration) -> Result<ApiResponse, ClerkApiError> {
        self.check_limit()?;
        self.authorization(config.settings())?;
        let transport = Transport::new();
        loop {
            let error = match self.answer(config, transport).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            match error.rate_limit_pause() {
                Some(pause) if pause <= patience && self.can_be_sent() => {
                    patience -= pause;
                    transport.sleep(pause).await;
                }
                _ => return Err(error),
            }
        }
    }

    async fn answer(&self, config: &ClerkConfig, transport: Transport) -> Result<ApiResponse, ClerkApiError> {
        let settings = config.settings();
        let may_repeat = self.method == Method::GET;
        let attempt = |attempt| self.attempt(config, transport, attempt);
        let out_of_time = || FailedCall { error: ClerkApiError::Timeout, may_repeat };
        if !may_repeat {
            // Before the call as well, for a caller who does not wait for the end.
            self.forget_token(config);
        }
        let answer = retrying(transport, settings.retry, attempt, out_of_time).await;
        if !may_repeat {
            self.forget_token(config);
        }
        answer.map_err(|FailedCall { error, .. }| match self.is_verification {
            true => error.of_verification(),
            false => error,
        })
    }

    async fn attempt(
        &self,
        config: &ClerkConfig,
        transport: Transport,
        attempt: u32,
    ) -> Result<ApiResponse, FailedCall> {
        let (pauses, key) = (config.client_pauses(), self.rate_limit_key());
        let now = || Moment::now(config.settings().clock.now());
        if let Some(retry_after) = pauses.left(now(), &key) {
            return Err(FailedCall { error: ClerkApiError::RateLimited { retry_after }, may_repeat: true });
        }
        let may_repeat = self.method == Method::GET;
        let request = self.request(config.settings()).map_err(|error| FailedCall { error, may_repeat })?;
        let answer = transport.send(Budget::Handlers, request.attempt(attempt)).await.map_err(|error| FailedCall {
            may_repeat: may_repeat || error.was_never_sent() && self.can_be_sent(),
            error: error.into(),
        })?;
        if let Some(pause) = answer.retry_after.filter(|_| answer.status == 429) {
            match may_repeat {
                true => pauses.begin(now(), pause),
                false => pauses.begin_own(now(), pause, key),
            }
        }
        answer::complete(answer).map_err(|error| FailedCall { error, may_repeat })
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

impl<T, F> fmt::Debug for ApiCall<T, F> {
    /// Shows only the method: bodies and paths can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.draft.as_ref().map(|draft| &draft.method);
        f.debug_struct("ApiCall").field("method", &method).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
        let check =
            |call: ApiCall<Page<Value>>| call.into_draft().unwrap().check_limit().map_err(|error| error.to_string());
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
