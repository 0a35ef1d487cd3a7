//! `LocalClerk`'s Backend API: its routes, the keys that may call them, and the form of its answers.

use std::collections::HashMap;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
    web::{self, Bytes, Data, Query, ServiceConfig},
};
use serde_json::{Value, json};

use super::{api_keys, behaviour::Endpoint, browsers::secret, local_clerk::Shared, machines, oauth, people, sessions};

/// A call with a key that may make it.
pub(super) struct Asked {
    id: String,
    /// The last segment of `/sessions/{id}/tokens/{template}`.
    pub(super) template: Option<String>,
    query: HashMap<String, String>,
    pub(super) body: Value,
}

/// JSON with a success status, or Clerk's error envelope.
pub(super) type Answer = Result<Value, Refused>;
type Handler = fn(&Shared, &Asked) -> Answer;

/// Clerk's error envelope.
#[derive(Debug)]
pub(super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: &'static str,
    pub(super) trace_id: String,
}

/// The key that an endpoint accepts: the instance's secret key, the machine's key, or either.
#[derive(Clone, Copy)]
enum Access {
    Secret,
    Machine,
    MachineOrSecret,
}

pub(super) fn routes(app: &mut ServiceConfig) {
    use Access::*;
    let get = Method::GET;
    let post = Method::POST;
    let mut on = |method: &Method, path: &str, endpoint: Endpoint, access: Access, handler: Handler| {
        let serve = move |req: HttpRequest, clerk: Data<Shared>, body: Bytes| async move {
            serve(&req, &clerk, &body, endpoint, access, handler).await
        };
        app.route(path, web::method(method.clone()).to(serve));
    };
    on(&get, "/v1/jwks", Endpoint::Jwks, Secret, |clerk, _| Ok(clerk.jwks()));
    on(&get, "/v1/clients/handshake_payload", Endpoint::HandshakePayload, Secret, sessions::handshake_payload);
    on(&post, "/v1/sessions/{id}/refresh", Endpoint::Refresh, Secret, sessions::refresh);
    on(&get, "/v1/sessions", Endpoint::ListSessions, Secret, sessions::list);
    on(&get, "/v1/sessions/{id}", Endpoint::GetSession, Secret, sessions::get);
    on(&post, "/v1/sessions/{id}/revoke", Endpoint::RevokeSession, Secret, sessions::revoke);
    on(&post, "/v1/sessions/{id}/tokens", Endpoint::CreateSessionToken, Secret, sessions::token);
    on(&post, "/v1/sessions/{id}/tokens/{template}", Endpoint::CreateSessionToken, Secret, sessions::token);
    on(&get, "/v1/users/{id}", Endpoint::GetUser, Secret, people::user);
    let memberships = "/v1/users/{id}/organization_memberships";
    on(&get, memberships, Endpoint::ListOrganizationMemberships, Secret, people::memberships);
    on(&get, "/v1/organizations/{id}", Endpoint::GetOrganization, Secret, people::organization);
    on(&post, "/api_keys/verify", Endpoint::VerifyApiKey, Secret, api_keys::verify);
    on(&post, "/api_keys", Endpoint::CreateApiKey, Secret, api_keys::create);
    on(&get, "/api_keys", Endpoint::ListApiKeys, Secret, api_keys::list);
    on(&get, "/api_keys/{id}", Endpoint::GetApiKey, Secret, api_keys::get);
    on(&Method::PATCH, "/api_keys/{id}", Endpoint::UpdateApiKey, Secret, api_keys::update);
    on(&post, "/api_keys/{id}/revoke", Endpoint::RevokeApiKey, Secret, api_keys::revoke);
    on(&post, "/m2m_tokens/verify", Endpoint::VerifyM2mToken, MachineOrSecret, machines::verify);
    on(&post, "/m2m_tokens", Endpoint::CreateM2mToken, Machine, machines::create);
    on(&get, "/m2m_tokens", Endpoint::ListM2mTokens, MachineOrSecret, machines::list);
    on(&post, "/m2m_tokens/{id}/revoke", Endpoint::RevokeM2mToken, MachineOrSecret, machines::revoke);
    let oauth = "/oauth_applications/access_tokens/verify";
    on(&post, oauth, Endpoint::VerifyOAuthToken, Secret, oauth::verify);
}

async fn serve(
    req: &HttpRequest,
    clerk: &Shared,
    body: &Bytes,
    endpoint: Endpoint,
    access: Access,
    handler: Handler,
) -> HttpResponse {
    if let Some(failure) = clerk.call(endpoint).misbehaviour().await {
        return failure;
    }
    let answer = check_key(req, clerk, access).and_then(|()| handler(clerk, &asked(req, body)?));
    match answer {
        Ok(answer) if endpoint == Endpoint::CreateM2mToken => HttpResponse::Created().json(answer),
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(refused) => refused.response(),
    }
}

fn check_key(req: &HttpRequest, clerk: &Shared, access: Access) -> Result<(), Refused> {
    let key = req.headers().get(header::AUTHORIZATION).and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    let is = |expected: &str| key == Some(expected.as_bytes());
    let may = match access {
        Access::Secret => is(&clerk.secret_key),
        Access::Machine => is(&clerk.machine_secret_key),
        Access::MachineOrSecret => is(&clerk.machine_secret_key) || is(&clerk.secret_key),
    };
    let message = "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.";
    if may { Ok(()) } else { Err(Refused::new(StatusCode::UNAUTHORIZED, "clerk_key_invalid", message)) }
}

fn asked(req: &HttpRequest, body: &Bytes) -> Result<Asked, Refused> {
    let malformed = || Refused::new(StatusCode::BAD_REQUEST, "request_body_invalid", "The body is not JSON.");
    let segment = |name| req.match_info().get(name).map(str::to_owned);
    Ok(Asked {
        id: segment("id").unwrap_or_default(),
        template: segment("template"),
        query: Query::from_query(req.query_string()).map(Query::into_inner).unwrap_or_default(),
        body: if body.is_empty() { Value::Null } else { serde_json::from_slice(body).map_err(|_| malformed())? },
    })
}

impl Asked {
    /// Returns the id in the path.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Returns a query parameter.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
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
            // JSON does not tell integers from other numbers: `60.0` is accepted too.
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

impl Refused {
    pub(super) fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, trace_id: secret("trace_") }
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "resource_not_found", "not found")
    }

    pub(super) fn bad_request() -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", "A parameter is missing or invalid.")
    }

    pub(super) fn response(&self) -> HttpResponse {
        let error = json!({ "code": self.code, "message": self.message, "long_message": self.message, "meta": {} });
        HttpResponse::build(self.status).json(json!({ "errors": [error], "clerk_trace_id": self.trace_id }))
    }
}
