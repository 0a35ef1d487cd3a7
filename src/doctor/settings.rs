//! The checks of settings alone: the authorized parties, and the public origin.

use super::report::Finding;
use crate::{
    config::{FileStatus, Settings},
    observe::hint,
};

pub(super) fn authorized_parties(settings: &Settings) -> Finding {
    const NAME: &str = "authorized parties";
    if !settings.can_authenticate() {
        return Finding::skipped(NAME, "this configuration verifies no tokens");
    }
    if !settings.authorized_parties.is_empty() {
        let parties: Vec<String> = settings.authorized_parties.iter().map(|party| hint(party)).collect();
        return Finding::ok(NAME, parties.join(", "));
    }
    if settings.is_development() {
        return Finding::ok(NAME, "not set, so tokens of any origin pass: set them in production");
    }
    Finding::warning(NAME, "not set, so tokens of any origin pass").with_fix(
        "set authorized_parties (CLERK_AUTHORIZED_PARTIES) to the origins of your pages, such as https://app.example.com",
    )
}

/// Whoever can send the headers that a request's origin comes from decides where a visitor is redirected back to, and
/// which pages count as the application's own. It matters to servers for browsers.
pub(super) fn public_origin(settings: &Settings) -> Finding {
    const NAME: &str = "public origin";
    if let Some(origin) = &settings.public_origin {
        return Finding::ok(NAME, origin.origin().ascii_serialization());
    }
    let found = "not set, so a request's origin comes from X-Forwarded-Host and X-Forwarded-Proto, or else from Host and \
                 the connection (Forwarded is not read)";
    let fix = "set public_origin (CLERK_PUBLIC_ORIGIN), such as https://app.example.com, or make sure that the proxy \
               overwrites both X-Forwarded headers";
    if settings.is_development() || !settings.enable_handshake || !settings.can_authenticate() {
        return Finding::ok(NAME, found);
    }
    Finding::warning(NAME, found).with_fix(fix)
}

/// The file that signing keys are kept in. `None` if there is none.
pub(super) fn jwks_file(settings: &Settings, status: Option<FileStatus>) -> Option<Finding> {
    const NAME: &str = "JWKS file";
    let path = hint(&settings.jwks_file.as_ref()?.display().to_string());
    Some(match status? {
        FileStatus::Written => Finding::ok(NAME, format!("{path} has the latest keys")),
        FileStatus::Read => Finding::ok(NAME, format!("{path} was read, and no keys have been fetched since")),
        FileStatus::Absent => Finding::ok(NAME, format!("{path} does not exist until keys have been fetched")),
        FileStatus::Damaged => Finding::warning(NAME, format!("{path} has no keys that can be used"))
            .with_fix("remove the file, or wait until keys have been fetched, which replaces it"),
        FileStatus::NotWritten => Finding::warning(NAME, format!("the latest keys could not be written to {path}"))
            .with_fix("read the warning in the log; check the disk's free space and the directory's permissions"),
    })
}

/// Test support in a production build. `None` if there is nothing to say.
pub(super) fn test_support(settings: &Settings) -> Option<Finding> {
    settings.has_test_support_in_production().then(|| {
        Finding::warning("test support", "this build has the feature `testing`, and production keys").with_fix(
            "turn the feature `testing` on in [dev-dependencies] only (`cargo tree -e features -i clerk-actix`)",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        config::ClerkConfigBuilder,
        doctor::Status::{self, Ok, Skipped, Warning},
        instance::ClerkConfig,
    };

    fn production() -> ClerkConfigBuilder {
        ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k").secret_key("sk_live_1")
    }

    fn development() -> ClerkConfigBuilder {
        ClerkConfig::builder()
            .publishable_key("pk_test_aGFwcHktY2F0LTEuY2xlcmsuYWNjb3VudHMuZGV2JA")
            .secret_key("sk_test_1")
    }

    fn for_machines() -> ClerkConfigBuilder {
        ClerkConfig::builder().machine_secret_key("ak_1")
    }

    #[test]
    fn settings_and_the_verdict_on_them() {
        let (parties, origin) = (authorized_parties as fn(&Settings) -> Finding, public_origin as _);
        let app = "https://app.example.com";
        for (name, check, builder, status, says) in [
            ("no parties in production", parties, production(), Warning, "tokens of any origin pass"),
            ("no parties in development", parties, development(), Ok, "set them in production"),
            ("parties", parties, production().authorized_parties([app]), Ok, app),
            ("parties of machines", parties, for_machines(), Skipped, "verifies no tokens"),
            ("no origin in production", origin, production(), Warning, "X-Forwarded-Host"),
            ("no origin in development", origin, development(), Ok, "X-Forwarded-Host"),
            ("no origin, for an API", origin, production().enable_handshake(false), Ok, "X-Forwarded-Host"),
            ("no origin, for machines", origin, for_machines(), Ok, "X-Forwarded-Host"),
            ("an origin", origin, production().public_origin(app), Ok, app),
        ] {
            let finding = check(builder.build().unwrap().settings());
            assert_eq!(finding.status(), status as Status, "{name}: {finding:?}");
            assert!(finding.found().contains(says), "{name}: {finding:?}");
            assert_eq!(finding.fix().is_some(), status == Warning, "{name}");
        }
    }

    #[test]
    fn the_jwks_file() {
        use Status::*;
        let mut settings = production().check().unwrap();
        assert_eq!(jwks_file(&settings, None), None);
        settings.jwks_file = Some("/keys\n.json".into());
        for (found, status, says) in [
            (FileStatus::Absent, Ok, "does not exist until"),
            (FileStatus::Read, Ok, "was read"),
            (FileStatus::Written, Ok, "has the latest keys"),
            (FileStatus::Damaged, Warning, "has no keys that can be used"),
            (FileStatus::NotWritten, Warning, "could not be written to"),
        ] {
            let finding = jwks_file(&settings, Some(found)).unwrap();
            assert_eq!(finding.status(), status as Status, "{finding:?}");
            assert!(finding.found().contains(says) && finding.found().contains("/keys\\n.json"), "{finding:?}");
            assert_eq!(finding.fix().is_some(), status == Warning, "{finding:?}");
        }
    }

    /// These tests are built with the feature `testing`.
    #[test]
    fn test_support_in_production() {
        for (name, builder, is_found) in [
            ("production", production(), true),
            ("development", development(), false),
            ("production of a LocalClerk", production().api_url("http://127.0.0.1:9"), false),
            ("production of a LocalClerk, by name", production().api_url("http://localhost:9"), false),
            ("production of a LocalClerk, over IPv6", production().api_url("http://[::1]:9"), false),
            ("a host that looks like this machine", production().api_url("https://localhost.example.com"), true),
            ("without a Clerk", production().without_clerk(), false),
        ] {
            let finding = test_support(&builder.check().unwrap());
            assert_eq!(finding.is_some(), is_found, "{name}");
            assert!(finding.is_none_or(|finding| finding.status() == Status::Warning && finding.fix().is_some()));
        }
    }
}
