//! Machine tokens (API keys, M2M tokens and OAuth access tokens): their types, and the claims of those that are JWTs
//! (PROTOCOL section 12).

use std::{fmt, sync::Arc};

use memchr::memchr;
use serde_json::{Map, Value};

use super::{
    claims::{Claim, ClaimName, Claims},
    jwt::Jwt,
    memory,
    rejection::TokenRejection,
    token_type::TokenType,
};
use crate::api;

/// A token that only Clerk can verify. Its `Debug` form does not contain it.
#[derive(Clone)]
pub(crate) struct OpaqueToken {
    token_type: TokenType,
    text: Box<str>,
}

impl OpaqueToken {
    /// Returns the token if it has a prefix of an opaque token. A text in the form of a JWT is not opaque, whatever its
    /// prefix.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let token_type = by_prefix(text)?;
        (!has_jwt_form(text)).then(|| Self { token_type, text: text.into() })
    }

    pub(crate) fn token_type(&self) -> TokenType {
        self.token_type
    }

    /// Returns whether Clerk could have issued the token. Clerk's tokens are a prefix and a few dozen letters and
    /// digits; this accepts any token of RFC 6750, section 2.1, of up to a kilobyte. Anything else is made up, and not
    /// worth a call to Clerk.
    pub(crate) fn is_well_formed(&self) -> bool {
        let body = self.text.split_once('_').map_or("", |(_, body)| body).trim_end_matches('=');
        let is_token_char = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b);
        !self.is_too_long() && !body.is_empty() && body.bytes().all(is_token_char)
    }

    /// Returns whether the token is longer than any that is [well-formed](Self::is_well_formed). Costs nothing.
    pub(crate) fn is_too_long(&self) -> bool {
        self.text.len() > 1024
    }

    /// Returns the token itself, for Clerk and nothing else.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for OpaqueToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}…\"", self.token_type)
    }
}

/// Returns whether the token has the prefix of a machine token: then it is not a session token, whatever follows.
pub(crate) fn has_machine_prefix(text: &str) -> bool {
    by_prefix(text).is_some()
}

fn by_prefix(text: &str) -> Option<TokenType> {
    let types = [("ak_", TokenType::ApiKey), ("mt_", TokenType::M2mToken), ("oat_", TokenType::OAuthToken)];
    types.into_iter().find(|(prefix, _)| text.starts_with(prefix)).map(|(_, token_type)| token_type)
}

/// Returns whether the text is three parts of base64url without padding (RFC 7515, section 2). No other JWT counts as a
/// machine token.
pub(crate) fn has_jwt_form(text: &str) -> bool {
    let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let mut parts = text.split('.');
    let mut next = || parts.next().is_some_and(|part| !part.is_empty() && part.bytes().all(is_base64url));
    // Most machine tokens have no dot at all, which is found out sooner.
    memchr(b'.', text.as_bytes()).is_some() && next() && next() && next() && parts.next().is_none()
}

/// A machine token that was verified: by Clerk, or by its signature.
#[derive(Clone, Debug)]
pub(crate) enum MachineToken {
    ApiKey(Arc<Verified<api::ApiKey>>),
    M2m(Arc<Verified<api::M2mToken>>),
    OAuth(Arc<Verified<api::OAuthAccessToken>>),
}

impl MachineToken {
    /// Returns the id of the token, which is no secret.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::ApiKey(key) => &key.resource().id,
            Self::M2m(token) => &token.resource().id,
            Self::OAuth(token) => &token.resource().id,
        }
    }

    /// Returns an estimate of the token's memory in bytes. The estimate errs on the high side.
    pub(crate) fn footprint(&self) -> usize {
        let (text, scopes, claims) = match self {
            Self::ApiKey(key) => (&key.text, &key.resource().scopes, key.resource().claims.as_ref()),
            Self::M2m(token) => (&token.text, &token.resource().scopes, token.resource().claims.as_ref()),
            Self::OAuth(token) => (&token.text, &token.resource().scopes, None),
        };
        let scopes = memory::of_list::<String>(scopes.len())
            + scopes.iter().map(|scope| memory::of_block(scope.len())).sum::<usize>();
        // The other texts are short: ids, a name, a reason.
        memory::of_block(512) + memory::of_block(text.len()) + scopes + claims.map_or(0, memory::of_map)
    }
}

/// The content of a verified token, and the token itself, which `Debug` leaves out.
pub(crate) struct Verified<R> {
    resource: R,
    text: Box<str>,
}

impl<R> Verified<R> {
    pub(crate) fn new(resource: R, text: &str) -> Arc<Self> {
        Arc::new(Self { resource, text: text.into() })
    }

    pub(crate) fn resource(&self) -> &R {
        &self.resource
    }

    /// Returns the token itself: a credential.
    pub(crate) fn expose(&self) -> &str {
        &self.text
    }
}

impl<R: fmt::Debug> fmt::Debug for Verified<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.resource.fmt(f)
    }
}

/// A JWT whose header or claims say that it is a machine token. Made only by [`Jwt::classify`].
#[derive(Debug)]
pub(crate) struct MachineJwt {
    pub(super) jwt: Jwt,
    pub(super) kind: MachineJwtKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MachineJwtKind {
    /// The subject is a machine.
    M2m,
    /// An OAuth access token (RFC 9068, section 2.1).
    OAuth,
}

impl MachineJwt {
    pub(crate) fn token_type(&self) -> TokenType {
        match self.kind {
            MachineJwtKind::M2m => TokenType::M2mToken,
            MachineJwtKind::OAuth => TokenType::OAuthToken,
        }
    }

    /// Returns the ID of the key that the token claims to be signed with.
    pub(crate) fn kid(&self) -> Option<&str> {
        self.jwt.kid()
    }
}

/// Returns the kind of machine JWT, if it is one. A machine as the subject takes precedence over the header.
pub(super) fn kind_of(header: &Claims, payload: &Claims) -> Option<MachineJwtKind> {
    if payload.get(ClaimName::Sub).and_then(Claim::as_str).is_some_and(|subject| subject.starts_with("mch_")) {
        return Some(MachineJwtKind::M2m);
    }
    let typ = header.get(ClaimName::Typ).and_then(Claim::as_str);
    matches!(typ, Some("at+jwt" | "application/at+jwt")).then_some(MachineJwtKind::OAuth)
}

/// Reads the claims of a verified machine-to-machine JWT.
pub(super) fn m2m_of_claims(claims: Map<String, Value>) -> api::M2mToken {
    let scopes = match claims.get("scopes") {
        Some(Value::String(scopes)) => scopes.split(' ').map(str::to_owned).collect(),
        Some(Value::Array(scopes)) => texts(scopes),
        _ => match claims.get("aud") {
            Some(Value::String(audience)) => vec![audience.clone()],
            Some(Value::Array(audience)) => texts(audience),
            _ => Vec::new(),
        },
    };
    let mut token = api::M2mToken {
        id: text(&claims, "jti"),
        subject: text(&claims, "sub"),
        scopes,
        claims: None,
        token: None,
        revoked: false,
        revocation_reason: None,
        expired: false,
        expires_at: millis(&claims, "exp").map(api::system_time),
        created_at: millis(&claims, "iat").map(api::system_time),
        updated_at: millis(&claims, "iat").map(api::system_time),
        other: api::JsonObject::default(),
    };
    let mut own = claims;
    own.retain(|name, _| !matches!(name.as_str(), "iss" | "sub" | "exp" | "nbf" | "iat" | "jti"));
    token.claims = Some(own).filter(|own| !own.is_empty());
    token
}

/// Reads the claims of a verified OAuth access token.
pub(super) fn oauth_of_claims(mut claims: Map<String, Value>) -> api::OAuthAccessToken {
    let scopes = match (claims.get("scp"), claims.get("scope")) {
        (Some(Value::Array(scopes)), _) => texts(scopes),
        (Some(Value::String(scopes)), _) | (None | Some(Value::Null), Some(Value::String(scopes))) => {
            scopes.split(' ').map(str::to_owned).collect()
        }
        _ => Vec::new(),
    };
    api::OAuthAccessToken {
        id: text(&claims, "jti"),
        client_id: text(&claims, "client_id"),
        subject: text(&claims, "sub"),
        scopes,
        revoked: false,
        revocation_reason: None,
        expired: false,
        expires_at: millis(&claims, "exp").map(api::system_time),
        created_at: millis(&claims, "iat").map(api::system_time),
        updated_at: millis(&claims, "iat").map(api::system_time),
        aud: claims.remove("aud"),
        act: claims.remove("act"),
        other: api::JsonObject::default(),
    }
}

/// If `machine_id` is configured, checks that a machine-to-machine token was issued to that machine: its scopes list
/// the machines that may receive it, and a JWT may name it in `aud` too. Clerk checks this for an opaque token that is
/// verified with the machine's own key, but nothing else checks it for a JWT: a service that receives one could use it
/// at any other.
pub(crate) fn check_is_for_machine(
    token: &api::M2mToken,
    audience: Option<&Value>,
    machine_id: Option<&str>,
) -> Result<(), TokenRejection> {
    let Some(machine_id) = machine_id else { return Ok(()) };
    let in_audience = match audience {
        Some(Value::String(audience)) => audience == machine_id,
        Some(Value::Array(list)) => list.iter().any(|audience| audience == machine_id),
        _ => false,
    };
    if in_audience || token.scopes.iter().any(|scope| scope == machine_id) {
        Ok(())
    } else {
        Err(TokenRejection::for_another_machine(&token.scopes, machine_id))
    }
}

/// If `audience` is configured, checks that an OAuth token was issued to one of the expected audiences. Otherwise a
/// token for another service of the same instance would be accepted here.
pub(crate) fn check_oauth_audience(found: Option<&Value>, expected: &[String]) -> Result<(), TokenRejection> {
    if expected.is_empty() {
        return Ok(());
    }
    let audience: Option<Vec<&str>> = match found {
        Some(Value::String(audience)) => Some(vec![audience]),
        Some(Value::Array(list)) => list.iter().map(Value::as_str).collect(),
        _ => None,
    };
    match audience.filter(|list| !list.is_empty() && !list.contains(&"")) {
        None => Err(TokenRejection::oauth_audience_malformed(found)),
        Some(list) if list.iter().any(|audience| expected.iter().any(|e| e == audience)) => Ok(()),
        Some(_) => Err(TokenRejection::oauth_audience(found, expected)),
    }
}

fn text(claims: &Map<String, Value>, name: &str) -> String {
    claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn texts(list: &[Value]) -> Vec<String> {
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn millis(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_f64).map(|seconds| (seconds * 1000.0) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logs print what handlers print, and the token is a credential.
    #[test]
    fn debug_of_a_token_does_not_contain_it() {
        let opaque = OpaqueToken::parse("ak_secret").unwrap();
        let verified = Verified::new(m2m(serde_json::json!({ "jti": "mt_id", "sub": "mch_1" })), "mt_secret");
        let text = format!("{opaque:?} {verified:?}");
        assert!(text.contains("api_key…") && text.contains("mt_id") && !text.contains("secret"), "{text}");
        assert_eq!((opaque.expose(), verified.expose()), ("ak_secret", "mt_secret"));
    }

    fn m2m(claims: Value) -> api::M2mToken {
        let Value::Object(claims) = claims else { unreachable!() };
        m2m_of_claims(claims)
    }

    /// Too low, and the cache of verdicts takes more memory than its bound; too high, and it holds less than it could.
    #[test]
    fn estimates_are_a_little_more_than_what_is_held() {
        use serde_json::json;
        let (short, long) = ("mt_1", "x".repeat(10_000));
        let scopes = |count: usize| vec!["s".repeat(100); count];
        for (name, text, claims, held) in [
            ("no more than a token", short, json!({}), 4),
            ("a long token", &long, json!({}), 10_000),
            ("one scope", short, json!({ "aud": scopes(1) }), 100 + size_of::<String>()),
            ("many scopes", short, json!({ "aud": scopes(100) }), 100 * (100 + size_of::<String>())),
            ("claims", short, json!({ "scopes": [], "team": long }), 10_000),
            ("all of it", &long, json!({ "aud": scopes(100), "team": long }), 20_000 + 100 * 124),
        ] {
            let estimate = MachineToken::M2m(Verified::new(m2m(claims), text)).footprint();
            assert!((held..=4 * held + 2_500).contains(&estimate), "{name}: {estimate} for {held} bytes");
        }
    }

    #[test]
    fn audiences_and_the_machine_that_a_token_is_for() {
        use serde_json::json;
        let scoped = |scopes: Value| {
            let claims = json!({ "jti": "mt_1", "sub": "mch_a", "scopes": scopes });
            let Value::Object(claims) = claims else { unreachable!() };
            m2m_of_claims(claims)
        };
        for (name, scopes, audience, expected) in [
            ("its scope", json!("mch_b"), None, true),
            ("one of its scopes", json!("mch_c mch_b"), None, true),
            ("one in a list", json!(["mch_c", "mch_b"]), None, true),
            ("another's scope", json!("mch_c"), None, false),
            ("a longer scope", json!("mch_bb"), None, false),
            ("none", json!([]), None, false),
            ("its audience", json!([]), Some(json!("mch_b")), true),
            ("another's audience", json!([]), Some(json!("mch_c")), false),
            ("one of its audiences", json!([]), Some(json!(["mch_c", "mch_b"])), true),
            ("others' audiences", json!([]), Some(json!(["mch_c", "mch_d"])), false),
            ("no audiences", json!([]), Some(json!([])), false),
            ("no text", json!([]), Some(json!({ "mch_b": "mch_b" })), false),
            ("its scope, another's audience", json!("mch_b"), Some(json!("mch_c")), true),
        ] {
            let is_for = check_is_for_machine(&scoped(scopes.clone()), audience.as_ref(), Some("mch_b")).is_ok();
            assert_eq!(is_for, expected, "{name}");
            assert!(check_is_for_machine(&scoped(scopes), audience.as_ref(), None).is_ok(), "{name}: no machine_id");
        }
    }

    #[test]
    fn scopes_of_a_machines_jwt() {
        use serde_json::json;
        for (claims, expected) in [
            (json!({ "scopes": "a b" }), vec!["a", "b"]),
            (json!({ "scopes": ["a", "b", 1] }), vec!["a", "b"]),
            (json!({ "scopes": ["a"], "aud": "b" }), vec!["a"]),
            (json!({ "aud": "a" }), vec!["a"]),
            (json!({ "aud": ["a", "b"] }), vec!["a", "b"]),
            (json!({ "aud": 1 }), vec![]),
            (json!({}), vec![]),
        ] {
            let Value::Object(members) = claims.clone() else { unreachable!() };
            assert_eq!(m2m_of_claims(members).scopes, expected, "{claims}");
        }
    }

    #[test]
    fn opaque_tokens_and_their_form() {
        let long = |length: usize| format!("ak_{}", "x".repeat(length - 3));
        for (name, text, expected) in [
            ("as Clerk gives them out", "ak_3beecc9c60adb5f9b850e91a8ee1e992".to_owned(), true),
            ("with a mode", "ak_live_LCWGdaM8mv8K4PC123".to_owned(), true),
            ("a machine's", "mt_8XOIucKvqHVr5tYP123456789abcdefghij".to_owned(), true),
            ("an application's", "oat_8XOIucKvqHVr5tYP-_123456789".to_owned(), true),
            ("base64", "ak_a+b/c==".to_owned(), true),
            ("short", "ak_1".to_owned(), true),
            ("as long as can be", long(1024), true),
            ("longer", long(1025), false),
            ("60 kB", long(60_000), false),
            ("the prefix alone", "ak_".to_owned(), false),
            ("padding alone", "ak_==".to_owned(), false),
            ("padding in the middle", "ak_a=b".to_owned(), false),
            ("a space", "ak_a b".to_owned(), false),
            ("a quotation mark", "ak_a\"".to_owned(), false),
            ("a list", "ak_a,ak_b".to_owned(), false),
            ("a line break", "ak_a\nb".to_owned(), false),
            ("a null byte", "ak_a\0".to_owned(), false),
            ("letters of other alphabets", "ak_\u{e9}".to_owned(), false),
            ("markup", "ak_<script>".to_owned(), false),
        ] {
            assert_eq!(OpaqueToken::parse(&text).unwrap().is_well_formed(), expected, "{name}");
        }
    }
}
