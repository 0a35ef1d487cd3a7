//! Why a webhook was rejected, and the response that says so.

use actix_web::{
    HttpResponse, ResponseError,
    body::BoxBody,
    http::{StatusCode, header},
};

use crate::{web::envelope::envelope, webhook::DeliveryError};

/// Why [`Webhook`](crate::Webhook) rejected a request.
///
/// It is an Actix [`ResponseError`] with Clerk's JSON envelope, `{"errors":[{"code","message"}]}`, which the Clerk
/// Dashboard shows among the attempts to deliver. Neither the message nor the `Debug` output contains anything of the
/// request or of the secret. Each rejection is a line in the log as well.
///
/// | | status | [`code`](Self::code) |
/// |---|---|---|
/// | [`HeadersMissing`](Self::HeadersMissing) | 400 | `webhook-headers-missing` |
/// | [`HeadersConflicting`](Self::HeadersConflicting) | 400 | `webhook-headers-conflicting` |
/// | [`MalformedId`](Self::MalformedId) | 400 | `webhook-id-malformed` |
/// | [`MalformedTimestamp`](Self::MalformedTimestamp) | 400 | `webhook-timestamp-malformed` |
/// | [`TooOld`](Self::TooOld) | 400 | `webhook-too-old` |
/// | [`InTheFuture`](Self::InTheFuture) | 400 | `webhook-in-the-future` |
/// | [`MalformedSignature`](Self::MalformedSignature) | 400 | `webhook-signature-malformed` |
/// | [`SignatureMismatch`](Self::SignatureMismatch) | 400 | `webhook-signature-mismatch` |
/// | [`BodyIncomplete`](Self::BodyIncomplete) | 400 | `webhook-body-incomplete` |
/// | [`NotJson`](Self::NotJson) | 400 | `webhook-not-json` |
/// | [`UnexpectedForm`](Self::UnexpectedForm) | 400 | `webhook-unexpected-form` |
/// | [`TooLarge`](Self::TooLarge) | 413 | `webhook-too-large` |
/// | [`SecretMissing`](Self::SecretMissing) | 500 | `webhook-secret-missing` |
/// | [`PayloadConsumed`](Self::PayloadConsumed) | 500 | `webhook-payload-consumed` |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The request does not have all three headers of a signed webhook.
    #[error("the headers svix-id, svix-timestamp and svix-signature are required")]
    HeadersMissing,

    /// A header comes twice, or `svix-*` and `webhook-*` headers contradict each other.
    #[error("the headers of the webhook come more than once or contradict each other")]
    HeadersConflicting,

    /// The ID is empty, or contains white space, a full stop or characters that are not ASCII.
    #[error("the id of the webhook is malformed")]
    MalformedId,

    /// The timestamp is not a number of seconds.
    #[error("the timestamp of the webhook is malformed")]
    MalformedTimestamp,

    /// The webhook was signed more than five minutes ago: it is a copy, or this machine's clock is ahead.
    #[error("the webhook was signed more than five minutes ago")]
    TooOld,

    /// The webhook was signed more than five minutes from now: this machine's clock is behind.
    #[error("the webhook was signed in the future")]
    InTheFuture,

    /// The signature header is not a list of `VERSION,BASE64`, and no valid signature is in it.
    #[error("the signature of the webhook is malformed")]
    MalformedSignature,

    /// The signature is not that of the ID, the timestamp and the body by any of the secrets.
    #[error("the signature of the webhook does not match")]
    SignatureMismatch,

    /// The connection ended before the body did.
    #[error("the body of the webhook is incomplete")]
    BodyIncomplete,

    /// The signature is right, but the body is not JSON in UTF-8.
    #[error("the body of the webhook is not JSON")]
    NotJson,

    /// The signature is right, but the JSON does not fit the type that the handler expects. The log line names the
    /// member.
    #[error("the body of the webhook does not have the expected form")]
    UnexpectedForm,

    /// The body is larger than [`webhook_body_limit`](crate::ClerkConfigBuilder::webhook_body_limit).
    #[error("the body of the webhook is too large")]
    TooLarge,

    /// No signing secret is set.
    #[error("no signing secret is set for webhooks")]
    SecretMissing,

    /// Another extractor or middleware has read the body, so its signature cannot be checked.
    #[error("the body of the webhook has already been read")]
    PayloadConsumed,
}

impl WebhookError {
    /// The stable code of the response's body.
    pub fn code(&self) -> &'static str {
        match self {
            Self::HeadersMissing => "webhook-headers-missing",
            Self::HeadersConflicting => "webhook-headers-conflicting",
            Self::MalformedId => "webhook-id-malformed",
            Self::MalformedTimestamp => "webhook-timestamp-malformed",
            Self::TooOld => "webhook-too-old",
            Self::InTheFuture => "webhook-in-the-future",
            Self::MalformedSignature => "webhook-signature-malformed",
            Self::SignatureMismatch => "webhook-signature-mismatch",
            Self::BodyIncomplete => "webhook-body-incomplete",
            Self::NotJson => "webhook-not-json",
            Self::UnexpectedForm => "webhook-unexpected-form",
            Self::TooLarge => "webhook-too-large",
            Self::SecretMissing => "webhook-secret-missing",
            Self::PayloadConsumed => "webhook-payload-consumed",
        }
    }

    /// What usually causes it and what to do, for the log.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::HeadersMissing => "it does not come from Clerk, or a proxy removes headers",
            Self::HeadersConflicting => "it does not come from Clerk, or a proxy adds headers",
            Self::MalformedId | Self::MalformedTimestamp | Self::MalformedSignature => {
                "it does not come from Clerk, or a proxy changes headers"
            }
            Self::TooOld | Self::InTheFuture => {
                "synchronize this machine's clock (NTP); if it is right, somebody repeats an old delivery"
            }
            Self::SignatureMismatch => {
                "copy the signing secret from this endpoint's page in the Clerk Dashboard into webhook_signing_secret \
                 (CLERK_WEBHOOK_SIGNING_SECRET); if it is right, middleware or a proxy changes the body, or the request \
                 is forged"
            }
            Self::BodyIncomplete => "the connection ended early",
            Self::NotJson => "whoever signed it sends something else than Clerk's events",
            Self::UnexpectedForm => "the handler's type does not fit the event",
            Self::TooLarge => "raise webhook_body_limit if your events are larger",
            Self::SecretMissing => {
                "set CLERK_WEBHOOK_SIGNING_SECRET, or webhook_signing_secret on the builder of the ClerkConfig or on the \
                 WebhookConfig of this route"
            }
            Self::PayloadConsumed => {
                "remove the extractor in front of Webhook, or the middleware that reads the body of this route"
            }
        }
    }
}

impl From<DeliveryError> for WebhookError {
    fn from(error: DeliveryError) -> Self {
        match error {
            DeliveryError::MalformedId => Self::MalformedId,
            DeliveryError::MalformedTimestamp => Self::MalformedTimestamp,
            DeliveryError::TooOld => Self::TooOld,
            DeliveryError::InTheFuture => Self::InTheFuture,
            DeliveryError::MalformedSignature => Self::MalformedSignature,
            DeliveryError::SignatureMismatch => Self::SignatureMismatch,
        }
    }
}

impl ResponseError for WebhookError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::SecretMissing | Self::PayloadConsumed => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }

    fn error_response(&self) -> HttpResponse<BoxBody> {
        let mut response = HttpResponse::build(self.status_code());
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.json(envelope(self.code(), &self.to_string()))
    }
}
