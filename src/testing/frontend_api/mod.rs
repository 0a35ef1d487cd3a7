//! `LocalClerk`'s Frontend API as the published `clerk-js` speaks it.
//!
//! Every call is a GET or a POST with a form; `_method` in the query names another method. Most answers are
//! `{"response": …, "client": …}`, and `clerk-js` acts on `client`.

mod call;
mod client;
pub(super) mod cors;
mod environment;
mod invitations;
mod me;
mod members;
mod organizations;
mod reverification;
mod sessions;
mod sign_in;
mod sign_up;
mod verifications;

use actix_web::{
    HttpRequest, HttpResponse,
    guard::{Guard, GuardContext},
    http::{Method, StatusCode, header},
    web::{self, Bytes, Data, ServiceConfig},
};
use serde_json::json;

use self::call::{Answer, Call, Reply};
use super::{
    behavior::Endpoint,
    frontend::{client_uat_cookies, remembered},
    instance::Instance,
    refused::Refused,
};
use crate::keys::InstanceType;

pub(super) fn routes(app: &mut ServiceConfig) {
    for path in ["/v1/environment", "/v1/client", "/v1/client/{tail:.*}", "/v1/me", "/v1/me/{tail:.*}"] {
        app.route(path, web::to(serve));
    }
    app.route("/v1/dev_browser", web::post().to(dev_browser));
    // The Backend API has such paths too, on another host.
    for path in ["/v1/organizations", "/v1/organizations/{tail:.*}"] {
        app.route(path, web::route().guard(OfClerkJs).to(serve));
    }
}

/// Passes calls of `clerk-js`, which name its version.
struct OfClerkJs;

impl Guard for OfClerkJs {
    fn check(&self, ctx: &GuardContext<'_>) -> bool {
        let query = ctx.head().uri.query().unwrap_or_default();
        query.split('&').any(|parameter| parameter.starts_with("__clerk_api_version="))
    }
}

/// Makes a browser known, without cookies.
async fn dev_browser(clerk: Data<Instance>) -> HttpResponse {
    if let Some(failure) = clerk.call(Endpoint::FrontendApi).misbehavior().await {
        return failure;
    }
    match clerk.instance_type {
        InstanceType::Development => HttpResponse::Ok().json(json!({ "id": clerk.browsers().recognize(None) })),
        InstanceType::Production => Refused::not_found().response(),
    }
}

async fn serve(req: HttpRequest, clerk: Data<Instance>, body: Bytes) -> HttpResponse {
    if req.method() == Method::OPTIONS {
        return HttpResponse::NoContent().finish();
    }
    if let Some(failure) = clerk.call(Endpoint::FrontendApi).misbehavior().await {
        return failure;
    }
    let answer = Call::of(&req, &clerk, &body).map(|mut call| {
        let answer = answer(&mut call);
        respond(call, answer)
    });
    answer.unwrap_or_else(|refused| refused.response())
}

/// Wraps an answer as `clerk-js` expects it: with the client, if the call may have changed it.
fn respond(mut call: Call<'_>, answer: Answer) -> HttpResponse {
    let body = match answer {
        Err(refused) => return refused.response(),
        Ok(Reply::Bare(body)) => body,
        Ok(Reply::Wrapped(response)) => {
            let client = client::resource(&mut call);
            json!({ "response": response, "client": client })
        }
    };
    let mut response = HttpResponse::build(StatusCode::OK);
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(browser) = call.browser.as_deref().filter(|_| call.clerk.instance_type == InstanceType::Production) {
        response.cookie(remembered(browser));
        let (_, client_uat) = call.browsers.session_of(browser);
        for cookie in client_uat_cookies(call.clerk, client_uat) {
            response.cookie(cookie);
        }
    }
    response.json(body)
}

fn answer(call: &mut Call<'_>) -> Answer {
    let method = call.method.clone();
    let path = std::mem::take(&mut call.path);
    let segments: Vec<&str> = path.iter().map(String::as_str).collect();
    match (method.as_str(), segments.as_slice()) {
        ("GET" | "PATCH", ["environment"]) => environment::get(call),

        ("GET", ["client"]) => client::get(call),
        ("PUT" | "POST", ["client"]) => client::create(call),
        ("DELETE", ["client"]) => client::delete(call),
        ("DELETE", ["client", "sessions"]) => client::sign_out(call),

        ("POST", ["client", "sign_ins"]) => sign_in::create(call),
        ("GET", ["client", "sign_ins", id]) => sign_in::get(call, id),
        ("POST", ["client", "sign_ins", id, "prepare_first_factor"]) => sign_in::prepare(call, id),
        ("POST", ["client", "sign_ins", id, "attempt_first_factor"]) => sign_in::attempt(call, id),
        ("POST", ["client", "sign_ins", id, "reset_password"]) => sign_in::reset_password(call, id),

        ("POST", ["client", "sign_ups"]) => sign_up::create(call),
        ("GET", ["client", "sign_ups", id]) => sign_up::get(call, id),
        ("PATCH", ["client", "sign_ups", id]) => sign_up::update(call, id),
        ("POST", ["client", "sign_ups", id, "prepare_verification"]) => sign_up::prepare(call, id),
        ("POST", ["client", "sign_ups", id, "attempt_verification"]) => sign_up::attempt(call, id),

        ("GET", ["client", "sessions", id]) => sessions::get(call, id),
        ("POST", ["client", "sessions", id, "touch"]) => sessions::touch(call, id),
        ("POST", ["client", "sessions", id, "tokens"]) => sessions::token(call, id, None),
        ("POST", ["client", "sessions", id, "tokens", template]) => sessions::token(call, id, Some(template)),
        ("POST", ["client", "sessions", id, "remove"]) => sessions::end(call, id, "removed"),
        ("POST", ["client", "sessions", id, "end"]) => sessions::end(call, id, "ended"),

        ("POST", ["client", "sessions", id, "verify"]) => reverification::start(call, id),
        ("POST", ["client", "sessions", id, "verify", "prepare_first_factor"]) => reverification::prepare(call, id),
        ("POST", ["client", "sessions", id, "verify", "attempt_first_factor"]) => reverification::attempt(call, id),

        ("GET", ["me"]) => me::get(call),
        ("PATCH", ["me"]) => me::update(call),
        ("DELETE", ["me"]) => me::delete(call),
        ("POST", ["me", "change_password"]) => me::change_password(call),
        ("GET", ["me", "sessions"]) => sessions::list(call),
        ("GET", ["me", "sessions", "active"]) => sessions::list_active(call),
        ("POST", ["me", "sessions", id, "revoke"]) => sessions::revoke(call, id),
        ("GET", ["me", "organization_memberships"]) => members::of_user(call),
        ("DELETE", ["me", "organization_memberships", id]) => members::leave(call, id),
        ("GET", ["me", "organization_invitations"]) => invitations::of_user(call),
        ("POST", ["me", "organization_invitations", id, "accept"]) => invitations::accept(call, id),
        ("GET", ["me", "organization_suggestions"]) => me::organization_suggestions(call),
        ("GET", ["me", "organization_creation_defaults"]) => me::organization_creation_defaults(call),

        ("POST", ["organizations"]) => organizations::create(call),
        ("GET", ["organizations", id]) => organizations::get(call, id),
        ("PATCH", ["organizations", id]) => organizations::update(call, id),
        ("DELETE", ["organizations", id]) => organizations::delete(call, id),
        ("GET", ["organizations", id, "roles"]) => organizations::roles(call, id),
        ("GET", ["organizations", id, "domains" | "membership_requests"]) => organizations::nothing(call, id),
        ("GET", ["organizations", id, "memberships"]) => members::of_organization(call, id),
        ("PATCH", ["organizations", id, "memberships", user]) => members::set_role(call, id, user),
        ("DELETE", ["organizations", id, "memberships", user]) => members::remove(call, id, user),
        ("GET", ["organizations", id, "invitations"] | ["organizations", id, "invitations", "pending"]) => {
            invitations::list(call, id)
        }
        ("POST", ["organizations", id, "invitations"]) => invitations::create(call, id),
        ("POST", ["organizations", id, "invitations", "bulk"]) => invitations::create_all(call, id),
        ("POST", ["organizations", id, "invitations", invitation, "revoke"]) => {
            invitations::revoke(call, id, invitation)
        }
        _ => {
            let message = format!("LocalClerk does not have {method} /v1/{}.", segments.join("/"));
            Err(Refused::new(StatusCode::NOT_FOUND, "resource_not_found", message))
        }
    }
}
