//! Servers of applications, all of one type.
//!
//! Actix's code for connections is generic over the application. With a boxed application it is compiled once, not once
//! for each server in the tests, which would be most of the time that they take to compile.

use std::sync::{Arc, Mutex};

use actix_http::Request;
use actix_service::{
    IntoServiceFactory, ServiceFactory, ServiceFactoryExt,
    boxed::{self, BoxServiceFactory},
};
use actix_test::{TestServer, TestServerConfig};
use actix_web::{
    Error,
    body::MessageBody,
    dev::{AppConfig, ServiceResponse},
};

type AnyApp = BoxServiceFactory<AppConfig, Request, ServiceResponse, Error, ()>;

/// Starts a server with one worker. Its client follows no redirects.
pub fn serve<A, S, B>(app: impl Fn() -> A + Send + 'static) -> TestServer
where
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    B: MessageBody + 'static,
{
    serve_with(actix_test::config().disable_redirects(), app)
}

/// Starts a server with these options.
pub fn serve_with<A, S, B>(options: TestServerConfig, app: impl Fn() -> A + Send + 'static) -> TestServer
where
    A: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = Error, InitError = ()>
        + 'static,
    B: MessageBody + 'static,
{
    let app = Mutex::new(app);
    start(
        options,
        Arc::new(move || {
            let app = app.lock().unwrap()();
            boxed::factory(app.into_factory().map(ServiceResponse::map_into_boxed_body))
        }),
    )
}

fn start(options: TestServerConfig, app: Arc<dyn Fn() -> AnyApp + Send + Sync>) -> TestServer {
    actix_test::start_with(options, move || app())
}
