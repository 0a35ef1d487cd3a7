//! A call to Clerk: what is asked, by which key, and how often it is tried.

use std::{fmt, future::IntoFuture, marker::PhantomData};

use actix_web::http::Method;
use futures_util::future::LocalBoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    super::{
        endpoint, endpoint_at,
        retry::retrying,
        transport::{ApiRequest, Authorization, HttpClient},
    },
    ClerkApiError, answer, path,
};
use crate::{
    api::Page,
    config::{ClerkConfig, Settings},
    query,
};

/// A call to Clerk's Backend API. It is made when it is awaited.
///
/// ```
/// # async fn example(clerk: clerk_actix::ClerkClient) -> Result<(), clerk_actix::ClerkApiError> {
/// let user = clerk.users().get("user_ada").await?;
/// let second_page = clerk.sessions().list(&user.id).query("status", "active").limit(20).offset(20).await?;
/// # let _ = second_page;
/// # Ok(())
/// # }
/// ```
#[must_use = "a call is made when it is awaited"]
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
}

/// By which key a call is made.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Secret,
    /// This machine's own, where it has one; else the secret key.
    MachineOrSecret,
    /// This machine's own.
    Machine,
}

impl<T> ApiCall<T> {
    pub(super) fn new(config: &ClerkConfig, method: Method, path: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        let path = path::segments(path).map_err(|segment| ClerkApiError::InvalidPath { segment });
        let draft =
            path.map(|path| Draft { method, path, has_version: true, key: Key::Secret, query: Vec::new(), body: None });
        Self { config: config.clone(), draft, answer: PhantomData }
    }

    /// Adds a parameter to the query. One that is there already is given twice, as Clerk takes lists.
    pub fn query(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.change(|draft| draft.query.push((name.to_owned(), value.to_string())));
        self
    }

    /// Sends this as JSON.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        // A failure of serde's can quote what it failed at.
        match serde_json::to_value(body) {
            Ok(body) => self.change(|draft| draft.body = Some(body)),
            Err(_) => self.draft = self.draft.and(Err(ClerkApiError::InvalidBody)),
        }
        self
    }

    /// Leaves the API's version out of the path, as it is for API keys, machine-to-machine tokens and OAuth access tokens.
    pub fn without_version(mut self) -> Self {
        self.change(|draft| draft.has_version = false);
        self
    }

    pub(super) fn by_machine_or_instance(mut self) -> Self {
        self.change(|draft| draft.key = Key::MachineOrSecret);
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
    /// How many there may be on the page: Clerk's own choice is 10, and it has a bound of its own, mostly 500.
    pub fn limit(self, limit: u32) -> Self {
        self.only("limit", u64::from(limit))
    }

    /// How many to pass over before the page begins.
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
    type IntoFuture = LocalBoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let draft = self.draft?;
            let (settings, http) = (self.config.settings(), HttpClient::of_this_thread()?);
            draft.authorization(settings)?;
            let attempt = async || {
                let response = http.send_for_handler(draft.request(settings)?).await?;
                answer::parse(response)
            };
            if draft.method == Method::GET {
                retrying(settings.retry, attempt, || ClerkApiError::Timeout).await
            } else {
                attempt().await
            }
        })
    }
}

impl<T> fmt::Debug for ApiCall<T> {
    /// The method and nothing else: bodies and paths can hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let method = self.draft.as_ref().map(|draft| &draft.method);
        f.debug_struct("ApiCall").field("method", &method).finish_non_exhaustive()
    }
}

impl Draft {
    fn request<'c>(&self, settings: &'c Settings) -> Result<ApiRequest<'c>, ClerkApiError> {
        let segments = self.path.iter().map(String::as_str);
        let request = if self.has_version {
            endpoint(settings, &segments.collect::<Vec<_>>())
        } else {
            endpoint_at(settings, segments)
        };
        let mut request = ApiRequest {
            method: self.method.clone(),
            authorization: Some(self.authorization(settings)?),
            body: self.body.clone(),
            ..request
        };
        for (name, value) in &self.query {
            query::append(&mut request.url, name, value);
        }
        Ok(request)
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
        key.ok_or(ClerkApiError::MissingKey { setting })
    }
}
