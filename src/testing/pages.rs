//! `LocalClerk`'s pages: sign-in, and the consent to an OAuth application.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::users::TestUser;

/// Renders one button per user. Without a `redirect_url`, it shows a hint instead.
pub(super) fn sign_in(users: &[TestUser], redirect_url: Option<&str>, dev_browser: Option<&str>) -> Markup {
    let content = html! {
        @match redirect_url {
            Some(redirect_url) => {
                p.sub { "to continue to " strong { (host(redirect_url)) } }
                form method="post" action="/sign-in" {
                    input type="hidden" name="redirect_url" value=(redirect_url);
                    @if let Some(dev_browser) = dev_browser {
                        input type="hidden" name="__clerk_db_jwt" value=(dev_browser);
                    }
                    (buttons(users))
                }
            }
            None => {
                p.sub { "Open a protected page of your application: it sends you here and back." }
                script { (PreEscaped(ADDRESS_FROM_THE_HASH)) }
            }
        }
    };
    page("Sign in", &content)
}

/// Renders the question whether an application may have these scopes: one button per user, and one that denies.
pub(super) fn consent(
    users: &[TestUser],
    client: &str,
    redirect_uri: &str,
    scopes: &[String],
    request: &str,
) -> Markup {
    let content = html! {
        p.sub {
            strong { (client) } " at " strong { (host(redirect_uri)) } " asks for "
            @for (n, scope) in scopes.iter().enumerate() { @if n > 0 { ", " } code { (scope) } }
            ". Allow it as"
        }
        form method="post" action="/oauth/consent" {
            input type="hidden" name="request" value=(request);
            (buttons(users))
            button type="submit" { span { strong { "Deny" } } }
        }
    };
    page("Allow access", &content)
}

fn buttons(users: &[TestUser]) -> Markup {
    html! {
        @for user in users {
            button type="submit" name="user_id" value=(user.id()) {
                span.avatar { (initials(user.name())) }
                span {
                    strong { (user.name()) }
                    small { (user.about()) }
                }
            }
        }
    }
}

fn page(title: &str, content: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · LocalClerk" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    (content)
                    footer { "LocalClerk: a stand-in for Clerk, for tests and offline development only" }
                }
            }
        }
    }
}

fn host(url: &str) -> &str {
    url.split("//").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or(url)
}

fn initials(name: &str) -> String {
    name.split(' ').filter_map(|part| part.chars().next()).collect()
}

/// `clerk-js` puts the address of its page into the hash, which this server does not see.
const ADDRESS_FROM_THE_HASH: &str = "
const back = new URLSearchParams(location.hash.replace(/^#[^?]*/, '')).get('redirect_url');
const here = new URL(location.pathname + location.search, location.origin);
here.searchParams.set('redirect_url', back ?? '');
if (back) location.replace(here);
";

const STYLE: &str = "
:root { color-scheme: light dark; --ink: #16161d; --dim: #6b6b7b; --line: #e3e3ea; --card: #fff; --page: #f4f4f8; --accent: #6c47ff; }
@media (prefers-color-scheme: dark) { :root { --ink: #f2f2f7; --dim: #a0a0b0; --line: #33333f; --card: #1d1d26; --page: #121218; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { width: min(26rem, calc(100vw - 2rem)); padding: 2rem; background: var(--card); border: 1px solid var(--line); border-radius: 16px; box-shadow: 0 12px 32px rgb(0 0 0 / .08); }
h1 { margin: 0; font-size: 1.5rem; }
.sub { margin: .25rem 0 1.5rem; color: var(--dim); }
form { display: grid; gap: .75rem; }
button { display: flex; gap: .875rem; align-items: center; padding: .75rem; font: inherit; text-align: left; color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 12px; cursor: pointer; }
button:hover, button:focus-visible { border-color: var(--accent); outline: none; box-shadow: 0 0 0 3px rgb(108 71 255 / .2); }
.avatar { display: grid; place-items: center; width: 2.5rem; height: 2.5rem; border-radius: 50%; background: var(--accent); color: #fff; font-weight: 600; flex: none; }
small { display: block; color: var(--dim); }
footer { margin-top: 1.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--dim); font-size: .8125rem; }
";
