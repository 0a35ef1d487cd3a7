//! The pages of all examples, on a desktop and on a phone, light and dark.

use serde_json::json;

use crate::{
    chromium::{Browser, Look},
    programs::{Npm::Missing, start},
};

/// An example, a page of it, whether the page needs a user, and what the page shows.
const PAGES: [(&str, &str, bool, &str); 9] = [
    ("quickstart", "/", false, "You are not signed in"),
    ("quickstart", "/dashboard", true, "user_ada"),
    ("fresh_start", "/account", true, "user_ada"),
    ("html_app", "/orgs/acme", true, "org:admin"),
    ("spa", "/", false, "GET /api/me"),
    ("frontend_api_proxy", "/", false, "nobody"),
    ("multi_domain", "/members", true, "user_ada"),
    ("multi_domain", "/", false, "not signed in"),
    ("live", "/", true, "connected until"),
];

#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn pages_look_right_everywhere() {
    for (screen, options) in [("desktop", json!({})), ("phone", Browser::phone())] {
        for (look, preference) in [("light", Look::Light), ("dark", Look::Dark)] {
            for (name, path, needs_user, text) in PAGES {
                let (_example, site) = start(name, Missing);
                let site = site.trim_end_matches("/members");
                let browser = Browser::start_with_look(options.clone(), preference).await;
                browser.visit(&format!("{site}{path}")).await;
                if needs_user {
                    browser.click("button[value=user_ada]").await;
                }
                browser.sees("body", text).await;
                browser.screenshot(&format!("{name}{}-{screen}-{look}", path.replace('/', "-"))).await;
                let width = browser.page_width().await;
                assert!(screen == "desktop" || width <= 360, "{name}{path}, {look}: {width} pixels wide");
                let background = "const color = getComputedStyle(document.documentElement).colorScheme;
                    return color.includes('dark');";
                assert_eq!(browser.client.execute(background, Vec::new()).await.unwrap(), true, "{name}{path}");
                browser.client.close().await.unwrap();
            }
        }
    }
}
