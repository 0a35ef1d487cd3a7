//! Signed webhooks for tests, without Clerk and without a network.

use std::{
    sync::LazyLock,
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::test::TestRequest;
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::secret::secret;
use crate::{keys::WebhookSecret, webhook::sign};

/// Describes a webhook: an event of this type, such as `user.created`, with this data.
///
/// It is signed with [`webhook_secret`], the secret of [`testing::config()`](super::config), at the current time.
/// [`TestRequestExt::with_webhook`](super::TestRequestExt::with_webhook) puts it into a request.
///
/// ```
/// use actix_web::{test, web, App, HttpResponse};
/// use clerk_actix::{testing::{self, TestRequestExt}, ClerkMiddleware, Webhook};
/// use serde_json::json;
///
/// async fn receive(webhook: Webhook) -> HttpResponse {
///     HttpResponse::Ok().body(webhook.event.event_type().to_owned())
/// }
///
/// # #[actix_web::main]
/// # async fn main() {
/// let app = App::new().wrap(ClerkMiddleware::new(testing::config())).route("/webhooks", web::post().to(receive));
/// let app = test::init_service(app).await;
///
/// let created = testing::webhook("user.created", json!({ "id": "user_ada" }));
/// let request = test::TestRequest::post().uri("/webhooks").with_webhook(created.clone());
/// assert_eq!(test::call_and_read_body(&app, request.to_request()).await, "user.created");
///
/// let tampered = created.tampered_body("{}");
/// let request = test::TestRequest::post().uri("/webhooks").with_webhook(tampered);
/// assert_eq!(test::call_service(&app, request.to_request()).await.status(), 400);
/// # }
/// ```
///
/// # Panics
///
/// If the data cannot be serialized.
#[allow(clippy::expect_used, reason = "test support: a test with such data has a mistake")]
pub fn webhook(event_type: &str, data: impl Serialize) -> WebhookBuilder {
    let data = serde_json::to_value(data).expect("the data can be serialized");
    WebhookBuilder {
        id: secret("msg_"),
        timestamp: None,
        secret: webhook_secret().to_owned(),
        event: Map::from_iter([
            ("object".to_owned(), json!("event")),
            ("type".to_owned(), json!(event_type)),
            ("data".to_owned(), data),
            ("instance_id".to_owned(), json!("ins_test")),
            (
                "event_attributes".to_owned(),
                json!({ "http_request": { "client_ip": "192.0.2.1", "user_agent": "testing" } }),
            ),
        ]),
        body: None,
        tampered_body: None,
        headers: Vec::new(),
    }
}

/// Returns the signing secret of [`testing::config()`](super::config): a random one for this process, so that nobody
/// outside can sign with it.
pub fn webhook_secret() -> &'static str {
    static SECRET: LazyLock<String> =
        LazyLock::new(|| format!("whsec_{}", STANDARD.encode(rand::random::<[u8; 24]>())));
    &SECRET
}

/// Describes a webhook for a test; see [`webhook`]. Everything can be changed, to test what is rejected.
#[derive(Clone)]
#[must_use = "pass it to `with_webhook`, or build it"]
pub struct WebhookBuilder {
    id: String,
    timestamp: Option<SystemTime>,
    secret: String,
    event: Map<String, Value>,
    body: Option<Vec<u8>>,
    tampered_body: Option<Vec<u8>>,
    headers: Vec<(String, String)>,
}

impl WebhookBuilder {
    /// The ID of the delivery. Default: a random one.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// When it is signed, and when the event happened. Default: now.
    pub fn timestamp(mut self, timestamp: SystemTime) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// The secret that it is signed with, `whsec_…`. Default: [`webhook_secret`].
    pub fn secret(mut self, secret: impl Into<String>) -> Self {
        self.secret = secret.into();
        self
    }

    /// Sets a member of the event, such as `instance_id`.
    pub fn member(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.event.insert(name.to_owned(), value.into());
        self
    }

    /// The whole body in place of the event, for a `Webhook<T>` of your own type or for a recorded webhook.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self
    }

    /// Sends this body with the signature of the original one.
    pub fn tampered_body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.tampered_body = Some(body.into());
        self
    }

    /// Replaces a header after everything is signed, such as `svix-id`.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Signs the webhook.
    ///
    /// # Panics
    ///
    /// If the secret is not valid.
    #[track_caller]
    #[allow(clippy::expect_used, reason = "test support: a test with such a secret has a mistake")]
    pub fn build(self) -> SignedWebhook {
        let secret = WebhookSecret::parse(&self.secret).expect("the secret has the form whsec_…");
        let since_epoch = self.timestamp.unwrap_or_else(SystemTime::now).duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut event = self.event;
        event.entry("timestamp").or_insert_with(|| json!(since_epoch.as_millis() as u64));
        let body = self.body.unwrap_or_else(|| Value::Object(event).to_string().into_bytes());
        let timestamp = since_epoch.as_secs().to_string();
        let signature = sign(&secret, &self.id, &timestamp, &body);
        let mut headers: Vec<(String, String)> =
            [("svix-id", self.id), ("svix-timestamp", timestamp), ("svix-signature", signature)]
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
        for (name, value) in self.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            headers.push((name, value));
        }
        SignedWebhook { headers, body: self.tampered_body.unwrap_or(body) }
    }
}

impl std::fmt::Debug for WebhookBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WebhookBuilder").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A signed webhook: what [`WebhookBuilder::build`] returns.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SignedWebhook {
    /// The headers, as names and values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Puts the webhook into a request.
pub(super) fn deliver(mut request: TestRequest, webhook: SignedWebhook) -> TestRequest {
    for (name, value) in webhook.headers {
        request = request.insert_header((name, value));
    }
    request.insert_header(("Content-Type", "application/json")).set_payload(webhook.body)
}
