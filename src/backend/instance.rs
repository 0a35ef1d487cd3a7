//! The calls that describe the instance of a secret key: `GET /v1/instance` and `GET /v1/domains`.

use std::fmt;

use serde_json::Value;
use url::Url;

use super::{
    endpoint::endpoint,
    jwks::secret_key_rejected,
    transport::{ApiRequest, ApiResponse, TransportError},
};
use crate::{config::Settings, keys::InstanceType};

/// The instance that a secret key belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretKeysInstance {
    pub(crate) id: String,
    /// `None` for an environment that is neither development nor production.
    pub(crate) instance_type: Option<InstanceType>,
}

/// The hosts of an instance's Frontend API, one for each of its domains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Domains(Vec<String>);

/// The proxy that Clerk has for a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DomainProxy {
    pub(crate) id: String,
    pub(crate) proxy_url: Option<String>,
}

/// The reason why a response says nothing about the instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Clerk does not know the secret key.
    SecretKeyRejected,
    NoResponse(TransportError),
    Status(u16),
    Form,
}

/// `GET {api_url}/{api_version}/instance`.
pub(crate) fn instance_request(settings: &Settings) -> ApiRequest<'_> {
    endpoint(settings, "instance", &["instance"])
}

/// `GET {api_url}/{api_version}/domains`.
pub(crate) fn domains_request(settings: &Settings) -> ApiRequest<'_> {
    endpoint(settings, "domains", &["domains"])
}

pub(crate) fn parse_instance(answer: &Result<ApiResponse, TransportError>) -> Result<SecretKeysInstance, Unread> {
    let body = body(answer)?;
    let text = |name: &str| body.get(name).and_then(Value::as_str).ok_or(Unread::Form);
    let instance_type = match text("environment_type")? {
        "development" => Some(InstanceType::Development),
        "production" => Some(InstanceType::Production),
        _ => None,
    };
    Ok(SecretKeysInstance { id: text("id")?.to_owned(), instance_type })
}

pub(crate) fn parse_domains(answer: &Result<ApiResponse, TransportError>) -> Result<Domains, Unread> {
    let body = body(answer)?;
    let domains = body.get("data").and_then(Value::as_array).ok_or(Unread::Form)?;
    let hosts: Vec<String> = domains.iter().flat_map(frontend_apis).collect();
    if hosts.is_empty() { Err(Unread::Form) } else { Ok(Domains(hosts)) }
}

pub(crate) fn parse_domain_proxies(answer: &Result<ApiResponse, TransportError>) -> Result<Vec<DomainProxy>, Unread> {
    let body = body(answer)?;
    let domains = body.get("data").and_then(Value::as_array).ok_or(Unread::Form)?;
    let text = |domain: &Value, name: &str| domain.get(name).and_then(Value::as_str).map(str::to_owned);
    let proxy = |domain| Some(DomainProxy { id: text(domain, "id")?, proxy_url: text(domain, "proxy_url") });
    Ok(domains.iter().filter_map(proxy).collect())
}

/// Returns the hosts that a publishable key of this domain can contain: that of the Frontend API, and `clerk.` before
/// the domain's name, because a domain with a proxy may list the proxy as its Frontend API.
fn frontend_apis(domain: &Value) -> impl Iterator<Item = String> {
    let text = |name: &str| domain.get(name).and_then(Value::as_str);
    let listed = text("frontend_api_url").and_then(|url| Url::parse(url).ok()).and_then(|url| host(&url));
    let derived = listed.is_some().then(|| text("name").map(|name| format!("clerk.{}", name.to_ascii_lowercase())));
    listed.into_iter().chain(derived.flatten())
}

/// Returns the host of a URL, with its port if it is not the usual one.
fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

fn body(answer: &Result<ApiResponse, TransportError>) -> Result<Value, Unread> {
    let response = answer.as_ref().map_err(|error| Unread::NoResponse(*error))?;
    if secret_key_rejected(&response.body).is_some() {
        return Err(Unread::SecretKeyRejected);
    }
    if !response.is_success() {
        return Err(Unread::Status(response.status));
    }
    serde_json::from_slice(&response.body).map_err(|_| Unread::Form)
}

impl Domains {
    /// Returns whether the host of a publishable key is the Frontend API of one of the domains.
    pub(crate) fn have_frontend_api(&self, host: &str) -> bool {
        self.0.iter().any(|known| known.eq_ignore_ascii_case(host))
    }

    /// Returns the Frontend API of the first domain.
    pub(crate) fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SecretKeyRejected => f.write_str("secret key rejected"),
            Self::NoResponse(error) => error.fmt(f),
            Self::Status(status) => write!(f, "status {status}"),
            Self::Form => f.write_str("a response of another form than Clerk's"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const INVALID: &str = r#"{"errors":[{"code":"clerk_key_invalid","message":"x"}]}"#;

    fn response(status: u16, body: impl ToString) -> Result<ApiResponse, TransportError> {
        Ok(ApiResponse { status, body: body.to_string().into_bytes(), ..ApiResponse::default() })
    }

    #[test]
    fn answers_about_the_instance() {
        let of = |environment: &str| response(200, json!({ "id": "ins_1", "environment_type": environment }));
        let found = |instance_type| Ok(SecretKeysInstance { id: "ins_1".to_owned(), instance_type });
        for (name, answer, expected) in [
            ("development", of("development"), found(Some(InstanceType::Development))),
            ("production", of("production"), found(Some(InstanceType::Production))),
            ("a type that is new", of("staging"), found(None)),
            ("no type", response(200, json!({ "id": "ins_1" })), Err(Unread::Form)),
            ("a page", response(200, "<html>"), Err(Unread::Form)),
            ("a wrong key", response(401, INVALID), Err(Unread::SecretKeyRejected)),
            ("another 401", response(401, "{}"), Err(Unread::Status(401))),
            ("no such path", response(404, ""), Err(Unread::Status(404))),
            ("no connection", Err(TransportError::Connect), Err(Unread::NoResponse(TransportError::Connect))),
        ] {
            assert_eq!(parse_instance(&answer), expected, "{name}");
        }
    }

    #[test]
    fn answers_about_the_domains_and_the_hosts_that_are_theirs() {
        let of = |domains: Value| parse_domains(&response(200, json!({ "data": domains, "total_count": 1 })));
        let domain = |name: &str, url: &str| json!({ "name": name, "frontend_api_url": url });
        let primary = domain("example.com", "https://clerk.example.com");
        for (name, domains, host, expected) in [
            ("the primary domain", json!([primary]), "clerk.example.com", true),
            ("in capitals", json!([primary]), "Clerk.Example.com", true),
            ("a satellite", json!([primary, domain("b.org", "https://clerk.b.org")]), "clerk.b.org", true),
            ("with a port", json!([domain("a.dev", "https://a.dev:8443")]), "a.dev:8443", true),
            ("behind a proxy", json!([domain("a.org", "https://a.org/__clerk")]), "clerk.a.org", true),
            ("another one", json!([primary]), "clerk.example.org", false),
            ("a longer one", json!([primary]), "clerk.example.com.evil.example", false),
        ] {
            assert_eq!(of(domains).unwrap().have_frontend_api(host), expected, "{name}");
        }
        for (name, domains) in [
            ("none", json!([])),
            ("no list", json!({})),
            ("no URL", json!([{ "name": "example.com" }])),
            ("not a URL", json!([domain("example.com", "clerk")])),
        ] {
            assert_eq!(of(domains), Err(Unread::Form), "{name}");
        }
        assert_eq!(parse_domains(&response(401, INVALID)), Err(Unread::SecretKeyRejected));
    }
}
