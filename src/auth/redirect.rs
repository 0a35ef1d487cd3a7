//! Where somebody who is not signed in is sent (PROTOCOL section 13).

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::header::{CACHE_CONTROL, LOCATION},
};
use url::Url;

use super::{RequestState, Session};
use crate::{
    config::{PageUrl, Settings},
    middleware::ActixFacts,
    query,
    request::{account_portal, dev_browser, is_same_page, knows_scheme, public_url, return_address},
};

/// A redirect to sign in or to sign up, made by [`Auth::redirect_to_sign_in`](crate::Auth::redirect_to_sign_in) and
/// [`Auth::redirect_to_sign_up`](crate::Auth::redirect_to_sign_up). As a response it is 302, and never cached.
///
/// The visitor comes back to the page that was asked for, or to the one that [`return_to`](Self::return_to) names. A visitor
/// whose session is pending is sent to its tasks instead.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a redirect does nothing until it is returned from a handler"]
pub struct AuthRedirect {
    visit: Visitor,
    target: Url,
    return_to: Option<Url>,
}

/// What a redirect has to know of the request that it answers.
#[derive(Clone, PartialEq, Eq)]
struct Visitor {
    /// The page that was asked for, as the browser sees it.
    url: Url,
    /// `false` if a proxy may have ended TLS without saying so: the page may then be on `https`.
    knows_scheme: bool,
    /// Only in development: how Clerk knows the browser again on another domain.
    dev_browser: Option<String>,
    is_satellite: bool,
}

/// Which of Clerk's pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    SignIn,
    SignUp,
}

impl AuthRedirect {
    /// `None` if the settings give no page that can be redirected to.
    pub(crate) fn new(req: &HttpRequest, state: &RequestState, page: Page) -> Option<Self> {
        let settings = state.config().settings();
        let facts = ActixFacts(req);
        let url = public_url(&facts, settings);
        let dev_browser = dev_browser(&facts, &url, settings, settings.clock.now());
        let dev_browser = dev_browser.filter(|_| settings.is_development()).map(|token| token.into_owned());
        let visit = Visitor {
            url: return_address(url),
            knows_scheme: knows_scheme(&facts, settings),
            dev_browser,
            is_satellite: settings.is_satellite,
        };
        // Whoever accepts pending sessions holds one that is authenticated; it has its tasks to do all the same.
        let is_pending = state.as_session().and_then(Result::ok).is_some_and(Session::is_pending);
        Self::to(settings, visit, page, is_pending)
    }

    fn to(settings: &Settings, visit: Visitor, page: Page, is_pending: bool) -> Option<Self> {
        let mut target = target(settings, &visit.url, page)?;
        if is_pending {
            target = step(target, "tasks");
        }
        let return_to = Some(visit.url.clone());
        Some(Self { visit, target, return_to })
    }

    /// Names the page of this application to which the visitor comes back: a path such as `/orders`; or a relative one such as
    /// `orders`, `?tab=2` or `#top`, which is resolved against the page that was asked for, as a browser resolves a link; or an
    /// absolute URL of this application's origin, which is [`public_origin`](crate::ClerkConfigBuilder::public_origin) or else the
    /// one that the request names.
    ///
    /// Any other text is ignored, and the visitor comes back to the page that was asked for. The text may therefore come from a
    /// request, such as a `next` parameter: it never makes this an open redirect.
    ///
    /// ```
    /// use actix_web::{web::Query, HttpRequest};
    /// use clerk_actix::{Auth, AuthError, AuthRedirect};
    ///
    /// # #[derive(serde::Deserialize)]
    /// # struct Login { next: String }
    /// async fn login(auth: Auth, req: HttpRequest, query: Query<Login>) -> Result<AuthRedirect, AuthError> {
    ///     Ok(auth.redirect_to_sign_in(&req)?.return_to(&query.next))
    /// }
    /// ```
    pub fn return_to(mut self, page: &str) -> Self {
        match self.visit.own_page(page) {
            Some(url) => self.return_to = Some(return_address(url)),
            None => {
                tracing::debug!("return_to was given a page that is not of this application's origin; it is ignored")
            }
        }
        self
    }

    /// Names the page of another site to which the visitor comes back, as an absolute `http` or `https` URL. Any other text is
    /// ignored.
    ///
    /// Write the URL yourself, or compare its origin with a list: with a URL that came with a request, this is an open redirect,
    /// by which a link to your application leads to a page that only looks like yours.
    pub fn return_to_other_site(mut self, url: &str) -> Self {
        if let Some(PageUrl::Absolute(url)) = PageUrl::parse(url) {
            self.return_to = Some(url);
        }
        self
    }

    /// Sends the visitor away without an address to come back to: Clerk's pages then lead to where the instance's settings or
    /// the page's own say.
    pub fn without_return(mut self) -> Self {
        self.return_to = None;
        self
    }

    /// Whether it leads to the page that it answers, so that the browser would go round in circles.
    pub(crate) fn leads_to_itself(&self) -> bool {
        is_same_page(&self.target, &self.visit.url)
    }

    /// The address, an absolute URL.
    pub fn location(&self) -> String {
        let mut location = self.target.clone();
        let host = |url: &Url| (url.host_str().map(str::to_owned), url.port());
        let is_elsewhere = host(&location) != host(&self.visit.url);
        if let Some(mut return_to) = self.return_to.clone() {
            if is_elsewhere && self.visit.is_satellite {
                query::set(&mut return_to, "__clerk_synced", "false");
            }
            query::set(&mut location, "redirect_url", return_to.as_str());
        }
        if let Some(dev_browser) = self.visit.dev_browser.as_deref().filter(|_| is_elsewhere) {
            query::set(&mut location, "__clerk_db_jwt", dev_browser);
        }
        location.into()
    }
}

impl Visitor {
    /// The page that a text names, which may be a stranger's, if it is on this application's origin.
    fn own_page(&self, page: &str) -> Option<Url> {
        // Browsers drop control characters and read backslashes as slashes: what is left may name a host.
        if page.contains(|c: char| c == '\\' || c.is_control()) {
            return None;
        }
        let url = self.url.join(page).ok()?;
        let is_page = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
        let is_own_scheme = url.scheme() == self.url.scheme() || !self.knows_scheme;
        let is_own_host = (url.host(), url.port()) == (self.url.host(), self.url.port());
        (is_page && is_own_scheme && is_own_host).then_some(url)
    }
}

impl fmt::Debug for AuthRedirect {
    /// Without queries: in development the dev browser's token is in one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = |url: &Url| format!("{}{}", url.origin().ascii_serialization(), url.path());
        f.debug_struct("AuthRedirect")
            .field("target", &address(&self.target))
            .field("return_to", &self.return_to.as_ref().map(address))
            .finish_non_exhaustive()
    }
}

impl Responder for AuthRedirect {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse<BoxBody> {
        HttpResponse::Found()
            .insert_header((LOCATION, self.location()))
            .insert_header((CACHE_CONTROL, "no-store"))
            .finish()
    }
}

fn target(settings: &Settings, base: &Url, page: Page) -> Option<Url> {
    let sign_in = || settings.sign_in_url.as_ref().and_then(|page| page.resolve(base));
    let portal = |path| account_portal(settings.publishable_key.frontend_api())?.join(path).ok();
    match page {
        Page::SignIn => sign_in().or_else(|| portal("/sign-in")),
        Page::SignUp => {
            let own = settings.sign_up_url.as_ref().and_then(|page| page.resolve(base));
            // Clerk's combined page has sign-up as a part of sign-in.
            let combined = || Some(step(sign_in()?, "create"));
            own.or_else(combined).or_else(|| portal("/sign-up"))
        }
    }
}

/// A step of one of Clerk's pages: a segment of the page's path, or of its hash, if the page is routed by that (`/#/sign-in`).
fn step(mut page: Url, name: &str) -> Url {
    let is_route = |hash: &&str| hash.starts_with('/') || hash.starts_with("!/");
    match page.fragment().filter(is_route) {
        Some(route) => {
            let (path, query) = route.split_at(route.find('?').unwrap_or(route.len()));
            let route = format!("{}/{name}{query}", path.trim_end_matches('/'));
            page.set_fragment(Some(&route));
        }
        None => {
            let path = format!("{}/{name}", page.path().trim_end_matches('/'));
            page.set_path(&path);
        }
    }
    page
}

#[cfg(test)]
#[path = "redirect_tests.rs"]
mod tests;
