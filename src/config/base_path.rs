//! The base path: the prefix that a proxy strips from the path of each request.

use url::Url;

use super::{error::ConfigError, shown::shown};

/// Checks a base path and removes its trailing slash: `/app` or `/app/` gives `/app`. The root, `/`, gives `None`.
///
/// The base path has to be a plain URL path. A `?` or a dot segment in it would change the address that visitors return
/// to.
pub(super) fn parse(text: &str) -> Result<Option<String>, ConfigError> {
    let refused = || ConfigError::NotABasePath { found: shown(text) };
    let is_path = text.starts_with('/') && !text.contains("//");
    if !is_path || text.contains(|c: char| matches!(c, '?' | '#' | '\\' | '*') || c.is_control() || c.is_whitespace()) {
        return Err(refused());
    }
    let is_dots = |segment: &str| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        matches!(segment.as_str(), "." | "..")
    };
    if text.split('/').any(is_dots) {
        return Err(refused());
    }
    let mut url = Url::parse("http://localhost/").map_err(|_| refused())?;
    url.set_path(text);
    let path = url.path().trim_end_matches('/');
    Ok(Some(path.to_owned()).filter(|path| !path.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_paths() {
        for (text, expected) in [
            ("/app", Ok(Some("/app"))),
            ("/app/", Ok(Some("/app"))),
            ("/app/v1", Ok(Some("/app/v1"))),
            ("/app.v1/~me", Ok(Some("/app.v1/~me"))),
            ("/größe", Ok(Some("/gr%C3%B6%C3%9Fe"))),
            ("/%C3%A9", Ok(Some("/%C3%A9"))),
            ("/", Ok(None)),
            ("", Err(())),
            ("app", Err(())),
            ("//evil.example", Err(())),
            ("/app//v1", Err(())),
            ("/\\evil.example", Err(())),
            ("/app/..", Err(())),
            ("/./app", Err(())),
            ("/app/%2E%2e/x", Err(())),
            ("/app?x", Err(())),
            ("/app#x", Err(())),
            ("/app/*", Err(())),
            ("/a pp", Err(())),
            ("/app\n", Err(())),
            ("https://app.example.com/app", Err(())),
        ] {
            let found = parse(text);
            let found = found.as_ref().map(Option::as_deref).map_err(|error| {
                assert!(error.to_string().contains("base_path (CLERK_BASE_PATH)"), "{error}");
            });
            assert_eq!(found, expected, "{text:?}");
        }
    }
}
