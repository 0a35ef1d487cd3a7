//! The signature of a delivery: HMAC-SHA256 over `ID.TIMESTAMP.BODY` (Standard Webhooks, the scheme of Svix, which
//! delivers Clerk's webhooks).

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};

use super::hmac::Mac;
use crate::{
    clock::{Timestamp, millis},
    keys::WebhookSecret,
};

/// How far a delivery's time may be from this machine's. Within it, a copy of a delivery passes too: see the guide on
/// webhooks that come twice.
const TOLERANCE: Duration = Duration::from_secs(5 * 60);

/// A longer number is no time in seconds.
const MAX_DIGITS: usize = 12;

/// The values of the three headers.
#[derive(Clone, Copy)]
pub(crate) struct DeliveryHeaders<'h> {
    pub(crate) id: &'h str,
    pub(crate) timestamp: &'h str,
    /// `v1,BASE64`, several of them separated by spaces while a secret is rotated.
    pub(crate) signatures: &'h str,
}

/// What is wrong with a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DeliveryError {
    MalformedId,
    MalformedTimestamp,
    TooOld,
    InTheFuture,
    MalformedSignature,
    /// No signature in the list is that of the message by any of the secrets.
    SignatureMismatch,
}

/// A delivery whose headers are well-formed and whose time is right. Its signature is not checked yet: the body is read
/// only now.
pub(crate) struct Delivery {
    id: String,
    /// As it was sent and signed.
    timestamp: String,
    sent_at: Timestamp,
    signatures: Vec<Vec<u8>>,
    /// Some signature of version 1 could not be decoded.
    has_malformed_signature: bool,
}

impl Delivery {
    pub(crate) fn parse(headers: DeliveryHeaders<'_>, now: Timestamp) -> Result<Self, DeliveryError> {
        // A full stop in the id could move the border between the signed parts.
        let is_id_char = |b: u8| b.is_ascii_graphic() && b != b'.';
        if headers.id.is_empty() || !headers.id.bytes().all(is_id_char) {
            return Err(DeliveryError::MalformedId);
        }
        let sent_at = parse_timestamp(headers.timestamp).ok_or(DeliveryError::MalformedTimestamp)?;
        // In whole seconds, as the reference compares them.
        let age = (now.as_seconds() - sent_at.as_seconds()).saturating_mul(1000);
        if age > millis(TOLERANCE) {
            return Err(DeliveryError::TooOld);
        }
        if age < -millis(TOLERANCE) {
            return Err(DeliveryError::InTheFuture);
        }
        let list = parse_signatures(headers.signatures).ok_or(DeliveryError::MalformedSignature)?;
        let has_malformed_signature = list.iter().any(Option::is_none);
        Ok(Self {
            id: headers.id.to_owned(),
            timestamp: headers.timestamp.to_owned(),
            sent_at,
            signatures: list.into_iter().flatten().collect(),
            has_malformed_signature,
        })
    }

    /// Checks that one of the signatures is that of the body, by one of the secrets.
    pub(crate) fn verify(&self, body: &[u8], secrets: &[WebhookSecret]) -> Result<(), DeliveryError> {
        let is_signed = secrets.iter().any(|secret| {
            let mac = mac(secret, &self.id, &self.timestamp, body);
            self.signatures.iter().any(|signature| mac.is(signature))
        });
        match (is_signed, self.has_malformed_signature) {
            (true, _) => Ok(()),
            (false, true) => Err(DeliveryError::MalformedSignature),
            (false, false) => Err(DeliveryError::SignatureMismatch),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn sent_at(&self) -> Timestamp {
        self.sent_at
    }
}

/// Returns the entry of the signature header for a message.
#[cfg(feature = "testing")]
pub(crate) fn sign(secret: &WebhookSecret, id: &str, timestamp: &str, body: &[u8]) -> String {
    format!("v1,{}", STANDARD.encode(mac(secret, id, timestamp, body).to_bytes()))
}

fn mac(secret: &WebhookSecret, id: &str, timestamp: &str, body: &[u8]) -> Mac {
    Mac::of(secret.expose(), &[id.as_bytes(), b".", timestamp.as_bytes(), b".", body])
}

fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let is_number = (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let seconds: u64 = is_number.then(|| text.parse().ok()).flatten()?;
    Some(Timestamp::from_numeric_date(seconds as f64))
}

/// Returns the signatures of version 1, `None` for one that is not base64; or `None` if the list is no list of
/// signatures at all. Other versions are skipped.
fn parse_signatures(list: &str) -> Option<Vec<Option<Vec<u8>>>> {
    let mut signatures = Vec::new();
    let mut is_empty = true;
    for entry in list.split(' ').filter(|entry| !entry.is_empty()) {
        is_empty = false;
        match entry.split_once(',')? {
            ("v1", encoded) => signatures.push(STANDARD.decode(encoded).ok()),
            ("", _) => return None,
            _ => {}
        }
    }
    (!is_empty).then_some(signatures)
}

#[cfg(test)]
mod tests;
