//! The body of a delivery: the bytes as they were sent, up to a limit.

use actix_web::{
    HttpRequest,
    dev::Payload,
    http::{Version, header},
    web::{Bytes, BytesMut},
};
use futures_util::StreamExt;

use super::error::WebhookError;

/// A body that is not read yet.
pub(super) struct Body {
    payload: Payload,
    /// The `Content-Length`.
    announced: Option<usize>,
    limit: usize,
}

impl Body {
    /// Takes the body of a request, unless it is already known to be gone or too large.
    pub(super) fn take(req: &HttpRequest, payload: &mut Payload, limit: usize) -> Result<Self, WebhookError> {
        let announced = req.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        if announced.is_some_and(|length: usize| length > limit) {
            return Err(WebhookError::TooLarge);
        }
        let payload = payload.take();
        // Actix leaves nothing in place of a body that was taken, and for HTTP/1 requests without one.
        let has_body = req.version() == Version::HTTP_2 || req.headers().contains_key(header::TRANSFER_ENCODING);
        if matches!(payload, Payload::None) && (has_body || announced.is_some_and(|length| length > 0)) {
            return Err(WebhookError::PayloadConsumed);
        }
        Ok(Self { payload, announced, limit })
    }

    /// Reads the body. Stops at the limit, whatever its length was announced to be.
    pub(super) async fn read(mut self) -> Result<Bytes, WebhookError> {
        let mut body = BytesMut::new();
        while let Some(chunk) = self.payload.next().await {
            let chunk = chunk.map_err(|_| WebhookError::BodyIncomplete)?;
            if chunk.len() > self.limit.saturating_sub(body.len()) {
                return Err(WebhookError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        // Somebody has read it without taking it. A client cannot cause this: a body that is shorter than announced is an
        // error.
        if body.is_empty() && self.announced.is_some_and(|length| length > 0) {
            return Err(WebhookError::PayloadConsumed);
        }
        Ok(body.freeze())
    }
}
