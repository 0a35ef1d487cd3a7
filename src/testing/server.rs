//! `LocalClerk`'s HTTP server.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    sync::{Arc, mpsc},
};

use actix_web::{
    App, HttpServer,
    dev::{ServerHandle, Service},
    http::{
        KeepAlive,
        header::{DATE, HeaderMap, HeaderValue},
    },
    web::Data,
};
use futures_util::TryFutureExt;

use super::{
    backend_api, frontend,
    frontend_api::{self, cors},
    instance::Instance,
    npm, oauth_provider,
};

/// Binds a free port on the IPv4 loopback address, and the same port on IPv6 if the machine has it, because `localhost`
/// may be either.
pub(super) fn bind_loopback() -> io::Result<Vec<TcpListener>> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, v4.local_addr()?.port())).ok();
    Ok([Some(v4), v6].into_iter().flatten().collect())
}

pub(super) async fn run(
    instance: Arc<Instance>,
    listeners: Vec<TcpListener>,
    ready: mpsc::Sender<io::Result<ServerHandle>>,
) {
    let instance = Data::from(instance);
    #[cfg(feature = "webhooks")]
    {
        let clerk = Data::clone(&instance);
        actix_web::rt::spawn(async move { clerk.webhooks.run(&clerk.clock).await });
    }
    let server = HttpServer::new(move || {
        let clerk = Data::clone(&instance);
        App::new()
            .app_data(instance.clone())
            .wrap_fn(move |req, service| {
                let clerk = Data::clone(&clerk);
                let origin = cors::allow(&req);
                service.call(req).map_ok(move |mut response| {
                    set_date(response.headers_mut(), &clerk);
                    if let Some(origin) = origin {
                        cors::set(&mut response, origin);
                    }
                    response
                })
            })
            // The handshake first: the Frontend API serves the other paths under `/v1/client`.
            .configure(frontend::routes)
            .configure(frontend_api::routes)
            .configure(oauth_provider::routes)
            .configure(npm::routes)
            .configure(backend_api::routes)
    })
    .workers(1)
    // On a kept-alive connection, a worker that is still stopping could respond after the instance is dropped.
    .keep_alive(KeepAlive::Disabled)
    .disable_signals();
    let server = listeners.into_iter().try_fold(server, |server, listener| server.listen(listener));
    match server {
        Ok(server) => {
            let server = server.run();
            let _ = ready.send(Ok(server.handle()));
            let _ = server.await;
        }
        Err(error) => {
            let _ = ready.send(Err(error));
        }
    }
}

/// Sets `Date` by the instance's clock, as Clerk does by its own. The server would set it by the system's.
fn set_date(headers: &mut HeaderMap, clerk: &Instance) {
    let date = clerk.clock.timestamp().http_date().and_then(|date| HeaderValue::try_from(date).ok());
    if let Some(date) = date {
        headers.insert(DATE, date);
    }
}
