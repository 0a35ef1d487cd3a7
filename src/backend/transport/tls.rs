//! TLS to Clerk: the trusted certificates and the crypto library.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer};

/// Builds the configuration of connections to Clerk, which trusts these certificates in addition to the usual ones.
/// Slow with `native-roots`, which reads the system's certificates.
///
/// Names the crypto library explicitly, because the process-wide default belongs to the application.
pub(super) fn client_config(more_roots: &[CertificateDer<'static>]) -> Option<Arc<ClientConfig>> {
    let mut roots = root_certificates();
    roots.add_parsable_certificates(more_roots.iter().cloned());
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    // aws-lc-rs supports both versions, so this does not fail.
    let builder = builder.with_safe_default_protocol_versions().ok()?;
    let mut config = builder.with_root_certificates(roots).with_no_client_auth();
    // HTTP/2 is not offered, as in the reference: a connection that goes silent would take all its calls along, and awc
    // neither notices that nor distinguishes calls that were never sent.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Some(Arc::new(config))
}

/// Mozilla's root certificates, and with `native-roots` the system's as well.
fn root_certificates() -> RootCertStore {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    #[cfg(feature = "native-roots")]
    let roots = with_native_roots(roots);
    roots
}

#[cfg(feature = "native-roots")]
fn with_native_roots(mut roots: RootCertStore) -> RootCertStore {
    let found = rustls_native_certs::load_native_certs();
    for error in &found.errors {
        tracing::warn!(%error, "could not read one of the system's root certificates");
    }
    let (added, ignored) = roots.add_parsable_certificates(found.certs);
    if added == 0 {
        tracing::warn!(
            ignored,
            "this system has no root certificates, so calls to Clerk trust only Mozilla's: install ca-certificates if \
             they pass through a proxy with its own certificate"
        );
    }
    roots
}
