//! Verifies the session token of a request: distinguishes genuine tokens from rejected ones, and rejections from
//! outages.

use std::{borrow::Borrow, sync::Arc, time::Duration};

use super::{
    backend::{Backend, SigningKeyError},
    hint::Hint,
    outcome::Denial,
    presented::Presented,
};
use crate::{
    clock::Timestamp,
    config::Settings,
    keys::VerificationKey,
    reason::Reason,
    revocations::Standing,
    token::{
        Carrier, Claim, ClaimName, ClaimRules, Jwt, JwtClass, MachineJwt, MachineToken, RememberedToken, SecondVerdict,
        SessionToken, TokenRejection,
    },
};

/// The reason that a token is not accepted as a session.
#[derive(Debug)]
pub(super) enum NoSession {
    /// It is a machine token.
    Machine(Box<MachineJwt>),
    /// It is a token of another type.
    WrongType,
    Rejected(TokenRejection),
    /// The keys that could verify it are not available.
    Outage(Denial),
}

impl From<TokenRejection> for NoSession {
    fn from(rejection: TokenRejection) -> Self {
        Self::Rejected(rejection)
    }
}

impl NoSession {
    /// Returns the rejection if a newer token might be all that is missing.
    pub(super) fn renewable(self) -> Result<TokenRejection, Self> {
        match self {
            Self::Rejected(rejection) if rejection.may_be_renewed() => Ok(rejection),
            no_session => Err(no_session),
        }
    }

    /// Converts it to an outcome, if nothing else is tried.
    pub(super) fn into_signed_out(self, carrier: Carrier) -> Denial {
        match self {
            Self::Machine(_) => Denial::because(Reason::TokenTypeMismatch).with_hint(Hint::MachineTokenElsewhere),
            Self::WrongType => Denial::because(Reason::TokenTypeMismatch).with_hint(Hint::Template),
            Self::Rejected(rejection) => Denial::rejected(&rejection, carrier),
            Self::Outage(why) => why,
        }
    }
}

/// Returns the token if it was verified before and needs no further work: it is still valid, and so is its key.
pub(super) fn recognize(
    text: &[u8],
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Option<Arc<SessionToken>> {
    let remembered = backend.remembered(text)?;
    match remembered.verify_again(|key| backend.relies_on(key, now), settings.clock_skew, now) {
        SecondVerdict::Valid(token) => (standing(&token, settings, now) == Standing::Counts).then_some(token),
        SecondVerdict::Rejected(_) | SecondVerdict::ByAnotherKey(_) => None,
    }
}

pub(super) async fn verify(
    token: Presented<'_>,
    settings: &Settings,
    backend: &impl Backend,
    carrier: Carrier,
    now: Timestamp,
) -> Result<Arc<SessionToken>, NoSession> {
    let jwt = match token {
        Presented::Remembered(remembered) => match verify_again(remembered, settings, backend, carrier, now).await? {
            SecondVerdict::Valid(token) => return check_standing(token, settings, carrier, now),
            SecondVerdict::Rejected(rejection) => return Err(rejection.into()),
            SecondVerdict::ByAnotherKey(remembered) => Jwt::decode(remembered.expose())?,
        },
        Presented::Decoded(_, jwt) => *jwt,
        Presented::Malformed(_, why) => return Err((*why).into()),
    };
    let verified = Arc::new(verify_decoded(jwt, settings, backend, carrier, now, settings.clock_skew).await?);
    // Only a token that has passed every rule is cached. A rejection is not: anyone can make up invalid tokens, and
    // evict the valid ones with them; and a token that is rejected now may become valid when its time has come, or its
    // key.
    backend.remember(&verified);
    Ok(verified)
}

/// Verifies a remembered token by the key that it names now. Asks for that key only if the one that verified the token
/// may be out of date.
async fn verify_again(
    remembered: RememberedToken,
    settings: &Settings,
    backend: &impl Backend,
    carrier: Carrier,
    now: Timestamp,
) -> Result<SecondVerdict, NoSession> {
    let skew = settings.clock_skew;
    let remembered = match remembered.verify_again(|key| backend.relies_on(key, now), skew, now) {
        SecondVerdict::ByAnotherKey(remembered) => remembered,
        settled => return Ok(settled),
    };
    let header = remembered.header()?;
    let kid = header.get(ClaimName::Kid).and_then(Claim::as_str);
    let key = key(backend, kid, carrier, now).await?;
    Ok(remembered.verify_again(|verified_by| Arc::ptr_eq(verified_by, &key), skew, now))
}

/// Like [`verify`], with another clock skew than the configured one. It neither reads the cache nor adds to it.
pub(super) async fn verify_with_skew(
    token: &str,
    settings: &Settings,
    backend: &impl Backend,
    carrier: Carrier,
    now: Timestamp,
    clock_skew: Duration,
) -> Result<Arc<SessionToken>, NoSession> {
    verify_decoded(Jwt::decode(token)?, settings, backend, carrier, now, clock_skew).await.map(Arc::new)
}

async fn verify_decoded(
    jwt: Jwt,
    settings: &Settings,
    backend: &impl Backend,
    carrier: Carrier,
    now: Timestamp,
    clock_skew: Duration,
) -> Result<SessionToken, NoSession> {
    let jwt = match jwt.classify() {
        JwtClass::Session(jwt) => jwt,
        JwtClass::Machine(jwt) => return Err(NoSession::Machine(jwt.into())),
        JwtClass::Other => return Err(NoSession::WrongType),
    };
    let key = key(backend, jwt.kid(), carrier, now).await?;
    let rules = ClaimRules { clock_skew, ..ClaimRules::from(settings) };
    let check = |key: &Arc<VerificationKey>| Ok((jwt.check(key, &rules, now)?, Arc::clone(key)));
    let (validity, key) = by_current_key(backend, key, jwt.kid(), now, check).await?;
    let token = jwt.into_token(validity, &key);
    check_standing(token, settings, carrier, now)
}

/// Returns the token, unless its session was cut off after it was issued, or nobody knows.
fn check_standing<T: Borrow<SessionToken>>(
    token: T,
    settings: &Settings,
    carrier: Carrier,
    now: Timestamp,
) -> Result<T, NoSession> {
    match standing(token.borrow(), settings, now) {
        Standing::Counts => Ok(token),
        Standing::Revoked => Err(TokenRejection::revoked().into()),
        Standing::Unknown => Err(NoSession::Outage(Denial::without_revocations(carrier))),
    }
}

fn standing(token: &SessionToken, settings: &Settings, now: Timestamp) -> Standing {
    settings.revocations.as_ref().map_or(Standing::Counts, |revocations| revocations.standing(token.marks(), now))
}

/// Returns the verdict by `key` or, if the signature does not match that key, by the key that has replaced it under the
/// same `kid`.
pub(super) async fn by_current_key<T>(
    backend: &impl Backend,
    key: Arc<VerificationKey>,
    kid: Option<&str>,
    now: Timestamp,
    verify: impl Fn(&Arc<VerificationKey>) -> Result<T, TokenRejection>,
) -> Result<T, TokenRejection> {
    let verdict = verify(&key);
    match &verdict {
        Err(rejection) if rejection.is_about_signature() => match backend.key_in_place_of(&key, kid, now).await {
            Some(replacement) => verify(&replacement),
            None => verdict,
        },
        _ => verdict,
    }
}

/// Returns whether Clerk has signed the session token of a cookie: it counts, or a newer one of its session might.
pub(super) async fn is_genuine(
    cookie: &Presented<'_>,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> bool {
    match verify(cookie.clone(), settings, backend, Carrier::Cookie, now).await {
        Ok(_) => true,
        Err(no_session) => no_session.renewable().is_ok(),
    }
}

/// The reason that a token is not accepted as a machine's.
#[derive(Debug)]
pub(crate) enum NoMachine {
    Rejected(TokenRejection),
    /// The keys that could verify it are not available.
    Outage(SigningKeyError),
}

impl NoMachine {
    /// Only a header can carry a machine's token.
    pub(super) fn into_denial(self, kid: Option<&str>) -> Denial {
        match self {
            Self::Rejected(rejection) => Denial::machine(&rejection, None),
            Self::Outage(outage) => Denial::without_key(&outage, kid, Carrier::Header),
        }
    }
}

/// Verifies a machine's JWT, of a request or outside one.
pub(crate) async fn verify_machine(
    jwt: &MachineJwt,
    settings: &Settings,
    backend: &impl Backend,
    now: Timestamp,
) -> Result<MachineToken, NoMachine> {
    jwt.check_category().map_err(NoMachine::Rejected)?;
    let key = backend.signing_key(jwt.kid(), now).await.map_err(|error| match error {
        SigningKeyError::UnknownKid => NoMachine::Rejected(TokenRejection::unknown_kid(jwt.kid()).of_machine()),
        outage => NoMachine::Outage(outage),
    })?;
    let rules = ClaimRules::from(settings);
    let verdict = by_current_key(backend, key, jwt.kid(), now, |key| jwt.verify(key, &rules, now)).await;
    verdict.map_err(NoMachine::Rejected)
}

/// Returns the key that a token names.
pub(super) async fn key(
    backend: &impl Backend,
    kid: Option<&str>,
    carrier: Carrier,
    now: Timestamp,
) -> Result<Arc<VerificationKey>, NoSession> {
    backend.signing_key(kid, now).await.map_err(|error| match error {
        SigningKeyError::UnknownKid => TokenRejection::unknown_kid(kid).into(),
        outage => NoSession::Outage(Denial::without_key(&outage, kid, carrier)),
    })
}
