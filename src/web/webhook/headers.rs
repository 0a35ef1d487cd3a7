//! The three headers of a delivery, under either of their names.

use actix_web::http::header::HeaderMap;

use super::error::WebhookError;
use crate::webhook::DeliveryHeaders;

/// Svix's own names, which Clerk sends, and those of Standard Webhooks.
const NAMES: [[&str; 3]; 2] =
    [["svix-id", "svix-timestamp", "svix-signature"], ["webhook-id", "webhook-timestamp", "webhook-signature"]];

/// Returns the headers. All of them must have names of one kind. If there are both kinds, they must have the same
/// values, because whatever else reads the request could see the other ones.
pub(super) fn read(headers: &HeaderMap) -> Result<DeliveryHeaders<'_>, WebhookError> {
    let [svix, standard] = NAMES.map(|names| names.map(|name| value(headers, name)));
    let (svix, standard) = (all(svix)?, all(standard)?);
    for (one, other) in svix.iter().zip(&standard) {
        if let (Some(one), Some(other)) = (one, other)
            && one != other
        {
            return Err(WebhookError::HeadersConflicting);
        }
    }
    match (svix, standard) {
        ([Some(id), Some(timestamp), Some(signatures)], _) | (_, [Some(id), Some(timestamp), Some(signatures)]) => {
            Ok(DeliveryHeaders {
                id: str::from_utf8(id).map_err(|_| WebhookError::MalformedId)?,
                timestamp: str::from_utf8(timestamp).map_err(|_| WebhookError::MalformedTimestamp)?,
                signatures: str::from_utf8(signatures).map_err(|_| WebhookError::MalformedSignature)?,
            })
        }
        _ => Err(WebhookError::HeadersMissing),
    }
}

type Values<'h> = [Option<&'h [u8]>; 3];

fn all<'h>(values: [Result<Option<&'h [u8]>, WebhookError>; 3]) -> Result<Values<'h>, WebhookError> {
    let [id, timestamp, signatures] = values;
    Ok([id?, timestamp?, signatures?])
}

/// Returns the value of a header that may come once.
fn value<'h>(headers: &'h HeaderMap, name: &str) -> Result<Option<&'h [u8]>, WebhookError> {
    let mut values = headers.get_all(name);
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(WebhookError::HeadersConflicting),
        (value, None) => Ok(value.map(|value| value.as_bytes())),
    }
}
