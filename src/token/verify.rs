//! The rules of PROTOCOL section 6 in order: header type, algorithm, signature, and then the claims. Claims come last
//! so that a client without the key cannot learn what this server expects in them.

use std::{sync::Arc, time::Duration};

use jsonwebtoken::Algorithm;
use serde_json::{Map, Value};

use super::{
    claims::{Claim, ClaimName, Claims},
    class::{AnyJwt, HandshakeJwt, SessionJwt, category},
    jwt::Jwt,
    machine::{
        MachineJwt, MachineJwtKind, MachineToken, Verified, check_is_for_machine, check_oauth_audience, m2m_of_claims,
        oauth_of_claims,
    },
    rejection::TokenRejection,
    session::SessionToken,
    validity::{Validity, check_times, check_times_if_any},
};
use crate::{clock::Timestamp, keys::VerificationKey};

/// The values that the claims of a token have to match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClaimRules<'c> {
    pub(crate) authorized_parties: &'c [String],
    pub(crate) audience: &'c [String],
    pub(crate) issuer: &'c [String],
    /// The machine that machine-to-machine tokens have to be issued to; `None` for any machine.
    pub(crate) machine_id: Option<&'c str>,
    pub(crate) clock_skew: Duration,
}

impl SessionJwt {
    /// Verifies that the token is signed by `key` and that its claims are valid at the time `now`.
    #[cfg(any(test, feature = "testing", feature = "__internal-bench"))]
    pub(crate) fn verify(
        self,
        key: &Arc<VerificationKey>,
        rules: &ClaimRules<'_>,
        now: Timestamp,
    ) -> Result<SessionToken, TokenRejection> {
        let validity = self.check(key, rules, now)?;
        Ok(self.into_token(validity, key))
    }

    /// Does the same for a caller that may have to check the token again with another key.
    pub(crate) fn check(
        &self,
        key: &VerificationKey,
        rules: &ClaimRules<'_>,
        now: Timestamp,
    ) -> Result<Validity, TokenRejection> {
        check_is_signed(&self.0, key, SESSION_TYPES)?;
        let claims = &self.0.payload;
        check_subject(claims)?;
        check_audience(claims, rules.audience)?;
        check_authorized_party(claims, rules.authorized_parties)?;
        check_issuer(claims, rules.issuer)?;
        check_times(claims, rules.clock_skew, now)
    }

    /// Converts a token that has passed [`check`](Self::check) with this key.
    pub(crate) fn into_token(self, validity: Validity, key: &Arc<VerificationKey>) -> SessionToken {
        SessionToken::new(self.0.payload, validity, Arc::clone(key))
    }
}

impl AnyJwt {
    /// Returns the claims, if the token is signed by `key` and its claims are valid at the time `now`. With
    /// `needs_audience`, a token without an audience is rejected.
    pub(crate) fn verify(
        &self,
        key: &VerificationKey,
        rules: &ClaimRules<'_>,
        needs_audience: bool,
        now: Timestamp,
    ) -> Result<Map<String, Value>, TokenRejection> {
        check_is_signed(&self.0, key, SESSION_TYPES)?;
        let claims = &self.0.payload;
        check_subject(claims)?;
        if needs_audience && !names_an_audience(claims) {
            return Err(TokenRejection::audience_missing(rules.audience));
        }
        check_audience(claims, rules.audience)?;
        check_authorized_party(claims, rules.authorized_parties)?;
        check_issuer(claims, rules.issuer)?;
        check_times(claims, rules.clock_skew, now)?;
        Ok(claims.to_map())
    }
}

impl HandshakeJwt {
    /// Returns the cookies that the handshake sets, if the token is signed by `key` and in time. The token need not
    /// have times, but those that it has count. A `handshake` claim that is not a list sets no cookies.
    pub(crate) fn verify(
        &self,
        key: &VerificationKey,
        clock_skew: Duration,
        now: Timestamp,
    ) -> Result<Vec<Value>, TokenRejection> {
        check_is_signed(&self.0, key, SESSION_TYPES)?;
        check_times_if_any(&self.0.payload, clock_skew, now)?;
        match self.0.payload.to_map().remove("handshake") {
            Some(Value::Array(directives)) => Ok(directives),
            _ => Ok(Vec::new()),
        }
    }
}

impl MachineJwt {
    /// Verifies that the token is signed by `key`, has the right category, is in time, and was issued to this service.
    /// Authorized parties and issuers do not apply: they are rules for browsers.
    pub(crate) fn verify(
        &self,
        key: &VerificationKey,
        rules: &ClaimRules<'_>,
        now: Timestamp,
    ) -> Result<MachineToken, TokenRejection> {
        self.check_category()?;
        self.check(key, rules, now).map_err(TokenRejection::of_machine)?;
        Ok(match self.kind {
            MachineJwtKind::M2m => {
                let claims = self.jwt.payload.to_map();
                let audience = claims.get("aud").cloned();
                let token = m2m_of_claims(claims);
                check_is_for_machine(&token, audience.as_ref(), rules.machine_id)
                    .map_err(TokenRejection::of_machine)?;
                MachineToken::M2m(Verified::new(token, self.jwt.text()))
            }
            MachineJwtKind::OAuth => {
                MachineToken::OAuth(Verified::new(oauth_of_claims(self.jwt.payload.to_map()), self.jwt.text()))
            }
        })
    }

    /// Checks that the category, if there is one, is that of machine-to-machine tokens. OAuth access tokens have no
    /// category of their own. This comes before any key is looked up: a token of another class is the wrong type,
    /// signed or not.
    pub(crate) fn check_category(&self) -> Result<(), TokenRejection> {
        match (self.kind, self.jwt.header.get(ClaimName::Cat)) {
            (MachineJwtKind::OAuth, _) | (MachineJwtKind::M2m, None) => Ok(()),
            (MachineJwtKind::M2m, Some(category)) if category.as_str() == Some(category::M2M) => Ok(()),
            (MachineJwtKind::M2m, Some(_)) => Err(TokenRejection::m2m_category()),
        }
    }

    fn check(&self, key: &VerificationKey, rules: &ClaimRules<'_>, now: Timestamp) -> Result<(), TokenRejection> {
        let claims = &self.jwt.payload;
        match self.kind {
            MachineJwtKind::M2m => {
                check_is_signed(&self.jwt, key, SESSION_TYPES)?;
                check_subject(claims)?;
                check_audience(claims, rules.audience)?;
                check_times(claims, rules.clock_skew, now).map(|_| ())
            }
            MachineJwtKind::OAuth => {
                check_is_signed(&self.jwt, key, OAUTH_TYPES)?;
                check_subject(claims)?;
                check_times(claims, rules.clock_skew, now)?;
                check_oauth_audience(claims.get(ClaimName::Aud).map(Claim::to_value).as_ref(), rules.audience)
            }
        }
    }
}

/// The accepted values of the header's `typ`.
struct HeaderTypes {
    accepted: &'static [&'static str],
    may_be_absent: bool,
    described: &'static str,
}

const SESSION_TYPES: HeaderTypes = HeaderTypes { accepted: &["JWT"], may_be_absent: true, described: "JWT" };
/// RFC 9068, section 2.1.
const OAUTH_TYPES: HeaderTypes = HeaderTypes {
    accepted: &["at+jwt", "application/at+jwt"],
    may_be_absent: false,
    described: "at+jwt, application/at+jwt",
};

fn check_is_signed(jwt: &Jwt, key: &VerificationKey, types: HeaderTypes) -> Result<(), TokenRejection> {
    check_header_type(&jwt.header, &types)?;
    let algorithm = check_algorithm(&jwt.header)?;
    check_signature(jwt.signing_input(), &jwt.signature, key, algorithm)
}

fn check_header_type(header: &Claims, types: &HeaderTypes) -> Result<(), TokenRejection> {
    match header.get(ClaimName::Typ) {
        None if types.may_be_absent => Ok(()),
        Some(typ) if typ.as_str().is_some_and(|typ| types.accepted.contains(&typ)) => Ok(()),
        other => Err(TokenRejection::header_type(other, types.described)),
    }
}

fn check_algorithm(header: &Claims) -> Result<Algorithm, TokenRejection> {
    match header.get(ClaimName::Alg).and_then(Claim::as_str) {
        Some("RS256") => Ok(Algorithm::RS256),
        Some("RS384") => Ok(Algorithm::RS384),
        Some("RS512") => Ok(Algorithm::RS512),
        _ => Err(TokenRejection::algorithm(header.get(ClaimName::Alg))),
    }
}

fn check_signature(
    signing_input: &str,
    signature: &[u8],
    key: &VerificationKey,
    algorithm: Algorithm,
) -> Result<(), TokenRejection> {
    if key.algorithm().is_some_and(|bound| bound != algorithm) {
        return Err(TokenRejection::algorithm_of_another_key());
    }
    let is_genuine = key.has_signed(algorithm, signing_input.as_bytes(), signature);
    if is_genuine { Ok(()) } else { Err(TokenRejection::signature()) }
}

/// `sub` has to name the user. The reference accepts the empty string, and then treats the request as signed out. Here
/// it is rejected, so that no handler ever gets a user without an ID.
fn check_subject(claims: &Claims) -> Result<(), TokenRejection> {
    let claim = claims.get(ClaimName::Sub);
    let is_a_name = claim.and_then(Claim::as_str).is_some_and(|subject| !subject.is_empty());
    if is_a_name { Ok(()) } else { Err(TokenRejection::subject(claim)) }
}

/// `aud` is compared only if both sides have one: Clerk's session tokens have none by default.
fn check_audience(claims: &Claims, expected: &[String]) -> Result<(), TokenRejection> {
    let Some(found) = claims.get(ClaimName::Aud) else { return Ok(()) };
    if expected.is_empty() {
        return Ok(());
    }
    let is_expected = |audience: &str| expected.iter().any(|e| e == audience);
    let matches = match (found.as_str(), found) {
        (Some(audience), _) => audience.is_empty() || is_expected(audience),
        (None, Claim::Value(Value::Array(list))) if list.iter().all(Value::is_string) => {
            list.iter().all(|audience| audience == "") || list.iter().filter_map(Value::as_str).any(is_expected)
        }
        // Neither a string nor a list of strings: counts as absent, as in the reference. This weakens nothing, since a
        // token without any `aud` is accepted too.
        _ => true,
    };
    if matches { Ok(()) } else { Err(TokenRejection::audience(found, expected)) }
}

/// Returns whether `aud` is present in a form that [`check_audience`] compares.
fn names_an_audience(claims: &Claims) -> bool {
    match claims.get(ClaimName::Aud) {
        Some(Claim::Value(Value::Array(list))) => {
            list.iter().all(Value::is_string) && list.iter().any(|audience| audience != "")
        }
        Some(audience) => audience.as_str().is_some_and(|audience| !audience.is_empty()),
        None => false,
    }
}

fn check_authorized_party(claims: &Claims, expected: &[String]) -> Result<(), TokenRejection> {
    if expected.is_empty() || is_one_of(claims.get(ClaimName::Azp), expected) {
        return Ok(());
    }
    Err(TokenRejection::authorized_party(claims.get(ClaimName::Azp), expected))
}

fn check_issuer(claims: &Claims, expected: &[String]) -> Result<(), TokenRejection> {
    if expected.is_empty() || is_one_of(claims.get(ClaimName::Iss), expected) {
        return Ok(());
    }
    Err(TokenRejection::issuer(claims.get(ClaimName::Iss), expected))
}

fn is_one_of(claim: Option<Claim<'_>>, expected: &[String]) -> bool {
    claim.and_then(Claim::as_str).is_some_and(|found| expected.iter().any(|e| e == found))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn types_in_the_header_and_who_accepts_them() {
        for (header, of_sessions, of_oauth) in [
            (json!({}), true, false),
            (json!({ "typ": "JWT" }), true, false),
            (json!({ "typ": "jwt" }), false, false),
            (json!({ "typ": "at+jwt" }), false, true),
            (json!({ "typ": "application/at+jwt" }), false, true),
            (json!({ "typ": "AT+JWT" }), false, false),
            (json!({ "typ": "" }), false, false),
            (json!({ "typ": null }), false, false),
            (json!({ "typ": ["JWT", "at+jwt"] }), false, false),
        ] {
            let members = header.as_object().unwrap().into();
            let accepted = [SESSION_TYPES, OAUTH_TYPES].map(|types| check_header_type(&members, &types).is_ok());
            assert_eq!(accepted, [of_sessions, of_oauth], "{header}");
        }
    }
}
