//! The report of an OAuth token that was accepted. It waits until the request is over, because a resource further in may
//! reject the token by its audience.

use std::thread;

use actix_web::{HttpMessage, HttpRequest};

use crate::request::Denial;

type Report = Box<dyn FnOnce(Option<&Denial>)>;

/// A report that has not been made yet, in the request's extensions.
pub(super) struct PendingReport(Option<Report>);

impl PendingReport {
    /// Keeps a report. It gets the rejection of the token, if there is one.
    pub(super) fn keep(req: &HttpRequest, report: impl FnOnce(Option<&Denial>) + 'static) {
        let pending = Self(Some(Box::new(report)));
        // The one of another instance's middleware further out is made, when the extensions are no longer borrowed.
        let earlier = req.extensions_mut().insert(pending);
        drop(earlier);
    }

    /// Makes the report, if there is one.
    pub(super) fn end(req: &HttpRequest, denial: Option<&Denial>) {
        let pending = req.extensions_mut().remove::<Self>();
        if let Some(report) = pending.and_then(|mut pending| pending.0.take()) {
            report(denial);
        }
    }
}

/// For requests that end without a response, because their client is gone or inner middleware failed.
impl Drop for PendingReport {
    fn drop(&mut self) {
        if let Some(report) = self.0.take()
            && !thread::panicking()
        {
            report(None);
        }
    }
}
