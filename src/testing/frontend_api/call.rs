//! A call to the Frontend API as its handlers see it, and what they answer.

use std::sync::MutexGuard;

use actix_web::{
    HttpRequest,
    http::{Method, StatusCode, header},
    web::{Bytes, Query},
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    clock::Timestamp,
    keys::InstanceType,
    testing::{
        browsers::{Browsers, UserSession},
        directory::Directory,
        frontend::BROWSER,
        instance::Instance,
        refused::Refused,
    },
};

/// A call, with the state of the instance, which no other call changes meanwhile.
pub(super) struct Call<'c> {
    pub(super) clerk: &'c Instance,
    pub(super) browsers: MutexGuard<'c, Browsers>,
    pub(super) directory: MutexGuard<'c, Directory>,
    pub(super) method: Method,
    /// The segments after `/v1`.
    pub(super) path: Vec<String>,
    /// The form, then the query.
    parameters: Vec<(String, String)>,
    /// The token of the browser. In production, a browser has none before its first sign-in.
    pub(super) browser: Option<String>,
    /// The origin of the page that calls.
    pub(super) origin: Option<String>,
    pub(super) now: Timestamp,
}

/// The body of an answer.
pub(super) enum Reply {
    /// `{"response": …, "client": …}`
    Wrapped(Value),
    /// As it is.
    Bare(Value),
}

pub(super) type Answer = Result<Reply, Refused>;

impl<'c> Call<'c> {
    pub(super) fn of(req: &HttpRequest, clerk: &'c Instance, body: &Bytes) -> Result<Self, Refused> {
        let parse = |text: &str| {
            Query::<Vec<(String, String)>>::from_query(text).map(Query::into_inner).map_err(|_| Refused::bad_request())
        };
        let query = parse(req.query_string())?;
        let find = |name: &str| query.iter().find(|(of, _)| of == name).map(|(_, value)| value.clone());
        let method = match find("_method").filter(|_| req.method() == Method::POST) {
            None => req.method().clone(),
            Some(other) => Method::from_bytes(other.as_bytes()).map_err(|_| Refused::bad_request())?,
        };
        let browsers = clerk.browsers();
        let browser = match clerk.instance_type {
            InstanceType::Development => find("__clerk_db_jwt"),
            InstanceType::Production => req.cookie(BROWSER).map(|cookie| cookie.value().to_owned()),
        };
        let browser = browser.filter(|token| browsers.knows(token));
        let is_environment = req.path() == "/v1/environment";
        if browser.is_none() && clerk.instance_type == InstanceType::Development && !is_environment {
            let message = "The development browser is missing or unknown. clerk-js asks for a new one.";
            return Err(Refused::new(StatusCode::UNAUTHORIZED, "dev_browser_unauthenticated", message));
        }
        let mut parameters = parse(std::str::from_utf8(body).map_err(|_| Refused::bad_request())?)?;
        parameters.extend(query);
        let path = req.path().trim_start_matches("/v1/").split('/').map(decoded).collect();
        Ok(Self {
            clerk,
            browsers,
            directory: clerk.directory(),
            method,
            path,
            parameters,
            browser,
            origin: origin(req),
            now: clerk.clock.timestamp(),
        })
    }

    /// Returns a parameter, which may be empty.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(of, _)| of == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter that is not empty: `clerk-js` sends `null` as an empty string.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.parameter(name).filter(|value| !value.is_empty())
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str, Refused> {
        self.text(name).ok_or_else(|| missing(name))
    }

    /// Returns all values of a repeated parameter.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let values = self.parameters.iter().filter(|(of, _)| of == name);
        values.map(|(_, value)| value.clone()).filter(|value| !value.is_empty()).collect()
    }

    /// Returns the browser's token, and makes a new browser known if it has none.
    pub(super) fn browser(&mut self) -> String {
        let token = self.browsers.recognize(self.browser.as_deref());
        self.browser = Some(token.clone());
        token
    }

    /// Returns the browser's session if it has this ID and has not ended. After its end the answer is 401, which tells
    /// `clerk-js` to look for its sessions anew. With a 404, the page would go on to look signed in.
    pub(super) fn session(&self, id: &str) -> Result<UserSession, Refused> {
        match self.browser.as_deref().and_then(|browser| self.browsers.session_of(browser).0) {
            Some(session) if session.id == id => Ok(session),
            _ => Err(signed_out()),
        }
    }

    /// Returns the session of the user who calls.
    pub(super) fn caller(&self) -> Result<UserSession, Refused> {
        let session = self.browser.as_deref().and_then(|browser| self.browsers.session_of(browser).0);
        let named = self.text("_clerk_session_id");
        session.filter(|session| named.is_none_or(|named| named == session.id)).ok_or_else(signed_out)
    }

    /// Returns the page of a list that `limit` and `offset` select.
    pub(super) fn page(&self, all: Vec<Value>) -> Value {
        let number = |name: &str| self.parameter(name).and_then(|text| text.parse::<usize>().ok());
        let (limit, offset) = (number("limit").unwrap_or(10), number("offset").unwrap_or(0));
        let total_count = all.len();
        let part: Vec<Value> = all.into_iter().skip(offset).take(limit).collect();
        json!({ "data": part, "total_count": total_count })
    }
}

pub(super) fn missing(name: &'static str) -> Refused {
    Refused::form(name, "form_param_missing", format!("{name} must be included."))
}

fn signed_out() -> Refused {
    Refused::new(StatusCode::UNAUTHORIZED, "authentication_invalid", "Unable to authenticate the request.")
}

fn decoded(segment: &str) -> String {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

/// Returns the origin of the page. Browsers name it except in a GET to the page's own origin.
fn origin(req: &HttpRequest) -> Option<String> {
    let header = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok());
    let origin = |url: &str| Url::parse(url).ok().map(|url| url.origin()).filter(url::Origin::is_tuple);
    let origin = [header::ORIGIN.as_str(), header::REFERER.as_str(), "clerk-proxy-url"]
        .into_iter()
        .find_map(|name| header(name).and_then(origin));
    origin.map(|origin| origin.ascii_serialization())
}
