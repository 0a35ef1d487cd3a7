//! What the outermost middleware does when a response leaves: it reports a rejection, once, and in development explains
//! it on a page.

use actix_web::{
    Error, HttpMessage,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, Uri},
};

use crate::web::{
    development_page,
    error::Rejected,
    rejected::RejectedRequest,
    report::report_unasked,
    state::{RequestState, with_state},
};

/// The outermost middleware's way out of one request.
pub(super) struct Exit {
    /// For an error without its request; `None` if nobody wants to hear of rejections.
    line: Option<Box<(Method, Uri, RequestState)>>,
}

impl Exit {
    /// Returns `None` if another middleware is further out. Must be called before the state is stored.
    pub(super) fn of(req: &ServiceRequest, state: &RequestState) -> Option<Self> {
        let is_outermost = !req.extensions().contains::<RequestState>();
        is_outermost.then(|| {
            let is_heard = state.config().settings().observers.hear_of_rejections();
            Self { line: is_heard.then(|| Box::new((req.method().clone(), req.uri().clone(), state.clone()))) }
        })
    }

    /// Returns whether the response may be one to a rejection. It may have any status, if an error handler chose it.
    pub(super) fn is_needed<B>(response: &ServiceResponse<B>) -> bool {
        !response.status().is_success() || response.response().error().is_some()
    }

    pub(super) fn leave<B: MessageBody + 'static>(
        &self,
        mut response: ServiceResponse<EitherBody<B>>,
    ) -> ServiceResponse<EitherBody<B>> {
        let Some(rejected) = response.response_mut().extensions_mut().remove::<Rejected>() else { return response };
        if rejected.has_default_response {
            response = development_page::explain(response, &rejected.error);
        }
        let req = response.request();
        with_state(req, |state| {
            let request = RejectedRequest { method: req.method().as_str(), path: req.path(), req: Some(req), state };
            request.report(&rejected.error, response.status());
        });
        response
    }

    /// Reports a rejection, or an undecided token, if inner middleware returns an error. Its request is gone.
    pub(super) fn leave_with_an_error(&self, error: &Error) {
        let Some((method, uri, state)) = self.line.as_deref() else { return };
        report_unasked(method.as_str(), uri.path(), None, state);
        let response = error.as_response_error().error_response();
        if let Some(rejected) = response.extensions().get::<Rejected>() {
            let request = RejectedRequest { method: method.as_str(), path: uri.path(), req: None, state };
            request.report(&rejected.error, response.status());
        }
    }
}
