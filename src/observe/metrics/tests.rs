//! What is counted as what, and the label values on the page "Observability", which are the code's own.

use std::{collections::BTreeSet, time::Duration};

use super::*;
use crate::{backend::TransportError, client::RESOURCES, reason, request::LoopCause, token::TokenType};

const PAGE: &str = include_str!("../../../docs/observability.md");

/// A signed-out request without anything else.
const DECISION: Decision<'static> = Decision {
    method: "GET",
    path: "/",
    outcome: "signed-out",
    reason: None,
    token_type: "session_token",
    carrier: "none",
    cookies: "",
    cache: "none",
    renewed_by: "none",
    redirect_loop: "none",
    duration: Duration::ZERO,
};

#[test]
fn decisions_and_what_they_count_as() {
    let refresh = |reason| Decision { reason: Some(reason), ..DECISION };
    for (name, decision, step, result) in [
        ("signed out", DECISION, None, None),
        ("signed in", Decision { outcome: "signed-in", ..DECISION }, None, None),
        (
            "redirected to Clerk",
            Decision { outcome: "handshake", reason: Some("dev-browser-missing"), ..DECISION },
            Some("started"),
            None,
        ),
        (
            "back in development",
            Decision { outcome: "handshake-completed", renewed_by: "handshake", ..DECISION },
            Some("completed"),
            None,
        ),
        (
            "back in development, signed out",
            Decision { outcome: "handshake-completed", reason: Some("session-token-missing"), ..DECISION },
            Some("completed"),
            None,
        ),
        (
            "back in production",
            Decision { outcome: "signed-in", renewed_by: "handshake", ..DECISION },
            Some("completed"),
            None,
        ),
        ("back in production, signed out", refresh("session-token-missing"), Some("completed"), None),
        ("refreshed", Decision { outcome: "signed-in", renewed_by: "refresh", ..DECISION }, None, Some("renewed")),
        ("refused by Clerk", refresh("session-token-expired-refresh-refused"), None, Some("refused")),
        ("no answer", refresh("session-token-expired-refresh-fetch-error"), None, Some("failed")),
        ("an error", refresh("session-token-expired-refresh-unexpected-bapi-error"), None, Some("failed")),
        ("no cookies", refresh("session-token-expired-refresh-unexpected-sdk-error"), None, Some("failed")),
        ("a bad token", refresh("session-token-expired-refresh-invalid-session-token"), None, Some("failed")),
        (
            "refused by Clerk, then redirected",
            Decision { outcome: "handshake", ..refresh("session-token-expired-refresh-refused") },
            Some("started"),
            Some("refused"),
        ),
        ("not a GET", refresh("session-token-expired-refresh-non-eligible-non-get"), None, None),
        ("no refresh token", refresh("session-token-expired-refresh-non-eligible-no-refresh-cookie"), None, None),
        ("no session token", refresh("session-token-expired-refresh-missing-session-token"), None, None),
        ("not a JWT", refresh("session-token-expired-refresh-expired-session-token-decode-failed"), None, None),
        ("no sid", refresh("session-token-expired-refresh-expired-session-token-missing-sid-claim"), None, None),
    ] {
        assert_eq!((handshake_step(&decision), refresh_result(&decision)), (step, result), "{name}");
    }
}

/// A new reason has to be counted as an attempt, or not.
#[test]
fn every_reason_of_a_failed_refresh_is_in_the_table_above() {
    let expired: Vec<_> = reason::labels().into_iter().filter(|label| label.contains("-expired-refresh-")).collect();
    assert_eq!(expired.len(), 10, "{expired:?}");
}

#[test]
fn statuses_and_their_labels() {
    for (status, expected) in [
        (200, "200"),
        (100, "100"),
        (599, "599"),
        (99, "other"),
        (0, "other"),
        (600, "other"),
        (999, "other"),
        (u16::MAX, "other"),
    ] {
        assert_eq!(status_label(status), expected);
    }
}

/// Returns the values that the page lists for a label; `of` is its metric, if several have such a label.
fn documented(label: &str, of: &str) -> BTreeSet<&'static str> {
    let cell = if of.is_empty() { format!("`{label}`") } else { format!("`{label}` of `{of}`") };
    let row = PAGE.lines().find_map(|line| line.strip_prefix(&format!("| {cell} | "))).unwrap();
    row.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_page_lists_the_values_of_the_labels() {
    let endpoints = [
        "jwks",
        "handshake",
        "refresh",
        "verify_api_key",
        "verify_m2m_token",
        "verify_oauth_token",
        "authorization_server",
        "sign_in_page",
    ];
    let token_types =
        [TokenType::SessionToken, TokenType::ApiKey, TokenType::M2mToken, TokenType::OAuthToken].map(TokenType::as_str);
    for (label, values) in [
        ("cause", LoopCause::all().map(LoopCause::code).into()),
        ("error", TransportError::all().map(TransportError::code).into_iter().chain([NONE]).collect()),
        ("endpoint", RESOURCES.into_iter().chain(endpoints).filter(|name| *name != "other").collect()),
        ("token_type", token_types.into_iter().chain([NONE]).collect::<BTreeSet<_>>()),
    ] {
        let mut expected = values;
        if label == "endpoint" {
            expected.extend(["other", "ClerkClient"]);
        }
        assert_eq!(documented(label, ""), expected, "{label}");
    }
    let carriers = BTreeSet::from(["header", "cookie", "websocket", NONE]);
    assert_eq!(documented("carrier", ""), carriers);
}

#[test]
fn counters_that_start_at_zero_have_all_values_that_the_page_lists() {
    for (metric, label, values) in FROM_THE_START {
        let of = if label == "step" || label == "cause" { "" } else { metric };
        assert_eq!(documented(label, of), values.iter().copied().collect(), "{metric}");
    }
}

/// The type's own table names the same metrics, with the same labels.
#[test]
fn the_type_and_the_page_list_the_same_metrics() {
    let rows = |text: &'static str, prefix: &'static str| -> Vec<String> {
        let rows = text.lines().filter_map(move |line| line.strip_prefix(prefix));
        rows.map(|row| row.split(" | ").take(2).collect::<Vec<_>>().join(" | ")).collect()
    };
    let page = rows(PAGE, "| `clerk_");
    assert_eq!(page.len(), 15);
    assert_eq!(page, rows(include_str!("mod.rs"), "/// | `clerk_"));
}
