//! The server that `run.mjs` compares with Express: one route, and the configuration that each request's header names.
//!
//! Started with one argument, the path of a JSON list of configurations; prints `listening PORT`.

#[path = "../tests/support/configuration.rs"]
mod configuration;

use actix_web::{
    App, Either, FromRequest, HttpRequest, HttpServer, Responder,
    dev::ServiceRequest,
    error::ErrorBadRequest,
    web::{self, Json},
};
use clerk_actix::{
    ApiKey, Auth, Check, ClerkConfig, ClerkMiddleware, Credential, M2mToken, OAuthToken, Principal, Reverification,
    Session, WithPending,
};
use configuration::Configuration;
use serde_json::{Value, json};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("the path of the configurations is missing")?;
    let configurations: Vec<Configuration> = serde_json::from_str(&std::fs::read_to_string(path)?)?;
    let configs: Vec<ClerkConfig> = configurations
        .into_iter()
        .map(|configuration| configuration.into_builder("").build())
        .collect::<Result<_, _>>()?;

    let clerk = ClerkMiddleware::per_request(move |req: &ServiceRequest| {
        let index = req.headers().get("x-parity-config").and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
        let config = index.and_then(|index| configs.get(index)).cloned();
        async { config.ok_or_else(|| ErrorBadRequest("x-parity-config names no configuration")) }
    });
    let server =
        HttpServer::new(move || App::new().wrap(clerk.clone()).default_service(web::to(what_a_handler_is_told)))
            .workers(2)
            .bind(("127.0.0.1", 0))?;
    println!("listening {}", server.addrs()[0].port());
    Ok(server.run().await?)
}

/// Each extractor that accepts the types which the request's header names, in the order of the reference's list.
async fn what_a_handler_is_told(req: HttpRequest) -> actix_web::Result<impl Responder> {
    if let Some(asked) = req.headers().get("x-parity-has") {
        let asked = percent_encoding::percent_decode(asked.as_bytes()).decode_utf8_lossy();
        let check = check(&serde_json::from_str(&asked)?);
        let session = Auth::<WithPending>::extract(&req).await?;
        return Ok(Json(json!({ "has": session.authenticated().is_some_and(|session| session.has(&check)) })));
    }
    let accepts = req.headers().get("x-parity-accepts").map(|accepts| accepts.to_str().unwrap_or_default());
    Ok(Json(match accepts {
        None => {
            let (session, pending) = (told::<Session>(&req).await?, told::<WithPending>(&req).await?);
            json!({ "session": session, "pending": pending, "any": told::<Principal>(&req).await? })
        }
        Some("any") => told::<Principal>(&req).await?,
        Some("session_token") => told::<Session>(&req).await?,
        Some("api_key") => told::<ApiKey>(&req).await?,
        Some("m2m_token") => told::<M2mToken>(&req).await?,
        Some("oauth_token") => told::<OAuthToken>(&req).await?,
        Some("session_token,api_key") => told::<Either<Session, ApiKey>>(&req).await?,
        Some("session_token,m2m_token") => told::<Either<Session, M2mToken>>(&req).await?,
        Some("session_token,oauth_token") => told::<Either<Session, OAuthToken>>(&req).await?,
        Some("api_key,m2m_token") => told::<Either<ApiKey, M2mToken>>(&req).await?,
        Some("api_key,oauth_token") => told::<Either<ApiKey, OAuthToken>>(&req).await?,
        Some("m2m_token,oauth_token") => told::<Either<M2mToken, OAuthToken>>(&req).await?,
        Some("session_token,api_key,m2m_token") => told::<Either<Session, Either<ApiKey, M2mToken>>>(&req).await?,
        Some("session_token,api_key,oauth_token") => told::<Either<Either<Session, ApiKey>, OAuthToken>>(&req).await?,
        Some("session_token,m2m_token,oauth_token") => {
            told::<Either<OAuthToken, Either<M2mToken, Session>>>(&req).await?
        }
        Some("api_key,m2m_token,oauth_token") => told::<Either<ApiKey, Either<OAuthToken, M2mToken>>>(&req).await?,
        Some("session_token,api_key,m2m_token,oauth_token") => {
            told::<Either<Either<Session, ApiKey>, Either<M2mToken, OAuthToken>>>(&req).await?
        }
        Some(_) => return Err(ErrorBadRequest("x-parity-accepts names no set of types")),
    }))
}

async fn told<C: Credential>(req: &HttpRequest) -> actix_web::Result<Value> {
    let auth = Auth::<C>::extract(req).await?;
    Ok(json!(auth))
}

/// What is asked, as a check. Its texts live as long as this program, which a run of the comparison does not strain.
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
    let minutes = asked["afterMinutes"].as_u64();
    match (asked.as_str(), asked["level"].as_str()) {
        (Some("strict_mfa"), _) => Some(Reverification::STRICT_MFA),
        (Some("strict"), _) => Some(Reverification::STRICT),
        (Some("moderate"), _) => Some(Reverification::MODERATE),
        (Some("lax"), _) => Some(Reverification::LAX),
        (_, Some("first_factor")) => minutes.map(Reverification::first_factor),
        (_, Some("second_factor")) => minutes.map(Reverification::second_factor),
        (_, Some("multi_factor")) => minutes.map(Reverification::multi_factor),
        _ => None,
    }
}
