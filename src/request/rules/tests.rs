//! Each rule for cookies, by name: a visit that it settles, and the nearest one that it leaves alone.

use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::json;

use super::super::{
    authenticate::authenticate,
    cause::LoopCause,
    facts::{Field, fake::FakeRequest},
    outcome::Outcome,
    test_support::{
        FakeClerk, NOW, at, development, good, key, outcome, page, production, satellite, session, settles,
        signed_in_cookies,
    },
};
use crate::{
    clock::Timestamp,
    config::{ClerkConfigBuilder, OrganizationSync},
};

#[test]
fn satellite_needs_syncing() {
    let first = "out session-token-and-uat-missing";
    let sync = "to clerk.example.com satellite-needs-syncing";
    settles("a first visit", satellite(), page(""), first);
    settles("a first visit, asking", satellite().satellite_auto_sync(true), page(""), sync);
    settles("back from the primary", satellite(), at("/?__clerk_synced=false", ""), sync);
    settles(
        "back from the primary, with cookies",
        satellite(),
        at("/?__clerk_synced=false", &signed_in_cookies()),
        sync,
    );
    settles("synced", satellite().satellite_auto_sync(true), at("/?__clerk_synced=true", ""), first);
    settles("with cookies", satellite().satellite_auto_sync(true), page(&signed_in_cookies()), "in");
    let fetch = FakeRequest::get("/").with(Field::SecFetchDest, "empty");
    settles("a fetch", satellite().satellite_auto_sync(true), fetch, first);
    let script = |cookies: &str| at("/?__clerk_synced=false", cookies).with(Field::HxRequest, "true");
    settles("a script that calls itself a document", satellite(), script(""), first);
    settles("a script of somebody signed in", satellite(), script(&signed_in_cookies()), "in");
    let silent = || FakeRequest::get("/?__clerk_synced=false");
    settles(
        "a browser that does not say what it opens",
        satellite(),
        silent().with(Field::Accept, "text/html,*/*"),
        sync,
    );
    settles("a client that says nothing at all", satellite(), silent(), first);
    settles("an iframe", satellite(), silent().with(Field::SecFetchDest, "iframe"), first);
    let form = FakeRequest { method: "POST", ..silent().with(Field::Accept, "text/html") };
    settles("a form", satellite(), form, first);
    let of_development = development().is_satellite(true).domain("s.example").sign_in_url("https://primary.example/in");
    settles(
        "in development",
        of_development,
        at("/?__clerk_synced=false", ""),
        "to primary.example satellite-needs-syncing",
    );
}

#[test]
fn primary_responds_to_syncing() {
    let asked = |url: &str| at(&format!("/?__clerk_redirect_url={url}"), "__clerk_db_jwt=dvb_1");
    let listed =
        |config: ClerkConfigBuilder| config.authorized_parties(["https://app.example.com", "https://s.example"]);
    for (page, host) in [
        ("https://s.example/a", "s.example"),
        ("https://s.example:443/a", "s.example"),
        ("http://app.example.com/a", "app.example.com"),
        ("http://localhost:3001/a", "localhost"),
        ("http://s.localhost:3001", "s.localhost"),
        ("http://127.0.0.1:3001/a", "127.0.0.1"),
        ("http://[::1]:3001/a", "[::1]"),
    ] {
        let answer = format!("to {host} primary-responds-to-syncing");
        settles(page, listed(development()), asked(page), &answer);
    }
    for elsewhere in [
        "https://evil.example/a",
        "http://s.example/a",
        "https://s.example:8443/a",
        "https://www.s.example/a",
        "https://s.example.evil.example/a",
        "https://me@s.example/a",
        "https://me:word@s.example/a",
        "http://me@localhost:3001/a",
        "blob:https://s.example/a",
        "javascript:alert(1)",
        "data:text/html,x",
        "file:///etc/passwd",
        "//s.example",
        "x",
        "",
    ] {
        settles(elsewhere, listed(development()), asked(elsewhere), "out session-token-and-uat-missing");
    }
    settles("not listed", development(), asked("https://s.example/a"), "out session-token-and-uat-missing");
    settles("in production", listed(production()), asked("https://s.example/a"), "out session-token-and-uat-missing");
    let config = listed(development()).build().unwrap();
    let request = asked("https://s.example/a?__clerk_synced=false%26b=c");
    let clerk = FakeClerk::default();
    let outcome = authenticate(&request, config.settings(), &clerk, Timestamp::from_millis(0));
    let Outcome::Redirect(redirect) = outcome.now_or_never().unwrap() else { panic!("no redirect") };
    assert_eq!(redirect.location, "https://s.example/a?__clerk_synced=true&b=c&__clerk_db_jwt=dvb_1");
}

#[test]
fn dev_browser_came_in_the_url() {
    let sync = "to clerk.example.com dev-browser-sync";
    settles("development", development(), at("/?__clerk_db_jwt=dvb_2", &signed_in_cookies()), sync);
    settles("production", production(), at("/?__clerk_db_jwt=dvb_2", &signed_in_cookies()), "in");
}

#[test]
fn dev_browser_is_missing() {
    let without = format!("__session={}; __client_uat={}", good(), NOW - 100);
    settles("development", development(), page(&without), "to clerk.example.com dev-browser-missing");
    settles("development, no navigation", development(), FakeRequest::get("/"), "out dev-browser-missing");
    settles("production", production(), page(&without), "in");
    settles("there", development(), page(&signed_in_cookies()), "in");
}

#[test]
fn nobody_is_signed_in() {
    for cookies in ["", "__client_uat=0", "__client_uat=x", "__session="] {
        settles(cookies, production(), page(cookies), "out session-token-and-uat-missing");
    }
}

#[test]
fn session_without_client_uat() {
    let expected = "to clerk.example.com session-token-but-no-client-uat";
    settles("no time", production(), page(&format!("__session={}", good())), expected);
    settles("signed out", production(), page(&format!("__session={}; __client_uat=0", good())), expected);
}

#[test]
fn client_uat_without_session() {
    settles("a time", production(), page("__client_uat=1"), "to clerk.example.com client-uat-but-no-session-token");
    let post = FakeRequest { method: "POST", ..page("__client_uat=1") };
    settles("a form", production(), post, "out client-uat-but-no-session-token");
}

#[test]
fn session_is_of_another_kind() {
    let carrying = |token: &str| page(&format!("__session={token}; __client_uat=1"));
    let template = key().sign(
        json!({ "alg": "RS256", "kid": key().kid(), "cat": "cl_B7d4PD222AAA" }).as_object().unwrap(),
        json!({ "sub": "user_1", "iss": "https://clerk.example.com", "exp": NOW + 60 }).as_object().unwrap(),
    );
    settles("garbage", production(), carrying("x"), "out token-invalid");
    settles("a template's", production(), carrying(&template), "out token-type-mismatch");
    settles("a machine's", production(), carrying(&session(json!({ "sub": "mch_1" }))), "out token-type-mismatch");
}

#[test]
fn session_is_older_than_the_sign_in() {
    let signed_in_at = |uat: i64| page(&format!("__session={}; __client_uat={uat}", good()));
    let expected = "to clerk.example.com session-token-iat-before-client-uat";
    settles("a second later", production(), signed_in_at(NOW - 9), expected);
    settles("at the same time", production(), signed_in_at(NOW - 10), "in");
}

#[test]
fn a_token_that_failed() {
    let expired = session(json!({ "iat": NOW - 100, "exp": NOW - 40 }));
    let with_refresh = |token: &str| {
        let suffix = development().build().unwrap();
        let name = &suffix.settings().cookie_names.refresh;
        page(&format!("__session={token}; __client_uat=1; __clerk_db_jwt=dvb_1; {name}=rt_1"))
    };
    let able = FakeClerk { refreshes: true, ..FakeClerk::default() };
    let unable = FakeClerk::default();
    let handshake = |why: &str| format!("to clerk.example.com {why}");
    assert_eq!(outcome(development(), with_refresh(&expired), &able), "in");
    let refused = handshake("session-token-expired-refresh-revoked");
    assert_eq!(outcome(development(), with_refresh(&expired), &unable), refused);
    let without = page(&format!("__session={expired}; __client_uat=1"));
    let expected = handshake("session-token-expired-refresh-non-eligible-no-refresh-cookie");
    settles("no refresh cookie", production(), without.clone(), &expected);
    let post = FakeRequest { method: "POST", ..without };
    settles("a form", production(), post, "out session-token-expired-refresh-non-eligible-non-get");
    let no_sid = session(json!({ "iat": NOW - 100, "exp": NOW - 40, "sid": null }));
    let expected = handshake("session-token-expired-refresh-expired-session-token-missing-sid-claim");
    assert_eq!(outcome(development(), with_refresh(&no_sid), &able), expected);

    for sid in ["..", ".\t.", "a/b", "", "é"] {
        let odd = session(json!({ "iat": NOW - 100, "exp": NOW - 40, "sid": sid }));
        assert_eq!(outcome(development(), with_refresh(&odd), &able), expected, "{sid:?} would be a path of its own");
    }

    let early = session(json!({ "nbf": NOW + 60 }));
    settles("early", development(), with_refresh(&early), &handshake("session-token-nbf"));
    let future = session(json!({ "iat": NOW + 60 }));
    settles("of the future", development(), with_refresh(&future), &handshake("session-token-iat-in-the-future"));
    let down = FakeClerk { is_down: true, ..FakeClerk::default() };
    let answer = outcome(development(), with_refresh(&good()), &down);
    assert_eq!(answer, "out jwk-remote-failed-to-load", "an outage does not cause a redirect");
}

#[test]
fn comes_from_another_domain() {
    let from = |referer: &str| page(&signed_in_cookies()).with(Field::Referer, referer);
    let sync = "to clerk.example.com primary-domain-cross-origin-sync";
    for (referer, expected) in [
        ("https://satellite.example/", sync),
        ("https://app.example.com/", sync), // another scheme is another origin
        ("http://app.example.com/x", "in"),
        ("https://clerk.example.com/v1/x", "in"),
        ("https://accounts.example.com/sign-in", "in"),
        ("https://accounts.evil.example/", sync),
        ("https://happy-cat-1.accounts.dev/", sync),
        ("not a URL", "in"),
        ("", "in"),
    ] {
        settles(referer, production(), from(referer), expected);
    }
    settles("a development portal", development(), from("https://happy-cat-1.accounts.dev/"), "in");
    settles("a satellite", satellite(), from("https://other.example/"), "in");
    settles("a script", production(), from("https://satellite.example/").with(Field::HxRequest, "true"), "in");
    let iframe = FakeRequest::get("/").with(Field::SecFetchDest, "iframe").with(Field::Cookie, signed_in_cookies());
    settles("an iframe", production(), iframe.with(Field::Referer, "https://satellite.example/"), "in");
    let after_one = at("/", &format!("{}; __clerk_redirect_count=1", signed_in_cookies()));
    settles("on the way back", production(), after_one.with(Field::Referer, "https://satellite.example/"), "in");
}

#[test]
fn another_organization_is_asked_for() {
    let sync = OrganizationSync::new()
        .organization_pattern("/orgs/:slug")
        .organization_pattern("/by-id/:id")
        .personal_account_pattern("/me");
    let config = || production().organization_sync(sync.clone());
    let mismatch = "to clerk.example.com active-organization-mismatch";
    for (path, expected) in [
        ("/orgs/acme", "in"),
        ("/orgs/globex", mismatch),
        ("/by-id/org_1", "in"),
        ("/by-id/org_2", mismatch),
        ("/me", mismatch),
        ("/elsewhere", "in"),
    ] {
        settles(path, config(), at(path, &signed_in_cookies()), expected);
    }
    let fetch = FakeRequest::get("/orgs/globex").with(Field::Cookie, signed_in_cookies());
    settles("a fetch", config(), fetch, "in");
    let looping = at("/orgs/globex", &format!("{}; __clerk_redirect_count=3", signed_in_cookies()));
    settles("for the fourth time", config(), looping.clone(), "in");
    let (built, clerk) = (config().build().unwrap(), FakeClerk::default());
    let decided = authenticate(&looping, built.settings(), &clerk, Timestamp::from_millis(NOW * 1000));
    let Outcome::SignedIn { additions: Some(additions), .. } = decided.now_or_never().unwrap() else { panic!() };
    assert_eq!(additions.redirect_loop, Some(LoopCause::NotAMember), "the end of a loop is reported");
    let pending = session(json!({ "sts": "pending" }));
    let pending = at("/orgs/globex", &format!("__session={pending}; __client_uat=1"));
    settles("a pending session", config(), pending, "in");
}

#[test]
fn a_loop_is_cut_whatever_the_cookie_says() {
    for (count, is_cut) in [
        ("0", false),
        ("1", false),
        ("2", false),
        ("3", true),
        ("4", true),
        ("99", true),
        ("1e99", true),
        ("2.5", true),
        ("-5", false),
        ("x", false),
        ("", false),
    ] {
        let request = page(&format!("__client_uat=1; __clerk_redirect_count={count}"));
        let expected = if is_cut {
            "out client-uat-but-no-session-token"
        } else {
            "to clerk.example.com client-uat-but-no-session-token"
        };
        settles(count, production(), request, expected);
    }
}

#[test]
fn a_token_in_the_header_takes_the_same_way_back() {
    let expired = session(json!({ "iat": NOW - 100, "exp": NOW - 40 }));
    let bearer = |request: FakeRequest| request.with(Field::Authorization, format!("Bearer {expired}"));
    let reason = "session-token-expired-refresh-non-eligible-no-refresh-cookie";
    settles("an API call", production(), bearer(FakeRequest::get("/")), &format!("out {reason}"));
    settles("a navigation", production(), bearer(page("")), &format!("to clerk.example.com {reason}"));
}

/// A browser's token is verified once, and recognized by every rule after that: in the plain cookie, in the suffixed
/// one, and in a header.
#[test]
fn a_token_is_verified_once() {
    let config = production().build().unwrap();
    let (clerk, token) = (FakeClerk::default(), good());
    let names = &config.settings().cookie_names;
    let cookies = format!(
        "{}={token}; {}={uat}; __session={token}; __client_uat={uat}",
        names.session,
        names.client_uat,
        uat = NOW - 100
    );
    let by_header = FakeRequest::get("/").with(Field::Authorization, format!("Bearer {token}"));
    let now = Timestamp::from_millis(NOW * 1000);
    let verified = [page(&cookies), by_header, page(&cookies)].map(|request| {
        match authenticate(&request, config.settings(), &clerk, now).now_or_never().unwrap() {
            Outcome::SignedIn { token, .. } => token,
            other => panic!("{other:?}"),
        }
    });
    assert!(verified.iter().all(|token| Arc::ptr_eq(token, &verified[0])));
    assert_eq!(clerk.memory.borrow().len(), 1);
}

/// Only a token that passed every rule, with the configuration's own clock skew, is cached.
#[test]
fn what_is_not_remembered() {
    let expired = session(json!({ "iat": NOW - 100, "exp": NOW - 40 }));
    let template = key().sign(
        json!({ "alg": "RS256", "kid": key().kid(), "cat": "cl_B7d4PD222AAA" }).as_object().unwrap(),
        json!({ "sub": "user_1", "exp": NOW + 60 }).as_object().unwrap(),
    );
    let (genuine, forged) = (good(), key().sign_text("{}", "{}"));
    for (name, token, is_remembered) in [
        ("a good one", genuine.as_str(), true),
        ("expired", &expired, false),
        ("not active yet", &session(json!({ "nbf": NOW + 60 })), false),
        ("of another party", &session(json!({ "azp": "https://evil.example" })), false),
        ("a template's", &template, false),
        ("no session's", &forged, false),
        ("garbage", "a.b.c", false),
        ("of an unknown key", &key().sign_text(r#"{"alg":"RS256","kid":"x"}"#, r#"{"sub":"user_1"}"#), false),
    ] {
        let clerk = FakeClerk::default();
        let config = production().authorized_parties(["https://app.example.com"]);
        let request = FakeRequest::get("/").with(Field::Authorization, format!("Bearer {token}"));
        outcome(config, request, &clerk);
        assert_eq!(clerk.memory.borrow().contains_key(token), is_remembered, "{name}");
    }

    // After a handshake in development, a clock may be off by a day. That holds for this request only.
    let clerk = FakeClerk::default();
    let skewed = session(json!({ "iat": NOW - 7200, "exp": NOW - 3600 }));
    let handshake = key().sign(
        json!({ "alg": "RS256", "kid": key().kid() }).as_object().unwrap(),
        json!({ "handshake": [format!("__session={skewed}; Path=/")] }).as_object().unwrap(),
    );
    let returned = at(&format!("/?__clerk_handshake={handshake}"), "");
    assert_eq!(outcome(development(), returned, &clerk), "back /");
    assert!(clerk.memory.borrow().is_empty());
}

/// Another library's session cookie next to Clerk's suffixed ones: the visitor is signed out, and a developer learns
/// why.
#[test]
fn another_librarys_session_cookie() {
    let hint = "Give the other library's cookie another name.";
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.AAAA";
    let session = format!("; <session>={}; <uat>=1", good());
    for (name, plain, suffixed, is_hidden, reason) in [
        ("express-session", "s%3Aabc.def", session.as_str(), true, "token-invalid"),
        ("actix-session", "Zm9vYmFy%3D", &session, true, "token-invalid"),
        ("a JWT of another framework", jwt, &session, true, "jwk-kid-mismatch"),
        ("no other Clerk cookie", "s%3Aabc.def", "", false, "token-invalid"),
        ("the time of a sign-in", "s%3Aabc.def", "; <uat>=1", true, "token-invalid"),
        ("signed out", "s%3Aabc.def", "; <uat>=0", false, "token-invalid"),
    ] {
        for config in [development, production] {
            let config = config().build().unwrap();
            let names = &config.settings().cookie_names;
            let suffixed = suffixed.replace("<session>", &names.session).replace("<uat>", &names.client_uat);
            let cookies = format!("__session={plain}; __client_uat=1; __clerk_db_jwt=dvb_1{suffixed}");
            let (request, clerk) = (page(&cookies), FakeClerk::default());
            let decided = authenticate(&request, config.settings(), &clerk, Timestamp::from_millis(NOW * 1000));
            let Outcome::SignedOut { why, .. } = decided.now_or_never().unwrap() else { panic!("{name}") };
            let is_told = config.settings().is_development() && is_hidden;
            assert_eq!(why.message().contains(hint), is_told, "{name}: {}", why.message());
            assert_eq!(why.reason.as_str(), reason, "{name}");
        }
    }
}
