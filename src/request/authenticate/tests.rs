//! Tokens in the `Authorization` header, by name: what they are taken for, and why they are rejected.

use futures_util::FutureExt;
use serde_json::{Map, Value, json};

use super::{
    super::{
        facts::{Field, fake::FakeRequest},
        outcome::Outcome,
        test_support::{FakeClerk, NOW, foreign_key, key},
    },
    authenticate,
};
use crate::{clock::Timestamp, instance::ClerkConfig, testing::SigningKey, token::MachineToken};

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Signs a JWT with these members changed; null leaves one out.
fn jwt_by(signed_by: &SigningKey, header: Value, mut claims: Map<String, Value>, changes: Value) -> String {
    let mut all = object(json!({ "alg": "RS256", "typ": "JWT", "kid": key().kid() }));
    all.extend(object(header));
    all.retain(|_, value| !value.is_null());
    claims.extend(object(
        json!({ "iss": "https://clerk.example.com", "iat": NOW - 10, "nbf": NOW - 10, "exp": NOW + 60 }),
    ));
    claims.extend(object(changes));
    claims.retain(|_, value| value != "absent");
    signed_by.sign(&all, &claims)
}

const M2M: &str = "cl_B7d4PD333AAA";

fn machine(header: Value, changes: Value) -> String {
    let header = Value::Object(object(json!({ "cat": M2M })).into_iter().chain(object(header)).collect());
    jwt_by(key(), header, object(json!({ "sub": "mch_1", "jti": "mt_1", "scopes": "mch_a mch_b" })), changes)
}

fn oauth(header: Value, changes: Value) -> String {
    let header = Value::Object(object(json!({ "typ": "at+jwt" })).into_iter().chain(object(header)).collect());
    let claims = json!({ "sub": "user_1", "jti": "oat_1", "client_id": "client_1", "scp": ["a", "b"] });
    jwt_by(key(), header, object(claims), changes)
}

fn session(header: Value, changes: Value) -> String {
    let header = Value::Object(object(json!({ "cat": "cl_B7d4PD111AAA" })).into_iter().chain(object(header)).collect());
    let claims = json!({ "sub": "user_1", "sid": "sess_1", "azp": "https://app.example.com" });
    jwt_by(key(), header, object(claims), changes)
}

fn by_a_stranger(header: Value, claims: Value) -> String {
    jwt_by(foreign_key(), header, object(claims), json!({}))
}

/// Returns the same token with its parts padded, which no JWT has.
fn padded(token: &str) -> String {
    let pad = |part: &str| format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4));
    let parts: Vec<_> = token.split('.').map(pad).collect();
    let mut padded = parts.join(".");
    if !padded.contains('=') {
        padded.push('=');
    }
    padded
}

/// Describes the outcome for a token in the header, in a few words.
fn told(token: &str, clerk: &FakeClerk, audience: &[&str]) -> String {
    let builder = ClerkConfig::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .secret_key("sk_live_1")
        .authorized_parties(["https://app.example.com"])
        .issuer(["https://clerk.example.com"]);
    let builder = if audience.is_empty() { builder } else { builder.audience(audience.iter().copied()) };
    let config = builder.build().unwrap();
    let request = FakeRequest::get("/").with(Field::Authorization, format!("Bearer {token}"));
    let now = Timestamp::from_millis(NOW * 1000);
    match authenticate(&request, config.settings(), clerk, now).now_or_never().unwrap() {
        Outcome::SignedIn { token, .. } => format!("session of {}", token.subject()),
        Outcome::SignedOut { why, .. } => format!("no session: {}", why.reason),
        Outcome::Machine { verdict: Ok(MachineToken::M2m(token)), .. } => {
            let token = token.resource();
            // Sorted: a dependency may turn on `preserve_order` of serde_json.
            let names = |claims: &Map<String, Value>| {
                let mut names: Vec<_> = claims.keys().cloned().collect();
                names.sort_unstable();
                names.join(",")
            };
            let claims = token.claims.as_ref().map(names);
            format!("{} {} for {:?} with {}", token.id, token.subject, token.scopes, claims.unwrap_or_default())
        }
        Outcome::Machine { verdict: Ok(MachineToken::OAuth(token)), .. } => {
            let token = token.resource();
            format!("{} {} of {} may {:?}", token.id, token.client_id, token.subject, token.scopes)
        }
        Outcome::Machine { verdict: Ok(MachineToken::ApiKey(_)), .. } => panic!("no JWT is an API key"),
        Outcome::Machine { token_type, verdict: Err(why) } => {
            let outage = if why.retry_after().is_some() { ", perhaps later" } else { "" };
            format!("no {token_type}: {}{outage}", why.reason)
        }
        Outcome::Opaque(token) => format!("ask about the {}", token.token_type()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn machines_and_their_tokens() {
    let good = r#"mt_1 mch_1 for ["mch_a", "mch_b"] with scopes"#;
    let failed = "no m2m_token: token-verification-failed";
    let category = "no m2m_token: token-invalid";
    let no = || json!({});
    for (name, token, expected) in [
        ("good", machine(no(), no()), good),
        ("no category", machine(json!({"cat": null}), no()), good),
        ("no type", machine(json!({"typ": null}), no()), good),
        ("RS384 by a key for RS256", machine(json!({"alg": "RS384"}), no()), failed),
        // The settings `issuer` and `authorized_parties` are about sessions.
        ("another issuer", machine(no(), json!({"iss": "https://other.example"})), good),
        (
            "another party",
            machine(no(), json!({"azp": "https://other.example"})),
            "mt_1 mch_1 for [\"mch_a\", \"mch_b\"] with azp,scopes",
        ),
        // Category
        ("a session's category", machine(json!({"cat": "cl_B7d4PD111AAA"}), no()), category),
        ("a template's category", machine(json!({"cat": "cl_B7d4PD222AAA"}), no()), category),
        ("the category that says nothing", machine(json!({"cat": "cl_I7d4PD111III"}), no()), category),
        ("an unknown category", machine(json!({"cat": "cl_X"}), no()), category),
        ("an empty category", machine(json!({"cat": ""}), no()), category),
        ("a category that is not a string", machine(json!({"cat": 7}), no()), category),
        // Type
        ("an OAuth token's type", machine(json!({"typ": "at+jwt"}), no()), failed),
        ("another type", machine(json!({"typ": "jwt"}), no()), failed),
        // Key and signature
        ("another key's name", machine(json!({"kid": "ins_0"}), no()), failed),
        ("no key's name", machine(json!({"kid": null}), no()), failed),
        ("by another key", by_a_stranger(json!({"cat": M2M}), json!({"sub": "mch_1"})), failed),
        ("alg none", machine(json!({"alg": "none"}), no()), failed),
        ("alg HS256", machine(json!({"alg": "HS256"}), no()), failed),
        ("no alg", machine(json!({"alg": null}), no()), failed),
        // Time
        ("expired", machine(no(), json!({"exp": NOW - 6})), failed),
        ("expired, but within the skew", machine(no(), json!({"exp": NOW - 4})), good),
        ("no expiry", machine(no(), json!({"exp": "absent"})), failed),
        ("an expiry that is not a number", machine(no(), json!({"exp": "never"})), failed),
        ("not yet", machine(no(), json!({"nbf": NOW + 6})), failed),
        ("of the future", machine(no(), json!({"iat": NOW + 6})), failed),
        // Subject
        ("the prefix alone", machine(no(), json!({"sub": "mch_"})), r#"mt_1 mch_ for ["mch_a", "mch_b"] with scopes"#),
        ("a prefix in capitals", machine(no(), json!({"sub": "MCH_1"})), "no session: token-type-mismatch"),
        ("a prefix after a space", machine(no(), json!({"sub": " mch_1"})), "no session: token-type-mismatch"),
        ("a user", machine(no(), json!({"sub": "user_1"})), "no session: token-type-mismatch"),
        ("a list with a machine", machine(no(), json!({"sub": ["mch_1"]})), "no session: token-type-mismatch"),
        ("no subject", machine(no(), json!({"sub": "absent"})), "no session: token-type-mismatch"),
        // Rules that do not apply to machines
        (
            "another application's party",
            machine(no(), json!({"azp": "https://evil.example"})),
            "mt_1 mch_1 for [\"mch_a\", \"mch_b\"] with azp,scopes",
        ),
        ("another issuer", machine(no(), json!({"iss": "https://other.example"})), good),
        // Content
        (
            "no scopes, but an audience",
            machine(no(), json!({"scopes": "absent", "aud": ["mch_c"]})),
            r#"mt_1 mch_1 for ["mch_c"] with aud"#,
        ),
        ("scopes in a list", machine(no(), json!({"scopes": ["mch_c", 7]})), r#"mt_1 mch_1 for ["mch_c"] with scopes"#),
        ("invalid scopes", machine(no(), json!({"scopes": 7, "aud": null})), "mt_1 mch_1 for [] with aud,scopes"),
        ("claims of its own", machine(no(), json!({"scopes": "absent", "team": "a"})), "mt_1 mch_1 for [] with team"),
        ("nothing of its own", machine(no(), json!({"scopes": "absent"})), "mt_1 mch_1 for [] with "),
        ("no id", machine(no(), json!({"jti": "absent"})), r#" mch_1 for ["mch_a", "mch_b"] with scopes"#),
        // Form
        ("padded", padded(&machine(no(), no())), "no session: token-invalid"),
        ("with an extension", machine(json!({"crit": ["x"]}), no()), "no session: token-invalid"),
        ("a part too many", format!("{}.x", machine(no(), no())), "no session: token-invalid"),
        (
            "no signature",
            {
                let token = machine(no(), no());
                format!("{}.", token.rsplit_once('.').unwrap().0)
            },
            "no session: token-type-mismatch",
        ),
    ] {
        assert_eq!(told(&token, &FakeClerk::default(), &[]), expected, "{name}");
    }
}

#[test]
fn oauth_applications_and_their_tokens() {
    let good = r#"oat_1 client_1 of user_1 may ["a", "b"]"#;
    let failed = "no oauth_token: token-verification-failed";
    let no = || json!({});
    for (name, token, expected) in [
        ("good", oauth(no(), no()), good),
        ("the long type", oauth(json!({"typ": "application/at+jwt"}), no()), good),
        ("any category", oauth(json!({"cat": "cl_I7d4PD111III"}), no()), good),
        ("a type in capitals", oauth(json!({"typ": "AT+JWT"}), no()), "no session: token-invalid"),
        ("a list of types", oauth(json!({"typ": ["at+jwt"]}), no()), "no session: token-invalid"),
        ("another key's name", oauth(json!({"kid": "ins_0"}), no()), failed),
        ("by another key", by_a_stranger(json!({"typ": "at+jwt"}), json!({"sub": "user_1"})), failed),
        ("alg none", oauth(json!({"alg": "none"}), no()), failed),
        ("expired", oauth(no(), json!({"exp": NOW - 6})), failed),
        ("not yet", oauth(no(), json!({"nbf": NOW + 6})), failed),
        ("no subject", oauth(no(), json!({"sub": "absent"})), failed),
        ("an empty subject", oauth(no(), json!({"sub": ""})), failed),
        ("a subject that is not a string", oauth(no(), json!({"sub": 7})), failed),
        ("a machine as its subject", oauth(no(), json!({"sub": "mch_1"})), "no m2m_token: token-verification-failed"),
        (
            "a machine's category",
            oauth(json!({"cat": M2M}), json!({"sub": "mch_1"})),
            "no m2m_token: token-verification-failed",
        ),
        ("scope, in one text", oauth(no(), json!({"scp": "absent", "scope": "a b"})), good),
        ("scp, in one text", oauth(no(), json!({"scp": "a b"})), good),
        ("no scopes", oauth(no(), json!({"scp": "absent"})), "oat_1 client_1 of user_1 may []"),
        (
            "no id, no application",
            oauth(no(), json!({"jti": "absent", "client_id": 7})),
            r#"  of user_1 may ["a", "b"]"#,
        ),
        ("padded", padded(&oauth(no(), no())), "no session: token-invalid"),
        ("with an extension", oauth(json!({"crit": ["x"]}), no()), "no session: token-invalid"),
    ] {
        assert_eq!(told(&token, &FakeClerk::default(), &[]), expected, "{name}");
    }
}

#[test]
fn tokens_that_pose_as_others() {
    let no = || json!({});
    for (name, token, expected) in [
        ("a session is one", session(no(), no()), "session of user_1"),
        ("a session with a machine's category", session(json!({"cat": M2M}), no()), "no session: token-type-mismatch"),
        ("a session with an OAuth token's type", session(json!({"typ": "at+jwt"}), no()), "  of user_1 may []"),
        ("a session of a machine", session(no(), json!({"sub": "mch_1"})), "no m2m_token: token-invalid"),
        (
            "a session of a machine, of no category",
            session(json!({"cat": null}), json!({"sub": "mch_1"})),
            " mch_1 for [] with azp,sid",
        ),
        (
            "a template's token of a machine",
            session(json!({"cat": "cl_B7d4PD222AAA"}), json!({"sub": "mch_1"})),
            "no m2m_token: token-invalid",
        ),
        (
            "a machine without category that claims a session",
            machine(json!({"cat": null}), json!({"sid": "sess_1"})),
            "mt_1 mch_1 for [\"mch_a\", \"mch_b\"] with scopes,sid",
        ),
        ("an API key", "ak_1".to_owned(), "ask about the api_key"),
        ("a machine's", "mt_1".to_owned(), "ask about the m2m_token"),
        ("an OAuth token", "oat_1".to_owned(), "ask about the oauth_token"),
        ("a prefix alone", "ak_".to_owned(), "ask about the api_key"),
        ("a prefix in capitals", "AK_1".to_owned(), "no session: token-invalid"),
        ("a prefix and two parts", "ak_a.b".to_owned(), "ask about the api_key"),
        ("a prefix and the form of a JWT", "ak_a.b.c".to_owned(), "no m2m_token: token-invalid"),
        ("a prefix and a JWT", format!("mt_{}", machine(no(), no())), "no m2m_token: token-invalid"),
        ("a session after a prefix", format!("oat_{}", session(no(), no())), "no m2m_token: token-invalid"),
    ] {
        assert_eq!(told(&token, &FakeClerk::default(), &[]), expected, "{name}");
    }
}

#[test]
fn audiences() {
    let machine = |aud: Value| machine(json!({}), json!({ "aud": aud }));
    let oauth = |aud: Value| oauth(json!({}), json!({ "aud": aud }));
    let m2m_good = r#"mt_1 mch_1 for ["mch_a", "mch_b"] with aud,scopes"#;
    let oauth_good = r#"oat_1 client_1 of user_1 may ["a", "b"]"#;
    for (name, token, expected) in [
        ("a machine's, ours", machine(json!("web")), m2m_good),
        ("a machine's, ours among others", machine(json!(["x", "web"])), m2m_good),
        ("a machine's, another's", machine(json!("x")), "no m2m_token: token-verification-failed"),
        ("a machine's, none", machine(json!("absent")), r#"mt_1 mch_1 for ["mch_a", "mch_b"] with scopes"#),
        ("an application's, ours", oauth(json!("web")), oauth_good),
        ("an application's, ours among others", oauth(json!(["x", "web"])), oauth_good),
        ("an application's, another's", oauth(json!(["x"])), "no oauth_token: token-verification-failed"),
        ("an application's, none", oauth(json!("absent")), "no oauth_token: token-verification-failed"),
        ("an application's, with an empty one", oauth(json!(["web", ""])), "no oauth_token: token-verification-failed"),
        ("an application's, with a number", oauth(json!(["web", 7])), "no oauth_token: token-verification-failed"),
    ] {
        assert_eq!(told(&token, &FakeClerk::default(), &["web", "api"]), expected, "{name}");
    }
}

#[test]
fn keys_that_are_not_to_be_had() {
    let down = || FakeClerk { is_down: true, ..FakeClerk::default() };
    for (token, expected) in [
        (machine(json!({}), json!({})), "no m2m_token: jwk-remote-failed-to-load, perhaps later"),
        (oauth(json!({}), json!({})), "no oauth_token: jwk-remote-failed-to-load, perhaps later"),
        (machine(json!({"cat": "cl_X"}), json!({})), "no m2m_token: token-invalid"),
    ] {
        assert_eq!(told(&token, &down(), &[]), expected);
    }
    // A token of the wrong class, or one that only Clerk can verify, needs no key.
    for token in [machine(json!({"cat": "cl_X"}), json!({})), "ak_1".to_owned(), "ak_a.b.c".to_owned()] {
        let clerk = down();
        told(&token, &clerk, &[]);
        assert_eq!(clerk.keys_asked_for.get(), 0, "{token}");
    }
}

/// The keys are fetched again only if a known key does not verify the signature. For any other rejection, such as an expired
/// token, that would let a client cause calls to Clerk with one genuine token.
#[test]
fn only_a_bad_signature_asks_for_another_key() {
    let no = || json!({});
    let forged = |token: String| {
        let (start, _) = token.rsplit_once('.').unwrap();
        format!("{start}.{}", by_a_stranger(no(), no()).rsplit_once('.').unwrap().1)
    };
    for (name, token, expected) in [
        ("a good session", session(no(), no()), 0),
        ("a forged session", forged(session(no(), no())), 1),
        ("an expired session", session(no(), json!({ "exp": NOW - 60 })), 0),
        ("a session that is not valid yet", session(no(), json!({ "nbf": NOW + 60 })), 0),
        ("a session of another party", session(no(), json!({ "azp": "https://evil.example" })), 0),
        ("a session of another issuer", session(no(), json!({ "iss": "https://evil.example" })), 0),
        ("a session without a subject", session(no(), json!({ "sub": "absent" })), 0),
        ("a session with another algorithm", session(json!({ "alg": "HS256" }), no()), 0),
        ("a session with the algorithm of another key", session(json!({ "alg": "RS384" }), no()), 0),
        ("a good machine", machine(no(), no()), 0),
        ("a forged machine", forged(machine(no(), no())), 1),
        ("an expired machine", machine(no(), json!({ "exp": NOW - 60 })), 0),
        ("a forged OAuth token", forged(oauth(no(), no())), 1),
        ("an expired OAuth token", oauth(no(), json!({ "exp": NOW - 60 })), 0),
    ] {
        let clerk = FakeClerk::default();
        told(&token, &clerk, &[]);
        assert_eq!(clerk.replacements_asked_for.get(), expected, "{name}");
    }
}
