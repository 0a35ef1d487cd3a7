//! The failures of a call to Clerk.

/// The reason why there is no response. Does not reveal the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TransportError {
    #[error("could not connect")]
    Connect,
    #[error("connecting timed out")]
    ConnectTimeout,
    #[error("the proxy in HTTPS_PROXY or ALL_PROXY does not respond like an HTTP proxy")]
    Proxy,
    #[error("the proxy in HTTPS_PROXY or ALL_PROXY rejected the connection with status {0}")]
    ProxyRefused(u16),
    #[error("the host name could not be resolved")]
    Resolve,
    #[error(
        "the TLS handshake failed: check that this server trusts the certificate (with the feature `native-roots`, it \
         trusts the system's root certificates)"
    )]
    Tls,
    #[error("no response in time")]
    Timeout,
    #[error("the secret key cannot be sent in a header")]
    Header,
    #[error("the response was cut off")]
    Body,
    #[error("the response was too large")]
    TooLarge,
    #[error(
        "the response is compressed, although the request did not accept that: check the proxy between this server \
         and CLERK_API_URL"
    )]
    Encoded,
    #[error("the connection failed")]
    Connection,
    #[error("the call was not made: its thread could not be started, or failed")]
    NotMade,
}

impl TransportError {
    /// Returns the label for metrics.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Connect | Self::Connection => "connection",
            Self::ConnectTimeout | Self::Timeout => "timeout",
            Self::Proxy | Self::ProxyRefused(_) => "proxy",
            Self::Resolve => "dns",
            Self::Tls => "tls",
            Self::Header => "invalid-key",
            Self::Body | Self::TooLarge | Self::Encoded => "response",
            Self::NotMade => "not-made",
        }
    }

    /// Returns whether no part of the call was sent, so that Clerk cannot have carried it out.
    pub(crate) fn was_never_sent(self) -> bool {
        matches!(
            self,
            Self::Connect | Self::ConnectTimeout | Self::Proxy | Self::ProxyRefused(_) | Self::Resolve | Self::Tls
        )
    }
}

#[cfg(all(test, feature = "metrics"))]
impl TransportError {
    /// One of each kind. The match keeps the list complete.
    pub(crate) fn all() -> [Self; 13] {
        use TransportError::*;
        let all = [
            Connect,
            ConnectTimeout,
            Proxy,
            ProxyRefused(407),
            Resolve,
            Tls,
            Timeout,
            Header,
            Body,
            TooLarge,
            Encoded,
            Connection,
            NotMade,
        ];
        let count = |error: &Self| match error {
            Connect | ConnectTimeout | Proxy | ProxyRefused(_) | Resolve | Tls | Timeout | Header => 1,
            Body | TooLarge | Encoded | Connection | NotMade => 1,
        };
        assert_eq!(all.iter().map(count).sum::<usize>(), 13, "an error is missing in this list");
        all
    }
}
