//! A token's time claims: read once, and compared with the clock as often as needed.

use std::time::Duration;

use super::{
    claims::{ClaimName, Claims},
    rejection::TokenRejection,
};
use crate::clock::Timestamp;

/// The time claims of a token (RFC 7519, sections 4.1.4 to 4.1.6). Made only by [`check_times`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validity {
    expiry: Timestamp,
    not_before: Option<Timestamp>,
    issued_at: Option<Timestamp>,
}

impl Validity {
    /// Returns the same verdict as [`check_times`] for the same claims.
    #[inline]
    pub(super) fn check(self, skew: Duration, now: Timestamp) -> Result<(), TokenRejection> {
        check_expiry(self.expiry, skew, now)?;
        check_not_before(self.not_before, skew, now)?;
        check_issued_at(self.issued_at, skew, now)
    }
}

/// Reads and compares each claim before the next one: if two are wrong, the rejection names the same one as other SDKs
/// do.
pub(super) fn check_times(claims: &Claims, skew: Duration, now: Timestamp) -> Result<Validity, TokenRejection> {
    let Some(expiry) = numeric_date(claims, ClaimName::Exp, EXPIRY)? else {
        return Err(TokenRejection::not_a_date(EXPIRY, None));
    };
    check_expiry(expiry, skew, now)?;
    let (not_before, issued_at) = check_beginning(claims, skew, now)?;
    Ok(Validity { expiry, not_before, issued_at })
}

/// Checks the times of a token that need not have any.
pub(super) fn check_times_if_any(claims: &Claims, skew: Duration, now: Timestamp) -> Result<(), TokenRejection> {
    if let Some(expiry) = numeric_date(claims, ClaimName::Exp, EXPIRY)? {
        check_expiry(expiry, skew, now)?;
    }
    check_beginning(claims, skew, now).map(|_| ())
}

const EXPIRY: &str = "expiry date claim (exp)";

type NotBeforeAndIssuedAt = (Option<Timestamp>, Option<Timestamp>);

fn check_beginning(claims: &Claims, skew: Duration, now: Timestamp) -> Result<NotBeforeAndIssuedAt, TokenRejection> {
    let not_before = numeric_date(claims, ClaimName::Nbf, "not before date claim (nbf)")?;
    check_not_before(not_before, skew, now)?;
    let issued_at = numeric_date(claims, ClaimName::Iat, "issued at date claim (iat)")?;
    check_issued_at(issued_at, skew, now)?;
    Ok((not_before, issued_at))
}

// These three are inlined: calls would be a tenth of what a remembered token costs.
#[inline]
fn check_expiry(expiry: Timestamp, skew: Duration, now: Timestamp) -> Result<(), TokenRejection> {
    if expiry <= now.minus(skew) { Err(TokenRejection::expired(expiry, now)) } else { Ok(()) }
}

#[inline]
fn check_not_before(not_before: Option<Timestamp>, skew: Duration, now: Timestamp) -> Result<(), TokenRejection> {
    match not_before {
        Some(not_before) if not_before > now.plus(skew) => Err(TokenRejection::not_active_yet(not_before, now)),
        _ => Ok(()),
    }
}

#[inline]
fn check_issued_at(issued_at: Option<Timestamp>, skew: Duration, now: Timestamp) -> Result<(), TokenRejection> {
    match issued_at {
        Some(issued_at) if issued_at > now.plus(skew) => Err(TokenRejection::issued_in_the_future(issued_at, now)),
        _ => Ok(()),
    }
}

fn numeric_date(claims: &Claims, name: ClaimName, described: &str) -> Result<Option<Timestamp>, TokenRejection> {
    let Some(claim) = claims.get(name) else { return Ok(None) };
    match claim.as_f64() {
        Some(seconds) => Ok(Some(Timestamp::from_numeric_date(seconds))),
        None => Err(TokenRejection::not_a_date(described, Some(claim))),
    }
}
