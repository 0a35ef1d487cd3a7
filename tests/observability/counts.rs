//! What is counted while browsers and programs visit a server, as Prometheus sees it.

use std::sync::Arc;

use actix_web::{
    App,
    test::{TestRequest, call_service, init_service},
};
use clerk_actix::{
    ClerkMiddleware,
    observe::{Event, Metrics, Observer},
    testing::{Behavior, Endpoint, LocalClerk},
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};

use crate::support::{bearer, browser::Browser, development_clerk, local_clerk, routes, seconds, server};

/// [`Metrics`] with a recorder of its own, on whichever thread an event happens.
struct OwnRecorder(PrometheusRecorder);

impl OwnRecorder {
    fn new() -> Arc<Self> {
        Arc::new(Self(PrometheusBuilder::new().build_recorder()))
    }

    /// Returns the lines of these metrics, sorted, without those that are 0.
    fn lines(&self, metrics: &[&str]) -> Vec<String> {
        let text = self.0.handle().render();
        let is_wanted = |line: &&str| !line.ends_with(" 0") && metrics.iter().any(|metric| line.starts_with(metric));
        let mut lines: Vec<String> = text.lines().filter(is_wanted).map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

impl Observer for OwnRecorder {
    fn observe(&self, event: &Event<'_>) {
        metrics::with_local_recorder(&self.0, || Metrics::new().observe(event));
    }
}

/// Signs in, and comes back three times when the session token has expired: Clerk refreshes it, refuses, or fails. Then
/// a handshake renews the session.
async fn walk(clerk: &LocalClerk, recorder: &Arc<OwnRecorder>) {
    let server = server(clerk.config_builder().observer(Arc::clone(recorder)).build().unwrap());
    let url = format!("http://localhost:{}/require", server.addr().port());
    let mut browser = Browser::new();
    let page = browser.visit(&url).await;
    assert_eq!(browser.sign_in(&page, "user_ada").await.status, 200);
    for behavior in [Behavior::Normal, Behavior::error(401, "session_ended", "trace_1"), Behavior::Status(500)] {
        clerk.behave(Endpoint::Refresh, behavior);
        clerk.clock().advance(seconds(300));
        assert_eq!(browser.visit(&url).await.body, "user_ada");
    }
}

/// Every handshake that is started is completed. In development there is one more, for the dev browser.
#[actix_web::test]
async fn a_browser_that_signs_in_and_comes_back() {
    for (name, clerk, handshakes) in [("production", local_clerk(), 3), ("development", development_clerk(), 4)] {
        let recorder = OwnRecorder::new();
        walk(&clerk, &recorder).await;
        let expected = [
            format!("clerk_handshakes_total{{step=\"completed\"}} {handshakes}"),
            format!("clerk_handshakes_total{{step=\"started\"}} {handshakes}"),
            "clerk_refreshes_total{result=\"failed\"} 1".to_owned(),
            "clerk_refreshes_total{result=\"refused\"} 1".to_owned(),
            "clerk_refreshes_total{result=\"renewed\"} 1".to_owned(),
            "clerk_rejections_total{status=\"302\",code=\"session-token-and-uat-missing\",token_type=\"none\"} 1"
                .to_owned(),
        ];
        let metrics = ["clerk_handshakes_", "clerk_refreshes_", "clerk_rejections_", "clerk_redirect_loops_"];
        assert_eq!(recorder.lines(&metrics), expected, "{name}");
    }
}

/// Anyone can bring a handshake that fails. An alert on loops must not go off for it.
#[actix_web::test]
async fn only_a_redirect_that_is_refused_is_a_loop() {
    let clerk = local_clerk();
    let forged = format!("__clerk_handshake={}", clerk.session_token("user_ada"));
    let session = format!("__session={}", clerk.session_token("user_ada"));
    for (name, cookies, expected) in [
        ("a forged handshake", forged.clone(), &[][..]),
        ("a nonce that Clerk does not know", "__clerk_handshake_nonce=made_up".to_owned(), &[]),
        ("a first redirect", session.clone(), &[]),
        (
            "a fourth redirect",
            format!("{session}; __clerk_redirect_count=3"),
            &["clerk_redirect_loops_total{cause=\"cookies-not-kept\"} 1"],
        ),
        (
            "a fourth redirect with a forged handshake",
            format!("{session}; {forged}; __clerk_redirect_count=3"),
            &["clerk_redirect_loops_total{cause=\"wrong-keys\"} 1"],
        ),
    ] {
        let recorder = OwnRecorder::new();
        let config = clerk.config_builder().observer(Arc::clone(&recorder)).build().unwrap();
        let app = init_service(App::new().configure(routes).wrap(ClerkMiddleware::new(config))).await;
        let request = TestRequest::get().uri("/auth").insert_header(("sec-fetch-dest", "document"));
        call_service(&app, request.insert_header(("cookie", cookies)).to_request()).await;
        assert_eq!(recorder.lines(&["clerk_redirect_loops_"]), expected, "{name}");
    }
}

/// An outage changes neither the number of keys nor the time of the last success, so their age can be alerted on.
#[actix_web::test]
async fn the_age_of_the_signing_keys() {
    let clerk = local_clerk();
    let recorder = OwnRecorder::new();
    let config = clerk.config_builder().observer(Arc::clone(&recorder)).build().unwrap();
    let app = init_service(App::new().configure(routes).wrap(ClerkMiddleware::new(config))).await;
    let visit = async || {
        let request = TestRequest::get().uri("/require").insert_header(bearer(clerk.session_token("user_ada")));
        call_service(&app, request.to_request()).await.status().as_u16()
    };
    assert_eq!(visit().await, 200);
    let metrics = ["clerk_jwks_last_success_timestamp_seconds ", "clerk_jwks_keys "];
    let loaded = recorder.lines(&metrics);
    assert_eq!((loaded.len(), loaded[0].as_str()), (2, "clerk_jwks_keys 1"));

    clerk.behave(Endpoint::Jwks, Behavior::Status(500));
    clerk.clock().advance(seconds(600));
    assert_eq!(visit().await, 200, "the keys stay in use");
    assert_eq!(recorder.lines(&metrics), loaded);
    assert_eq!(
        recorder.lines(&["clerk_jwks_fetches_"]),
        ["clerk_jwks_fetches_total{outcome=\"loaded\"} 1", "clerk_jwks_fetches_total{outcome=\"unavailable\"} 1"]
    );

    // Too old to be used while they are fetched.
    clerk.behave(Endpoint::Jwks, Behavior::Normal);
    clerk.clock().advance(seconds(7200));
    assert_eq!(visit().await, 200);
    let seconds = |line: &str| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap();
    let passed = seconds(&recorder.lines(&metrics)[1]) - seconds(&loaded[1]);
    assert_eq!(passed.round(), 7800.0);
}
