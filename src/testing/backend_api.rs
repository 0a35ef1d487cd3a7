//! `LocalClerk`'s Backend API: its routes, and the keys that may call them.

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, StatusCode, header},
    web::{self, Bytes, Data, ServiceConfig},
};

use serde_json::Value;

use super::{
    api_keys,
    behavior::Endpoint,
    call::{Answer, Asked},
    description, fixed,
    instance::Instance,
    machines, oauth, people, records,
    refused::Refused,
    sessions,
};

/// The handler of a call whose key has been checked.
type Handler = fn(&Instance, &Asked) -> Answer;

/// How a call gets its answer.
#[derive(Clone, Copy)]
enum Source {
    Handler(Handler),
    Fixed(fixed::Form),
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
    let mut add = |method: &Method, path: &str, endpoint: Endpoint, access: Access, source: Source| {
        let serve = move |req: HttpRequest, clerk: Data<Instance>, body: Bytes| async move {
            serve(&req, &clerk, &body, endpoint, access, source).await
        };
        app.route(path, web::method(method.clone()).to(serve));
    };
    for (method, path, handler) in records::calls() {
        add(&method, path, Endpoint::OtherBackendCall, Secret, Source::Handler(handler));
    }
    let mut on = |method: &Method, path: &str, endpoint: Endpoint, access: Access, handler: Handler| {
        add(method, path, endpoint, access, Source::Handler(handler));
    };
    on(&get, "/v1/jwks", Endpoint::Jwks, Secret, |clerk, _| Ok(clerk.jwks()));
    on(&get, "/v1/instance", Endpoint::GetInstance, Secret, description::instance);
    on(&get, "/v1/domains", Endpoint::ListDomains, Secret, description::domains);
    on(&get, "/v1/clients/handshake_payload", Endpoint::HandshakePayload, Secret, sessions::handshake_payload);
    on(&post, "/v1/sessions/{id}/refresh", Endpoint::Refresh, Secret, sessions::refresh);
    on(&get, "/v1/sessions", Endpoint::ListSessions, Secret, sessions::list);
    on(&get, "/v1/sessions/{id}", Endpoint::GetSession, Secret, sessions::get);
    on(&post, "/v1/sessions/{id}/revoke", Endpoint::RevokeSession, Secret, sessions::revoke);
    on(&post, "/v1/sessions/{id}/tokens", Endpoint::CreateSessionToken, Secret, sessions::token);
    on(&post, "/v1/sessions/{id}/tokens/{template}", Endpoint::CreateSessionToken, Secret, sessions::token);
    on(&get, "/v1/users", Endpoint::ListUsers, Secret, records::list);
    on(&get, "/v1/users/count", Endpoint::CountUsers, Secret, records::count);
    on(&get, "/v1/users/{id}", Endpoint::GetUser, Secret, records::user);
    let memberships = "/v1/users/{id}/organization_memberships";
    on(&get, memberships, Endpoint::ListOrganizationMemberships, Secret, records::memberships_of_user);
    on(&get, "/v1/organizations/{id}", Endpoint::GetOrganization, Secret, records::organization);
    on(&post, "/v1/sign_in_tokens", Endpoint::CreateSignInToken, Secret, records::sign_in_token);
    on(&post, "/v1/testing_tokens", Endpoint::CreateTestingToken, Secret, people::testing_token);
    on(&post, "/api_keys/verify", Endpoint::VerifyApiKey, Secret, api_keys::verify);
    on(&post, "/api_keys", Endpoint::CreateApiKey, Secret, api_keys::create);
    on(&get, "/api_keys", Endpoint::ListApiKeys, Secret, api_keys::list);
    on(&get, "/api_keys/{id}", Endpoint::GetApiKey, Secret, api_keys::get);
    on(&Method::PATCH, "/api_keys/{id}", Endpoint::UpdateApiKey, Secret, api_keys::update);
    on(&post, "/api_keys/{id}/revoke", Endpoint::RevokeApiKey, Secret, api_keys::revoke);
    on(&Method::DELETE, "/api_keys/{id}", Endpoint::OtherBackendCall, Secret, api_keys::delete);
    on(&get, "/api_keys/{id}/secret", Endpoint::OtherBackendCall, Secret, api_keys::reveal);
    on(&post, "/m2m_tokens/verify", Endpoint::VerifyM2mToken, MachineOrSecret, machines::verify);
    on(&post, "/m2m_tokens", Endpoint::CreateM2mToken, Machine, machines::create);
    on(&get, "/m2m_tokens", Endpoint::ListM2mTokens, MachineOrSecret, machines::list);
    on(&post, "/m2m_tokens/{id}/revoke", Endpoint::RevokeM2mToken, MachineOrSecret, machines::revoke);
    let oauth = "/oauth_applications/access_tokens/verify";
    on(&post, oauth, Endpoint::VerifyOAuthToken, Secret, oauth::verify);
    // Last, because of paths such as `/v1/clients/{id}`.
    for (method, path, form) in fixed::calls() {
        add(&method, path, Endpoint::OtherBackendCall, Secret, Source::Fixed(form));
    }
}

async fn serve(
    req: &HttpRequest,
    clerk: &Instance,
    body: &Bytes,
    endpoint: Endpoint,
    access: Access,
    source: Source,
) -> HttpResponse {
    if let Some(failure) = clerk.call(endpoint).misbehavior().await {
        return failure;
    }
    let answer = check_key(req, clerk, access).and_then(|()| {
        let asked = Asked::of(req, body)?;
        match source {
            Source::Handler(handler) => handler(clerk, &asked).map(|answer| (StatusCode::OK, answer)),
            Source::Fixed(form) => fixed::answer(form, clerk, &asked),
        }
    });
    match answer {
        Ok((_, answer)) if endpoint == Endpoint::CreateM2mToken => HttpResponse::Created().json(answer),
        Ok((status, Value::Null)) => HttpResponse::new(status),
        Ok((status, answer)) => HttpResponse::build(status).json(answer),
        Err(refused) => refused.response(),
    }
}

fn check_key(req: &HttpRequest, clerk: &Instance, access: Access) -> Result<(), Refused> {
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
