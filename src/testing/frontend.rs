//! `LocalClerk`'s Frontend API for browsers: the handshake, the sign-in page and signing out.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    cookie::{Cookie, SameSite, time::Duration as CookieAge},
    http::header,
    web::{Data, Form, Query, ServiceConfig, get, post},
};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    behavior::Endpoint,
    browsers::{Browsers, UserSession},
    directory::Directory,
    instance::Instance,
    loopback::loopback,
    pages,
    session_events::announce,
};
use crate::{clock::Timestamp, keys::InstanceType, request::query};

/// The cookie that identifies a browser on `LocalClerk`'s own host.
pub(super) const BROWSER: &str = "__client";

pub(super) fn routes(app: &mut ServiceConfig) {
    app.route("/v1/client/handshake", get().to(handshake))
        .route("/sign-in", get().to(sign_in_page))
        .route("/sign-in", post().to(sign_in))
        .route("/sign-out", post().to(sign_out));
}

#[derive(Deserialize)]
struct Handshake {
    redirect_url: String,
    #[serde(rename = "__clerk_db_jwt")]
    dev_browser: Option<String>,
    organization_id: Option<String>,
}

/// Resolves a handshake: redirects the browser back to the application, with a nonce that the application exchanges for
/// cookies.
async fn handshake(req: HttpRequest, clerk: Data<Instance>, asked: Query<Handshake>) -> HttpResponse {
    if let Some(failure) = clerk.call(Endpoint::Handshake).misbehavior().await {
        return failure;
    }
    let Some(mut back) = loopback(&asked.redirect_url) else { return not_loopback() };
    if let Some(here) = under_the_host_of(&back, &req, &clerk) {
        return HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, here)).finish();
    }
    let (browser, nonce) = {
        let mut browsers = clerk.browsers();
        let directory = clerk.directory();
        let browser = browsers.recognize(browser_of(&req, &clerk, asked.dev_browser.as_deref()).as_deref());
        let (session, _) = browsers.session_of(&browser);
        if let (Some(session), Some(organization)) = (session, &asked.organization_id) {
            browsers.activate(&session.id, organization, &directory);
        }
        let (session, client_uat) = browsers.session_of(&browser);
        let refresh_token = session.as_ref().map(|session| browsers.refresh_token_for(&session.id));
        let directives = directives(&clerk, &directory, &browser, session.zip(refresh_token), client_uat, &back);
        let nonce = browsers.keep(directives);
        (browser, nonce)
    };
    let mut response = HttpResponse::TemporaryRedirect();
    response.insert_header((header::CACHE_CONTROL, "no-store")).cookie(remembered(&browser));
    match clerk.instance_type {
        InstanceType::Development => query::append(&mut back, "__clerk_handshake_nonce", &nonce),
        InstanceType::Production => {
            let minute = CookieAge::minutes(1);
            response.cookie(Cookie::build("__clerk_handshake_nonce", nonce).path("/").max_age(minute).finish());
        }
    }
    response.insert_header((header::LOCATION, back.as_str())).finish()
}

/// Returns the `Set-Cookie` values for an application, each cookie with and without its suffix.
fn directives(
    clerk: &Instance,
    directory: &Directory,
    browser: &str,
    session: Option<(UserSession, String)>,
    client_uat: i64,
    application: &Url,
) -> Vec<String> {
    let suffix = clerk.cookie_suffix();
    let mut directives = Vec::new();
    let mut set = |name: &str, value: &str, attributes: &str| {
        for name in [name.to_owned(), format!("{name}_{suffix}")] {
            directives.push(format!("{name}={value}; Path=/; SameSite=Lax{attributes}"));
        }
    };
    set("__client_uat", &client_uat.to_string(), "; Max-Age=31536000");
    if clerk.instance_type == InstanceType::Development {
        set("__clerk_db_jwt", browser, "; Max-Age=31536000");
    }
    match session {
        Some((session, refresh_token)) => {
            set(
                "__session",
                &clerk.token_of(&session, directory, &application.origin().ascii_serialization()),
                "; Max-Age=31536000",
            );
            directives
                .push(format!("__refresh_{suffix}={refresh_token}; Path=/; SameSite=Lax; HttpOnly; Max-Age=31536000"));
        }
        None => {
            set("__session", "", "; Max-Age=0");
            directives.push(format!("__refresh_{suffix}=; Path=/; SameSite=Lax; HttpOnly; Max-Age=0"));
        }
    }
    // Removes the nonce, which arrives as a cookie in production: a handshake is resolved once.
    directives.push("__clerk_handshake_nonce=; Path=/; Max-Age=0".to_owned());
    directives
}

#[derive(Deserialize)]
struct Return {
    redirect_url: Option<String>,
    #[serde(rename = "__clerk_db_jwt")]
    dev_browser: Option<String>,
}

#[derive(Deserialize)]
struct SignIn {
    user_id: String,
    redirect_url: String,
    #[serde(rename = "__clerk_db_jwt")]
    dev_browser: Option<String>,
}

async fn sign_in_page(req: HttpRequest, clerk: Data<Instance>, back: Query<Return>) -> HttpResponse {
    let Some(redirect_url) = back.redirect_url.as_deref().map_or(Some(None), |url| loopback(url).map(Some)) else {
        return not_loopback();
    };
    if let Some(here) = redirect_url.as_ref().and_then(|back| under_the_host_of(back, &req, &clerk)) {
        return see_other(&here).finish();
    }
    let redirect_url = redirect_url.map(String::from);
    let users = {
        let directory = clerk.directory();
        directory.users().iter().map(|user| directory.test_user(user)).collect::<Vec<_>>()
    };
    let page = pages::sign_in(&users, redirect_url.as_deref(), back.dev_browser.as_deref());
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page.into_string())
}

async fn sign_in(req: HttpRequest, clerk: Data<Instance>, form: Form<SignIn>) -> HttpResponse {
    let Some(redirect_url) = loopback(&form.redirect_url) else { return not_loopback() };
    let now = clerk.clock.timestamp();
    let mut browsers = clerk.browsers();
    let mut directory = clerk.directory();
    let browser = browsers.recognize(browser_of(&req, &clerk, form.dev_browser.as_deref()).as_deref());
    if sign_in_as(&clerk, &mut browsers, &mut directory, &browser, &form.user_id, Value::Null, now).is_none() {
        return HttpResponse::BadRequest().body("this user does not exist");
    }
    go_back(&clerk, redirect_url, &browser, now.as_seconds())
}

/// Signs a browser in as this user, with the user's first organization active. Returns the session's ID if the user exists.
pub(super) fn sign_in_as(
    clerk: &Instance,
    browsers: &mut Browsers,
    directory: &mut Directory,
    browser: &str,
    user_id: &str,
    actor: Value,
    now: Timestamp,
) -> Option<String> {
    directory.user_mut(user_id)?.last_sign_in_at = Some(now.as_millis());
    let first = directory.memberships_of(user_id).next().map(|member| member.organization_id.clone());
    let session = browsers.sign_in(browser, user_id, first, actor, now);
    announce(clerk, directory, "session.created", session);
    Some(session.id.clone())
}

async fn sign_out(req: HttpRequest, clerk: Data<Instance>, asked: Query<Return>) -> HttpResponse {
    let home = format!("http://localhost:{}/sign-in", clerk.port);
    let Some(redirect_url) = loopback(asked.redirect_url.as_deref().unwrap_or(&home)) else { return not_loopback() };
    if let Some(here) = under_the_host_of(&redirect_url, &req, &clerk) {
        // 307 keeps the POST a POST.
        return HttpResponse::TemporaryRedirect().insert_header((header::LOCATION, here)).finish();
    }
    let mut browsers = clerk.browsers();
    let browser = browsers.recognize(browser_of(&req, &clerk, asked.dev_browser.as_deref()).as_deref());
    if let Some(session) = browsers.sign_out(&browser) {
        announce(&clerk, &clerk.directory(), "session.removed", session);
    }
    go_back(&clerk, redirect_url, &browser, 0)
}

/// Redirects back to the application, which has to learn that the session changed: in development from the dev
/// browser in the URL, in production from the `__client_uat` cookie, which the whole domain shares.
fn go_back(clerk: &Instance, mut application: Url, browser: &str, client_uat: i64) -> HttpResponse {
    let in_development = clerk.instance_type == InstanceType::Development;
    if in_development {
        query::set(&mut application, "__clerk_db_jwt", browser);
    }
    let mut response = see_other(application.as_str());
    response.cookie(remembered(browser));
    if !in_development {
        for cookie in client_uat_cookies(clerk, client_uat) {
            response.cookie(cookie);
        }
    }
    response.finish()
}

/// Returns the cookies by which a production application learns when the sessions of its browser changed.
pub(super) fn client_uat_cookies(clerk: &Instance, client_uat: i64) -> impl Iterator<Item = Cookie<'static>> + use<> {
    let names = ["__client_uat".to_owned(), format!("__client_uat_{}", clerk.cookie_suffix())];
    names.into_iter().map(move |name| {
        let cookie = Cookie::build(name, client_uat.to_string()).path("/").same_site(SameSite::Lax);
        cookie.max_age(CookieAge::days(365)).finish()
    })
}

/// Identifies the browser: in development by the dev browser in the request, because the cookies may be another host's.
fn browser_of(req: &HttpRequest, clerk: &Instance, dev_browser: Option<&str>) -> Option<String> {
    let told = dev_browser.filter(|_| clerk.instance_type == InstanceType::Development).map(str::to_owned);
    told.or_else(|| req.cookie(BROWSER).map(|cookie| cookie.value().to_owned()))
}

pub(super) fn remembered(browser: &str) -> Cookie<'_> {
    Cookie::build(BROWSER, browser)
        .path("/")
        .same_site(SameSite::Lax)
        .http_only(true)
        .max_age(CookieAge::days(365))
        .finish()
}

/// Returns this page's URL under the application's host, unless the request already uses that host. In production, an
/// application and Clerk share a domain and its cookies; here they share a host, and `localhost` and `127.0.0.1` do not
/// share cookies.
fn under_the_host_of(application: &Url, req: &HttpRequest, clerk: &Instance) -> Option<String> {
    let host = format!("{}:{}", application.host_str()?, clerk.port);
    // Behind a proxy, the cookies are the application's own.
    let is_proxied = req.headers().contains_key("clerk-proxy-url");
    let is_there =
        is_proxied || clerk.instance_type == InstanceType::Development || req.connection_info().host() == host;
    (!is_there).then(|| format!("http://{host}{}", req.uri()))
}

fn see_other(location: &str) -> HttpResponseBuilder {
    let mut response = HttpResponse::SeeOther();
    response.insert_header((header::LOCATION, location)).insert_header((header::CACHE_CONTROL, "no-store"));
    response
}

fn not_loopback() -> HttpResponse {
    HttpResponse::BadRequest().body("redirect_url must be a page on this machine, such as http://localhost:3000/")
}
