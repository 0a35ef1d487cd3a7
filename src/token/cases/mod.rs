//! Test cases for every rule of PROTOCOL section 6: each is a token with the reason that it is rejected for.

mod confusion;
mod text;

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::{
    class::JwtClass,
    jwks::KeySet,
    jwt::Jwt,
    rejection::{Carrier, TokenRejection},
    session::{RememberedToken, SecondVerdict, SessionToken},
    verify::ClaimRules,
};
use crate::{
    clock::Timestamp,
    keys::VerificationKey,
    reason::Reason::{self, *},
    testing::SigningKey,
};

const NOW: i64 = 1_700_000_000;

/// The signing keys of the instance and of another instance.
fn keys() -> &'static (SigningKey, SigningKey) {
    static KEYS: OnceLock<(SigningKey, SigningKey)> = OnceLock::new();
    KEYS.get_or_init(|| (SigningKey::generate(), SigningKey::generate()))
}

fn header() -> Map<String, Value> {
    object(json!({ "alg": "RS256", "typ": "JWT", "kid": keys().0.kid(), "cat": "cl_B7d4PD111AAA" }))
}

fn claims() -> Map<String, Value> {
    object(json!({
        "sub": "user_1", "sid": "sess_1", "iss": "https://clerk.example.com", "azp": "https://app.example.com",
        "iat": NOW, "nbf": NOW - 10, "exp": NOW + 60,
    }))
}

fn object(value: Value) -> Map<String, Value> {
    value.as_object().unwrap().clone()
}

/// Returns the members with some replaced.
fn with(mut members: Map<String, Value>, changes: Value) -> Map<String, Value> {
    members.extend(object(changes));
    members
}

fn without(mut members: Map<String, Value>, name: &str) -> Map<String, Value> {
    members.remove(name);
    members
}

fn sign(header: Map<String, Value>, claims: Map<String, Value>) -> String {
    keys().0.sign(&header, &claims)
}

fn claiming(changes: Value) -> String {
    sign(header(), with(claims(), changes))
}

fn claiming_no(name: &str) -> String {
    sign(header(), without(claims(), name))
}

fn headed(changes: Value) -> String {
    sign(with(header(), changes), claims())
}

fn good() -> String {
    sign(header(), claims())
}

/// Returns a valid token with one part replaced.
fn part(index: usize, replacement: &str) -> String {
    let token = good();
    let mut parts: Vec<&str> = token.split('.').collect();
    parts[index] = replacement;
    parts.join(".")
}

fn encode(text: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

/// Returns a token of the algorithm confusion attack: the public key is used as the secret of an HMAC. The HMAC is
/// correct, but the token has to be rejected without computing it.
fn hmac_with_the_public_key() -> String {
    let input = format!("{}.{}", encode(r#"{"alg":"HS256","typ":"JWT"}"#), encode(json!(claims()).to_string()));
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, keys().0.public_pem().as_bytes());
    format!("{input}.{}", encode(aws_lc_rs::hmac::sign(&key, input.as_bytes())))
}

struct Rules {
    authorized_parties: Vec<String>,
    audience: Vec<String>,
    issuer: Vec<String>,
}

fn no_rules() -> Rules {
    Rules { authorized_parties: vec![], audience: vec![], issuer: vec![] }
}

fn parties(parties: &[&str]) -> Rules {
    Rules { authorized_parties: parties.iter().map(|p| p.to_string()).collect(), ..no_rules() }
}

fn audience(audience: &[&str]) -> Rules {
    Rules { audience: audience.iter().map(|a| a.to_string()).collect(), ..no_rules() }
}

fn issuer(issuer: &[&str]) -> Rules {
    Rules { issuer: issuer.iter().map(|i| i.to_string()).collect(), ..no_rules() }
}

/// Takes a token through all steps, with the key looked up as the backend does.
fn verify(
    token: &str,
    rules: &Rules,
    key_of: impl Fn(Option<&str>) -> Option<VerificationKey>,
) -> Result<SessionToken, TokenRejection> {
    let JwtClass::Session(jwt) = Jwt::decode(token)?.classify() else {
        let mut mismatch = TokenRejection::signature();
        mismatch.reason = TokenTypeMismatch;
        return Err(mismatch);
    };
    let Some(key) = key_of(jwt.kid()) else { return Err(TokenRejection::unknown_kid(jwt.kid())) };
    let rules = ClaimRules {
        authorized_parties: &rules.authorized_parties,
        audience: &rules.audience,
        issuer: &rules.issuer,
        machine_id: None,
        clock_skew: Duration::from_secs(5),
    };
    jwt.verify(&key.into(), &rules, Timestamp::from_millis(NOW * 1000))
}

fn by_jwks(kid: Option<&str>) -> Option<VerificationKey> {
    let document = json!({ "keys": [keys().0.jwk()] }).to_string();
    KeySet::parse(document.as_bytes()).unwrap().get(kid?).map(|key| (**key).clone())
}

fn by_unbound_jwk(_: Option<&str>) -> Option<VerificationKey> {
    let jwk = keys().0.jwk();
    VerificationKey::from_jwk(jwk["n"].as_str()?, jwk["e"].as_str()?, None)
}

fn by_pem(_: Option<&str>) -> Option<VerificationKey> {
    Some(VerificationKey::from_pem(&keys().0.public_pem()).unwrap())
}

/// The cases with a JWKS: name, token, rules, and the reason, or `None` for a valid session token.
fn cases() -> Vec<(&'static str, String, Rules, Option<Reason>)> {
    let mine = || keys().0.kid();
    let mut cases = Vec::new();
    let mut case = |name, token, rules, reason: Option<Reason>| cases.push((name, token, rules, reason));

    // Valid.
    case("valid", good(), no_rules(), None);
    case("valid without typ", sign(without(header(), "typ"), claims()), no_rules(), None);
    case("valid without category", sign(without(header(), "cat"), claims()), no_rules(), None);
    case("valid with the category that tells nothing", headed(json!({"cat": "cl_I7d4PD111III"})), no_rules(), None);
    case("valid without nbf", claiming_no("nbf"), no_rules(), None);
    case("valid without iat", claiming_no("iat"), no_rules(), None);
    case("valid without sid", claiming_no("sid"), no_rules(), None);
    case(
        "valid with the application's own claims",
        claiming(json!({"x": {"y": [1, null, "é\u{1F600}"]}})),
        no_rules(),
        None,
    );

    // Form.
    let form = [
        ("empty", String::new()),
        ("one part", "abc".into()),
        ("two parts", "abc.def".into()),
        ("four parts", format!("{}.x", good())),
        ("dots alone", "..".into()),
        ("not base64url", "!.!.!".into()),
        ("base64 of the other alphabet", part(0, "+/+/")),
        ("a space in it", part(1, "e30 ")),
        ("header not JSON", part(0, &encode("alg=RS256"))),
        ("header null", part(0, &encode("null"))),
        ("payload not JSON", part(1, &encode("{"))),
        ("payload null", part(1, &encode("null"))),
        ("header not UTF-8", part(0, &encode(b"\xff\xfe{}"))),
        ("payload not UTF-8, signed", keys().0.sign_text(json!(header()).to_string(), b"{\"sub\":\"\xff\"}")),
        ("text not ASCII", "é.é.é".into()),
        ("signature not base64url", part(2, "***")),
        ("stray bits at the end", part(0, "e31")),
        ("payload nested too deep", part(1, &encode("[".repeat(10_000)))),
        ("a number no float holds", part(1, &encode(r#"{"exp":1e999}"#))),
        ("a megabyte of one part", "a".repeat(1 << 20)),
        ("a megabyte of dots", ".".repeat(1 << 20)),
        ("a megabyte of payload", part(1, &"A".repeat(1 << 20))),
    ];
    for (name, token) in form {
        case(name, token, no_rules(), Some(TokenInvalid));
    }

    // Class.
    let class = [
        ("a JWT template's", headed(json!({"cat": "cl_B7d4PD222AAA"}))),
        ("a machine's by category", headed(json!({"cat": "cl_B7d4PD333AAA"}))),
        ("of a category to come", headed(json!({"cat": "cl_B7d4PD444AAA"}))),
        ("of an empty category", headed(json!({"cat": ""}))),
        ("of a category that is null", headed(json!({"cat": null}))),
        ("of a category that is a number", headed(json!({"cat": 1}))),
        ("a machine's by subject", sign(without(header(), "cat"), with(claims(), json!({"sub": "mch_1"})))),
        ("an OAuth client's", headed(json!({"typ": "at+jwt"}))),
        ("an OAuth client's, long form", headed(json!({"typ": "application/at+jwt"}))),
        ("a machine's that says it is a session's", claiming(json!({"sub": "mch_1"}))),
    ];
    for (name, token) in class {
        case(name, token, no_rules(), Some(TokenTypeMismatch));
    }

    // Key.
    case("no kid", sign(without(header(), "kid"), claims()), no_rules(), Some(JwkKidMismatch));
    case("a kid that does not exist", headed(json!({"kid": "ins_0"})), no_rules(), Some(JwkKidMismatch));
    case("a kid that is a number", headed(json!({"kid": 1})), no_rules(), Some(JwkKidMismatch));
    case("a kid that is a path", headed(json!({"kid": "../../etc/passwd"})), no_rules(), Some(JwkKidMismatch));
    case("header that is a list", part(0, &encode("[]")), no_rules(), Some(JwkKidMismatch));

    // Header.
    case("typ in lower case", headed(json!({"typ": "jwt"})), no_rules(), Some(TokenInvalid));
    case("typ null", headed(json!({"typ": null})), no_rules(), Some(TokenInvalid));
    case("typ of another thing", headed(json!({"typ": "dpop+jwt"})), no_rules(), Some(TokenInvalid));
    let none = json!({"alg": "none"});
    case("alg none, signed", headed(none.clone()), no_rules(), Some(TokenInvalidAlgorithm));
    let unsigned = part(0, &encode(json!(with(header(), none)).to_string()));
    case(
        "alg none, unsigned",
        format!("{}.", unsigned.rsplit_once('.').unwrap().0),
        no_rules(),
        Some(TokenInvalidAlgorithm),
    );
    case("alg None in capitals", headed(json!({"alg": "NONE"})), no_rules(), Some(TokenInvalidAlgorithm));
    case("alg HS256", headed(json!({"alg": "HS256"})), no_rules(), Some(TokenInvalidAlgorithm));
    case("alg ES256", headed(json!({"alg": "ES256"})), no_rules(), Some(TokenInvalidAlgorithm));
    case("alg PS256", headed(json!({"alg": "PS256"})), no_rules(), Some(TokenInvalidAlgorithm));
    case("alg in lower case", headed(json!({"alg": "rs256"})), no_rules(), Some(TokenInvalidAlgorithm));
    case("alg a list", headed(json!({"alg": ["RS256"]})), no_rules(), Some(TokenInvalidAlgorithm));
    case("no alg", sign(without(header(), "alg"), claims()), no_rules(), Some(TokenInvalidAlgorithm));
    case("alg of another key", headed(json!({"alg": "RS512"})), no_rules(), Some(TokenVerificationFailed));

    // Signature: verified before any claim is checked.
    let tampered = encode(json!(with(claims(), json!({"sub": "user_2"}))).to_string());
    case("payload changed", part(1, &tampered), no_rules(), Some(TokenInvalidSignature));
    let expired = encode(json!(with(claims(), json!({"exp": 0}))).to_string());
    case("payload changed to expired", part(1, &expired), no_rules(), Some(TokenInvalidSignature));
    case("payload changed to a list", part(1, &encode("[]")), no_rules(), Some(TokenInvalidSignature));
    let restated = encode(json!(with(header(), json!({"x": 1}))).to_string());
    case("header changed", part(0, &restated), no_rules(), Some(TokenInvalidSignature));
    case("no signature", part(2, ""), no_rules(), Some(TokenInvalidSignature));
    case("a short signature", part(2, "AAAA"), no_rules(), Some(TokenInvalidSignature));
    case("a signature of zeros", part(2, &encode([0; 256])), no_rules(), Some(TokenInvalidSignature));
    case("10 KB of signature", part(2, &encode(vec![1; 10_000])), no_rules(), Some(TokenInvalidSignature));
    case("a megabyte of signature", part(2, &encode(vec![1; 1 << 20])), no_rules(), Some(TokenInvalid));
    let foreign = keys().1.sign(&with(header(), json!({"kid": mine()})), &claims());
    case("another instance's key under our kid", foreign, no_rules(), Some(TokenInvalidSignature));
    case(
        "another instance's token",
        keys().1.sign(&with(header(), json!({"kid": keys().1.kid()})), &claims()),
        no_rules(),
        Some(JwkKidMismatch),
    );

    // Subject.
    case("no sub", claiming_no("sub"), no_rules(), Some(TokenVerificationFailed));
    case("sub null", claiming(json!({"sub": null})), no_rules(), Some(TokenVerificationFailed));
    case("sub a number", claiming(json!({"sub": 1})), no_rules(), Some(TokenVerificationFailed));
    case("sub a list", claiming(json!({"sub": ["user_1"]})), no_rules(), Some(TokenVerificationFailed));
    case("sub empty", claiming(json!({"sub": ""})), no_rules(), Some(TokenVerificationFailed));
    case(
        "payload a list, signed",
        keys().0.sign_text(json!(header()).to_string(), "[]"),
        no_rules(),
        Some(TokenVerificationFailed),
    );

    // Audience.
    let failed = Some(TokenVerificationFailed);
    case("aud where none is expected", claiming(json!({"aud": "a"})), no_rules(), None);
    case("no aud where one is expected", good(), audience(&["a"]), None);
    case("aud as expected", claiming(json!({"aud": "a"})), audience(&["b", "a"]), None);
    case("aud of somebody else", claiming(json!({"aud": "a"})), audience(&["b"]), failed.clone());
    case("aud that starts alike", claiming(json!({"aud": "ab"})), audience(&["a"]), failed.clone());
    case("aud list with ours", claiming(json!({"aud": ["x", "a"]})), audience(&["a"]), None);
    case("aud list without ours", claiming(json!({"aud": ["x", "y"]})), audience(&["a"]), failed.clone());
    case("aud list with ours and a number", claiming(json!({"aud": ["x", 1]})), audience(&["a"]), None);
    case("aud list empty", claiming(json!({"aud": []})), audience(&["a"]), None);

    // Authorized party.
    let party = Some(TokenInvalidAuthorizedParties);
    case("azp as expected", good(), parties(&["https://x.example", "https://app.example.com"]), None);
    case("azp of somebody else", good(), parties(&["https://x.example"]), party.clone());
    case("azp missing", claiming_no("azp"), parties(&["https://app.example.com"]), party.clone());
    case("azp missing, none expected", claiming_no("azp"), no_rules(), None);
    case("azp empty", claiming(json!({"azp": ""})), parties(&["https://app.example.com"]), party.clone());
    case(
        "azp with a slash",
        claiming(json!({"azp": "https://app.example.com/"})),
        parties(&["https://app.example.com"]),
        party.clone(),
    );
    case(
        "azp a list",
        claiming(json!({"azp": ["https://app.example.com"]})),
        parties(&["https://app.example.com"]),
        party,
    );

    // Issuer.
    let foreign_issuer = Some(TokenInvalidIssuer);
    case("iss as expected", good(), issuer(&["https://clerk.example.com"]), None);
    case("iss of somebody else", good(), issuer(&["https://clerk.example.org"]), foreign_issuer.clone());
    case("iss missing", claiming_no("iss"), issuer(&["https://clerk.example.com"]), foreign_issuer.clone());
    case("iss a number", claiming(json!({"iss": 1})), issuer(&["https://clerk.example.com"]), foreign_issuer);

    // Times, with a skew of five seconds.
    case("expires in a second", claiming(json!({"exp": NOW + 1})), no_rules(), None);
    case("expired, within the skew", claiming(json!({"exp": NOW - 4})), no_rules(), None);
    case("expired, at the skew", claiming(json!({"exp": NOW - 5})), no_rules(), Some(TokenExpired));
    case("expired at the epoch", claiming(json!({"exp": 0})), no_rules(), Some(TokenExpired));
    case("expired before the epoch", claiming(json!({"exp": -1e300})), no_rules(), Some(TokenExpired));
    case("expires after all dates", claiming(json!({"exp": 1e300})), no_rules(), None);
    case("expires at a fraction", claiming(json!({"exp": NOW as f64 + 0.5})), no_rules(), None);
    case("no exp", claiming_no("exp"), no_rules(), failed.clone());
    case("exp null", claiming(json!({"exp": null})), no_rules(), failed.clone());
    case("exp a string", claiming(json!({"exp": "1700000060"})), no_rules(), failed.clone());
    case("exp a boolean", claiming(json!({"exp": true})), no_rules(), failed.clone());
    case("not before, within the skew", claiming(json!({"nbf": NOW + 5})), no_rules(), None);
    case("not before, past the skew", claiming(json!({"nbf": NOW + 6})), no_rules(), Some(TokenNotActiveYet));
    case("not before the end of time", claiming(json!({"nbf": 1e300})), no_rules(), Some(TokenNotActiveYet));
    case("nbf a string", claiming(json!({"nbf": "0"})), no_rules(), failed.clone());
    case("issued, within the skew", claiming(json!({"iat": NOW + 5})), no_rules(), None);
    case("issued, past the skew", claiming(json!({"iat": NOW + 6})), no_rules(), Some(TokenIatInTheFuture));
    case("issued at the end of time", claiming(json!({"iat": 1e300})), no_rules(), Some(TokenIatInTheFuture));
    case("iat null", claiming(json!({"iat": null})), no_rules(), failed.clone());
    case("iat an object", claiming(json!({"iat": {}})), no_rules(), failed);

    // The order of the checks.
    case(
        "expired and of another party",
        claiming(json!({"exp": 0, "azp": "https://x.example"})),
        parties(&["https://app.example.com"]),
        Some(TokenInvalidAuthorizedParties),
    );
    case("expired and not active yet", claiming(json!({"exp": 0, "nbf": NOW + 60})), no_rules(), Some(TokenExpired));
    case("wrong typ and wrong alg", headed(json!({"typ": "x", "alg": "none"})), no_rules(), Some(TokenInvalid));
    case(
        "a template's with an unknown kid",
        headed(json!({"cat": "cl_B7d4PD222AAA", "kid": "x"})),
        no_rules(),
        Some(TokenTypeMismatch),
    );
    cases
}

#[test]
fn tokens_and_their_verdicts() {
    let mut cases = cases();
    cases.extend(text::cases());
    assert!(cases.len() >= 100, "{}", cases.len());
    for (name, token, rules, expected) in cases {
        let verdict = verify(&token, &rules, by_jwks);
        assert_eq!(verdict.map(|_| ()).map_err(|rejection| rejection.reason), expected.map_or(Ok(()), Err), "{name}");
    }
}

type KeyOf = fn(Option<&str>) -> Option<VerificationKey>;

/// The key may be a configured PEM, which is used for any `kid` and, as in the reference, for RS256 only; or a JWK that
/// is not bound to an algorithm.
#[test]
fn other_kinds_of_keys() {
    let by_none = |_: Option<&str>| None;
    let cases: [(&str, String, KeyOf, Option<Reason>); 10] = [
        ("PEM", good(), by_pem, None),
        ("PEM, no kid", sign(without(header(), "kid"), claims()), by_pem, None),
        ("PEM, another kid", headed(json!({"kid": "ins_0"})), by_pem, None),
        ("PEM, RS384", headed(json!({"alg": "RS384"})), by_pem, Some(TokenVerificationFailed)),
        ("PEM, HS256 with the PEM as secret", hmac_with_the_public_key(), by_pem, Some(TokenInvalidAlgorithm)),
        ("PEM, another instance's token", keys().1.sign(&header(), &claims()), by_pem, Some(TokenInvalidSignature)),
        ("unbound JWK, RS384", headed(json!({"alg": "RS384"})), by_unbound_jwk, None),
        ("unbound JWK, RS512", headed(json!({"alg": "RS512"})), by_unbound_jwk, None),
        ("unbound JWK, HS256", headed(json!({"alg": "HS256"})), by_unbound_jwk, Some(TokenInvalidAlgorithm)),
        ("no key at all", good(), by_none, Some(JwkKidMismatch)),
    ];
    for (name, token, key, expected) in cases {
        let verdict = verify(&token, &no_rules(), key);
        assert_eq!(verdict.map(|_| ()).map_err(|rejection| rejection.reason), expected.map_or(Ok(()), Err), "{name}");
    }
}

/// Operators see these messages, so they have to be those of Clerk's own SDKs.
#[test]
fn messages_are_those_of_the_reference() {
    let ensure = "Make sure that this is a valid Clerk-generated JWT.";
    for (token, rules, expected) in [
        ("a.b".to_owned(), no_rules(), "Invalid JWT form. A JWT consists of three parts separated by dots. (reason=token-invalid, token-carrier=header)".to_owned()),
        (headed(json!({"typ": null})), no_rules(), format!("Invalid JWT type null. Expected \"JWT\". {ensure} (reason=token-invalid, token-carrier=header)")),
        (sign(without(header(), "alg"), claims()), no_rules(), format!("Invalid JWT algorithm undefined. Supported: RS256,RS384,RS512. {ensure} (reason=token-invalid-algorithm, token-carrier=header)")),
        (part(2, ""), no_rules(), "JWT signature is invalid. (reason=token-invalid-signature, token-carrier=header)".to_owned()),
        (claiming_no("azp"), parties(&["https://a", "https://b"]), "Invalid JWT Authorized party claim (azp) undefined. Expected \"https://a,https://b\". (reason=token-invalid-authorized-parties, token-carrier=header)".to_owned()),
        (claiming(json!({"aud": ["a", "c"]})), audience(&["b"]), format!("Invalid JWT audience claim array (aud) [\"a\",\"c\"]. Is not included in \"[\"b\"]\". {ensure} (reason=token-verification-failed, token-carrier=header)")),
        (claiming(json!({"exp": NOW - 60})), no_rules(), "JWT is expired. Expiry date: Tue, 14 Nov 2023 22:12:20 GMT, Current date: Tue, 14 Nov 2023 22:13:20 GMT. (reason=token-expired, token-carrier=header)".to_owned()),
        (claiming(json!({"nbf": NOW + 60})), no_rules(), "JWT cannot be used prior to not before date claim (nbf). Not before date: Tue, 14 Nov 2023 22:14:20 GMT; Current date: Tue, 14 Nov 2023 22:13:20 GMT; (reason=token-not-active-yet, token-carrier=header)".to_owned()),
    ] {
        let rejection = verify(&token, &rules, by_jwks).unwrap_err();
        assert_eq!(rejection.full_message(Carrier::Header), expected);
    }
}

#[test]
fn a_verified_token_does_not_print_itself() {
    let token = verify(&good(), &no_rules(), by_jwks).unwrap();
    assert_eq!(token.expose(), good());
    assert!(!format!("{token:?}").contains(good().rsplit_once('.').unwrap().1));
}

/// Verifying a cached token again gives the same verdict as verifying its text from the start, at any time and with any
/// skew.
#[test]
fn verifying_again_says_what_verifying_anew_says() {
    let key = Arc::new(by_pem(None).unwrap());
    let rules = ClaimRules {
        authorized_parties: &[],
        audience: &[],
        issuer: &[],
        machine_id: None,
        clock_skew: Duration::from_secs(5),
    };
    let verify = |token: &str, clock_skew: Duration, now: i64| {
        let JwtClass::Session(jwt) = Jwt::decode(token).unwrap().classify() else { panic!("no session") };
        jwt.verify(&key, &ClaimRules { clock_skew, ..rules }, Timestamp::from_millis(now))
    };
    let tokens = [
        ("all three times", claiming(json!({"iat": NOW, "nbf": NOW - 10, "exp": NOW + 60}))),
        ("not before it was issued", claiming(json!({"iat": NOW - 10, "nbf": NOW, "exp": NOW + 60}))),
        ("no nbf", claiming_no("nbf")),
        ("no iat", claiming_no("iat")),
        ("without end", claiming(json!({"exp": 1e300}))),
        ("at a fraction", claiming(json!({"exp": NOW as f64 + 0.9}))),
    ];
    for (name, token) in &tokens {
        let remembered = RememberedToken::from(Arc::new(verify(token, rules.clock_skew, NOW * 1000).unwrap()));
        let times =
            [-100_000, -15_001, -15_000, -5_001, -5_000, -1, 0, 4_999, 5_000, 64_999, 65_000, 65_001, 1_000_000];
        let skews = [0, 1, 5, 3600];
        for (after, skew) in times.into_iter().flat_map(|after| skews.map(|skew| (after, Duration::from_secs(skew)))) {
            let now = NOW * 1000 + after;
            let again = remembered.clone().verify_again(|_| true, skew, Timestamp::from_millis(now));
            let again = match again {
                SecondVerdict::Valid(_) => Ok(()),
                SecondVerdict::Rejected(rejection) => Err(rejection),
                SecondVerdict::ByAnotherKey(_) => panic!("the key is current"),
            };
            assert_eq!(again, verify(token, skew, now).map(|_| ()), "{name}, {after} ms later, skew {skew:?}");
        }
    }
}

#[test]
fn a_token_counts_again_by_the_very_key_that_verified_it() {
    let (key, now) = (Arc::new(by_pem(None).unwrap()), Timestamp::from_millis(NOW * 1000));
    let rules = ClaimRules {
        authorized_parties: &[],
        audience: &[],
        issuer: &[],
        machine_id: None,
        clock_skew: Duration::from_secs(5),
    };
    let JwtClass::Session(jwt) = Jwt::decode(&good()).unwrap().classify() else { panic!("no session") };
    let token = Arc::new(jwt.verify(&key, &rules, now).unwrap());
    let remembered = RememberedToken::from(Arc::clone(&token));
    assert_eq!(
        remembered.header().unwrap().get(super::claims::ClaimName::Kid).and_then(super::claims::Claim::as_str),
        Some(keys().0.kid())
    );
    let is = |key: &Arc<VerificationKey>| {
        let key = Arc::clone(key);
        move |by: &Arc<VerificationKey>| Arc::ptr_eq(by, &key)
    };
    let again = remembered.clone().verify_again(is(&key), rules.clock_skew, now);
    assert!(matches!(again, SecondVerdict::Valid(again) if Arc::ptr_eq(&again, &token)), "nothing is copied");
    let foreign = Arc::new(VerificationKey::from_pem(&keys().1.public_pem()).unwrap());
    let again = remembered.verify_again(is(&foreign), rules.clock_skew, now);
    assert!(matches!(again, SecondVerdict::ByAnotherKey(_)));
}
