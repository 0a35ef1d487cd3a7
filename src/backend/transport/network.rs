//! The environment of calls to Clerk: certificates, DNS, environment variables. Tests replace it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use rustls::{ClientConfig, pki_types::CertificateDer};

use super::tls::{Roots, Tls};

/// The network as it is, with the additions of tests.
#[derive(Debug, Default)]
pub(crate) struct Network {
    roots: Vec<CertificateDer<'static>>,
    /// Hosts with fixed addresses, for which the resolver is not asked.
    hosts: HashMap<String, Vec<SocketAddr>>,
    /// The environment variables, if not the process's own.
    variables: Option<HashMap<String, String>>,
    tls: OnceLock<Option<Tls>>,
}

impl Network {
    #[cfg(feature = "__internal-bench")]
    pub(crate) fn of_tests(
        root: Vec<u8>,
        hosts: HashMap<String, Vec<SocketAddr>>,
        variables: HashMap<String, String>,
    ) -> Self {
        Self { roots: vec![root.into()], hosts, variables: Some(variables), tls: OnceLock::new() }
    }

    pub(super) fn tls(&self) -> Option<Arc<ClientConfig>> {
        self.loaded().map(|tls| Arc::clone(&tls.config))
    }

    pub(super) fn roots(&self) -> Option<Roots> {
        self.loaded().map(|tls| tls.roots)
    }

    fn loaded(&self) -> Option<&Tls> {
        self.tls.get_or_init(|| Tls::load(&self.roots)).as_ref()
    }

    pub(super) fn addresses(&self, host: &str) -> Option<&[SocketAddr]> {
        self.hosts.get(host).map(Vec::as_slice)
    }

    pub(super) fn variable(&self, name: &str) -> Option<String> {
        match &self.variables {
            Some(variables) => variables.get(name).cloned(),
            None => std::env::var(name).ok(),
        }
    }
}
