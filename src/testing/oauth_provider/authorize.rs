//! The authorization endpoint: a client's request, checked, and the user's answer to it.

use actix_web::{
    HttpResponse,
    http::header,
    web::{Bytes, Data, Form},
};
use serde::Deserialize;

use super::{
    error::OAuthError,
    parameters::Parameters,
    scopes::scopes,
    state::{Client, Request},
};
use crate::{
    request::query,
    testing::{behavior::Endpoint, instance::Instance, loopback::loopback, pages},
};

pub(super) async fn ask(req: actix_web::HttpRequest, clerk: Data<Instance>) -> HttpResponse {
    show(&clerk, req.query_string()).await
}

pub(super) async fn ask_by_form(clerk: Data<Instance>, body: Bytes) -> HttpResponse {
    show(&clerk, &String::from_utf8_lossy(&body)).await
}

async fn show(clerk: &Instance, parameters: &str) -> HttpResponse {
    if let Some(failure) = clerk.call(Endpoint::AuthorizeOAuthClient).misbehavior().await {
        return failure;
    }
    let found = Parameters::parse(parameters).and_then(|asked| {
        let client = client(clerk, &asked)?;
        let redirect_uri = redirect_uri(&client, &asked)?;
        Ok((asked, client, redirect_uri))
    });
    // Without a client and its address, there is nowhere to send an error to.
    let (asked, client, redirect_uri) = match found {
        Ok(found) => found,
        Err(error) => return error.response(),
    };
    let state = asked.get("state").map(str::to_owned);
    match request(&asked, &client, redirect_uri.clone()) {
        Ok(request) => {
            let granted = request.scopes.clone();
            let id = clerk.oauth().keep(request);
            let directory = clerk.directory();
            let users: Vec<_> = directory.users().iter().map(|user| directory.test_user(user)).collect();
            let page = pages::consent(&users, &client.name, &redirect_uri, &granted, &id);
            HttpResponse::Ok()
                .content_type("text/html; charset=utf-8")
                .insert_header((header::CACHE_CONTROL, "no-store"))
                .body(page.into_string())
        }
        Err(error) => {
            back(&redirect_uri, state.as_deref(), &[("error", error.error), ("error_description", error.description)])
        }
    }
}

fn client(clerk: &Instance, asked: &Parameters) -> Result<Client, OAuthError> {
    let id = asked.required("client_id")?;
    clerk.oauth().client(id).cloned().ok_or(OAuthError::unauthorized("invalid_client", "No client has this client_id."))
}

/// Returns the address that the client names, or its only one.
fn redirect_uri(client: &Client, asked: &Parameters) -> Result<String, OAuthError> {
    let is_of_client = match (asked.get("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(named), all) => all.iter().find(|uri| *uri == named),
        (None, [only]) => Some(only),
        (None, _) => None,
    };
    let other = "redirect_uri is none of the client's, compared character by character.";
    is_of_client.cloned().ok_or(OAuthError::new("invalid_request", other))
}

fn request(asked: &Parameters, client: &Client, redirect_uri: String) -> Result<Request, OAuthError> {
    let invalid = |description| OAuthError::new("invalid_request", description);
    if asked.required("response_type")? != "code" {
        return Err(OAuthError::new("unsupported_response_type", "response_type has to be code."));
    }
    let challenge = asked.get("code_challenge").map(str::to_owned);
    if challenge.is_some() && asked.get("code_challenge_method") != Some("S256") {
        return Err(invalid("code_challenge_method has to be S256."));
    }
    let is_digest =
        |text: &String| text.len() == 43 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match &challenge {
        Some(challenge) if !is_digest(challenge) => {
            return Err(invalid("code_challenge is not a digest in base64url."));
        }
        None if client.secret.is_none() => return Err(invalid("A public client has to use PKCE.")),
        _ => {}
    }
    let state = asked.get("state").map(str::to_owned);
    match &state {
        Some(state) if state.len() < 8 => return Err(invalid("state is shorter than 8 characters.")),
        None if challenge.is_none() => return Err(invalid("Without PKCE, state is required.")),
        _ => {}
    }
    let scopes = scopes(asked.get("scope"))?;
    if scopes.iter().any(|scope| !client.scopes.contains(scope)) {
        return Err(OAuthError::new("invalid_scope", "The client is not registered with this scope."));
    }
    Ok(Request { client_id: client.id.clone(), redirect_uri, scopes, state, challenge })
}

#[derive(Deserialize)]
pub(super) struct Consent {
    request: String,
    /// Missing if the user denies.
    user_id: Option<String>,
}

/// Sends the browser back to the client, with a code or an error.
pub(super) async fn answer(clerk: Data<Instance>, consent: Form<Consent>) -> HttpResponse {
    let unknown = || OAuthError::new("invalid_request", "The request is unknown, or was answered.").response();
    let Some(request) = clerk.oauth().take(&consent.request) else { return unknown() };
    let (redirect_uri, state) = (request.redirect_uri.clone(), request.state.clone());
    let Some(user_id) = &consent.user_id else {
        let denied = [("error", "access_denied"), ("error_description", "The user denied the request.")];
        return back(&redirect_uri, state.as_deref(), &denied);
    };
    if clerk.directory().user(user_id).is_none() {
        return unknown();
    }
    let code = clerk.oauth().grant(request, user_id, clerk.clock.timestamp());
    back(&redirect_uri, state.as_deref(), &[("code", &code)])
}

fn back(redirect_uri: &str, state: Option<&str>, says: &[(&str, &str)]) -> HttpResponse {
    let Some(mut url) = loopback(redirect_uri) else { return HttpResponse::BadRequest().finish() };
    for (name, value) in says.iter().copied().chain(state.map(|state| ("state", state))) {
        query::append(&mut url, name, value);
    }
    HttpResponse::SeeOther()
        .insert_header((header::LOCATION, url.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .finish()
}
