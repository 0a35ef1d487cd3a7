//! The rules for cookies and session tokens, written from `docs/protocol.md` alone: naive, slow, and in the order of its
//! sections. It shares no code with the crate.

use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

/// A request, as it is sent.
#[derive(Clone, Debug, Default)]
pub struct Request {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub headers: Vec<(&'static str, String)>,
}

/// What the instance knows.
pub struct Instance {
    pub is_development: bool,
    /// The host that the publishable key decodes to.
    pub frontend_api: String,
    /// The Frontend API's URL as browsers reach it, and the sign-in page's.
    pub clerk_origins: Vec<String>,
    pub suffix: String,
    /// The texts of all tokens that the instance has signed.
    pub signed: HashSet<String>,
    /// Seconds.
    pub now: i64,
    /// The origin that requests are sent to.
    pub origin: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// With the token's subject.
    SignedIn(String),
    SignedOut(String),
    Handshake(String),
}

/// The tolerated difference of clocks, in seconds (section 6).
const SKEW: i64 = 5;

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }

    fn has_parameter(&self, name: &str) -> bool {
        let query = self.target.split_once('?').map_or("", |(_, query)| query);
        query.split('&').any(|pair| pair.split('=').next() == Some(name))
    }

    fn path(&self) -> &str {
        self.target.split('?').next().unwrap()
    }

    /// Section 4: split first, then percent-decoded one by one. The first of a name counts; an empty one is none.
    fn cookie(&self, name: &str) -> Option<String> {
        let pairs = self.headers.iter().filter(|(known, _)| *known == "Cookie").flat_map(|(_, value)| value.split(';'));
        let mut values = pairs.filter_map(|pair| pair.trim().split_once('=')).filter(|(known, _)| known.trim() == name);
        let value = values.next()?.1.trim();
        let decoded = String::from_utf8(percent_decode(value)).unwrap_or_else(|_| value.to_owned());
        Some(decoded).filter(|value| !value.is_empty())
    }

    /// Section 14, point 33.
    fn is_of_a_script(&self) -> bool {
        let says_so = self.header("X-Requested-With").is_some_and(|value| !value.contains('.'));
        let mode = self.header("Sec-Fetch-Mode");
        let by_fetch = self.header("Sec-Fetch-Dest").is_none()
            && (mode.is_some_and(|mode| mode != "navigate") || (mode.is_none() && self.header("Origin").is_some()));
        says_so || by_fetch
    }

    /// Section 10, Eligible.
    fn is_page_navigation(&self) -> bool {
        let by_headers = match self.header("Sec-Fetch-Dest") {
            Some(destination) => destination == "document" || destination == "iframe",
            None => self.header("Accept").is_some_and(|accept| accept.starts_with("text/html")),
        };
        self.method == "GET" && by_headers && !self.is_of_a_script()
    }
}

fn percent_decode(text: &str) -> Vec<u8> {
    let bytes = text.as_bytes();
    let (mut decoded, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        let byte = escape.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit()));
        match byte.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                at += 3;
            }
            None => {
                decoded.push(bytes[at]);
                at += 1;
            }
        }
    }
    decoded
}

/// A JWT whose signature has not been checked.
struct Token {
    text: String,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl Token {
    fn decode(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { return None };
        let members = |part: &str| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        URL_SAFE_NO_PAD.decode(signature).ok()?;
        Some(Self { text: text.to_owned(), header: members(header)?, claims: members(claims)? })
    }

    fn text_claim(&self, name: &str) -> Option<&str> {
        self.claims.get(name)?.as_str()
    }

    fn time(&self, name: &str) -> Option<i64> {
        self.claims.get(name)?.as_i64()
    }

    /// Section 7: a machine's, or of a category that is neither a session's nor tells nothing.
    fn is_of_another_type(&self) -> bool {
        let category = self.header.get("cat").map(|category| category.as_str().unwrap_or_default());
        let is_session = category.is_none_or(|cat| cat == "cl_B7d4PD111AAA" || cat == "cl_I7d4PD111III");
        let typ = self.header.get("typ").and_then(Value::as_str).unwrap_or_default();
        let is_oauth = typ == "at+jwt" || typ == "application/at+jwt";
        !is_session || is_oauth || self.text_claim("sub").is_some_and(|subject| subject.starts_with("mch_"))
    }

    fn is_expired(&self, instance: &Instance) -> bool {
        self.time("exp").is_none_or(|exp| exp <= instance.now - SKEW)
    }

    /// Section 6, after the class: header, signature, claims.
    fn verify(&self, instance: &Instance) -> Result<String, &'static str> {
        if self.header.get("typ").is_some_and(|typ| typ != "JWT") {
            return Err("token-invalid");
        }
        if !matches!(self.header.get("alg").and_then(Value::as_str), Some("RS256" | "RS384" | "RS512")) {
            return Err("token-invalid-algorithm");
        }
        if !instance.signed.contains(&self.text) {
            return Err("token-invalid-signature");
        }
        let subject = self.text_claim("sub").filter(|subject| !subject.is_empty());
        let subject = subject.ok_or("token-verification-failed")?;
        self.time("exp").ok_or("token-verification-failed")?;
        if self.is_expired(instance) {
            return Err("token-expired");
        }
        if self.time("nbf").is_some_and(|nbf| nbf > instance.now + SKEW) {
            return Err("token-not-active-yet");
        }
        if self.time("iat").is_some_and(|iat| iat > instance.now + SKEW) {
            return Err("token-iat-in-the-future");
        }
        Ok(subject.to_owned())
    }
}

/// The cookies that count: section 5.
struct Cookies {
    session: Option<String>,
    uat: i64,
    dev_browser: Option<String>,
    redirects: i64,
}

impl Cookies {
    fn of(request: &Request, instance: &Instance) -> Self {
        let suffix = &instance.suffix;
        let suffixed = |name: &str| request.cookie(&format!("{name}_{suffix}"));
        let is_plain = Self::are_plain(request, instance);
        let read = |name: &str| if is_plain { request.cookie(name) } else { suffixed(name) };
        Self {
            session: read("__session"),
            uat: uat(read("__client_uat")),
            dev_browser: read("__clerk_db_jwt"),
            redirects: uat(request.cookie("__clerk_redirect_count")),
        }
    }

    fn are_plain(request: &Request, instance: &Instance) -> bool {
        let suffix = &instance.suffix;
        let plain_session = request.cookie("__session");
        let suffixed_session = request.cookie(&format!("__session_{suffix}"));
        // Compared as text.
        let plain_is_zero = request.cookie("__client_uat").as_deref() == Some("0");
        let suffixed_uat_text = request.cookie(&format!("__client_uat_{suffix}"));
        let suffixed_is_zero = suffixed_uat_text.as_deref() == Some("0");
        let plain = plain_session.as_deref().map(Token::decode);
        let suffixed = suffixed_session.as_deref().and_then(Token::decode);
        // 1 and 2.
        if let Some(token) = &plain {
            match token.as_ref().and_then(|token| token.text_claim("iss")) {
                None => return true,
                Some(issuer) => {
                    let host = issuer.trim_start_matches("https://").trim_start_matches("http://");
                    if host != instance.frontend_api {
                        return false;
                    }
                }
            }
        }
        // 3.
        if suffixed_uat_text.is_none() && suffixed_session.is_none() {
            return true;
        }
        // 4.
        let issued = |token: Option<&Token>| token.and_then(|token| token.time("iat")).unwrap_or(0);
        let is_newer = issued(plain.as_ref().and_then(Option::as_ref)) > issued(suffixed.as_ref());
        if !suffixed_is_zero && !plain_is_zero && is_newer {
            return true;
        }
        // 5.
        if suffixed_is_zero && !plain_is_zero {
            return true;
        }
        // 6.
        let is_expired =
            suffixed.as_ref().is_some_and(|token| token.time("exp").is_some_and(|exp| exp <= instance.now));
        if instance.is_development && !suffixed_is_zero && plain_is_zero && is_expired {
            return true;
        }
        // 7 and 8.
        suffixed_session.is_some() && suffixed_uat_text.is_none()
    }
}

/// An integer; anything else is 0.
fn uat(text: Option<String>) -> i64 {
    text.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The decision about a request.
pub fn decide(request: &Request, instance: &Instance) -> Verdict {
    // Section 4: a token in the header comes first.
    if let Some(token) = bearer(request) {
        return by_header(request, instance, &token);
    }
    let cookies = Cookies::of(request, instance);
    // Section 14, point 34.
    if !matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS") && is_foreign(request, &cookies) {
        return Verdict::SignedOut("cross-origin-request".to_owned());
    }
    by_cookies(request, instance, &cookies)
}

fn bearer(request: &Request) -> Option<String> {
    let value = request.header("Authorization")?;
    match value.split_once(' ') {
        None => Some(value.to_owned()).filter(|token| !token.is_empty() && !token.eq_ignore_ascii_case("bearer")),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() => {
            token.trim().split(' ').next().map(str::to_owned)
        }
        Some(_) => None,
    }
}

/// Section 7.
fn by_header(request: &Request, instance: &Instance, text: &str) -> Verdict {
    let Some(token) = Token::decode(text) else { return Verdict::SignedOut("token-invalid".to_owned()) };
    if token.is_of_another_type() {
        return Verdict::SignedOut("token-type-mismatch".to_owned());
    }
    match token.verify(instance) {
        Ok(subject) => Verdict::SignedIn(subject),
        Err(reason) => failed(request, instance, &Cookies::of(request, instance), reason),
    }
}

/// Section 14, points 32 and 34.
fn is_foreign(request: &Request, cookies: &Cookies) -> bool {
    if cookies.session.is_none() && cookies.uat == 0 {
        return false;
    }
    let site = request.header("Sec-Fetch-Site");
    let origin = request.header("Origin");
    if site.is_none() && origin.is_none() {
        return false;
    }
    let azp =
        cookies.session.as_deref().and_then(Token::decode).and_then(|token| token.text_claim("azp").map(str::to_owned));
    let is_of_the_token = origin.is_some_and(|origin| origin != "null") && origin == azp.as_deref();
    !is_of_the_token && !is_own(request)
}

/// Section 8.
fn by_cookies(request: &Request, instance: &Instance, cookies: &Cookies) -> Verdict {
    let handshake = |reason: &str| handshake(request, cookies, reason);
    // 4 and 5.
    if instance.is_development && request.has_parameter("__clerk_db_jwt") {
        return handshake("dev-browser-sync");
    }
    if instance.is_development && cookies.dev_browser.is_none() {
        return handshake("dev-browser-missing");
    }
    // 6, 7 and 8.
    let text = match (&cookies.session, cookies.uat) {
        (None, 0) => return Verdict::SignedOut("session-token-and-uat-missing".to_owned()),
        (Some(_), 0) => return handshake("session-token-but-no-client-uat"),
        (None, _) => return handshake("client-uat-but-no-session-token"),
        (Some(text), _) => text,
    };
    // 9.
    let Some(token) = Token::decode(text) else { return failed(request, instance, cookies, "token-invalid") };
    if token.is_of_another_type() {
        return Verdict::SignedOut("token-type-mismatch".to_owned());
    }
    // 10.
    if token.time("iat").is_some_and(|iat| iat < cookies.uat) {
        return handshake("session-token-iat-before-client-uat");
    }
    // 11.
    let subject = match token.verify(instance) {
        Ok(subject) => subject,
        Err(reason) => return failed(request, instance, cookies, reason),
    };
    // 12.
    let is_document = request.is_page_navigation() && request.header("Sec-Fetch-Dest") == Some("document");
    let comes_from_elsewhere = request.header("Referer").is_some_and(|referrer| {
        let origin: String = referrer.split('/').take(3).collect::<Vec<_>>().join("/");
        origin != instance.origin && !instance.clerk_origins.contains(&origin)
    });
    if is_document && comes_from_elsewhere && cookies.redirects == 0 {
        return handshake("primary-domain-cross-origin-sync");
    }
    // 13: section 11, with `/orgs/:slug` and `/me`.
    let organization = token.claims.get("o");
    let slug = organization.and_then(|o| o.get("slg")).and_then(Value::as_str);
    let differs = match request.path().strip_prefix("/orgs/") {
        Some(target) => slug != Some(target),
        None => request.path() == "/me" && organization.is_some(),
    };
    if differs && cookies.redirects < 3 && request.is_page_navigation() {
        return handshake("active-organization-mismatch");
    }
    // 14.
    Verdict::SignedIn(subject)
}

/// Section 9. No request of this oracle has a refresh cookie.
fn failed(request: &Request, _: &Instance, cookies: &Cookies, reason: &str) -> Verdict {
    let may_refresh = request.method == "GET" || is_own(request);
    match reason {
        "token-expired" if !may_refresh => {
            handshake(request, cookies, "session-token-expired-refresh-non-eligible-non-get")
        }
        "token-expired" => handshake(request, cookies, "session-token-expired-refresh-non-eligible-no-refresh-cookie"),
        "token-not-active-yet" => handshake(request, cookies, "session-token-nbf"),
        "token-iat-in-the-future" => handshake(request, cookies, "session-token-iat-in-the-future"),
        other => Verdict::SignedOut(other.to_owned()),
    }
}

/// Section 14, point 32.
fn is_own(request: &Request) -> bool {
    match (request.header("Sec-Fetch-Site"), request.header("Origin")) {
        (Some("same-origin" | "none"), _) => true,
        (Some(_), _) => false,
        // Nobody states the scheme: the host is compared.
        (None, origin) => origin.is_some_and(|origin| origin.ends_with("://app.example.com")),
    }
}

/// Section 10, and its loop guard.
fn handshake(request: &Request, cookies: &Cookies, reason: &str) -> Verdict {
    match request.is_page_navigation() && cookies.redirects < 3 {
        true => Verdict::Handshake(reason.to_owned()),
        false => Verdict::SignedOut(reason.to_owned()),
    }
}
