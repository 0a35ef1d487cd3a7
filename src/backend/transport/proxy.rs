//! The proxy for connections to Clerk from the environment: `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`.

use std::net::IpAddr;

use base64::{Engine, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use url::{Host, Url};

use super::{error::TransportError, origin::Origin};

/// A proxy's response to CONNECT is a few lines.
const MAX_ANSWER: usize = 8 << 10;

/// An HTTP proxy. Connections to Clerk go through it by CONNECT, so it sees neither keys nor responses.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proxy {
    pub(super) host: Host,
    pub(super) port: u16,
    /// User and password, in the form of `Proxy-Authorization`.
    credentials: Option<String>,
    /// The environment variable that names it.
    pub(super) variable: &'static str,
}

/// An environment variable names a proxy that cannot be used.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct UnusableProxy {
    pub(super) variable: &'static str,
    /// The problem. The value is not shown, because it may hold a password.
    pub(super) problem: &'static str,
}

impl Proxy {
    /// Returns the proxy for connections to this origin, if the environment names one. As in curl, the lowercase form
    /// of a variable takes precedence. As in Go programs, loopback addresses never use a proxy. Nor does plain HTTP,
    /// whose only use is a stand-in for Clerk in your own network.
    pub(super) fn of(
        origin: &Origin,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, UnusableProxy> {
        let get =
            |name: &'static str| variable(name).filter(|value| !value.trim().is_empty()).map(|value| (name, value));
        let named = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"].into_iter().find_map(get);
        let Some((name, value)) = named.filter(|_| origin.is_tls && !is_loopback(&origin.host)) else {
            return Ok(None);
        };
        let exceptions = get("no_proxy").or_else(|| get("NO_PROXY"));
        if exceptions.is_some_and(|(_, list)| is_listed(origin, &list)) {
            return Ok(None);
        }
        let unusable = |problem| UnusableProxy { variable: name, problem };
        let value = value.trim();
        let url = if value.contains("://") { Url::parse(value) } else { Url::parse(&format!("http://{value}")) };
        let url = url.map_err(|_| unusable("it is not a URL"))?;
        if url.scheme() != "http" {
            return Err(unusable("only proxies of the form http://HOST:PORT are supported"));
        }
        // In http URLs any host may be a name, but it is never empty.
        let host = url.host().map(|host| host.to_owned()).ok_or_else(|| unusable("it has no host"))?;
        let port = url.port_or_known_default().unwrap_or(80);
        let has_credentials = !url.username().is_empty() || url.password().is_some();
        let credentials = has_credentials.then(|| {
            let mut text: Vec<u8> = percent_decode_str(url.username()).collect();
            text.push(b':');
            text.extend(percent_decode_str(url.password().unwrap_or_default()));
            STANDARD.encode(text)
        });
        Ok(Some(Self { host, port, credentials, variable: name }))
    }

    /// Asks the proxy to connect this stream to the origin.
    pub(super) async fn open_tunnel(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        origin: &Origin,
    ) -> Result<(), TransportError> {
        let broken = |_| TransportError::Proxy;
        stream.write_all(self.request(origin).as_bytes()).await.map_err(broken)?;
        let mut answer = Vec::with_capacity(512);
        // The other end sends nothing before our side begins with TLS, so this reads nothing past the response's end.
        while !answer.ends_with(b"\r\n\r\n") {
            if answer.len() >= MAX_ANSWER || stream.read_buf(&mut answer).await.map_err(broken)? == 0 {
                return Err(TransportError::Proxy);
            }
        }
        match status(&answer) {
            Some(200..=299) => Ok(()),
            Some(status) => Err(TransportError::ProxyRefused(status)),
            None => Err(TransportError::Proxy),
        }
    }

    fn request(&self, Origin { host, port, .. }: &Origin) -> String {
        let credentials = match &self.credentials {
            Some(credentials) => format!("Proxy-Authorization: Basic {credentials}\r\n"),
            None => String::new(),
        };
        format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n{credentials}\r\n")
    }
}

/// Returns the log line that reports at startup which proxy is used: `None` for direct connections, and an error if a
/// variable names a proxy that cannot be used.
pub(super) fn announcement(
    origin: &Origin,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<String>, String> {
    match Proxy::of(origin, variable) {
        Ok(proxy) => Ok(proxy.map(|Proxy { host, port, variable, .. }| {
            format!("calls to {} go through the proxy {host}:{port} ({variable})", origin.host)
        })),
        Err(UnusableProxy { variable, problem }) => Err(format!(
            "{variable} is ignored, and calls to {} are made without a proxy: {problem}. Correct it, or add the host \
             to NO_PROXY",
            origin.host
        )),
    }
}

/// Parses the status of `HTTP/1.1 200 Connection established`.
fn status(answer: &[u8]) -> Option<u16> {
    let line = std::str::from_utf8(answer.split(|byte| *byte == b'\r').next()?).ok()?;
    line.strip_prefix("HTTP/1.")?.split(' ').nth(1)?.parse().ok()
}

fn is_loopback(host: &Host) -> bool {
    match host {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(ip) => ip.is_loopback(),
        Host::Ipv6(ip) => ip.is_loopback(),
    }
}

/// Returns whether `NO_PROXY` lists the origin: `*`, or a list of names (including their subdomains), addresses and
/// networks (`10.0.0.0/8`), each with or without a port.
fn is_listed(origin: &Origin, list: &str) -> bool {
    list.split([',', ' ', '\t']).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let (name, port) = split_port(entry);
        port.is_none_or(|port| port == origin.port) && is_host(&origin.host, name)
    })
}

/// Splits `host:port`, `[::1]:port`, or either without the port.
fn split_port(entry: &str) -> (&str, Option<u16>) {
    let is_name = |name: &str| !name.contains(':') || name.ends_with(']');
    match entry.rsplit_once(':') {
        Some((name, port)) if is_name(name) => match port.parse() {
            Ok(port) => (name, Some(port)),
            Err(_) => (entry, None),
        },
        _ => (entry, None),
    }
}

fn is_host(host: &Host, entry: &str) -> bool {
    let ip: IpAddr = match host {
        Host::Domain(name) => {
            let suffix =
                entry.trim_start_matches("*.").trim_start_matches('.').trim_end_matches('.').to_ascii_lowercase();
            let name = name.trim_end_matches('.');
            return !suffix.is_empty()
                && name.strip_suffix(&suffix).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        }
        Host::Ipv4(ip) => (*ip).into(),
        Host::Ipv6(ip) => (*ip).into(),
    };
    let entry = entry.trim_start_matches('[').trim_end_matches(']');
    match entry.split_once('/') {
        Some((network, bits)) => match (network.parse(), bits.parse()) {
            (Ok(network), Ok(bits)) => is_within(ip, network, bits),
            _ => false,
        },
        None => entry.parse() == Ok(ip),
    }
}

fn is_within(ip: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) if bits <= 32 => {
            (ip.to_bits() ^ network.to_bits()).leading_zeros() >= bits
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) if bits <= 128 => {
            (ip.to_bits() ^ network.to_bits()).leading_zeros() >= bits
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(url: &str) -> Origin {
        Origin::of(&Url::parse(url).unwrap()).unwrap()
    }

    fn proxy(url: &str, variables: &[(&str, &str)]) -> Result<Option<Proxy>, UnusableProxy> {
        Proxy::of(&origin(url), |name| {
            variables.iter().find(|(variable, _)| *variable == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn variables_and_the_proxies_that_they_name() {
        let api = "https://api.clerk.com";
        for (name, url, variables, expected) in [
            ("none", api, &[][..], None),
            ("HTTPS_PROXY", api, &[("HTTPS_PROXY", "http://proxy:3128")], Some(("proxy", 3128, "HTTPS_PROXY"))),
            ("in small letters", api, &[("https_proxy", "http://proxy:3128")], Some(("proxy", 3128, "https_proxy"))),
            (
                "small letters first",
                api,
                &[("HTTPS_PROXY", "http://a:1"), ("https_proxy", "http://b:2")],
                Some(("b", 2, "https_proxy")),
            ),
            ("ALL_PROXY", api, &[("ALL_PROXY", "http://proxy:3128")], Some(("proxy", 3128, "ALL_PROXY"))),
            ("all_proxy", api, &[("all_proxy", "http://proxy:3128")], Some(("proxy", 3128, "all_proxy"))),
            (
                "HTTPS_PROXY before ALL_PROXY",
                api,
                &[("all_proxy", "http://a:1"), ("HTTPS_PROXY", "http://b:2")],
                Some(("b", 2, "HTTPS_PROXY")),
            ),
            ("set to nothing", api, &[("HTTPS_PROXY", " "), ("ALL_PROXY", "")], None),
            (
                "nothing, and then something",
                api,
                &[("https_proxy", ""), ("ALL_PROXY", "p:1")],
                Some(("p", 1, "ALL_PROXY")),
            ),
            ("no scheme", api, &[("HTTPS_PROXY", "proxy:3128")], Some(("proxy", 3128, "HTTPS_PROXY"))),
            ("no port", api, &[("HTTPS_PROXY", "http://proxy")], Some(("proxy", 80, "HTTPS_PROXY"))),
            ("a path", api, &[("HTTPS_PROXY", " http://proxy:3128/ ")], Some(("proxy", 3128, "HTTPS_PROXY"))),
            ("an address", api, &[("HTTPS_PROXY", "http://[::1]:3128")], Some(("[::1]", 3128, "HTTPS_PROXY"))),
            ("HTTP_PROXY is for other URLs", api, &[("HTTP_PROXY", "http://proxy:1")], None),
            ("plain HTTP", "http://clerk.internal", &[("ALL_PROXY", "http://proxy:1")], None),
            ("loopback", "https://127.0.0.1:8443", &[("HTTPS_PROXY", "http://proxy:1")], None),
            ("loopback of IPv6", "https://[::1]:8443", &[("HTTPS_PROXY", "http://proxy:1")], None),
            ("localhost", "https://localhost:8443", &[("HTTPS_PROXY", "http://proxy:1")], None),
            ("an exception", api, &[("HTTPS_PROXY", "http://proxy:1"), ("NO_PROXY", "clerk.com")], None),
            ("an exception in small letters", api, &[("HTTPS_PROXY", "http://p:1"), ("no_proxy", "clerk.com")], None),
        ] {
            let found = proxy(url, variables).unwrap();
            let found = found.as_ref().map(|proxy| (proxy.host.to_string(), proxy.port, proxy.variable));
            let found = found.as_ref().map(|(host, port, variable)| (host.as_str(), *port, *variable));
            assert_eq!(found, expected, "{name}");
        }
        for bad in
            ["https://proxy:3128", "socks5://proxy:1080", "socks5h://proxy", "http://", "http://a b", "proxy:port"]
        {
            let error = proxy(api, &[("HTTPS_PROXY", bad)]).err().unwrap_or_else(|| panic!("{bad}"));
            assert_eq!(error.variable, "HTTPS_PROXY", "{bad}");
            let not_needed = proxy(api, &[("HTTPS_PROXY", bad), ("NO_PROXY", "*")]);
            assert!(not_needed.is_ok_and(|proxy| proxy.is_none()), "{bad}");
        }
    }

    #[test]
    fn what_is_said_at_the_start() {
        let said = |value: &str| {
            let variable = |name: &str| (name == "HTTPS_PROXY").then(|| value.to_owned());
            announcement(&origin("https://api.clerk.com"), variable)
        };
        assert_eq!(said(""), Ok(None));
        let through = "calls to api.clerk.com go through the proxy proxy:3128 (HTTPS_PROXY)";
        assert_eq!(said("http://user:secret@proxy:3128"), Ok(Some(through.to_owned())));
        let unusable = said("socks5://user:secret@proxy:1080").unwrap_err();
        assert!(unusable.starts_with("HTTPS_PROXY is ignored, and calls to api.clerk.com"), "{unusable}");
        assert!(!unusable.contains("secret"), "{unusable}");
    }

    #[test]
    fn exceptions() {
        for (url, list, is_exception) in [
            ("https://api.clerk.com", "*", true),
            ("https://api.clerk.com", "clerk.com", true),
            ("https://api.clerk.com", ".clerk.com", true),
            ("https://api.clerk.com", "*.clerk.com", true),
            ("https://api.clerk.com", "API.CLERK.COM.", true),
            ("https://api.clerk.com", "example.com, api.clerk.com", true),
            ("https://api.clerk.com", "example.com api.clerk.com", true),
            ("https://api.clerk.com", "api.clerk.com:443", true),
            ("https://api.clerk.com", "api.clerk.com:8443", false),
            ("https://api.clerk.com", "clerk.co", false),
            ("https://api.clerk.com", "erk.com", false),
            ("https://api.clerk.com", "api.clerk.com.evil", false),
            ("https://api.clerk.com", ",, .", false),
            ("https://10.1.2.3", "10.1.2.3", true),
            ("https://10.1.2.3", "10.1.2.3:443", true),
            ("https://10.1.2.3", "10.0.0.0/8", true),
            ("https://10.1.2.3", "10.1.2.0/24,x", true),
            ("https://10.1.2.3", "10.1.3.0/24", false),
            ("https://10.1.2.3", "0.0.0.0/0", true),
            ("https://10.1.2.3", "10.0.0.0/33", false),
            ("https://10.1.2.3", "1.2.3", false),
            ("https://[2001:db8::7]", "2001:db8::7", true),
            ("https://[2001:db8::7]", "[2001:db8::7]:443", true),
            ("https://[2001:db8::7]", "[2001:db8::7]:1", false),
            ("https://[2001:db8::7]", "2001:db8::/32", true),
            ("https://[2001:db8::7]", "10.0.0.0/8", false),
        ] {
            assert_eq!(is_listed(&origin(url), list), is_exception, "{url} in {list:?}");
        }
    }

    #[test]
    fn what_the_proxy_is_asked() {
        let api = origin("https://api.clerk.com");
        for (value, credentials) in [
            ("http://proxy:1", ""),
            ("http://user:pa%3Ass@proxy:1", "Proxy-Authorization: Basic dXNlcjpwYTpzcw==\r\n"),
            ("http://user@proxy:1", "Proxy-Authorization: Basic dXNlcjo=\r\n"),
        ] {
            let proxy = proxy("https://api.clerk.com", &[("HTTPS_PROXY", value)]).unwrap().unwrap();
            let expected =
                format!("CONNECT api.clerk.com:443 HTTP/1.1\r\nHost: api.clerk.com:443\r\n{credentials}\r\n");
            assert_eq!(proxy.request(&api), expected);
            assert!(proxy.request(&origin("https://[2001:db8::7]")).starts_with("CONNECT [2001:db8::7]:443 HTTP"));
        }
    }

    #[test]
    fn what_the_proxy_answers() {
        use TransportError::*;
        let proxy = proxy("https://api.clerk.com", &[("HTTPS_PROXY", "http://proxy:1")]).unwrap().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let long = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "y".repeat(9_000));
        for (answer, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Ok(())),
            ("HTTP/1.0 200 OK\r\nVia: x\r\n\r\n", Ok(())),
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", Err(ProxyRefused(407))),
            ("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Err(ProxyRefused(403))),
            ("HTTP/1.1 200 OK\r\n", Err(Proxy)),
            ("", Err(Proxy)),
            ("SSH-2.0-x\r\n\r\n", Err(Proxy)),
            (&long, Err(Proxy)),
        ] {
            let (mut ours, mut theirs) = tokio::io::duplex(16 << 10);
            let answered = runtime.block_on(async {
                theirs.write_all(answer.as_bytes()).await.unwrap();
                theirs.shutdown().await.unwrap();
                proxy.open_tunnel(&mut ours, &origin("https://api.clerk.com")).await
            });
            assert_eq!(answered, expected, "{answer:.60}");
        }
    }
}
