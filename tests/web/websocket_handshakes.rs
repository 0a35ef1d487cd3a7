//! WebSocket handshakes: the token among the subprotocols, and which pages may open one with a visitor's cookies.

use actix_web::{
    App, HttpRequest, HttpResponse, Responder,
    http::header::{self, HeaderMap},
    test::{self, TestRequest},
    web::{self, ServiceConfig},
};
use clerk_actix::{
    ApiKey, Auth, ClerkConfig, ClerkMiddleware, RequireAuth,
    testing::{self, Endpoint, LocalClerk},
};
use futures_util::{SinkExt, StreamExt};

use crate::support::{bearer, browser::Browser, local_clerk, server, servers::serve};

const PROTOCOL: &str = "clerk-session-token";

fn routes(app: &mut ServiceConfig) {
    app.route("/live", web::get().to(live))
        .route("/echo", web::get().to(echo))
        .route("/chat", web::get().to(chat))
        .route("/key", web::get().to(async |key: Auth<ApiKey>| web::Json(key)))
        .route("/require", web::get().to(async |user: RequireAuth| user.user_id().to_owned()));
}

/// Sends the user's id and nothing else.
async fn live(user: RequireAuth, req: HttpRequest, body: web::Payload) -> actix_web::Result<impl Responder> {
    let (mut response, mut socket, _) = actix_ws::handle(&req, body)?;
    response.headers_mut().insert(header::HeaderName::from_static("x-user"), user.user_id().parse().unwrap());
    actix_web::rt::spawn(async move {
        let _ = socket.text(user.user_id()).await;
        let _ = socket.close(None).await;
    });
    Ok(response)
}

async fn chat(_: RequireAuth, req: HttpRequest, body: web::Payload) -> actix_web::Result<impl Responder> {
    Ok(actix_ws::handle_with_protocols(&req, body, &["chat.v1"])?.0)
}

/// Selects the last protocol that it is offered, whatever it is.
async fn echo(_: RequireAuth, req: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    let offered = req.headers().get("sec-websocket-protocol").unwrap().to_str().unwrap();
    let last = offered.rsplit(", ").next().unwrap().parse().unwrap();
    let mut response = actix_ws::handle(&req, body)?.0;
    response.headers_mut().insert(header::SEC_WEBSOCKET_PROTOCOL, last);
    Ok(response)
}

async fn ask(config: &ClerkConfig, request: TestRequest) -> (u16, HeaderMap) {
    let clerk = ClerkMiddleware::new(config.clone());
    let app = test::init_service(App::new().configure(routes).wrap(clerk)).await;
    let response = test::call_service(&app, request.to_request()).await;
    (response.status().as_u16(), response.headers().clone())
}

fn handshake(path: &str, headers: &[(&'static str, String)]) -> TestRequest {
    let handshake = TestRequest::with_uri(path)
        .insert_header(("Host", "app.example.com"))
        .insert_header(("Connection", "Upgrade"))
        .insert_header(("Upgrade", "websocket"))
        .insert_header(("Sec-WebSocket-Version", "13"))
        .insert_header(("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="));
    headers.iter().fold(handshake, |request, header| request.append_header(header.clone()))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}

fn cookie(token: &str) -> (&'static str, String) {
    ("Cookie", format!("__client_uat=1; __session={token}"))
}

fn offer(protocols: impl Into<String>) -> (&'static str, String) {
    ("Sec-WebSocket-Protocol", protocols.into())
}

fn from(origin: &str) -> (&'static str, String) {
    ("Origin", origin.to_owned())
}

#[actix_web::test]
async fn a_token_among_the_subprotocols() {
    let clerk = local_clerk();
    let off = clerk.config();
    let on = clerk.config_builder().websocket_token_protocol(PROTOCOL).build().unwrap();
    let good = clerk.session_token("user_1");
    let other = clerk.session_token("user_2");
    let expired = clerk.mint(testing::session("user_1").claim("exp", 1));
    let machine = clerk.mint(testing::session("mch_1"));
    let with = |token: &str| offer(format!("{PROTOCOL}, {token}"));
    let signed_out = "session-token-and-uat-missing";
    for (name, config, headers, expected) in [
        ("a good one", &on, vec![with(&good)], Ok("user_1")),
        ("it is not looked for", &off, vec![with(&good)], Err(signed_out)),
        ("another name", &on, vec![offer(format!("other, {good}"))], Err(signed_out)),
        ("the name alone", &on, vec![offer(PROTOCOL)], Err(signed_out)),
        ("before the cookie", &on, vec![with(&good), cookie(&other)], Ok("user_1")),
        ("bad, and a good cookie", &on, vec![with("a.b.c"), cookie(&other)], Err("token-invalid")),
        ("the name alone, and a good cookie", &on, vec![offer(PROTOCOL), cookie(&other)], Ok("user_2")),
        ("after the header", &on, vec![with(&good), bearer(&other)], Ok("user_2")),
        ("good, and a bad header", &on, vec![with(&good), bearer("a.b.c")], Err("token-invalid")),
        ("expired", &on, vec![with(&expired)], Err("token-expired")),
        ("a machine's", &on, vec![with(&machine)], Err("token-type-mismatch")),
        ("an API key", &on, vec![with("ak_0123456789")], Err("token-type-mismatch")),
        ("of any page, since it has the token", &on, vec![with(&good), from("https://www.example.net")], Ok("user_1")),
    ] {
        let (status, answer) = ask(config, handshake("/live", &headers)).await;
        let found = match status {
            101 => Ok(text(&answer, "x-user").unwrap()),
            401 => Err(text(&answer, "x-clerk-auth-reason").unwrap()),
            status => panic!("{name}: {status}"),
        };
        assert_eq!(found, expected, "{name}");
    }

    let without_upgrade = TestRequest::with_uri("/require").insert_header(with(&good));
    let (status, answer) = ask(&on, without_upgrade).await;
    assert_eq!((status, text(&answer, "x-clerk-auth-reason")), (401, Some(signed_out)), "no WebSocket");

    let no_key = ask(&on, handshake("/key", &[with(&good)])).await;
    assert_eq!(no_key.0, 200, "a token of another type is none");
}

#[actix_web::test]
async fn the_protocol_to_go_on_with() {
    let clerk = local_clerk();
    let on = clerk.config_builder().websocket_token_protocol(PROTOCOL).build().unwrap();
    let off = clerk.config();
    let token = clerk.session_token("user_1");
    let both = || vec![offer(format!("chat.v1, {PROTOCOL}, {token}"))];
    for (name, config, path, headers, status, expected) in [
        ("the handler selects none", &on, "/live", both(), 101, Some(PROTOCOL)),
        ("the handler selects one", &on, "/chat", both(), 101, Some("chat.v1")),
        ("the handler selects the token", &on, "/echo", both(), 101, Some(PROTOCOL)),
        ("a client that does not need it", &on, "/live", vec![bearer(&token), offer("chat.v1")], 101, None),
        ("it is not looked for", &off, "/live", [both(), vec![bearer(&token)]].concat(), 101, None),
        ("it is refused", &on, "/live", vec![offer(format!("{PROTOCOL}, a.b.c"))], 401, None),
    ] {
        let answer = ask(config, handshake(path, &headers)).await;
        assert_eq!((answer.0, text(&answer.1, "sec-websocket-protocol")), (status, expected), "{name}");
    }
}

#[actix_web::test]
async fn a_client_that_sends_its_token_so() {
    let clerk = local_clerk();
    let config = clerk.config_builder().websocket_token_protocol(PROTOCOL).build().unwrap();
    let clerk_middleware = ClerkMiddleware::new(config);
    let server = serve(move || App::new().configure(routes).wrap(clerk_middleware.clone()));
    let token = clerk.session_token("user_1");
    let client = awc::Client::new().ws(server.url("/live")).protocols([PROTOCOL, token.as_str()]);
    let (response, mut socket) = client.connect().await.unwrap();
    assert_eq!(text(response.headers(), "sec-websocket-protocol"), Some(PROTOCOL));
    assert!(matches!(socket.next().await, Some(Ok(awc::ws::Frame::Text(user))) if user == "user_1"));
    socket.close().await.unwrap();
}

#[actix_web::test]
async fn cookies_count_for_the_applications_own_pages() {
    let clerk = local_clerk();
    let plain = clerk.config();
    let parties = clerk.config_builder().authorized_parties(["https://www.example.com"]).build().unwrap();
    let public = clerk.config_builder().public_origin("https://www.example.com").build().unwrap();
    let token = clerk.mint(testing::session("user_1").claim("azp", "https://www.example.com"));
    let elsewhere = Err("cross-origin-websocket");
    for (name, config, headers, expected) in [
        ("no page", &plain, vec![cookie(&token)], Ok(())),
        ("its own page", &plain, vec![cookie(&token), from("https://app.example.com")], Ok(())),
        ("another page", &plain, vec![cookie(&token), from("https://www.example.com")], elsewhere),
        ("a sandboxed page", &plain, vec![cookie(&token), from("null")], elsewhere),
        ("an authorized party's page", &parties, vec![cookie(&token), from("https://www.example.com")], Ok(())),
        ("its own page beside them", &parties, vec![cookie(&token), from("https://app.example.com")], Ok(())),
        ("another page than theirs", &parties, vec![cookie(&token), from("https://evil.example")], elsewhere),
        ("a page of the public origin", &public, vec![cookie(&token), from("https://www.example.com")], Ok(())),
        ("a page of the host behind it", &public, vec![cookie(&token), from("http://app.example.com")], elsewhere),
        ("another page with a token", &plain, vec![bearer(&token), from("https://evil.example")], Ok(())),
        ("signed out", &plain, vec![from("https://evil.example")], elsewhere),
    ] {
        let (status, answer) = ask(config, handshake("/live", &headers)).await;
        let found = match status {
            101 => Ok(()),
            401 => Err(text(&answer, "x-clerk-auth-reason").unwrap()),
            status => panic!("{name}: {status}"),
        };
        assert_eq!(found, expected, "{name}");
        let says_what_to_do = text(&answer, "x-clerk-auth-message").is_some_and(|m| m.contains("authorized_parties"));
        assert_eq!(says_what_to_do, expected.is_err(), "{name}");
    }
    let request =
        TestRequest::with_uri("/require").insert_header(cookie(&token)).insert_header(from("https://evil.example"));
    assert_eq!(ask(&plain, request).await.0, 200, "a request that opens no WebSocket: CORS minds those");
}

/// Another site's page cannot renew the visitor's session on the way either.
#[actix_web::test]
async fn another_page_refreshes_no_session() {
    let clerk = LocalClerk::start_production().unwrap();
    clerk.clock().freeze();
    let server = server(clerk.config());
    let mut browser = Browser::new();
    let page = browser.visit(&format!("http://localhost:{}/require", server.addr().port())).await;
    assert_eq!(browser.sign_in(&page, "user_ada").await.status, 200);
    let cookies: Vec<_> = browser.cookies().map(|(name, value)| format!("{name}={value}")).collect();
    assert!(cookies.iter().any(|cookie| cookie.starts_with("__refresh")), "{cookies:?}");
    let cookies = ("Cookie", cookies.join("; "));
    clerk.clock().advance(std::time::Duration::from_secs(300));

    let answer = ask(&clerk.config(), handshake("/live", &[cookies.clone(), from("https://evil.example")])).await;
    assert_eq!((answer.0, text(&answer.1, "set-cookie")), (401, None));
    assert_eq!(clerk.calls(Endpoint::Refresh), 0);

    let answer = ask(&clerk.config(), handshake("/live", &[cookies, from("http://app.example.com")])).await;
    assert_eq!(answer.0, 101);
    assert!(answer.1.get_all("set-cookie").any(|cookie| cookie.as_bytes().starts_with(b"__session")));
    assert_eq!(clerk.calls(Endpoint::Refresh), 1);
}
