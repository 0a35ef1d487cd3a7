//! The product in `examples/notes/`, in a real browser: on a desktop and on a phone, light and dark.

use serde_json::json;

use crate::{
    chromium::{Browser, Look},
    programs::{Npm::Missing, start},
};

/// Text that wraps badly, and that is markup if it is not escaped.
const LONG: &str = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft <b>&amp;</b>";

#[actix_web::test]
#[ignore = "needs chromedriver: `just browser`"]
async fn the_product_on_a_desktop_and_on_a_phone() {
    for (screen, options) in [("desktop", json!({})), ("phone", Browser::phone())] {
        for (look, preference) in [("light", Look::Light), ("dark", Look::Dark)] {
            let (_notes, site) = start("notes", Missing);
            let browser = Browser::start_with_look(options.clone(), preference).await;
            let look_at = async |page: &str| {
                browser.screenshot(&format!("notes-{page}-{screen}-{look}")).await;
                let width = browser.page_width().await;
                assert!(screen == "desktop" || width <= 360, "{page}, {look}: {width} pixels wide");
            };
            browser.visit(&site).await;
            browser.sees("p", "Write things down").await;
            look_at("welcome").await;

            browser.click("main a.button").await;
            browser.click("button[value=user_ada]").await;
            browser.sees("h1", "My notes").await;
            browser.visit(&site).await;
            browser.sees("strong", "Globex").await;
            look_at("start").await;

            browser.click("a[href='/orgs/acme/notes']").await;
            browser.sees("h1", "acme").await;
            browser.click("summary").await;
            browser.enter("input[name=title]", LONG).await;
            browser.enter("textarea", LONG).await;
            look_at("form").await;
            browser.click("form.note button").await;
            browser.sees("strong", "Donaudampf").await;
            browser.sees("small", "Ada Lovelace").await;
            look_at("list").await;

            browser.click("ul.cards li:first-child a").await;
            browser.sees("div[@class='text']", "<b>&amp;</b>").await;
            browser.click("summary").await;
            look_at("note").await;
            browser.click("button.danger").await;
            browser.sees("strong", "Welcome").await;

            browser.visit(&format!("{site}/me/notes/00000000-0000-4000-8000-000000000000")).await;
            browser.sees("h1", "Not found").await;
            look_at("not-found").await;

            browser.visit(&site).await;
            browser.click("nav form button").await;
            browser.sees("p", "Write things down").await;
            browser.client.close().await.unwrap();
        }
    }
}
