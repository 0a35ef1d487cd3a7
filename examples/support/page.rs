//! For the examples: the frame of a small page.

use actix_web::web::Html;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Returns a page that fits phones and desktops, light and dark.
pub fn page(title: &str, content: Markup) -> Html {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · clerk-actix" }
                style { (PreEscaped(include_str!("../quickstart.css"))) }
            }
            body { main { h1 { (title) } (content) } }
        }
    };
    Html::new(markup.into_string())
}
