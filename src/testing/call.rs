//! A call to `LocalClerk`'s Backend API as its handlers see it, and what they answer.

use actix_web::{
    HttpRequest,
    http::{StatusCode, header::CONTENT_TYPE},
    web::{Bytes, Query},
};
use serde_json::{Value, json};

use super::refused::Refused;

/// A call with a key that may make it.
pub(super) struct Asked {
    id: String,
    /// The last segment of `/sessions/{id}/tokens/{template}`.
    pub(super) template: Option<String>,
    /// The second ID in the path.
    other_id: String,
    query: Vec<(String, String)>,
    pub(super) body: Value,
}

/// JSON with a success status, or Clerk's error envelope.
pub(super) type Answer = Result<Value, Refused>;

impl Asked {
    /// Reads the path, the query and the body of a request. An empty body is `null`.
    pub(super) fn of(req: &HttpRequest, body: &Bytes) -> Result<Self, Refused> {
        let malformed = || Refused::new(StatusCode::BAD_REQUEST, "request_body_invalid", "The body is not JSON.");
        let content_type = req.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_upload = content_type.is_some_and(|kind| kind.starts_with("multipart/form-data"));
        let segment = |name| req.match_info().get(name).map(str::to_owned);
        Ok(Self {
            id: segment("id").unwrap_or_default(),
            template: segment("template"),
            other_id: segment("other_id").unwrap_or_default(),
            query: Query::from_query(req.query_string()).map(Query::into_inner).unwrap_or_default(),
            body: if body.is_empty() || is_upload {
                Value::Null
            } else {
                serde_json::from_slice(body).map_err(|_| malformed())?
            },
        })
    }

    /// Returns the id in the path.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Returns the second ID in the path.
    pub(super) fn other_id(&self) -> &str {
        &self.other_id
    }

    /// Returns a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// Returns all values of a query parameter that may be repeated.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        self.query.iter().filter(|(of, _)| of == name).map(|(_, value)| value.clone()).collect()
    }

    pub(super) fn is_set(&self, name: &str) -> bool {
        self.parameter(name) == Some("true")
    }

    /// Returns a member of the body that must be a non-empty string.
    pub(super) fn text(&self, name: &str) -> Result<&str, Refused> {
        let text = self.body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        text.ok_or_else(Refused::bad_request)
    }

    /// Returns an optional member of the body that is a number of seconds.
    pub(super) fn seconds(&self, name: &str) -> Result<Option<u64>, Refused> {
        match self.body.get(name) {
            None | Some(Value::Null) => Ok(None),
            // JSON does not distinguish integers from other numbers: `60.0` is accepted too.
            Some(seconds) => match seconds.as_f64() {
                Some(seconds) if seconds >= 1.0 => Ok(Some(seconds as u64)),
                _ => Err(Refused::bad_request()),
            },
        }
    }

    /// Returns the page of a list that `limit` and `offset` select, in the form that Clerk's lists have.
    pub(super) fn page(&self, member: &str, all: Vec<Value>) -> Value {
        let number = |name: &str| self.parameter(name).and_then(|text| text.parse::<usize>().ok());
        let (limit, offset) = (number("limit").unwrap_or(10), number("offset").unwrap_or(0));
        let total_count = all.len();
        let part: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
        json!({ member: part, "total_count": total_count })
    }
}
