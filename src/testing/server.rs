//! `LocalClerk`'s HTTP server, and its Backend API.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    sync::{Arc, mpsc},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    dev::ServerHandle,
    http::{KeepAlive, header},
    web::{self, Bytes, Data, Json, Path, Query},
};
use serde::Deserialize;
use serde_json::json;

use super::{Behaviour, Endpoint, frontend, local_clerk::Shared};

/// A free port on IPv4's loopback, and the same on IPv6's where the machine has it: `localhost` is either.
pub(super) fn bind_loopback() -> io::Result<Vec<TcpListener>> {
    let v4 = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let v6 = TcpListener::bind((Ipv6Addr::LOCALHOST, v4.local_addr()?.port())).ok();
    Ok([Some(v4), v6].into_iter().flatten().collect())
}

pub(super) async fn run(
    shared: Arc<Shared>,
    listeners: Vec<TcpListener>,
    ready: mpsc::Sender<io::Result<ServerHandle>>,
) {
    let shared = Data::from(shared);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .route("/v1/jwks", web::get().to(jwks))
            .route("/v1/clients/handshake_payload", web::get().to(handshake_payload))
            .route("/v1/sessions/{id}/refresh", web::post().to(refresh))
            .configure(frontend::routes)
    })
    .workers(1)
    // A connection that is kept could be answered after the instance is dropped, by a worker that is still ending.
    .keep_alive(KeepAlive::Disabled)
    .disable_signals();
    let server = listeners.into_iter().try_fold(server, |server, listener| server.listen(listener));
    match server {
        Ok(server) => {
            let server = server.run();
            let _ = ready.send(Ok(server.handle()));
            let _ = server.await;
        }
        Err(error) => {
            let _ = ready.send(Err(error));
        }
    }
}

async fn jwks(req: HttpRequest, clerk: Data<Shared>) -> HttpResponse {
    if let Some(failure) = misbehave(clerk.call(Endpoint::Jwks)).await {
        return failure;
    }
    if !has_secret_key(&req, &clerk) {
        return secret_key_invalid();
    }
    HttpResponse::Ok().json(clerk.jwks())
}

/// The answer of an endpoint that was told to fail; waits as long as it was told to hang.
pub(super) async fn misbehave(mut behaviour: tokio::sync::watch::Receiver<Behaviour>) -> Option<HttpResponse> {
    let behaviour = match behaviour.wait_for(|behaviour| *behaviour != Behaviour::Hang).await {
        Ok(behaviour) => behaviour.clone(),
        Err(_) => return None,
    };
    match behaviour {
        Behaviour::Normal | Behaviour::Hang => None,
        Behaviour::Status(status) => {
            let status = status.try_into().unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
            Some(HttpResponse::new(status))
        }
        Behaviour::TooManyRequests(retry_after) => {
            Some(HttpResponse::TooManyRequests().insert_header((header::RETRY_AFTER, retry_after.as_secs())).finish())
        }
        Behaviour::Html => Some(HttpResponse::Ok().content_type("text/html").body("<h1>It works!</h1>")),
        Behaviour::CutShort => {
            let body = futures_util::stream::iter([
                Ok(Bytes::from_static(b"{\"keys\":[")),
                Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            ]);
            Some(HttpResponse::Ok().content_type("application/json").streaming(body))
        }
    }
}

fn has_secret_key(req: &HttpRequest, clerk: &Shared) -> bool {
    let expected = format!("Bearer {}", clerk.secret_key);
    req.headers().get(header::AUTHORIZATION).is_some_and(|value| value.as_bytes() == expected.as_bytes())
}

fn secret_key_invalid() -> HttpResponse {
    HttpResponse::Unauthorized().json(json!({
        "errors": [{
            "code": "clerk_key_invalid",
            "message": "The provided Clerk Secret Key is invalid. Make sure that your Clerk Secret Key is correct.",
        }],
    }))
}

/// The cookies of a handshake, once.
async fn handshake_payload(req: HttpRequest, clerk: Data<Shared>, asked: Query<Nonce>) -> HttpResponse {
    if let Some(failure) = misbehave(clerk.call(Endpoint::HandshakePayload)).await {
        return failure;
    }
    if !has_secret_key(&req, &clerk) {
        return secret_key_invalid();
    }
    match clerk.browsers().fetch(&asked.nonce) {
        Some(directives) => HttpResponse::Ok().json(json!({ "directives": directives })),
        None => HttpResponse::NotFound()
            .json(json!({ "errors": [{ "code": "resource_not_found", "message": "not found" }] })),
    }
}

#[derive(Deserialize)]
struct Nonce {
    nonce: String,
}

#[derive(Deserialize)]
struct Refresh {
    refresh_token: String,
    request_origin: String,
}

/// A new session token for an expired one.
async fn refresh(req: HttpRequest, clerk: Data<Shared>, id: Path<String>, asked: Json<Refresh>) -> HttpResponse {
    if let Some(failure) = misbehave(clerk.call(Endpoint::Refresh)).await {
        return failure;
    }
    if !has_secret_key(&req, &clerk) {
        return secret_key_invalid();
    }
    let session = clerk.browsers().refresh(&id, &asked.refresh_token);
    match session {
        Some(session) => {
            let token = clerk.token_of(&session, &asked.request_origin);
            let cookie = |name: String| format!("{name}={token}; Path=/; SameSite=Lax; Max-Age=31536000");
            let cookies = [cookie("__session".to_owned()), cookie(format!("__session_{}", clerk.cookie_suffix()))];
            HttpResponse::Ok().json(json!({ "object": "cookies", "cookies": cookies }))
        }
        None => HttpResponse::BadRequest().json(json!({
            "errors": [{ "code": "refresh_session_invalid", "message": "The session or its refresh token is no longer valid." }],
        })),
    }
}
