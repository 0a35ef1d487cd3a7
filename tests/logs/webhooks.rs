//! Nothing of a webhook's body, its secret or its signature is logged or sent back, whatever is wrong with it.

use std::time::{Duration, SystemTime};

use actix_web::{
    App, HttpRequest,
    test::{TestRequest, call_service, init_service, read_body},
    web,
};
use clerk_actix::{
    ClerkMiddleware, Webhook, WebhookConfig, WebhookError,
    testing::{self, TestRequestExt},
};
use serde_json::json;

use crate::log_of_this_process;

const SECRET: &str = "whsec_c2VjcmV0c2VjcmV0c2VjcmV0";
const ROTATED: &str = "whsec_b3RoZXJvdGhlcm90aGVyb3Ro";

#[actix_web::test]
async fn no_output_holds_anything_of_a_webhook() {
    let log = log_of_this_process();
    let config = WebhookConfig::new().signing_secrets([SECRET, ROTATED]).unwrap();
    let builder = testing::config();
    let mut output = vec![format!("{config:?} {config:#?} {builder:?}")];
    let app = App::new()
        .app_data(config)
        .wrap(ClerkMiddleware::new(builder))
        .route("/webhooks", web::post().to(async |webhook: Webhook| format!("{webhook:?}")))
        .route(
            "/result",
            web::post().to(async |webhook: Result<Webhook, WebhookError>, _: HttpRequest| {
                webhook.map(|webhook| format!("{webhook:#?}")).unwrap_or_else(|error| format!("{error} {error:?}"))
            }),
        )
        .route("/own", web::post().to(async |_: Webhook<Vec<u8>>| ""));
    let app = init_service(app).await;
    let email =
        testing::webhook("email.created", json!({ "id": "ema_1", "subject": "content_0123456789" })).secret(SECRET);
    let new = testing::webhook("email.new", json!({ "content": "content_0123456789" })).secret(ROTATED);
    let ago = SystemTime::now() - Duration::from_secs(3600);
    let webhooks = [
        email.clone(),
        new.clone(),
        email.clone().secret("whsec_YW5vdGhlcg=="),
        email.clone().timestamp(ago),
        email.clone().header("svix-signature", "content_0123456789"),
        email.clone().header("svix-timestamp", "content_0123456789"),
        email.clone().tampered_body("content_0123456789"),
        email.clone().body("content_0123456789"),
        email.clone().body(r#"{"type":"content_0123456789"}"#),
        email.clone().body(r#"{"type":"user.created","data":{"id":["content_0123456789"]},"timestamp":1}"#),
        email.clone().body(r#"{"type":"user.created","data":{"id":"u"},"timestamp":"content_0123456789"}"#),
        email.clone().body(r#""content_0123456789""#),
        email.clone().member("data", "content_0123456789"),
    ];
    let mut signatures = Vec::new();
    for webhook in webhooks {
        output.push(format!("{webhook:?}"));
        let built = webhook.clone().build();
        let signature = built.headers.iter().find(|(name, _)| name == "svix-signature").unwrap().1.clone();
        signatures.push(signature.trim_start_matches("v1,").to_owned());
        for path in ["/webhooks", "/result", "/own"] {
            let request = TestRequest::post().uri(path).with_webhook(webhook.clone());
            let response = call_service(&app, request.to_request()).await;
            output.push(format!("{:?}", response.headers()));
            output.push(String::from_utf8(read_body(response).await.to_vec()).unwrap());
        }
    }
    let log = log.text();
    assert!(log.contains("rejected a webhook") && log.contains("could not read a webhook"), "{log}");
    output.push(log);
    let secret = |text: &str| text.trim_start_matches("whsec_").to_owned();
    let secrets = [secret(SECRET), secret(ROTATED), secret(testing::webhook_secret()), "content_0123456789".to_owned()];
    for secret in secrets.iter().chain(&signatures) {
        for text in &output {
            assert!(!text.contains(secret.as_str()), "{secret} in:\n{text}");
        }
    }
}
