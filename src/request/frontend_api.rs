//! The Frontend API's URL for a request (PROTOCOL section 2), and the check for referrers that are Clerk's own.

use url::Url;

use crate::config::Settings;

/// Returns the proxy's URL, if one is configured. A path is resolved against the request's own origin.
fn proxy(settings: &Settings, public_url: &Url) -> Option<Url> {
    settings.proxy_url.as_ref().and_then(|proxy| proxy.resolve(public_url))
}

/// Returns the URL of the proxy, or of the host with `https`.
fn frontend_api(settings: &Settings, public_url: &Url) -> Option<Url> {
    let own = || Url::parse(&format!("https://{}", settings.issuing_frontend_api())).ok();
    proxy(settings, public_url).or_else(own)
}

/// Returns the URL at which the handshake starts.
pub(super) fn handshake_url(settings: &Settings, public_url: &Url) -> Option<Url> {
    let base = frontend_api(settings, public_url)?;
    Url::parse(&format!("{}/v1/client/handshake", base.as_str().trim_end_matches('/'))).ok()
}

/// Returns the Account Portal of a Frontend API: `clerk.example.com` has `accounts.example.com`, and
/// `x.clerk.accounts.dev` has `x.accounts.dev`.
pub(crate) fn account_portal(frontend_api: &str) -> Option<Url> {
    let staged = frontend_api.replacen("clerk.accountsstage.", "accountsstage.", 1);
    let at = [staged.find("clerk.accounts."), staged.find("clerk.")];
    let host = match at {
        [Some(accounts), first] if first.is_none_or(|first| accounts <= first) => {
            staged.replacen("clerk.accounts.", "accounts.", 1)
        }
        [_, Some(_)] => staged.replacen("clerk.", "accounts.", 1),
        _ => staged,
    };
    Url::parse(&format!("https://{host}")).ok()
}

/// Returns whether a referrer is Clerk's: the Frontend API, the instance's Account Portal, or, in development, any
/// development Account Portal. Anyone can get such a development host, so production does not trust them.
pub(super) fn is_clerk(referrer: &Url, settings: &Settings, public_url: &Url) -> bool {
    let host = referrer.host_str().unwrap_or_default();
    let frontend_api = frontend_api(settings, public_url);
    if frontend_api.is_some_and(|url| url.host_str() == Some(host)) {
        return true;
    }
    if settings.is_development() && is_development_portal(host) {
        return true;
    }
    // With a proxy, the host from which the portal's would be derived is unknown.
    let portal = match proxy(settings, public_url) {
        Some(_) => None,
        None => account_portal(&settings.issuing_frontend_api()),
    };
    portal.is_some_and(|portal| portal.origin() == referrer.origin())
}

fn is_development_portal(host: &str) -> bool {
    const LEGACY: [&str; 3] = [".lcl.dev", ".lclstage.dev", ".lclclerk.com"];
    const CURRENT: [&str; 3] = [".accounts.dev", ".accountsstage.dev", ".accounts.lclclerk.com"];
    let is_legacy = host.starts_with("accounts.") && LEGACY.iter().any(|suffix| host.ends_with(suffix));
    let is_current =
        CURRENT.iter().any(|suffix| host.strip_suffix(suffix).is_some_and(|rest| !rest.ends_with(".clerk")));
    is_legacy || is_current
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frontend_apis_and_their_portals() {
        for (frontend_api, portal) in [
            ("clerk.example.com", "https://accounts.example.com/"),
            ("happy-cat-1.clerk.accounts.dev", "https://happy-cat-1.accounts.dev/"),
            ("happy-cat-1.clerk.accountsstage.dev", "https://happy-cat-1.accountsstage.dev/"),
            ("auth.example.com", "https://auth.example.com/"),
            // The first of the two counts.
            ("clerk.x.clerk.accounts.dev", "https://accounts.x.clerk.accounts.dev/"),
            ("x.clerk.accounts.clerk.dev", "https://x.accounts.clerk.dev/"),
        ] {
            assert_eq!(account_portal(frontend_api).unwrap().as_str(), portal);
        }
    }

    #[test]
    fn development_portals() {
        for (host, expected) in [
            ("happy-cat-1.accounts.dev", true),
            ("happy-cat-1.clerk.accounts.dev", false),
            ("accounts.happy.cat-1.lcl.dev", true),
            ("happy.cat-1.lcl.dev", false),
            ("accounts.example.com", false),
            ("happy-cat-1.accounts.dev.evil.example", false),
        ] {
            assert_eq!(is_development_portal(host), expected, "{host}");
        }
    }
}
