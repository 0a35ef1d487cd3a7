//! A chat over a WebSocket, with server-sent events to read along. Both connections end when the user's session token
//! expires; the page keeps the WebSocket open by sending a fresh token.
//!
//! ```sh
//! cargo run --example live
//! ```
//!
//! The example runs on [`LocalClerk`], a local Clerk inside the process. `PORT` sets the port.

mod support;

use std::time::{Duration, UNIX_EPOCH};

use actix_web::{
    App, Error, HttpRequest, HttpResponse, HttpServer, Responder, get,
    middleware::DefaultHeaders,
    rt,
    web::{Bytes, Data, Html, Payload},
};
use actix_ws::{CloseCode, CloseReason, Message, MessageStream};
use clerk_actix::{ClerkApiError, ClerkMiddleware, GetTokenOptions, RequireAuth, Session, testing::LocalClerk};
use futures_util::{StreamExt, stream};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::broadcast;

/// Sends messages, as JSON, to all connections.
type Room = broadcast::Sender<String>;

/// The close code for an expired token: the page may reconnect with a fresh one.
const TOKEN_EXPIRED: u16 = 4401;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = LocalClerk::start()?;
    // For pages of other origins, whose cookies are ignored: they send a token with the handshake.
    let config = local.config_builder().websocket_token_protocol("clerk-session-token").build()?;
    let clerk = ClerkMiddleware::new(config);
    let room = Data::new(Room::new(100));

    let listener = support::listen("PORT", 3000)?;
    let server = HttpServer::new(move || {
        App::new()
            .app_data(room.clone())
            .service((page, fresh_token, live, events))
            .wrap(clerk.clone())
            .wrap(DefaultHeaders::new().add(("Cache-Control", "private, no-store"))) // above all, a token is for one user
    })
    .listen(listener)?;
    let site = format!("http://localhost:{}", server.addrs()[0].port());
    let token = |lifetime| local.mint(local.users()[0].session().lifetime(Duration::from_secs(lifetime)));
    println!("\n  In a browser, open {site} in two windows, and talk. With curl:\n");
    println!("  # 401: no token\n  curl -i {site}/events\n");
    println!("  # 200: the conversation, for an hour");
    println!("  curl -i -N -H 'Authorization: Bearer {}' {site}/events\n", token(60 * 60));
    println!("  # 200: until this token expires, which takes 10 seconds, plus 5 seconds of clock skew");
    println!("  curl -i -N -H 'Authorization: Bearer {}' {site}/events\n", token(10));
    Ok(server.run().await?)
}

#[get("/")]
async fn page(_: RequireAuth) -> impl Responder {
    Html::new(include_str!("live.html"))
}

/// Returns a fresh token, as `Clerk.session.getToken()` does in a page with Clerk's JavaScript.
#[get("/token")]
async fn fresh_token(user: RequireAuth) -> Result<impl Responder, ClerkApiError> {
    let token = user.get_token(GetTokenOptions::new().lifetime(Duration::from_secs(60))).await?;
    Ok(token.expose().to_owned())
}

/// The messages that a page may send.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum FromPage {
    Say(String),
    Token(String),
}

/// A WebSocket handshake is a request like any other: without a session, it is rejected. Cookies count only if the page
/// is this application's own.
#[get("/live")]
async fn live(user: RequireAuth, req: HttpRequest, body: Payload, room: Data<Room>) -> Result<HttpResponse, Error> {
    let (response, mut socket, messages) = actix_ws::handle(&req, body)?;
    rt::spawn(async move {
        let reason = talk(user.into_inner(), &mut socket, messages, &room).await;
        let _ = socket.close(reason).await;
    });
    Ok(response)
}

/// Serves a socket until its token expires, and returns the reason to close it.
async fn talk(
    mut session: Session,
    socket: &mut actix_ws::Session,
    mut messages: MessageStream,
    room: &Room,
) -> Option<CloseReason> {
    let mut said = room.subscribe();
    let mut expired = session.expired();
    socket.text(good_until(&session)).await.ok()?;
    loop {
        tokio::select! {
            () = &mut expired => return Some((CloseCode::Other(TOKEN_EXPIRED), "token-expired").into()),
            said = said.recv() => {
                if let Ok(said) = said {
                    socket.text(said).await.ok()?;
                }
            }
            message = messages.recv() => match message?.ok()? {
                Message::Ping(bytes) => socket.pong(&bytes).await.ok()?,
                Message::Text(text) => match serde_json::from_str(&text) {
                    Ok(FromPage::Say(what)) => {
                        let _ = room.send(json!({ "who": session.user_id(), "says": what }).to_string());
                    }
                    Ok(FromPage::Token(token)) => match session.renew(&token).await {
                        Ok(renewed) => {
                            (expired, session) = (renewed.expired(), renewed);
                            socket.text(good_until(&session)).await.ok()?;
                        }
                        // Clerk's keys cannot be loaded right now: the old token stays valid until it expires.
                        Err(why) if why.is_outage() => {}
                        Err(why) => return Some((CloseCode::Other(TOKEN_EXPIRED), why.reason().as_str()).into()),
                    },
                    Err(_) => return Some(CloseCode::Invalid.into()),
                },
                _ => return None,
            },
        }
    }
}

/// Tells the page when it has to send a fresh token.
fn good_until(session: &Session) -> String {
    let until = session.expires_at().duration_since(UNIX_EPOCH).unwrap_or_default();
    json!({ "good_until": until.as_secs() }).to_string()
}

/// Sends the messages as server-sent events. When the stream ends, a browser's `EventSource` reconnects by itself, and
/// the middleware refreshes its session.
#[get("/events")]
async fn events(user: RequireAuth, room: Data<Room>) -> impl Responder {
    let said = stream::unfold(room.subscribe(), |mut said| async {
        loop {
            match said.recv().await {
                Ok(said_now) => return Some((said_now, said)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    });
    let hello = json!({ "who": "the room", "says": "hello" }).to_string();
    let events = stream::iter([hello]).chain(said).map(|said| Ok::<_, Error>(Bytes::from(format!("data: {said}\n\n"))));
    let goodbye = Bytes::from_static(b"event: token-expired\ndata:\n\n");
    HttpResponse::Ok().content_type("text/event-stream").streaming(user.until_expiry(events).with_last(Ok(goodbye)))
}
