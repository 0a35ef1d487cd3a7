//! The way out of a request: a rejection is reported, once, and in development explained on a page. Of several middlewares,
//! the outermost one that has something to do does it.

use actix_web::{
    Error, HttpMessage, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, Uri},
};

use crate::{
    request::carrier,
    web::{
        development_page,
        error::Rejected,
        facts::ActixFacts,
        rejected::RejectedRequest,
        report::report_unasked,
        resource_metadata::rejection_of,
        state::{RequestState, with_state},
    },
};

/// The way out of one request.
pub(super) struct Exit {
    /// For an error without its request; `None` if nobody wants to hear of rejections.
    line: Option<Box<Line>>,
}

/// Marks a request that has a way out already, in its extensions.
struct HasExit;

/// What a report needs of a request that is gone.
struct Line {
    method: Method,
    uri: Uri,
    carrier: &'static str,
    state: RequestState,
}

impl Exit {
    /// Returns `None` if there is nothing to do for this configuration, or if a middleware further out does it.
    pub(super) fn of(req: &ServiceRequest, state: &RequestState) -> Option<Self> {
        let settings = state.config().settings();
        let is_heard = settings.observers.hear_of_rejections();
        if !is_heard && !settings.explains_rejections || req.extensions_mut().insert(HasExit).is_some() {
            return None;
        }
        let line = is_heard.then(|| {
            let carrier = carrier(&ActixFacts(req.request()), settings);
            Box::new(Line { method: req.method().clone(), uri: req.uri().clone(), carrier, state: state.clone() })
        });
        Some(Self { line })
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
        // Cloned, so that the request's extensions are not borrowed while observers run.
        if let Some(state) = with_state(req, RequestState::clone) {
            let request = RejectedRequest {
                method: req.method().as_str(),
                path: req.path(),
                carrier: carrier(&ActixFacts(req), state.config().settings()),
                req: Some(req),
                state: &state,
            };
            request.report(&rejected.error, response.status());
        }
        response
    }

    /// Reports a rejection, or an undecided token, if inner middleware returns an error. Its request is gone. `response` is
    /// the rejection that the error's response was made of, if there is a response yet; this makes none, because some
    /// errors give theirs away only once.
    pub(super) fn leave_with_an_error(&self, error: &Error, response: Option<(Rejected, StatusCode)>) {
        let Some(Line { method, uri, carrier, state }) = self.line.as_deref() else { return };
        report_unasked(method.as_str(), uri.path(), None, state);
        let own = || rejection_of(error).map(|error| (error.clone(), error.status_code()));
        let rejected = response.map(|(rejected, status)| (rejected.error, status)).or_else(own);
        if let Some((error, status)) = rejected {
            let request = RejectedRequest { method: method.as_str(), path: uri.path(), carrier, req: None, state };
            request.report(&error, status);
        }
    }
}
