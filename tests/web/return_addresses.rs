//! The return address after a handshake and after signing in, behind proxies and with query strings.

use actix_test::TestServer;
use actix_web::{App, HttpRequest, web};
use clerk_actix::{
    Auth, AuthError, AuthRedirect, ClerkConfig, ClerkConfigBuilder, ClerkMiddleware, SessionStatus, WithPending,
    testing::{self, LocalClerk},
};
use url::Url;

use crate::support::{local_clerk, routes, send, servers::serve};

const HOST: &str = "app.example.com";

/// Pages that always redirect to sign-in, in addition to those of all tests.
fn server(config: ClerkConfigBuilder) -> TestServer {
    async fn go(auth: Auth, req: HttpRequest) -> Result<AuthRedirect, AuthError> {
        auth.redirect_to_sign_in(&req)
    }
    async fn go_pending(auth: Auth<WithPending>, req: HttpRequest) -> Result<AuthRedirect, AuthError> {
        auth.redirect_to_sign_in(&req)
    }
    async fn go_up_pending(auth: Auth<WithPending>, req: HttpRequest) -> Result<AuthRedirect, AuthError> {
        auth.redirect_to_sign_up(&req)
    }
    #[derive(serde::Deserialize)]
    struct Next {
        next: String,
    }
    async fn go_next(auth: Auth, req: HttpRequest, query: web::Query<Next>) -> Result<AuthRedirect, AuthError> {
        Ok(auth.redirect_to_sign_in(&req)?.return_to(&query.next))
    }
    async fn go_away(auth: Auth, req: HttpRequest) -> Result<AuthRedirect, AuthError> {
        Ok(auth.redirect_to_sign_in(&req)?.without_return())
    }
    let config: ClerkConfig = config.build().unwrap();
    let clerk = ClerkMiddleware::new(config);
    serve(move || {
        App::new()
            .wrap(clerk.clone())
            .configure(routes)
            .route("/go", web::get().to(go))
            .route("/go-pending", web::get().to(go_pending))
            .route("/go-up-pending", web::get().to(go_up_pending))
            .route("/next", web::get().to(go_next))
            .route("/no-return", web::get().to(go_away))
            .default_service(web::get().to(go))
    })
}

/// The headers of a request besides its host.
type Headers<'h> = &'h [(&'static str, &'h str)];

async fn location(server: &TestServer, target: &str, headers: Headers<'_>) -> Url {
    let request = server.get(target).insert_header(("Host", HOST)).insert_header(("Sec-Fetch-Dest", "document"));
    let request = headers.iter().fold(request, |request, header| request.insert_header(*header));
    let answer = send(request).await;
    let location = answer.header("location").unwrap_or_else(|| panic!("{target}: {} {}", answer.status, answer.body));
    Url::parse(location).unwrap()
}

fn return_address(location: &Url) -> String {
    location.query_pairs().find(|(name, _)| name == "redirect_url").unwrap().1.into_owned()
}

/// A browser with a `__client_uat` but no session: Clerk is asked.
const UNSETTLED: (&str, &str) = ("Cookie", "__client_uat=1");

async fn returns(server: &TestServer, target: &str, headers: Headers<'_>) -> [String; 2] {
    let unsettled: Vec<_> = headers.iter().copied().chain([UNSETTLED]).collect();
    let handshake = location(server, target, &unsettled).await;
    assert_eq!(handshake.path(), "/v1/client/handshake", "{target}");
    let sign_in = location(server, target, headers).await;
    assert_eq!(sign_in.path(), "/sign-in", "{target}");
    [return_address(&handshake), return_address(&sign_in)]
}

#[actix_web::test]
async fn a_visitor_gets_back_the_address_that_was_asked_for() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder());
    for target in [
        "/go",
        "/go?",
        "/go?x",
        "/go?a=1&b=%20c",
        "/go?a=b+c",
        "/go?name=Zo%E9",
        "/go?a=%c3%a9&b=%41",
        "/go?a=~*-._!();/?:@,$",
        "/go?&&a=1&",
        "/go?a=%zz%",
        "/go?a=b=c&=d",
        "/go?url=https://x.example/?y=1",
        "/go?list%5B%5D=1&list[]=2",
        "/a%20b/%E9/%2F?x",
        "//double//slashes?x",
    ] {
        let expected = format!("http://{HOST}{target}");
        assert_eq!(returns(&server, target, &[]).await, [expected.clone(), expected], "{target}");
    }
}

/// One-time values that Clerk put into an address are removed from the return address; everything else is kept.
#[actix_web::test]
async fn what_is_spent_does_not_come_back() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder());
    for (target, expected) in [
        ("/go?__clerk_help=1&a=%E9&b", "/go?a=%E9&b"),
        ("/go?a&__clerk_db_jwt=dvb_1", "/go?a"),
        ("/go?__dev_session=dvb_1", "/go"),
        ("/go?a&__clerk_db_jwt=dvb_1&__clerk_help=1&b=%20", "/go?a&b=%20"),
        ("/go?__clerk_ticket=t&__clerk_status=sign_in", "/go?__clerk_ticket=t&__clerk_status=sign_in"),
        ("/go?__clerk_synced=true", "/go?__clerk_synced=true"),
    ] {
        let expected = format!("http://{HOST}{expected}");
        assert_eq!(returns(&server, target, &[]).await, [expected.clone(), expected], "{target}");
    }
    for target in ["/go?__clerk_handshake_nonce=used&a=%E9", "/go?a=%E9&__clerk_handshake=x.y.z"] {
        let back = return_address(&location(&server, target, &[]).await);
        assert_eq!(back, format!("http://{HOST}/go?a=%E9"), "{target}");
    }
}

#[actix_web::test]
async fn a_port_that_belongs_to_another_scheme_is_not_the_browsers() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder());
    for (name, headers, expected) in [
        ("none", &[][..], "http://app.example.com/go"),
        ("of http", &[("Host", "h.example:80")], "http://h.example/go"),
        ("of http, with https", &[("Host", "h.example:80"), ("X-Forwarded-Proto", "https")], "https://h.example/go"),
        ("of https, with https", &[("Host", "h.example:443"), ("X-Forwarded-Proto", "https")], "https://h.example/go"),
        ("of https, with http", &[("Host", "h.example:443")], "http://h.example/go"),
        ("another", &[("Host", "h.example:8080"), ("X-Forwarded-Proto", "https")], "https://h.example:8080/go"),
        ("forwarded", &[("X-Forwarded-Host", "h.example:80"), ("X-Forwarded-Proto", "https")], "https://h.example/go"),
    ] {
        assert_eq!(returns(&server, "/go", headers).await, [expected, expected], "{name}");
    }
}

/// A handler that accepts pending sessions and redirects to sign-in sends a pending session to its remaining tasks.
#[actix_web::test]
async fn a_pending_session_is_sent_to_its_tasks() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder());
    let pending = format!("Bearer {}", clerk.mint(testing::session("user_1").status(SessionStatus::Pending)));
    let active = format!("Bearer {}", clerk.session_token("user_1"));
    for (path, token, expected) in [
        ("/go", &pending, "/sign-in/tasks"),
        ("/go-pending", &pending, "/sign-in/tasks"),
        ("/go-up-pending", &pending, "/sign-in/create/tasks"),
        ("/require", &pending, "/sign-in/tasks"),
        ("/go", &active, "/sign-in"),
        ("/go-pending", &active, "/sign-in"),
        ("/go-up-pending", &active, "/sign-in/create"),
    ] {
        let location = location(&server, path, &[("Authorization", token)]).await;
        assert_eq!(location.path(), expected, "{path}");
    }
}

/// A proxy that removes `/app` from each path.
#[actix_web::test]
async fn a_base_path_is_part_of_each_address() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder().public_origin("https://www.example.com").base_path("/app/"));
    for (target, expected) in [
        ("/go?a=%E9", "https://www.example.com/app/go?a=%E9"),
        ("/", "https://www.example.com/app/"),
        ("/a/../go", "https://www.example.com/app/go"),
        ("/../go", "https://www.example.com/app/go"),
        ("//evil.example/x", "https://www.example.com/app//evil.example/x"),
    ] {
        assert_eq!(returns(&server, target, &[]).await, [expected, expected], "{target}");
    }
}

/// In development, the address is cleaned after the handshake: the browser must keep the base path then too.
#[actix_web::test]
async fn an_address_that_is_cleaned_keeps_its_base_path_and_its_query() {
    let clerk = LocalClerk::start().unwrap();
    let server = server(clerk.config_builder().base_path("/app"));
    // A stand-in for Clerk redirects only to this machine.
    let host = [("Host", "127.0.0.1:3000")];
    let handshake = location(&server, "/go?a=%E9&b", &host).await;
    let back = send(awc_client().get(handshake.as_str())).await;
    let back = Url::parse(back.header("location").unwrap()).unwrap();
    assert_eq!(back.path(), "/app/go");
    assert!(back.query().unwrap().starts_with("a=%E9&b&__clerk_handshake_nonce="), "{back}");
    let cleaned = location(&server, &format!("/go?{}", back.query().unwrap()), &host).await;
    assert_eq!(cleaned.as_str(), "http://127.0.0.1:3000/app/go?a=%E9&b");
}

#[actix_web::test]
async fn a_handler_names_the_page_to_return_to() {
    let clerk = local_clerk();
    let server = server(clerk.config_builder().base_path("/app"));
    for (next, expected) in [
        ("orders", "http://app.example.com/app/orders"),
        ("?q=1", "http://app.example.com/app/next?q=1"),
        ("%23f", "http://app.example.com/app/next?next=%23f#f"),
        ("/cart", "http://app.example.com/cart"),
        // No proxy says that it is http.
        ("https://app.example.com/cart", "https://app.example.com/cart"),
        ("//evil.example", "http://app.example.com/app/next?next=//evil.example"),
        ("https://evil.example/", "http://app.example.com/app/next?next=https://evil.example/"),
    ] {
        let location = location(&server, &format!("/next?next={next}"), &[]).await;
        assert_eq!(return_address(&location), expected, "{next}");
    }
    let location = location(&server, "/no-return", &[]).await;
    assert_eq!(location.as_str(), clerk.sign_in_url());
}

fn awc_client() -> awc::Client {
    awc::Client::builder().disable_redirects().finish()
}
