//! Random requests: everything that a client can choose, from a list of likely values or made up.

use actix_http::Request;
use actix_web::{
    http::{
        Method,
        header::{HeaderName, HeaderValue},
    },
    test::TestRequest,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clerk_actix::{
    SessionStatus,
    testing::{self, LocalClerk},
};
use rand::{RngExt, SeedableRng, rngs::StdRng, seq::IndexedRandom};

use crate::support::{cookie_suffix, seconds};

const METHODS: [&str; 9] = ["GET", "GET", "GET", "GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS"];

const PATHS: [&str; 12] = [
    "/auth",
    "/require",
    "/require-pending",
    "/pending",
    "/any",
    "/either",
    "/option",
    "/ext",
    "/admin",
    "/key",
    "/machine",
    "/public",
];

const COOKIES: [&str; 10] = [
    "__session",
    "__client_uat",
    "__clerk_db_jwt",
    "__refresh",
    "__clerk_handshake",
    "__clerk_handshake_nonce",
    "__clerk_redirect_count",
    "__session_other",
    "theme",
    "session",
];

const PARAMETERS: [&str; 9] = [
    "__clerk_handshake",
    "__clerk_handshake_nonce",
    "__clerk_db_jwt",
    "__clerk_synced",
    "__clerk_redirect_url",
    "__clerk_ticket",
    "__clerk_help",
    "__clerk_satellite_url",
    "page",
];

/// Headers that a decision looks at, with likely values.
const HEADERS: [(&str, &[&str]); 12] = [
    ("sec-fetch-dest", &["document", "document", "empty", "iframe", "websocket", "script"]),
    ("sec-fetch-mode", &["navigate", "navigate", "cors", "no-cors", "websocket"]),
    ("sec-fetch-site", &["same-origin", "same-site", "cross-site", "none"]),
    ("accept", &["text/html", "application/json", "*/*"]),
    ("origin", &["http://localhost:8080", "https://evil.example", "null"]),
    ("referer", &["https://accounts.example.com/", "https://evil.example/?__clerk_db_jwt=x", "http://localhost:8080/"]),
    ("host", &["localhost:8080", "app.example.com", "evil.example"]),
    ("x-forwarded-proto", &["https", "http"]),
    ("x-forwarded-host", &["app.example.com", "evil.example:81"]),
    ("x-requested-with", &["XMLHttpRequest"]),
    ("upgrade", &["websocket", "h2c"]),
    ("connection", &["upgrade", "keep-alive"]),
];

/// Makes requests to one instance.
pub struct Requests {
    random: StdRng,
    tokens: Vec<String>,
    suffix: String,
}

impl Requests {
    pub fn new(clerk: &LocalClerk, seed: u64) -> Self {
        let other = LocalClerk::start().unwrap();
        // The clock moves on, and the good ones stay good.
        let session = || testing::session("user_ada").session_id("sess_ada").lifetime(seconds(1_000_000));
        let machine = clerk.machine_id();
        let good = clerk.mint(session());
        let tokens = vec![
            clerk.mint(session().claim("azp", "http://localhost:8080")),
            clerk.mint(session().org_id("org_acme").org_role("org:admin")),
            clerk.mint(session().status(SessionStatus::Pending)),
            clerk.mint(session().claim("exp", 1)),
            clerk.mint(session().claim("exp", 1).claim("azp", "http://localhost:8080")),
            clerk.mint(session().claim("exp", 1).without("sid")),
            clerk.mint(session().claim("nbf", 9_999_999_999_i64)),
            clerk.mint(session().claim("iat", 9_999_999_999_i64).claim("nbf", 1)),
            clerk.mint(session().claim("azp", "https://evil.example")),
            clerk.mint(session().without("sub")),
            clerk.mint(session().without("sid")),
            clerk.mint(testing::api_key("user_ada").scopes(["orders:read"])),
            clerk.mint(testing::m2m_token(machine)),
            clerk.mint(testing::m2m_token(machine).jwt().lifetime(seconds(1_000_000))),
            clerk.mint(testing::m2m_token("mch_other").jwt()),
            clerk.mint(testing::oauth_token("user_ada")),
            clerk.mint(testing::oauth_token("user_ada").jwt().lifetime(seconds(1_000_000))),
            other.mint(session()),
            other.mint(testing::m2m_token(machine).jwt()),
            other.mint(testing::oauth_token("user_ada").jwt()),
            signed_by_nobody(&good),
            with_header(&good, r#"{"alg":"none","typ":"JWT"}"#),
            with_header(&good, r#"{"alg":"HS256","typ":"JWT","kid":"x"}"#),
            good,
        ];
        Self { random: StdRng::seed_from_u64(seed), tokens, suffix: cookie_suffix(clerk) }
    }

    pub fn next(&mut self) -> Request {
        let method = match self.once_in(8) {
            true => Method::from_bytes(self.word(12).to_uppercase().as_bytes()).unwrap(),
            false => Method::from_bytes(self.pick(&METHODS).as_bytes()).unwrap(),
        };
        let target = self.target();
        let mut request = TestRequest::default().method(method).uri(&target);
        if self.once_in(2) {
            request = request.append_header(("authorization", self.authorization()));
        }
        if !self.once_in(3) {
            request = request.append_header(("cookie", self.cookies()));
        }
        for (name, values) in HEADERS {
            if self.once_in(3) {
                let value = if self.once_in(10) { self.garbage(20) } else { value(self.pick(values)) };
                request = request.append_header((HeaderName::from_static(name), value));
            }
        }
        if self.once_in(6) {
            let offer = value(&format!("clerk, {}", self.token()));
            request = request
                .insert_header(("upgrade", "websocket"))
                .insert_header(("connection", "upgrade"))
                .insert_header(("sec-websocket-protocol", offer));
        }
        if self.once_in(6) {
            let name = format!("x-{}", self.word(10));
            request = request.append_header((name, self.garbage(30)));
        }
        request.to_request()
    }

    fn target(&mut self) -> String {
        let mut target =
            if self.once_in(4) { format!("/{}/{}", self.word(8), self.word(8)) } else { self.pick(&PATHS).to_owned() };
        let mut separator = '?';
        while self.once_in(4) {
            let name = if self.once_in(5) { self.word(10) } else { self.pick(&PARAMETERS).to_owned() };
            let text = if self.once_in(2) { self.word(20) } else { self.token() };
            let text: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
            target.push_str(&format!("{separator}{name}={text}"));
            separator = '&';
        }
        target
    }

    fn authorization(&mut self) -> HeaderValue {
        match self.below(8) {
            0 => self.garbage(40),
            1 => value(&format!("Basic {}", self.word(20))),
            2 => value(&format!("{} {}", self.word(8), self.token())),
            3 => value("Bearer"),
            _ => value(&format!("Bearer {}", self.token())),
        }
    }

    fn cookies(&mut self) -> HeaderValue {
        let mut pairs = Vec::new();
        // What a browser that has signed in sends together.
        if self.once_in(2) {
            let (token, refresh) = (self.token(), self.word(30));
            pairs.push(format!("__session={token}; __client_uat=1; __clerk_db_jwt=dvb_1"));
            if self.once_in(2) {
                pairs.push(format!("__refresh_{}={refresh}", self.suffix));
            }
        }
        for _ in 0..=self.below(4) {
            let mut name = if self.once_in(12) { self.word(10) } else { self.pick(&COOKIES).to_owned() };
            if self.once_in(2) {
                name = format!("{name}_{}", self.suffix);
            }
            let text = match name.as_str() {
                name if name.starts_with("__client_uat") => {
                    self.pick(&["0", "1", "1", "9999999999", "abc", "-1"]).to_owned()
                }
                name if name.starts_with("__clerk_redirect_count") => {
                    self.pick(&["0", "1", "2", "3", "99", "x"]).to_owned()
                }
                _ if self.once_in(4) => self.word(30),
                _ => self.token(),
            };
            pairs.push(format!("{name}={text}"));
        }
        value(&pairs.join("; "))
    }

    /// Returns a token of any kind: genuine, forged, expired, damaged or made up.
    fn token(&mut self) -> String {
        match self.below(10) {
            0 => format!("{}{}", self.pick(&["ak_", "mt_", "oat_"]), self.word(32)),
            1 => format!("{}.{}.{}", self.word(20), self.word(40), self.word(40)),
            2 => {
                let header = format!(r#"{{"alg":"RS256","typ":"JWT","kid":"ins_{}"}}"#, self.word(16));
                let index = self.below(self.tokens.len());
                with_header(&self.tokens[index], &header)
            }
            3 => {
                let index = self.below(self.tokens.len());
                let token = &self.tokens[index];
                token[..token.len() * 2 / 3].to_owned()
            }
            4 => self.word(64),
            _ => {
                let index = self.below(self.tokens.len());
                self.tokens[index].clone()
            }
        }
    }

    fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end)
    }

    fn pick<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts.choose(&mut self.random).unwrap()
    }

    fn word(&mut self, max: usize) -> String {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
        let length = self.random.random_range(1..=max);
        (0..length).map(|_| char::from(*LETTERS.choose(&mut self.random).unwrap())).collect()
    }

    /// Returns any bytes that a header can hold.
    fn garbage(&mut self, max: usize) -> HeaderValue {
        let length = self.below(max);
        let bytes: Vec<u8> = (0..length).map(|_| self.random.random_range(32..=255)).filter(|b| *b != 127).collect();
        HeaderValue::from_bytes(&bytes).unwrap()
    }
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap()
}

/// The same claims, with another signature of the same length.
fn signed_by_nobody(token: &str) -> String {
    let (signed, _) = token.rsplit_once('.').unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode([7; 256]))
}

fn with_header(token: &str, header: &str) -> String {
    let rest = token.split_once('.').map_or("", |(_, rest)| rest);
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

/// How far the clock moves on after each batch of requests, so that limits of calls are reached and forgotten.
pub const STEP: std::time::Duration = seconds(7);
