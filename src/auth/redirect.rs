//! Where somebody who is not signed in is sent (PROTOCOL section 13).

use url::Url;

use crate::config::Settings;

/// The sign-in page, with `redirect_url` set to the page that was asked for. `None` where the
/// settings give no page that can be redirected to.
pub(crate) fn sign_in_url(settings: &Settings, asked_for: &Url) -> Option<Url> {
    let mut target = match &settings.sign_in_url {
        Some(page) => page.resolve(asked_for)?,
        None => account_portal(settings)?.join("/sign-in").ok()?,
    };
    set_query_parameter(&mut target, "redirect_url", asked_for.as_str());
    Some(target)
}

/// The instance's Account Portal. Its host comes from the frontend API's: `clerk.example.com` has
/// `accounts.example.com`, and `x.clerk.accounts.dev` has `x.accounts.dev`.
fn account_portal(settings: &Settings) -> Option<Url> {
    let frontend_api = settings.publishable_key.frontend_api();
    let host = ["clerk.accountsstage.", "clerk.accounts.", "clerk."]
        .iter()
        .zip(["accountsstage.", "accounts.", "accounts."])
        .find(|(from, _)| frontend_api.contains(**from))
        .map_or_else(|| frontend_api.to_owned(), |(from, to)| frontend_api.replacen(from, to, 1));
    Url::parse(&format!("https://{host}")).ok()
}

/// Sets one parameter and keeps the others: where it is there already, the first keeps its place and
/// the rest go, as `URLSearchParams.set` does.
fn set_query_parameter(url: &mut Url, name: &str, value: &str) {
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    match pairs.iter().position(|(key, _)| key == name) {
        Some(first) => {
            pairs[first].1 = value.to_owned();
            let mut index = 0;
            pairs.retain(|(key, _)| {
                index += 1;
                key != name || index - 1 == first
            });
        }
        None => pairs.push((name.to_owned(), value.to_owned())),
    }
    url.query_pairs_mut().clear().extend_pairs(pairs);
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

    use super::*;
    use crate::config::ClerkConfig;

    fn redirect(frontend_api: &str, sign_in_url: Option<&str>) -> String {
        let key = format!("pk_live_{}", STANDARD_NO_PAD.encode(format!("{frontend_api}$")));
        let mut builder = ClerkConfig::builder().publishable_key(key).secret_key("sk_live_1");
        if let Some(url) = sign_in_url {
            builder = builder.sign_in_url(url);
        }
        let asked_for = Url::parse("https://app.example.com/a?b=c").unwrap();
        super::sign_in_url(builder.build().unwrap().settings(), &asked_for).unwrap().to_string()
    }

    #[test]
    fn settings_and_where_they_send_a_visitor() {
        const BACK: &str = "redirect_url=https%3A%2F%2Fapp.example.com%2Fa%3Fb%3Dc";
        for (name, frontend_api, sign_in_url, expected) in [
            ("a production portal", "clerk.example.com", None, "https://accounts.example.com/sign-in?"),
            (
                "a development portal",
                "happy-cat-1.clerk.accounts.dev",
                None,
                "https://happy-cat-1.accounts.dev/sign-in?",
            ),
            (
                "a staging portal",
                "happy-cat-1.clerk.accountsstage.dev",
                None,
                "https://happy-cat-1.accountsstage.dev/sign-in?",
            ),
            ("a page of the application", "clerk.example.com", Some("/in"), "https://app.example.com/in?"),
            (
                "a page elsewhere",
                "clerk.example.com",
                Some("https://id.example.com/in?lang=en"),
                "https://id.example.com/in?lang=en&",
            ),
            (
                "a page with a return already",
                "clerk.example.com",
                Some("/in?redirect_url=%2F"),
                "https://app.example.com/in?",
            ),
        ] {
            assert_eq!(redirect(frontend_api, sign_in_url), format!("{expected}{BACK}"), "{name}");
        }
    }

    #[test]
    fn a_parameter_is_set_once_and_in_place() {
        let mut url = Url::parse("https://a.example/?x=1&r=2&y=3&r=4").unwrap();
        set_query_parameter(&mut url, "r", "/ &");
        assert_eq!(url.query(), Some("x=1&r=%2F+%26&y=3"));
    }
}
