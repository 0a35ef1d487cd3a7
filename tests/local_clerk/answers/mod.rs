//! Every endpoint of `LocalClerk` is called, and what it answers fits Clerk's own descriptions of its APIs.
//!
//! The descriptions are not part of this repository. `CLERK_SPECS` is the folder that `fapi-2026-05-12.yml` and
//! `bapi-2026-05-12.yml` are in; if it is not set, the endpoints are called, and only the codes of their errors are compared
//! (`just answers`).

mod backend;
mod calls;
mod description;
mod frontend;
mod oauth;
mod routes;

use std::collections::BTreeSet;

use actix_web::{App, web};
use awc::Client;
use clerk_actix::{WebhookEvent, testing::LocalClerk};
use serde_json::Value;

use crate::support::development_clerk;
use description::Description;

/// Calls `LocalClerk`, and keeps what it answers.
pub struct Caller {
    client: Client,
    url: String,
    /// The `Authorization` of calls to the Backend API.
    key: Option<String>,
    /// The query of calls to the Frontend API.
    query: String,
    pub answers: Vec<Recorded>,
}

/// A call and its answer.
#[derive(Clone)]
pub struct Recorded {
    pub method: String,
    pub path: String,
    pub status: u16,
    pub body: Value,
}

impl Caller {
    pub fn new(clerk: &LocalClerk) -> Self {
        Self {
            client: Client::builder().disable_redirects().finish(),
            url: clerk.api_url(),
            key: None,
            query: String::new(),
            answers: Vec::new(),
        }
    }

    /// Calls the Frontend API as `clerk-js` does. Returns the body.
    pub async fn form(&mut self, method: &str, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        let (path_only, own) = path.split_once('?').unwrap_or((path, ""));
        let over = if matches!(method, "GET" | "POST") { String::new() } else { format!("&_method={method}") };
        let url = format!("{}{path_only}?__clerk_api_version=2026-08-20{over}{}&{own}", self.url, self.query);
        let request = self.client.request(if method == "GET" { "GET" } else { "POST" }.parse().unwrap(), url);
        let request = request.insert_header(("Origin", "http://localhost:3000"));
        let mut response = match method {
            "GET" => request.send().await,
            _ => request.send_form(&form).await,
        }
        .unwrap();
        let body = response.body().limit(1 << 20).await.unwrap();
        self.keep(method, path_only, response.status().as_u16(), &body)
    }

    /// Calls the Backend API. Returns the body.
    pub async fn json(&mut self, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
        let request = self.client.request(method.parse().unwrap(), format!("{}{path}", self.url));
        let request = self.key.iter().fold(request, |request, key| request.bearer_auth(key));
        let mut response = match body {
            None => request.send().await,
            Some(body) => request.send_json(&body).await,
        }
        .unwrap();
        let body = response.body().limit(1 << 20).await.unwrap();
        let path = path.split('?').next().unwrap_or_default();
        self.keep(method, path, response.status().as_u16(), &body)
    }

    fn keep(&mut self, method: &str, path: &str, status: u16, body: &[u8]) -> (u16, Value) {
        let body: Value = if body.is_empty() { Value::Null } else { serde_json::from_slice(body).unwrap() };
        self.answers.push(Recorded { method: method.to_owned(), path: path.to_owned(), status, body: body.clone() });
        (status, body)
    }
}

/// An answer that does not fit, with the reason for that.
type Exception = (&'static str, u16, &'static str);

/// Compares each answer with the description, and requires a successful answer of each route.
fn check(file: &str, caller: &Caller, routes: &BTreeSet<String>, exceptions: &[Exception]) {
    let mut missing = routes.clone();
    for answer in caller.answers.iter().filter(|answer| answer.status < 400) {
        missing.retain(|route| !routes::is_of(route, &answer.method, &answer.path));
    }
    assert!(missing.is_empty(), "no test calls these endpoints successfully: {missing:#?}");

    let Some(description) = Description::read(file) else { return };
    let (mut fitting, mut operations, mut excepted, mut problems) = (0, BTreeSet::new(), BTreeSet::new(), Vec::new());
    for answer in &caller.answers {
        let route = routes.iter().find(|route| routes::is_of(route, &answer.method, &answer.path));
        // `LocalClerk` does not have the endpoint, and says so.
        let Some(route) = route else { continue };
        match description.check(answer) {
            Ok(operation) => {
                fitting += 1;
                operations.insert(operation);
            }
            Err(problem) => {
                let known = exceptions.iter().find(|(of, status, _)| of == route && *status == answer.status);
                match known {
                    Some(exception) => {
                        excepted.insert(exception);
                    }
                    None => problems.push(format!("{} {} {}: {problem}", answer.method, answer.path, answer.status)),
                }
            }
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    let needless: Vec<_> = exceptions.iter().filter(|exception| !excepted.contains(exception)).collect();
    assert!(needless.is_empty(), "these exceptions are not needed any more: {needless:?}");
    println!("{file}: {fitting} answers of {} operations fit; {} exceptions:", operations.len(), exceptions.len());
    for (route, status, reason) in exceptions {
        println!("  {route} {status}: {reason}");
    }
}

#[actix_web::test]
async fn of_the_frontend_api() {
    let mut caller = frontend::calls(&development_clerk()).await;
    caller.answers.extend(frontend::calls_of_a_production_instance().await.answers);
    check("fapi-2026-05-12.yml", &caller, &routes::of_the_frontend_api(), frontend::EXCEPTIONS);
}

/// What users do is announced by webhooks, which fit Clerk's description too.
#[actix_web::test]
async fn webhooks_about_what_users_do() {
    let clerk = development_clerk();
    let echo = actix_test::start(|| App::new().route("/", web::post().to(async |body: web::Bytes| body)));
    clerk.send_webhooks_to(&echo.url("/"));
    frontend::calls(&clerk).await;
    clerk.webhooks_delivered().await;
    let events: Vec<Value> =
        clerk.webhook_attempts().iter().map(|attempt| serde_json::from_str(&attempt.response).unwrap()).collect();
    let mut kinds = BTreeSet::new();
    for event in &events {
        let read: WebhookEvent = serde_json::from_value(event.clone()).unwrap();
        assert!(!matches!(read, WebhookEvent::Other { .. }), "{event}");
        kinds.insert(read.event_type().to_owned());
    }
    let expected = [
        "organization.created",
        "organization.deleted",
        "organization.updated",
        "organizationInvitation.accepted",
        "organizationInvitation.created",
        "organizationInvitation.revoked",
        "organizationMembership.created",
        "organizationMembership.deleted",
        "organizationMembership.updated",
        "session.created",
        "session.ended",
        "session.removed",
        "session.revoked",
        "user.created",
        "user.deleted",
        "user.updated",
    ];
    assert_eq!(kinds.iter().map(String::as_str).collect::<Vec<_>>(), expected);

    let file = "webhooks-2025-04-15.yml";
    let Some(description) = Description::read(file) else { return };
    let problems: Vec<String> = events.iter().filter_map(|event| description.check_event(event).err()).collect();
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
    println!("{file}: {} events of {} types fit", events.len(), kinds.len());
}

#[actix_web::test]
async fn of_the_backend_api() {
    let caller = backend::calls().await;
    check("bapi-2026-05-12.yml", &caller, &routes::of_the_backend_api(), backend::EXCEPTIONS);
}

#[actix_web::test]
async fn of_the_authorization_server() {
    let caller = oauth::calls(&development_clerk()).await;
    check("fapi-2026-05-12.yml", &caller, &oauth::routes(), oauth::EXCEPTIONS);
}
