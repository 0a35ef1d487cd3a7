//! `Webhook` in an application: where its settings come from, types of one's own, and bodies that are gone.

use actix_web::{
    App, Error, HttpMessage, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    test::{TestRequest, call_and_read_body, call_service, init_service, read_body},
    web::{self, Bytes, Data},
};
use clerk_actix::{
    ClerkMiddleware, Webhook, WebhookConfig, WebhookError, WebhookEvent,
    testing::{self, TestRequestExt, WebhookBuilder},
};
use futures_util::StreamExt;
use serde::Deserialize;
use serde_json::{Value, json};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const ANOTHER: &str = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

fn deleted() -> WebhookBuilder {
    testing::webhook("user.deleted", json!({ "id": "user_ada", "object": "user", "deleted": true }))
}

fn post(webhook: WebhookBuilder) -> TestRequest {
    TestRequest::post().uri("/webhooks").with_webhook(webhook)
}

async fn receive(webhook: Webhook) -> Result<String, WebhookError> {
    match &webhook.event {
        WebhookEvent::UserDeleted(event) => Ok(event.data.id.clone().unwrap()),
        other => Ok(other.event_type().to_owned()),
    }
}

async fn code<B: MessageBody>(response: ServiceResponse<B>) -> String {
    let status = response.status();
    let body = read_body(response).await;
    match serde_json::from_slice::<Value>(&body) {
        Ok(body) => format!("{} {}", status.as_u16(), body["errors"][0]["code"].as_str().unwrap()),
        Err(_) => String::from_utf8(body.to_vec()).unwrap(),
    }
}

/// The routes, each with the secret that applies.
#[actix_web::test]
async fn the_nearest_settings_apply() {
    let with = |secret: &str| WebhookConfig::new().signing_secret(secret).unwrap();
    let instance = |secret: &str| {
        let key = "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k";
        let builder = clerk_actix::ClerkConfig::builder().publishable_key(key).secret_key("sk_live_0000");
        if secret.is_empty() { builder } else { builder.webhook_signing_secret(secret) }.build().unwrap()
    };
    let route = || web::resource("/webhooks").route(web::post().to(receive));
    let mismatch = "400 webhook-signature-mismatch";
    macro_rules! check {
        ($name:literal, $app:expr, $secret:expr, $expected:expr) => {
            let app = init_service($app).await;
            let response = call_service(&app, post(deleted().secret($secret)).to_request()).await;
            assert_eq!(code(response).await, $expected, $name);
        };
    }
    let middleware = |secret: &str| ClerkMiddleware::new(instance(secret));
    check!("the middleware's", App::new().service(route()).wrap(middleware(SECRET)), SECRET, "user_ada");
    check!("not another", App::new().service(route()).wrap(middleware(SECRET)), ANOTHER, mismatch);
    check!("a configuration's", App::new().service(route()).app_data(Data::new(instance(SECRET))), SECRET, "user_ada");
    check!("the route's", App::new().service(route().app_data(with(SECRET))), SECRET, "user_ada");
    check!("the route's, shared", App::new().service(route().app_data(Data::new(with(SECRET)))), SECRET, "user_ada");
    let app = App::new().service(route().app_data(with(SECRET))).app_data(with(ANOTHER)).wrap(middleware(ANOTHER));
    check!("the route's before all others", app, SECRET, "user_ada");
    let app = App::new().service(route().app_data(WebhookConfig::new())).wrap(middleware(SECRET));
    check!("the middleware's if the route has none", app, SECRET, "user_ada");
    let app = App::new().service(route()).app_data(Data::new(instance(ANOTHER))).wrap(middleware(SECRET));
    check!("the middleware's before another configuration's", app, SECRET, "user_ada");
    let app = App::new().service(route()).app_data(Data::new(instance(SECRET))).wrap(middleware(""));
    check!("not another instance's", app, SECRET, "500 webhook-secret-missing");
    check!("nobody's", App::new().service(route()), SECRET, "500 webhook-secret-missing");
    let rotated = WebhookConfig::new().signing_secrets([ANOTHER, SECRET]).unwrap();
    check!("while one is rotated", App::new().service(route().app_data(rotated.clone())), SECRET, "user_ada");
    check!("while one is rotated, the new", App::new().service(route().app_data(rotated)), ANOTHER, "user_ada");
    let small = WebhookConfig::new().body_limit(10);
    let app = App::new().service(route().app_data(small)).wrap(middleware(SECRET));
    check!("the route's limit with the middleware's secret", app, SECRET, "413 webhook-too-large");
}

#[test]
fn secrets_that_cannot_work_are_found_at_the_start() {
    for (name, secret, says) in [
        ("nothing", "", "webhook_signing_secret (CLERK_WEBHOOK_SIGNING_SECRET) is set, but empty"),
        ("a secret key", "sk_test_0000", "it is a secret key"),
        ("cut short", "whsec_C2FVs", "is not base64"),
        ("abbreviated", "whsec_…", "it is abbreviated"),
    ] {
        let error = WebhookConfig::new().signing_secret(secret).unwrap_err().to_string();
        let of_builder = clerk_actix::ClerkConfig::builder()
            .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .secret_key("sk_live_0000")
            .webhook_signing_secrets([SECRET, secret])
            .build()
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{name}: {error}");
        assert!(of_builder.contains("CLERK_WEBHOOK_SIGNING_SECRET"), "{name}: {of_builder}");
    }
}

#[derive(Deserialize)]
struct Deploy {
    version: String,
}

#[actix_web::test]
async fn a_type_of_ones_own_and_an_answer_of_ones_own() {
    let app = App::new()
        .wrap(ClerkMiddleware::new(testing::config()))
        .route("/deploys", web::post().to(async |webhook: Webhook<Deploy>| webhook.event.version))
        .route("/values", web::post().to(async |webhook: Webhook<Value>| web::Json(webhook.event)))
        .route(
            "/webhooks",
            web::post().to(async |webhook: Result<Webhook, WebhookError>| match webhook {
                Ok(webhook) => HttpResponse::Ok().body(webhook.id().to_owned()),
                Err(error) => HttpResponse::ImATeapot().body(error.code()),
            }),
        );
    let app = init_service(app).await;
    let deploy = testing::webhook("", json!({})).body(r#"{"version":"1.2.3"}"#);
    let at = |path: &str, webhook| TestRequest::post().uri(path).with_webhook(webhook).to_request();
    assert_eq!(call_and_read_body(&app, at("/deploys", deploy.clone())).await, "1.2.3");
    assert_eq!(call_and_read_body(&app, at("/values", deploy.clone())).await, r#"{"version":"1.2.3"}"#);
    let unlike = code(call_service(&app, at("/deploys", deleted())).await).await;
    assert_eq!(unlike, "400 webhook-unexpected-form");
    assert_eq!(call_and_read_body(&app, at("/webhooks", deleted().id("msg_1"))).await, "msg_1");
    assert_eq!(call_and_read_body(&app, at("/webhooks", deploy)).await, "webhook-unexpected-form");
}

/// Takes the body, or reads it and leaves the empty rest.
async fn read_first(
    mut req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match req.headers().get("x-read").map(|value| value.to_str().unwrap().to_owned()).as_deref() {
        Some("taken") => drop(req.take_payload()),
        Some("drained") => {
            let mut payload = req.take_payload();
            while payload.next().await.is_some() {}
            req.set_payload(payload);
        }
        Some("put back") => {
            let body = req.extract::<Bytes>().await?;
            req.set_payload(body.into());
        }
        _ => {}
    }
    next.call(req).await
}

#[actix_web::test]
async fn a_body_that_is_gone_is_not_a_bad_signature() {
    let server = crate::support::servers::serve(|| {
        let config = WebhookConfig::new().signing_secret(SECRET).unwrap();
        App::new()
            .app_data(config)
            .wrap(from_fn(read_first))
            .route("/webhooks", web::post().to(receive))
            .route("/after", web::post().to(async |_: Bytes, webhook: Webhook| webhook.id().to_owned()))
    });
    let consumed = "500 webhook-payload-consumed";
    for (path, read, chunked, expected) in [
        ("/webhooks", "", false, "user_ada"),
        ("/webhooks", "", true, "user_ada"),
        ("/webhooks", "put back", false, "user_ada"),
        ("/webhooks", "taken", false, consumed),
        ("/webhooks", "taken", true, consumed),
        ("/webhooks", "drained", false, consumed),
        ("/after", "", false, consumed),
        ("/after", "", true, consumed),
    ] {
        let webhook = deleted().secret(SECRET).header("x-read", read).build();
        let request = webhook.headers.into_iter().fold(server.post(path), |r, header| r.insert_header(header));
        let sent = match chunked {
            false => request.send_body(webhook.body).await,
            true => {
                let body = Ok::<_, std::io::Error>(Bytes::from(webhook.body));
                request.send_stream(futures_util::stream::iter([body])).await
            }
        };
        let mut response = sent.unwrap();
        let body = response.body().await.unwrap();
        let found = match serde_json::from_slice::<Value>(&body) {
            Ok(error) => format!("{} {}", response.status().as_u16(), error["errors"][0]["code"].as_str().unwrap()),
            Err(_) => String::from_utf8(body.to_vec()).unwrap(),
        };
        assert_eq!(found, expected, "{path} {read} {chunked}");
    }
}

/// No stranger can cause a 5xx.
#[actix_web::test]
async fn a_request_without_a_body_is_a_clients_mistake() {
    let server = crate::support::servers::serve(|| {
        App::new().app_data(WebhookConfig::new().signing_secret(SECRET).unwrap()).route("/webhooks", web::to(receive))
    });
    for (method, chunked) in [("POST", false), ("POST", true), ("GET", false)] {
        let headers = deleted().secret(ANOTHER).build().headers;
        let request = server.request(method.parse().unwrap(), server.url("/webhooks"));
        let request = headers.into_iter().fold(request, |request, header| request.insert_header(header));
        let response = match chunked {
            false => request.send().await,
            true => request.send_stream(futures_util::stream::iter([] as [Result<Bytes, std::io::Error>; 0])).await,
        };
        assert_eq!(response.unwrap().status().as_u16(), 400, "{method} {chunked}");
    }
}
