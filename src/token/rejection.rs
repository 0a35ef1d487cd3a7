//! Rejected tokens: the reason code, and the message that operators see in `x-clerk-auth-message`, worded as in Clerk's
//! own SDKs.

use std::fmt;

use serde_json::Value;

use super::claims::Claim;
use crate::{clock::Timestamp, reason::Reason};

/// The rejection of a token, and the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TokenRejection {
    pub(crate) reason: Reason,
    message: String,
    action: Option<&'static str>,
    is_about_signature: bool,
    /// For a token that is out of its time, by this server's clock.
    out_of_time: Option<OutOfTime>,
}

/// By how much a token is out of its time, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutOfTime {
    ExpiredFor(i64),
    ValidIn(i64),
}

impl fmt::Display for OutOfTime {
    /// Says what it means for this server's clock. Only a token of the future proves that the clock is wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |millis: i64| millis.saturating_add(999) / 1000;
        match *self {
            Self::ExpiredFor(millis) => write!(
                f,
                "It expired {} s ago by this machine's clock. If the token is new, the clock is ahead of Clerk's: \
                 synchronize it.",
                seconds(millis)
            ),
            Self::ValidIn(millis) => {
                write!(f, "This machine's clock is at least {} s behind Clerk's: synchronize it.", seconds(millis))
            }
        }
    }
}

/// The part of the request that carried a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Header,
    Cookie,
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Cookie => "cookie",
        })
    }
}

const ENSURE_CLERK_JWT: &str = "Make sure that this is a valid Clerk-generated JWT.";
const CONTACT_SUPPORT: &str = "Contact support@clerk.com";
const VALIDATE_KEYS: &str = "Go to your Dashboard and validate your secret and public keys are correct. Contact \
                             support@clerk.com if the issue persists.";

impl TokenRejection {
    fn new(reason: Reason, message: impl Into<String>, action: Option<&'static str>) -> Self {
        let is_about_signature = reason == Reason::TokenInvalidSignature;
        Self { reason, message: message.into(), action, is_about_signature, out_of_time: None }
    }

    /// Returns the full message, with the carrier of the token.
    pub(crate) fn full_message(&self, carrier: Carrier) -> String {
        let action = self.action.map(|action| format!(" {action}")).unwrap_or_default();
        format!("{}{action} (reason={}, token-carrier={carrier})", self.message, self.reason)
    }

    /// Returns the same rejection for a machine's JWT: it always has the same reason, whatever check failed.
    pub(crate) fn of_machine(self) -> Self {
        Self { reason: Reason::TokenVerificationFailed, ..self }
    }

    /// Returns the full message for a machine token, with the status of Clerk's response if there was one.
    pub(crate) fn machine_message(&self, status: Option<u16>) -> String {
        let status = status.map_or_else(|| "n/a".to_owned(), |status| status.to_string());
        format!("{} (code={}, status={status})", self.message, self.reason)
    }

    /// Returns whether the token would pass at another time, or by another clock.
    pub(crate) fn is_about_time(&self) -> bool {
        matches!(self.reason, Reason::TokenExpired | Reason::TokenNotActiveYet | Reason::TokenIatInTheFuture)
    }

    /// Returns by how much the token is out of its time; `None` if it was rejected for another reason.
    pub(crate) fn out_of_time(&self) -> Option<OutOfTime> {
        self.out_of_time
    }

    /// Returns whether a newer token of the same browser might pass.
    pub(crate) fn may_be_renewed(&self) -> bool {
        self.is_about_time() || self.reason == Reason::SessionRevoked
    }

    /// Returns whether the token might pass with another key.
    pub(crate) fn is_about_signature(&self) -> bool {
        self.is_about_signature
    }

    pub(crate) fn not_three_parts() -> Self {
        let message = "Invalid JWT form. A JWT consists of three parts separated by dots.";
        Self::new(Reason::TokenInvalid, message, None)
    }

    pub(crate) fn too_long(limit: usize) -> Self {
        let message = format!("Invalid JWT form. It is longer than {limit} bytes, and was not decoded.");
        Self::new(Reason::TokenInvalid, message, None)
    }

    pub(crate) fn undecodable() -> Self {
        let message = "Invalid JWT form. The header, payload, or signature could not be decoded.";
        Self::new(Reason::TokenInvalid, message, None)
    }

    /// The header has the parameter `crit`.
    pub(crate) fn critical_extensions() -> Self {
        let message = "The JWT header parameter \"crit\" lists extensions that have to be understood, and none are.";
        Self::new(Reason::TokenInvalid, message, Some(ENSURE_CLERK_JWT))
    }

    /// `expected` is a type such as `JWT`.
    pub(crate) fn header_type(found: Option<Claim<'_>>, expected: &str) -> Self {
        let message = format!("Invalid JWT type {}. Expected \"{expected}\".", shown(found));
        Self::new(Reason::TokenInvalid, message, Some(ENSURE_CLERK_JWT))
    }

    pub(crate) fn algorithm(found: Option<Claim<'_>>) -> Self {
        let message = format!("Invalid JWT algorithm {}. Supported: RS256,RS384,RS512.", shown(found));
        Self::new(Reason::TokenInvalidAlgorithm, message, Some(ENSURE_CLERK_JWT))
    }

    /// The key is bound to another algorithm than the token names (RFC 8725, section 3.1).
    pub(crate) fn algorithm_of_another_key() -> Self {
        let message = "Error verifying JWT signature. Error: JWK \"alg\" does not match the requested algorithm";
        Self::new(Reason::TokenVerificationFailed, message, Some(ENSURE_CLERK_JWT))
    }

    pub(crate) fn signature() -> Self {
        Self::new(Reason::TokenInvalidSignature, "JWT signature is invalid.", None)
    }

    pub(crate) fn subject(found: Option<Claim<'_>>) -> Self {
        let message = format!("Subject claim (sub) is required and must be a string. Received {}.", shown(found));
        Self::new(Reason::TokenVerificationFailed, message, Some(ENSURE_CLERK_JWT))
    }

    pub(crate) fn audience(found: Claim<'_>, expected: &[String]) -> Self {
        let array = if matches!(found, Claim::Value(Value::Array(_))) { " array" } else { "" };
        let message = format!(
            "Invalid JWT audience claim{array} (aud) {found}. Is not included in \"{}\".",
            serde_json::json!(expected)
        );
        Self::new(Reason::TokenVerificationFailed, message, Some(ENSURE_CLERK_JWT))
    }

    pub(crate) fn authorized_party(found: Option<Claim<'_>>, expected: &[String]) -> Self {
        let message =
            format!("Invalid JWT Authorized party claim (azp) {}. Expected \"{}\".", shown(found), expected.join(","));
        Self::new(Reason::TokenInvalidAuthorizedParties, message, None)
    }

    pub(crate) fn issuer(found: Option<Claim<'_>>, expected: &[String]) -> Self {
        let message = format!("Invalid JWT issuer claim (iss) {}. Expected \"{}\".", shown(found), expected.join(","));
        Self::new(Reason::TokenInvalidIssuer, message, Some(ENSURE_CLERK_JWT))
    }

    /// A time claim is not a number; `claim` is a description such as `expiry date claim (exp)`.
    pub(crate) fn not_a_date(claim: &str, found: Option<Claim<'_>>) -> Self {
        let message = format!("Invalid JWT {claim} {}. Expected number.", shown(found));
        Self::new(Reason::TokenVerificationFailed, message, Some(ENSURE_CLERK_JWT))
    }

    pub(crate) fn expired(expiry: Timestamp, now: Timestamp) -> Self {
        let message = format!("JWT is expired. Expiry date: {}, Current date: {}.", date(expiry), date(now));
        let out_of_time = Some(OutOfTime::ExpiredFor(now.millis_since(expiry)));
        Self { out_of_time, ..Self::new(Reason::TokenExpired, message, None) }
    }

    pub(crate) fn not_active_yet(not_before: Timestamp, now: Timestamp) -> Self {
        let message = format!(
            "JWT cannot be used prior to not before date claim (nbf). Not before date: {}; Current date: {};",
            date(not_before),
            date(now)
        );
        let out_of_time = Some(OutOfTime::ValidIn(not_before.millis_since(now)));
        Self { out_of_time, ..Self::new(Reason::TokenNotActiveYet, message, None) }
    }

    pub(crate) fn issued_in_the_future(issued_at: Timestamp, now: Timestamp) -> Self {
        let message = format!(
            "JWT issued at date claim (iat) is in the future. Issued at date: {}; Current date: {};",
            date(issued_at),
            date(now)
        );
        let out_of_time = Some(OutOfTime::ValidIn(issued_at.millis_since(now)));
        Self { out_of_time, ..Self::new(Reason::TokenIatInTheFuture, message, None) }
    }

    pub(crate) fn unknown_kid(kid: Option<&str>) -> Self {
        let message = format!(
            "Unable to find a signing key in JWKS that matches the kid='{}' of the provided session token. Please make \
             sure that the __session cookie or the HTTP authorization header contain a Clerk-generated session JWT.",
            kid.unwrap_or("undefined")
        );
        Self::new(Reason::JwkKidMismatch, message, Some(VALIDATE_KEYS))
    }

    /// The session has ended, or its user was signed out, after the token was issued.
    pub(crate) fn revoked() -> Self {
        Self::new(Reason::SessionRevoked, "The session was revoked on this server after the token was issued.", None)
    }

    /// The session may have ended: the store that would say so cannot be reached.
    pub(crate) fn revocations_unavailable() -> Self {
        let message = "The session may have been revoked: the list of revocations is not available. Try again later.";
        Self::new(Reason::RevocationsUnavailable, message, None)
    }

    /// A machine token was passed in place of another JWT.
    pub(crate) fn category_of_a_machine() -> Self {
        Self::new(Reason::TokenInvalid, "Invalid session token category.", Some(ENSURE_CLERK_JWT))
    }

    /// The token has no audience, and the caller requires one.
    pub(crate) fn audience_missing(expected: &[String]) -> Self {
        let expected = serde_json::json!(expected);
        let message = format!("JWT audience claim (aud) is required. Expected one of {expected}.");
        Self::new(Reason::TokenVerificationFailed, message, Some(ENSURE_CLERK_JWT))
    }

    pub(crate) fn m2m_category() -> Self {
        Self::new(Reason::TokenInvalid, "Invalid M2M JWT category.", None)
    }

    pub(crate) fn for_another_machine(scopes: &[String], machine_id: &str) -> Self {
        let message = format!(
            "The M2M token is made for another machine. Its scopes or audience (aud) must contain {machine_id}; its scopes are {}.",
            serde_json::json!(scopes)
        );
        Self::new(Reason::TokenVerificationFailed, message, None)
    }

    pub(crate) fn oauth_audience_malformed(found: Option<&Value>) -> Self {
        let message = format!(
            "Invalid OAuth audience claim (aud) {}. Expected a non-empty string or a non-empty array of non-empty strings.",
            shown(found)
        );
        Self::new(Reason::TokenVerificationFailed, message, None)
    }

    pub(crate) fn oauth_audience(found: Option<&Value>, expected: &[String]) -> Self {
        let message = format!(
            "OAuth audience mismatch. Verification expected audience {}, but incoming token has aud {}.",
            serde_json::json!(expected),
            shown(found)
        );
        Self::new(Reason::TokenVerificationFailed, message, None)
    }

    /// The rejection that Clerk's API returned for an opaque token.
    pub(crate) fn by_clerk(reason: Reason, message: impl Into<String>) -> Self {
        Self::new(reason, message, None)
    }

    pub(crate) fn keys_unavailable(reason: Reason, message: String) -> Self {
        Self::new(reason, message, Some(CONTACT_SUPPORT))
    }
}

fn shown(value: Option<impl fmt::Display>) -> String {
    value.map_or_else(|| "undefined".to_owned(), |value| value.to_string())
}

fn date(moment: Timestamp) -> String {
    moment.http_date().unwrap_or_else(|| "Invalid Date".to_owned())
}
