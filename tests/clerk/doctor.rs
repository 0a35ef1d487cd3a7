//! `doctor()`: each check, against `LocalClerk` and servers that stand in for the application.

use actix_web::{App, HttpResponse, web};
use clerk_actix::{
    ClerkConfig, ClerkMiddleware, RequireAuth,
    doctor::{
        Report,
        Status::{self, Failed, Ok, Skipped, Warning},
    },
    testing::{
        Behavior,
        Endpoint::{GetInstance, Jwks, ListDomains},
        LocalClerk, TestClock,
    },
};

use crate::support::{development_clerk, failures, instances, local_clerk, seconds, servers::serve, timeout_for};

/// Returns the status of a check, and its line in full.
fn found(report: &Report, name: &str) -> (Status, String) {
    let finding = report.findings().iter().find(|finding| finding.name() == name).unwrap();
    (finding.status(), format!("{} {}", finding.found(), finding.fix().unwrap_or_default()))
}

/// Asserts the status of one check, and what it says.
#[track_caller]
fn assert_found(report: &Report, name: &str, status: Status, says: &str) {
    let found = found(report, name);
    assert!(found.0 == status && found.1.contains(says), "{name}: not {status} with {says:?}\n{report}");
}

#[actix_web::test]
async fn a_setup_that_works_is_ok() {
    for (name, clerk) in instances() {
        let config = clerk.config_builder().authorized_parties(["https://app.example.com"]);
        let report = config.public_origin("https://app.example.com").build().unwrap().doctor().await;
        assert!(report.is_ok() && !report.has_warnings(), "{name}\n{report}");
        assert_found(&report, "keys", Ok, &format!("{name} keys of "));
        assert_found(&report, "keys", Ok, "(instance ins_");
        assert_found(&report, "signing keys", Ok, "1 key (");
        assert_found(&report, "clock", Ok, "the same as Clerk's");
        assert_found(&report, "authorized parties", Ok, "https://app.example.com");
        assert_found(&report, "sign-in URL", Ok, "of another origin");
        assert_found(&report, "TLS", Ok, "of Mozilla's list");
        assert!(!report.to_string().contains(clerk.secret_key()));
        assert_eq!((clerk.calls(Jwks), clerk.calls(GetInstance), clerk.calls(ListDomains)), (1, 1, 1), "{name}");
    }
}

#[actix_web::test]
async fn keys_of_different_instances() {
    let (clerk, other) = (local_clerk(), local_clerk());
    let report = clerk.config_builder().publishable_key(other.publishable_key()).build().unwrap().doctor().await;
    assert_found(&report, "keys", Failed, "belongs to another instance than the secret key");
    assert_found(&report, "signing keys", Ok, "1 key");
    assert!(!report.is_ok());
}

#[actix_web::test]
async fn a_wrong_secret_key() {
    let clerk = local_clerk();
    let report = clerk.config_builder().secret_key("sk_live_wrong_0123456789").build().unwrap().doctor().await;
    assert_found(&report, "keys", Failed, "secret key rejected");
    assert_found(&report, "signing keys", Failed, "copy secret_key (CLERK_SECRET_KEY) again");
    assert_found(&report, "clock", Ok, "the same as Clerk's");
    assert!(!report.to_string().contains("sk_live_wrong"), "{report}");
}

#[actix_web::test]
async fn every_way_in_which_clerk_can_fail() {
    for behavior in failures() {
        let clerk = local_clerk();
        for endpoint in [Jwks, GetInstance, ListDomains] {
            clerk.behave(endpoint, behavior.clone());
        }
        let config = clerk.config_builder().api_timeout(timeout_for(&behavior)).build().unwrap();
        let report = config.doctor().await;
        assert_found(&report, "keys", Skipped, "could not be read");
        assert_found(&report, "signing keys", Failed, "check that this machine can reach http://127.0.0.1");
    }
}

#[actix_web::test]
async fn a_dead_port() {
    let clerk = local_clerk();
    let config = clerk.config();
    drop(clerk);
    let report = config.doctor().await;
    assert_found(&report, "keys", Skipped, "could not connect");
    assert_found(&report, "signing keys", Failed, "could not connect");
    assert_found(&report, "clock", Skipped, "no response");
}

#[actix_web::test]
async fn pem_keys() {
    let clerk = local_clerk();
    let with_secret = clerk.config_without_network().unwrap();
    assert_found(&with_secret.doctor().await, "signing keys", Ok, "which is Clerk's key");
    clerk.rotate_keys();
    assert_found(&with_secret.doctor().await, "signing keys", Failed, "none of Clerk's keys: 1 key");
    clerk.behave(Jwks, Behavior::Status(500));
    assert_found(&with_secret.doctor().await, "signing keys", Skipped, "could not be compared");

    let calls = clerk.calls(Jwks);
    let builder = ClerkConfig::builder().publishable_key(clerk.publishable_key()).jwt_key(clerk.jwt_key());
    let report = builder.build().unwrap().doctor().await;
    assert_found(&report, "keys", Skipped, "without a secret key");
    assert_found(&report, "signing keys", Ok, "needs no call");
    assert_found(&report, "clock", Skipped, "no response");
    assert_eq!(clerk.calls(Jwks), calls);
}

#[actix_web::test]
async fn a_configuration_for_machines_has_nothing_to_check() {
    let config = ClerkConfig::builder().machine_secret_key("ak_1").build().unwrap();
    let report = config.doctor().await;
    assert!(report.is_ok() && !report.has_warnings(), "{report}");
    assert_found(&report, "keys", Skipped, "only creates machine-to-machine tokens");
    assert_found(&report, "signing keys", Skipped, "no request can be authenticated");
}

#[actix_web::test]
async fn clocks_that_are_off() {
    for (name, ahead, behind, status, says) in [
        ("the same", 0, 0, Ok, "the same as Clerk's"),
        ("within clock_skew", 4, 0, Ok, "ahead of Clerk's, within"),
        ("ahead", 20, 0, Warning, "clock is 20 s ahead of Clerk's"),
        ("behind", 0, 20, Warning, "clock is 20 s behind Clerk's"),
        ("an hour ahead", 3600, 0, Failed, "clock is 3600 s ahead of Clerk's"),
        ("an hour behind", 0, 3600, Failed, "clock is 3600 s behind Clerk's"),
    ] {
        let (clerk, ours) = (local_clerk(), TestClock::frozen());
        // In the middle of a second, so that the estimate is exact.
        let middle = std::time::UNIX_EPOCH + std::time::Duration::from_millis(1_700_000_000_500);
        clerk.clock().set(middle + seconds(behind));
        ours.set(middle + seconds(ahead));
        let report = clerk.config_builder().clock(ours).build().unwrap().doctor().await;
        assert_found(&report, "clock", status, says);
        assert_eq!(found(&report, "clock").1.contains("NTP"), status != Ok, "{name}");
    }
}

#[actix_web::test]
async fn settings_of_production_and_development() {
    let report = local_clerk().config().doctor().await;
    assert_found(&report, "authorized parties", Warning, "tokens of any origin pass");
    assert_found(&report, "public origin", Warning, "X-Forwarded-Host");
    assert!(report.is_ok() && report.has_warnings());
    let report = development_clerk().config().doctor().await;
    assert_found(&report, "authorized parties", Ok, "set them in production");
    assert_found(&report, "public origin", Ok, "X-Forwarded-Host");
    assert!(report.is_ok() && !report.has_warnings());
}

#[actix_web::test]
async fn sign_in_pages() {
    let (clerk, for_pages) = (development_clerk(), development_clerk());
    let middleware = ClerkMiddleware::new(for_pages.config());
    let server = serve(move || {
        let to = |location| {
            web::to(move || async move { HttpResponse::SeeOther().insert_header(("Location", location)).finish() })
        };
        App::new()
            .wrap(middleware.clone())
            .route("/sign-in", web::get().to(async || "a form"))
            .route("/protected", web::get().to(async |_: RequireAuth| ""))
            .route("/circle", to("/circle?redirect_url=%2F"))
            .route("/other", to("/sign-in"))
            .route("/broken", web::get().to(HttpResponse::InternalServerError))
            .route("/starting", web::get().to(HttpResponse::ServiceUnavailable))
    });
    let origin = format!("http://{}", server.addr());
    let report = async |sign_in_url: &str, origin: Option<&str>| {
        let builder = clerk.config_builder().sign_in_url(sign_in_url);
        let builder = origin.into_iter().fold(builder, |builder, origin| builder.public_origin(origin));
        builder.build().unwrap().doctor().await
    };
    for (path, status, says) in [
        ("/sign-in", Ok, "responds without sign-in"),
        ("/protected", Failed, "requires sign-in itself (status 401)"),
        ("/circle", Failed, "redirects to itself"),
        ("/other", Ok, "redirects to"),
        ("/missing", Failed, "no page"),
        ("/broken", Warning, "status 500"),
        ("/starting", Skipped, "may not be running yet"),
    ] {
        assert_found(&report(path, Some(&origin)).await, "sign-in URL", status, says);
        assert_found(&report(&format!("{origin}{path}"), Some(&origin)).await, "sign-in URL", status, says);
    }
    assert_found(&report("/sign-in", None).await, "sign-in URL", Skipped, "set public_origin");
    assert_found(&report(&format!("{origin}/circle"), None).await, "sign-in URL", Ok, "of another origin");
    let stopped = LocalClerk::start().unwrap();
    let dead = stopped.frontend_api_url();
    drop(stopped);
    assert_found(
        &report("/sign-in", Some(&dead)).await,
        "sign-in URL",
        Skipped,
        "run doctor() again when the server is up",
    );

    let unset = ClerkConfig::builder().publishable_key(clerk.publishable_key()).jwt_key(clerk.jwt_key());
    assert_found(&unset.build().unwrap().doctor().await, "sign-in URL", Ok, "Clerk's Account Portal, https://");
}

#[actix_web::test]
async fn a_middleware_passes_on_the_report_of_its_configuration() {
    let clerk = local_clerk();
    let report = ClerkMiddleware::new(clerk.config()).doctor().await;
    assert_found(&report, "keys", Ok, "production keys");
    let config = clerk.config();
    let per_request = ClerkMiddleware::per_request(move |_| {
        let config = config.clone();
        async { std::result::Result::Ok(config) }
    });
    let report = per_request.doctor().await;
    assert_eq!(report.findings().len(), 1);
    assert_found(&report, "configuration", Skipped, "call doctor() on each ClerkConfig");
}
