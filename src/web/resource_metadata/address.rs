//! The URL of a protected resource, and where its metadata is (RFC 9728, sections 1.2 and 3.1).

use url::{Host, Position, Url};

use crate::config::{ConfigError, shown};

const WELL_KNOWN: &str = "/.well-known/oauth-protected-resource";

/// A resource's URL: the text that tokens and metadata name it by, and the place of its metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// As it was given: clients and audiences compare it as text (RFC 9728, section 3.3).
    pub(super) url: String,
    /// Empty at the root.
    pub(super) path: String,
    pub(super) metadata_path: String,
    pub(super) metadata_url: String,
}

impl Address {
    /// Accepts only a URL that is in its normal form: to clients, another spelling is another resource.
    pub(super) fn parse(text: &str) -> Result<Self, ConfigError> {
        let problem = |problem| ConfigError::NotAResource { found: shown(text), problem };
        let url = Url::parse(text).map_err(|_| problem("which is not an absolute URL"))?;
        check(&url).map_err(problem)?;
        let is_root = url.path() == "/";
        if text != url.as_str() && !(is_root && text == &url[..Position::AfterPort]) {
            return Err(problem(
                "which clients write in another way: write the scheme and the host in lower case, without \
                                the default port, and the path without dot segments and with percent-encoding",
            ));
        }
        let path = if is_root { String::new() } else { url.path().to_owned() };
        let metadata_path = format!("{WELL_KNOWN}{path}");
        let metadata_url = format!("{}{metadata_path}", &url[..Position::AfterPort]);
        Ok(Self { url: text.to_owned(), path, metadata_path, metadata_url })
    }
}

/// Returns what is wrong with the URL.
fn check(url: &Url) -> Result<(), &'static str> {
    let is_loopback = match url.host() {
        Some(Host::Domain(host)) => host == "localhost" || host.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => return Err("which has no host"),
    };
    match url.scheme() {
        "https" => {}
        "http" if is_loopback => {}
        "http" => return Err("which tokens would travel to without encryption: use https, except on localhost"),
        _ => return Err("which is not an https URL"),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("which contains a user name or a password");
    }
    if url.fragment().is_some() {
        return Err("which has a fragment, and RFC 9728 forbids that");
    }
    if url.query().is_some() {
        return Err("which has a query: use a URL without one");
    }
    if url.path().contains("//") {
        return Err("which has an empty path segment");
    }
    if url.path().starts_with("/.well-known/") {
        return Err("which is the address of metadata: use the URL of the resource itself");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resources_and_their_metadata() {
        for (url, path) in [
            ("https://api.example.com", "/.well-known/oauth-protected-resource"),
            ("https://api.example.com/", "/.well-known/oauth-protected-resource"),
            ("https://api.example.com/mcp", "/.well-known/oauth-protected-resource/mcp"),
            ("https://api.example.com/mcp/", "/.well-known/oauth-protected-resource/mcp/"),
            ("https://api.example.com/v1/files/mcp", "/.well-known/oauth-protected-resource/v1/files/mcp"),
            ("https://api.example.com/caf%C3%A9", "/.well-known/oauth-protected-resource/caf%C3%A9"),
            ("https://api.example.com/{id}", ""),
            ("https://api.example.com:8443/mcp", "/.well-known/oauth-protected-resource/mcp"),
            ("https://xn--caf-dma.example/mcp", "/.well-known/oauth-protected-resource/mcp"),
            ("https://[2001:db8::1]/mcp", "/.well-known/oauth-protected-resource/mcp"),
            ("http://localhost:3000/mcp", "/.well-known/oauth-protected-resource/mcp"),
            ("http://app.localhost/mcp", "/.well-known/oauth-protected-resource/mcp"),
            ("http://127.0.0.1:3000/mcp", "/.well-known/oauth-protected-resource/mcp"),
            ("http://[::1]:3000/mcp", "/.well-known/oauth-protected-resource/mcp"),
        ] {
            let address = Address::parse(url);
            if path.is_empty() {
                assert!(address.is_err(), "{url}");
                continue;
            }
            let address = address.unwrap();
            let origin = Url::parse(url).unwrap().origin().ascii_serialization();
            assert_eq!(address.url, url);
            assert_eq!(address.metadata_path, path, "{url}");
            assert_eq!(address.metadata_url, format!("{origin}{path}"), "{url}");
        }
    }

    #[test]
    fn urls_that_are_no_resources() {
        for (url, problem) in [
            ("", "not an absolute URL"),
            ("/mcp", "not an absolute URL"),
            ("//api.example.com/mcp", "not an absolute URL"),
            ("api.example.com/mcp", "not an absolute URL"),
            ("https://", "not an absolute URL"),
            ("https://a b/mcp", "not an absolute URL"),
            ("mailto:a@example.com", "no host"),
            ("data:text/plain,a", "no host"),
            ("javascript:alert(1)", "no host"),
            ("file:///mcp", "no host"),
            ("ftp://api.example.com/mcp", "not an https URL"),
            ("wss://api.example.com/mcp", "not an https URL"),
            ("http://api.example.com/mcp", "without encryption"),
            ("http://localhost.example.com/mcp", "without encryption"),
            ("http://10.0.0.1/mcp", "without encryption"),
            ("https://user@api.example.com/mcp", "user name"),
            ("https://user:secret@api.example.com/mcp", "user name"),
            ("https://api.example.com/mcp#a", "fragment"),
            ("https://api.example.com/mcp#", "fragment"),
            ("https://api.example.com/mcp?a=b", "query"),
            ("https://api.example.com/mcp?", "query"),
            ("https://api.example.com//mcp", "empty path segment"),
            ("https://api.example.com/a//b", "empty path segment"),
            ("https://api.example.com/.well-known/oauth-protected-resource/mcp", "address of metadata"),
            ("HTTPS://api.example.com/mcp", "another way"),
            ("https://API.example.com/mcp", "another way"),
            ("https://api.example.com:443/mcp", "another way"),
            ("https://api.example.com/a/../mcp", "another way"),
            ("https://api.example.com/a/%2e%2e/mcp", "another way"),
            ("https://api.example.com/./mcp", "another way"),
            ("https://api.example.com/a b", "another way"),
            ("https://api.example.com/mcp\" , error=\"", "another way"),
            ("https://api.example.com/<script>", "another way"),
            ("https://api.example.com\\mcp", "another way"),
            ("https://api.example.com/mcp\r\nSet-Cookie: a", "another way"),
            ("https://api.example.com/m\tcp", "another way"),
            (" https://api.example.com/mcp", "another way"),
            ("https:api.example.com/mcp", "another way"),
            ("https://caf\u{e9}.example/mcp", "another way"),
            ("https://api.example.com/caf\u{e9}", "another way"),
            ("https://ex%61mple.com/mcp", "another way"),
            ("https://127.1/mcp", "another way"),
        ] {
            let error = Address::parse(url).unwrap_err().to_string();
            assert!(error.contains(problem), "{url:?}: {error}");
            assert!(!error.contains("secret@"), "{error}");
        }
    }
}
