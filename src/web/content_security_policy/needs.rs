//! What Clerk's JavaScript needs of a Content-Security-Policy.

use crate::{
    config::Settings,
    web::browser_addresses::{BrowserApi, sign_in_origins},
};

/// The directives that a policy has if its author does not name them.
///
/// A `<base>` that an attacker inserts would lead scripts with relative URLs, which have the nonce, to another host.
pub(super) const DEFAULTS: [(&str, &str); 3] =
    [("base-uri", "'self'"), ("default-src", "'self'"), ("object-src", "'none'")];

/// Cloudflare's Turnstile, against bots; Stripe and Google's address search, in the checkout of Clerk's billing; and
/// Clerk's own protection.
const TURNSTILE: &str = "https://challenges.cloudflare.com";
const STRIPE_JS: [&str; 2] = ["https://*.js.stripe.com", "https://js.stripe.com"];
const MAPS: &str = "https://maps.googleapis.com";
const IMAGES: &str = "https://img.clerk.com";
const PROTECTION: &str = "https://*.protect.clerk.com";
/// Clerk's JavaScript sends telemetry for development instances only.
const TELEMETRY: [&str; 2] = ["https://clerk-telemetry.com", "https://*.clerk-telemetry.com"];

/// Returns the sources that have to be allowed, by directive.
pub(super) fn of(settings: &Settings) -> Vec<(&'static str, Vec<String>)> {
    let api = BrowserApi::of(settings).and_then(|api| api.origin());
    let telemetry = if settings.is_development() { &TELEMETRY[..] } else { &[] };
    let connections = [IMAGES, MAPS, "https://api.stripe.com", "https://*.protect.clerk.com:*"];
    let frames = [TURNSTILE, "https://hooks.stripe.com", PROTECTION];
    let scripts = [TURNSTILE, MAPS, PROTECTION];
    vec![
        ("connect-src", sources([&connections[..], telemetry], api.clone())),
        // Browsers apply it to the redirects of a form too: to the handshake, and to the sign-in page.
        ("form-action", sources([&[], &[]], api.clone().into_iter().chain(sign_in_origins(settings)))),
        ("frame-src", sources([&frames, &STRIPE_JS], None)),
        // Clerk's components draw patterns and icons with `data:` URLs.
        ("img-src", sources([&[IMAGES, "data:"], &[]], stand_in(settings))),
        ("script-src", sources([&scripts, &STRIPE_JS], api)),
        // Clerk's components add styles to the page.
        ("style-src", sources([&["'unsafe-inline'"], &[]], None)),
        ("worker-src", sources([&["blob:"], &[]], None)),
    ]
}

/// Returns the origin of a stand-in for Clerk, such as `LocalClerk`: its images come from itself. Only a stand-in is
/// reached over `http`.
fn stand_in(settings: &Settings) -> Option<String> {
    let url = &settings.frontend_api_url;
    (url.scheme() == "http").then(|| url.origin().ascii_serialization())
}

/// The page's own origin, and these.
fn sources(fixed: [&[&str]; 2], more: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut all = vec!["'self'".to_owned()];
    all.extend(fixed.concat().into_iter().map(str::to_owned));
    for source in more {
        if is_origin(&source) && !all.contains(&source) {
            all.push(source);
        }
    }
    all
}

/// Returns whether the text is an origin and nothing else. A URL of the settings may have a host with a semicolon or a
/// comma in it, which would start another directive or another policy.
fn is_origin(source: &str) -> bool {
    source.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '/' | '[' | ']'))
}
