//! For the examples: a listener on the port that an environment variable sets.

use std::{env, fmt, io::ErrorKind, net::TcpListener};

/// Listens on this machine, on the port that `variable` sets, or else on `default`.
pub fn listen(variable: &str, default: u16) -> Result<TcpListener, NoPort> {
    let port = match env::var(variable) {
        Ok(port) => port.parse().map_err(|_| NoPort(format!("{variable} is {port:?}, which is not a port number")))?,
        Err(_) => default,
    };
    TcpListener::bind(("127.0.0.1", port)).map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => NoPort(format!(
            "port {port} is in use: set {variable} to another one, e.g. {variable}={}",
            port.checked_add(10).unwrap_or(default),
        )),
        _ => NoPort(format!("cannot listen on port {port}: {error}")),
    })
}

/// An error that `main` prints as it is.
pub struct NoPort(String);

impl fmt::Debug for NoPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NoPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for NoPort {}
