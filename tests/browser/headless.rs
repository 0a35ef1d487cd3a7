//! `clerk-js` without components: the whole walk of a session.

use std::time::Duration;

use clerk_actix::testing::{Endpoint, LocalClerk};
use serde_json::{Value, json};

use crate::page::{SIGN_IN_ADA, Site, Way, local_clerk};

fn nobody() -> Value {
    json!([null, null])
}

/// First page, sign-in, API by cookie and by header, next page, expiry, another organization, revocation, sign-out.
async fn walk(clerk: LocalClerk, way: Way) {
    let is_development = clerk.publishable_key().starts_with("pk_test_");
    let site = Site::open(clerk, way).await;
    // In development, the first page makes the browser known.
    assert_eq!(site.clerk.calls(Endpoint::Handshake), u64::from(is_development));
    assert_eq!(site.server_saw().await, nobody());
    assert_eq!(site.page_sees().await, nobody());
    assert_eq!((site.api_by_cookie().await, site.api_by_header().await), (json!(401), json!(401)));

    site.browser.run(SIGN_IN_ADA).await;
    let (at_acme, at_globex) = (json!(["user_ada", "org_acme"]), json!(["user_ada", "org_globex"]));
    site.everyone_sees(&at_acme).await;

    // The token expires in the browser, but not the session: the server gets a new one for the next page.
    site.clerk.clock().advance(Duration::from_secs(70));
    site.visit("/").await;
    assert_eq!(site.server_saw().await, at_acme);

    // The token expires in the browser and at the server; the page gets a new one without a word.
    let old = site.browser.run("return Clerk.session.getToken()").await;
    site.pass(Duration::from_secs(70)).await;
    let new = site.browser.run("return Clerk.session.getToken()").await;
    assert_ne!(old, new);
    site.everyone_sees(&at_acme).await;

    site.browser.run("await Clerk.setActive({ organization: 'org_globex' })").await;
    site.everyone_sees(&at_globex).await;
    site.browser.run("await Clerk.setActive({ organization: null })").await;
    site.everyone_sees(&json!(["user_ada", null])).await;
    let elsewhere = site
        .browser
        .run("return Clerk.setActive({ organization: 'org_nowhere' }).then(() => null, (e) => e.errors?.[0]?.code ?? String(e))")
        .await;
    assert_ne!(elsewhere, Value::Null);

    // Revoked elsewhere: the page notices when it needs a token, and signs out.
    site.clerk.revoke_sessions("user_ada");
    site.browser.run("await Clerk.session.getToken({ skipCache: true }).catch(() => null)").await;
    site.until("!Clerk.user").await;
    site.everyone_sees(&nobody()).await;

    site.browser.run(SIGN_IN_ADA).await;
    site.everyone_sees(&at_acme).await;
    site.sign_out().await;
    site.everyone_sees(&nobody()).await;
    site.close().await;
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn a_session_of_a_development_instance() {
    for way in [Way::Direct, Way::Proxy, Way::ProxyByUrl] {
        println!("{way:?}");
        walk(local_clerk().start().unwrap(), way).await;
    }
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn a_session_of_a_production_instance() {
    for way in [Way::Direct, Way::Proxy, Way::ProxyByUrl] {
        println!("{way:?}");
        walk(local_clerk().production().start().unwrap(), way).await;
    }
}

/// `clerk-js` and the plain page of `LocalClerk`, which needs no package of npm, share the sessions.
#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn the_plain_sign_in_page_signs_clerk_js_in() {
    for (name, clerk) in [("development", local_clerk()), ("production", local_clerk().production())] {
        let site = Site::open(clerk.start().unwrap(), Way::Direct).await;
        site.browser.run("Clerk.redirectToSignIn(); return null").await;
        site.browser.click("button[value=user_grace]").await;
        site.until("Clerk.user?.id === 'user_grace'").await;
        assert_eq!(site.server_saw().await, json!(["user_grace", "org_acme"]), "{name}");
        let handshakes = site.clerk.calls(Endpoint::Handshake);
        assert!((1..=4).contains(&handshakes), "{name}: {handshakes}");
        site.sign_out().await;
        site.everyone_sees(&nobody()).await;
        site.close().await;
    }
}

/// Each step of Clerk's own forms, by its code: what is refused, and how.
#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn sign_in_and_sign_up_in_every_way() {
    let site = Site::open(local_clerk().start().unwrap(), Way::Proxy).await;
    for (name, body, expected) in [
        (
            "an unknown address",
            "return signIn.create({ identifier: 'nobody@example.com' })",
            "form_identifier_not_found",
        ),
        (
            "a wrong password",
            "return signIn.create({ identifier: 'ada@example.com', password: 'wrong' })",
            "form_password_incorrect",
        ),
        (
            "a wrong password after the address",
            "const s = await signIn.create({ identifier: 'ada@example.com' });
            return s.attemptFirstFactor({ strategy: 'password', password: 'wrong' })",
            "form_password_incorrect",
        ),
        (
            "a wrong code",
            "const s = await signIn.create({ identifier: 'ada@example.com' });
            const { emailAddressId } = s.supportedFirstFactors.find((factor) => factor.strategy === 'email_code');
            await s.prepareFirstFactor({ strategy: 'email_code', emailAddressId });
            return s.attemptFirstFactor({ strategy: 'email_code', code: '000000' })",
            "form_code_incorrect",
        ),
        (
            "a code that nobody asked for",
            "const s = await signIn.create({ identifier: 'ada@example.com' });
            return s.attemptFirstFactor({ strategy: 'email_code', code: '424242' })",
            "verification_missing",
        ),
        (
            "an unknown ticket",
            "return signIn.create({ strategy: 'ticket', ticket: 'x' })",
            "sign_in_token_cannot_be_used",
        ),
        (
            "an address that is taken",
            "return signUp.create({ emailAddress: 'ADA@example.com', password: 'long enough' })",
            "form_identifier_exists",
        ),
        ("no address", "return signUp.create({ emailAddress: 'lin' })", "form_param_format_invalid"),
        (
            "a short password",
            "return signUp.create({ emailAddress: 'lin@example.com', password: 'short' })",
            "form_password_length_too_short",
        ),
    ] {
        let script = format!(
            "const {{ signIn, signUp }} = Clerk.client;
            return (async () => {{ {body} }})().then(() => 'accepted', (error) => error.errors?.[0]?.code ?? String(error))"
        );
        assert_eq!(site.browser.run(&script).await, expected, "{name}");
    }

    let ticket = site.clerk.sign_in_ticket("user_grace").unwrap();
    for (name, body, user) in [
        (
            "a password after the address",
            "const s = await signIn.create({ identifier: 'ada@example.com' });
            return s.attemptFirstFactor({ strategy: 'password', password: 'correct horse battery staple' })"
                .to_owned(),
            "Ada Lovelace",
        ),
        (
            "a code",
            "const s = await signIn.create({ identifier: 'ALAN@example.com' });
            const { emailAddressId } = s.supportedFirstFactors.find((factor) => factor.strategy === 'email_code');
            await s.prepareFirstFactor({ strategy: 'email_code', emailAddressId });
            return s.attemptFirstFactor({ strategy: 'email_code', code: '424242' })"
                .to_owned(),
            "Alan Turing",
        ),
        ("a ticket", format!("return signIn.create({{ strategy: 'ticket', ticket: '{ticket}' }})"), "Grace Hopper"),
        (
            "a new user",
            "await signUp.create({ emailAddress: 'lin+clerk_test@example.com', password: 'long enough', firstName: 'Lin' });
            await signUp.update({ lastName: 'Lee' });
            await signUp.prepareEmailAddressVerification({ strategy: 'email_code' });
            return signUp.attemptEmailAddressVerification({ code: '424242' })"
                .to_owned(),
            "Lin Lee",
        ),
    ] {
        let script = format!(
            "const {{ signIn, signUp }} = Clerk.client;
            const done = await (async () => {{ {body} }})();
            await Clerk.setActive({{ session: done.createdSessionId }});
            const name = Clerk.user.fullName;
            await Clerk.signOut(() => {{}});
            return [done.status, name]"
        );
        assert_eq!(site.browser.run(&script).await, json!(["complete", user]), "{name}");
    }
    assert_eq!(
        site.clerk.users().last().map(|user| user.email().to_owned()).as_deref(),
        Some("lin+clerk_test@example.com")
    );
    site.close().await;
}
