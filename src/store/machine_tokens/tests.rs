//! Tests of verdicts that are remembered: which ones, how long, and how much memory they count for.

use serde_json::json;

use super::*;
use crate::instance::ClerkConfig;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
}

fn opaque() -> OpaqueToken {
    OpaqueToken::parse("ak_1").unwrap()
}

/// The token that Clerk calls `key_1`, verified by a call that began at this second.
fn verified(seconds: i64) -> KnownToken {
    let token = MachineTokens::as_if_clerk_had_said(&opaque(), &json!({ "id": "key_1", "subject": "user_1" }));
    KnownToken { token: token.unwrap(), since: at(seconds), ends_at: None }
}

fn rejected(seconds: i64) -> RejectedToken {
    RejectedToken { why: Arc::new(no_room()), since: at(seconds) }
}

fn config() -> ClerkConfig {
    let builder = ClerkConfig::builder().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k");
    builder.secret_key("sk_live_1").build().unwrap()
}

#[test]
fn calls_that_began_before_and_after_a_withdrawal() {
    let config = config();
    let tokens = config.machine_tokens();
    assert!(!tokens.is_withdrawn("key_1", 0));
    tokens.forget("key_0", at(0));
    tokens.forget("key_1", at(0));
    for (began, is_withdrawn) in [(0, true), (1, true), (2, false), (3, false)] {
        assert_eq!(tokens.is_withdrawn("key_1", began), is_withdrawn, "began at {began}");
        assert!(!tokens.is_withdrawn("key_2", began), "another token");
        tokens.vouched_for(&opaque(), verified(0), began);
        assert_eq!(tokens.known(&opaque(), at(1)).is_none(), is_withdrawn, "began at {began}");
        tokens.known.invalidate("ak_1");
    }
}

/// A call that is overdue may end after its successor: Clerk has verified the token, and then rejected it.
#[test]
fn verdicts_that_come_after_a_rejection() {
    for (name, since, asked, is_known) in [
        ("no rejection", None, 0, true),
        ("an earlier rejection", Some(-1), 0, true),
        ("a rejection of long before", Some(-7_200), 0, true),
        ("a rejection at the same time", Some(0), 0, false),
        ("a later rejection", Some(1), 0, false),
        ("a much later rejection", Some(3_599), 0, false),
        ("a rejection from before the clock was set back by an hour", Some(3_600), 0, true),
    ] {
        let config = config();
        let tokens = config.machine_tokens();
        if let Some(seconds) = since {
            tokens.rejected.insert("ak_1".into(), rejected(seconds));
        }
        tokens.vouched_for(&opaque(), verified(asked), 0);
        assert_eq!(tokens.known(&opaque(), at(0)).is_some(), is_known, "{name}");
        assert_eq!(tokens.rejected.get("ak_1").is_some(), since.is_some() && !is_known, "{name}");
    }
}

/// A known token has calls of its own, and its last verdict, long after it has to be verified again.
#[test]
fn how_long_a_token_is_known() {
    let config = config();
    let tokens = config.machine_tokens();
    tokens.vouched_for(&opaque(), verified(0), 0);
    for (seconds, is_known) in [(0, true), (3_700, true), (86_399, true), (86_401, false)] {
        assert_eq!(tokens.known(&opaque(), at(seconds)).is_some(), is_known, "after {seconds} s");
    }
}

/// The bounds of both caches depend on it: an entry has the token as its key, and once more in its value.
#[test]
fn entries_weigh_a_little_more_than_they_hold() {
    for (name, length, known) in [
        ("a usual key", 40, 100),
        ("the longest key", 1_024, 100),
        ("the shortest, with nothing", 3, 0),
        ("with many claims", 40, 100_000),
    ] {
        let held = 2 * length + known;
        let weight = usize::try_from(weight(&"k".repeat(length), known)).unwrap();
        assert!((held + 100..held + 1_000).contains(&weight), "{name}: {weight} for {held} bytes");
    }
}
