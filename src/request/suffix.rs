//! Suffixed or plain cookies (PROTOCOL section 5): decided once per request, for all of them.
//!
//! Several Clerk applications under one domain would overwrite each other's cookies, so newer frontends suffix them;
//! older ones, and a Clerk that was told to, do not. Which set is the newer one is what these rules find out.

use super::{
    cookies::{CookieName, Cookies},
    numbers::comparable,
    presented::{Presented, SessionCookies},
};
use serde_json::Value;

use crate::{
    clock::Timestamp,
    config::Settings,
    token::{Known, Member},
};

/// The set that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Plain,
    Suffixed,
    /// The plain one, because its session cookie is not Clerk's, although there are suffixed ones of this instance. Nobody
    /// is signed in by them: another library, such as `express-session`, has taken the name.
    PlainAndForeign,
}

pub(super) fn choose(
    cookies: &Cookies<'_>,
    sessions: &SessionCookies<'_>,
    settings: &Settings,
    now: Timestamp,
) -> Choice {
    let (session, suffixed_session) = (sessions.plain(), sessions.suffixed());
    let suffixed_uat = cookies.get(CookieName::SuffixedClientUat);

    // 1. A plain session that names no issuer is malformed: signed out by it, rather than a handshake.
    let issuer = session.map(|token| token.claim(Known::Iss).filter(|iss| is_truthy(iss)));
    if matches!(issuer, Some(None)) {
        return if is_hidden(cookies, sessions) { Choice::PlainAndForeign } else { Choice::Plain };
    }
    // 2. A plain session of another instance is another application's.
    if let Some(Some(issuer)) = issuer
        && !issuer.as_str().is_some_and(|issuer| is_of(issuer, &settings.issuing_frontend_api()))
    {
        return Choice::Suffixed;
    }
    // 3. There is nothing suffixed.
    if suffixed_uat.is_none() && suffixed_session.is_none() {
        return Choice::Plain;
    }
    let plain_uat = cookies.get(CookieName::ClientUat);
    let plain_says_signed_out = plain_uat.as_deref() == Some("0");
    let suffixed_says_signed_out = suffixed_uat.as_deref() == Some("0");
    let issued_at =
        |token: Option<&Presented<'_>>| token.and_then(|token| comparable(token.claim(Known::Iat))).unwrap_or(0.0);

    // 4. Both say signed in: the newer session counts.
    let plain_is_newer = issued_at(session) > issued_at(suffixed_session);
    if !suffixed_says_signed_out && !plain_says_signed_out && plain_is_newer {
        return Choice::Plain;
    }
    // 5. Every frontend writes the plain cookies, so a sign-in there is the newer news.
    if suffixed_says_signed_out && !plain_says_signed_out {
        return Choice::Plain;
    }
    // 6. In development the suffixed time is not kept reliably: an expired suffixed session is stale news.
    let expiry = suffixed_session.and_then(|token| comparable(token.claim(Known::Exp)));
    let suffixed_is_expired = expiry.is_some_and(|expiry| expiry <= now.as_seconds() as f64);
    if settings.is_development() && !suffixed_says_signed_out && plain_says_signed_out && suffixed_is_expired {
        return Choice::Plain;
    }
    // 7. A suffixed session without its time: Clerk has stopped writing suffixed cookies.
    if suffixed_uat.is_none() && suffixed_session.is_some() {
        return Choice::Plain;
    }
    // 8.
    Choice::Suffixed
}

/// Whether the browser is signed in to this instance by its suffixed cookies.
fn is_hidden(cookies: &Cookies<'_>, sessions: &SessionCookies<'_>) -> bool {
    match sessions.suffixed() {
        Some(suffixed) => suffixed.claim(Known::Iss).is_some_and(|iss| is_truthy(&iss)),
        None => cookies.get(CookieName::SuffixedClientUat).is_some_and(|uat| uat != "0"),
    }
}

/// JavaScript's truth: an `iss` of `""`, `0`, `false` or `null` is none.
fn is_truthy(claim: &Member<'_>) -> bool {
    match claim {
        Member::Value(Value::Null | Value::Bool(false)) => false,
        claim => claim.as_str() != Some("") && claim.as_f64() != Some(0.0),
    }
}

/// Whether an issuer is this Frontend API, but for the schemes in it.
fn is_of(issuer: &str, frontend_api: &str) -> bool {
    // Nearly always, and then nothing has to be copied.
    let host = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
    host == Some(frontend_api) || without_schemes(issuer) == frontend_api
}

/// The issuer without `http://` and `https://`, in any case and wherever they stand.
fn without_schemes(issuer: &str) -> String {
    let mut rest = issuer;
    let mut kept = String::with_capacity(issuer.len());
    while let Some(first) = rest.chars().next() {
        let scheme = ["https://", "http://"]
            .iter()
            .find(|scheme| rest.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme)));
        match scheme {
            Some(scheme) => rest = &rest[scheme.len()..],
            None => {
                kept.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    kept
}
