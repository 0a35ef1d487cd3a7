//! The token endpoint: a code or a refresh token for an access token; and the end of a token.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderValue},
    },
    web::{Bytes, Data},
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::{
    error::{OAuthError, no_store},
    parameters::Parameters,
    scopes::scopes,
    state::{Client, Grant},
};
use crate::testing::{behavior::Endpoint, instance::Instance, mint::Mint, oauth::oauth_token};

/// As long as Clerk's.
const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn issue(req: HttpRequest, clerk: Data<Instance>, body: Bytes) -> HttpResponse {
    if let Some(failure) = clerk.call(Endpoint::IssueOAuthToken).misbehavior().await {
        return failure;
    }
    respond(&req, grant(&req, &clerk, &body).map(|grant| tokens(&clerk, grant)))
}

pub(super) async fn revoke(req: HttpRequest, clerk: Data<Instance>, body: Bytes) -> HttpResponse {
    let revoked = read(&body).and_then(|asked| {
        client(&req, &clerk, &asked)?;
        let token = asked.required("token")?;
        clerk.oauth().forget(token);
        clerk.tokens().revoke(token);
        Ok(json!({}))
    });
    respond(&req, revoked)
}

fn respond(req: &HttpRequest, answer: Result<Value, OAuthError>) -> HttpResponse {
    let error = match answer {
        Ok(body) => return no_store(StatusCode::OK, body),
        Err(error) => error,
    };
    let mut response = error.response();
    if error.error == "invalid_client" && req.headers().contains_key(header::AUTHORIZATION) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    }
    response
}

fn read(body: &Bytes) -> Result<Parameters, OAuthError> {
    Parameters::parse(std::str::from_utf8(body).unwrap_or("&&=%zz"))
}

fn grant(req: &HttpRequest, clerk: &Instance, body: &Bytes) -> Result<Grant, OAuthError> {
    let asked = read(body)?;
    let client = client(req, clerk, &asked)?;
    match asked.required("grant_type")? {
        "authorization_code" => by_code(clerk, &asked, &client),
        "refresh_token" => by_refresh_token(clerk, &asked, &client),
        _ => Err(OAuthError::unauthorized(
            "unsupported_grant_type",
            "grant_type has to be authorization_code or refresh_token.",
        )),
    }
}

/// Returns the client that calls: by its secret, in either place, or by its ID alone if it has none.
fn client(req: &HttpRequest, clerk: &Instance, asked: &Parameters) -> Result<Client, OAuthError> {
    let failed = || OAuthError::unauthorized("invalid_client", "The client or its secret is unknown.");
    let (id, secret) = match basic(req) {
        Some(credentials) => credentials,
        None => (asked.required("client_id")?.to_owned(), asked.get("client_secret").map(str::to_owned)),
    };
    let client = clerk.oauth().client(&id).cloned().ok_or_else(failed)?;
    if client.secret == secret { Ok(client) } else { Err(failed()) }
}

/// Reads `Authorization: Basic …`, in which both parts are form-encoded (RFC 6749, section 2.3.1).
fn basic(req: &HttpRequest) -> Option<(String, Option<String>)> {
    let value = req.headers().get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(value).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    Some((decoded(id), Some(decoded(secret))))
}

fn by_code(clerk: &Instance, asked: &Parameters, client: &Client) -> Result<Grant, OAuthError> {
    let invalid = |description| OAuthError::new("invalid_grant", description);
    let code = asked.required("code")?;
    let (grant, request) = clerk.oauth().redeem(code, &client.id, clerk.clock.timestamp())?;
    if asked.required("redirect_uri")? != request.redirect_uri {
        return Err(invalid("redirect_uri is another one than in the authorization request."));
    }
    let verifier = asked.get("code_verifier");
    match (&request.challenge, verifier) {
        (None, None) => {}
        (Some(challenge), Some(verifier)) if *challenge == challenge_of(verifier) => {}
        _ => return Err(invalid("code_verifier does not fit the code_challenge.")),
    }
    Ok(grant)
}

/// PKCE's S256 (RFC 7636, section 4.6).
fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

fn by_refresh_token(clerk: &Instance, asked: &Parameters, client: &Client) -> Result<Grant, OAuthError> {
    let token = asked.required("refresh_token")?;
    let grant = clerk.oauth().refresh(token, &client.id)?;
    let scopes = match asked.get("scope") {
        Some(text) => scopes(Some(text))?,
        None => grant.scopes.clone(),
    };
    if scopes.iter().any(|scope| !grant.scopes.contains(scope)) {
        return Err(OAuthError::new("invalid_request", "The scope exceeds what the user has granted."));
    }
    clerk.oauth().forget(token);
    Ok(Grant { scopes, ..grant })
}

fn tokens(clerk: &Instance, grant: Grant) -> Value {
    let token = oauth_token(&grant.user_id).client_id(&grant.client_id).scopes(&grant.scopes).lifetime(LIFETIME);
    let scope = grant.scopes.join(" ");
    json!({
        "access_token": token.mint(clerk),
        "token_type": "Bearer",
        "expires_in": LIFETIME.as_secs(),
        "refresh_token": clerk.oauth().refresh_token(grant),
        "scope": scope,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn a_verifier_and_its_challenge() {
        let challenge = challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
