//! Which requests are for the proxy, and the URL that each is passed on to.

use url::Url;

/// The longest URL that is passed on. Clerk's own are shorter, and so are those that browsers and most servers accept.
const MAX_TARGET: usize = 16 << 10;

/// The request is for the proxy, but there is no URL to pass it on to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoTarget {
    TooLong,
    /// The URL would not be one of the upstream.
    Elsewhere,
}

/// Returns the rest of the path below the proxy's, if the path is the proxy's or below it: `/v1/client` for
/// `/__clerk/v1/client`, and `/` for `/__clerk`.
///
/// Paths are read as browsers and the reference read them (WHATWG URL): dot segments, plain or escaped, lead up first,
/// so that `/__clerk/../admin` is not for the proxy and `/x/../__clerk` is; a backslash is a slash; escapes of other
/// characters are kept. Case matters.
pub(super) fn below(path: &str, proxy_path: &str) -> Option<String> {
    // Nothing else can become the proxy's path: it has no characters that need an escape.
    let last = proxy_path.rsplit('/').next().unwrap_or_default();
    if !path.contains(last) {
        return None;
    }
    let mut url = Url::parse("http://localhost/").ok()?;
    // Set, not joined: joined, a path such as `//evil.example/__clerk` would name a host.
    url.set_path(path);
    let rest = url.path().strip_prefix(proxy_path)?;
    match rest {
        "" => Some("/".to_owned()),
        _ if rest.starts_with('/') => Some(rest.to_owned()),
        _ => None,
    }
}

/// Returns the URL that a request is passed on to. It has the scheme, host and port of the upstream, and its path
/// begins with the upstream's.
pub(super) fn target(upstream: &Url, rest: &str, query: Option<&str>) -> Result<Url, NoTarget> {
    let path = format!("{}{rest}", upstream.path().trim_end_matches('/'));
    let mut url = upstream.clone();
    url.set_path(&path);
    url.set_query(query.filter(|query| !query.is_empty()));
    let is_of_upstream = url.scheme() == upstream.scheme()
        && url.host_str() == upstream.host_str()
        && url.port() == upstream.port()
        && url.username().is_empty()
        && url.password().is_none();
    if !is_of_upstream || url.path() != path {
        return Err(NoTarget::Elsewhere);
    }
    if url.as_str().len() > MAX_TARGET { Err(NoTarget::TooLong) } else { Ok(url) }
}

#[cfg(test)]
mod tests;
