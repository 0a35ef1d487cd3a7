//! Return addresses, and where redirects to sign-in lead.

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::*;
use crate::{config::ClerkConfigBuilder, instance::ClerkConfig, request::query};

fn production(frontend_api: &str) -> ClerkConfigBuilder {
    let key = format!("pk_live_{}", STANDARD_NO_PAD.encode(format!("{frontend_api}$")));
    ClerkConfig::builder().publishable_key(key).secret_key("sk_live_1")
}

fn development() -> ClerkConfigBuilder {
    let key = format!("pk_test_{}", STANDARD_NO_PAD.encode("happy-cat-1.clerk.accounts.dev$"));
    ClerkConfig::builder().publishable_key(key).secret_key("sk_test_1")
}

fn redirect(builder: ClerkConfigBuilder, page: AuthPage, is_pending: bool) -> AuthRedirect {
    let config = builder.build().unwrap();
    let visit = Visitor {
        url: Url::parse("https://app.example.com/a?b=c").unwrap(),
        knows_scheme: true,
        dev_browser: config.settings().is_development().then(|| "dvb_1".to_owned()),
        is_of_satellite: config.settings().is_satellite,
    };
    AuthRedirect::to(config.settings(), visit, page, is_pending).unwrap()
}

const BACK: &str = "redirect_url=https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc";

#[test]
fn settings_and_where_they_send_a_visitor() {
    let example = || production("clerk.example.com");
    for (name, builder, page, is_pending, expected) in [
        ("a production portal", example(), AuthPage::SignIn, false, "https://accounts.example.com/sign-in?{back}"),
        ("its sign-up", example(), AuthPage::SignUp, false, "https://accounts.example.com/sign-up?{back}"),
        ("its tasks", example(), AuthPage::SignIn, true, "https://accounts.example.com/sign-in/tasks?{back}"),
        (
            "a development portal",
            development(),
            AuthPage::SignIn,
            false,
            "https://happy-cat-1.accounts.dev/sign-in?{back}&__clerk_db_jwt=dvb_1",
        ),
        (
            "a page of the application",
            development().sign_in_url("/in"),
            AuthPage::SignIn,
            false,
            "https://app.example.com/in?{back}",
        ),
        (
            "its sign-up, combined",
            development().sign_in_url("/in"),
            AuthPage::SignUp,
            false,
            "https://app.example.com/in/create?{back}",
        ),
        (
            "its sign-up, of its own",
            development().sign_in_url("/in").sign_up_url("/up"),
            AuthPage::SignUp,
            false,
            "https://app.example.com/up?{back}",
        ),
        (
            "a page elsewhere",
            example().sign_in_url("https://id.example.com/in?lang=en"),
            AuthPage::SignIn,
            false,
            "https://id.example.com/in?lang=en&{back}",
        ),
        (
            "a page with a return already",
            example().sign_in_url("/in?redirect_url=%2F"),
            AuthPage::SignIn,
            false,
            "https://app.example.com/in?{back}",
        ),
        (
            "a satellite",
            example().is_satellite(true).domain("app.example.com"),
            AuthPage::SignIn,
            false,
            "https://accounts.example.com/sign-in?{back}%26__clerk_synced%3Dfalse",
        ),
    ] {
        let location = redirect(builder, page, is_pending).location();
        assert_eq!(location, expected.replace("{back}", BACK), "{name}");
    }
}

/// Steps of Clerk's pages are appended to the path, or to the hash if the page uses hash routing.
#[test]
fn pages_and_their_steps() {
    let at = |sign_in: &str, page, is_pending| {
        let location = redirect(production("clerk.example.com").sign_in_url(sign_in), page, is_pending).location();
        let mut location = Url::parse(&location).unwrap();
        assert!(query::get(&location, "redirect_url").is_some(), "{location}");
        query::remove(&mut location, &["redirect_url"]);
        String::from(location)
    };
    for (sign_in, tasks, create) in [
        ("https://id.example.com", "https://id.example.com/tasks", "https://id.example.com/create"),
        ("https://id.example.com/", "https://id.example.com/tasks", "https://id.example.com/create"),
        ("/", "https://app.example.com/tasks", "https://app.example.com/create"),
        ("/in", "https://app.example.com/in/tasks", "https://app.example.com/in/create"),
        ("/in/", "https://app.example.com/in/tasks", "https://app.example.com/in/create"),
        ("/in//", "https://app.example.com/in/tasks", "https://app.example.com/in/create"),
        ("/in?lang=en", "https://app.example.com/in/tasks?lang=en", "https://app.example.com/in/create?lang=en"),
        ("/in/?lang=en&x", "https://app.example.com/in/tasks?lang=en&x", "https://app.example.com/in/create?lang=en&x"),
        ("/in?to=/a/", "https://app.example.com/in/tasks?to=/a/", "https://app.example.com/in/create?to=/a/"),
        ("/in#top", "https://app.example.com/in/tasks#top", "https://app.example.com/in/create#top"),
        ("/in?a=%E9#top", "https://app.example.com/in/tasks?a=%E9#top", "https://app.example.com/in/create?a=%E9#top"),
        ("/in#", "https://app.example.com/in/tasks#", "https://app.example.com/in/create#"),
        ("/%69n%2F", "https://app.example.com/%69n%2F/tasks", "https://app.example.com/%69n%2F/create"),
        ("/#/in", "https://app.example.com/#/in/tasks", "https://app.example.com/#/in/create"),
        ("/#/in/", "https://app.example.com/#/in/tasks", "https://app.example.com/#/in/create"),
        ("/#/", "https://app.example.com/#/tasks", "https://app.example.com/#/create"),
        ("/spa#/in?x=1", "https://app.example.com/spa#/in/tasks?x=1", "https://app.example.com/spa#/in/create?x=1"),
        ("/#!/in", "https://app.example.com/#!/in/tasks", "https://app.example.com/#!/in/create"),
        ("https://id.example.com/#/in", "https://id.example.com/#/in/tasks", "https://id.example.com/#/in/create"),
    ] {
        assert_eq!(at(sign_in, AuthPage::SignIn, true), tasks, "{sign_in}");
        assert_eq!(at(sign_in, AuthPage::SignUp, false), create, "{sign_in}");
    }
    let sign_up = production("clerk.example.com").sign_up_url("/up?x#top");
    let location = redirect(sign_up, AuthPage::SignUp, true).location();
    assert!(location.starts_with("https://app.example.com/up/tasks?x&redirect_url="), "{location}");
}

/// A page from an untrusted source: it is on this origin, or ignored.
#[test]
fn returns_and_where_they_lead() {
    const HERE: &str = "https://app.example.com/a?b=c";
    for (page, expected) in [
        ("/orders?id=1", "https://app.example.com/orders?id=1"),
        ("/orders?a=%E9&b&c=%20", "https://app.example.com/orders?a=%E9&b&c=%20"),
        ("/orders#f", "https://app.example.com/orders#f"),
        ("/", "https://app.example.com/"),
        ("orders", "https://app.example.com/orders"),
        ("orders/1?x", "https://app.example.com/orders/1?x"),
        ("./orders", "https://app.example.com/orders"),
        ("../../orders", "https://app.example.com/orders"),
        ("?q=1", "https://app.example.com/a?q=1"),
        ("#f", "https://app.example.com/a?b=c#f"),
        ("", HERE),
        ("a:b", HERE),
        ("größe", "https://app.example.com/gr%C3%B6%C3%9Fe"),
        ("https://app.example.com", "https://app.example.com/"),
        ("https://app.example.com/x?y#z", "https://app.example.com/x?y#z"),
        ("https://APP.example.com:443/x", "https://app.example.com/x"),
        ("https:orders", "https://app.example.com/orders"),
        // To a browser, the page's own scheme without two slashes means nothing.
        ("https:/evil.example", "https://app.example.com/evil.example"),
        ("/.//evil.example", "https://app.example.com//evil.example"),
        ("/x?next=//evil.example", "https://app.example.com/x?next=//evil.example"),
        // Other sites.
        ("https://evil.example", HERE),
        ("https://evil.example/x", HERE),
        ("http://app.example.com/x", HERE),
        ("https://app.example.com:8443/x", HERE),
        ("https://app.example.com.evil.example", HERE),
        ("https://app.example.com@evil.example", HERE),
        ("https://evil.example#@app.example.com", HERE),
        ("//evil.example", HERE),
        ("///evil.example", HERE),
        ("////evil.example", HERE),
        ("//app.example.com@evil.example", HERE),
        ("/\\evil.example", HERE),
        ("\\\\evil.example", HERE),
        ("\\/evil.example", HERE),
        ("\\evil.example", HERE),
        ("/\t/evil.example", HERE),
        ("/\n/evil.example", HERE),
        ("/\r/evil.example", HERE),
        ("/\t\\evil.example", HERE),
        ("\t//evil.example", HERE),
        (" //evil.example", HERE),
        ("\u{0}//evil.example", HERE),
        ("https:\\\\evil.example", HERE),
        ("http:evil.example", HERE),
        // User names and passwords.
        ("https://me@app.example.com/x", HERE),
        ("https://me:word@app.example.com/x", HERE),
        ("//me:word@app.example.com/x", HERE),
        // Not pages.
        ("javascript:alert(1)", HERE),
        ("JAVASCRIPT:alert(1)", HERE),
        (" javascript:alert(1)", HERE),
        ("java\tscript:alert(1)", HERE),
        ("data:text/html,x", HERE),
        ("blob:https://app.example.com/1", HERE),
        ("mailto:me@app.example.com", HERE),
        ("ftp://app.example.com/x", HERE),
    ] {
        let location = redirect(production("clerk.example.com"), AuthPage::SignIn, false).return_to(page).location();
        let location = Url::parse(&location).unwrap();
        assert_eq!(query::get(&location, "redirect_url").as_deref(), Some(expected), "{page:?}");
    }
}

/// Behind a proxy that ends TLS without saying so, a URL with another scheme may still be on the page's own origin.
#[test]
fn a_scheme_that_is_not_known_is_not_compared() {
    for (url, knows_scheme, page, is_own) in [
        ("http://app.example.com/a", false, "https://app.example.com/x", true),
        ("http://app.example.com/a", true, "https://app.example.com/x", false),
        ("http://app.example.com/a", false, "https://evil.example/x", false),
        ("http://app.example.com:3000/a", false, "https://app.example.com/x", false),
        ("http://app.example.com/a", false, "ftp://app.example.com/x", false),
    ] {
        let visit = Visitor { url: Url::parse(url).unwrap(), knows_scheme, dev_browser: None, is_of_satellite: false };
        assert_eq!(visit.own_page(page).is_some(), is_own, "{url} {knows_scheme} {page}");
    }
}

#[test]
fn a_return_to_another_site_has_a_name_of_its_own() {
    for (url, expected) in [
        ("https://other.example/x?a=%E9#f", "https://other.example/x?a=%E9#f"),
        ("http://localhost:5173", "http://localhost:5173/"),
        ("/orders", "https://app.example.com/a?b=c"),
        ("//evil.example", "https://app.example.com/a?b=c"),
        ("javascript:alert(1)", "https://app.example.com/a?b=c"),
        ("data:text/html,x", "https://app.example.com/a?b=c"),
        ("", "https://app.example.com/a?b=c"),
    ] {
        let location = redirect(production("clerk.example.com"), AuthPage::SignIn, false).return_to_other_site(url);
        let location = Url::parse(&location.location()).unwrap();
        assert_eq!(query::get(&location, "redirect_url").as_deref(), Some(expected), "{url:?}");
    }
}

#[test]
fn a_redirect_may_have_no_return() {
    let plain = redirect(production("clerk.example.com"), AuthPage::SignIn, false).without_return();
    assert_eq!(plain.location(), "https://accounts.example.com/sign-in");
    let own = redirect(production("clerk.example.com").sign_in_url("/in?redirect_url=%2F&x"), AuthPage::SignIn, false);
    assert_eq!(own.without_return().location(), "https://app.example.com/in?redirect_url=%2F&x");
    let satellite = production("clerk.example.com").is_satellite(true).domain("app.example.com");
    let satellite = redirect(satellite, AuthPage::SignUp, false).without_return();
    assert_eq!(satellite.location(), "https://accounts.example.com/sign-up");
    let development = redirect(development(), AuthPage::SignIn, false).without_return();
    assert_eq!(development.location(), "https://happy-cat-1.accounts.dev/sign-in?__clerk_db_jwt=dvb_1");
}
