//! Pictures of users and organizations: their initials.

use base64::{Engine, engine::general_purpose::STANDARD};
use maud::html;

/// Returns the URL of a picture for this name. It contains the picture, so that nothing is loaded, and Clerk's
/// Content-Security-Policy allows it.
pub(super) fn url(name: &str) -> String {
    let initials: String = name.split(' ').filter_map(|part| part.chars().next()).take(2).collect();
    let picture = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" {
            rect width="64" height="64" fill="#6c47ff" {}
            text x="32" y="41" font-family="sans-serif" font-size="26" font-weight="600" fill="#fff" text-anchor="middle" {
                (initials)
            }
        }
    };
    format!("data:image/svg+xml;base64,{}", STANDARD.encode(picture.into_string()))
}
