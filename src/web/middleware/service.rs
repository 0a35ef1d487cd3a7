//! The middleware at work in one worker: the path of a request, from Actix to the handler and back.
//!
//! Gather, decide, act: [`decide`] gathers the facts and decides, at once if it does not have to ask Clerk, which is the
//! common case. [`act`] calls the handler or sends a response, and [`After`] adds the decision's headers.

use std::{
    future::{self, Ready},
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready},
    error::InternalError,
    http::StatusCode,
};
use futures_util::{FutureExt, future::LocalBoxFuture};
use pin_project_lite::pin_project;

use super::{
    ClerkMiddleware, ConfigSource,
    exchanges::OncePerRequest,
    exit::Exit,
    headers::{finish, malformed_handshake, redirect_response},
    watched::Watched,
    websocket::select_protocol,
};
use crate::{
    auth::Session,
    instance::{ClerkConfig, WithoutCalls},
    request::{Additions, Backend, Outcome, authenticate},
    web::{
        auth_headers::{AUTH_STATUS, Removed},
        error::Rejected,
        error_handler::{Hidden, answer},
        facts::ActixFacts,
        frontend_api_proxy::Proxied,
        pending_report::PendingReport,
        report::{Watch, report_unasked},
        resource_metadata::enter,
        span::record,
        state::{RequestState, planted_caller, with_state},
    },
};

/// The wrapped service of one worker.
#[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
pub struct ClerkService<S> {
    service: Rc<S>,
    clerk: Rc<ClerkMiddleware>,
}

/// The decision about a request.
enum Decision {
    /// An outer middleware has made it, with this very configuration.
    Stands,
    /// The handler is called.
    Passes(RequestState, Option<Box<Additions>>),
    /// This response is sent, and the handler is not called.
    Answered(HttpResponse),
}

impl<S> ClerkService<S> {
    /// Must be called on the worker's own thread.
    pub(super) fn new(service: S, clerk: ClerkMiddleware) -> Self {
        Self { service: Rc::new(service), clerk: Rc::new(clerk.of_this_worker()) }
    }
}

impl<S, B> Transform<S, ServiceRequest> for ClerkMiddleware
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = ClerkService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        future::ready(Ok(ClerkService::new(service, self.clone())))
    }
}

impl<S, B> Service<ServiceRequest> for ClerkService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = ClerkFuture<S, B>;

    forward_ready!(service);

    /// Decides nothing before the future is polled, so that fields are recorded in the span that is entered then.
    fn call(&self, req: ServiceRequest) -> Self::Future {
        let (service, clerk) = (Rc::clone(&self.service), Rc::clone(&self.clerk));
        ClerkFuture::Called { service, clerk, req: Some(req) }
    }
}

/// Chooses the configuration, and begins with it. An application that chooses without waiting pays for no second box.
fn begin<S, B>(service: &Rc<S>, clerk: &Rc<ClerkMiddleware>, req: ServiceRequest) -> ClerkFuture<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    let resolve = match &clerk.source {
        ConfigSource::Fixed(config) => return begin_with(config, service, clerk, req),
        ConfigSource::PerRequest(resolve) => resolve,
    };
    let mut resolving = resolve(&req);
    let (service, clerk) = (Rc::clone(service), Rc::clone(clerk));
    match (&mut resolving).now_or_never() {
        Some(Ok(config)) => begin_with(&config, &service, &clerk, req),
        at_once => ClerkFuture::Waiting {
            waiting: Box::pin(async move {
                let resolved = match at_once {
                    Some(resolved) => resolved,
                    None => resolving.await,
                };
                match resolved {
                    Ok(config) => begin_with(&config, &service, &clerk, req).await,
                    Err(error) => Ok(req.error_response(error).map_into_right_body()),
                }
            }),
        },
    }
}

/// Goes as far as possible without waiting for Clerk.
fn begin_with<S, B>(
    config: &ClerkConfig,
    service: &Rc<S>,
    clerk: &Rc<ClerkMiddleware>,
    req: ServiceRequest,
) -> ClerkFuture<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    if let Some(proxied) = Proxied::of(req.request(), config.settings()) {
        return ClerkFuture::Waiting { waiting: Box::pin(pass(proxied, req, config.clone())) };
    }
    let watch = Watch::start(config.settings());
    if let Some(decision) = decide_at_once(req.request(), config, watch) {
        return act(decision, &**service, req, clerk);
    }
    let (config, service, clerk) = (config.clone(), Rc::clone(service), Rc::clone(clerk));
    let waiting = Box::pin(async move {
        let backend = OncePerRequest { config: &config, req: req.request() };
        let decision = decide(req.request(), &config, &backend, watch).await;
        act(decision, &*service, req, &clerk).await
    });
    ClerkFuture::Waiting { waiting }
}

/// Answers a request for the Frontend API proxy. Nothing is authenticated, and the handler is not called.
async fn pass<B>(
    proxied: Proxied,
    mut req: ServiceRequest,
    config: ClerkConfig,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let payload = req.take_payload();
    let response = proxied.pass(req.request(), payload, config.settings()).await;
    Ok(req.into_response(response).map_into_right_body())
}

/// Decides without a box or a waiting task, if no call to Clerk is needed. Otherwise the attempt is dropped at the first
/// question to Clerk, and nothing has been done until then that [`decide`] could not do again.
fn decide_at_once(req: &HttpRequest, config: &ClerkConfig, watch: Option<Watch>) -> Option<Decision> {
    // Pinned where it is made: `now_or_never` would copy it, which is kilobytes.
    pin!(decide(req, config, &WithoutCalls(config), watch)).now_or_never()
}

async fn decide(req: &HttpRequest, config: &ClerkConfig, backend: &impl Backend, watch: Option<Watch>) -> Decision {
    if is_decided_by(req, config) {
        return Decision::Stands;
    }
    if let Some(state) = planted_caller(req, Some(config)) {
        return Decision::Passes(state, None);
    }
    let (settings, now) = (config.settings(), config.settings().clock.now());
    let backend = Watched::new(backend);
    let outcome = authenticate(&ActixFacts(req), settings, &backend, now).await;
    if let Some(watch) = watch {
        watch.report(req, config, &outcome, backend.lookup());
    }
    let (state, additions) = match outcome {
        Outcome::SignedIn { token, additions } => (RequestState::session(config.clone(), Ok(token)), additions),
        Outcome::SignedOut { why, additions } => (RequestState::session(config.clone(), Err(why)), additions),
        Outcome::Machine { token_type, verdict } => (RequestState::machine(config.clone(), token_type, verdict), None),
        Outcome::Opaque(token) => (RequestState::opaque(config.clone(), token), None),
        Outcome::Redirect(redirect) => return Decision::Answered(redirect_response(&redirect)),
        Outcome::Malformed { message } => return Decision::Answered(malformed_handshake(req, settings, &message, now)),
    };
    Decision::Passes(state, additions)
}

/// Returns whether the request's current decision was made with this very configuration. An outer middleware may have
/// made one earlier; an inner one of another instance replaces it.
fn is_decided_by(req: &HttpRequest, config: &ClerkConfig) -> bool {
    req.extensions().get::<RequestState>().is_some_and(|state| state.config().is(config))
}

/// Carries out the decision.
fn act<S, B>(decision: Decision, service: &S, req: ServiceRequest, clerk: &Rc<ClerkMiddleware>) -> ClerkFuture<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    let (after, exit) = match decision {
        Decision::Stands => (None, None),
        Decision::Passes(state, additions) => {
            let state = enter(req.request(), state);
            record(&state);
            let (after, exit) = (After::of(&state, additions), Exit::of(&req, &state));
            store(&req, state);
            (after, exit)
        }
        Decision::Answered(response) => {
            let response = req.into_response(response).map_into_right_body();
            return ClerkFuture::Waiting { waiting: Box::pin(future::ready(Ok(response))) };
        }
    };
    ClerkFuture::Handling { response: service.call(req), clerk: Rc::clone(clerk), after, exit }
}

fn store(req: &ServiceRequest, state: RequestState) {
    let mut extensions = req.extensions_mut();
    match state.as_session() {
        Some(Ok(session)) if !session.is_pending() => {
            extensions.insert(session.clone());
        }
        // Remove the session of an outer middleware of another instance: it does not count here.
        _ => {
            extensions.remove::<Session>();
        }
    }
    extensions.insert(state);
}

/// The work that remains when the handler has responded.
struct After {
    state: RequestState,
    additions: Option<Box<Additions>>,
}

impl After {
    /// Returns `None` if nothing remains, which is common for signed-in requests.
    fn of(state: &RequestState, additions: Option<Box<Additions>>) -> Option<Self> {
        let is_done = additions.is_none()
            && matches!(state.as_session(), Some(Ok(_)))
            && state.config().settings().websocket_token_protocol.is_none();
        (!is_done).then(|| Self { state: state.clone(), additions })
    }

    fn finish<B>(&self, response: &mut ServiceResponse<B>) {
        if matches!(self.state, RequestState::Opaque(..)) {
            let req = response.request();
            report_unasked(req.method().as_str(), req.path(), Some(req), &self.state);
        }
        // A report waits only if the request has a machine token.
        if !matches!(self.state, RequestState::Session(_) | RequestState::SignedOut(..)) {
            PendingReport::end(response.request(), None);
        }
        let is_hidden =
            response.status() == StatusCode::NOT_FOUND && response.request().extensions().contains::<Hidden>();
        // A resource further in may have rejected a JWT by its audience.
        let inner = matches!(self.state, RequestState::MachineJwt(_, _, Ok(_)))
            .then(|| with_state(response.request(), RequestState::clone))
            .flatten();
        let state = inner.as_ref().unwrap_or(&self.state);
        let denial = if is_hidden { state.denial_unasked() } else { state.denial() };
        let denial = denial.filter(|_| is_decided_by(response.request(), self.state.config()));
        let removed = if denial.is_some() { Removed::of(response.request()) } else { Removed::default() };
        finish(response.headers_mut(), self.additions.as_deref(), denial.as_deref(), removed);
        select_protocol(response, self.state.config().settings());
    }

    /// An inner middleware's error becomes a response too, and it must keep the cookies that Clerk set: a handshake's
    /// can be fetched only once.
    /// Also returns the rejection that the response was made of, if it was.
    fn finish_error(&self, error: Error) -> (Error, Option<(Rejected, StatusCode)>) {
        let denial = self.state.denial();
        if self.additions.is_none() && denial.is_none() {
            return (error, None);
        }
        let mut response = error.error_response();
        let rejected = response.extensions().get::<Rejected>().cloned();
        let rejected = rejected.map(|rejected| (rejected, response.status()));
        // If an inner middleware of another instance has added its headers, they win: without the request, there is no
        // telling whose decision holds.
        let denial = denial.filter(|_| !response.headers().contains_key(AUTH_STATUS));
        finish(response.headers_mut(), self.additions.as_deref(), denial.as_deref(), Removed::default());
        (InternalError::from_response(error, response).into(), rejected)
    }
}

/// Finishes a request whose inner middleware has failed. Rare, so it is kept out of the future's common path.
#[cold]
fn fail(error: Error, after: Option<&After>, exit: Option<&Exit>) -> Error {
    let (error, response) = match after {
        Some(after) => after.finish_error(error),
        None => (error, None),
    };
    if let Some(exit) = exit {
        exit.leave_with_an_error(&error, response);
    }
    error
}

pin_project! {
    /// A request on its way through the middleware.
    #[project = Progress]
    #[must_use = "futures do nothing unless polled"]
    #[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
    pub enum ClerkFuture<S: Service<ServiceRequest>, B> {
        /// Nothing has been done yet.
        Called { service: Rc<S>, clerk: Rc<ClerkMiddleware>, req: Option<ServiceRequest> },
        /// The request is decided, and the handler is running.
        Handling { #[pin] response: S::Future, clerk: Rc<ClerkMiddleware>, after: Option<After>, exit: Option<Exit> },
        /// Waiting for Clerk or for the application's choice of configuration; or the response is sent without the
        /// handler.
        Waiting { waiting: LocalBoxFuture<'static, Result<ServiceResponse<EitherBody<B>>, Error>> },
    }
}

impl<S, B> Future for ClerkFuture<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    type Output = Result<ServiceResponse<EitherBody<B>>, Error>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if let Progress::Called { service, clerk, req } = self.as_mut().project()
            && let Some(req) = req.take()
        {
            let begun = begin(service, clerk, req);
            self.set(begun);
        }
        match self.project() {
            Progress::Called { .. } => Poll::Pending,
            Progress::Handling { response, clerk, after, exit } => Poll::Ready(match ready!(response.poll(context)) {
                Ok(response) => {
                    let mut response = answer(response, clerk.error_handler.as_ref());
                    if let Some(after) = after {
                        after.finish(&mut response);
                    }
                    Ok(match exit {
                        Some(exit) if Exit::is_needed(&response) => exit.leave(response),
                        _ => response,
                    })
                }
                Err(error) => Err(fail(error, after.as_ref(), exit.as_ref())),
            }),
            Progress::Waiting { waiting } => waiting.as_mut().poll(context),
        }
    }
}
