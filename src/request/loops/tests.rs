//! Redirect loops, by cause: each ends, however slowly Clerk responds, and each is explained.

use std::collections::BTreeMap;

use futures_util::FutureExt;
use serde_json::json;

use super::super::query;
use super::{
    super::{
        authenticate::authenticate,
        backend::HandshakePayloadError,
        facts::{Field, fake::FakeRequest},
        outcome::{AuthStatus, Outcome},
        test_support::{FakeClerk, NOW, at, development, good, production, session, signed_in_cookies},
        visit::{Returned, Visit},
    },
    *,
};
use crate::{
    clock::Timestamp,
    config::{ClerkConfigBuilder, OrganizationSync},
    reason::RefreshFailure,
};

/// A browser that follows redirects, to Clerk and back.
struct Walk {
    config: ClerkConfigBuilder,
    clerk: FakeClerk,
    path: &'static str,
    /// `document` or `iframe`.
    opens: &'static str,
    referer: &'static str,
    /// Cookies that come before all others and are never replaced.
    stuck: String,
    jar: BTreeMap<String, (String, u64)>,
    /// `true` if it keeps the cookies of a name.
    keeps: fn(&str) -> bool,
}

impl Walk {
    fn new(config: ClerkConfigBuilder, clerk: FakeClerk) -> Self {
        let (path, opens, referer, stuck) = ("/", "document", "", String::new());
        Self { config, clerk, path, opens, referer, stuck, jar: BTreeMap::new(), keeps: |_| true }
    }

    fn brings(mut self, cookies: &str) -> Self {
        for pair in cookies.split("; ") {
            self.store(&format!("{pair}; Max-Age=31536000"));
        }
        self
    }

    fn store(&mut self, set_cookie: &str) {
        let (pair, attributes) = set_cookie.split_once(';').unwrap_or((set_cookie, ""));
        let (name, value) = pair.split_once('=').unwrap();
        let lives = attributes.split("Max-Age=").nth(1).map_or(u64::MAX, |age| age.trim().parse().unwrap());
        if (self.keeps)(name) {
            self.jar.insert(name.to_owned(), (value.to_owned(), lives));
        }
    }

    /// Returns where the walk ends, and after how many visits to Clerk, each of which takes this many seconds.
    fn walk(mut self, seconds: u64) -> (String, usize) {
        let config = self.config.clone().build().unwrap();
        let (mut target, mut at_clerk) = (self.path.to_owned(), 0);
        for _ in 0..30 {
            let own = self.jar.iter().map(|(name, (value, _))| format!("{name}={value}"));
            let cookies: Vec<_> = (!self.stuck.is_empty()).then(|| self.stuck.clone()).into_iter().chain(own).collect();
            let mut request = FakeRequest::get(&target).with(Field::SecFetchDest, self.opens);
            if !cookies.is_empty() {
                request = request.with(Field::Cookie, cookies.join("; "));
            }
            if !self.referer.is_empty() {
                request = request.with(Field::Referer, self.referer);
            }
            let decided = authenticate(&request, config.settings(), &self.clerk, Timestamp::from_millis(NOW * 1000));
            let redirect = match decided.now_or_never().unwrap() {
                Outcome::Redirect(redirect) => redirect,
                Outcome::SignedIn { .. } => return ("in".to_owned(), at_clerk),
                Outcome::SignedOut { why, .. } => return (format!("out {}", why.reason), at_clerk),
                other => panic!("{other:?}"),
            };
            for set_cookie in &redirect.additions.set_cookies {
                self.store(set_cookie.as_str());
            }
            let location = url::Url::parse(&redirect.location).unwrap();
            if !matches!(redirect.says, Some((AuthStatus::Handshake, _))) {
                target = location.path().to_owned();
                continue;
            }
            at_clerk += 1;
            self.jar.values_mut().for_each(|(_, lives)| *lives = lives.saturating_sub(seconds));
            self.jar.retain(|_, (_, lives)| *lives > 0);
            let back = url::Url::parse(&query::get(&location, "redirect_url").unwrap()).unwrap();
            if config.settings().is_development() {
                target = format!("{}?__clerk_handshake_nonce=n1", back.path());
            } else {
                target = back.path().to_owned();
                self.store("__clerk_handshake_nonce=n1");
            }
        }
        ("nowhere".to_owned(), at_clerk)
    }
}

/// Returns a Clerk that sets a session and, in development, the dev browser.
fn brings_a_session() -> FakeClerk {
    FakeClerk {
        payload: Some(vec!["__client_uat=1", "__clerk_db_jwt=dvb_1"]),
        with_session: true,
        ..FakeClerk::default()
    }
}

fn brings(session: &str) -> FakeClerk {
    let session: &'static str = Box::leak(format!("__session={session}").into_boxed_str());
    FakeClerk { payload: Some(vec!["__client_uat=1", "__clerk_db_jwt=dvb_1", session]), ..FakeClerk::default() }
}

fn knows_no_nonce() -> FakeClerk {
    FakeClerk { fails: Some(HandshakePayloadError::Rejected), ..FakeClerk::default() }
}

fn expired() -> String {
    session(json!({ "iat": NOW - 900, "exp": NOW - 840 }))
}

#[test]
fn every_loop_ends() {
    let organizations = || OrganizationSync::new().organization_pattern("/orgs/:slug");
    let only_the_counter = |name: &str| name == "__clerk_redirect_count";
    let too_late = "out session-token-expired-refresh-non-eligible-no-refresh-cookie";
    for seconds in [0, 1, 2, 5, 20] {
        let new = |config: ClerkConfigBuilder, clerk| Walk::new(config, clerk);
        let walks = [
            ("a new browser", new(development(), brings_a_session()), "in", 1),
            (
                "a visitor from elsewhere",
                Walk {
                    referer: "https://news.example/",
                    ..new(development(), brings_a_session()).brings(&signed_in_cookies())
                },
                "in",
                1,
            ),
            (
                "an organization that is not the user's",
                Walk {
                    path: "/orgs/not-mine",
                    ..new(development().organization_sync(organizations()), brings_a_session())
                        .brings(&signed_in_cookies())
                },
                "in",
                1,
            ),
            (
                "the same in production",
                Walk {
                    path: "/orgs/not-mine",
                    ..new(production().organization_sync(organizations()), brings_a_session())
                        .brings(&signed_in_cookies())
                },
                "in",
                1,
            ),
            ("a wrong clock", new(development(), brings(&expired())), too_late, 2),
            ("keys of two instances", new(development(), knows_no_nonce()), "out dev-browser-missing", 3),
            (
                "the same in production",
                new(production(), knows_no_nonce()).brings("__client_uat=1"),
                "out client-uat-but-no-session-token",
                3,
            ),
            (
                "a wrong clock in production",
                new(production(), brings(&expired())).brings("__client_uat=1"),
                "out client-uat-but-no-session-token",
                3,
            ),
            (
                "a cookie of another domain before Clerk's",
                Walk { stuck: format!("__session={}", expired()), ..new(development(), brings_a_session()) },
                too_late,
                4,
            ),
            (
                "cookies that are not kept",
                Walk { keeps: only_the_counter, ..new(development(), brings_a_session()) },
                "out dev-browser-missing",
                3,
            ),
            (
                "an iframe without cookies",
                Walk { keeps: |_| false, opens: "iframe", ..new(development(), brings_a_session()) },
                "in",
                1,
            ),
        ];
        for (name, walk, expected, at_most) in walks {
            let (end, at_clerk) = walk.walk(seconds);
            assert_eq!(end, expected, "{name}, {seconds} s, {at_clerk} times at Clerk's");
            assert!(at_clerk <= at_most, "{name}, {seconds} s: {at_clerk} times at Clerk's");
        }
    }
}

#[test]
fn loops_and_their_causes() {
    let expired = Reason::SessionTokenExpired(RefreshFailure::NON_ELIGIBLE_NO_REFRESH_COOKIE);
    let twice = format!("__session={}; __client_uat=1; __session=old", good());
    let twice_alike = "__client_uat=1; __client_uat=1";
    let names = production().build().unwrap();
    let suffixed = &names.settings().cookie_names;
    let foreign = format!("__session=s%3Axyz; {}={}; {}=1", suffixed.session, good(), suffixed.client_uat);
    let wrong_keys = Returned::InVain(Some(LoopCause::WrongKeys));
    let skewed = Returned::InVain(Some(LoopCause::ClockSkew(None)));
    let unknown = Returned::InVain(None);
    for (name, cookies, returned, reason, expected) in [
        (
            "no session",
            "__client_uat=1",
            Returned::Nowhere,
            Reason::ClientUatWithoutSessionToken,
            LoopCause::CookiesNotKept,
        ),
        (
            "no sign-in",
            "__session=x",
            Returned::Nowhere,
            Reason::SessionTokenWithoutClientUat,
            LoopCause::CookiesNotKept,
        ),
        ("no browser", "", Returned::Nowhere, Reason::DevBrowserMissing, LoopCause::CookiesNotKept),
        ("an old session", "", Returned::Nowhere, Reason::SessionTokenIatBeforeClientUat, LoopCause::CookiesNotKept),
        ("expired", "", Returned::Nowhere, expired.clone(), LoopCause::ClockSkew(None)),
        ("early", "", Returned::Nowhere, Reason::SessionTokenNbf, LoopCause::ClockSkew(None)),
        ("of the future", "", Returned::Nowhere, Reason::SessionTokenIatInTheFuture, LoopCause::ClockSkew(None)),
        ("an organization", "", Returned::Nowhere, Reason::ActiveOrganizationMismatch, LoopCause::NotAMember),
        ("a satellite", "", Returned::Nowhere, Reason::SatelliteNeedsSyncing, LoopCause::SatelliteNotSynced),
        ("a sign-in page", "", Returned::Nowhere, Reason::DevBrowserSync, LoopCause::SentBackAndForth),
        ("a primary", "", Returned::Nowhere, Reason::PrimaryRespondsToSyncing, LoopCause::SentBackAndForth),
        ("a refused nonce", "__client_uat=1", wrong_keys, Reason::ClientUatWithoutSessionToken, LoopCause::WrongKeys),
        ("a refused nonce, expired", "", wrong_keys, expired.clone(), LoopCause::WrongKeys),
        ("an expired answer", "", skewed, Reason::ClientUatWithoutSessionToken, LoopCause::ClockSkew(None)),
        ("an invalid answer", "", unknown, Reason::ClientUatWithoutSessionToken, LoopCause::CookiesNotKept),
        ("two cookies of one name", &twice, Returned::Nowhere, expired.clone(), LoopCause::RepeatedCookie),
        ("the same cookie twice", twice_alike, Returned::Nowhere, expired.clone(), LoopCause::ClockSkew(None)),
        (
            "another library",
            &foreign,
            Returned::Nowhere,
            Reason::SessionTokenWithoutClientUat,
            LoopCause::ForeignSession,
        ),
    ] {
        let request = at("/", cookies);
        let (config, clerk) = (production().build().unwrap(), FakeClerk::default());
        let now = Timestamp::from_millis(NOW * 1000);
        let mut visit = Visit::new(&request, config.settings(), &clerk, None, now);
        visit.returned = returned;
        assert_eq!(cause(&visit, &reason), expected, "{name}");
    }
}
