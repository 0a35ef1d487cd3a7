//! Pages that settings name.

use url::Url;

/// A page of the application or of another site: `/sign-in`, or `https://…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PageUrl {
    /// A URL with the scheme `http` or `https`.
    Absolute(Url),
    /// A path from the root, on the origin of the current request.
    Path(String),
}

impl PageUrl {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // To a browser `//host` and `/\host` are other sites, and so is `/<tab>/host`: it drops the white space first.
        if text.starts_with('/') {
            let leads_elsewhere = text.starts_with("//") || text.contains(|c: char| c == '\\' || c.is_control());
            return (!leads_elsewhere).then(|| Self::Path(text.to_owned()));
        }
        let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        Some(Self::Absolute(url))
    }

    /// Returns the page as an absolute URL. A path is resolved against the origin of `base`.
    pub(crate) fn resolve(&self, base: &Url) -> Option<Url> {
        match self {
            Self::Absolute(url) => Some(url.clone()),
            Self::Path(path) => base.join(path).ok().filter(|url| url.origin() == base.origin()),
        }
    }
}
