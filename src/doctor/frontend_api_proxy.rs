//! The check of the Frontend API proxy: whether Clerk can be reached, and whether it knows the address of the proxy.

use url::{Host, Url};

use super::{calls::Answer, report::Finding};
use crate::{
    backend::instance::{DomainProxy, parse_domain_proxies},
    config::{PageUrl, Settings},
    observe::hint,
};

const NAME: &str = "Frontend API proxy";

/// Returns the page that shows whether the upstream works, if there is a proxy.
pub(super) fn health_page(settings: &Settings) -> Option<Url> {
    settings.frontend_api_proxy.as_ref()?;
    let base = settings.frontend_api_url.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/v1/health")).ok()
}

/// Returns `None` if there is no proxy.
pub(super) fn check(settings: &Settings, domains: Option<&Answer>, health: Option<&Answer>) -> Option<Finding> {
    let proxy = settings.frontend_api_proxy.as_ref()?;
    let upstream = shown(&settings.frontend_api_url);
    let found = |text: &str| format!("{} to {upstream}: {text}", proxy.path);
    match health {
        Some(Err(error)) => {
            return Some(Finding::failed(NAME, found(&format!("it cannot be reached, {error}"))).with_fix(
                "allow connections to it, or set HTTPS_PROXY; remove frontend_api_url (CLERK_FAPI_URL) to use Clerk's own",
            ));
        }
        Some(Ok(response)) if !response.is_success() => {
            let status = response.status;
            return Some(
                Finding::warning(NAME, found(&format!("its /v1/health responds with status {status}")))
                    .with_fix("see Clerk's status page; set frontend_api_url (CLERK_FAPI_URL) only to a Frontend API"),
            );
        }
        Some(Ok(_)) | None => {}
    }
    if settings.frontend_api_url.scheme() == "http" && !is_loopback(&settings.frontend_api_url) {
        return Some(
            Finding::warning(NAME, found("the secret key is sent there without encryption"))
                .with_fix("set frontend_api_url (CLERK_FAPI_URL) to an https:// URL"),
        );
    }
    let is_clerks = settings.frontend_api_url.host_str().is_some_and(|host| host.ends_with("clerk.dev"));
    if settings.is_development() {
        let finding = match is_clerks {
            true => Finding::warning(NAME, found("Clerk accepts proxies for production instances only"))
                .with_fix("set frontend_api_proxy only if the keys are those of production"),
            false => Finding::ok(NAME, found("a Frontend API for development")),
        };
        return Some(finding);
    }
    Some(at_clerk(settings, domains, &found))
}

/// Compares the address of the proxy in browsers with what Clerk has for the instance's domains.
fn at_clerk(settings: &Settings, domains: Option<&Answer>, found: &dyn Fn(&str) -> String) -> Finding {
    let origin = settings.public_origin.as_ref();
    let resolved = match (&settings.proxy_url, origin) {
        (Some(page), Some(origin)) => page.resolve(origin),
        (Some(PageUrl::Absolute(url)), None) => Some(url.clone()),
        _ => None,
    };
    let Some(proxy_url) = resolved else {
        return Finding::warning(
            NAME,
            found("its address is that of each request, so Clerk rejects it on other hosts"),
        )
        .with_fix("set public_origin (CLERK_PUBLIC_ORIGIN)");
    };
    let proxy_url = proxy_url.as_str().trim_end_matches('/').to_owned();
    let domains = match domains.map(parse_domain_proxies) {
        Some(Ok(domains)) => domains,
        Some(Err(unread)) => {
            return Finding::skipped(
                NAME,
                found(&format!("Clerk was not asked whether it knows {proxy_url}: {unread}")),
            );
        }
        None => return Finding::skipped(NAME, found("Clerk was not asked, because there is no secret key")),
    };
    let is_it = |domain: &&DomainProxy| {
        domain.proxy_url.as_deref().is_some_and(|known| known.trim_end_matches('/') == proxy_url)
    };
    if domains.iter().any(|domain| is_it(&domain)) {
        return Finding::ok(NAME, found(&format!("Clerk knows it as {proxy_url}")));
    }
    let (id, known) = match domains.first() {
        Some(domain) => (hint(&domain.id), domain.proxy_url.as_deref().map_or("none".to_owned(), hint)),
        None => ("ID".to_owned(), "none".to_owned()),
    };
    let text = format!("Clerk does not know it as {proxy_url} (the domain's proxy_url is {known})");
    Finding::warning(NAME, found(&text)).with_fix(format!(
        "deploy this server first; then verify the proxy with POST /v1/proxy_checks and \
         {{\"domain_id\":\"{id}\",\"proxy_url\":\"{proxy_url}\"}}; then set it with PATCH /v1/domains/{id} and \
         {{\"proxy_url\":\"{proxy_url}\"}}, or on the Domains page of the Clerk Dashboard"
    ))
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn shown(url: &Url) -> String {
    hint(url.as_str().trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        backend::{ApiResponse, TransportError},
        config::ClerkConfigBuilder,
        doctor::Status::{self, Failed, Ok as Fine, Skipped, Warning},
        instance::ClerkConfig,
    };

    fn production() -> ClerkConfigBuilder {
        let keys = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
        keys.public_origin("https://app.example.com").frontend_api_proxy("/__clerk")
    }

    fn development() -> ClerkConfigBuilder {
        ClerkConfig::builder()
            .publishable_key("pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA")
            .secret_key("sk_test_1")
            .frontend_api_proxy("/__clerk")
    }

    #[test]
    fn proxies_and_the_verdict_on_them() {
        let status = |status| Ok(ApiResponse { status, ..ApiResponse::default() });
        let domains = |proxy_url: Option<&str>| {
            let body = json!({ "data": [{ "id": "dmn_1", "name": "example.com", "proxy_url": proxy_url }] });
            Ok(ApiResponse { status: 200, body: body.to_string().into_bytes(), ..ApiResponse::default() })
        };
        let known = domains(Some("https://app.example.com/__clerk"));
        let any_host = || {
            let keys =
                ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
            keys.frontend_api_proxy("/__clerk").dangerous_proxy_url_of_any_host(true)
        };
        for (name, builder, domains, health, expected, says) in [
            (
                "known",
                production(),
                known.clone(),
                status(200),
                Fine,
                "Clerk knows it as https://app.example.com/__clerk",
            ),
            (
                "a slash more",
                production(),
                domains(Some("https://app.example.com/__clerk/")),
                status(200),
                Fine,
                "knows",
            ),
            ("unknown", production(), domains(None), status(200), Warning, "the domain's proxy_url is none"),
            (
                "another one",
                production(),
                domains(Some("https://x.example/y")),
                status(200),
                Warning,
                "is https://x.example/y",
            ),
            ("a base path", production().base_path("/app"), known.clone(), status(200), Warning, "/app/__clerk"),
            (
                "a URL",
                production().proxy_url("https://c.example"),
                domains(Some("https://c.example")),
                status(200),
                Fine,
                "as https://c.example",
            ),
            ("no connection", production(), known.clone(), Err(TransportError::Connect), Failed, "could not connect"),
            ("no Frontend API", production(), known.clone(), status(404), Warning, "status 404"),
            (
                "no answer about domains",
                production(),
                Err(TransportError::Timeout),
                status(200),
                Skipped,
                "no response in time",
            ),
            ("of any host", any_host(), known.clone(), status(200), Warning, "that of each request"),
            (
                "no TLS",
                production().frontend_api_url("http://fapi.internal"),
                known.clone(),
                status(200),
                Warning,
                "without encryption",
            ),
            (
                "no TLS here",
                production().frontend_api_url("http://127.0.0.1:1"),
                known.clone(),
                status(200),
                Fine,
                "knows",
            ),
            ("development", development(), known.clone(), status(200), Warning, "production instances only"),
            (
                "a stand-in",
                development().frontend_api_url("http://localhost:1"),
                known.clone(),
                status(200),
                Fine,
                "for development",
            ),
        ] {
            let config = builder.build().unwrap();
            let finding = check(config.settings(), Some(&domains), Some(&health)).unwrap();
            assert_eq!(finding.status(), expected as Status, "{name}: {finding:?}");
            assert!(finding.found().contains(says), "{name}: {finding:?}");
            assert_eq!(finding.fix().is_some(), matches!(expected, Warning | Failed), "{name}");
        }
        let without =
            ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1");
        let without = without.build().unwrap();
        assert!(check(without.settings(), Some(&known), None).is_none() && health_page(without.settings()).is_none());
    }
}
