//! Event streams and WebSockets that end with the token that opened them, or continue with a fresh one.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_test::TestServer;
use actix_web::{
    App, Error, HttpRequest, HttpResponse, Responder, rt,
    web::{self, Bytes},
};
use actix_ws::{CloseCode, Message};
use awc::{error::WsProtocolError, ws};
use clerk_actix::{
    ClerkConfig, ClerkMiddleware, Principal, Reason, RequireAuth, Session, SessionStatus,
    testing::{self, Behavior, Endpoint, LocalClerk},
};
use futures_util::{FutureExt, Sink, SinkExt, Stream, StreamExt, future, stream};
use tokio::sync::broadcast;

use crate::support::{bearer, local_clerk, servers::serve};

const SECOND: Duration = Duration::from_secs(1);

/// State that the handlers share with the test.
#[derive(Clone)]
struct Site {
    news: broadcast::Sender<&'static str>,
    /// The number of open sockets.
    sockets: Arc<AtomicUsize>,
}

fn start(config: ClerkConfig) -> (TestServer, Site) {
    let site = Site { news: broadcast::Sender::new(16), sockets: Arc::default() };
    let (clerk, data) = (ClerkMiddleware::new(config), web::Data::new(site.clone()));
    let server = serve(move || {
        App::new()
            .app_data(data.clone())
            .route("/news", web::get().to(news))
            .route("/feed", web::get().to(feed))
            .route("/live", web::get().to(live))
            .wrap(clerk.clone())
    });
    (server, site)
}

async fn news(user: RequireAuth, site: web::Data<Site>) -> impl Responder {
    HttpResponse::Ok().streaming(user.until_expiry(events(&site)).with_last(Ok(event("expired"))))
}

/// The same for callers of any type.
async fn feed(caller: RequireAuth<Principal>, site: web::Data<Site>) -> impl Responder {
    HttpResponse::Ok().streaming(caller.until_expiry(events(&site)).with_last(Ok(event("expired"))))
}

fn events(site: &Site) -> impl Stream<Item = Result<Bytes, Error>> + use<> {
    let news = stream::unfold(site.news.subscribe(), |mut news| async { Some((news.recv().await.ok()?, news)) });
    let events = stream::iter(["hello"]).chain(news).map(|text| Ok::<_, Error>(event(text)));
    events.take_while(|event| future::ready(!matches!(event, Ok(event) if event.ends_with(b"over\n\n"))))
}

fn event(text: &str) -> Bytes {
    Bytes::from(format!("data: {text}\n\n"))
}

/// Responds to `ping`, and treats every other message as a fresh token.
async fn live(
    user: RequireAuth,
    req: HttpRequest,
    body: web::Payload,
    site: web::Data<Site>,
) -> actix_web::Result<impl Responder> {
    let (response, mut socket, mut messages) = actix_ws::handle(&req, body)?;
    site.sockets.fetch_add(1, Ordering::SeqCst);
    rt::spawn(async move {
        let mut session = user.into_inner();
        let mut expired = session.expired();
        let reason: Option<actix_ws::CloseReason> = loop {
            tokio::select! {
                () = &mut expired => break Some((CloseCode::Other(4401), "token-expired").into()),
                message = messages.recv() => {
                    let Some(Ok(Message::Text(text))) = message else { break None };
                    let answer = match &*text {
                        "ping" => "pong".to_owned(),
                        token => match session.renew(token).await {
                            Ok(renewed) => {
                                (expired, session) = (renewed.expired(), renewed);
                                format!("renewed, {}", session.org_role().unwrap_or("no role"))
                            }
                            Err(why) => break Some((CloseCode::Other(4401), why.reason().as_str()).into()),
                        },
                    };
                    if socket.text(answer).await.is_err() {
                        break None;
                    }
                }
            }
        };
        site.sockets.fetch_sub(1, Ordering::SeqCst);
        let _ = socket.close(reason).await;
    });
    Ok(response)
}

/// The client's end of a WebSocket.
struct Page<S>(S);

async fn open(server: &TestServer, token: &str) -> Page<impl Socket + use<>> {
    let handshake = awc::Client::new().ws(server.url("/live")).bearer_auth(token);
    Page(handshake.connect().await.unwrap().1)
}

trait Socket:
    Stream<Item = Result<ws::Frame, WsProtocolError>> + Sink<ws::Message, Error = WsProtocolError> + Unpin
{
}

impl<S> Socket for S where
    S: Stream<Item = Result<ws::Frame, WsProtocolError>> + Sink<ws::Message, Error = WsProtocolError> + Unpin
{
}

impl<S: Socket> Page<S> {
    /// Returns the response, or how the server closes the connection.
    async fn say(&mut self, text: impl Into<String>) -> Result<String, (u16, String)> {
        let text: String = text.into();
        self.0.send(ws::Message::Text(text.into())).await.unwrap();
        self.hear().await
    }

    async fn hear(&mut self) -> Result<String, (u16, String)> {
        match self.0.next().await.unwrap().unwrap() {
            ws::Frame::Text(text) => Ok(String::from_utf8(text.to_vec()).unwrap()),
            ws::Frame::Close(Some(reason)) => Err((reason.code.into(), reason.description.unwrap_or_default())),
            other => panic!("{other:?}"),
        }
    }
}

fn closed(reason: &str) -> Result<String, (u16, String)> {
    Err((4401, reason.to_owned()))
}

async fn session(clerk: &LocalClerk) -> Session {
    clerk.config().verify_session_token(&clerk.session_token("user_1")).await.unwrap()
}

#[actix_web::test]
async fn an_event_stream_ends_with_the_token() {
    let clerk = local_clerk();
    let (server, site) = start(clerk.config());
    let mut response = server.get("/news").bearer_auth(clerk.session_token("user_1")).send().await.unwrap();
    assert_eq!(response.next().await.unwrap().unwrap(), event("hello"));

    clerk.clock().advance(64 * SECOND);
    site.news.send("within the skew of five seconds").unwrap();
    assert_eq!(response.next().await.unwrap().unwrap(), event("within the skew of five seconds"));

    clerk.clock().advance(SECOND);
    assert_eq!(response.next().await.unwrap().unwrap(), event("expired"), "nothing but the clock has moved");
    assert!(response.next().await.is_none());
    assert_eq!(site.news.receiver_count(), 0, "what fed the stream is gone with it");
}

#[actix_web::test]
async fn an_event_stream_that_is_over_says_no_goodbye() {
    let clerk = local_clerk();
    let (server, site) = start(clerk.config());
    let mut response = server.get("/news").bearer_auth(clerk.session_token("user_1")).send().await.unwrap();
    assert_eq!(response.next().await.unwrap().unwrap(), event("hello"));
    site.news.send("over").unwrap();
    assert!(response.next().await.is_none());
}

#[actix_web::test]
async fn callers_of_every_type_and_their_ends() {
    let clerk = local_clerk();
    let (server, site) = start(clerk.config());
    const MINUTE: Duration = Duration::from_secs(60);
    type Mint = fn(&LocalClerk) -> String;
    let cases: [(_, Mint, _); 6] = [
        ("a session", |clerk| clerk.mint(testing::session("user_1").lifetime(MINUTE)), true),
        ("an API key", |clerk| clerk.mint(testing::api_key("user_1").lifetime(MINUTE)), true),
        ("an M2M token", |clerk| clerk.mint(testing::m2m_token(clerk.machine_id()).lifetime(MINUTE)), true),
        ("an M2M JWT", |clerk| clerk.mint(testing::m2m_token(clerk.machine_id()).lifetime(MINUTE).jwt()), true),
        ("an OAuth token", |clerk| clerk.mint(testing::oauth_token("user_1").lifetime(MINUTE)), true),
        ("an API key without an end", |clerk| clerk.mint(testing::api_key("user_1")), false),
    ];
    for (name, mint, ends) in cases {
        let mut response = server.get("/feed").bearer_auth(mint(&clerk)).send().await.unwrap();
        assert_eq!(response.next().await.unwrap().unwrap(), event("hello"), "{name}");
        clerk.clock().advance(64 * SECOND);
        site.news.send("still here").unwrap();
        assert_eq!(response.next().await.unwrap().unwrap(), event("still here"), "{name}");
        clerk.clock().advance(if ends { SECOND } else { 1_000_000 * SECOND });
        let last = if ends { "expired" } else { "still here" };
        if !ends {
            site.news.send("still here").unwrap();
        }
        assert_eq!(response.next().await.unwrap().unwrap(), event(last), "{name}");
    }
}

#[actix_web::test]
async fn a_websocket_ends_with_the_token() {
    let clerk = local_clerk();
    let (server, site) = start(clerk.config());
    let mut page = open(&server, &clerk.session_token("user_1")).await;
    clerk.clock().advance(64 * SECOND);
    assert_eq!(page.say("ping").await.unwrap(), "pong");
    assert_eq!(site.sockets.load(Ordering::SeqCst), 1);
    clerk.clock().advance(SECOND);
    assert_eq!(page.hear().await, closed("token-expired"));
    assert_eq!(site.sockets.load(Ordering::SeqCst), 0);
}

#[actix_web::test]
async fn a_websocket_goes_on_with_fresh_tokens() {
    let clerk = local_clerk();
    let (server, _) = start(clerk.config());
    let session = || testing::session("user_1").org_id("org_1");
    let mut page = open(&server, &clerk.mint(session().org_role("org:admin"))).await;
    for role in ["org:admin", "org:member", "org:member"] {
        clerk.clock().advance(50 * SECOND);
        let answer = page.say(clerk.mint(session().org_role(role))).await;
        assert_eq!(answer.unwrap(), format!("renewed, {role}"), "what has changed is what the session says");
    }
    clerk.clock().advance(50 * SECOND);
    assert_eq!(page.say("ping").await.unwrap(), "pong");
    clerk.clock().advance(15 * SECOND);
    assert_eq!(page.hear().await, closed("token-expired"));
}

#[actix_web::test]
async fn a_websocket_is_renewed_only_by_its_own_user() {
    let clerk = local_clerk();
    let (server, site) = start(clerk.config());
    let opened = || testing::session("user_1").session_id("sess_1").org_id("org_1");
    let stranger = local_clerk().session_token("user_1");
    for (name, token, reason) in [
        ("another user", clerk.mint(opened().claim("sub", "user_2")), "token-verification-failed"),
        ("another session", clerk.mint(opened().session_id("sess_2")), "token-verification-failed"),
        ("no session", clerk.mint(opened().without("sid")), "token-verification-failed"),
        ("another organization", clerk.mint(opened().org_id("org_2")), "active-organization-mismatch"),
        (
            "no organization",
            clerk.mint(testing::session("user_1").session_id("sess_1")),
            "active-organization-mismatch",
        ),
        ("a session that is pending by now", clerk.mint(opened().status(SessionStatus::Pending)), "session-pending"),
        ("an expired token", clerk.mint(opened().claim("exp", 1)), "token-expired"),
        ("another instance", stranger, "jwk-kid-mismatch"),
        ("no token", "hello".to_owned(), "token-invalid"),
        ("nothing", String::new(), "token-invalid"),
        ("an API key", "ak_0123456789".to_owned(), "token-type-mismatch"),
    ] {
        let mut page = open(&server, &clerk.mint(opened())).await;
        assert_eq!(page.say(token).await, closed(reason), "{name}");
    }
    assert_eq!(site.sockets.load(Ordering::SeqCst), 0);
}

#[actix_web::test]
async fn a_pending_session_stays_what_it_is() {
    let clerk = local_clerk();
    let pending = testing::session("user_1").status(SessionStatus::Pending);
    let app = actix_web::test::init_service(App::new().wrap(ClerkMiddleware::new(clerk.config())).route(
        "/",
        web::get().to(async |user: RequireAuth<clerk_actix::WithPending>| {
            let renewed = user.renew(user.raw_token()).await;
            renewed.unwrap().user_id().to_owned()
        }),
    ))
    .await;
    let token = clerk.mint(pending);
    let request = actix_web::test::TestRequest::get().insert_header(bearer(token));
    assert_eq!(actix_web::test::call_and_read_body(&app, request.to_request()).await, "user_1");
}

#[actix_web::test]
async fn tokens_that_come_in_no_request() {
    let clerk = local_clerk();
    let config = clerk.config();
    let verify = async |token: String| config.verify_session_token(&token).await;
    assert_eq!(verify(clerk.session_token("user_1")).await.unwrap().user_id(), "user_1");
    for (name, token, reason) in [
        ("pending", clerk.mint(testing::session("user_1").status(SessionStatus::Pending)), Reason::SessionPending),
        ("expired", clerk.mint(testing::session("user_1").claim("exp", 1)), Reason::TokenExpired),
        (
            "a template's",
            clerk.mint(testing::session("user_1").header("cat", "cl_B7d4PD222AAA")),
            Reason::TokenTypeMismatch,
        ),
        ("a machine's", clerk.mint(testing::session("mch_1")), Reason::TokenTypeMismatch),
        ("a scheme and a token", format!("Bearer {}", clerk.session_token("user_1")), Reason::TokenInvalid),
    ] {
        let why = verify(token).await.unwrap_err();
        assert_eq!((why.reason(), why.is_outage()), (&reason, false), "{name}: {why}");
    }
}

#[actix_web::test]
async fn keys_that_cannot_be_loaded_are_not_the_tokens_fault() {
    let clerk = local_clerk();
    clerk.behave(Endpoint::Jwks, Behavior::Status(500));
    let why = clerk.config().verify_session_token(&clerk.session_token("user_1")).await.unwrap_err();
    assert_eq!((why.reason(), why.is_outage()), (&Reason::JwkRemoteFailedToLoad, true));
}

#[actix_web::test]
async fn an_end_that_has_come_stays() {
    let clerk = local_clerk();
    let session = session(&clerk).await;
    let mut expired = session.expired();
    assert_eq!((&mut expired).now_or_never(), None);
    clerk.clock().advance(65 * SECOND);
    for _ in 0..3 {
        (&mut expired).await;
    }
    session.expired().await;
    let mut stream = session.until_expiry(stream::repeat("more")).with_last("last");
    assert_eq!((stream.next().await, stream.next().await, stream.next().await), (Some("last"), None, None));
    assert_eq!(session.until_expiry(stream::repeat("more")).next().await, None);
}

/// Setting the clock wakes every waiting task, on any thread, also if it then has longer to wait.
#[actix_web::test]
async fn a_clock_that_is_set_wakes_who_waits() {
    let clerk = local_clerk();
    let session = session(&clerk).await;
    let clock = clerk.clock().clone();
    let expired = session.expired();
    let setting = std::thread::spawn(move || clock.advance(65 * SECOND));
    expired.await;
    setting.join().unwrap();

    clerk.clock().set(session.expires_at() - 30 * SECOND);
    let mut expired = pin!(session.expired());
    assert_eq!(expired.as_mut().now_or_never(), None);
    clerk.clock().set(session.expires_at() + 4 * SECOND);
    assert_eq!(expired.as_mut().now_or_never(), None);
    clerk.clock().set(session.expires_at() + 5 * SECOND);
    assert_eq!(expired.now_or_never(), Some(()));
}

/// A stream that is always ready must not skip the check of the clock.
#[actix_web::test]
async fn a_stream_that_never_pauses_ends_too() {
    let clerk = local_clerk();
    let mut stream = session(&clerk).await.until_expiry(stream::repeat(()));
    for _ in 0..100 {
        assert_eq!(stream.next().now_or_never(), Some(Some(())));
    }
    clerk.clock().advance(65 * SECOND);
    assert_eq!(stream.next().now_or_never(), Some(None));
    assert_eq!(stream.size_hint().0, 0);
}
