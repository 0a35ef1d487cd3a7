//! Every WebSocket handshake that actix-ws accepts, however it is written, is checked for the page that opens it.
//!
//! The schemes that proxies use for WebSockets are understood.

use actix_web::{
    App, HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue},
    test::{TestRequest, call_service, init_service},
    web,
};
use clerk_actix::{
    Auth, ClerkConfig, ClerkMiddleware,
    testing::{self, LocalClerk},
};

use crate::{support::local_clerk, values};

/// Opens the WebSocket for any caller, and responds with the user.
async fn live(auth: Auth, req: HttpRequest, body: web::Payload) -> actix_web::Result<HttpResponse> {
    let mut response = actix_ws::handle(&req, body)?.0;
    let who = HeaderValue::from_str(auth.user_id().unwrap_or("signed out")).unwrap();
    response.headers_mut().insert(HeaderName::from_static("x-who"), who);
    Ok(response)
}

fn cookies(clerk: &LocalClerk) -> (&'static str, String) {
    let token = clerk.mint(testing::session("user_1").claim("azp", "https://app.example.com"));
    ("Cookie", format!("__client_uat=1; __session={token}"))
}

/// Returns the status and the user that the handler finds.
async fn open(config: &ClerkConfig, request: TestRequest) -> (u16, Option<String>) {
    let clerk = ClerkMiddleware::new(config.clone());
    let app = init_service(App::new().route("/live", web::route().to(live)).wrap(clerk)).await;
    let request = request.insert_header(("Host", "app.example.com")).insert_header(("Sec-WebSocket-Version", "13"));
    let request = request.insert_header(("Sec-WebSocket-Key", "x3JJHMbDL1EzLkh9GBhXDw=="));
    let response = call_service(&app, request.uri("/live").to_request()).await;
    let who = values(response.headers(), "x-who").first().map(|who| (*who).to_owned());
    (response.status().as_u16(), who)
}

#[actix_web::test]
async fn what_opens_is_looked_at() {
    let clerk = local_clerk();
    let config = clerk.config();
    let upgrades: &[&[&str]] = &[
        &["websocket"],
        &["WebSocket"],
        &["WEBSOCKET"],
        &["websocket, foo"],
        &["foo, websocket"],
        &["h2c,websocket"],
        &["websocket/13"],
        &["websockets"],
        &["xwebsocketx"],
        &["web-socket"],
        &["not a websocket"],
        &["websocket;q=1"],
        &["\"websocket\""],
        &["websocket", "h2c"],
        &["h2c", "websocket"],
        &["", "websocket"],
        &["h2c"],
        &[""],
        &[],
    ];
    let connections: &[&[&str]] = &[
        &["Upgrade"],
        &["upgrade"],
        &["keep-alive, Upgrade"],
        &["Upgrade,keep-alive"],
        &["keep-alive", "UPGRADE"],
        &["Upgrade", "keep-alive"],
        &["upgrade, close"],
        &["upgrades"],
        &["keep-alive"],
        &[],
    ];
    let mut opened = 0;
    for upgrade in upgrades {
        for connection in connections {
            let request = |origin: &str| {
                let request = TestRequest::get().insert_header(cookies(&clerk)).insert_header(("Origin", origin));
                let request = upgrade.iter().fold(request, |request, line| request.append_header(("Upgrade", *line)));
                connection.iter().fold(request, |request, line| request.append_header(("Connection", *line)))
            };
            let name = format!("Upgrade: {upgrade:?}, Connection: {connection:?}");
            let (status, who) = open(&config, request("https://evil.example")).await;
            if status == 101 {
                opened += 1;
                assert_eq!(who.as_deref(), Some("signed out"), "{name}");
                let own = open(&config, request("https://app.example.com")).await;
                assert_eq!(own, (101, Some("user_1".to_owned())), "{name}");
            }
        }
    }
    assert!(opened > 50, "{opened}: actix-ws opens more than the plain form");
}

#[actix_web::test]
async fn proxies_that_speak_of_a_websockets_scheme() {
    let clerk = local_clerk();
    let plain = clerk.config();
    let trusting = clerk
        .config_builder()
        .csrf_protection(clerk_actix::CsrfProtection::new().trusted_origin("https://forms.example.com"));
    let trusting = trusting.build().unwrap();
    let (own, http, forms) = ("https://app.example.com", "http://app.example.com", "https://forms.example.com");
    for (name, config, proto, origin, expected) in [
        ("Traefik", &plain, Some("wss"), own, "user_1"),
        ("Traefik in capitals", &plain, Some("WSS"), own, "user_1"),
        ("Traefik without TLS", &plain, Some("ws"), http, "user_1"),
        ("Traefik and another page", &plain, Some("wss"), "https://evil.example", "signed out"),
        ("Traefik and its page without TLS", &plain, Some("wss"), http, "signed out"),
        ("two proxies", &plain, Some("wss, ws"), own, "user_1"),
        ("two proxies at odds", &plain, Some("https, wss"), own, "user_1"),
        ("an empty word", &plain, Some(""), own, "user_1"),
        ("an empty word and another page", &plain, Some(""), "https://evil.example", "signed out"),
        ("no scheme at all", &plain, Some("on"), own, "user_1"),
        ("no proxy", &plain, None, own, "user_1"),
        ("https", &plain, Some("https"), own, "user_1"),
        ("http", &plain, Some("http"), own, "signed out"),
        ("a trusted origin", &trusting, Some("wss"), forms, "user_1"),
        ("the same elsewhere", &plain, Some("wss"), forms, "signed out"),
    ] {
        let request = TestRequest::get().insert_header(cookies(&clerk)).insert_header(("Origin", origin));
        let request = request.insert_header(("Upgrade", "websocket")).insert_header(("Connection", "Upgrade"));
        let request =
            proto.into_iter().fold(request, |request, proto| request.insert_header(("X-Forwarded-Proto", proto)));
        assert_eq!(open(config, request).await, (101, Some(expected.to_owned())), "{name}");
    }
}
