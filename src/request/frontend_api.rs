//! The Frontend API, as this request reaches it (PROTOCOL section 2), and which referrers are Clerk's own.

use url::Url;

use crate::config::{PageUrl, Settings};

/// Where the Frontend API is: the proxy where there is one, or its host.
pub(super) fn frontend_api(settings: &Settings, public_url: &Url) -> String {
    match &settings.proxy_url {
        Some(proxy @ PageUrl::Path(_)) => proxy.resolve(public_url).map(String::from),
        Some(PageUrl::Absolute(proxy)) => Some(proxy.as_str().to_owned()),
        None => None,
    }
    .unwrap_or_else(|| settings.issuing_frontend_api().into_owned())
}

/// Its handshake endpoint. Without a scheme it is `https`.
pub(super) fn handshake_url(settings: &Settings, public_url: &Url) -> Option<Url> {
    let frontend_api = frontend_api(settings, public_url);
    let base = if frontend_api.starts_with("http") { frontend_api } else { format!("https://{frontend_api}") };
    Url::parse(&format!("{}/v1/client/handshake", base.trim_end_matches('/'))).ok()
}

/// The Account Portal of a frontend API: `clerk.example.com` has `accounts.example.com`, and
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

/// Whether a referrer is Clerk's: the Frontend API, the instance's Account Portal, or, in development, any
/// development Account Portal. Those hosts are free for anyone to have, so production does not trust them.
pub(super) fn is_clerk(referrer: &Url, settings: &Settings, public_url: &Url) -> bool {
    let frontend_api = frontend_api(settings, public_url);
    let host = referrer.host_str().unwrap_or_default();
    let frontend_host = match frontend_api.starts_with("http") {
        true => Url::parse(&frontend_api).ok().and_then(|url| url.host_str().map(str::to_owned)),
        false => Some(frontend_api.clone()),
    };
    if frontend_host.as_deref() == Some(host) {
        return true;
    }
    if settings.is_development() && is_development_portal(host) {
        return true;
    }
    account_portal(&frontend_api).is_some_and(|portal| portal.origin() == referrer.origin())
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
