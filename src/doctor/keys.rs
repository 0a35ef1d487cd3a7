//! The keys check: whether the publishable key and the secret key belong to one instance.

use super::{calls::Answer, report::Finding};
use crate::{
    backend::instance::{Unread, parse_domains, parse_instance},
    config::Settings,
    keys::InstanceType,
    observe::hint,
};

const NAME: &str = "keys";
const COPY_BOTH: &str = "copy both from the same page of the Clerk Dashboard";

/// Checks the keys by Clerk's answers about the secret key's instance and its domains.
pub(super) fn check(settings: &Settings, answers: Option<(&Answer, &Answer)>) -> Finding {
    let (host, kind) = (settings.publishable_key.frontend_api(), settings.publishable_key.instance_type());
    if host.is_empty() {
        return Finding::skipped(NAME, "no publishable key: this configuration only creates machine-to-machine tokens");
    }
    let Some((instance, domains)) = answers else {
        let found = format!("{kind} key of {host}, which cannot be compared with Clerk without a secret key");
        return Finding::skipped(NAME, found);
    };
    verdict(host, kind, instance, domains)
}

fn verdict(host: &str, kind: InstanceType, instance: &Answer, domains: &Answer) -> Finding {
    let (instance, domains) = (parse_instance(instance), parse_domains(domains));
    if instance == Err(Unread::SecretKeyRejected) || domains == Err(Unread::SecretKeyRejected) {
        return Finding::failed(NAME, "secret key rejected: Clerk does not know it")
            .with_fix("copy secret_key (CLERK_SECRET_KEY) again from the Clerk Dashboard");
    }
    if let Some(found) = instance.as_ref().ok().and_then(|instance| instance.instance_type).filter(|it| *it != kind) {
        let found = format!("the publishable key is of a {kind} instance, and the secret key of a {found} instance");
        return Finding::failed(NAME, found).with_fix(COPY_BOTH);
    }
    match domains {
        Ok(domains) if domains.have_frontend_api(host) => {
            let id = instance.map(|instance| format!(" (instance {})", hint(&instance.id))).unwrap_or_default();
            Finding::ok(NAME, format!("{kind} keys of {host}{id}"))
        }
        Ok(domains) => {
            let found = format!(
                "the publishable key belongs to another instance than the secret key: it is of {host}, and the secret \
                 key of {}",
                hint(domains.first())
            );
            Finding::failed(NAME, found).with_fix(COPY_BOTH)
        }
        Err(unread) => {
            let found = format!(
                "{kind} keys of {host}; whether they belong to one instance is unknown, because Clerk's list of domains \
                 could not be read: {unread}"
            );
            Finding::skipped(NAME, found)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        backend::{ApiResponse, TransportError},
        doctor::Status,
    };

    fn response(status: u16, body: Value) -> Answer {
        Ok(ApiResponse { status, body: body.to_string().into_bytes(), ..ApiResponse::default() })
    }

    #[test]
    fn answers_and_the_verdict_on_the_keys() {
        use Status::*;
        let instance = |environment: &str| response(200, json!({ "id": "ins_1\n", "environment_type": environment }));
        let domains = |host: &str| {
            let domain = json!({ "name": host, "frontend_api_url": format!("https://{host}") });
            response(200, json!({ "data": [domain], "total_count": 1 }))
        };
        let rejected = || response(401, json!({ "errors": [{ "code": "clerk_key_invalid", "message": "x" }] }));
        let ours = || domains("clerk.example.com");
        for (name, instance, domains, status, says) in [
            ("one instance", instance("production"), ours(), Ok, "keys of clerk.example.com (instance ins_1\\n)"),
            ("a type that is new", instance("staging"), ours(), Ok, "production keys"),
            ("the instance is not readable", response(500, json!({})), ours(), Ok, "production keys"),
            ("another type", instance("development"), ours(), Failed, "of a development instance"),
            ("another instance", instance("production"), domains("x.example"), Failed, "belongs to another instance"),
            ("a wrong secret key", rejected(), rejected(), Failed, "secret key rejected"),
            ("rejected once", instance("production"), rejected(), Failed, "secret key rejected"),
            ("no such path", response(404, json!({})), response(404, json!({})), Skipped, "status 404"),
            ("another form", instance("production"), response(200, json!([])), Skipped, "another form"),
            ("no connection", Err(TransportError::Connect), Err(TransportError::Connect), Skipped, "could not connect"),
        ] {
            let finding = verdict("clerk.example.com", InstanceType::Production, &instance, &domains);
            assert_eq!(finding.status(), status, "{name}: {finding:?}");
            assert!(finding.found().contains(says), "{name}: {finding:?}");
            assert_eq!(finding.fix().is_some(), status == Failed, "{name}");
        }
    }
}
