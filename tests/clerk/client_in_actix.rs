//! `ClerkClient` in an application: the extractor, its errors as responses, and its threads.

use std::{
    cell::RefCell,
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::Method,
    web::{self, Bytes, Data, Path},
};
use clerk_actix::{
    ClerkApiError, ClerkClient, ClerkConfig, ClerkMiddleware, GetTokenOptions,
    client::NewM2mToken,
    testing::{Behavior, Endpoint, LocalClerk},
};
use serde_json::{Value, json};

use crate::support::{Answer, local_clerk, send, servers::serve};

async fn name(id: Path<String>, clerk: ClerkClient) -> Result<String, ClerkApiError> {
    Ok(clerk.users().get(&id).await?.full_name().unwrap_or_default())
}

async fn name_by_data(id: Path<String>, clerk: Data<ClerkClient>) -> Result<String, ClerkApiError> {
    Ok(clerk.users().get(&id).await?.full_name().unwrap_or_default())
}

async fn ask(server: &actix_test::TestServer, path: &str) -> Answer {
    send(server.get(path)).await
}

#[actix_web::test]
async fn where_the_extractor_finds_its_instance() {
    let (clerk, other) = (local_clerk(), local_clerk());
    for (name, has_middleware, data, expected) in [
        ("the middleware", true, None, Some(&clerk)),
        ("the middleware before the application's data", true, Some("client"), Some(&clerk)),
        ("a client in the application's data", false, Some("client"), Some(&other)),
        ("a configuration in the application's data", false, Some("config"), Some(&other)),
        ("none", false, None, None),
    ] {
        let (config, of_data) = (clerk.config(), other.config());
        let server = serve(move || {
            let clerk = ClerkMiddleware::new(config.clone());
            let app = App::new().wrap(actix_web::middleware::Condition::new(has_middleware, clerk));
            let app = app.route("/{id}", web::get().to(self::name));
            match data {
                Some("client") => app.app_data(Data::new(ClerkClient::new(of_data.clone()))),
                Some(_) => app.app_data(Data::new(of_data.clone())),
                None => app,
            }
        });
        let before = (clerk.calls(Endpoint::GetUser), other.calls(Endpoint::GetUser));
        let answer = ask(&server, "/user_ada").await;
        let asked = (clerk.calls(Endpoint::GetUser) - before.0, other.calls(Endpoint::GetUser) - before.1);
        match expected {
            Some(expected) => {
                assert_eq!((answer.status, answer.body.as_str()), (200, "Ada Lovelace"), "{name}");
                let is_first = std::ptr::eq(expected, &clerk);
                assert_eq!(asked, (u64::from(is_first), u64::from(!is_first)), "{name}");
            }
            None => assert_eq!((answer.status, answer.body.as_str(), asked), (500, "", (0, 0)), "{name}"),
        }
    }
}

/// Error responses, and the information that they leave out.
#[actix_web::test]
async fn errors_that_a_handler_returns() {
    let clerk = local_clerk();
    let config = clerk.config();
    let server = serve(move || {
        let clerk = ClerkMiddleware::new(config.clone());
        App::new().wrap(clerk).route("/{id}", web::get().to(name))
    });
    for (name, id, behavior, status, code, retry_after) in [
        ("an unknown ID", "user_nobody", Behavior::Normal, 404, "not-found", None),
        ("an invalid id", "a%2Fb", Behavior::Normal, 404, "not-found", None),
        ("a Clerk error", "user_ada", Behavior::Status(500), 503, "clerk-unavailable", Some("1")),
        ("a page", "user_ada", Behavior::Html, 502, "clerk-error", None),
        ("a refusal", "user_ada", Behavior::error(403, "secret_detail", "t"), 502, "clerk-error", None),
        (
            "too many requests",
            "user_ada",
            Behavior::TooManyRequests(Duration::from_secs(30)),
            503,
            "clerk-unavailable",
            Some("30"),
        ),
    ] {
        clerk.behave(Endpoint::GetUser, behavior);
        let answer = ask(&server, &format!("/{id}")).await;
        assert_eq!((answer.status, answer.json()["errors"][0]["code"].as_str()), (status, Some(code)), "{name}");
        assert_eq!(answer.header("retry-after"), retry_after, "{name}");
        assert!(
            !answer.body.contains("secret_detail") && !answer.body.contains("LocalClerk"),
            "{name}: {}",
            answer.body
        );
    }
}

/// A request as Clerk's server would see it: its first line, its body, and some of its headers.
type Request = (String, Value, Vec<(String, String)>);

#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<Request>>>);

async fn record(req: HttpRequest, body: Bytes, seen: Data<Seen>) -> HttpResponse {
    let header = |name: &str| {
        let value = req.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        (name.to_owned(), value.unwrap_or_default())
    };
    let headers = ["authorization", "clerk-api-version", "user-agent", "content-type"].map(header).to_vec();
    let body = serde_json::from_slice(&body).unwrap_or_default();
    seen.0.lock().unwrap().push((format!("{} {}", req.method(), req.uri()), body, headers));
    // An object that fits every call.
    let peer = req.peer_addr().unwrap().port().to_string();
    HttpResponse::Ok().json(json!({ "id": peer, "user_id": "user_1", "jwt": "a.b.c", "data": [] }))
}

#[actix_web::test]
async fn what_is_sent() {
    let seen = Seen::default();
    let for_app = seen.clone();
    let server = serve(move || App::new().app_data(Data::new(for_app.clone())).default_service(web::to(record)));
    let config = ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .secret_key("sk_live_1")
        .machine_secret_key("ak_machine")
        .api_url(format!("http://{}/base/", server.addr()))
        .build()
        .unwrap();
    let clerk = ClerkClient::new(config.clone());
    clerk.users().organization_memberships("user_1").limit(5).offset(10).await.unwrap();
    clerk.sessions().list("user_1").query("status", "a&b").await.unwrap();
    clerk.sessions().revoke("sess_1").await.unwrap();
    let options = GetTokenOptions::new().template("hasura").lifetime(Duration::from_millis(1_500));
    clerk.sessions().get_token("sess_1", options).await.unwrap();
    clerk.m2m().create(NewM2mToken::new().lifetime(Duration::from_secs(60))).await.unwrap();
    clerk.api_keys().revoke("ak_1", "leaked").await.unwrap();
    clerk.request::<Value>(Method::DELETE, ["users", "user_1"]).await.unwrap();

    let seen = std::mem::take(&mut *seen.0.lock().unwrap());
    let secret = "Bearer sk_live_1";
    let expected = [
        ("GET /base/v1/users/user_1/organization_memberships?limit=5&offset=10", Value::Null, secret),
        ("GET /base/v1/sessions?paginated=true&user_id=user_1&status=a%26b", Value::Null, secret),
        ("POST /base/v1/sessions/sess_1/revoke", Value::Null, secret),
        ("POST /base/v1/sessions/sess_1/tokens/hasura", json!({ "expires_in_seconds": 2 }), secret),
        (
            "POST /base/m2m_tokens",
            json!({ "seconds_until_expiration": 60, "claims": null, "token_format": "opaque" }),
            "Bearer ak_machine",
        ),
        ("POST /base/api_keys/ak_1/revoke", json!({ "revocation_reason": "leaked" }), secret),
        ("DELETE /base/v1/users/user_1", Value::Null, secret),
    ];
    assert_eq!(seen.len(), expected.len());
    for ((line, body, headers), (expected_line, expected_body, key)) in seen.into_iter().zip(expected) {
        assert_eq!((line.as_str(), &body), (expected_line, &expected_body));
        let json = if body.is_null() { "" } else { "application/json" };
        let agent = concat!("clerk-actix/", env!("CARGO_PKG_VERSION"));
        let of = |name: &str| headers.iter().find(|(known, _)| known == name).unwrap().1.clone();
        assert_eq!(of("authorization"), key, "{line}");
        assert_eq!((of("clerk-api-version").as_str(), of("user-agent").as_str()), ("2026-05-12", agent), "{line}");
        assert_eq!(of("content-type"), json, "{line}");
    }
}

/// A client created for each call, by the middleware or by hand, reuses the connections of its thread.
#[actix_web::test]
async fn connections_are_used_again() {
    let server = serve(|| App::new().app_data(Data::new(Seen::default())).default_service(web::to(record)));
    let local = local_clerk();
    let mut ports = HashSet::new();
    for _ in 0..10 {
        let config = local.config_builder().api_url(format!("http://{}", server.addr())).build().unwrap();
        ports.insert(ClerkClient::new(config.clone()).users().get("user_1").await.unwrap().id);
    }
    assert_eq!(ports.len(), 1, "{ports:?}");
}

/// Actix also runs under Tokio's `main`, where workers have no Actix system.
#[test]
fn workers_under_tokio() {
    let clerk = LocalClerk::start_production().unwrap();
    let config = clerk.config();
    let client = ClerkClient::new(config.clone());
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let get = move |path: &str| {
        use std::io::{Read, Write};
        let mut connection = std::net::TcpStream::connect(address).unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    let server = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let server = HttpServer::new(move || {
                let middleware = ClerkMiddleware::new(config.clone());
                App::new()
                    .app_data(Data::new(client.clone()))
                    .wrap(middleware)
                    .route("/extractor/{id}", web::get().to(name))
                    .route("/data/{id}", web::get().to(name_by_data))
            });
            let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
            let handle = server.handle();
            let asking = std::thread::spawn(move || {
                let answers = [get("/extractor/user_ada"), get("/data/user_grace")];
                drop(handle.stop(false));
                answers
            });
            server.await.unwrap();
            asking.join().unwrap()
        })
    });
    for (answer, expected) in server.join().unwrap().into_iter().zip(["Ada Lovelace", "Grace Hopper"]) {
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with(expected), "{answer}");
    }
}

thread_local! {
    static KEPT: RefCell<Option<ClerkClient>> = const { RefCell::new(None) };
}

/// A client that outlives its runtime: no part of it is tied to one.
#[test]
fn a_client_can_be_kept() {
    let clerk = local_clerk();
    for _ in 0..2 {
        KEPT.set(Some(ClerkClient::new(clerk.config())));
        let client = KEPT.with_borrow(|kept| kept.clone().unwrap());
        actix_web::rt::System::new().block_on(async move { client.users().get("user_ada").await.unwrap() });
    }
    assert_eq!(clerk.calls(Endpoint::GetUser), 2);
}
