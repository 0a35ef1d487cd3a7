//! The credentials that Clerk passes in URLs, and the logs that contain them: not those that the documentation
//! recommends, and all others.

use actix_test::TestServer;
use actix_web::{
    App, Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Logger,
};
use clerk_actix::{ClerkMiddleware, access_logger, redacted_target};
use tracing::Span;
use tracing_actix_web::{DefaultRootSpanBuilder, RootSpanBuilder, TracingLogger, root_span};

use crate::{
    clerk_span::ClerkSpan,
    log_of_this_process,
    support::{instances, local_clerk, navigation, raw_connection, routes, send, servers::serve},
};

const PARAMETERS: [&str; 6] =
    ["__clerk_handshake", "__clerk_handshake_nonce", "__clerk_db_jwt", "__clerk_ticket", "__clerk_token", "__session"];

/// What looks like a way to replace `http.target`.
struct SecondTarget;

impl RootSpanBuilder for SecondTarget {
    fn on_request_start(req: &ServiceRequest) -> Span {
        root_span!(req, http.target = redacted_target(req.request()))
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        DefaultRootSpanBuilder::on_request_end(span, outcome);
    }
}

/// What the log contains of the values of [`PARAMETERS`].
#[derive(Debug, PartialEq, Eq)]
struct Leaks {
    of_the_query: bool,
    of_the_referrer: bool,
}

const NOTHING: Leaks = Leaks { of_the_query: false, of_the_referrer: false };
const QUERY: Leaks = Leaks { of_the_query: true, of_the_referrer: false };
const QUERY_AND_REFERRER: Leaks = Leaks { of_the_query: true, of_the_referrer: true };

#[actix_web::test]
async fn logs_and_the_credentials_in_them() {
    for (instance, clerk) in instances() {
        let clerk = ClerkMiddleware::new(clerk.config());
        macro_rules! app {
            ($logger:expr) => {{
                let clerk = clerk.clone();
                serve(move || App::new().configure(routes).wrap(clerk.clone()).wrap($logger))
            }};
        }
        for (name, server, expected) in [
            ("ours", app!(access_logger()), NOTHING),
            ("theirs", app!(Logger::default()), QUERY_AND_REFERRER),
            ("the-recipe", app!(TracingLogger::<ClerkSpan>::new()), NOTHING),
            ("without-the-recipe", app!(TracingLogger::default()), QUERY),
            ("a-second-target", app!(TracingLogger::<SecondTarget>::new()), QUERY),
        ] {
            assert_eq!(leaks(&format!("{instance}-{name}"), &server).await, expected, "{instance}, {name}");
        }
    }
}

/// Sends requests of every outcome, and searches the log at its most verbose level. The client is a plain connection,
/// which logs nothing itself.
async fn leaks(name: &str, server: &TestServer) -> Leaks {
    let log = log_of_this_process();
    let value = |parameter: &str, place: &str| format!("{name}-{place}{parameter}-end");
    for path in ["/auth", "/require", "/any", "/nowhere"] {
        for parameter in PARAMETERS {
            for dest in ["document", "empty"] {
                let (query, referrer) = (value(parameter, "query"), value(parameter, "referrer"));
                let request = format!(
                    "GET {path}?log={name}&{parameter}={query} HTTP/1.1\r\nHost: {}\r\nSec-Fetch-Dest: {dest}\r\n\
                     Referer: http://{}/page?{parameter}={referrer}\r\n",
                    server.addr(),
                    server.addr()
                );
                let address = server.addr();
                let exchange = move || raw_connection::exchange(address, request.as_bytes()).status;
                let status = actix_web::rt::task::spawn_blocking(exchange).await.unwrap();
                assert!(status < 500, "{name}, {path}, {parameter}: {status}");
            }
        }
    }
    let text = log.text();
    assert!(text.contains(&format!("log={name}&__clerk_handshake=")), "nothing logs the target:\n{text}");
    let has = |place: &str| {
        let found = PARAMETERS.map(|parameter| text.contains(&value(parameter, place)));
        assert!(found.iter().all(|one| *one == found[0]), "{name}, {place}: {found:?}");
        found[0]
    };
    Leaks { of_the_query: has("query"), of_the_referrer: has("referrer") }
}

/// With the proxy, a handshake's URL is on the application's own origin, in production too.
#[actix_web::test]
async fn handshakes_through_the_proxy() {
    let clerk = local_clerk();
    let builder = clerk.config_builder().public_origin("https://app.example.com");
    let middleware = ClerkMiddleware::new(builder.frontend_api_proxy("/__clerk").build().unwrap());
    let server = serve(move || App::new().configure(routes).wrap(middleware.clone()).wrap(access_logger()));
    let token = clerk.session_token("user_1");
    let visit = navigation(&server, "/require")
        .insert_header(("Cookie", format!("__session={token}; __client_uat=1")))
        .insert_header(("Referer", "https://other.example/"));
    let answer = send(visit).await;
    let location = url::Url::parse(answer.header("location").unwrap()).unwrap();
    assert!(location.path().starts_with("/__clerk/v1/client/handshake"), "{location}");
    let target = location[url::Position::BeforePath..].to_owned();
    assert!(target.contains(&token), "the reason why it is looked for");
    send(navigation(&server, &target)).await;
    let text = log_of_this_process().text();
    assert!(text.contains("/__clerk/v1/client/handshake") && text.contains("__session=redacted"), "{text}");
    assert!(!text.contains(&token), "{text}");
}

/// The page shows the code that the first test runs.
#[test]
fn the_page_has_the_recipe() {
    let recipe = include_str!("../../examples/support/clerk_span.rs").split_once("\n\n").unwrap().1;
    assert!(include_str!("../../docs/observability.md").contains(recipe));
}
