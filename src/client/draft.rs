//! A call before it is sent: its path, its query and body, and the key it is made with.

use awc::http::Method;
use serde_json::{Map, Value};

use super::{error::ClerkApiError, path, resource};
use crate::backend::{ApiRequest, Authorization, Body, MAX_HANDLER_BODY, endpoint, endpoint_at};
use crate::{config::Settings, instance::ClerkConfig, request::query};

/// A call as it is built up.
#[derive(Clone)]
pub(super) struct Draft {
    pub(super) method: Method,
    pub(super) path: Vec<String>,
    pub(super) has_version: bool,
    pub(super) key: Key,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Option<Body>,
    /// The id of the machine token that the call changes. Everything cached about it becomes invalid.
    pub(super) changes_token: Option<String>,
    /// `true` if the call verifies a token.
    pub(super) is_verification: bool,
}

/// The key that a call is made with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Secret,
    /// The machine secret key if it is set, otherwise the secret key.
    MachineOrSecret,
    /// The machine secret key.
    Machine,
}

impl Draft {
    pub(super) fn new(method: Method, path: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ClerkApiError> {
        Ok(Self {
            method,
            path: path::segments(path).map_err(ClerkApiError::invalid_segment)?,
            has_version: true,
            key: Key::Secret,
            query: Vec::new(),
            body: None,
            changes_token: None,
            is_verification: false,
        })
    }

    /// Sets a query parameter in place of any other value.
    pub(super) fn set_query(&mut self, name: &str, value: String) {
        self.query.retain(|(known, _)| known != name);
        self.query.push((name.to_owned(), value));
    }

    /// Sets a member of a JSON body, which becomes an object if it is none.
    pub(super) fn set_member(&mut self, name: &str, value: Value) {
        let mut members = match self.body.take() {
            Some(Body::Json(Value::Object(members))) => members,
            _ => Map::new(),
        };
        members.insert(name.to_owned(), value);
        self.body = Some(Body::Json(Value::Object(members)));
    }

    /// The call as rate limits tell it apart from others.
    pub(super) fn rate_limit_key(&self) -> String {
        format!("{} {}", self.method, self.path.join("/"))
    }

    /// Returns whether the call can be made from its beginning: an upload is sent only once.
    pub(super) fn can_be_sent(&self) -> bool {
        !self.body.as_ref().is_some_and(Body::is_spent)
    }

    /// Forgets the token whatever the result: a call that failed here may still have reached Clerk.
    pub(super) fn forget_token(&self, config: &ClerkConfig) {
        if let Some(id) = &self.changes_token {
            config.machine_tokens().forget(id, config.settings().clock.now());
        }
    }

    pub(super) fn request<'c>(&self, settings: &'c Settings) -> Result<ApiRequest<'c>, ClerkApiError> {
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

    /// The largest limit that Clerk accepts for this list.
    pub(super) fn max_limit(&self) -> u32 {
        match self.path.first().map(String::as_str) {
            Some("api_keys" | "m2m_tokens") => 100,
            _ => 500,
        }
    }

    /// Returns the first value of a query parameter.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn number(&self, name: &str) -> Option<u64> {
        self.value(name)?.parse().ok()
    }

    /// Checks the limit. Clerk ignores a limit that is out of bounds and returns a page of 10: a program that takes a
    /// short page for the last one would miss the rest. None of the versioned lists that this crate requests has other
    /// bounds.
    pub(super) fn check_limit(&self) -> Result<(), ClerkApiError> {
        let max = self.max_limit();
        let mut limits = self.query.iter().filter(|(name, _)| self.method == Method::GET && name == "limit");
        match limits.find(|(_, limit)| !limit.parse().is_ok_and(|limit: u32| (1..=max).contains(&limit))) {
            Some((_, limit)) => Err(ClerkApiError::InvalidLimit { limit: limit.clone(), max }),
            None => Ok(()),
        }
    }

    pub(super) fn authorization<'c>(&self, settings: &'c Settings) -> Result<Authorization<'c>, ClerkApiError> {
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
