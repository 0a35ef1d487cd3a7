//! Recorded requests get the responses of `@clerk/express`: the cases in `tests/vectors/`, recorded by `parity/`.
//!
//! They are replayed at the time of the recording, over raw connections to a real server.

use std::{
    collections::BTreeMap,
    path::Path,
    time::{Duration, UNIX_EPOCH},
};

use actix_test::TestServer;
use actix_web::{
    App, HttpRequest, HttpResponse,
    dev::ServiceRequest,
    error::ErrorBadRequest,
    web::{self, Data, Json},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clerk_actix::{AnyToken, Auth, ClerkConfig, ClerkMiddleware, WithPending, testing::TestClock};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use crate::support::{configuration::Configuration, raw_connection, servers::serve};

/// One file of vectors.
#[derive(Deserialize)]
struct Vectors {
    taken_at_ms: u64,
    configurations: Vec<Configuration>,
    jwks: BTreeMap<String, Value>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    configuration: usize,
    request: Request,
    expected: Expected,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct Expected {
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<Value>,
}

/// The Backend API of `parity/servers/backend.mjs`: it is stateless, and each request encodes its own response.
fn backend(jwks: BTreeMap<String, Value>) -> TestServer {
    serve(move || {
        App::new()
            .app_data(Data::new(jwks.clone()))
            .route("/{instance}/v1/jwks", web::get().to(keys))
            .route("/{instance}/v1/clients/handshake_payload", web::get().to(handshake_payload))
            .route("/{instance}/v1/sessions/{id}/refresh", web::post().to(refresh))
            .route("/{instance}/api_keys/verify", web::post().to(verify_opaque))
            .route("/{instance}/m2m_tokens/verify", web::post().to(verify_opaque))
            .route("/{instance}/oauth_applications/access_tokens/verify", web::post().to(verify_opaque))
    })
}

async fn keys(instance: web::Path<String>, jwks: Data<BTreeMap<String, Value>>) -> HttpResponse {
    jwks.get(&*instance).map_or_else(|| HttpResponse::NotFound().finish(), |keys| HttpResponse::Ok().json(keys))
}

async fn handshake_payload(req: HttpRequest) -> HttpResponse {
    let url = Url::parse(&format!("http://backend{}", req.uri())).unwrap();
    let nonce = url.query_pairs().find(|(name, _)| name == "nonce").unwrap().1.into_owned();
    encoded_answer(&nonce)
}

async fn refresh(asked: Json<Value>) -> HttpResponse {
    encoded_answer(asked["refresh_token"].as_str().unwrap())
}

/// After its prefix, the token encodes the response about it.
async fn verify_opaque(asked: Json<Value>) -> HttpResponse {
    let token = ["secret", "token", "access_token"].iter().find_map(|member| asked[member].as_str()).unwrap();
    encoded_answer(token.split_once('_').unwrap().1)
}

fn encoded_answer(text: &str) -> HttpResponse {
    let answer = URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let status = answer.as_ref().and_then(|answer| answer["status"].as_u64());
    let Some((answer, status)) = answer.as_ref().zip(status) else {
        return HttpResponse::NotFound().json(json!({ "errors": [{ "code": "resource_not_found" }] }));
    };
    let mut response = HttpResponse::build(u16::try_from(status).unwrap().try_into().unwrap());
    match answer.get("body") {
        None => response.finish(),
        Some(body) if *body == json!({ "cut": "short" }) => {
            let reset = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
            let body = futures_util::stream::iter([Ok(web::Bytes::from_static(b"{\"id\":")), Err(reset)]);
            response.content_type("application/json").streaming(body)
        }
        Some(Value::String(text)) => response.content_type("text/plain").body(text.clone()),
        Some(body) => response.json(body),
    }
}

fn application(configs: Vec<ClerkConfig>) -> TestServer {
    let clerk = ClerkMiddleware::per_request(move |req: &ServiceRequest| {
        let index = req.headers().get("x-configuration").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let config = index.and_then(|index| configs.get(index)).cloned();
        async { config.ok_or_else(|| ErrorBadRequest("no such configuration")) }
    });
    serve(move || App::new().wrap(clerk.clone()).default_service(web::to(what_a_handler_is_told)))
}

async fn what_a_handler_is_told(session: Auth, pending: Auth<WithPending>, any: AnyToken) -> Json<Value> {
    Json(json!({ "session": session, "pending": pending, "any": any }))
}

/// The compared parts of a response.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    location: Option<(String, Vec<(String, String)>)>,
    set_cookies: Vec<String>,
    body: Option<Value>,
}

impl Answer {
    fn new(status: u16, headers: Vec<(String, String)>, body: Option<Value>, api: &str) -> Self {
        let all = |name: &str| headers.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect();
        let (locations, set_cookies): (Vec<String>, Vec<String>) = (all("location"), all("set-cookie"));
        let mut plain: Vec<_> = headers
            .iter()
            .filter(|(name, _)| {
                name.starts_with("x-clerk-auth-")
                    || name.starts_with("access-control-allow-")
                    || name.as_str() == "cache-control"
            })
            .map(|(name, value)| (name.clone(), settle(value, api)))
            .collect();
        plain.sort();
        Self { status, headers: plain, location: locations.first().map(|url| parse_location(url)), set_cookies, body }
    }
}

/// Each server may escape parameters in its own way; their content and order must match.
fn parse_location(text: &str) -> (String, Vec<(String, String)>) {
    let mut url = Url::parse(text).unwrap();
    let parameters = url.query_pairs().into_owned().collect();
    url.set_query(None);
    (url.into(), parameters)
}

/// Replaces the parts of a message that change from run to run.
fn settle(message: &str, api: &str) -> String {
    const MARK: &str = "Current date: ";
    let message = message.replace(api, "{api}");
    match message.split_once(MARK) {
        Some((before, after)) if !after.starts_with("{now}") => {
            let end = after.find(" GMT").map_or(after.len(), |end| end + " GMT".len());
            format!("{before}{MARK}{{now}}{}", &after[end..])
        }
        _ => message,
    }
}

fn exchange(server: &TestServer, case: &Case, api: &str) -> Answer {
    let Request { method, target, headers } = &case.request;
    let mut lines = vec![format!("{method} {target} HTTP/1.1"), format!("x-configuration: {}", case.configuration)];
    if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        lines.push("Host: localhost".to_owned());
    }
    lines.extend(headers.iter().map(|(name, value)| format!("{name}: {value}")));
    let has_length = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    if matches!(method.as_str(), "POST" | "PUT" | "PATCH") && !has_length {
        lines.push("Content-Length: 0".to_owned());
    }
    let head = format!("{}\r\n", lines.join("\r\n"));
    // Each character of a header is one byte.
    let bytes: Vec<u8> = head.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let response = raw_connection::exchange(server.addr(), &bytes);
    let body = serde_json::from_slice(&response.body).ok().filter(|_| response.status == 200);
    Answer::new(response.status, response.headers, body, api)
}

/// Replays one file and returns the differences.
fn replay(vectors: Vectors) -> (usize, Vec<String>) {
    let backend = backend(vectors.jwks);
    let api = format!("http://{}", backend.addr());
    let clock = TestClock::frozen();
    clock.set(UNIX_EPOCH + Duration::from_millis(vectors.taken_at_ms));
    let configs = vectors
        .configurations
        .into_iter()
        .map(|configuration| configuration.into_builder(&api).clock(clock.clone()).build().unwrap());
    let server = application(configs.collect());
    let mut differences = Vec::new();
    for case in &vectors.cases {
        let expected = &case.expected;
        let body = expected.body.clone();
        let expected = Answer::new(expected.status, expected.headers.clone(), body, &api);
        let found = exchange(&server, case, &api);
        if found != expected {
            differences.push(format!("{}\n  expected {expected:?}\n  found    {found:?}", case.name));
        }
    }
    (vectors.cases.len(), differences)
}

#[actix_web::test]
async fn the_references_answers_are_ours() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join("tests/vectors");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let (mut replayed, mut differences) = (0, Vec::new());
    for file in &files {
        let vectors: Vectors = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        let (cases, different) = replay(vectors);
        replayed += cases;
        differences.extend(different.into_iter().map(|difference| format!("{}: {difference}", file.display())));
    }
    let shown: Vec<_> = differences.iter().take(5).collect();
    assert!(differences.is_empty(), "{} of {replayed} differ, such as:\n{shown:#?}", differences.len());
    assert!(replayed >= 300, "{replayed}");
}
