//! Webhooks that `LocalClerk` sends: when browsers sign in and out, when sessions are revoked, and whatever a test says.

use std::{
    future::IntoFuture,
    net::TcpListener,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_test::TestServer;
use actix_web::{
    App, HttpResponse,
    http::StatusCode,
    web::{self, Data},
};
use clerk_actix::{
    ClerkClient, ClerkConfig, ClerkMiddleware, Revocations, Webhook, WebhookConfig, WebhookEvent,
    testing::{self, LocalClerk},
};
use serde_json::json;

use crate::support::{browser::Browser, get, instances, local_clerk, routes, servers::serve};

/// What the handler does with webhooks, and those that it has got, with their IDs.
#[derive(Clone, Default)]
struct Inbox {
    revocations: Revocations,
    received: Arc<Mutex<Vec<(String, WebhookEvent)>>>,
    /// How many of the next webhooks fail.
    failures: Arc<Mutex<usize>>,
}

impl Inbox {
    fn types(&self) -> Vec<String> {
        self.received.lock().unwrap().iter().map(|(_, event)| event.event_type().to_owned()).collect()
    }

    fn ids(&self) -> Vec<String> {
        self.received.lock().unwrap().iter().map(|(id, _)| id.clone()).collect()
    }
}

async fn receive(webhook: Webhook, inbox: Data<Inbox>) -> HttpResponse {
    let id = webhook.id().to_owned();
    inbox.revocations.apply(&webhook.event);
    inbox.received.lock().unwrap().push((id, webhook.event));
    let mut failures = inbox.failures.lock().unwrap();
    let fails = *failures > 0;
    *failures -= usize::from(fails);
    if fails { HttpResponse::ServiceUnavailable().body("the database is down") } else { HttpResponse::Ok().finish() }
}

/// Starts an application of the instance, and sends it webhooks.
fn start(clerk: &LocalClerk) -> (TestServer, Inbox) {
    let inbox = Inbox::default();
    let config = clerk.config_builder().revocations(inbox.revocations.clone()).build().unwrap();
    let server = start_with(config, &inbox);
    clerk.send_webhooks_to(&server.url("/webhooks"));
    (server, inbox)
}

fn start_with(config: ClerkConfig, inbox: &Inbox) -> TestServer {
    let (clerk, inbox) = (ClerkMiddleware::new(config), Data::new(inbox.clone()));
    serve(move || {
        let webhooks = web::resource("/webhooks").app_data(inbox.clone()).route(web::post().to(receive));
        let elsewhere = web::redirect("/elsewhere", "/webhooks").using_status_code(StatusCode::PERMANENT_REDIRECT);
        App::new().service(webhooks).service(elsewhere).configure(routes).wrap(clerk.clone())
    })
}

#[actix_web::test]
async fn a_browser_signs_in_and_out() {
    for (name, clerk) in instances() {
        let (server, inbox) = start(&clerk);
        let home = format!("http://localhost:{}/require", server.addr().port());
        let mut browser = Browser::new();
        let page = browser.visit(&home).await;
        browser.sign_in(&page, "user_ada").await;
        clerk.webhooks_delivered().await;
        assert_eq!(inbox.types(), ["session.created"], "{name}");

        let dev_browser = browser.cookie("localhost", "__clerk_db_jwt").unwrap_or_default().to_owned();
        let sign_out = format!("{}?redirect_url={home}&__clerk_db_jwt={dev_browser}", clerk.sign_out_url());
        browser.submit(&sign_out, &[]).await;
        browser.submit(&sign_out, &[]).await;
        clerk.webhooks_delivered().await;
        assert_eq!(inbox.types(), ["session.created", "session.removed"], "{name}: each once");

        let received = inbox.received.lock().unwrap();
        let [(_, WebhookEvent::SessionCreated(began)), (_, WebhookEvent::SessionRemoved(over))] = &received[..] else {
            panic!("{name}: {received:?}");
        };
        assert_eq!(
            (&*began.data.user_id, began.data.status.as_str(), over.data.status.as_str()),
            ("user_ada", "active", "removed")
        );
        assert_eq!(began.data.id, over.data.id);
        let user = began.data.user.as_ref().unwrap();
        assert_eq!(user.primary_email_address().unwrap().email_address, "ada@example.com");
        assert_eq!(began.timestamp, in_millis(clerk.clock().now()));
        assert!(began.instance_id.starts_with("ins_"));
    }
}

/// Clerk's events have whole milliseconds.
fn in_millis(time: SystemTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_millis(time.duration_since(UNIX_EPOCH).unwrap().as_millis() as u64)
}

/// Moving the clock does not make webhooks too old, and what was sent before the URL was named is not sent.
#[actix_web::test]
async fn revoked_sessions_stop_counting_when_their_webhooks_arrive() {
    let clerk = local_clerk();
    let before = clerk.mint(testing::session("user_grace"));
    clerk.revoke_sessions("user_grace");
    let (server, inbox) = start(&clerk);
    clerk.clock().advance(Duration::from_secs(30 * 60));
    let client = ClerkClient::new(clerk.config());
    let of = |session: &str| clerk.mint(testing::session("user_ada").session_id(session));
    let tokens = ["sess_1", "sess_2", "sess_3"].map(of);
    for token in &tokens {
        assert_eq!(get(&server, "/require", token).await.status, 200);
    }

    client.sessions().revoke("sess_2").into_future().await.unwrap();
    clerk.webhooks_delivered().await;
    let refused = get(&server, "/require", &tokens[1]).await;
    assert_eq!((refused.status, refused.reason()), (401, Some("session-revoked")), "by the Backend API");
    assert_eq!(get(&server, "/require", &tokens[0]).await.status, 200);

    clerk.revoke_sessions("user_ada");
    clerk.webhooks_delivered().await;
    for token in &tokens {
        let refused = get(&server, "/require", token).await;
        assert_eq!((refused.status, refused.reason()), (401, Some("session-revoked")));
    }
    let revoked: Vec<String> = inbox.received.lock().unwrap().iter().map(|(_, event)| session_of(event)).collect();
    assert_eq!(revoked, ["sess_2", "sess_1", "sess_3"], "each once, in the order of their creation");
    assert!(get(&server, "/require", &before).await.reason() != Some("session-revoked"));
}

fn session_of(event: &WebhookEvent) -> String {
    let WebhookEvent::SessionRevoked(event) = event else { panic!("{event:?}") };
    assert_eq!((event.data.status.as_str(), &*event.data.user.as_ref().unwrap().id), ("revoked", "user_ada"));
    event.data.id.clone()
}

#[actix_web::test]
async fn events_of_the_tests_own() {
    let clerk = local_clerk();
    let (server, inbox) = start(&clerk);
    let token = clerk.session_token("user_ada");
    clerk.send_webhook("user.updated", json!({ "id": "user_ada", "banned": true }));
    clerk.send_webhook("user.teleported", json!({ "id": "user_ada", "to": "Mars" }));
    clerk.send_webhook("user.deleted", json!({ "id": "user_ada", "deleted": true }));
    clerk.webhooks_delivered().await;
    assert_eq!(inbox.types(), ["user.updated", "user.teleported", "user.deleted"], "in order");
    assert_eq!(get(&server, "/require", &token).await.reason(), Some("session-revoked"));
    let ids = inbox.ids();
    assert!(ids[0].starts_with("msg_") && ids[0] != ids[1] && ids[1] != ids[2], "{ids:?}");
}

/// An application that only receives webhooks takes the secret and the clock from the instance.
#[actix_web::test]
async fn webhooks_without_the_middleware() {
    let clerk = local_clerk();
    clerk.clock().advance(Duration::from_secs(60 * 60));
    let secret = WebhookConfig::new().signing_secret(clerk.webhook_signing_secret()).unwrap();
    for (name, config, status) in [
        ("the system's clock", secret.clone(), 400),
        ("the instance's clock", secret.clock(clerk.clock().clone()), 200),
    ] {
        let server = serve(move || App::new().app_data(config.clone()).route("/webhooks", web::post().to(accept)));
        clerk.send_webhooks_to(&server.url("/webhooks"));
        clerk.send_webhook("user.deleted", json!({ "id": "user_ada" }));
        clerk.webhooks_delivered().await;
        assert_eq!(clerk.webhook_attempts().last().unwrap().status, Some(status), "{name}");
    }
}

#[actix_web::test]
async fn a_webhook_comes_again_until_the_handler_accepts_it() {
    let clerk = local_clerk();
    let (_server, inbox) = start(&clerk);
    *inbox.failures.lock().unwrap() = 2;
    clerk.send_webhook("user.deleted", json!({ "id": "user_ada" }));
    clerk.send_webhook("user.deleted", json!({ "id": "user_alan" }));
    clerk.webhooks_delivered().await;
    let ids = inbox.ids();
    assert_eq!(ids.len(), 4, "the first three times, the second once: {ids:?}");
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
    let attempts = clerk.webhook_attempts();
    let statuses: Vec<_> = attempts.iter().map(|attempt| (attempt.status, attempt.is_success())).collect();
    let (failed, accepted) = ((Some(503), false), (Some(200), true));
    assert_eq!(statuses, [failed, failed, accepted, accepted]);
    assert_eq!((&*attempts[0].id, &*attempts[0].event_type), (&*ids[0], "user.deleted"));
    assert_eq!(format!("{:?}", attempts[0]), format!("user.deleted {}: 503 the database is down", ids[0]));
}

/// Each webhook that nobody accepts is tried eight times, and the ones after it are sent all the same.
#[actix_web::test]
async fn webhooks_that_nobody_accepts_are_given_up() {
    let clerk = local_clerk();
    let (server, inbox) = start(&clerk);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let other = WebhookConfig::new().signing_secret("whsec_Zm9yZ2Vk").unwrap();
    let stranger = serve(move || App::new().app_data(other.clone()).route("/webhooks", web::post().to(accept)));
    for (name, url, status) in [
        ("another secret", stranger.url("/webhooks"), Some(400)),
        ("a redirect, which is not followed", server.url("/elsewhere"), Some(308)),
        ("no such route", server.url("/nowhere"), Some(404)),
        ("no server", format!("http://localhost:{}/", nobody.port()), None),
    ] {
        let before = clerk.webhook_attempts().len();
        clerk.send_webhooks_to(&url);
        clerk.send_webhook("user.deleted", json!({ "id": "user_ada" }));
        clerk.webhooks_delivered().await;
        let attempts = &clerk.webhook_attempts()[before..];
        assert_eq!(attempts.len(), 8, "{name}");
        for attempt in attempts {
            assert_eq!((attempt.status, attempt.is_success()), (status, false), "{name}: {attempt:?}");
            assert_eq!(attempt.response.contains("webhook-signature-mismatch"), status == Some(400), "{name}");
        }
    }
    assert!(inbox.ids().is_empty());
    clerk.send_webhooks_to(&server.url("/webhooks"));
    clerk.send_webhook("user.deleted", json!({ "id": "user_ada" }));
    clerk.webhooks_delivered().await;
    assert_eq!(inbox.ids().len(), 1);
}

async fn accept(_: Webhook) -> HttpResponse {
    HttpResponse::Ok().finish()
}

#[actix_web::test]
async fn webhooks_stay_on_this_machine() {
    let clerk = local_clerk();
    for url in [
        "https://example.com/webhooks",
        "http://example.com/",
        "http://localhost.example.com/",
        "http://10.0.0.1/",
        "http://0.0.0.0:3000/",
        "http://[::ffff:10.0.0.1]/",
        "https://localhost/",
        "ftp://localhost/",
        "localhost:3000",
        "",
    ] {
        assert!(catch_unwind(AssertUnwindSafe(|| clerk.send_webhooks_to(url))).is_err(), "{url}");
    }
    let send = || clerk.send_webhook("user.deleted", json!({ "id": "user_ada" }));
    assert!(catch_unwind(AssertUnwindSafe(send)).is_err(), "without a URL");
    assert!(clerk.webhook_attempts().is_empty());

    // Other names of this machine are not looked up.
    let (server, inbox) = start(&clerk);
    clerk.send_webhooks_to(&format!("http://app.localhost:{}/webhooks", server.addr().port()));
    send();
    clerk.webhooks_delivered().await;
    assert_eq!(inbox.types(), ["user.deleted"]);
}

/// Waiting works without Actix, and dropping the instance ends what it is sending.
#[test]
fn any_runtime_or_none() {
    let clerk = local_clerk();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(clerk.webhooks_delivered());
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    clerk.send_webhooks_to(&format!("http://{}/", silent.local_addr().unwrap()));
    clerk.send_webhook("user.deleted", json!({ "id": "user_ada" }));
    drop(clerk);
}
