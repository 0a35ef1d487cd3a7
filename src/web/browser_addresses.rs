//! The addresses of Clerk that pages use: where the files of Clerk's JavaScript come from, and where its calls go.

use url::Url;

use crate::{
    config::{PageUrl, Settings},
    request::account_portal,
};

/// The Frontend API as the application's pages reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BrowserApi {
    /// Clerk's own host.
    Host(String),
    /// A proxy on another origin, as a URL without a slash at its end.
    Proxy(Url),
    /// A proxy on the page's own origin: a path without a slash at its end.
    OwnPath(String),
}

impl BrowserApi {
    /// Returns `None` without a publishable key: then there is no instance.
    pub(super) fn of(settings: &Settings) -> Option<Self> {
        if settings.publishable_key.as_str().is_empty() {
            return None;
        }
        Some(match &settings.proxy_url {
            Some(PageUrl::Absolute(url)) => Self::Proxy(url.clone()),
            Some(PageUrl::Path(path)) => Self::OwnPath(path.trim_end_matches('/').to_owned()),
            None => Self::Host(settings.issuing_frontend_api().into_owned()),
        })
    }

    /// Returns what the URLs of its files and calls start with, without a slash at the end.
    pub(super) fn base(&self) -> String {
        match self {
            Self::Host(host) => format!("https://{host}"),
            Self::Proxy(url) => url.as_str().trim_end_matches('/').to_owned(),
            Self::OwnPath(path) => path.clone(),
        }
    }

    /// Returns the value of `data-clerk-proxy-url`.
    pub(super) fn proxy(&self) -> Option<String> {
        match self {
            Self::Host(_) => None,
            // A proxy at the root of the page's own origin: an empty value would mean that there is none.
            Self::OwnPath(path) if path.is_empty() => Some("/".to_owned()),
            Self::Proxy(_) | Self::OwnPath(_) => Some(self.base()),
        }
    }

    /// Returns its origin; `None` if it is the page's own.
    pub(super) fn origin(&self) -> Option<String> {
        match self {
            Self::Host(host) => Some(format!("https://{host}")),
            Self::Proxy(url) => Some(url.origin().ascii_serialization()),
            Self::OwnPath(_) => None,
        }
    }
}

/// Returns the origins of the pages on which visitors sign in and sign up, without the application's own.
pub(super) fn sign_in_origins(settings: &Settings) -> Vec<String> {
    let portal = || account_portal(settings.publishable_key.frontend_api());
    let mut origins = Vec::new();
    for page in [&settings.sign_in_url, &settings.sign_up_url] {
        let url = match page {
            Some(PageUrl::Absolute(url)) => Some(url.clone()),
            Some(PageUrl::Path(_)) => None,
            None => portal(),
        };
        let origin = url.map(|url| url.origin().ascii_serialization());
        origins.extend(origin.filter(|origin| !origins.contains(origin)));
    }
    origins
}

/// Returns the domain of a satellite, for `data-clerk-domain`. With a proxy, Clerk finds the satellite by the proxy.
pub(super) fn satellite_domain(settings: &Settings) -> Option<&str> {
    settings.domain.as_deref().filter(|_| settings.is_satellite)
}
