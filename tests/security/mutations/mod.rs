//! Mutations of valid tokens and requests. A request is signed in only if it has the text of a token that the instance
//! has minted, byte for byte, where the protocol looks for it, and then with that token's claims.
//!
//! `cargo test` makes 20,000, and `just mutations` 2,000,000, from another seed. All of them go through the middleware:
//! in a header, in plain cookies and in suffixed ones; with a JWKS, with a PEM key, and without a cache.

mod operators;
pub mod random;

use std::collections::{BTreeMap, HashMap};

use actix_web::{
    App, HttpResponse,
    body::MessageBody,
    dev::{Service, ServiceResponse},
    http::header::{AUTHORIZATION, COOKIE, HeaderName, HeaderValue},
    test, web,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use clerk_actix::{
    Auth, ClerkConfig, ClerkMiddleware, SessionStatus,
    testing::{self, LocalClerk, SessionBuilder},
};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use self::{
    operators::{OF_COOKIES, OF_THE_HEADER, OF_TOKENS, of_cookies, of_the_header},
    random::Random,
};
use crate::support::{cookie_suffix, local_clerk, payload};

const CASES: usize = 20_000;

/// What the operators make their texts of.
pub struct Material {
    /// The claims of the tokens that are valid here, by their text.
    valid: HashMap<String, Value>,
    /// These, and others that the instance has signed: expired, pending, of another type, for another party.
    genuine: Vec<String>,
    /// The same sessions, signed by another instance under this one's `kid`.
    foreign: Vec<String>,
    parameters: Vec<(String, Value)>,
    claims: Vec<(String, Value)>,
    suffix: String,
    pem: String,
    modulus: Vec<u8>,
}

impl Material {
    fn new(clerk: &LocalClerk, stranger: &LocalClerk) -> Self {
        let session = |n: usize| {
            let session = testing::session(format!("user_{n}")).claim("azp", PARTY).claim("n", n);
            match n % 3 {
                0 => session.org_id("org_1").org_role("org:admin").org_permissions(["org:posts:read"]),
                1 => session.version(1).org_id("org_2").org_role("org:member"),
                _ => session.claim("name", "Ada \u{e9}\u{1f600}"),
            }
        };
        let sessions: Vec<SessionBuilder> = (0..9).map(session).collect();
        let valid: Vec<String> = sessions.iter().map(|session| clerk.mint(session.clone())).collect();
        let kid = header(&valid[0])["kid"].clone();
        let foreign = sessions.into_iter().map(|session| stranger.mint(session.header("kid", kid.clone()))).collect();
        let others = [
            clerk.mint(session(20).claim("exp", 1)),
            clerk.mint(session(21).claim("nbf", 9_999_999_999_u64)),
            clerk.mint(session(22).status(SessionStatus::Pending)),
            clerk.mint(session(23).claim("azp", "https://elsewhere.example")),
            clerk.mint(session(24).header("cat", "cl_B7d4PD222AAA")),
            clerk.mint(session(25).header("typ", "at+jwt")),
            clerk.mint(session(26).without("sub")),
            clerk.mint(testing::m2m_token(clerk.machine_id()).jwt()),
            clerk.mint(testing::oauth_token("user_ada").jwt()),
        ];
        let stranger_jwk = json!({ "kty": "RSA", "kid": kid, "e": "AQAB", "n": "AAAA" });
        let parameters = json!({
            "alg": "none", "kid": "ins_0", "typ": "at+jwt", "cat": "cl_B7d4PD333AAA", "crit": ["exp"], "jwk": stranger_jwk,
            "jku": "https://attacker.example", "x5c": ["AAAA"], "x5u": "https://attacker.example", "zip": "DEF", "b64": false,
            "enc": "A256GCM", "cty": "JWT", "": 0,
        });
        let claims = json!({
            "sub": "user_root", "exp": 9_999_999_999_u64, "iat": 1, "nbf": 0, "azp": null, "sid": "sess_0", "sts": "active",
            "o": { "id": "org_0", "rol": "admin" }, "org_id": "org_0", "org_role": "org:admin", "act": { "sub": "user_0" },
            "fva": [0, 0], "iss": "https://attacker.example", "aud": [], "v": 2, "fea": "o:all", "pla": "u:pro", "": {},
        });
        let members = |value: Value| value.as_object().unwrap().clone().into_iter().collect();
        let pem = clerk.jwt_key();
        let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        Self {
            genuine: valid.iter().cloned().chain(others).collect(),
            valid: valid.into_iter().map(|token| (token.clone(), payload(&token))).collect(),
            foreign,
            parameters: members(parameters),
            claims: members(claims),
            suffix: cookie_suffix(clerk),
            // After the headers of both sequences, the bit string and the integer.
            modulus: STANDARD.decode(body).unwrap()[33..][..256].to_vec(),
            pem,
        }
    }

    /// Returns the claims of the valid token with this text.
    fn claims_of(&self, text: &[u8]) -> Option<&Value> {
        self.valid.get(std::str::from_utf8(text).ok()?)
    }

    /// Returns the claims of all valid tokens that a header's or a cookie's value is the text of.
    fn found_in<'m>(&'m self, lines: &'m [Line]) -> impl Iterator<Item = &'m Value> {
        lines.iter().flat_map(|(name, value)| {
            let value = String::from_utf8_lossy(value);
            let tokens: Vec<Vec<u8>> = if *name == AUTHORIZATION {
                let value = value.trim_ascii();
                // The first word after the scheme, if there is one.
                let token = value.split_once([' ', '\t']).map_or(value, |(_, rest)| rest.trim_ascii());
                vec![token.split([' ', '\t']).next().unwrap_or_default().into()]
            } else {
                let values = value.split(';').filter_map(|pair| pair.split_once('='));
                values.map(|(_, value)| percent_decode_str(value.trim_ascii()).collect()).collect()
            };
            tokens.into_iter().filter_map(|token| self.claims_of(&token)).collect::<Vec<_>>()
        })
    }
}

fn header(token: &str) -> Value {
    payload(&format!(".{}", token.split('.').next().unwrap()))
}

const PARTY: &str = "https://app.example.com";

/// A line of the request: the header's name and value.
type Line = (HeaderName, Vec<u8>);

#[derive(Clone, Copy, Debug, PartialEq)]
enum Carrier {
    Header,
    Cookies,
    SuffixedCookies,
}

const CARRIERS: [Carrier; 3] = [Carrier::Header, Carrier::Cookies, Carrier::SuffixedCookies];

impl Carrier {
    fn carry(self, token: &[u8], suffix: &str) -> Vec<Line> {
        let cookies = |suffix: &str| {
            let uat = format!("; __client_uat{suffix}=1");
            vec![(COOKIE, [format!("__session{suffix}=").as_bytes(), token, uat.as_bytes()].concat())]
        };
        match self {
            Self::Header => vec![(AUTHORIZATION, [b"Bearer ", token].concat())],
            Self::Cookies => cookies(""),
            Self::SuffixedCookies => cookies(&format!("_{suffix}")),
        }
    }
}

fn configurations(clerk: &LocalClerk) -> [(&'static str, ClerkConfig); 3] {
    let builder = || clerk.config_builder().authorized_parties([PARTY]);
    [
        ("JWKS", builder().build().unwrap()),
        ("PEM", builder().jwt_key(clerk.jwt_key()).build().unwrap()),
        ("no cache", builder().session_token_cache(None).build().unwrap()),
    ]
}

/// The verdicts on the mutations by one operator.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    rejected: usize,
    /// With the very text of a valid token.
    the_same: usize,
    /// It is no legal header value, so that no server sees it.
    not_sent: usize,
}

/// The answer of the handler: the claims of the session, if there is one.
async fn answer(auth: Auth) -> HttpResponse {
    match auth {
        Auth::Authenticated(session) => HttpResponse::Ok().json(session.claims()),
        Auth::Unauthenticated(_) => HttpResponse::NoContent().finish(),
    }
}

/// Sends the request, and returns the claims of the session that it is signed in with. `Err` if it cannot be sent.
async fn claims_of<S, B>(app: &S, lines: &[Line]) -> Result<Option<Value>, ()>
where
    S: Service<actix_http::Request, Response = ServiceResponse<B>, Error = actix_web::Error>,
    B: MessageBody,
{
    let mut request = test::TestRequest::get();
    for (name, value) in lines {
        request = request.append_header((name.clone(), HeaderValue::from_bytes(value).map_err(drop)?));
    }
    let response = test::call_service(app, request.to_request()).await;
    match response.status().as_u16() {
        200 => Ok(Some(test::read_body_json(response).await)),
        204 => Ok(None),
        status => panic!("status {status}"),
    }
}

/// Makes this many mutations, and counts them by operator. Panics on a verdict that is wrong.
async fn mutate(clerk: &LocalClerk, material: &Material, cases: usize, seed: u64) -> BTreeMap<&'static str, Count> {
    let mut random = Random::new(seed);
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut apps = Vec::new();
    for (name, config) in configurations(clerk) {
        let app = App::new().wrap(ClerkMiddleware::new(config)).default_service(web::to(answer));
        apps.push((name, test::init_service(app).await));
    }
    // Loads the keys, and shows that the requests are good as long as nothing is changed.
    for (token, (name, app)) in material.genuine.iter().flat_map(|token| apps.iter().map(move |app| (token, app))) {
        for carrier in CARRIERS {
            let found = claims_of(app, &carrier.carry(token.as_bytes(), &material.suffix)).await;
            assert_eq!(found, Ok(material.claims_of(token.as_bytes()).cloned()), "{name}, {carrier:?}: {token}");
        }
    }
    for case in 0..cases {
        let token = random.pick(&material.genuine);
        let (configuration, app) = random.pick(&apps);
        let carrier = *random.pick(&CARRIERS);
        let operator = case % (OF_TOKENS.len() + 2);
        let (operator, lines, expected) = match OF_TOKENS.get(operator) {
            Some((name, operator)) => {
                let text = operator(token, material, &mut random);
                // White space around a value is none of it (RFC 9110, section 5.5).
                let is_trimmed = text.trim_ascii() != text;
                let lines = carrier.carry(&text, &material.suffix);
                let expected = material.found_in(&lines).next().cloned();
                (*name, lines, Some((expected, is_trimmed)))
            }
            None if operator == OF_TOKENS.len() => {
                let values = of_the_header(token, material, &mut random);
                (OF_THE_HEADER, values.into_iter().map(|value| (AUTHORIZATION, value)).collect(), None)
            }
            None => {
                let values = of_cookies(token, material, &mut random);
                (OF_COOKIES, values.into_iter().map(|value| (COOKIE, value)).collect(), None)
            }
        };
        let count = counts.entry(operator).or_default();
        let Ok(found) = claims_of(app, &lines).await else {
            count.not_sent += 1;
            continue;
        };
        let about = || {
            let lines = lines.iter().map(|(name, value)| format!("{name}: {}", value.escape_ascii()));
            format!("seed {seed}, case {case}, {operator}, {configuration}:\n{}", lines.collect::<Vec<_>>().join("\n"))
        };
        match &found {
            None => count.rejected += 1,
            Some(claims) => {
                assert!(material.found_in(&lines).any(|known| known == claims), "accepted: {}\n{claims}", about());
                count.the_same += 1;
            }
        }
        if let Some((expected, is_trimmed)) = expected {
            assert!(found == expected || (is_trimmed && found.is_none()), "expected {expected:?}, {}", about());
        }
    }
    counts
}

/// Runs `MUTATIONS` cases from `MUTATIONS_SEED`, half of them on each of two threads.
#[::core::prelude::v1::test]
fn only_the_bytes_of_a_minted_token_count() {
    let variable = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let cases = variable("MUTATIONS").map_or(CASES, |cases| usize::try_from(cases).unwrap());
    let seed = variable("MUTATIONS_SEED").unwrap_or(2026);
    let (clerk, stranger) = (local_clerk(), local_clerk());
    let material = Material::new(&clerk, &stranger);
    let counts = std::thread::scope(|scope| {
        let (clerk, material) = (&clerk, &material);
        let threads = [0, 1].map(|thread| {
            let run = move || actix_web::rt::System::new().block_on(mutate(clerk, material, cases / 2, seed + thread));
            scope.spawn(run)
        });
        let mut all: BTreeMap<&str, Count> = BTreeMap::new();
        for (operator, count) in threads.into_iter().flat_map(|thread| thread.join().unwrap()) {
            let sum = all.entry(operator).or_default();
            sum.rejected += count.rejected;
            sum.the_same += count.the_same;
            sum.not_sent += count.not_sent;
        }
        all
    });
    println!("{:>9} {:>9} {:>9}  operator, seed {seed}", "rejected", "the same", "not sent");
    for (operator, count) in &counts {
        println!("{:>9} {:>9} {:>9}  {operator}", count.rejected, count.the_same, count.not_sent);
        assert!(count.rejected > 0, "{operator} changes nothing");
    }
    let total = |of: fn(&Count) -> usize| counts.values().map(of).sum::<usize>();
    println!(
        "{} mutations by {} operators: {} rejected, {} with the very text of a valid token, {} no legal HTTP, 0 forgeries",
        counts.values().map(|count| count.rejected + count.the_same + count.not_sent).sum::<usize>(),
        counts.len(),
        total(|count| count.rejected),
        total(|count| count.the_same),
        total(|count| count.not_sent),
    );
    assert_eq!(counts.len(), 30);
}
