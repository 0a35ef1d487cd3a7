//! The servers that are measured: three that authenticate, and the bare twins of two frameworks.
//!
//! Each answers with the ID of the user, or with 401 if there is none. The bare ones send answers of the same form without
//! looking at the request.

use std::{
    io::{self, BufRead, BufReader, Error},
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use actix_web::{App, HttpMessage, HttpRequest, HttpResponse, HttpServer, web};
use clerk_actix::{ClerkConfig, ClerkMiddleware, RequireAuth};
use clerk_rs::{
    ClerkConfiguration,
    clerk::Clerk,
    validators::{actix::ClerkMiddleware as TheirMiddleware, authorizer::ClerkJwt, jwks::MemoryCacheJwksProvider},
};

use crate::support::{
    instance::Instance,
    processor::Clock,
    server::{Mark, Server},
};

/// As long as every user's ID.
pub const NOBODY: &str = "user_000000000000000000000000000";

/// A server of this process or of another one.
pub enum Running {
    Actix(Server),
    Node(Node),
}

impl Running {
    pub fn address(&self) -> SocketAddr {
        match self {
            Self::Actix(server) => server.address,
            Self::Node(node) => node.address,
        }
    }

    /// Returns the CPU time so far: of the worker's thread, or of the whole process with Node.js, which verifies
    /// signatures on other threads.
    pub fn busy(&self) -> io::Result<Duration> {
        let busy = match self {
            Self::Actix(server) => server.busy(),
            Self::Node(node) => Clock::of_process(node.child.id()).and_then(Clock::busy),
        };
        busy.ok_or_else(|| Error::other("the CPU time of other threads and processes is only known on Linux"))
    }
}

/// Starts Actix without middleware.
pub fn bare_actix() -> Running {
    Running::Actix(Server::spawn(|listener, mark: Mark| {
        let app = move || {
            mark.this_thread();
            App::new()
                .route("/", web::get().to(async || NOBODY))
                .route("/rejected", web::get().to(async || HttpResponse::Unauthorized().body("Unauthorized")))
        };
        Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
    }))
}

/// Starts Actix with this crate's middleware and extractor.
pub fn clerk_actix(config: &ClerkConfig) -> Running {
    let clerk = ClerkMiddleware::new(config.clone());
    Running::Actix(Server::spawn(move |listener, mark: Mark| {
        let app = move || {
            mark.this_thread();
            let greet = || web::get().to(async |user: RequireAuth| user.user_id().to_owned());
            App::new().wrap(clerk.clone()).route("/", greet()).route("/rejected", greet())
        };
        Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
    }))
}

/// Starts Actix with the middleware of clerk-rs, which keeps Clerk's keys in memory, and rejects by itself.
pub fn clerk_rs(instance: &Instance) -> Running {
    let settings = ClerkConfiguration::new(instance.clerk().secret_key())
        .with_base_path(format!("{}/v1", instance.clerk().api_url()));
    Running::Actix(Server::spawn(move |listener, mark: Mark| {
        let app = move || {
            mark.this_thread();
            let keys = MemoryCacheJwksProvider::new(Clerk::new(settings.clone()));
            let greet = || {
                web::get().to(async |request: HttpRequest| {
                    request.extensions().get::<ClerkJwt>().map(|jwt| jwt.sub.clone()).unwrap_or_default()
                })
            };
            App::new().wrap(TheirMiddleware::new(keys, None, true)).route("/", greet()).route("/rejected", greet())
        };
        Ok(HttpServer::new(app).workers(1).disable_signals().listen(listener)?.run())
    }))
}

/// Express in a process of its own, which ends when this value is dropped.
pub struct Node {
    address: SocketAddr,
    child: Child,
    /// The versions that it prints.
    pub versions: String,
}

impl Node {
    pub fn bare() -> io::Result<Self> {
        Self::start(&["bare", NOBODY], &[])
    }

    /// Starts Express with `clerkMiddleware`, whose settings are environment variables.
    pub fn with_clerk(instance: &Instance) -> io::Result<Self> {
        let clerk = instance.clerk();
        Self::start(
            &["clerk", crate::ORIGIN],
            &[
                ("CLERK_PUBLISHABLE_KEY", &clerk.publishable_key()),
                ("CLERK_SECRET_KEY", clerk.secret_key()),
                ("CLERK_API_URL", &clerk.api_url()),
                ("CLERK_TELEMETRY_DISABLED", "1"),
            ],
        )
    }

    fn start(arguments: &[&str], variables: &[(&str, &str)]) -> io::Result<Self> {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../parity/servers/peer.mjs");
        // The environment of whoever runs this would change the settings. Standard input ends with this process, and
        // the server with it.
        let mut child = Command::new("node")
            .arg(program)
            .args(arguments)
            .env_clear()
            .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
            .env("NODE_ENV", "production")
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Error::other(format!("node does not start: {error}. Install Node.js 20 or newer")))?;
        let mut line = String::new();
        if let Some(output) = child.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let start = line.trim().strip_prefix("listening ").and_then(|rest| rest.split_once(' '));
        match start.and_then(|(port, versions)| Some((port.parse().ok()?, versions))) {
            Some((port, versions)) => {
                Ok(Self { address: (Ipv4Addr::LOCALHOST, port).into(), child, versions: versions.to_owned() })
            }
            None => {
                child.kill()?;
                child.wait()?;
                Err(Error::other("Express does not listen. Run `cd parity && npm ci`, and look at its message above"))
            }
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
