//! Webhooks: the signature of a delivery, and the events. Pure: headers, bytes, secrets and the time in, a verdict or an
//! event out.

mod event;
mod hmac;
mod kinds;
mod signature;

#[cfg(feature = "testing")]
pub(crate) use self::signature::sign;
pub(crate) use self::signature::{Delivery, DeliveryError, DeliveryHeaders};
pub use self::{
    event::{Event, EventAttributes, HttpRequestAttributes},
    kinds::WebhookEvent,
};
