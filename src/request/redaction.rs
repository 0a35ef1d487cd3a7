//! URLs for logs, without the credentials that Clerk passes in them.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use super::parameter::{DEV_BROWSER, HANDSHAKE, HANDSHAKE_NONCE, LEGACY_DEV_BROWSER, TICKET};

/// Whoever reads one of these in a log can sign in with it, some once, some for as long as they like. A handshake that
/// goes through the application's own proxy has the session token in its URL.
const SECRETS: [&str; 7] =
    [HANDSHAKE, HANDSHAKE_NONCE, DEV_BROWSER, LEGACY_DEV_BROWSER, TICKET, "__clerk_token", "__session"];

/// Further ones of the Frontend API, such as those of links in emails, which go through the proxy too. Their names are
/// common ones, so they count only in URLs that may be the Frontend API's.
const SECRETS_OF_FRONTEND_API: [&str; 4] = ["code", "rotating_token_nonce", "ticket", "token"];

/// Returns the URL, or path and query, with the values of these parameters replaced. A parameter whose value mentions
/// one of them, such as a return address, is replaced as a whole.
pub(crate) fn redacted(url: &str) -> Cow<'_, str> {
    let Some((path, query)) = url.split_once('?') else { return url.into() };
    let may_be_of_frontend_api = path.contains("/v1/");
    let is_secret = |pair: &str| holds_a_secret(pair) || (may_be_of_frontend_api && is_of_frontend_api(pair));
    if !query.split('&').any(is_secret) {
        return url.into();
    }
    let redacted = |pair: &str| match is_secret(pair) {
        true => match pair.split('=').next().filter(|name| is_only_a_name(name)) {
            Some(name) => format!("{name}=redacted"),
            None => "redacted".to_owned(),
        },
        false => pair.to_owned(),
    };
    format!("{path}?{}", query.split('&').map(redacted).collect::<Vec<_>>().join("&")).into()
}

/// Returns whether the text before `=` contains no value: with an encoded `=`, it can contain a whole return address.
fn is_only_a_name(name: &str) -> bool {
    SECRETS.iter().any(|secret| percent_decode_str(name).eq(secret.bytes())) || !holds_a_secret(name)
}

fn is_of_frontend_api(pair: &str) -> bool {
    let name = pair.split('=').next().unwrap_or_default();
    SECRETS_OF_FRONTEND_API.iter().any(|secret| percent_decode_str(name).eq(secret.bytes()))
}

/// Looks at the pair as it is and decoded, more than once: a return address is encoded in a return address. A pair that
/// is encoded still deeper may hold anything, and only an attacker sends one.
fn holds_a_secret(pair: &str) -> bool {
    const DEPTH: usize = 4;
    let mut text: Cow<'_, str> = pair.into();
    for _ in 0..DEPTH {
        if SECRETS.iter().any(|name| text.contains(name)) {
            return true;
        }
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == *text {
            return false;
        }
        text = decoded.into();
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_what_is_logged_of_them() {
        for (name, url, expected) in [
            ("no query", "/me", "/me"),
            ("an empty query", "/me?", "/me?"),
            ("another query", "/me?a=1&b=%20&c", "/me?a=1&b=%20&c"),
            ("a nonce", "/me?a=1&__clerk_handshake_nonce=n1&b=2", "/me?a=1&__clerk_handshake_nonce=redacted&b=2"),
            ("a handshake", "/?__clerk_handshake=a.b.c", "/?__clerk_handshake=redacted"),
            ("a dev browser", "/?__clerk_db_jwt=dvb_1", "/?__clerk_db_jwt=redacted"),
            ("an old dev browser", "/?__dev_session=dvb_1", "/?__dev_session=redacted"),
            ("a ticket", "/?__clerk_ticket=t", "/?__clerk_ticket=redacted"),
            ("twice", "/?__clerk_ticket=t&__clerk_ticket=u", "/?__clerk_ticket=redacted&__clerk_ticket=redacted"),
            ("an encoded name", "/?%5F_clerk_db_jwt=dvb_1", "/?%5F_clerk_db_jwt=redacted"),
            ("a value with an equals sign", "/?__clerk_ticket=a=b", "/?__clerk_ticket=redacted"),
            ("no value", "/?__clerk_ticket", "/?__clerk_ticket=redacted"),
            ("in a return address", "/in?redirect_url=%2Fa%3F__clerk_db_jwt%3Ddvb_1", "/in?redirect_url=redacted"),
            ("deeper", "/in?u=%252F%253F%255F_clerk_ticket%253Dt", "/in?u=redacted"),
            ("a return address as the name", "/in?%2Fa%3F__clerk_db_jwt%3Ddvb_1&b=2", "/in?redacted&b=2"),
            ("a return address as the name of a value", "/in?x%3F__clerk_ticket%3Dt=1", "/in?redacted"),
            ("an encoded equals sign", "/in?__clerk_ticket%3Dt", "/in?redacted"),
            ("an encoded equals sign and a value", "/in?__clerk_ticket%3dt=1", "/in?redacted"),
            ("an encoded separator in the name", "/in?a%3D1%26__clerk_handshake%3Da.b.c=1", "/in?redacted"),
            ("another separator", "/in?a;__clerk_ticket=t", "/in?redacted"),
            ("a name too deep to be looked at", "/in?%2525252541=1", "/in?redacted"),
            ("too deep to be looked at", "/in?u=%2525252541", "/in?u=redacted"),
            ("a whole URL", "https://a.example/?__clerk_ticket=t", "https://a.example/?__clerk_ticket=redacted"),
            (
                "what is no secret",
                "/?__clerk_synced=true&__clerk_status=sign_in",
                "/?__clerk_synced=true&__clerk_status=sign_in",
            ),
            ("bytes that are not UTF-8", "/?a=%FF%", "/?a=%FF%"),
            (
                "a handshake through the proxy",
                "/__clerk/v1/client/handshake?format=nonce&__session=a.b.c&__clerk_db_jwt=dvb_1",
                "/__clerk/v1/client/handshake?format=nonce&__session=redacted&__clerk_db_jwt=redacted",
            ),
            ("a suffixed session", "/?__session_1a2b3c4d=a.b.c", "/?redacted"),
            ("a linked domain", "/v1/client/link?__clerk_token=t", "/v1/client/link?__clerk_token=redacted"),
            ("an email's link", "/__clerk/v1/verify?token=t&a=1", "/__clerk/v1/verify?token=redacted&a=1"),
            ("with an encoded name", "/__clerk/v1/verify?toke%6E=t", "/__clerk/v1/verify?toke%6E=redacted"),
            (
                "an invitation",
                "https://a.example/p/v1/tickets/accept?ticket=t",
                "https://a.example/p/v1/tickets/accept?ticket=redacted",
            ),
            (
                "a provider's answer",
                "/p/v1/oauth_callback?code=c&state=s",
                "/p/v1/oauth_callback?code=redacted&state=s",
            ),
            ("a native app's", "/v1/client?rotating_token_nonce=n", "/v1/client?rotating_token_nonce=redacted"),
            ("the same names elsewhere", "/coupons?code=c&token=t", "/coupons?code=c&token=t"),
            ("a name that contains one", "/v1/me?token_type=t&codes=1", "/v1/me?token_type=t&codes=1"),
        ] {
            assert_eq!(redacted(url), expected, "{name}");
        }
    }
}
