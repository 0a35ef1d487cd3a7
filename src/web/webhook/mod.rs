//! Webhooks as an extractor: a delivery is verified before the handler sees it.

mod body;
mod config;
mod error;
mod headers;

use std::time::SystemTime;

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use futures_util::future::LocalBoxFuture;
use serde::de::DeserializeOwned;

use self::{body::Body, config::Resolved};
pub use self::{config::WebhookConfig, error::WebhookError};
use crate::{
    api::{system_time, without_data},
    clock::Clock,
    observe::{LogLimit, hint},
    webhook::{Delivery, WebhookEvent},
};

/// A webhook that Clerk has sent: an extractor that verifies its signature and its time, and reads the event.
///
/// The guide [`webhooks`](https://docs.rs/clerk-actix/latest/clerk_actix/guide/webhooks/) has the set-up, and what to do
/// about events that come twice or out of order.
///
/// ```
/// use actix_web::{post, HttpResponse};
/// use clerk_actix::{Webhook, WebhookEvent};
///
/// #[post("/webhooks/clerk")]
/// async fn clerk(webhook: Webhook) -> actix_web::Result<HttpResponse> {
///     match webhook.event {
///         WebhookEvent::UserCreated(event) => println!("new: {}", event.data.id),
///         WebhookEvent::UserDeleted(event) => println!("gone: {:?}", event.data.id),
///         _ => {}
///     }
///     Ok(HttpResponse::NoContent().finish()) // any 2xx: do not send it again
/// }
/// ```
///
/// Every other status makes Clerk deliver the webhook again later. So return an error from the handler if it could not do
/// its work, which is a 500 by default, and a 2xx for events that it ignores.
///
/// The secret comes from `CLERK_WEBHOOK_SIGNING_SECRET` or
/// [`webhook_signing_secret`](crate::ClerkConfigBuilder::webhook_signing_secret); [`WebhookConfig`] has the details.
/// The route needs neither [`ClerkMiddleware`](crate::ClerkMiddleware) nor a caller, so do not wrap it in
/// [`require_auth`](crate::require_auth()). A request that cannot be verified is rejected with a [`WebhookError`]. To
/// respond to it yourself, extract `Result<Webhook, WebhookError>`.
///
/// The signature covers the body byte for byte, so no other extractor and no middleware may read it first, and a body
/// is not decompressed.
///
/// # Your own type
///
/// `Webhook<T>` reads the body as any type that implements [`DeserializeOwned`], such as one with only the members that
/// you need, or `serde_json::Value`.
///
/// ```
/// use clerk_actix::Webhook;
///
/// #[derive(serde::Deserialize)]
/// struct Deploy {
///     version: String,
/// }
///
/// async fn deployed(webhook: Webhook<Deploy>) -> String {
///     format!("{} deployed {}", webhook.id(), webhook.event.version)
/// }
/// # let _ = actix_web::web::post().to(deployed);
/// ```
#[derive(Clone, Debug)]
#[doc(alias = "verifyWebhook")]
pub struct Webhook<T = WebhookEvent> {
    id: String,
    timestamp: SystemTime,
    /// The event.
    pub event: T,
}

impl<T> Webhook<T> {
    /// Returns the ID of the delivery, `msg_…`: the same each time that it is delivered again.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns when this attempt to deliver it was signed. [`WebhookEvent::timestamp`] is when the event happened.
    pub fn timestamp(&self) -> SystemTime {
        self.timestamp
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for Webhook<T> {
    type Error = WebhookError;
    type Future = LocalBoxFuture<'static, Result<Self, WebhookError>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let opened = open(&req, payload);
        Box::pin(async move {
            match opened {
                Ok(opened) => opened.read(&req).await,
                Err(error) => Err(error),
            }
        })
    }
}

/// A delivery whose headers are right and whose body is not read yet.
struct Opened {
    delivery: Delivery,
    settings: Resolved,
    body: Body,
}

/// Decides by the headers alone whether the body is worth reading.
fn open(req: &HttpRequest, payload: &mut Payload) -> Result<Opened, WebhookError> {
    let settings = Resolved::of(req).map_err(|unresolved| {
        let error = WebhookError::from(&unresolved);
        let found = unresolved.error.map(|error| error.to_string());
        log_mistake(req, error, found.as_deref());
        error
    })?;
    let now = settings.clock.now();
    let checked = headers::read(req.headers())
        .and_then(|headers| Ok(Delivery::parse(headers, now)?))
        .and_then(|delivery| Ok((delivery, Body::take(req, payload, settings.webhooks.body_limit)?)));
    match checked {
        Ok((delivery, body)) => Ok(Opened { delivery, settings, body }),
        Err(error) => Err(reject(req, error)),
    }
}

impl Opened {
    async fn read<T: DeserializeOwned>(self, req: &HttpRequest) -> Result<Webhook<T>, WebhookError> {
        let Self { delivery, settings, body } = self;
        let bytes = body.read().await.map_err(|error| reject(req, error))?;
        delivery.verify(&bytes, &settings.webhooks.secrets).map_err(|error| reject(req, error.into()))?;
        let event = serde_json::from_slice(&bytes).map_err(|problem| {
            let error = if problem.is_data() { WebhookError::UnexpectedForm } else { WebhookError::NotJson };
            log_unreadable(req, &delivery, error, &problem);
            error
        })?;
        let timestamp = system_time(delivery.sent_at().as_millis());
        Ok(Webhook { id: delivery.id().to_owned(), timestamp, event })
    }
}

/// Logs a rejection that a stranger can cause, or a mistake of the application that shows in it.
fn reject(req: &HttpRequest, error: WebhookError) -> WebhookError {
    static REJECTED: LogLimit = LogLimit::new();
    if error == WebhookError::PayloadConsumed {
        log_mistake(req, error, None);
    } else if let Some(left_out) = REJECTED.admit(Clock::System.now()) {
        tracing::warn!(
            path = hint(req.path()),
            code = error.code(),
            left_out,
            "rejected a webhook: {error}: {}",
            error.advice()
        );
    }
    error
}

/// Logs a mistake of the application, because of which no webhook is accepted.
fn log_mistake(req: &HttpRequest, error: WebhookError, found: Option<&str>) {
    static MISTAKEN: LogLimit = LogLimit::new();
    if let Some(left_out) = MISTAKEN.admit(Clock::System.now()) {
        tracing::error!(
            path = hint(req.path()),
            code = error.code(),
            found,
            left_out,
            "rejected a webhook: {error}: {}",
            error.advice()
        );
    }
}

/// Logs a delivery that is authentic but not understood. Strangers cannot cause it, so it has a limit of its own.
fn log_unreadable(req: &HttpRequest, delivery: &Delivery, error: WebhookError, problem: &serde_json::Error) {
    static UNREADABLE: LogLimit = LogLimit::new();
    if let Some(left_out) = UNREADABLE.admit(Clock::System.now()) {
        tracing::error!(
            path = hint(req.path()),
            id = hint(delivery.id()),
            code = error.code(),
            problem = hint(without_data(&problem.to_string())),
            left_out,
            "could not read a webhook with a valid signature, and Clerk will send it again: {error}: {}",
            error.advice()
        );
    }
}
