//! The middleware at work in one worker. It decides a request at once if it does not have to ask Clerk, which is the
//! common case, and adds the decision's headers to the response.

use std::{
    future,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, Waker, ready},
};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{Service, ServiceRequest, ServiceResponse, forward_ready},
    error::InternalError,
};
use futures_util::future::LocalBoxFuture;
use pin_project_lite::pin_project;

use super::{
    ActixFacts, ClerkMiddleware, Source,
    exchanges::OncePerRequest,
    headers::{finish, redirect_response},
};
use crate::{
    auth::{Principal, RequestState},
    auth_headers::{AUTH_STATUS, Removed},
    backend::{ClerkApi, HttpClient, WithoutCalls},
    config::ClerkConfig,
    error::AuthError,
    error_handler::answer,
    request::{Additions, Backend, Outcome, authenticate},
    websocket::select_protocol,
};

/// The wrapped service of one worker, with that worker's connections to Clerk.
#[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
pub struct ClerkService<S> {
    service: Rc<S>,
    worker: Rc<Worker>,
}

struct Worker {
    clerk: ClerkMiddleware,
    http: HttpClient,
}

/// The decision about a request.
enum Decision {
    /// Call the handler.
    Passes(RequestState, Option<Box<Additions>>),
    /// Send this response without calling the handler.
    Answered(HttpResponse),
}

impl<S> ClerkService<S> {
    /// Must be called on the worker's own thread.
    pub(super) fn new(service: S, clerk: ClerkMiddleware) -> Self {
        let worker = Worker { clerk: clerk.of_this_worker(), http: HttpClient::new() };
        Self { service: Rc::new(service), worker: Rc::new(worker) }
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
        let (service, worker) = (Rc::clone(&self.service), Rc::clone(&self.worker));
        ClerkFuture::Called { service, worker, req: Some(req) }
    }
}

/// Goes as far as possible without waiting for Clerk or for the application's choice of configuration.
fn begin<S, B>(service: &Rc<S>, worker: &Rc<Worker>, req: ServiceRequest) -> ClerkFuture<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: MessageBody + 'static,
{
    if let Source::Fixed(config) = &worker.clerk.source {
        if is_decided_by(req.request(), config) {
            return handle(&**service, req, worker, None);
        }
        if let Some(decision) = decide_at_once(req.request(), config, &worker.http) {
            return act(&**service, req, worker, decision);
        }
    }
    let (service, worker) = (Rc::clone(service), Rc::clone(worker));
    let waiting = Box::pin(async move {
        let config = match resolve(&worker.clerk.source, &req).await {
            Ok(config) => config,
            Err(error) => return Ok(req.error_response(error).map_into_right_body()),
        };
        if is_decided_by(req.request(), &config) {
            return handle(&*service, req, &worker, None).await;
        }
        let decision = decide(req.request(), &config, &worker.http).await;
        act(&*service, req, &worker, decision).await
    });
    ClerkFuture::Waiting { waiting }
}

async fn resolve(source: &Source, req: &ServiceRequest) -> Result<ClerkConfig, Error> {
    match source {
        Source::Fixed(config) => Ok(config.clone()),
        Source::PerRequest(resolver) => resolver(req).await,
    }
}

/// Returns whether the request's current decision was made with this very configuration. An outer middleware may have
/// made one earlier; an inner one of another instance replaces it.
fn is_decided_by(req: &HttpRequest, config: &ClerkConfig) -> bool {
    req.extensions().get::<RequestState>().is_some_and(|state| state.config().is(config))
}

/// Decides without a box or a waiting task, if no call to Clerk is needed. If one is needed, nothing has been done yet
/// that cannot be repeated.
fn decide_at_once(req: &HttpRequest, config: &ClerkConfig, http: &HttpClient) -> Option<Decision> {
    let known = WithoutCalls(ClerkApi { config, http });
    let decision = pin!(decide_by(req, config, http, &known));
    match decision.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(decision) => Some(decision),
        Poll::Pending => None,
    }
}

async fn decide(req: &HttpRequest, config: &ClerkConfig, http: &HttpClient) -> Decision {
    let backend = OncePerRequest { api: ClerkApi { config, http }, http: req };
    decide_by(req, config, http, &backend).await
}

async fn decide_by(req: &HttpRequest, config: &ClerkConfig, http: &HttpClient, backend: &impl Backend) -> Decision {
    let (settings, now) = (config.settings(), config.settings().clock.now());
    let passes = |state| Decision::Passes(state, None);
    match authenticate(&ActixFacts(req), settings, backend, now).await {
        Outcome::SignedIn { token, additions } => {
            Decision::Passes(RequestState::session(config.clone(), Ok(token)), additions)
        }
        Outcome::SignedOut { why, additions } => {
            // Credentials planted by tests are not JWTs.
            #[cfg(feature = "testing")]
            if why.reason == crate::reason::Reason::TokenInvalid
                && let Some(state) = crate::testing::planted::state(req, config)
            {
                return passes(state);
            }
            Decision::Passes(RequestState::session(config.clone(), Err(why)), additions)
        }
        Outcome::Machine { token_type, verdict } => passes(RequestState::machine(config.clone(), token_type, verdict)),
        Outcome::Opaque(token) => passes(RequestState::opaque(config.clone(), token, *http)),
        Outcome::Redirect(redirect) => Decision::Answered(redirect_response(&redirect)),
        Outcome::Malformed { message } => Decision::Answered(AuthError::Malformed { message }.error_response()),
    }
}

/// Carries out the decision.
fn act<S, B>(service: &S, req: ServiceRequest, worker: &Rc<Worker>, decision: Decision) -> ClerkFuture<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
    B: MessageBody + 'static,
{
    match decision {
        Decision::Passes(state, additions) => {
            record(&state);
            let after = After::of(&state, additions);
            store(&req, state);
            handle(service, req, worker, after)
        }
        Decision::Answered(response) => {
            let response = req.into_response(response).map_into_right_body();
            ClerkFuture::Waiting { waiting: Box::pin(future::ready(Ok(response))) }
        }
    }
}

fn handle<S, B>(service: &S, req: ServiceRequest, worker: &Rc<Worker>, after: Option<After>) -> ClerkFuture<S, B>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error>,
{
    ClerkFuture::Handling { response: service.call(req), worker: Rc::clone(worker), after }
}

fn record(state: &RequestState) {
    match (state.as_session(), state.as_machine()) {
        (Some(Ok(session)), _) => record_caller(|| Principal::Session(session.clone())),
        (_, Some(Ok(principal))) => record_caller(|| principal.clone()),
        _ => {}
    }
}

/// Records the caller in the fields that the current span declares. Never the token.
pub(crate) fn record_caller(caller: impl FnOnce() -> Principal) {
    let span = tracing::Span::current();
    if span.is_disabled() {
        return;
    }
    let caller = caller();
    span.record("clerk.token_type", caller.token_type().as_str());
    if let Some(user_id) = caller.user_id() {
        span.record("clerk.user_id", user_id);
    }
    if let Some(organization) = caller.org_id() {
        span.record("clerk.org_id", organization);
    }
}

fn store(req: &ServiceRequest, state: RequestState) {
    let mut extensions = req.extensions_mut();
    match state.as_session() {
        Some(Ok(session)) if !session.is_pending() => {
            extensions.insert(session.clone());
        }
        // Remove the session of an outer middleware of another instance: it does not count here.
        _ => {
            extensions.remove::<crate::Session>();
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
        let refusal = self.state.refusal().filter(|_| is_decided_by(response.request(), self.state.config()));
        let removed = if refusal.is_some() { Removed::of(response.request()) } else { Removed::default() };
        finish(response.headers_mut(), self.additions.as_deref(), refusal.as_deref(), removed);
        select_protocol(response, self.state.config().settings());
    }

    /// An inner middleware's error becomes a response too, and it must keep the cookies that Clerk set: a handshake's
    /// can be fetched only once.
    fn finish_error(&self, error: Error) -> Error {
        let refusal = self.state.refusal();
        if self.additions.is_none() && refusal.is_none() {
            return error;
        }
        let mut response = error.error_response();
        // If an inner middleware of another instance has added its headers, they win: without the request, there is no
        // telling whose decision holds.
        let refusal = refusal.filter(|_| !response.headers().contains_key(AUTH_STATUS));
        finish(response.headers_mut(), self.additions.as_deref(), refusal.as_deref(), Removed::default());
        InternalError::from_response(error, response).into()
    }
}

pin_project! {
    /// A request on its way through the middleware.
    #[project = Progress]
    #[must_use = "futures do nothing unless polled"]
    #[allow(missing_debug_implementations, reason = "cannot be named outside the crate")]
    pub enum ClerkFuture<S: Service<ServiceRequest>, B> {
        /// Nothing has been done yet.
        Called { service: Rc<S>, worker: Rc<Worker>, req: Option<ServiceRequest> },
        /// The request is decided, and the handler is running.
        Handling { #[pin] response: S::Future, worker: Rc<Worker>, after: Option<After> },
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
        if let Progress::Called { service, worker, req } = self.as_mut().project()
            && let Some(req) = req.take()
        {
            let begun = begin(service, worker, req);
            self.set(begun);
        }
        match self.project() {
            Progress::Called { .. } => Poll::Pending,
            Progress::Handling { response, worker, after } => Poll::Ready(match ready!(response.poll(context)) {
                Ok(response) => {
                    let mut response = answer(response, worker.clerk.error_handler.as_ref());
                    if let Some(after) = after {
                        after.finish(&mut response);
                    }
                    Ok(response)
                }
                Err(error) => Err(match after {
                    Some(after) => after.finish_error(error),
                    None => error,
                }),
            }),
            Progress::Waiting { waiting } => waiting.as_mut().poll(context),
        }
    }
}
