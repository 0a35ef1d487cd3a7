//! Observability: an event for each decision, rejection and call to Clerk, for the log and for an [`Observer`]; and the
//! tools that keep log lines short and safe.

mod event;
mod hint;
mod log_limit;
#[cfg(feature = "metrics")]
mod metrics;
mod observer;

#[cfg(feature = "metrics")]
#[cfg_attr(docsrs, doc(cfg(feature = "metrics")))]
pub use self::metrics::Metrics;
pub use self::{
    event::{ClerkCall, CutOffsAdded, Decision, Event, KeysFetched, Rejection, RevocationStore},
    observer::Observer,
};
pub(crate) use self::{hint::hint, log_limit::LogLimit, observer::Observers};
