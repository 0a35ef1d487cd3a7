//! Hostile and broken webhooks: each is rejected with its own code, and none is held in memory beyond the limit.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{
    App, FromRequest, HttpResponse,
    body::MessageBody,
    dev::{Payload, ServiceResponse},
    error::PayloadError,
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use clerk_actix::{
    Webhook, WebhookConfig, WebhookError, WebhookEvent,
    testing::{self, SignedWebhook, TestClock, TestRequestExt, WebhookBuilder},
};
use futures_util::{FutureExt, Stream, StreamExt, stream};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::support::servers::serve;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ANOTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
const LIMIT: usize = 64 * 1024;

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The time of the public vector.
const NOW: u64 = 1_649_367_553;

fn config() -> WebhookConfig {
    let clock = TestClock::frozen();
    clock.set(at(NOW));
    WebhookConfig::new().signing_secret(SECRET).unwrap().body_limit(LIMIT).clock(clock)
}

async fn receive(webhook: Webhook) -> HttpResponse {
    HttpResponse::Ok().body(webhook.event.event_type().to_owned())
}

/// A webhook that is right in every way.
fn right() -> WebhookBuilder {
    testing::webhook("user.created", json!({ "id": "user_ada" })).secret(SECRET).id("msg_1").timestamp(at(NOW))
}

/// The value of a header of a webhook that is right.
fn header_of(webhook: WebhookBuilder, name: &str) -> String {
    webhook.build().headers.into_iter().find(|(known, _)| known == name).unwrap().1
}

fn signature() -> String {
    header_of(right(), "svix-signature")
}

fn post() -> TestRequest {
    TestRequest::post().uri("/webhooks")
}

fn of(webhook: WebhookBuilder) -> TestRequest {
    post().with_webhook(webhook)
}

/// The webhook with the names of Standard Webhooks, all of them or some.
fn renamed(webhook: WebhookBuilder, names: &[&str]) -> TestRequest {
    let webhook = webhook.build();
    let headers = webhook.headers.into_iter().map(|(name, value)| match names.contains(&name.as_str()) {
        true => (name.replace("svix-", "webhook-"), value),
        false => (name, value),
    });
    headers.fold(post(), |request, header| request.insert_header(header)).set_payload(webhook.body)
}

fn without(name: &str) -> TestRequest {
    let webhook = right().build();
    let headers = webhook.headers.into_iter().filter(|(known, _)| known != name);
    headers.fold(post(), |request, header| request.insert_header(header)).set_payload(webhook.body)
}

const ALL: [&str; 3] = ["svix-id", "svix-timestamp", "svix-signature"];

fn body_of(webhook: WebhookBuilder) -> Vec<u8> {
    webhook.build().body
}

fn cases() -> Vec<(&'static str, TestRequest, u16, &'static str)> {
    let with = |name: &str, value: &str| of(right().header(name, value));
    let signed = |body: &[u8]| of(right().body(body));
    let tampered = |body: &[u8]| of(right().tampered_body(body));
    let both = |id: &str| {
        let again = right().build();
        let request = renamed(right(), &ALL);
        let request = again.headers.into_iter().fold(request, |request, header| request.insert_header(header));
        request.insert_header(("svix-id", id)).set_payload(again.body)
    };
    let gzip = [&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3][..], &body_of(right())].concat();
    vec![
        ("a right one", of(right()), 200, "user.created"),
        ("a right one with the other names", renamed(right(), &ALL), 200, "user.created"),
        ("a right one with both names", both("msg_1"), 200, "user.created"),
        ("a right one with names in upper case", with("SVIX-ID", "msg_1"), 200, "user.created"),
        (
            "a right one with a signature of another version",
            with("svix-signature", &format!("v1a,x {}", signature())),
            200,
            "user.created",
        ),
        ("a right one of another kind of event", of(right().member("type", "user.new")), 200, "user.new"),
        ("nothing", post(), 400, "webhook-headers-missing"),
        ("a body alone", post().set_payload(body_of(right())), 400, "webhook-headers-missing"),
        ("no id", without("svix-id"), 400, "webhook-headers-missing"),
        ("no timestamp", without("svix-timestamp"), 400, "webhook-headers-missing"),
        ("no signature", without("svix-signature"), 400, "webhook-headers-missing"),
        ("names of two kinds", renamed(right(), &["svix-id"]), 400, "webhook-headers-missing"),
        (
            "names of two kinds, the other way",
            renamed(right(), &["svix-timestamp", "svix-signature"]),
            400,
            "webhook-headers-missing",
        ),
        ("two ids by the two names", both("msg_2"), 400, "webhook-headers-conflicting"),
        ("two ids", of(right()).append_header(("svix-id", "msg_2")), 400, "webhook-headers-conflicting"),
        ("the same id twice", of(right()).append_header(("svix-id", "msg_1")), 400, "webhook-headers-conflicting"),
        ("two timestamps", of(right()).append_header(("svix-timestamp", "1")), 400, "webhook-headers-conflicting"),
        (
            "two signatures in two headers",
            of(right()).append_header(("svix-signature", signature())),
            400,
            "webhook-headers-conflicting",
        ),
        ("an empty id", with("svix-id", ""), 400, "webhook-id-malformed"),
        ("an id with a line's end of spaces", with("svix-id", "msg_1 "), 400, "webhook-id-malformed"),
        ("an id beyond ASCII", with("svix-id", "msg_é"), 400, "webhook-id-malformed"),
        ("an id with the timestamp in it", with("svix-id", &format!("msg_1.{NOW}")), 400, "webhook-id-malformed"),
        ("another id", with("svix-id", "msg_2"), 400, "webhook-signature-mismatch"),
        ("an empty timestamp", with("svix-timestamp", ""), 400, "webhook-timestamp-malformed"),
        ("a timestamp with a space", with("svix-timestamp", &format!("{NOW} ")), 400, "webhook-timestamp-malformed"),
        (
            "a timestamp in milliseconds",
            with("svix-timestamp", &format!("{NOW}000")),
            400,
            "webhook-timestamp-malformed",
        ),
        ("a timestamp in hexadecimal", with("svix-timestamp", "0x624f3a01"), 400, "webhook-timestamp-malformed"),
        ("a negative timestamp", with("svix-timestamp", "-1649367553"), 400, "webhook-timestamp-malformed"),
        (
            "a timestamp beyond every clock",
            with("svix-timestamp", &"9".repeat(400)),
            400,
            "webhook-timestamp-malformed",
        ),
        ("another timestamp", with("svix-timestamp", &(NOW + 1).to_string()), 400, "webhook-signature-mismatch"),
        ("a replay at the end of the window", of(right().timestamp(at(NOW - 300))), 200, "user.created"),
        ("a replay outside of the window", of(right().timestamp(at(NOW - 301))), 400, "webhook-too-old"),
        ("a replay of years ago", of(right().timestamp(at(1))), 400, "webhook-too-old"),
        ("one from the future", of(right().timestamp(at(NOW + 301))), 400, "webhook-in-the-future"),
        ("an empty signature", with("svix-signature", ""), 400, "webhook-signature-malformed"),
        (
            "a signature without a version",
            with("svix-signature", &signature()[3..]),
            400,
            "webhook-signature-malformed",
        ),
        ("a signature cut short", with("svix-signature", &signature()[..20]), 400, "webhook-signature-malformed"),
        (
            "a signature with a space after the comma",
            with("svix-signature", &signature().replace(',', ", ")),
            400,
            "webhook-signature-malformed",
        ),
        (
            "a signature in lower case, which leaves stray bits",
            with("svix-signature", &signature().to_lowercase()),
            400,
            "webhook-signature-malformed",
        ),
        (
            "a version in upper case",
            with("svix-signature", &signature().replace("v1", "V1")),
            400,
            "webhook-signature-mismatch",
        ),
        (
            "other versions only",
            with("svix-signature", &signature().replace("v1", "v2")),
            400,
            "webhook-signature-mismatch",
        ),
        (
            "a thousand wrong signatures",
            with("svix-signature", &"v1,AAAA ".repeat(1000)),
            400,
            "webhook-signature-mismatch",
        ),
        ("another secret", of(right().secret(ANOTHER)), 400, "webhook-signature-mismatch"),
        ("another body", tampered(br#"{"type":"user.deleted"}"#), 400, "webhook-signature-mismatch"),
        ("no body", tampered(b""), 400, "webhook-signature-mismatch"),
        (
            "a line break after the body",
            tampered(&[&body_of(right())[..], b"\n"].concat()),
            400,
            "webhook-signature-mismatch",
        ),
        (
            "a byte order mark before the body",
            tampered(&[b"\xef\xbb\xbf", &body_of(right())[..]].concat()),
            400,
            "webhook-signature-mismatch",
        ),
        (
            "a body compressed on the way",
            tampered(&gzip).insert_header(("Content-Encoding", "gzip")),
            400,
            "webhook-signature-mismatch",
        ),
        (
            "a signed body that is compressed",
            signed(&gzip).insert_header(("Content-Encoding", "gzip")),
            400,
            "webhook-not-json",
        ),
        ("a signed body that is not JSON", signed(b"type=user.created"), 400, "webhook-not-json"),
        ("a signed body that is not UTF-8", signed(b"{\"type\":\"\xff\"}"), 400, "webhook-not-json"),
        ("a signed body that is cut short", signed(br#"{"type":"user.created","#), 400, "webhook-not-json"),
        ("two signed bodies", signed(&[body_of(right()), body_of(right())].concat()), 400, "webhook-not-json"),
        ("a signed body of ten thousand brackets", signed("[".repeat(10_000).as_bytes()), 400, "webhook-not-json"),
        (
            "a signed body of ten thousand brackets in an event",
            signed(format!("{{\"a\":{}", "[".repeat(10_000)).as_bytes()),
            400,
            "webhook-not-json",
        ),
        ("a signed body that is no event", signed(br#"["user.created"]"#), 400, "webhook-unexpected-form"),
        ("an event without an id", of(right().member("data", json!({}))), 400, "webhook-unexpected-form"),
        ("an event without data", of(right().member("data", Value::Null)), 400, "webhook-unexpected-form"),
        ("an event without a type", of(right().member("type", 7)), 400, "webhook-unexpected-form"),
        ("a body beyond the limit", tampered(&[b' '; LIMIT + 1]), 413, "webhook-too-large"),
        (
            "a body that is announced beyond the limit",
            of(right()).insert_header(("Content-Length", "100000000")),
            413,
            "webhook-too-large",
        ),
    ]
}

async fn verdict<B: MessageBody>(response: ServiceResponse<B>) -> (u16, String) {
    let status = response.status().as_u16();
    let body = String::from_utf8(read_body(response).await.to_vec()).unwrap();
    let code =
        serde_json::from_str::<Value>(&body).ok().map(|body| body["errors"][0]["code"].as_str().unwrap().to_owned());
    (status, code.unwrap_or(body))
}

#[actix_web::test]
async fn every_hostile_webhook_is_rejected_with_its_own_code() {
    let app = App::new().service(web::resource("/webhooks").app_data(config()).route(web::post().to(receive)));
    let app = init_service(app).await;
    let cases = cases();
    assert!(cases.iter().filter(|(_, _, status, _)| *status != 200).count() >= 40);
    for (name, request, status, code) in cases {
        let response = call_service(&app, request.to_request()).await;
        let cache = response.headers().get("cache-control").map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(cache.as_deref(), (status != 200).then_some("no-store"), "{name}");
        assert_eq!(verdict(response).await, (status, code.to_owned()), "{name}");
    }
}

/// A stream of 100 MB that counts the chunks that are taken from it.
fn endless(taken: &Arc<AtomicUsize>) -> impl Stream<Item = Result<web::Bytes, PayloadError>> + Unpin + use<> {
    let taken = Arc::clone(taken);
    stream::iter(0..6400).map(move |_| {
        taken.fetch_add(1, Ordering::SeqCst);
        Ok(web::Bytes::from_static(&[b' '; 16 * 1024]))
    })
}

#[actix_web::test]
async fn a_stream_of_100_megabytes_is_cut_at_the_limit() {
    let taken = Arc::new(AtomicUsize::new(0));
    let request = of(right()).app_data(config()).to_http_request();
    let mut payload = Payload::from(endless(&taken).boxed_local());
    assert_eq!(Webhook::<Value>::from_request(&request, &mut payload).await.unwrap_err(), WebhookError::TooLarge);
    assert_eq!(taken.load(Ordering::SeqCst), LIMIT / (16 * 1024) + 1, "chunks of 16 KiB");

    let late = of(right().timestamp(at(NOW - 301))).app_data(config()).to_http_request();
    let mut payload = Payload::from(endless(&taken).boxed_local());
    assert_eq!(Webhook::<Value>::from_request(&late, &mut payload).await.unwrap_err(), WebhookError::TooOld);
    assert_eq!(taken.load(Ordering::SeqCst), LIMIT / (16 * 1024) + 1, "the headers alone are enough to reject it");

    let server =
        serve(|| App::new().service(web::resource("/webhooks").app_data(config()).route(web::post().to(receive))));
    let post = |webhook: &SignedWebhook| {
        let headers = webhook.headers.clone().into_iter();
        headers.fold(server.post("/webhooks"), |request, header| request.insert_header(header))
    };
    let webhook = right().build();
    // The server may close the connection while the client is still sending.
    if let Ok(response) = post(&webhook).send_stream(endless(&taken)).await {
        assert_eq!(response.status().as_u16(), 413);
    }
    let mut response = post(&webhook).send_body(webhook.body.clone()).await.unwrap();
    assert_eq!(response.body().await.unwrap(), "user.created", "the server goes on");
}

/// Neither the protection against cross-site requests nor a handshake stands in the way of a webhook, whatever the
/// headers look like.
#[actix_web::test]
async fn the_middleware_lets_webhooks_through() {
    use clerk_actix::{ClerkMiddleware, CsrfProtection};
    for (name, clerk) in crate::support::instances() {
        let clock = clerk.clock().clone();
        let strict = clerk.config_builder().webhook_signing_secret(SECRET).csrf_protection(CsrfProtection::default());
        let app =
            App::new().wrap(ClerkMiddleware::new(strict.build().unwrap())).route("/webhooks", web::post().to(receive));
        let app = init_service(app).await;
        for (headers, found) in [
            ("none", &[][..]),
            (
                "those of a page of another site",
                &[("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
            ),
            ("those of a navigation", &[("Sec-Fetch-Dest", "document"), ("Accept", "text/html")]),
            ("cookies", &[("Cookie", "__session=a.b.c; __client_uat=1; __clerk_db_jwt=dvb_1")]),
            ("a session token", &[("Authorization", "Bearer a.b.c")]),
        ] {
            let webhook = right().timestamp(clock.now());
            let request = found.iter().fold(of(webhook), |request, header| request.insert_header(*header));
            let response = call_service(&app, request.to_request()).await;
            assert_eq!(verdict(response).await, (200, "user.created".to_owned()), "{name}, {headers}");
        }
    }
}

#[actix_web::test]
async fn an_event_prints_no_code() {
    let app = App::new().app_data(config()).route(
        "/webhooks",
        web::post().to(async |webhook: Webhook<WebhookEvent>| format!("{webhook:?} {:?}", config())),
    );
    let app = init_service(app).await;
    for kind in ["email.created", "sms.created", "new.created"] {
        let data = json!({ "id": "x_1", "subject": "424242", "message": "424242", "data": { "otp_code": "424242" } });
        let webhook = testing::webhook(kind, data).secret(SECRET).timestamp(at(NOW));
        let response = call_service(&app, of(webhook).to_request()).await;
        assert_eq!(response.status(), 200);
        let printed = String::from_utf8(read_body(response).await.to_vec()).unwrap();
        assert!(printed.contains("ins_test") && !printed.contains("424242") && !printed.contains("C2FV"), "{printed}");
    }
}

proptest! {
    /// Bodies that are signed, so that all of the reading is reached: none makes the server panic or fail.
    #[test]
    fn no_signed_body_panics(body in prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..200),
        ("[a-zA-Z.]{0,30}", "\\PC{0,40}", any::<i64>()).prop_map(|(kind, text, number)| {
            json!({ "type": kind, "data": { "id": text }, "timestamp": number }).to_string().into_bytes()
        }),
        (0..WebhookEvent::TYPES.len(), "\\PC{0,40}", any::<i64>(), any::<f64>()).prop_map(|(at, text, number, other)| {
            let data = json!({ "id": text, "user_id": text, "organization": { "id": text }, "created_at": other,
                "email_addresses": [{ "email_address": number }, number], "public_metadata": other });
            json!({ "type": WebhookEvent::TYPES[at], "data": data, "timestamp": number }).to_string().into_bytes()
        }),
    ]) {
        let request = of(right().body(body.clone())).app_data(config()).to_http_request();
        let mut payload = Payload::from(stream::iter([Ok(web::Bytes::from(body))]).boxed_local());
        let found = Webhook::<WebhookEvent>::from_request(&request, &mut payload).now_or_never().unwrap();
        match found {
            Ok(webhook) => prop_assert!(serde_json::to_value(&webhook.event).is_ok()),
            Err(error) => prop_assert!(matches!(error, WebhookError::NotJson | WebhookError::UnexpectedForm)),
        }
    }
}
