//! The sign-in check: whether visitors can reach the sign-in page.

use url::Url;

use super::{calls::Answer, report::Finding};
use crate::{
    config::{PageUrl, Settings},
    observe::hint,
    request::account_portal,
};

const NAME: &str = "sign-in URL";
const OPEN_IT: &str =
    "remove require_auth() and RequireAuth from the sign-in page: visitors are redirected in a circle";

/// The page that visitors sign in on.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SignIn {
    /// No page is set: Clerk's.
    AccountPortal(Option<Url>),
    /// A page of this application.
    Own(Url),
    /// A path on the origin of each request, which is not known here.
    Path(String),
    /// A page of another origin.
    Elsewhere(Url),
}

impl SignIn {
    pub(super) fn of(settings: &Settings) -> Self {
        let own = settings.public_origin.as_ref();
        match &settings.sign_in_url {
            None => {
                let portal = account_portal(settings.publishable_key.frontend_api());
                Self::AccountPortal(portal.and_then(|portal| portal.join("/sign-in").ok()))
            }
            Some(PageUrl::Absolute(url)) if own.is_some_and(|own| own.origin() == url.origin()) => {
                Self::Own(url.clone())
            }
            Some(PageUrl::Absolute(url)) => Self::Elsewhere(url.clone()),
            Some(page @ PageUrl::Path(path)) => {
                own.and_then(|own| page.resolve(own)).map_or_else(|| Self::Path(path.clone()), Self::Own)
            }
        }
    }

    /// Returns the page if it is one of this application.
    pub(super) fn own_page(&self) -> Option<Url> {
        match self {
            Self::Own(url) => Some(url.clone()),
            Self::AccountPortal(_) | Self::Path(_) | Self::Elsewhere(_) => None,
        }
    }

    pub(super) fn check(&self, answer: Option<&Answer>) -> Finding {
        match self {
            Self::AccountPortal(Some(url)) => Finding::ok(NAME, format!("not set: Clerk's Account Portal, {url}")),
            Self::AccountPortal(None) => Finding::ok(NAME, "not set: Clerk's Account Portal"),
            Self::Path(path) => {
                let found = format!("{}, on the origin of each request", shown_path(path));
                Finding::skipped(NAME, found).with_fix("set public_origin (CLERK_PUBLIC_ORIGIN) to have it checked")
            }
            Self::Elsewhere(url) => Finding::ok(NAME, format!("{}, which is of another origin", shown(url))),
            Self::Own(url) => answer.map_or_else(|| Finding::skipped(NAME, shown(url)), |answer| verdict(url, answer)),
        }
    }
}

fn verdict(page: &Url, answer: &Answer) -> Finding {
    let url = shown(page);
    let response = match answer {
        Ok(response) => response,
        Err(error) => return not_running(format!("{url}: {error}")),
    };
    match response.status {
        200..=299 => Finding::ok(NAME, format!("{url} responds without sign-in")),
        status @ (401 | 403) => {
            Finding::failed(NAME, format!("{url} requires sign-in itself (status {status})")).with_fix(OPEN_IT)
        }
        300..=399 => redirected(page, response.location.as_deref()),
        status @ (404 | 410) => Finding::failed(NAME, format!("there is no page at {url} (status {status})"))
            .with_fix("correct sign_in_url (CLERK_SIGN_IN_URL), or add the page"),
        // Of a load balancer or a proxy without a server behind it.
        status @ 502..=504 => not_running(format!("{url}: status {status}")),
        status => Finding::warning(NAME, format!("{url} responds with status {status}"))
            .with_fix("open the page in a browser, and look at this application's log"),
    }
}

fn redirected(page: &Url, location: Option<&str>) -> Finding {
    let url = shown(page);
    let Some(target) = location.and_then(|location| page.join(location).ok()) else {
        return Finding::ok(NAME, format!("{url} redirects"));
    };
    if target.origin() == page.origin() && target.path() == page.path() {
        return Finding::failed(NAME, format!("{url} redirects to itself, so it requires sign-in")).with_fix(OPEN_IT);
    }
    Finding::ok(NAME, format!("{url} redirects to {}", shown(&target)))
}

fn not_running(found: String) -> Finding {
    Finding::skipped(NAME, format!("{found}: it may not be running yet"))
        .with_fix("run doctor() again when the server is up")
}

/// Returns the URL without the parts that may hold a credential.
fn shown(url: &Url) -> String {
    hint(&format!("{}{}", url.origin().ascii_serialization(), url.path()))
}

fn shown_path(path: &str) -> String {
    hint(path.split(['?', '#']).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        backend::{ApiResponse, TransportError},
        doctor::Status,
        instance::ClerkConfig,
    };

    #[test]
    fn settings_and_the_page_that_visitors_sign_in_on() {
        let url = |url: &str| Url::parse(url).unwrap();
        let (origin, portal) = ("https://app.example.com", url("https://accounts.example.com/sign-in"));
        for (name, sign_in_url, public_origin, expected) in [
            ("none", None, None, SignIn::AccountPortal(Some(portal))),
            ("a path", Some("/sign-in"), None, SignIn::Path("/sign-in".to_owned())),
            ("a path here", Some("/in"), Some(origin), SignIn::Own(url("https://app.example.com/in"))),
            ("a URL", Some("https://a.example/in"), None, SignIn::Elsewhere(url("https://a.example/in"))),
            ("a URL elsewhere", Some("https://a.example"), Some(origin), SignIn::Elsewhere(url("https://a.example"))),
            (
                "a URL here",
                Some("https://app.example.com:443/in"),
                Some(origin),
                SignIn::Own(url("https://app.example.com/in")),
            ),
        ] {
            let builder =
                ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
            let builder = sign_in_url.map_or(builder.clone(), |url| builder.sign_in_url(url));
            let builder = public_origin.map_or(builder.clone(), |origin| builder.public_origin(origin));
            assert_eq!(SignIn::of(builder.build().unwrap().settings()), expected, "{name}");
        }
    }

    #[test]
    fn answers_of_the_page_and_the_verdict_on_it() {
        use Status::*;
        let status = |status| Result::Ok(ApiResponse { status, ..ApiResponse::default() });
        let redirect = |location: &str| {
            Result::Ok(ApiResponse { status: 303, location: Some(location.to_owned()), ..ApiResponse::default() })
        };
        for (name, answer, expected, says) in [
            ("a page", status(200), Ok, "responds without sign-in"),
            ("unauthenticated", status(401), Failed, "requires sign-in itself"),
            ("forbidden", status(403), Failed, "requires sign-in itself"),
            ("to itself", redirect("/sign-in?redirect_url=x"), Failed, "redirects to itself"),
            ("to itself, absolute", redirect("https://a.example/sign-in"), Failed, "redirects to itself"),
            ("to another path", redirect("/en/sign-in?secret=1"), Ok, "redirects to https://a.example/en/sign-in"),
            ("to HTTPS", redirect("https://b.example/sign-in"), Ok, "redirects to https://b.example/sign-in"),
            ("to nowhere", status(302), Ok, "redirects"),
            ("missing", status(404), Failed, "no page"),
            ("a broken handler", status(500), Warning, "status 500"),
            ("a load balancer", status(503), Skipped, "may not be running yet"),
            ("no connection", Err(TransportError::Connect), Skipped, "could not connect: it may not be running yet"),
            ("silence", Err(TransportError::Timeout), Skipped, "may not be running yet"),
        ] {
            let finding = verdict(&Url::parse("https://a.example/sign-in?token=secret").unwrap(), &answer);
            assert_eq!(finding.status(), expected, "{name}: {finding:?}");
            assert!(finding.found().contains(says), "{name}: {finding:?}");
            assert!(!format!("{finding:?}").contains("secret"), "{name}: {finding:?}");
            assert_eq!(finding.fix().is_some(), expected != Ok, "{name}");
        }
    }
}
