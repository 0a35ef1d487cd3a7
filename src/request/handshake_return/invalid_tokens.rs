//! Invalid handshake tokens, and invalid sessions in valid ones: what a developer is told, and the cause for the log.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{
    super::{
        authenticate::authenticate,
        test_support::{FakeClerk, NOW, at, development, key},
    },
    *,
};
use crate::{clock::Timestamp, testing::SigningKey};

/// In development, the token is this application's own, so its developer learns what is wrong with it.
#[test]
fn invalid_handshake_tokens_and_what_a_developer_is_told() {
    let switched = "If you have switched Clerk keys locally";
    let handshake = json!({ "handshake": [] });
    let sign = |by: &SigningKey, header: Value| by.sign(header.as_object().unwrap(), handshake.as_object().unwrap());
    for (name, token, says) in [
        ("another key's", sign(&SigningKey::generate(), json!({ "alg": "RS256", "kid": key().kid() })), switched),
        ("an unknown kid", sign(key(), json!({ "alg": "RS256", "kid": "x" })), "kid='x'"),
        ("alg none", sign(key(), json!({ "alg": "none", "kid": key().kid() })), "Invalid JWT algorithm"),
        ("no token", "x".to_owned(), "Invalid JWT form"),
        (
            "a template's",
            sign(key(), json!({ "alg": "RS256", "kid": key().kid(), "cat": "cl_B7d4PD222AAA" })),
            "invalid category.",
        ),
    ] {
        let (config, clerk) = (development().build().unwrap(), FakeClerk::default());
        let request = at(&format!("/a?__clerk_handshake={token}"), "");
        let decided = authenticate(&request, config.settings(), &clerk, Timestamp::from_millis(NOW * 1000));
        let Outcome::Malformed { message } = decided.now_or_never().unwrap() else { panic!("{name}: it is accepted") };
        assert!(message.contains(says), "{name}: {message}");
        assert_eq!(message.contains(switched), says == switched, "{name}: {message}");
    }
}

/// The cause ends up in the log and on a developer's page, each with what to do.
#[test]
fn rejections_of_the_session_that_a_handshake_brings_and_their_causes() {
    let none: &[String] = &[];
    for (rejection, expected) in [
        (TokenRejection::authorized_party(None, none), Some(LoopCause::AuthorizedParty)),
        (TokenRejection::issuer(None, none), Some(LoopCause::Issuer)),
        (TokenRejection::signature(), Some(LoopCause::WrongKeys)),
        (TokenRejection::algorithm(None), Some(LoopCause::WrongKeys)),
        (TokenRejection::unknown_kid(None), Some(LoopCause::WrongKeys)),
        (TokenRejection::subject(None), Some(LoopCause::Claims)),
        (TokenRejection::not_a_date("expiry date claim (exp)", None), Some(LoopCause::Claims)),
        (TokenRejection::undecodable(), None),
        (TokenRejection::revoked(), None),
    ] {
        assert_eq!(cause_of(&rejection), expected, "{}", rejection.reason);
    }
}
