//! Rules for fetching, keeping and dropping keys, by the time that has passed.

use super::*;
use crate::{
    config::ClerkConfigBuilder,
    keys::samples::{Sample, sample},
    testing::SigningKey,
};

const T0: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const HOUR: Duration = Duration::from_secs(60 * 60);

fn keys() -> Fetched {
    key_set("2048 bits")
}

/// A set with one key from `tests/data/rsa_keys.json`.
fn key_set(name: &str) -> Fetched {
    let Sample { n, e, .. } = sample(name);
    let document = format!(r#"{{"keys":[{{"kid":"known","kty":"RSA","n":"{n}","e":"{e}"}}]}}"#);
    Fetched { keys: KeySet::parse(document.as_bytes()).unwrap(), clock_skew: None, document: Vec::new() }
}

fn failure(kind: FailureKind, retry_after: Option<u64>) -> FetchFailure {
    FetchFailure { kind, message: "down".into(), retry_after: retry_after.map(Duration::from_secs) }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_millis(T0.as_millis() + seconds * 1000)
}

fn plan(jwks: &Jwks, kid: &str, seconds: i64) -> &'static str {
    match jwks.plan(kid, at(seconds), HOUR) {
        KeyPlan::Use(_) => "use",
        KeyPlan::UseAndRefresh(_) => "use and refresh",
        KeyPlan::Fetch => "fetch",
        KeyPlan::Refuse(SigningKeyError::UnknownKid) => "unknown",
        KeyPlan::Refuse(SigningKeyError::Unavailable { .. }) => "unavailable",
        KeyPlan::Refuse(SigningKeyError::SecretKeyRejected { .. }) => "secret key rejected",
    }
}

#[test]
fn keys_by_age() {
    let empty = Jwks::default();
    assert_eq!(plan(&empty, "known", 0), "fetch");
    let loaded = empty.after(Ok(keys()), T0);
    for (name, kid, seconds, expected) in [
        ("at once", "known", 0, "use"),
        ("just before they came, by another thread's clock", "known", -1, "use"),
        ("fresh", "known", 239, "use"),
        ("ageing", "known", 240, "use and refresh"),
        ("past their time", "known", 300, "fetch"),
        ("long past", "known", 1_000_000, "fetch"),
        ("the clock was set back by a day", "known", -86_400, "fetch"),
        ("an unknown kid, at once", "unknown", 0, "unknown"),
        ("an unknown kid, within the interval", "unknown", 9, "unknown"),
        ("an unknown kid, after it", "unknown", 10, "fetch"),
        ("an unknown kid, past their time", "unknown", 300, "fetch"),
    ] {
        assert_eq!(plan(&loaded, kid, seconds), expected, "{name}");
    }
}

#[test]
fn an_outage() {
    let failed_at = |seconds| {
        let loaded = Jwks::default().after(Ok(keys()), T0);
        loaded.after(Err(failure(FailureKind::NoKeys, None)), at(seconds))
    };
    for (name, failed, kid, seconds, expected) in [
        ("known keys serve on", 300, "known", 301, "use"),
        ("and are asked after again, aside", 300, "known", 303, "use and refresh"),
        ("fresh keys serve as if nothing were", 100, "known", 103, "use"),
        ("up to the bound", 3_890, "known", 3_899, "use and refresh"),
        ("and no longer", 3_890, "known", 3_900, "fetch"),
        ("nor while waiting", 3_899, "known", 3_900, "unavailable"),
        ("an unknown kid may be a new key", 300, "unknown", 301, "unavailable"),
        ("and is asked after when the pause is over", 300, "unknown", 302, "fetch"),
        ("with fresh keys as well", 100, "unknown", 102, "fetch"),
        ("the clock was set back", 300, "known", -86_400, "fetch"),
    ] {
        assert_eq!(plan(&failed_at(failed), kid, seconds), expected, "{name}");
    }
}

/// Relying on a key is a shortcut: it must hold only if the full plan would be to use the key.
#[test]
fn keys_that_are_relied_on() {
    let loaded = Jwks::default().after(Ok(keys()), T0);
    let failed = loaded.after(Err(failure(FailureKind::NoKeys, None)), at(100));
    let replaced = loaded.after(Ok(keys()), at(100));
    let rotated = loaded.after(Ok(key_set("3072 bits")), at(100));
    let key = Arc::clone(keys_of(&loaded).get("known").unwrap());
    for (name, jwks, seconds, expected) in [
        ("nothing known", &Jwks::default(), 0, false),
        ("at once", &loaded, 0, true),
        ("fresh", &loaded, 239, true),
        ("to be refreshed", &loaded, 240, false),
        ("past their time", &loaded, 300, false),
        ("the clock was set back by a day", &loaded, -86_400, false),
        ("while Clerk is down", &failed, 101, false),
        ("fetched again, and the same", &replaced, 339, true),
        ("another key under the same kid", &rotated, 101, false),
    ] {
        assert_eq!(jwks.relies_on(&key, at(seconds)), expected, "{name}");
        let is_used = matches!(jwks.plan("known", at(seconds), HOUR), KeyPlan::Use(used) if Arc::ptr_eq(&used, &key));
        assert!(is_used || !expected, "{name}");
    }
}

/// The same for keys of both kinds, as requests ask for them.
#[test]
fn a_configured_key_is_relied_on_and_no_other() {
    let pem = SigningKey::generate().public_pem();
    let parsed = || Arc::new(VerificationKey::from_pem(&pem).unwrap());
    let builder = || ClerkConfigBuilder::default().publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k");
    let keys = |builder: ClerkConfigBuilder, seed| {
        SigningKeys::new(&Arc::new(builder.check().unwrap()), Transport::new(), None, seed)
    };
    let of_pem = keys(builder().jwt_key(&pem), None);
    let seed = Seed { keys: key_set("2048 bits").keys, fetched_at: T0 };
    let of_jwks = keys(builder().secret_key("sk_live_1"), Some(seed));
    for (name, keys) in [("a PEM", of_pem), ("a JWKS", of_jwks)] {
        let Some(Ok(key)) = keys.known(Some("known"), T0) else { panic!("{name}: no key") };
        assert!(keys.rely_on(&key, T0), "{name}");
        assert!(!keys.rely_on(&parsed(), T0), "{name}: a key that is not the very same");
    }
}

fn keys_of(jwks: &Jwks) -> &KeySet {
    jwks.keys.as_ref().unwrap()
}

#[test]
fn an_outage_from_the_start() {
    for (name, retry_after, seconds, expected) in [
        ("requests are rejected", None, 0, "unavailable"),
        ("nor is Clerk asked again at once", None, 1, "unavailable"),
        ("but soon", None, 2, "fetch"),
        ("when Clerk asks for longer, it gets it", Some(30), 29, "unavailable"),
        ("and no more than that", Some(30), 30, "fetch"),
        ("up to a bound", Some(3600), 59, "unavailable"),
        ("of a minute", Some(3600), 60, "fetch"),
        ("nothing is too short", Some(0), 1, "unavailable"),
    ] {
        let failed = Jwks::default().after(Err(failure(FailureKind::NoKeys, retry_after)), T0);
        assert_eq!(plan(&failed, "known", seconds), expected, "{name}");
    }
    let rejected = Jwks::default().after(Err(failure(FailureKind::SecretKeyRejected, None)), T0);
    assert_eq!(plan(&rejected, "known", 1), "secret key rejected");
}

#[test]
fn recovery() {
    let failed = Jwks::default().after(Err(failure(FailureKind::NoKeys, None)), T0);
    let recovered = failed.after(Ok(keys()), at(5));
    assert_eq!(plan(&recovered, "known", 6), "use");
}

/// The action after a signature that does not match the key named by the token.
#[test]
fn keys_in_the_place_of_others() {
    let loaded = Jwks::default().after(Ok(key_set("2048 bits")), T0);
    let key = Arc::clone(keys_of(&loaded).get("known").unwrap());
    let same = loaded.after(Ok(key_set("2048 bits")), at(100));
    let replaced = loaded.after(Ok(key_set("3072 bits")), at(100));
    let failed = loaded.after(Err(failure(FailureKind::NoKeys, None)), at(100));
    let asked_for_quiet = loaded.after(Err(failure(FailureKind::NoKeys, Some(30))), at(100));
    for (name, jwks, seconds, expected) in [
        ("at once", &loaded, 0, "none"),
        ("within the interval", &loaded, 9, "none"),
        ("after the interval", &loaded, 10, "ask"),
        ("past their time", &loaded, 400, "ask"),
        ("asked, and the same still", &same, 109, "none"),
        ("and again after the interval", &same, 110, "ask"),
        ("another one is there already", &replaced, 101, "another"),
        ("and stays so", &replaced, 120, "another"),
        ("while Clerk is down", &failed, 101, "none"),
        ("Clerk has been down, within the interval", &failed, 109, "none"),
        ("Clerk has been down", &failed, 110, "ask"),
        ("Clerk asks for quiet", &asked_for_quiet, 129, "none"),
        ("and has had it", &asked_for_quiet, 130, "ask"),
        ("the clock was set back by a day", &same, -86_400, "ask"),
    ] {
        let found = match jwks.in_place_of(&key, "known", at(seconds), HOUR) {
            InPlace::Known(None) => "none",
            InPlace::Known(Some(_)) => "another",
            InPlace::Unknown => "ask",
        };
        assert_eq!(found, expected, "{name}");
    }
}

/// What a readiness probe sees, and whether it starts a fetch.
#[test]
fn readiness() {
    let loaded = Jwks::default().after(Ok(keys()), T0);
    let failed_at = |jwks: &Jwks, seconds| jwks.after(Err(failure(FailureKind::NoKeys, None)), at(seconds));
    for (name, jwks, seconds, is_usable, is_fetch_due) in [
        ("nothing known", &Jwks::default(), 0, false, true),
        ("the first fetch has just failed", &failed_at(&Jwks::default(), 0), 1, false, false),
        ("the pause after it is over", &failed_at(&Jwks::default(), 0), 2, false, true),
        ("at once", &loaded, 0, true, false),
        ("fresh", &loaded, 239, true, false),
        ("ageing", &loaded, 240, true, true),
        ("stale, with no outage known", &loaded, 3_899, true, true),
        ("too old", &loaded, 3_900, false, true),
        ("an outage", &failed_at(&loaded, 400), 401, true, false),
        ("the outage goes on", &failed_at(&loaded, 400), 402, true, true),
        ("up to the bound", &failed_at(&loaded, 3_898), 3_899, true, false),
        ("and no longer", &failed_at(&loaded, 3_899), 3_900, false, false),
        ("the clock was set back by a day", &loaded, -86_400, false, true),
    ] {
        assert_eq!(jwks.is_usable(at(seconds), HOUR), is_usable, "{name}");
        assert_eq!(jwks.is_fetch_due(at(seconds)), is_fetch_due, "{name}");
    }
}

#[test]
fn the_skew_of_the_clock_outlives_a_response_without_a_date() {
    let skew = ClockSkew::measured(at(0), at(90), at(90));
    let first = Jwks::default().after(Ok(Fetched { clock_skew: skew, ..keys() }), T0);
    let second = first.after(Ok(keys()), at(300)).after(Err(failure(FailureKind::NoKeys, None)), at(600));
    assert_eq!(second.clock_skew.map(ClockSkew::seconds), Some(90));
}
