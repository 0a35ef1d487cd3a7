//! An API's origin: scheme, host and port.

use awc::http::header::HeaderValue;
use rustls::pki_types::ServerName;
use url::{Host, Url};

/// The scheme, host and port of the URL that a call goes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Origin {
    pub(super) is_tls: bool,
    pub(super) host: Host,
    pub(super) port: u16,
}

impl Origin {
    pub(super) fn of(url: &Url) -> Option<Self> {
        let host = url.host()?.to_owned();
        Some(Self { is_tls: url.scheme() == "https", host, port: url.port_or_known_default()? })
    }

    /// Returns the name that the certificate must have.
    pub(super) fn server_name(&self) -> Option<ServerName<'static>> {
        match &self.host {
            Host::Domain(name) => ServerName::try_from(name.clone()).ok(),
            Host::Ipv4(ip) => Some(ServerName::IpAddress(std::net::IpAddr::V4(*ip).into())),
            Host::Ipv6(ip) => Some(ServerName::IpAddress(std::net::IpAddr::V6(*ip).into())),
        }
    }
}

/// Returns the `Host` header for a call to this URL.
pub(super) fn host_header(url: &Url) -> Option<HeaderValue> {
    let host = url.host_str()?;
    let value = match url.port() {
        Some(port) => HeaderValue::try_from(format!("{host}:{port}")),
        None => HeaderValue::try_from(host),
    };
    value.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_apis() {
        for (url, is_tls, port, header, name) in [
            ("https://api.clerk.com", true, 443, "api.clerk.com", "DnsName(\"api.clerk.com\")"),
            ("https://api.clerk.com:443/v1", true, 443, "api.clerk.com", "DnsName(\"api.clerk.com\")"),
            ("https://api.clerk.com:80", true, 80, "api.clerk.com:80", "DnsName(\"api.clerk.com\")"),
            ("http://localhost", false, 80, "localhost", "DnsName(\"localhost\")"),
            ("http://localhost:443", false, 443, "localhost:443", "DnsName(\"localhost\")"),
            ("https://127.0.0.1:8443", true, 8443, "127.0.0.1:8443", "IpAddress(V4(Ipv4Addr([127, 0, 0, 1])))"),
            (
                "https://[::1]:8443/base",
                true,
                8443,
                "[::1]:8443",
                "IpAddress(V6(Ipv6Addr([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])))",
            ),
            ("https://[2001:db8::7]", true, 443, "[2001:db8::7]", ""),
        ] {
            let parsed = Url::parse(url).unwrap();
            let origin = Origin::of(&parsed).unwrap();
            assert_eq!((origin.is_tls, origin.port), (is_tls, port), "{url}");
            assert_eq!(host_header(&parsed).unwrap(), header, "{url}");
            assert!(format!("{:?}", origin.server_name().unwrap()).contains(name), "{url}");
        }
    }
}
