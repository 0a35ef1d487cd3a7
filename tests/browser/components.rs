//! Clerk's own components, `@clerk/ui`, with screenshots.

use std::time::Duration;

use fantoccini::Locator;
use serde_json::json;

use crate::page::{SIGN_IN_ADA, Site, Way, local_clerk};

impl Site {
    /// Puts a component into the page.
    async fn mount(&self, component: &str) {
        self.browser.run(&format!("Clerk.mount{component}(document.getElementById('component'))")).await;
    }

    /// Clicks on the button, link or menu item with this text.
    async fn press(&self, text: &str) {
        let button =
            format!("//*[self::button or self::a or @role='menuitem'][contains(normalize-space(.), '{text}')]");
        self.browser.act(Locator::XPath(&button), async |found| found.click().await).await;
    }

    /// Waits for a text of the page.
    async fn shows(&self, text: &str) {
        self.until(&format!("document.body.innerText.includes({})", json!(text))).await;
    }

    async fn signed_in_as(&self, user: &str) {
        self.until(&format!("Clerk.user?.id === '{user}'")).await;
    }

    /// Keeps a screenshot, and checks that nothing was missing or blocked on the way.
    async fn look(&self, name: &str) {
        assert_eq!(self.browser.run("return problems").await, json!([]), "{name}");
        self.browser.screenshot(&format!("clerk-js-{name}")).await;
    }
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn sign_in_with_a_password_a_code_and_a_new_password() {
    let site = Site::open(local_clerk().start().unwrap(), Way::Proxy).await;
    site.mount("SignIn").await;
    site.browser.enter("input[name=identifier]", "ada@example.com").await;
    site.look("sign-in").await;
    site.press("Continue").await;
    site.browser.enter("input[name=password]", "wrong").await;
    site.press("Continue").await;
    site.shows("Password is incorrect").await;
    site.look("sign-in-wrong-password").await;
    site.browser
        .enter("input[name=password]", "\u{e003}\u{e003}\u{e003}\u{e003}\u{e003}correct horse battery staple")
        .await;
    site.press("Continue").await;
    site.signed_in_as("user_ada").await;
    site.visit("/").await;
    assert_eq!(site.server_saw().await, json!(["user_ada", "org_acme"]));
    site.sign_out().await;

    site.visit("/").await;
    site.mount("SignIn").await;
    site.browser.enter("input[name=identifier]", "grace@example.com").await;
    site.press("Continue").await;
    site.press("Forgot password?").await;
    site.press("Reset your password").await;
    site.shows("First, enter the code").await;
    site.until("Clerk.client.signIn.firstFactorVerification.strategy === 'reset_password_email_code'").await;
    site.browser.enter("input[data-input-otp]", "424242").await;
    site.browser.enter("input[name=password]", "another password").await;
    site.browser.enter("input[name=confirmPassword]", "another password").await;
    site.look("sign-in-new-password").await;
    site.press("Reset Password").await;
    site.signed_in_as("user_grace").await;
    assert_eq!(site.clerk.users()[1].password(), Some("another password"));
    site.sign_out().await;

    site.visit("/").await;
    site.mount("SignIn").await;
    site.browser.enter("input[name=identifier]", "grace@example.com").await;
    site.press("Continue").await;
    site.press("Use another method").await;
    site.press("Email code to").await;
    site.shows("Check your email").await;
    site.until("Clerk.client.signIn.firstFactorVerification.strategy === 'email_code'").await;
    site.look("sign-in-code").await;
    site.browser.enter("input[data-input-otp]", "424242").await;
    site.signed_in_as("user_grace").await;
    site.close().await;
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn sign_up() {
    let site = Site::open(local_clerk().start().unwrap(), Way::Direct).await;
    site.mount("SignUp").await;
    site.browser.enter("input[name=emailAddress]", "lin+clerk_test@example.com").await;
    site.browser.enter("input[name=password]", "a long password").await;
    site.look("sign-up").await;
    site.press("Continue").await;
    site.shows("Verify your email").await;
    // The page shows the field before it has asked for the code.
    site.until("Clerk.client.signUp.verifications.emailAddress.nextAction === 'needs_attempt'").await;
    site.look("sign-up-code").await;
    site.browser.enter("input[data-input-otp]", "424242").await;
    site.until("Clerk.user").await;
    let lin = site.clerk.users()[3].id().to_owned();
    site.visit("/").await;
    assert_eq!(site.server_saw().await, json!([lin, null]));
    assert_eq!(site.clerk.users()[3].email(), "lin+clerk_test@example.com");
    site.close().await;
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn the_user_button_and_the_profile() {
    let site = Site::open(local_clerk().production().start().unwrap(), Way::ProxyByUrl).await;
    site.browser.run(SIGN_IN_ADA).await;
    site.mount("UserButton").await;
    site.browser.click(".cl-userButtonTrigger").await;
    site.shows("Ada Lovelace").await;
    site.look("user-button").await;
    site.press("Manage account").await;
    site.shows("Profile details").await;
    site.shows("ada@example.com").await;
    site.look("user-profile").await;
    site.press("Security").await;
    site.shows("Active devices").await;
    site.shows("This device").await;
    site.look("user-profile-security").await;
    site.browser.run("Clerk.closeUserProfile()").await;

    site.browser.click(".cl-userButtonTrigger").await;
    site.press("Sign out").await;
    site.until("!Clerk.user").await;
    site.visit("/").await;
    assert_eq!(site.server_saw().await, json!([null, null]));
    site.close().await;
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn organizations_are_switched_created_and_managed() {
    let site = Site::open(local_clerk().start().unwrap(), Way::Proxy).await;
    site.browser.run(SIGN_IN_ADA).await;
    site.mount("OrganizationSwitcher").await;
    site.browser.click(".cl-organizationSwitcherTrigger").await;
    site.shows("Globex").await;
    site.look("organization-switcher").await;
    site.press("Globex").await;
    site.until("Clerk.organization?.id === 'org_globex'").await;
    site.visit("/").await;
    assert_eq!(site.server_saw().await, json!(["user_ada", "org_globex"]));

    site.browser.run("await Clerk.setActive({ organization: 'org_acme' }); Clerk.openOrganizationProfile()").await;
    site.press("Members").await;
    site.shows("grace@example.com").await;
    site.look("organization-members").await;
    site.press("Invite").await;
    site.look("organization-invite").await;
    site.browser.enter("[data-testid=tag-input]", "alan@example.com,").await;
    site.press("Send invitations").await;
    site.shows("Invitations successfully sent").await;
    site.look("organization-invited").await;
    site.browser.run("Clerk.closeOrganizationProfile()").await;

    site.browser.run("Clerk.openCreateOrganization({ skipInvitationScreen: true })").await;
    site.browser.enter("input[name=name]", "Initech").await;
    site.press("Create organization").await;
    site.until("Clerk.organization?.slug === 'initech'").await;
    site.look("organization-created").await;
    site.visit("/").await;
    let created = site.server_saw().await;
    assert!(created[1].as_str().is_some_and(|id| id != "org_globex"), "{created}");
    site.sign_out().await;

    // The invited user finds the invitation in the switcher, and accepts it.
    let ticket = site.clerk.sign_in_ticket("user_alan").unwrap();
    let sign_in = format!(
        "const signIn = await Clerk.client.signIn.create({{ strategy: 'ticket', ticket: '{ticket}' }});
        await Clerk.setActive({{ session: signIn.createdSessionId }})"
    );
    site.browser.run(&sign_in).await;
    site.mount("OrganizationSwitcher").await;
    site.browser.click(".cl-organizationSwitcherTrigger").await;
    site.press("Join").await;
    site.until("Clerk.user.organizationMemberships.length === 1").await;
    site.look("organization-joined").await;
    let memberships = site.clerk.users()[2].memberships().to_vec();
    assert_eq!((memberships[0].org_id(), memberships[0].org_role()), ("org_acme", "org:member"));
    site.close().await;
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn reverification_in_clerks_dialog() {
    let site = Site::open(local_clerk().start().unwrap(), Way::Proxy).await;
    site.browser.run(SIGN_IN_ADA).await;
    site.clerk.clock().advance(Duration::from_secs(11 * 60));
    site.visit("/").await;
    let publish = "const r = await fetch('/api/publish', { method: 'POST' });
        return [r.status, JSON.parse((await r.text()) || '{}').clerk_error?.reason ?? null]";
    assert_eq!(site.browser.run(publish).await, json!([403, "reverification-error"]));
    let open = "window.verified = new Promise((resolve) => Clerk.__internal_openReverification({
        level: 'first_factor', afterVerification: () => resolve('verified'), afterVerificationCancelled: () => resolve('no') }))";
    site.browser.run(&format!("{open}; return null")).await;
    site.shows("Verification required").await;
    site.browser.enter("input[name=password]", "correct horse battery staple").await;
    site.look("reverification").await;
    site.press("Continue").await;
    assert_eq!(site.browser.run("return window.verified").await, "verified");
    site.browser.run("await Clerk.session.getToken({ skipCache: true })").await;
    assert_eq!(site.browser.run(publish).await, json!([200, null]));
    site.close().await;
}
