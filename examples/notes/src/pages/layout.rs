//! What every page has.

use std::future::{Ready, ready};

use actix_web::{
    Error, FromRequest, HttpRequest,
    dev::Payload,
    web::{Data, Html},
};
use clerk_actix::{ClerkJs, CspNonce, Session};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::access::Workspace;

/// Whether pages load Clerk's JavaScript.
pub struct HasClerkJs(pub bool);

/// The frame of a page: an extractor, so that handlers say only what is theirs.
pub struct Layout {
    /// Clerk's tags, and the nonce for the page's own script.
    clerk_js: Option<(ClerkJs, CspNonce)>,
}

impl FromRequest for Layout {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let has_clerk_js = req.app_data::<Data<HasClerkJs>>().is_some_and(|has| has.0);
        let of_the_page = || {
            let clerk_js = ClerkJs::from_request(req, payload).into_inner()?;
            Ok((clerk_js.with_ui(), CspNonce::from_request(req, payload).into_inner()?))
        };
        ready(has_clerk_js.then(of_the_page).transpose().map(|clerk_js| Self { clerk_js }))
    }
}

impl Layout {
    /// A page for everybody, signed in or not.
    pub fn page(&self, title: &str, session: Option<&Session>, content: Markup) -> Html {
        let nav = html! {
            nav {
                @if session.is_some() { (self.account()) } @else { a.button href="/me/notes" { "Sign in" } }
            }
        };
        self.html(title, nav, content)
    }

    /// A page of a workspace.
    pub fn page_of(&self, workspace: &Workspace, title: &str, content: Markup) -> Html {
        let nav = html! {
            nav {
                a href={ (workspace.path) "/notes" } { (workspace.team.as_deref().unwrap_or("My notes")) }
                a href="/" { "All teams" }
                (self.account())
            }
        };
        self.html(title, nav, content)
    }

    fn account(&self) -> Markup {
        html! {
            @if self.clerk_js.is_some() { span #user {} }
            form method="post" action="/sign-out" { button.quiet { "Sign out" } }
        }
    }

    fn html(&self, title: &str, nav: Markup, content: Markup) -> Html {
        let head = html! {
            @if let Some((clerk_js, nonce)) = &self.clerk_js {
                (PreEscaped(clerk_js))
                script nonce=(nonce) { (PreEscaped(SHOW_MENUS)) }
            }
        };
        Html::new(document(title, &head, &nav, &content).into_string())
    }
}

/// Shows Clerk's menus: of the user, and on the start page of the teams, where one can make a new one.
const SHOW_MENUS: &str = "clerkLoaded.then((clerk) => {
    const at = (id) => clerk.user && document.getElementById(id);
    if (at('user')) clerk.mountUserButton(at('user'));
    if (at('teams')) clerk.mountOrganizationSwitcher(at('teams'), {
        afterSelectOrganizationUrl: '/orgs/:slug/notes',
        afterCreateOrganizationUrl: '/orgs/:slug/notes',
        afterSelectPersonalUrl: '/me/notes',
    });
});";

/// A page without the request's parts, for errors.
pub fn plain(title: &str, content: &Markup) -> Markup {
    document(title, &html! {}, &html! {}, content)
}

fn document(title: &str, head: &Markup, nav: &Markup, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Notes" }
                link rel="stylesheet" href="/style.css";
                link rel="icon" href="data:,";
                (head)
            }
            body {
                header { a.brand href="/" { "Notes" } (nav) }
                main { (content) }
            }
        }
    }
}
