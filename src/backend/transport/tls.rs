//! TLS to Clerk: the trusted certificates and the crypto library.

use std::sync::Arc;

#[cfg(feature = "aws_lc_rs")]
use rustls::crypto::aws_lc_rs as library;
#[cfg(all(feature = "rust_crypto", not(feature = "aws_lc_rs")))]
use rustls::crypto::ring as library;
use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer};

/// The configuration of connections to Clerk.
#[derive(Debug)]
pub(super) struct Tls {
    pub(super) config: Arc<ClientConfig>,
    pub(super) roots: Roots,
}

/// The number of trusted root certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Roots {
    /// Those of Mozilla's list.
    pub(crate) mozilla: usize,
    /// Those of the operating system; `None` without the feature `native-roots`.
    pub(crate) system: Option<usize>,
}

impl Tls {
    /// Builds the configuration, which trusts these certificates in addition to the usual ones. Slow with
    /// `native-roots`, which reads the system's certificates.
    ///
    /// Names the crypto library explicitly, because the process-wide default belongs to the application.
    pub(super) fn load(more_roots: &[CertificateDer<'static>]) -> Option<Self> {
        let mut store = RootCertStore::empty();
        let roots = add_roots(&mut store);
        store.add_parsable_certificates(more_roots.iter().cloned());
        let builder = ClientConfig::builder_with_provider(Arc::new(library::default_provider()));
        // Both libraries support both versions, so this does not fail.
        let builder = builder.with_safe_default_protocol_versions().ok()?;
        let mut config = builder.with_root_certificates(store).with_no_client_auth();
        // HTTP/2 is not offered, as in the reference: a connection that goes silent would take all its calls along, and
        // awc neither notices that nor distinguishes calls that were never sent.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Some(Self { config: Arc::new(config), roots })
    }
}

/// Adds Mozilla's root certificates, and with `native-roots` the system's as well.
fn add_roots(store: &mut RootCertStore) -> Roots {
    store.roots.extend_from_slice(webpki_roots::TLS_SERVER_ROOTS);
    let roots = Roots { mozilla: webpki_roots::TLS_SERVER_ROOTS.len(), system: None };
    #[cfg(feature = "native-roots")]
    let roots = Roots { system: Some(add_native_roots(store)), ..roots };
    roots
}

/// Returns the number of certificates that were added.
#[cfg(feature = "native-roots")]
fn add_native_roots(store: &mut RootCertStore) -> usize {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "could not read one of the system's root certificates");
    }
    let (added, ignored) = store.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!(
            ignored,
            "this system has no root certificates, so calls to Clerk trust only Mozilla's: install ca-certificates if \
             they pass through a proxy with its own certificate"
        );
    }
    added
}
