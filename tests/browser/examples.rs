//! The examples with pages, as programs, with Clerk's own JavaScript and components.

use crate::{
    chromium::Browser,
    page::SIGN_IN_ADA,
    programs::{Npm::Installed, start},
};

/// The page's own script, with everything that it asks of Clerk.
#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn the_single_page_application_asks_for_the_password_again() {
    for screen in ["desktop", "phone"] {
        let (_spa, site) = start("spa", Installed);
        let browser = if screen == "phone" { Browser::start_on_a_phone().await } else { Browser::start().await };
        browser.visit(&site).await;
        browser.sees("p", "You are not signed in").await;
        browser.click("#sign-in").await;
        browser.enter("input[name=identifier]", "ada@example.com\n").await;
        browser.enter("input[name=password]", "correct horse battery staple\n").await;
        browser.sees("p", "You are signed in as user_ada").await;
        browser.click("#publish").await;
        browser.sees("pre", "published_by").await;

        // As if the sign-in were long ago: the server's response to one call, replaced by the one that it then sends.
        let once = "const real = window.fetch;
            window.fetch = (url, options) => {
                if (url !== '/api/publish') return real(url, options);
                window.fetch = real;
                const body = { clerk_error: { type: 'forbidden', reason: 'reverification-error',
                    metadata: { reverification: { level: 'first_factor', afterMinutes: 1 } } } };
                return Promise.resolve(new Response(JSON.stringify(body), { status: 403 }));
            };
            document.getElementById('answer').textContent = '';";
        browser.run(once).await;
        browser.click("#publish").await;
        browser.sees("h1", "Verification required").await;
        browser.screenshot(&format!("spa-verification-{screen}")).await;
        assert!(screen == "desktop" || browser.page_width().await <= 360);
        browser.enter("input[name=password]", "correct horse battery staple\n").await;
        browser.sees("pre", "published_by").await;

        browser.visit(&site).await;
        browser.sees("p", "You are signed in as user_ada").await;
        browser.click("#sign-out button").await;
        browser.sees("p", "You are not signed in").await;
        browser.client.close().await.unwrap();
    }
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn the_pages_for_teams_show_the_users_menu_and_sign_out_by_a_form() {
    let (_html_app, site) = start("html_app", Installed);
    let browser = Browser::start().await;
    browser.visit(&site).await;
    browser.run(&format!("await clerkLoaded; {SIGN_IN_ADA}")).await;
    for team in ["acme", "globex"] {
        browser.visit(&format!("{site}/orgs/{team}")).await;
        browser.sees("h1", team).await;
        browser.sees("p", "in this team, with these permissions").await;
        let slug = browser.run("const clerk = await clerkLoaded; return clerk.organization.slug").await;
        assert_eq!(slug, team, "the page's script knows of the team that the server made active");
    }
    browser.click("#user button").await;
    browser.screenshot("teams-user-menu").await;
    browser.visit(&format!("{site}/orgs/globex")).await;
    browser.click("nav form button").await;
    browser.sees("p", "not signed in").await;
    assert_eq!(
        browser.run("const clerk = await clerkLoaded; return clerk.user ?? null").await,
        serde_json::Value::Null
    );
    browser.client.close().await.unwrap();
}

#[actix_web::test]
#[ignore = "needs chromedriver: `just clerk-js`"]
async fn the_product_shows_the_menus_of_users_and_teams() {
    for screen in ["desktop", "phone"] {
        let (_notes, site) = start("notes", Installed);
        let browser = if screen == "phone" { Browser::start_on_a_phone().await } else { Browser::start().await };
        browser.visit(&site).await;
        browser.run(&format!("await clerkLoaded; {SIGN_IN_ADA}")).await;
        browser.visit(&site).await;
        browser.click("#user button").await;
        browser.sees("button", "Manage account").await;
        browser.visit(&site).await;
        browser.click("#teams button").await;
        browser.sees("button", "Globex").await;
        browser.screenshot(&format!("notes-teams-{screen}")).await;
        let width = browser.page_width().await;
        assert!(screen == "desktop" || width <= 360, "{width} pixels wide");
        browser.visit(&format!("{site}/orgs/globex/notes")).await;
        browser.sees("h1", "globex").await;
        let slug = browser.run("const clerk = await clerkLoaded; return clerk.organization.slug").await;
        assert_eq!(slug, "globex", "the page's script knows of the team that the server made active");
        browser.click("nav form button").await;
        browser.sees("p", "Write things down").await;
        browser.client.close().await.unwrap();
    }
}
