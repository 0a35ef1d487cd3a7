//! The servers that are measured: real Actix servers, each with one worker.

use std::{
    future::ready,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use actix_web::{
    App, HttpResponse, HttpServer,
    dev::{Server as ActixServer, ServerHandle},
    http::header,
    rt::System,
    web::{self, ServiceConfig},
};
use clerk_actix::{ApiKey, Auth, ClerkMiddleware, RequireAuth};
use serde_json::json;

use crate::support::{allocations, processor::Thread, yardstick::Yardstick};

const BODY: &str = "Hello!";

/// A server on a free loopback port; it stops when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    worker: Mark,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server with the bare handlers, without middleware.
    pub fn bare() -> Self {
        let routes = |app: &mut ServiceConfig| {
            app.route("/", web::get().to(async || BODY))
                .route("/optional", web::get().to(async || BODY))
                .route("/key", web::get().to(async || BODY))
                .route("/refused", web::get().to(async || refused()));
        };
        Self::spawn(move |listener, mark: Mark| {
            let app = move || {
                mark.this_thread();
                App::new().configure(routes)
            };
            Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
        })
    }

    /// Starts a server with the middleware and an extractor in each handler.
    pub fn with_clerk(clerk: ClerkMiddleware) -> Self {
        let routes = |app: &mut ServiceConfig| {
            app.route("/", web::get().to(async |_: RequireAuth| BODY))
                .route("/optional", web::get().to(async |_: Auth| BODY))
                .route("/key", web::get().to(async |_: RequireAuth<ApiKey>| BODY))
                .route("/refused", web::get().to(async |_: RequireAuth| BODY));
        };
        Self::spawn(move |listener, mark: Mark| {
            let app = move || {
                mark.this_thread();
                App::new().wrap(clerk.clone()).configure(routes)
            };
            Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
        })
    }

    /// Starts a server whose bare handler makes one RSA verification over `bytes` bytes.
    pub fn verifying_by_hand(bytes: usize) -> Self {
        let yardstick = Arc::new(Yardstick::new(bytes));
        Self::spawn(move |listener, mark: Mark| {
            let app = move || {
                mark.this_thread();
                let yardstick = Arc::clone(&yardstick);
                let verify = move || ready(if yardstick.verify_prepared() { BODY } else { "forged" });
                App::new().route("/", web::get().to(verify))
            };
            Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
        })
    }

    /// Starts a server. `start` gets a mark that the worker must call on its own thread.
    fn spawn(start: impl FnOnce(TcpListener, Mark) -> io::Result<ActixServer> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let worker = Mark::default();
        let (ready, started) = mpsc::channel();
        let mark = worker.clone();
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let server = start(listener, mark).expect("a server on a loopback port");
                ready.send(server.handle()).expect("somebody who waits for it");
                server.await.expect("a server that runs until it is stopped");
            });
        });
        let handle = started.recv().expect("a server that starts");
        Self { address, worker, handle, thread: Some(thread) }
    }

    /// Returns the worker's CPU time so far.
    pub fn busy(&self) -> Option<Duration> {
        self.worker.0.lock().ok()?.as_ref()?.busy()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Records the worker's thread.
#[derive(Clone, Default)]
struct Mark(Arc<Mutex<Option<Thread>>>);

impl Mark {
    fn this_thread(&self) {
        allocations::mark_this_thread();
        *self.0.lock().expect("no thread panics while it holds the lock") = Thread::this();
    }
}

/// Builds the middleware's response for an unauthenticated request by hand.
fn refused() -> HttpResponse {
    HttpResponse::Unauthorized()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::WWW_AUTHENTICATE, "Bearer"))
        .insert_header(("x-clerk-auth-status", "signed-out"))
        .insert_header(("x-clerk-auth-reason", "session-token-and-uat-missing"))
        .json(json!({
            "errors": [{ "code": "session-token-and-uat-missing", "message": "Authentication is required." }],
        }))
}
