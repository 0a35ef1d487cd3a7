//! The settings of the application, from the environment or `.env`. Those of Clerk are `ClerkConfig`'s own.

use std::{env, fmt::Display, io, net::TcpListener, str::FromStr};

/// What the environment says.
#[derive(Debug)]
pub struct Settings {
    /// `HOST`: the address to listen on. In a container, `0.0.0.0`.
    pub host: String,
    /// `PORT`, by default 3000.
    pub port: u16,
    /// `METRICS_PORT`, by default 9464: only Prometheus should reach it.
    pub metrics_port: u16,
    /// `DATABASE_PATH`: the SQLite file. By default `notes.db`, and without keys a database in memory.
    pub database_path: String,
    /// Whether keys of Clerk are set.
    pub has_keys: bool,
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{name} is {value:?}: {why}")]
    Invalid { name: &'static str, value: String, why: String },
    #[error("cannot listen on {host}:{port}: {error}. Set {variable} to another port")]
    Port { host: String, port: u16, variable: &'static str, error: io::Error },
}

impl Settings {
    /// # Errors
    ///
    /// If a variable has a value that cannot be used.
    pub fn from_env() -> Result<Self, SettingsError> {
        let has_keys = ["CLERK_SECRET_KEY", "CLERK_PUBLISHABLE_KEY"].iter().any(|name| text(name).is_some());
        let database = if has_keys { "notes.db" } else { ":memory:" };
        Ok(Self {
            host: text("HOST").unwrap_or_else(|| "127.0.0.1".to_owned()),
            port: parsed("PORT", 3000)?,
            metrics_port: parsed("METRICS_PORT", 9464)?,
            database_path: text("DATABASE_PATH").unwrap_or_else(|| database.to_owned()),
            has_keys,
        })
    }

    /// Listens for browsers and API clients.
    ///
    /// # Errors
    ///
    /// If the port is taken.
    pub fn listen(&self) -> Result<TcpListener, SettingsError> {
        self.bind("PORT", self.port)
    }

    /// Listens for Prometheus.
    ///
    /// # Errors
    ///
    /// If the port is taken.
    pub fn listen_for_prometheus(&self) -> Result<TcpListener, SettingsError> {
        self.bind("METRICS_PORT", self.metrics_port)
    }

    fn bind(&self, variable: &'static str, port: u16) -> Result<TcpListener, SettingsError> {
        TcpListener::bind((self.host.as_str(), port)).map_err(|error| SettingsError::Port {
            host: self.host.clone(),
            port,
            variable,
            error,
        })
    }
}

/// Returns a variable, unless it is unset or empty.
fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn parsed<T: FromStr<Err: Display>>(name: &'static str, default: T) -> Result<T, SettingsError> {
    let Some(value) = text(name) else { return Ok(default) };
    value.parse().map_err(|why: T::Err| SettingsError::Invalid { name, value, why: why.to_string() })
}
