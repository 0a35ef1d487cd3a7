//! Where somebody who is not signed in is sent (PROTOCOL section 13).

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, Responder,
    body::BoxBody,
    http::header::{CACHE_CONTROL, LOCATION},
};
use url::Url;

use super::{RequestState, SessionStatus, Unauthenticated};
use crate::{
    config::{PageUrl, Settings},
    middleware::ActixFacts,
    query,
    request::{account_portal, dev_browser, public_url},
};

/// A redirect to sign in or to sign up, made by [`Auth::redirect_to_sign_in`](crate::Auth::redirect_to_sign_in) and
/// [`Auth::redirect_to_sign_up`](crate::Auth::redirect_to_sign_up). As a response it is 302, and never cached.
///
/// The visitor comes back to the page that was asked for, or to where [`return_to`](Self::return_to) says. A visitor
/// whose session is pending is sent to its tasks instead.
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a redirect does nothing until it is returned from a handler"]
pub struct AuthRedirect {
    visit: Visitor,
    target: Url,
    return_to: Url,
}

/// What a redirect has to know of the request that it answers.
#[derive(Clone, PartialEq, Eq)]
struct Visitor {
    url: Url,
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
    /// `None` where the settings give no page that can be redirected to.
    pub(crate) fn new(req: &HttpRequest, state: &RequestState, page: Page, is_pending: bool) -> Option<Self> {
        let settings = state.config().settings();
        let facts = ActixFacts(req);
        let url = public_url(&facts, settings);
        let dev_browser = dev_browser(&facts, &url, settings, settings.clock.now());
        let dev_browser = dev_browser.filter(|_| settings.is_development()).map(|token| token.into_owned());
        let visit = Visitor { url, dev_browser, is_satellite: settings.is_satellite };
        Self::to(settings, visit, page, is_pending)
    }

    fn to(settings: &Settings, visit: Visitor, page: Page, is_pending: bool) -> Option<Self> {
        let mut target = target(settings, &visit.url, page)?;
        if is_pending {
            target = Url::parse(&format!("{target}/tasks")).ok()?;
        }
        let return_to = visit.url.clone();
        Some(Self { visit, target, return_to })
    }

    /// Where the visitor comes back to: a path of this application, or an absolute `http(s)` URL. Anything else, and
    /// so a `javascript:` of somebody's making, is passed over. Hand on only what you would redirect to yourself: an
    /// absolute URL that a request brought makes this an open redirect.
    pub fn return_to(mut self, page: &str) -> Self {
        if let Some(url) = PageUrl::parse(page).and_then(|page| page.resolve(&self.visit.url)) {
            self.return_to = url;
        }
        self
    }

    /// The address, an absolute URL.
    pub fn location(&self) -> String {
        let mut location = self.target.clone();
        let mut return_to = self.return_to.clone();
        let host = |url: &Url| (url.host_str().map(str::to_owned), url.port());
        let is_elsewhere = host(&location) != host(&self.visit.url);
        if is_elsewhere && self.visit.is_satellite {
            query::set(&mut return_to, "__clerk_synced", "false");
        }
        query::set(&mut location, "redirect_url", return_to.as_str());
        if let Some(dev_browser) = self.visit.dev_browser.as_deref().filter(|_| is_elsewhere) {
            query::set(&mut location, "__clerk_db_jwt", dev_browser);
        }
        location.into()
    }
}

impl fmt::Debug for AuthRedirect {
    /// Without queries: in development the dev browser's token is in one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let address = |url: &Url| format!("{}{}", url.origin().ascii_serialization(), url.path());
        f.debug_struct("AuthRedirect")
            .field("target", &address(&self.target))
            .field("return_to", &address(&self.return_to))
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

/// The redirect that answers a refused navigation.
pub(crate) fn sign_in_redirect(req: &HttpRequest, state: &RequestState, why: &Unauthenticated) -> Option<AuthRedirect> {
    AuthRedirect::new(req, state, Page::SignIn, why.session_status == Some(SessionStatus::Pending))
}

fn target(settings: &Settings, base: &Url, page: Page) -> Option<Url> {
    let sign_in = || settings.sign_in_url.as_ref().and_then(|page| page.resolve(base));
    let portal = |path| account_portal(settings.publishable_key.frontend_api())?.join(path).ok();
    match page {
        Page::SignIn => sign_in().or_else(|| portal("/sign-in")),
        Page::SignUp => {
            let own = settings.sign_up_url.as_ref().and_then(|page| page.resolve(base));
            // Clerk's combined page has sign-up as a part of sign-in.
            let combined = || {
                let mut url = sign_in()?;
                url.set_path(&format!("{}/create", url.path()));
                Some(url)
            };
            own.or_else(combined).or_else(|| portal("/sign-up"))
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

    use super::*;
    use crate::config::{ClerkConfig, ClerkConfigBuilder};

    fn production(frontend_api: &str) -> ClerkConfigBuilder {
        let key = format!("pk_live_{}", STANDARD_NO_PAD.encode(format!("{frontend_api}$")));
        ClerkConfig::builder().publishable_key(key).secret_key("sk_live_1")
    }

    fn development() -> ClerkConfigBuilder {
        let key = format!("pk_test_{}", STANDARD_NO_PAD.encode("happy-cat-1.clerk.accounts.dev$"));
        ClerkConfig::builder().publishable_key(key).secret_key("sk_test_1")
    }

    fn redirect(builder: ClerkConfigBuilder, page: Page, is_pending: bool) -> AuthRedirect {
        let config = builder.build().unwrap();
        let visit = Visitor {
            url: Url::parse("https://app.example.com/a?b=c").unwrap(),
            dev_browser: config.settings().is_development().then(|| "dvb_1".to_owned()),
            is_satellite: config.settings().is_satellite,
        };
        AuthRedirect::to(config.settings(), visit, page, is_pending).unwrap()
    }

    const BACK: &str = "redirect_url=https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc";

    #[test]
    fn settings_and_where_they_send_a_visitor() {
        let example = || production("clerk.example.com");
        for (name, builder, page, is_pending, expected) in [
            ("a production portal", example(), Page::SignIn, false, "https://accounts.example.com/sign-in?{back}"),
            ("its sign-up", example(), Page::SignUp, false, "https://accounts.example.com/sign-up?{back}"),
            ("its tasks", example(), Page::SignIn, true, "https://accounts.example.com/sign-in/tasks?{back}"),
            (
                "a development portal",
                development(),
                Page::SignIn,
                false,
                "https://happy-cat-1.accounts.dev/sign-in?{back}&__clerk_db_jwt=dvb_1",
            ),
            (
                "a page of the application",
                development().sign_in_url("/in"),
                Page::SignIn,
                false,
                "https://app.example.com/in?{back}",
            ),
            (
                "its sign-up, combined",
                development().sign_in_url("/in"),
                Page::SignUp,
                false,
                "https://app.example.com/in/create?{back}",
            ),
            (
                "its sign-up, of its own",
                development().sign_in_url("/in").sign_up_url("/up"),
                Page::SignUp,
                false,
                "https://app.example.com/up?{back}",
            ),
            (
                "a page elsewhere",
                example().sign_in_url("https://id.example.com/in?lang=en"),
                Page::SignIn,
                false,
                "https://id.example.com/in?lang=en&{back}",
            ),
            (
                "a page with a return already",
                example().sign_in_url("/in?redirect_url=%2F"),
                Page::SignIn,
                false,
                "https://app.example.com/in?{back}",
            ),
            (
                "a satellite",
                example().is_satellite(true).domain("app.example.com"),
                Page::SignIn,
                false,
                "https://accounts.example.com/sign-in?{back}%26__clerk_synced%3Dfalse",
            ),
        ] {
            let location = redirect(builder, page, is_pending).location();
            assert_eq!(location, expected.replace("{back}", BACK), "{name}");
        }
    }

    #[test]
    fn returns_and_where_they_lead() {
        for (page, expected) in [
            ("/orders?id=1", "https://app.example.com/orders?id=1"),
            ("https://other.example/x", "https://other.example/x"),
            ("javascript:alert(1)", "https://app.example.com/a?b=c"),
            ("//evil.example", "https://app.example.com/a?b=c"),
            ("/\\evil.example", "https://app.example.com/a?b=c"),
            ("/\t/evil.example", "https://app.example.com/a?b=c"),
            ("/\n/evil.example", "https://app.example.com/a?b=c"),
            ("/\t\\evil.example", "https://app.example.com/a?b=c"),
            ("/.//evil.example", "https://app.example.com//evil.example"),
            ("orders", "https://app.example.com/a?b=c"),
        ] {
            let location = redirect(production("clerk.example.com"), Page::SignIn, false).return_to(page).location();
            let location = Url::parse(&location).unwrap();
            assert_eq!(query::get(&location, "redirect_url").as_deref(), Some(expected), "{page}");
        }
    }
}
