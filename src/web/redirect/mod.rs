//! Redirects to the sign-in and sign-up pages (PROTOCOL section 13).

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::header::{CACHE_CONTROL, LOCATION},
};
use url::Url;

use super::{facts::ActixFacts, state::RequestState};
use crate::{
    auth::Session,
    config::{PageUrl, Settings},
    request::{Visitor, account_portal, is_same_page, query, return_address},
};

/// A redirect to sign in or sign up, made by [`Auth::redirect_to_sign_in`](crate::Auth::redirect_to_sign_in) and
/// [`Auth::redirect_to_sign_up`](crate::Auth::redirect_to_sign_up). As a response it is a 302 that is never cached.
///
/// The visitor returns to the requested page, or to the page given to [`return_to`](Self::return_to). A visitor with a
/// pending session is sent to complete its tasks instead.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a redirect does nothing until it is returned from a handler"]
pub struct AuthRedirect(Box<Parts>);

/// Boxed, since a rejection that redirects is an error, and errors are moved around.
#[derive(Clone, PartialEq, Eq)]
struct Parts {
    visitor: Visitor,
    target: Url,
    return_to: Option<Url>,
}

/// The Clerk page to redirect to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AuthPage {
    SignIn,
    SignUp,
}

impl AuthRedirect {
    /// Returns `None` if the settings give no page to redirect to.
    pub(crate) fn new(req: &HttpRequest, state: &RequestState, page: AuthPage) -> Option<Self> {
        let settings = state.config().settings();
        let visitor = Visitor::read(&ActixFacts(req), settings);
        // An extractor that accepts pending sessions counts them as authenticated, but the tasks still have to be
        // completed.
        let is_pending = state.as_session().and_then(Result::ok).is_some_and(Session::is_pending);
        Self::to(settings, visitor, page, is_pending)
    }

    fn to(settings: &Settings, visitor: Visitor, page: AuthPage, is_pending: bool) -> Option<Self> {
        let mut target = target(settings, &visitor.url, page)?;
        if is_pending {
            target = step(target, "tasks");
        }
        let return_to = Some(visitor.url.clone());
        Some(Self(Box::new(Parts { visitor, target, return_to })))
    }

    /// Sets the page of this application that the visitor returns to. It can be a path such as `/orders`, or a
    /// relative reference such as `orders`, `?tab=2` or `#top`, which is resolved against the requested page as a
    /// browser resolves a link. It can also be an absolute URL with this application's origin:
    /// [`public_origin`](crate::ClerkConfigBuilder::public_origin) if set, otherwise the request's.
    ///
    /// Any other value is ignored, and the visitor returns to the requested page. The value may therefore come from
    /// the request, such as from a `next` parameter: it cannot cause an open redirect.
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
    #[doc(alias = "returnBackUrl")]
    pub fn return_to(mut self, page: &str) -> Self {
        match self.0.visitor.own_page(page) {
            Some(url) => self.0.return_to = Some(return_address(url)),
            None => {
                tracing::debug!("return_to is ignored: the page is not on this application's origin")
            }
        }
        self
    }

    /// Sets a page of another site that the visitor returns to, as an absolute `http` or `https` URL. Any other value
    /// is ignored.
    ///
    /// Hard-code the URL, or check its origin against an allowlist: a URL taken from the request makes this an open
    /// redirect, with which a link to your application can lead to a page that only looks like yours.
    #[doc(alias = "returnBackUrl")]
    pub fn return_to_other_site(mut self, url: &str) -> Self {
        if let Some(PageUrl::Absolute(url)) = PageUrl::parse(url) {
            self.0.return_to = Some(url);
        }
        self
    }

    /// Redirects without a return address. The visitor then continues to wherever the Clerk instance's settings, or
    /// the sign-in page's own, say.
    #[doc(alias = "returnBackUrl")]
    pub fn without_return(mut self) -> Self {
        self.0.return_to = None;
        self
    }

    /// Returns whether the redirect leads to the requested page itself, which would be a redirect loop.
    pub(crate) fn leads_to_itself(&self) -> bool {
        is_same_page(&self.0.target, &self.0.visitor.url)
    }

    /// The redirect's target, as an absolute URL.
    pub fn location(&self) -> String {
        let mut location = self.0.target.clone();
        let host = |url: &Url| (url.host_str().map(str::to_owned), url.port());
        let is_elsewhere = host(&location) != host(&self.0.visitor.url);
        if let Some(mut return_to) = self.0.return_to.clone() {
            if is_elsewhere && self.0.visitor.is_of_satellite {
                query::set(&mut return_to, "__clerk_synced", "false");
            }
            query::set(&mut location, "redirect_url", return_to.as_str());
        }
        if let Some(dev_browser) = self.0.visitor.dev_browser.as_deref().filter(|_| is_elsewhere) {
            query::set(&mut location, "__clerk_db_jwt", dev_browser);
        }
        location.into()
    }
}

impl fmt::Debug for AuthRedirect {
    /// Leaves out queries: in development, one contains the dev browser's token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = |url: &Url| format!("{}{}", url.origin().ascii_serialization(), url.path());
        f.debug_struct("AuthRedirect")
            .field("target", &address(&self.0.target))
            .field("return_to", &self.0.return_to.as_ref().map(address))
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

fn target(settings: &Settings, base: &Url, page: AuthPage) -> Option<Url> {
    let sign_in = || settings.sign_in_url.as_ref().and_then(|page| page.resolve(base));
    let portal = |path| account_portal(settings.publishable_key.frontend_api())?.join(path).ok();
    match page {
        AuthPage::SignIn => sign_in().or_else(|| portal("/sign-in")),
        AuthPage::SignUp => {
            let own = settings.sign_up_url.as_ref().and_then(|page| page.resolve(base));
            // Clerk's combined page includes sign-up as a step of sign-in.
            let combined = || Some(step(sign_in()?, "create"));
            own.or_else(combined).or_else(|| portal("/sign-up"))
        }
    }
}

/// Appends a step to one of Clerk's pages: to the path, or to the hash if the page uses hash routing (`/#/sign-in`).
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
mod tests;
