//! Browsers: cookies, clocks, and redirects that would never end.

use std::time::Duration;

use actix_test::TestServer;
use clerk_actix::{
    ClerkConfigBuilder, OrganizationSync,
    testing::{self, LocalClerk, TestClock},
};

use crate::{
    Mistakes,
    support::{browser::Browser, cookie_suffix, development_clerk, local_clerk, navigation, send, server},
};

const HOUR: Duration = Duration::from_secs(3600);

/// An instance whose clock is far from those of other mistakes, so that no warning is left out as one too many.
fn clerk_number(number: u32, is_development: bool) -> LocalClerk {
    let clerk = if is_development { development_clerk() } else { local_clerk() };
    clerk.clock().advance(HOUR * 24 * number);
    clerk
}

/// Signs in at Clerk, as far as that is possible, and returns what the browser shows in the end.
async fn sign_in(builder: ClerkConfigBuilder) -> String {
    let server = server(builder.build().unwrap());
    let mut browser = Browser::new();
    let page = browser.visit(&format!("http://localhost:{}/require", server.addr().port())).await;
    if page.url.path() != "/sign-in" {
        return page.body;
    }
    browser.sign_in(&page, "user_ada").await.body
}

/// Opens a page with these cookies.
async fn open(server: &TestServer, path: &str, cookies: &str) -> String {
    send(navigation(server, path).insert_header(("Cookie", cookies))).await.body
}

/// Has a script ask with these cookies.
async fn fetch(server: &TestServer, cookies: &str) -> String {
    send(server.get("/require").insert_header(("Cookie", cookies))).await.body
}

pub(super) async fn make(mistakes: &mut Mistakes) {
    signing_in(mistakes).await;
    clocks(mistakes).await;
    cookies(mistakes).await;
    loops(mistakes).await;
}

/// Development: Clerk's session is not acceptable here, so that signing in never ends. The page ends it.
async fn signing_in(mistakes: &mut Mistakes) {
    let page = "<!DOCTYPE html>";
    let clerk = clerk_number(10, true);
    mistakes
        .make(
            "signing in at an origin that is not among the authorized parties",
            sign_in(clerk.config_builder().authorized_parties(["http://localhost:1"])),
            &[page, "CLERK_AUTHORIZED_PARTIES", "http://localhost:1", "azp"],
        )
        .await;
    let clerk = clerk_number(11, true);
    mistakes
        .make(
            "signing in with another issuer",
            sign_in(clerk.config_builder().issuer(["https://clerk.other.example"])),
            &[page, "https://clerk.other.example", "iss"],
        )
        .await;
    let clerk = clerk_number(13, true);
    mistakes
        .make(
            "signing in with a PEM key of another instance",
            sign_in(clerk.config_builder().jwt_key(local_clerk().jwt_key())),
            &[page, "publishable key and the secret key", "same page of the Clerk Dashboard"],
        )
        .await;
    let clerk = clerk_number(14, true);
    mistakes
        .make(
            "signing in with a wrong secret key",
            sign_in(clerk.config_builder().secret_key("sk_test_of_another_instance")),
            &[page, "secret-key-invalid", "CLERK_SECRET_KEY"],
        )
        .await;
    let clerk = clerk_number(15, true);
    mistakes
        .make(
            "a handshake token of another instance",
            async {
                let server = server(clerk.config());
                let token = clerk_number(15, true).mint(testing::session("user_1"));
                open(&server, &format!("/require?__clerk_handshake={token}"), "__clerk_db_jwt=dvb_1").await
            },
            &[page, "handshake-malformed", "same page of the Clerk Dashboard"],
        )
        .await;
}

async fn clocks(mistakes: &mut Mistakes) {
    let off = |clerk: &LocalClerk, ahead: bool, by: Duration| {
        let clock = TestClock::frozen();
        let now = clerk.clock().now();
        clock.set(if ahead { now + by } else { now - by });
        clerk.config_builder().clock(clock)
    };
    for (number, name, is_development, ahead, by, expected) in [
        (20, "development, an hour ahead", true, true, HOUR, &["clock skew detected", "this machine's clock"][..]),
        (22, "development, an hour behind", true, false, HOUR, &["clock skew detected", "this machine's clock"]),
        (
            24,
            "development, two days ahead",
            true,
            true,
            48 * HOUR,
            &["<!DOCTYPE html>", "The clock of this machine is wrong", "It is 172800 s ahead of Clerk&#39;s"],
        ),
        (
            30,
            "development, two days behind",
            true,
            false,
            48 * HOUR,
            &["<!DOCTYPE html>", "The clock of this machine is wrong", "It is 172800 s behind Clerk&#39;s"],
        ),
        (36, "production, an hour ahead", false, true, HOUR, &["stopped a redirect loop", "clock", "3600 s ahead of"]),
        (40, "production, an hour behind", false, false, HOUR, &["stopped a redirect loop", "clock", "3600 s behind"]),
    ] {
        let clerk = clerk_number(number, is_development);
        let config = off(&clerk, ahead, by);
        mistakes.make(&format!("a wrong clock: {name}"), sign_in(config), expected).await;
    }
    let clerk = clerk_number(44, false);
    let suffix = cookie_suffix(&clerk);
    let token = clerk.mint(testing::session("user_1"));
    for (name, ahead, expected) in [
        (
            "a script with cookies, ahead",
            true,
            &["session-token-expired", "this machine's clock was 3600 s ahead of Clerk's"][..],
        ),
        (
            "a script with cookies, behind",
            false,
            &["session-token-nbf", "this machine's clock was 3600 s behind Clerk's"],
        ),
    ] {
        let server = server(off(&clerk, ahead, HOUR).build().unwrap());
        let cookies = format!("__session_{suffix}={token}; __client_uat_{suffix}=1");
        mistakes.make(&format!("a wrong clock: {name}"), fetch(&server, &cookies), expected).await;
    }
}

async fn cookies(mistakes: &mut Mistakes) {
    let clerk = clerk_number(50, false);
    let suffix = cookie_suffix(&clerk);
    let token = clerk.mint(testing::session("user_1"));
    let template = clerk.mint(testing::session("user_1").header("cat", "cl_B7d4PD222AAA"));
    let server = server(clerk.config());
    for (name, cookies, expected) in [
        (
            "a session without a sign-in",
            format!("__session={token}"),
            &["session-token-but-no-client-uat", "carrier=\"cookie\"", "cookies=\"__session\""][..],
        ),
        (
            "a sign-in without a session",
            format!("__client_uat_{suffix}=1"),
            &["client-uat-but-no-session-token", "cookies=\"__client_uat_"],
        ),
        (
            "a sign-in after the session's token",
            format!("__session_{suffix}={token}; __client_uat_{suffix}=9999999999"),
            &["session-token-iat-before-client-uat"],
        ),
        (
            "the cookie of another library",
            format!("__session=foreign; __client_uat_{suffix}=1; __session_{suffix}={token}"),
            &["The cookie named __session is not Clerk's", "another name"],
        ),
        (
            "a token of a JWT template",
            format!("__session_{suffix}={template}; __client_uat_{suffix}=1"),
            &["token-type-mismatch", "getToken() without a"],
        ),
        (
            "a text that is not a token",
            format!("__session_{suffix}=7; __client_uat_{suffix}=1"),
            &["token-invalid", "three parts separated by dots"],
        ),
        (
            "an API key in a cookie",
            format!("__session_{suffix}=ak_1234; __client_uat_{suffix}=1"),
            &["token-invalid", "carrier=\"cookie\""],
        ),
        (
            "cookies that another application set",
            "__client=x; session=y".to_owned(),
            &["request decided", "carrier=\"none\"", "cookies=\"\""],
        ),
    ] {
        mistakes.make(name, fetch(&server, &cookies), expected).await;
    }
    let clerk = clerk_number(51, true);
    let server = crate::support::server(clerk.config());
    mistakes
        .make(
            "a script before the first page, in development",
            fetch(&server, "__session=a.b.c"),
            &["dev-browser-missing", "request rejected"],
        )
        .await;
}

/// Redirects that were repeated as often as is allowed.
async fn loops(mistakes: &mut Mistakes) {
    let clerk = clerk_number(60, false);
    let suffix = cookie_suffix(&clerk);
    let token = clerk.mint(testing::session("user_1").claim("azp", "http://localhost"));
    let server = server(clerk.config());
    for (name, path, cookies, expected) in [
        (
            "the browser does not keep Clerk's cookies",
            "/require",
            "__client_uat=1; __clerk_redirect_count=3".to_owned(),
            &["stopped a redirect loop", "path=\"/require\"", "does not send back the cookies", "https"][..],
        ),
        (
            "two cookies of one name",
            "/require",
            format!("__session_{suffix}=a.b.c; __session_{suffix}={token}; __client_uat=1; __clerk_redirect_count=3"),
            &["stopped a redirect loop", "two of Clerk's cookies with the same name"],
        ),
        (
            "the keys are of two instances",
            "/require",
            "__client_uat=1; __clerk_redirect_count=3; __clerk_handshake_nonce=unknown".to_owned(),
            &["stopped a redirect loop", "publishable key and the secret key", "same page of the Clerk Dashboard"],
        ),
    ] {
        mistakes.make(name, open(&server, path, &cookies), expected).await;
    }
    let clerk = clerk_number(61, false);
    let token = clerk.mint(testing::session("user_1"));
    let sync = OrganizationSync::new().organization_pattern("/:slug");
    let server = crate::support::server(clerk.config_builder().organization_sync(sync).build().unwrap());
    let cookies = format!("__session={token}; __client_uat=1; __clerk_redirect_count=3");
    mistakes
        .make(
            "an organization that the user is not a member of",
            open(&server, "/require", &cookies),
            &["stopped a redirect loop", "the user is not a member"],
        )
        .await;
    let clerk = clerk_number(62, false);
    let satellite = clerk.config_builder().is_satellite(true).domain("satellite.test").satellite_auto_sync(true);
    let server = crate::support::server(satellite.build().unwrap());
    mistakes
        .make(
            "a satellite under a domain that Clerk does not know",
            open(&server, "/require", "__clerk_redirect_count=3"),
            &["stopped a redirect loop", "satellite", "one of the instance's"],
        )
        .await;
    let clerk = clerk_number(63, true);
    let server = crate::support::server(clerk.config());
    mistakes
        .make(
            "a sign-in page that sends the browser back and forth",
            open(&server, "/require?__clerk_db_jwt=dvb_1", "__clerk_db_jwt=dvb_1; __clerk_redirect_count=3"),
            &["<!DOCTYPE html>", "do not redirect to each other", "sign_in_url"],
        )
        .await;
}
