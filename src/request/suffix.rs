//! The choice between suffixed and plain cookies (PROTOCOL section 5), made once per request for all of them.
//!
//! Several Clerk applications under one domain would overwrite each other's cookies, so newer frontends suffix them.
//! Older frontends do not, nor does Clerk if it is configured not to. These rules determine which set is newer.

use super::{
    cookies::{CookieName, Cookies, decode},
    numbers::{comparable, leading_integer, whole},
    presented::{Presented, SessionCookies},
};
use serde_json::Value;

use crate::{
    clock::Timestamp,
    config::Settings,
    token::{Claim, ClaimName},
};

/// The set of cookies that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Choice {
    Plain,
    Suffixed,
    /// The plain set, because its session cookie is not Clerk's, although there are suffixed cookies of this instance.
    /// They do not sign the visitor in: another library, such as `express-session`, has taken the name.
    PlainAndForeign,
}

/// The cookies `__client_uat`, plain and suffixed.
pub(super) struct ClientUats<'r> {
    plain: Option<ClientUat<'r>>,
    suffixed: Option<ClientUat<'r>>,
}

impl<'r> ClientUats<'r> {
    pub(super) fn read(cookies: &Cookies<'r>) -> Self {
        let read = |name| cookies.value(name).map(ClientUat);
        Self { plain: read(CookieName::ClientUat), suffixed: read(CookieName::SuffixedClientUat) }
    }

    /// Returns the time in the cookie that counts; 0 without one.
    pub(super) fn time(&self, is_suffixed: bool) -> f64 {
        let chosen = if is_suffixed { self.suffixed } else { self.plain };
        chosen.map_or(0.0, ClientUat::time)
    }
}

/// The value of a `__client_uat` as it was sent. Nearly all are nothing but digits, which need no decoding.
#[derive(Clone, Copy)]
struct ClientUat<'r>(&'r [u8]);

impl ClientUat<'_> {
    fn says_signed_out(self) -> bool {
        match whole(self.0) {
            Some(_) => self.0 == b"0",
            None => decode(self.0) == "0",
        }
    }

    fn time(self) -> f64 {
        whole(self.0).map_or_else(|| leading_integer(&decode(self.0)), |time| time as f64)
    }
}

pub(super) fn choose(
    uats: &ClientUats<'_>,
    sessions: &SessionCookies<'_>,
    settings: &Settings,
    now: Timestamp,
) -> Choice {
    let (session, suffixed_session) = (sessions.plain(), sessions.suffixed());

    // 1. A plain session that names no issuer is malformed: the browser counts as signed out, without a handshake.
    let issuer = session.map(|token| token.claim(ClaimName::Iss).filter(|iss| is_truthy(iss)));
    if matches!(issuer, Some(None)) {
        return if is_hidden(uats, sessions) { Choice::PlainAndForeign } else { Choice::Plain };
    }
    // 2. A plain session of another instance belongs to another application.
    if let Some(Some(issuer)) = issuer
        && !issuer.as_str().is_some_and(|issuer| is_of(issuer, &settings.issuing_frontend_api()))
    {
        return Choice::Suffixed;
    }
    // 3. There are no suffixed cookies.
    if uats.suffixed.is_none() && suffixed_session.is_none() {
        return Choice::Plain;
    }
    let plain_says_signed_out = uats.plain.is_some_and(ClientUat::says_signed_out);
    let suffixed_says_signed_out = uats.suffixed.is_some_and(ClientUat::says_signed_out);
    let issued_at =
        |token: Option<&Presented<'_>>| token.and_then(|token| comparable(token.claim(ClaimName::Iat))).unwrap_or(0.0);

    // 4. Both sets say signed in: the newer session counts.
    let plain_is_newer = issued_at(session) > issued_at(suffixed_session);
    if !suffixed_says_signed_out && !plain_says_signed_out && plain_is_newer {
        return Choice::Plain;
    }
    // 5. Every frontend writes the plain cookies, so a sign-in there is more recent.
    if suffixed_says_signed_out && !plain_says_signed_out {
        return Choice::Plain;
    }
    // 6. In development, the suffixed `__client_uat` is not kept reliably: an expired suffixed session is out of date.
    let expiry = suffixed_session.and_then(|token| comparable(token.claim(ClaimName::Exp)));
    let suffixed_is_expired = expiry.is_some_and(|expiry| expiry <= now.as_seconds() as f64);
    if settings.is_development() && !suffixed_says_signed_out && plain_says_signed_out && suffixed_is_expired {
        return Choice::Plain;
    }
    // 7. A suffixed session without its `__client_uat`: Clerk has stopped writing suffixed cookies.
    if uats.suffixed.is_none() && suffixed_session.is_some() {
        return Choice::Plain;
    }
    // 8.
    Choice::Suffixed
}

/// Returns whether the suffixed cookies sign the browser in to this instance.
fn is_hidden(uats: &ClientUats<'_>, sessions: &SessionCookies<'_>) -> bool {
    match sessions.suffixed() {
        Some(suffixed) => suffixed.claim(ClaimName::Iss).is_some_and(|iss| is_truthy(&iss)),
        None => uats.suffixed.is_some_and(|uat| !uat.says_signed_out()),
    }
}

/// Returns whether a claim is truthy in JavaScript: an `iss` of `""`, `0`, `false` or `null` counts as missing.
fn is_truthy(claim: &Claim<'_>) -> bool {
    match claim {
        Claim::Value(Value::Null | Value::Bool(false)) => false,
        claim => claim.as_str() != Some("") && claim.as_f64() != Some(0.0),
    }
}

/// Returns whether an issuer is this Frontend API, ignoring the schemes in it.
fn is_of(issuer: &str, frontend_api: &str) -> bool {
    // The common case, which copies nothing.
    let host = issuer.strip_prefix("https://").or_else(|| issuer.strip_prefix("http://"));
    host == Some(frontend_api) || without_schemes(issuer) == frontend_api
}

/// Returns the issuer without `http://` and `https://`, in any case and at any position.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Claims;

    #[test]
    fn values_of_client_uat_as_they_are_sent() {
        for (value, says_signed_out, time) in [
            ("0", true, 0.0),
            ("%30", true, 0.0),
            ("00", false, 0.0),
            ("1700000000", false, 1_700_000_000.0),
            ("%31%30", false, 10.0),
            ("12abc", false, 12.0),
            ("-5", false, -5.0),
            ("abc", false, 0.0),
            ("%3", false, 0.0),
        ] {
            let uat = ClientUat(value.as_bytes());
            assert_eq!((uat.says_signed_out(), uat.time()), (says_signed_out, time), "{value}");
        }
    }

    #[test]
    fn claims_that_javascript_takes_for_true() {
        for (json, expected) in [
            ("\"https://clerk.example.com\"", true),
            ("\" \"", true),
            ("\"0\"", true),
            ("1", true),
            ("-1", true),
            ("0.5", true),
            ("true", true),
            ("{}", true),
            ("[]", true),
            ("\"\"", false),
            ("0", false),
            ("0.0", false),
            ("false", false),
            ("null", false),
        ] {
            let claims = Claims::parse(format!("{{\"iss\":{json}}}").into_bytes(), 0).unwrap();
            assert_eq!(claims.get(ClaimName::Iss).is_some_and(|iss| is_truthy(&iss)), expected, "{json}");
        }
    }
}
