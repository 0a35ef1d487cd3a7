//! The codes are Clerk's, and the troubleshooting page explains every one of them.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    auth::{Missing, Reverification},
    web::AuthError,
};

/// Every reason. The match keeps the list complete.
fn all() -> Vec<Reason> {
    use Reason::*;
    let all = vec![
        SessionTokenAndUatMissing,
        DevBrowserMissing,
        DevBrowserSync,
        PrimaryRespondsToSyncing,
        PrimaryDomainCrossOriginSync,
        SatelliteNeedsSyncing,
        SessionTokenMissing,
        ClientUatWithoutSessionToken,
        SessionTokenWithoutClientUat,
        SessionTokenIatBeforeClientUat,
        ActiveOrganizationMismatch,
        CrossOriginWebsocket,
        CrossOriginRequest,
        TokenTypeMismatch,
        TokenMissing,
        TokenInvalid,
        TokenInvalidAlgorithm,
        TokenInvalidSignature,
        TokenVerificationFailed,
        TokenInvalidAuthorizedParties,
        TokenInvalidIssuer,
        TokenExpired,
        TokenNotActiveYet,
        TokenIatInTheFuture,
        SessionTokenExpired(RefreshFailure::FETCH_ERROR),
        SessionTokenNbf,
        SessionTokenIatInTheFuture,
        SessionRevoked,
        RevocationsUnavailable,
        SessionPending,
        JwkKidMismatch,
        JwkRemoteFailedToLoad,
        SecretKeyInvalid,
        UnexpectedError,
        MiddlewareMissing,
    ];
    let count = |reason: &Reason| match reason {
        SessionTokenAndUatMissing | DevBrowserMissing | DevBrowserSync | PrimaryRespondsToSyncing => 1,
        PrimaryDomainCrossOriginSync | SatelliteNeedsSyncing | SessionTokenMissing => 1,
        ClientUatWithoutSessionToken | SessionTokenWithoutClientUat | SessionTokenIatBeforeClientUat => 1,
        ActiveOrganizationMismatch | CrossOriginWebsocket | CrossOriginRequest | TokenTypeMismatch => 1,
        TokenMissing | TokenInvalid | TokenInvalidAlgorithm | TokenInvalidSignature => 1,
        TokenVerificationFailed | TokenInvalidAuthorizedParties | TokenInvalidIssuer | TokenExpired => 1,
        TokenNotActiveYet | TokenIatInTheFuture | SessionTokenExpired(_) | SessionTokenNbf => 1,
        SessionTokenIatInTheFuture | SessionPending | JwkKidMismatch | JwkRemoteFailedToLoad => 1,
        SessionRevoked | RevocationsUnavailable => 1,
        SecretKeyInvalid | UnexpectedError | MiddlewareMissing => 1,
    };
    assert_eq!(all.iter().map(count).sum::<usize>(), 35, "a reason is missing in this list");
    all
}

/// Every failure that this crate names, and one that Clerk names.
fn refresh_failures() -> Vec<RefreshFailure> {
    vec![
        RefreshFailure::NON_ELIGIBLE_NON_GET,
        RefreshFailure::NON_ELIGIBLE_NO_REFRESH_COOKIE,
        RefreshFailure::MISSING_SESSION_TOKEN,
        RefreshFailure::DECODE_FAILED,
        RefreshFailure::MISSING_SID_CLAIM,
        RefreshFailure::FETCH_ERROR,
        RefreshFailure::UNEXPECTED_BAPI_ERROR,
        RefreshFailure::UNEXPECTED_SDK_ERROR,
        RefreshFailure::INVALID_SESSION_TOKEN,
        RefreshFailure::refused("…"),
    ]
}

/// The label of every reason.
#[cfg(feature = "metrics")]
pub(crate) fn labels() -> BTreeSet<&'static str> {
    let refreshes = refresh_failures().into_iter().map(Reason::SessionTokenExpired);
    all().iter().map(Reason::label).chain(refreshes.map(|reason| reason.label())).collect()
}

/// The code, the cause and the fix of every reason.
fn advice() -> Vec<(String, &'static str, &'static str)> {
    let (expired, mut reasons): (Vec<_>, Vec<_>) =
        all().into_iter().partition(|reason| matches!(reason, Reason::SessionTokenExpired(_)));
    assert_eq!(expired.len(), 1);
    reasons.extend(refresh_failures().into_iter().map(Reason::SessionTokenExpired));
    reasons.iter().map(|reason| (reason.to_string(), reason.cause(), reason.fix())).collect()
}

/// The code, the cause and the fix of every rejection that is not about authentication.
fn advice_of_rejections() -> Vec<(String, &'static str, &'static str)> {
    let missing = [
        Missing::Role("org:admin".into()),
        Missing::Permission("org:posts:publish".into()),
        Missing::Feature("exports".into()),
        Missing::Plan("team".into()),
        Missing::Scope("orders:read".into()),
        Missing::Reverification(Reverification::STRICT),
        Missing::OneOf(Vec::new().into()),
        Missing::Request,
        Missing::Everything,
        Missing::Ambiguous,
    ];
    let rejections = missing.into_iter().map(AuthError::from).chain([AuthError::MiddlewareMissing]);
    rejections.map(|error| (error.code().to_owned(), error.cause(), error.fix())).collect()
}

/// The codes of responses that are not an `AuthError`'s, with their causes and fixes on the page only.
const OTHER_CODES: [&str; 1] = ["handshake-malformed"];

#[test]
fn the_troubleshooting_page_has_the_advice_for_every_code_and_no_other_code() {
    let page = include_str!("../../docs/troubleshooting.md");
    let (_, codes) = page.split_once("\n# Codes\n").unwrap();
    let mut rows = BTreeMap::new();
    for row in codes.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [code, cause, tell, fix] = cells[..] else { panic!("not four cells: {row}") };
        assert!(!tell.is_empty(), "{row}");
        assert_eq!(rows.insert(code.trim_matches('`'), (cause, fix)), None, "two rows for {code}");
    }
    let advice = [advice(), advice_of_rejections()].concat();
    for (code, cause, fix) in &advice {
        assert_eq!(rows.get(code.as_str()), Some(&(*cause, *fix)), "docs/troubleshooting.md, {code}");
    }
    let known: BTreeSet<&str> = advice.iter().map(|(code, ..)| code.as_str()).chain(OTHER_CODES).collect();
    assert_eq!(rows.into_keys().collect::<BTreeSet<_>>(), known, "rows for codes that do not exist");
}

#[test]
fn advice_is_one_or_two_sentences_of_text() {
    for (code, cause, fix) in [advice(), advice_of_rejections()].concat() {
        for text in [cause, fix] {
            assert!(text.len() <= 300 && text.ends_with('.'), "{code}: {text}");
            assert!(text.matches('`').count() % 2 == 0 && !text.contains(['|', '\n']), "{code}: {text}");
            assert!(!text.contains("  "), "{code}: {text}");
        }
    }
}

/// A wrong clock looks like wrong keys to somebody who changes things at random.
#[test]
fn advice_about_times_is_about_the_clock_and_never_about_keys() {
    let about_times = [
        Reason::TokenExpired,
        Reason::TokenNotActiveYet,
        Reason::TokenIatInTheFuture,
        Reason::SessionTokenNbf,
        Reason::SessionTokenIatInTheFuture,
    ];
    for reason in about_times.into_iter().chain(refresh_failures().into_iter().map(Reason::SessionTokenExpired)) {
        for text in [reason.cause(), reason.fix()] {
            assert!(text.contains("clock") && !text.to_lowercase().contains("key"), "{reason}: {text}");
        }
    }
}

#[test]
fn settings_in_advice_exist() {
    let documented = include_str!("../config/env/mod.rs");
    for (code, cause, fix) in [advice(), advice_of_rejections()].concat() {
        for word in [cause, fix].iter().flat_map(|text| text.split(|c: char| !(c.is_ascii_uppercase() || c == '_'))) {
            let exists = !word.starts_with("CLERK_") || documented.contains(&format!("`{word}`"));
            assert!(exists, "{code} names {word}, which is not a variable");
        }
    }
}

#[test]
fn codes_are_clerks() {
    let expired = Reason::SessionTokenExpired(RefreshFailure::NON_ELIGIBLE_NON_GET);
    assert_eq!(expired.as_str(), "session-token-expired-refresh-non-eligible-non-get");
    assert_eq!(RefreshFailure::NON_ELIGIBLE_NON_GET.why(), "non-eligible-non-get");
    assert_eq!(RefreshFailure::refused("refresh_token_invalid").why(), "refresh_token_invalid");
    assert_eq!(RefreshFailure::refused(""), RefreshFailure::UNEXPECTED_SDK_ERROR);
    assert_eq!(RefreshFailure::refused(&"a".repeat(201)), RefreshFailure::UNEXPECTED_SDK_ERROR);
    assert_eq!(Reason::JwkKidMismatch.to_string(), "jwk-kid-mismatch");
}
