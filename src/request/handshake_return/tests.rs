//! Returns from handshakes, by name: which ones settle a visit, and which ones are ignored.

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    super::{
        authenticate::authenticate,
        backend::HandshakePayloadError,
        facts::{Field, fake::FakeRequest},
        outcome::Outcome,
        set_cookie::SetCookie,
        test_support::{
            FakeClerk, NOW, at, development, good, key, outcome, page, production, session, settles, signed_in_cookies,
        },
    },
    MAX_DIRECTIVES, parse_directives,
};
use crate::{
    clock::Timestamp,
    config::{ClerkConfigBuilder, OrganizationSync},
    testing::SigningKey,
};

#[test]
fn returns_from_a_handshake() {
    let back = || at("/a?__clerk_handshake_nonce=n1&x=1", "");
    let empty = || FakeClerk { payload: Some(vec!["__client_uat=0; Path=/"]), ..FakeClerk::default() };
    let with_session = || FakeClerk { with_session: true, ..empty() };
    assert_eq!(outcome(production(), back(), &with_session()), "in");
    assert_eq!(outcome(development(), back(), &with_session()), "back /a");
    assert_eq!(outcome(production(), back(), &empty()), "out session-token-missing");
    assert_eq!(outcome(development(), back(), &empty()), "back /a session-token-missing");
    assert_eq!(outcome(production(), back(), &FakeClerk::default()), "out session-token-and-uat-missing");
    assert_eq!(outcome(development(), back(), &FakeClerk::default()), "back /a session-token-missing");

    let token = |header: Value, claims: Value| key().sign(header.as_object().unwrap(), claims.as_object().unwrap());
    let mine = || json!({ "alg": "RS256", "kid": key().kid(), "cat": "cl_B7d4PD111AAA" });
    let handshake = json!({ "handshake": [format!("__session={}", good())] });
    let in_url = |token: &str| at(&format!("/a?__clerk_handshake={token}"), "");
    let up = FakeClerk::default();
    assert_eq!(outcome(production(), in_url(&token(mine(), handshake.clone())), &up), "in");
    assert_eq!(outcome(development(), in_url(&token(mine(), handshake.clone())), &up), "back /a");

    let mut template = mine();
    template["cat"] = json!("cl_B7d4PD222AAA");
    let stranger = SigningKey::generate();
    for (name, token) in [
        ("no token", "x".to_owned()),
        ("a template's with a claim of its author's", token(template, handshake.clone())),
        ("another key's", stranger.sign(mine().as_object().unwrap(), handshake.as_object().unwrap())),
        ("an unknown kid", token(json!({ "alg": "RS256", "kid": "x" }), handshake.clone())),
        ("alg none", token(json!({ "alg": "none", "kid": key().kid() }), handshake.clone())),
    ] {
        assert_eq!(outcome(development(), in_url(&token), &up), "malformed", "{name}");
        assert_eq!(outcome(production(), in_url(&token), &up), "out session-token-and-uat-missing", "{name}");
    }
    let many: Vec<_> = (0..10_000).map(|n| format!("c{n}=1")).collect();
    for (name, listed) in [
        ("ten thousand cookies", json!(many)),
        ("a line break", json!(["a=b\r\nSet-Cookie: evil=1"])),
        ("a control byte", json!(["a=\u{1}"])),
        ("a number", json!([5])),
    ] {
        let token = token(mine(), json!({ "handshake": listed }));
        assert_eq!(outcome(production(), in_url(&token), &up), "out session-token-and-uat-missing", "{name}");
    }
    for (name, listed) in [("no list", json!("a=b")), ("an empty list", json!([]))] {
        let token = token(mine(), json!({ "handshake": listed }));
        assert_eq!(outcome(production(), in_url(&token), &up), "out session-token-and-uat-missing", "{name}");
    }
    let down = FakeClerk { is_down: true, ..FakeClerk::default() };
    let genuine = in_url(&token(mine(), handshake));
    for config in [development(), production()] {
        assert_eq!(outcome(config, genuine.clone(), &down), "out jwk-remote-failed-to-load");
    }
}

/// Clerk issues the cookies only once, so the browser gets them, although their session cannot be verified during the
/// outage.
#[test]
fn cookies_that_come_during_an_outage() {
    let expired = session(json!({ "iat": NOW - 100, "exp": NOW - 40 }));
    let config = production().build().unwrap();
    let names = &config.settings().cookie_names;
    let nonce = "__clerk_handshake_nonce=n1";
    let refresh = format!("__session={expired}; __client_uat=1; {}=rt_1", names.refresh);
    let brings = || FakeClerk {
        payload: Some(vec!["__client_uat=1"]),
        with_session: true,
        refreshes: true,
        ..FakeClerk::default()
    };
    for (name, cookies, keys, set) in [
        ("after a handshake", nonce, 0, vec!["__client_uat", "__session"]),
        ("after a refresh", &*refresh, 1, vec!["__session"]),
    ] {
        let clerk = FakeClerk { is_down_after: Some(keys), ..brings() };
        let now = Timestamp::from_millis(NOW * 1000);
        let outcome = authenticate(&page(cookies), config.settings(), &clerk, now).now_or_never().unwrap();
        let Outcome::SignedOut { why, additions: Some(additions) } = outcome else { panic!("{name}: {outcome:?}") };
        assert_eq!((why.reason.as_str(), why.retry_after().is_some()), ("jwk-remote-failed-to-load", true), "{name}");
        assert_eq!(additions.set_cookies.iter().map(SetCookie::name).collect::<Vec<_>>(), set, "{name}");
    }
}

/// A handshake stays in its cookie, so cleaning the URL does not remove it: the redirects are counted, and end.
#[test]
fn a_handshake_in_a_cookie_in_development() {
    let config = development().build().unwrap();
    let up = FakeClerk { payload: Some(vec![]), with_session: true, ..FakeClerk::default() };
    for (count, expected) in [(0, Some(1)), (2, Some(3)), (3, None), (99, None)] {
        let request = at("/a", &format!("__clerk_handshake_nonce=n1; __clerk_redirect_count={count}"));
        let now = Timestamp::from_millis(NOW * 1000);
        let outcome = authenticate(&request, config.settings(), &up, now).now_or_never().unwrap();
        match (outcome, expected) {
            (Outcome::Redirect(redirect), Some(next)) => {
                let counts = format!("__clerk_redirect_count={next}; SameSite=Lax; HttpOnly; Max-Age=2");
                assert_eq!(redirect.additions.set_cookies.last().unwrap().as_str(), counts);
            }
            (Outcome::SignedIn { .. }, None) => {}
            (outcome, _) => panic!("{count}: {outcome:?}"),
        }
    }
}

#[test]
fn a_developers_clock_may_be_off_by_a_day_after_a_handshake() {
    let arrives = |changes: Value| {
        let header = json!({ "alg": "RS256", "kid": key().kid() });
        let claims = json!({ "handshake": [format!("__session={}", session(changes))] });
        at(
            &format!("/a?__clerk_handshake={}", key().sign(header.as_object().unwrap(), claims.as_object().unwrap())),
            "",
        )
    };
    let hours = |n: i64| json!({ "iat": NOW + n * 3600, "exp": NOW + n * 3600 + 60 });
    settles("fast by 23 hours", development(), arrives(hours(-23)), "back /a");
    settles("slow by 23 hours", development(), arrives(hours(23)), "back /a");
    settles("fast by 25 hours", development(), arrives(hours(-25)), "to clerk.example.com dev-browser-missing");
    settles("in production", production(), arrives(hours(-1)), "out session-token-and-uat-missing");
}

fn token(claims: Value) -> String {
    key().sign(json!({ "alg": "RS256", "kid": key().kid() }).as_object().unwrap(), claims.as_object().unwrap())
}

fn brings_a_session() -> FakeClerk {
    FakeClerk { payload: Some(vec![]), with_session: true, ..FakeClerk::default() }
}

fn failing(failure: HandshakePayloadError) -> FakeClerk {
    FakeClerk { fails: Some(failure), ..FakeClerk::default() }
}

const LATER: Duration = Duration::from_secs(7);

/// A signed-in visitor stays signed in, whatever a link or a cookie of the domain brings.
#[test]
fn what_a_browser_brings_in_vain_overrules_no_session() {
    let nonce = || "__clerk_handshake_nonce=n1".to_owned();
    let handshake = |claims: Value| format!("__clerk_handshake={}", token(claims));
    let stranger = SigningKey::generate();
    let forged = || {
        let claims = json!({ "handshake": ["__session=; Max-Age=0"] });
        let header = json!({ "alg": "RS256", "kid": key().kid() });
        format!("__clerk_handshake={}", stranger.sign(header.as_object().unwrap(), claims.as_object().unwrap()))
    };
    let expired = session(json!({ "iat": NOW - 100_000, "exp": NOW - 99_900 }));
    for (name, brought, clerk) in [
        ("a nonce that Clerk does not know", nonce(), failing(HandshakePayloadError::Rejected)),
        ("a nonce for malformed cookies", nonce(), failing(HandshakePayloadError::Malformed)),
        ("a nonce, and Clerk is down", nonce(), failing(HandshakePayloadError::Unavailable { retry_after: LATER })),
        ("a wrong secret key", nonce(), failing(HandshakePayloadError::SecretKeyRejected { retry_after: LATER })),
        ("a nonce that stands for nothing", nonce(), FakeClerk { payload: Some(vec![]), ..FakeClerk::default() }),
        ("an invalid token", "__clerk_handshake=x".to_owned(), FakeClerk::default()),
        ("a forged token", forged(), FakeClerk::default()),
        ("a token that sets nothing", handshake(json!({ "handshake": [] })), FakeClerk::default()),
        ("a token without a list", handshake(json!({})), FakeClerk::default()),
        ("a token for others' cookies", handshake(json!({ "handshake": ["__Host-csrf=x"] })), FakeClerk::default()),
        (
            "a token that is past",
            handshake(json!({ "handshake": ["__session=; Max-Age=0"], "exp": 1 })),
            FakeClerk::default(),
        ),
        (
            "a token of an old session",
            handshake(json!({ "handshake": [format!("__session={expired}")] })),
            FakeClerk::default(),
        ),
    ] {
        for (place, request) in [
            ("the URL", at(&format!("/a?{brought}"), &signed_in_cookies())),
            ("a cookie", at("/a", &format!("{brought}; {}", signed_in_cookies()))),
        ] {
            assert_eq!(outcome(production(), request.clone(), &clerk), "in", "{name}, in {place}");
            // In development, the address is cleaned, and an invalid token is the developer's mistake.
            let answer = outcome(development(), request, &clerk);
            let accepted = ["in", "back /a session-token-missing", "malformed"];
            assert!(accepted.contains(&answer.as_str()), "{name}, in {place}: {answer}");
        }
    }
}

#[test]
fn outages_and_who_is_told_of_them() {
    let down = || failing(HandshakePayloadError::Unavailable { retry_after: LATER });
    let rejected = || failing(HandshakePayloadError::SecretKeyRejected { retry_after: LATER });
    let satellite = || production().is_satellite(true).domain("example.com").satellite_auto_sync(true);
    let organizations = || OrganizationSync::new().organization_pattern("/:slug");
    let elsewhere =
        || at("/a?__clerk_handshake_nonce=n1", &signed_in_cookies()).with(Field::Referer, "https://b.example/");
    let nonce = |cookies: &str| at("/a?__clerk_handshake_nonce=n1", cookies);
    let unavailable = "out unexpected-error in 7 s";
    for (name, config, request, clerk, expected) in [
        ("a stranger", production(), nonce(""), down(), unavailable),
        ("a sign-in without a session", production(), nonce("__client_uat=1"), down(), unavailable),
        (
            "an old session",
            production(),
            nonce(&format!("__session={}; __client_uat={NOW}", good())),
            down(),
            unavailable,
        ),
        ("an invalid session", production(), nonce("__session=x; __client_uat=1"), down(), unavailable),
        ("a satellite", satellite(), nonce(""), down(), unavailable),
        ("development", development(), nonce(""), down(), unavailable),
        ("a new browser in development", development(), nonce("__client_uat=1"), down(), unavailable),
        ("a wrong secret key", production(), nonce(""), rejected(), "out secret-key-invalid in 7 s"),
        ("a wrong secret key in development", development(), nonce(""), rejected(), "out secret-key-invalid in 7 s"),
        ("a session", production(), nonce(&signed_in_cookies()), down(), "in"),
        ("a session in development", development(), nonce(&signed_in_cookies()), down(), "in"),
        ("a session, from elsewhere", production(), elsewhere(), down(), "in"),
        (
            "a session of another organization",
            production().organization_sync(organizations()),
            nonce(&signed_in_cookies()),
            down(),
            "in",
        ),
    ] {
        let config = config.build().unwrap();
        let decided = authenticate(&request, config.settings(), &clerk, Timestamp::from_millis(NOW * 1000));
        let answer = match decided.now_or_never().unwrap() {
            Outcome::SignedIn { .. } => "in".to_owned(),
            Outcome::SignedOut { why, additions: None } => {
                format!("out {} in {} s", why.reason, why.retry_after().unwrap_or_default().as_secs())
            }
            other => format!("{other:?}"),
        };
        assert_eq!(answer, expected, "{name}");
    }
}

#[test]
fn requests_that_return_from_no_handshake() {
    let signed_out = format!("__clerk_handshake={}", token(json!({ "handshake": ["__session=; Max-Age=0"] })));
    let kinds = |path: &str, cookies: &str| {
        let page = at(path, cookies);
        let fetch = FakeRequest::get(path).with(Field::Cookie, cookies);
        [
            ("a form", FakeRequest { method: "POST", ..page.clone() }),
            ("a HEAD", FakeRequest { method: "HEAD", ..page }),
            ("a client that says nothing", fetch.clone()),
            ("a fetch", fetch.clone().with(Field::SecFetchDest, "empty")),
            ("an image", fetch.clone().with(Field::SecFetchDest, "image").with(Field::Accept, "text/html")),
            ("JSON", fetch.with(Field::Accept, "application/json")),
        ]
    };
    for brought in ["__clerk_handshake_nonce=n1".to_owned(), signed_out] {
        for config in [production, development] {
            let session = signed_in_cookies();
            let in_url = kinds(&format!("/a?{brought}"), &session);
            let in_cookie = kinds("/a", &format!("{brought}; {session}"));
            for (name, request) in in_url.into_iter().chain(in_cookie) {
                let clerk = brings_a_session();
                assert_eq!(outcome(config(), request, &clerk), "in", "{name}");
                assert_eq!(clerk.exchanges.get(), 0, "{name}: Clerk was asked");
            }
        }
    }
    let old_browser = FakeRequest::get("/a?__clerk_handshake_nonce=n1").with(Field::Accept, "text/html,*/*");
    assert_eq!(outcome(production(), old_browser, &brings_a_session()), "in");
    let iframe = FakeRequest::get("/a?__clerk_handshake_nonce=n1").with(Field::SecFetchDest, "iframe");
    assert_eq!(outcome(production(), iframe, &brings_a_session()), "in");
}

#[test]
fn times_of_handshake_tokens() {
    let (in_time, signed_out) = ("in", "out session-token-and-uat-missing");
    for (name, times, expected, in_development) in [
        ("none", json!({}), in_time, "back /a"),
        ("all of them", json!({ "iat": NOW, "nbf": NOW, "exp": NOW + 60 }), in_time, "back /a"),
        ("expired", json!({ "exp": NOW - 60 }), signed_out, "back /a"),
        ("expired a moment ago", json!({ "exp": NOW - 4 }), in_time, "back /a"),
        ("expired days ago", json!({ "exp": NOW - 200_000 }), signed_out, "to clerk.example.com dev-browser-missing"),
        ("early", json!({ "nbf": NOW + 60 }), signed_out, "back /a"),
        ("of the future", json!({ "iat": NOW + 60 }), signed_out, "back /a"),
        ("of a far future", json!({ "iat": NOW + 200_000 }), signed_out, "to clerk.example.com dev-browser-missing"),
        ("an expiry that is not a number", json!({ "exp": "tomorrow" }), signed_out, "malformed"),
        ("a beginning that is not a number", json!({ "nbf": true }), signed_out, "malformed"),
        ("null", json!({ "iat": null }), signed_out, "malformed"),
    ] {
        let mut claims = json!({ "handshake": [format!("__session={}", good())] });
        claims.as_object_mut().unwrap().extend(times.as_object().unwrap().clone());
        let request = at(&format!("/a?__clerk_handshake={}", token(claims)), "");
        settles(name, production(), request.clone(), expected);
        settles(name, development(), request, in_development);
    }
}

#[test]
fn only_clerks_cookies_are_set() {
    let config = production().build().unwrap();
    let session = format!("__session={}", good());
    let listed =
        [&session, "__client_uat=1", "__Host-csrf=evil", "id=evil", "__clerk_db_jwt=d", "__Secure-x=1; Path=/"];
    let request = at(&format!("/a?__clerk_handshake={}", token(json!({ "handshake": listed }))), "");
    let clerk = FakeClerk::default();
    let outcome = authenticate(&request, config.settings(), &clerk, Timestamp::from_millis(NOW * 1000));
    let Outcome::SignedIn { additions: Some(additions), .. } = outcome.now_or_never().unwrap() else { panic!() };
    let set: Vec<_> = additions.set_cookies.iter().map(|cookie| cookie.as_str()).collect();
    assert_eq!(set, [&session, "__client_uat=1", "__clerk_db_jwt=d"]);
}

#[test]
fn a_hundred_cookies_at_most() {
    let listed = |count: usize| vec![json!("__client_uat=1"); count];
    assert_eq!(parse_directives(&listed(MAX_DIRECTIVES)).map(|cookies| cookies.len()), Some(MAX_DIRECTIVES));
    assert!(parse_directives(&listed(MAX_DIRECTIVES + 1)).is_none());
}

#[test]
fn handshakes_that_are_switched_off() {
    let api = || production().enable_handshake(false);
    let development_api = || development().enable_handshake(false);
    let organizations = || OrganizationSync::new().organization_pattern("/orgs/:slug");
    let brought = || at("/a?__clerk_handshake_nonce=n1", "");
    let uat = "__client_uat=1; __clerk_db_jwt=dvb_1";
    let elsewhere = || at("/", &signed_in_cookies()).with(Field::Referer, "https://satellite.example/");
    let satellite = || api().is_satellite(true).domain("example.com").satellite_auto_sync(true);
    let expired = session(json!({ "iat": NOW - 100, "exp": NOW - 40 }));
    let expired = || at("/", &format!("__session={expired}; __client_uat=1"));
    let signed_in = || at("/", &signed_in_cookies());
    for (name, config, request, expected) in [
        ("a session", api(), signed_in(), "in"),
        ("a session in development", development_api(), signed_in(), "in"),
        ("a session, from elsewhere", api(), elsewhere(), "in"),
        ("another organization", api().organization_sync(organizations()), at("/orgs/x", &signed_in_cookies()), "in"),
        ("no session", api(), at("/", uat), "out client-uat-but-no-session-token"),
        ("an expired session", api(), expired(), "out session-token-expired-refresh-non-eligible-no-refresh-cookie"),
        ("a nonce", api(), brought(), "out session-token-and-uat-missing"),
        ("a nonce in development", development_api(), brought(), "out dev-browser-missing"),
        ("a new browser in development", development_api(), at("/", ""), "out dev-browser-missing"),
        ("a satellite", satellite(), at("/", ""), "out satellite-needs-syncing"),
    ] {
        let clerk = brings_a_session();
        assert_eq!(outcome(config, request, &clerk), expected, "{name}");
        assert_eq!(clerk.exchanges.get(), 0, "{name}: Clerk was asked");
    }
}

#[test]
fn handshakes_from_cookies_only() {
    let careful = |config: fn() -> ClerkConfigBuilder| config().handshake_from_cookies_only(true);
    let handshake = format!("__clerk_handshake={}", token(json!({ "handshake": [format!("__session={}", good())] })));
    for brought in ["__clerk_handshake_nonce=n1", &*handshake] {
        let in_url = || at(&format!("/a?{brought}"), "__client_uat=0");
        let in_cookie = || at("/a", brought);
        for (name, config, request, expected) in [
            ("a link", careful(production), in_url(), "out session-token-and-uat-missing"),
            ("a cookie", careful(production), in_cookie(), "in"),
            ("a link in development", careful(development), in_url(), "back /a"),
            ("a link, where it is not set", production(), in_url(), "in"),
        ] {
            assert_eq!(outcome(config, request, &brings_a_session()), expected, "{name}");
        }
    }
    let both = at("/a?__clerk_handshake_nonce=theirs", "__clerk_handshake_nonce=n1");
    assert_eq!(outcome(careful(production), both, &brings_a_session()), "in", "the link's does not hide the cookie's");
}

/// The redirect that cleans the URL sets a counter, which tells the next request where the browser was.
#[test]
fn redirects_that_clean_the_url_and_their_counters() {
    let organizations = || OrganizationSync::new().organization_pattern("/orgs/:slug");
    let nonce = |path: &str, cookies: &str| at(&format!("{path}?__clerk_handshake_nonce=n1"), cookies);
    let skewed = token(json!({ "handshake": [format!("__session={}", session(json!({ "exp": NOW - 600 })))] }));
    let signed_in = token(json!({ "handshake": [format!("__session={}", good())] }));
    let in_url = at(&format!("/?__clerk_handshake={signed_in}"), "__clerk_redirect_count=1");
    let in_cookie = at("/", &format!("__clerk_handshake={signed_in}; __clerk_redirect_count=1"));
    let plain = development;
    let sync = || development().organization_sync(organizations());
    for (name, config, request, expected) in [
        ("the first round", plain(), nonce("/", "__clerk_redirect_count=1"), 1),
        ("a slow round", plain(), nonce("/", ""), 1),
        ("the third round", plain(), nonce("/", "__clerk_redirect_count=3"), 3),
        ("from the cookie", plain(), at("/", "__clerk_handshake_nonce=n1; __clerk_redirect_count=1"), 2),
        ("a token", plain(), in_url, 1),
        ("a token from the cookie", plain(), in_cookie, 2),
        ("the organization that was asked for", sync(), nonce("/orgs/acme", "__clerk_redirect_count=1"), 1),
        ("another organization", sync(), nonce("/orgs/not-mine", "__clerk_redirect_count=1"), 3),
        ("another organization, slowly", sync(), nonce("/orgs/not-mine", ""), 3),
        ("a wrong clock", plain(), at(&format!("/?__clerk_handshake={skewed}"), "__clerk_redirect_count=1"), 3),
    ] {
        let config = config.build().unwrap();
        let clerk = brings_a_session();
        let decided = authenticate(&request, config.settings(), &clerk, Timestamp::from_millis(NOW * 1000));
        let Outcome::Redirect(redirect) = decided.now_or_never().unwrap() else { panic!("{name}: no redirect") };
        let counters: Vec<_> = redirect.additions.set_cookies.iter().filter(|c| c.as_str().contains("count")).collect();
        let expected = format!("__clerk_redirect_count={expected}; SameSite=Lax; HttpOnly; Max-Age=2");
        assert_eq!(counters.iter().map(|cookie| cookie.as_str()).collect::<Vec<_>>(), [expected], "{name}");
    }
}

/// Browsers keep no cookies for some iframes. The session that Clerk returns is then used at once; otherwise signing in
/// there would be impossible.
#[test]
fn iframes_that_keep_no_cookies() {
    let iframe = |cookies: &str| {
        let request = FakeRequest::get("/a?__clerk_handshake_nonce=n1").with(Field::SecFetchDest, "iframe");
        if cookies.is_empty() { request } else { request.with(Field::Cookie, cookies) }
    };
    let signed_out =
        || FakeClerk { payload: Some(vec!["__client_uat=0", "__session=; Max-Age=0"]), ..FakeClerk::default() };
    for (name, request, clerk, expected) in [
        ("no cookie", iframe(""), brings_a_session(), "in"),
        ("none of Clerk's cookies", iframe("theme=dark"), brings_a_session(), "in"),
        ("no cookie, and signed out", iframe(""), signed_out(), "out session-token-missing"),
        ("the counter", iframe("__clerk_redirect_count=1"), brings_a_session(), "back /a"),
        ("a page", at("/a?__clerk_handshake_nonce=n1", ""), brings_a_session(), "back /a"),
        (
            "a nonce that Clerk does not know",
            iframe(""),
            failing(HandshakePayloadError::Rejected),
            "back /a session-token-missing",
        ),
    ] {
        assert_eq!(outcome(development(), request, &clerk), expected, "{name}");
    }
}
