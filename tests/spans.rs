//! Who is calling, in the fields of the span that a request is answered in; never the token.

use std::{
    fmt,
    sync::{Arc, Mutex},
};

use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::{Next, from_fn},
    test::{TestRequest, call_service, init_service},
    web,
};
use clerk_actix::{AnyToken, ApiKey, Auth, ClerkMiddleware, Session, testing::LocalClerk};
use tracing::{
    Instrument, Subscriber,
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

/// What was recorded in which span, one line each.
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

/// A span that is entered where the request's future is polled, and not where it is made.
async fn in_a_span(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let span = info_span!("request", clerk.user_id = Empty, clerk.org_id = Empty, clerk.token_type = Empty);
    next.call(req).instrument(span).await
}

#[actix_web::test]
async fn callers_are_recorded_in_the_requests_own_span() {
    let records = Records::default();
    let _guard = set_default(Registry::default().with(records.clone()));
    let clerk = LocalClerk::start_production().unwrap();
    let app = App::new()
        .route("/", web::get().to(async |_: Auth| "anybody"))
        .route("/any", web::get().to(async |_: AnyToken| "anybody"))
        .wrap(ClerkMiddleware::new(clerk.config()))
        .wrap(from_fn(in_a_span));
    let app = init_service(app).await;
    let user = clerk.mint(&Session::builder("user_1").organization("org_1"));
    let key = clerk.mint(&ApiKey::builder("user_2"));

    let of_user =
        ["request clerk.org_id org_1", "request clerk.token_type session_token", "request clerk.user_id user_1"];
    let of_key = ["request clerk.token_type api_key", "request clerk.user_id user_2"];
    for (name, path, token, expected) in [
        ("while keys are fetched", "/", Some(&user), &of_user[..]),
        ("decided at once", "/", Some(&user), &of_user),
        ("an API key that is asked about", "/any", Some(&key), &of_key),
        ("an API key that nobody asks about", "/", Some(&key), &[]),
        ("nobody", "/", None, &[]),
    ] {
        let request = TestRequest::get().uri(path);
        let request = match token {
            Some(token) => request.insert_header(("Authorization", format!("Bearer {token}"))),
            None => request,
        };
        assert!(call_service(&app, request.to_request()).await.status().is_success(), "{name}");
        assert_eq!(records.take(), expected, "{name}");
    }
}
