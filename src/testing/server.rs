//! `LocalClerk`'s HTTP side: the Backend API's calls, and the pages that a browser sees.

use std::{
    io,
    net::{Ipv4Addr, Ipv6Addr, TcpListener},
    sync::{Arc, mpsc},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    cookie::{Cookie, SameSite, time::Duration as CookieAge},
    dev::ServerHandle,
    http::header,
    web::{self, Bytes, Data, Form, Query},
};
use serde::Deserialize;
use serde_json::json;
use url::{Host, Url};

use super::{Behaviour, Endpoint, local_clerk::Shared, pages};

/// A session of the sign-in page lasts an hour: no browser could renew it before then.
const SIGNED_IN_FOR: std::time::Duration = std::time::Duration::from_secs(60 * 60);

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
            .route("/sign-in", web::get().to(sign_in_page))
            .route("/sign-in", web::post().to(sign_in))
            .route("/sign-out", web::post().to(sign_out))
    })
    .workers(1)
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
async fn misbehave(mut behaviour: tokio::sync::watch::Receiver<Behaviour>) -> Option<HttpResponse> {
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

#[derive(Deserialize)]
struct Return {
    redirect_url: Option<String>,
}

#[derive(Deserialize)]
struct SignIn {
    user_id: String,
    redirect_url: String,
}

async fn sign_in_page(req: HttpRequest, clerk: Data<Shared>, back: Query<Return>) -> HttpResponse {
    let Some(redirect_url) = back.redirect_url.as_deref().map_or(Some(None), |url| loopback(url).map(Some)) else {
        return not_loopback();
    };
    if let Some(here) = redirect_url.as_ref().and_then(|back| under_the_host_of(back, &req, &clerk)) {
        return see_other(&here).finish();
    }
    let redirect_url = redirect_url.map(String::from);
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(pages::sign_in(&clerk.users, redirect_url.as_deref()).into_string())
}

async fn sign_in(clerk: Data<Shared>, form: Form<SignIn>) -> HttpResponse {
    let Some(redirect_url) = loopback(&form.redirect_url) else { return not_loopback() };
    let Some(user) = clerk.users.iter().find(|user| user.id() == form.user_id) else {
        return HttpResponse::BadRequest().body("there is no such user");
    };
    let session = user.session().lifetime(SIGNED_IN_FOR).claim("azp", redirect_url.origin().ascii_serialization());
    let cookie = Cookie::build("__session", clerk.mint(&session))
        .path("/")
        .same_site(SameSite::Lax)
        .max_age(CookieAge::seconds(SIGNED_IN_FOR.as_secs() as i64))
        .finish();
    see_other(redirect_url.as_str()).cookie(cookie).finish()
}

async fn sign_out(req: HttpRequest, clerk: Data<Shared>, query: Query<Return>) -> HttpResponse {
    let home = format!("http://localhost:{}/sign-in", clerk.port);
    let Some(redirect_url) = loopback(query.redirect_url.as_deref().unwrap_or(&home)) else { return not_loopback() };
    if let Some(here) = under_the_host_of(&redirect_url, &req, &clerk) {
        // 307 keeps the POST a POST.
        return HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, here)).finish();
    }
    let mut cookie = Cookie::build("__session", "").path("/").finish();
    cookie.make_removal();
    see_other(redirect_url.as_str()).cookie(cookie).finish()
}

/// This page as the browser sees it under the application's host, if it is not there already: a cookie
/// belongs to the host that sets it, and to all its ports, so `localhost` and `127.0.0.1` are strangers.
fn under_the_host_of(application: &Url, req: &HttpRequest, clerk: &Shared) -> Option<String> {
    let host = format!("{}:{}", application.host_str()?, clerk.port);
    let is_there = req.connection_info().host() == host;
    (!is_there).then(|| format!("http://{host}{}", req.uri()))
}

fn see_other(location: &str) -> actix_web::HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, location)).insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

/// Pages of this machine only: the stand-in hands sessions to nobody else.
fn loopback(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
    let is_loopback = match url.host()? {
        Host::Domain(name) => name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    };
    is_loopback.then_some(url)
}

fn not_loopback() -> HttpResponse {
    HttpResponse::BadRequest().body("redirect_url has to be a page on this machine, such as http://localhost:3000/")
}
