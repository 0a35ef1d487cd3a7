//! Webhooks: secrets, clocks, bodies that are gone, and types that do not fit.

use std::time::{Duration, SystemTime};

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service, read_body},
    web::{self, Bytes},
};
use clerk_actix::{
    Webhook, WebhookConfig,
    testing::{self, TestRequestExt, WebhookBuilder},
};
use serde_json::json;

use crate::Mistakes;

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "only deserialization is tested")]
struct Deploy {
    version: String,
}

fn created() -> WebhookBuilder {
    testing::webhook("user.created", json!({ "id": "user_ada" }))
}

async fn send(config: Option<WebhookConfig>, path: &str, webhook: WebhookBuilder) -> String {
    let app = App::new()
        .route("/webhooks", web::post().to(async |_: Webhook| "received"))
        .route("/deploys", web::post().to(async |_: Webhook<Deploy>| "received"))
        .route("/read-first", web::post().to(async |_: Bytes, _: Webhook| "received"));
    let app = match config {
        Some(config) => init_service(app.app_data(config)).await,
        None => init_service(app).await,
    };
    let request = TestRequest::post().uri(path).with_webhook(webhook).insert_header(("Content-Length", "300"));
    let response = call_service(&app, request.to_request()).await;
    String::from_utf8(read_body(response).await.to_vec()).unwrap()
}

pub(super) async fn make(mistakes: &mut Mistakes) {
    let config = || Some(WebhookConfig::new().signing_secret(testing::webhook_secret()).unwrap());
    let late = SystemTime::now() - Duration::from_secs(400);
    let early = SystemTime::now() + Duration::from_secs(400);
    mistakes
        .make(
            "no signing secret",
            send(None, "/webhooks", created()),
            &["path=\"/webhooks\"", "no signing secret is set", "set CLERK_WEBHOOK_SIGNING_SECRET"],
        )
        .await;
    mistakes
        .make(
            "the signing secret of another endpoint",
            send(config(), "/webhooks", created().secret("whsec_YW5vdGhlcg==")),
            &["does not match", "copy the signing secret from this endpoint's page"],
        )
        .await;
    mistakes
        .make(
            "a secret key for a signing secret",
            async { WebhookConfig::new().signing_secret("sk_test_0000").unwrap_err().to_string() },
            &["webhook_signing_secret (CLERK_WEBHOOK_SIGNING_SECRET)", "it is a secret key"],
        )
        .await;
    for (name, time) in [("a clock that is ahead of Clerk's", late), ("a clock that is behind Clerk's", early)] {
        let sent = send(config(), "/webhooks", created().timestamp(time));
        mistakes.make(name, sent, &["synchronize this machine's clock"]).await;
    }
    mistakes
        .make(
            "an extractor that reads the body first",
            send(config(), "/read-first", created()),
            &["the body of the webhook has already been read", "remove the extractor"],
        )
        .await;
    mistakes
        .make(
            "a type that does not fit the event",
            send(config(), "/deploys", created().id("msg_1")),
            &["msg_1", "missing field `version`", "the handler's type does not fit"],
        )
        .await;
    mistakes
        .make(
            "an event that Clerk has changed",
            send(config(), "/webhooks", created().member("data", json!({ "id": 7 }))),
            &["missing field `data.id` of the expected form: expected a string"],
        )
        .await;
    mistakes
        .make(
            "an event larger than the limit",
            send(config().map(|config| config.body_limit(10)), "/webhooks", created()),
            &["too large", "raise webhook_body_limit"],
        )
        .await;
}
