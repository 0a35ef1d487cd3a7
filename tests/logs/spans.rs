//! The span of a request names its caller, never the token, and each warning is logged once.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    test::{TestRequest, call_service, init_service},
    web,
};
use clerk_actix::{
    AnyToken, Auth, ClerkMiddleware,
    testing::{self, LocalClerk},
};
use tracing::{
    Event, Instrument, Level, Subscriber,
    field::{Empty, Field, Visit},
    info_span,
    span::{Id, Record},
    subscriber::set_default,
};
use tracing_subscriber::{
    Layer, Registry,
    layer::{Context, SubscriberExt},
    registry::LookupSpan,
};

use crate::{log_of_this_process, support::bearer};

/// The recorded fields by span, one line each.
#[derive(Clone, Default)]
struct Records(Arc<Mutex<Vec<String>>>);

impl Records {
    fn take(&self) -> Vec<String> {
        let mut records = std::mem::take(&mut *self.0.lock().unwrap());
        records.sort();
        records
    }
}

impl<S: Subscriber + for<'s> LookupSpan<'s>> Layer<S> for Records {
    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let span = context.span(id).map_or("none", |span| span.name());
        values.record(&mut Line { span, records: self });
    }
}

struct Line<'r> {
    span: &'static str,
    records: &'r Records,
}

impl Visit for Line<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.records.0.lock().unwrap().push(format!("{} {} {value}", self.span, field.name()));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }
}

/// Records the messages of warnings and errors.
impl<S: Subscriber> Layer<S> for Warnings {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if *event.metadata().level() <= Level::WARN {
            event.record(&mut Line { span: "", records: &self.0 });
        }
    }
}

#[derive(Clone, Default)]
struct Warnings(Records);

/// A span that is entered when the request's future is polled, not when it is created.
async fn in_a_span(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let span = info_span!(
        "request",
        clerk.user_id = Empty,
        clerk.session_id = Empty,
        clerk.org_id = Empty,
        clerk.token_type = Empty,
        user.id = Empty,
        session.id = Empty,
    );
    next.call(req).instrument(span).await
}

/// A span of an application that wants to know less.
async fn in_a_span_with_less(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    next.call(req).instrument(info_span!("request", user.id = Empty)).await
}

#[actix_web::test]
async fn callers_are_recorded_in_the_requests_own_span() {
    log_of_this_process();
    let records = Records::default();
    let clerk = LocalClerk::start_production().unwrap();
    // Before this test's own subscriber, because it may log a warning that other tests look for.
    let middleware = ClerkMiddleware::new(clerk.config());
    let _guard = set_default(Registry::default().with(records.clone()));
    let app = App::new()
        .route("/", web::get().to(async |_: Auth| "anybody"))
        .route("/any", web::get().to(async |_: AnyToken| "anybody"))
        .wrap(middleware)
        .wrap(from_fn(in_a_span));
    let app = init_service(app).await;
    let user = clerk.mint(testing::session("user_1").session_id("sess_1").org_id("org_1"));
    let key = clerk.mint(testing::api_key("user_2"));

    let of_user = [
        "request clerk.org_id org_1",
        "request clerk.session_id sess_1",
        "request clerk.token_type session_token",
        "request clerk.user_id user_1",
        "request session.id sess_1",
        "request user.id user_1",
    ];
    let of_key = ["request clerk.token_type api_key", "request clerk.user_id user_2", "request user.id user_2"];
    for (name, path, token, expected) in [
        ("while keys are fetched", "/", Some(&user), &of_user[..]),
        ("decided at once", "/", Some(&user), &of_user),
        ("an API key that is asked about", "/any", Some(&key), &of_key),
        ("an API key that no handler asks about", "/", Some(&key), &[]),
        ("signed out", "/", None, &[]),
    ] {
        let request = TestRequest::get().uri(path);
        let request = match token {
            Some(token) => request.insert_header(bearer(token)),
            None => request,
        };
        assert!(call_service(&app, request.to_request()).await.status().is_success(), "{name}");
        assert_eq!(records.take(), expected, "{name}");
    }
}

/// User ids are personal data: an application chooses where they go by what its spans declare.
#[actix_web::test]
async fn only_declared_fields_are_recorded() {
    log_of_this_process();
    let records = Records::default();
    let _guard = set_default(Registry::default().with(records.clone()));
    let clerk = LocalClerk::start_production().unwrap();
    let middleware = ClerkMiddleware::new(clerk.config());
    let handler = || web::get().to(async |_: Auth| "anybody");
    let request = || {
        let user = clerk.mint(testing::session("user_1").session_id("sess_1").org_id("org_1"));
        TestRequest::get().insert_header(bearer(user)).to_request()
    };
    let app = App::new().route("/", handler()).wrap(middleware.clone()).wrap(from_fn(in_a_span_with_less));
    assert!(call_service(&init_service(app).await, request()).await.status().is_success());
    assert_eq!(records.take(), ["request user.id user_1"]);
    let app = App::new().route("/", handler()).wrap(middleware);
    assert!(call_service(&init_service(app).await, request()).await.status().is_success());
    assert!(records.take().is_empty());
}

/// A decision that turns out to need Clerk is made a second time, without repeating its warnings.
#[actix_web::test]
async fn a_warning_is_given_once() {
    log_of_this_process();
    let clerk = LocalClerk::start_production().unwrap();
    // Far from the clocks of other tests, whose warnings would count toward the same rate limit.
    clerk.clock().advance(Duration::from_secs(24 * 3600));
    let middleware = ClerkMiddleware::new(clerk.config());
    let warnings = Warnings::default();
    let _guard = set_default(Registry::default().with(warnings.clone()));
    let app = App::new().route("/", web::get().to(async |_: Auth| "anybody"));
    let app = init_service(app.wrap(middleware)).await;
    let session = clerk.mint(testing::session("user_1").claim("azp", "http://localhost:3000"));
    let signed_in = format!("__session={session}; __client_uat=1");
    for (name, cookies, expected) in [
        (
            "before the keys are known",
            format!("{signed_in}; __clerk_handshake=a.b.c"),
            &["could not complete a handshake; the request is decided without it"][..],
        ),
        (
            "with the keys",
            format!("{signed_in}; __clerk_handshake=a.b.c"),
            &["could not complete a handshake; the request is decided without it"],
        ),
        (
            "an unknown nonce",
            format!("{signed_in}; __clerk_handshake_nonce=x"),
            &["could not complete a handshake; the request is decided without it"],
        ),
        ("nothing to complain of", signed_in.clone(), &[]),
    ] {
        // A navigation: nothing else returns from a handshake.
        let request =
            TestRequest::get().insert_header(("Cookie", cookies)).insert_header(("Sec-Fetch-Dest", "document"));
        assert!(call_service(&app, request.to_request()).await.status().is_success(), "{name}");
        let lines = warnings.0.take();
        let messages: Vec<_> = lines.iter().filter_map(|line| line.strip_prefix(" message ")).collect();
        assert_eq!(messages, expected, "{name}");
    }
}
