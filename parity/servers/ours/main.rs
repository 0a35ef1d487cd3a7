//! Our server, which `run.mjs` compares with the reference: one route, with the configuration that a request's header
//! names.
//!
//! Its arguments are the path of a JSON list of configurations, the address of the Backend API, and the time of its
//! frozen clock. It prints `listening PORT`. With `--environment` in place of the list, the configuration comes from
//! environment variables; if it is invalid, the server prints `refused REASON`.

#[path = "../../../tests/support/configuration.rs"]
mod configuration;
mod configurations;

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};

use actix_web::{
    App, Either, FromRequest, HttpRequest, HttpResponse, HttpServer, Responder,
    dev::ServiceRequest,
    error::ErrorBadRequest,
    guard::fn_guard,
    http::StatusCode,
    web::{self, Data},
};
use clerk_actix::{
    ApiKey, Auth, Check, ClerkConfig, ClerkExt, ClerkMiddleware, Credential, GetTokenOptions, M2mToken, OAuthToken,
    Principal, Reverification, Session, TokenError, TokenRules, WithPending,
};
use configurations::{Configurations, decoded};
use serde::Deserialize;
use serde_json::{Value, json};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [path, api_base, now] = std::env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| USAGE)?;
    let now = UNIX_EPOCH + Duration::from_millis(now.parse()?);
    let configurations = match path.as_str() {
        "--environment" => Configurations::of_environment(api_base, now),
        path => Configurations::read(path, api_base, now)?,
    };
    if let Some(why) = configurations.refusal() {
        println!("refused {why}");
        // The parent process ends this one.
        loop {
            std::thread::park();
        }
    }
    let configurations = Arc::new(configurations);

    let server = HttpServer::new(move || {
        let inner = web::scope("")
            .guard(fn_guard(|context| context.head().headers().contains_key(INNER)))
            .wrap(by_header(configurations.clone(), INNER))
            .default_service(web::to(handle));
        App::new()
            .app_data(Data::from(configurations.clone()))
            .service(inner)
            .default_service(web::to(handle))
            .wrap(by_header(configurations.clone(), OUTER))
    });
    let server = server.workers(2).bind(("127.0.0.1", 0))?;
    println!("listening {}", server.addrs()[0].port());
    Ok(server.run().await?)
}

const USAGE: &str = "usage: parity_server CONFIGURATIONS.json|--environment API_BASE NOW_MS";

/// The headers that name the configurations of the middleware and of the inner middleware.
const OUTER: &str = "x-parity-config";
const INNER: &str = "x-parity-inner";

/// A middleware for each configuration.
fn by_header(configurations: Arc<Configurations>, name: &'static str) -> ClerkMiddleware {
    ClerkMiddleware::per_request(move |req: &ServiceRequest| {
        let config = configurations.named_by(req.request(), name);
        async { config }
    })
}

/// The instructions to the handler, from a header with percent-encoded JSON. See `cases/handlers.mjs`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Handler {
    does: Option<String>,
    return_to: Option<String>,
    is_elsewhere: bool,
    template: Option<String>,
    expires_in_seconds: Option<u64>,
    status: Option<u16>,
    headers: Vec<(String, String)>,
    hides: Vec<String>,
}

async fn handle(req: HttpRequest, configurations: Data<Configurations>) -> actix_web::Result<HttpResponse> {
    let handler: Handler = match decoded(&req, "x-parity-handler") {
        Some(text) => serde_json::from_str(&text)?,
        None => Handler::default(),
    };
    let clerk = req.auth_headers();
    let seen = ["status", "reason", "message"].map(|name| {
        let value = clerk.get(&format!("x-clerk-auth-{name}"));
        (name, value.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()))
    });
    for name in &handler.hides {
        clerk.remove(name);
    }
    let body = match handler.does.as_deref() {
        Some(page @ ("sign-in" | "sign-up")) => return redirect(&req, page, &handler).await,
        Some("read-headers") => json!(BTreeMap::from(seen)),
        Some("get-token") => new_token(&req, &handler).await?,
        Some("verify") => verified(&req, &configurations.named_by(&req, OUTER)?).await,
        _ => handler_values(&req).await?,
    };
    let status = StatusCode::from_u16(handler.status.unwrap_or(200)).map_err(ErrorBadRequest)?;
    let mut response = HttpResponse::build(status);
    for (name, value) in handler.headers {
        response.append_header((name, value));
    }
    // A 304 has no body.
    Ok(if status == StatusCode::NOT_MODIFIED { response.finish() } else { response.json(body) })
}

async fn redirect(req: &HttpRequest, page: &str, handler: &Handler) -> actix_web::Result<HttpResponse> {
    let auth = Auth::<Session>::extract(req).await?;
    let redirect = if page == "sign-in" { auth.redirect_to_sign_in(req)? } else { auth.redirect_to_sign_up(req)? };
    let redirect = match handler.return_to.as_deref() {
        None => redirect,
        Some("") => redirect.without_return(),
        Some(page) if handler.is_elsewhere => redirect.return_to_other_site(page),
        Some(page) => redirect.return_to(page),
    };
    Ok(redirect.respond_to(req))
}

async fn new_token(req: &HttpRequest, asked: &Handler) -> actix_web::Result<Value> {
    let auth = Auth::<Session>::extract(req).await?;
    let Some(session) = auth.authenticated() else { return Ok(json!({ "token": null })) };
    let mut options = GetTokenOptions::new();
    if let Some(template) = &asked.template {
        options = options.template(template);
    }
    if let Some(seconds) = asked.expires_in_seconds {
        options = options.lifetime(Duration::from_secs(seconds));
    }
    Ok(match session.get_token(options).await {
        Ok(token) => json!({ "token": token.expose() }),
        Err(error) => json!({ "failed": error.status().map_or(json!(true), Value::from) }),
    })
}

async fn verified(req: &HttpRequest, config: &ClerkConfig) -> Value {
    let header = req.headers().get("authorization").map(|value| value.as_bytes()).unwrap_or_default();
    let header = String::from_utf8_lossy(header);
    let token = header.split_whitespace().next_back().unwrap_or_default();
    match config.verify_token::<Value>(token, &TokenRules::new()).await {
        Ok(claims) => json!({ "claims": claims }),
        Err(TokenError::Rejected(why)) => json!({ "reason": why.reason().as_str() }),
        Err(other) => json!({ "reason": other.to_string() }),
    }
}

/// Runs each extractor that accepts the types named by the request's header, in the order of the reference's list.
async fn handler_values(req: &HttpRequest) -> actix_web::Result<Value> {
    if let Some(asked) = decoded(req, "x-parity-has") {
        let check = check(&serde_json::from_str(&asked)?);
        let session = Auth::<WithPending>::extract(req).await?;
        return Ok(json!({ "has": session.authenticated().is_some_and(|session| session.has(&check)) }));
    }
    let accepts = req.headers().get("x-parity-accepts").map(|accepts| accepts.to_str().unwrap_or_default());
    Ok(match accepts {
        None => {
            let (session, pending) = (told::<Session>(req).await?, told::<WithPending>(req).await?);
            json!({ "session": session, "pending": pending, "any": told::<Principal>(req).await? })
        }
        Some("any") => told::<Principal>(req).await?,
        Some("session_token") => told::<Session>(req).await?,
        Some("api_key") => told::<ApiKey>(req).await?,
        Some("m2m_token") => told::<M2mToken>(req).await?,
        Some("oauth_token") => told::<OAuthToken>(req).await?,
        Some("session_token,api_key") => told::<Either<Session, ApiKey>>(req).await?,
        Some("session_token,m2m_token") => told::<Either<Session, M2mToken>>(req).await?,
        Some("session_token,oauth_token") => told::<Either<Session, OAuthToken>>(req).await?,
        Some("api_key,m2m_token") => told::<Either<ApiKey, M2mToken>>(req).await?,
        Some("api_key,oauth_token") => told::<Either<ApiKey, OAuthToken>>(req).await?,
        Some("m2m_token,oauth_token") => told::<Either<M2mToken, OAuthToken>>(req).await?,
        Some("session_token,api_key,m2m_token") => told::<Either<Session, Either<ApiKey, M2mToken>>>(req).await?,
        Some("session_token,api_key,oauth_token") => told::<Either<Either<Session, ApiKey>, OAuthToken>>(req).await?,
        Some("session_token,m2m_token,oauth_token") => {
            told::<Either<OAuthToken, Either<M2mToken, Session>>>(req).await?
        }
        Some("api_key,m2m_token,oauth_token") => told::<Either<ApiKey, Either<OAuthToken, M2mToken>>>(req).await?,
        Some("session_token,api_key,m2m_token,oauth_token") => {
            told::<Either<Either<Session, ApiKey>, Either<M2mToken, OAuthToken>>>(req).await?
        }
        Some(_) => return Err(ErrorBadRequest("x-parity-accepts has to name a set of token types")),
    })
}

async fn told<C: Credential>(req: &HttpRequest) -> actix_web::Result<Value> {
    let auth = Auth::<C>::extract(req).await?;
    Ok(json!(auth))
}

/// Builds the check from JSON. It leaks the texts; a run has only a few.
fn check(asked: &Value) -> Check {
    let text = |name: &str| asked[name].as_str().map(|text| &*Box::leak(text.to_owned().into_boxed_str()));
    let apply = |check: Check, text: Option<&'static str>, ask: fn(Check, &'static str) -> Check| match text {
        Some(text) => ask(check, text),
        None => check,
    };
    let check = apply(Check::new(), text("role"), Check::role);
    let check = apply(check, text("permission"), Check::permission);
    let check = apply(check, text("feature"), Check::feature);
    let check = apply(check, text("plan"), Check::plan);
    match reverification(&asked["reverification"]) {
        Some(reverification) => check.reverification(reverification),
        None => check,
    }
}

fn reverification(asked: &Value) -> Option<Reverification> {
    let within = asked["afterMinutes"].as_u64().map(|minutes| Duration::from_secs(minutes.saturating_mul(60)));
    match (asked.as_str(), asked["level"].as_str()) {
        (Some("strict_mfa"), _) => Some(Reverification::STRICT_MFA),
        (Some("strict"), _) => Some(Reverification::STRICT),
        (Some("moderate"), _) => Some(Reverification::MODERATE),
        (Some("lax"), _) => Some(Reverification::LAX),
        (_, Some("first_factor")) => within.map(Reverification::first_factor),
        (_, Some("second_factor")) => within.map(Reverification::second_factor),
        (_, Some("multi_factor")) => within.map(Reverification::multi_factor),
        _ => None,
    }
}
