//! Requests from bytes: each byte chooses one thing, so that a fuzzer and a generator of random bytes reach all of them.

use clerk_actix::testing::{self, LocalClerk};

use super::rules::Request;

pub const ORIGIN: &str = "http://app.example.com";

/// The texts that a session cookie or a header may have, and how many of them the instance has signed.
pub struct Tokens {
    pub texts: Vec<String>,
    pub signed: usize,
}

impl Tokens {
    /// `stranger` is another instance.
    pub fn new(clerk: &LocalClerk, stranger: &LocalClerk, now: i64) -> Self {
        let session = |user: &str| testing::session(user).claim("azp", ORIGIN);
        let mint = |session| clerk.mint(session);
        let mut texts = vec![
            mint(session("user_fresh")),
            mint(session("user_of_acme").org_id("org_1").org_slug("acme")),
            mint(session("user_old").claim("iat", now - 40)),
            mint(session("user_expired").claim("iat", now - 100).claim("exp", now - 40)),
            mint(session("user_just_expired").claim("exp", now - 5)),
            mint(session("user_almost_expired").claim("exp", now - 4)),
            mint(session("user_not_yet").claim("nbf", now + 60)),
            mint(session("user_of_the_future").claim("iat", now + 60)),
            mint(session("user_elsewhere").claim("iss", "https://clerk.elsewhere.example")),
            mint(session("user_of_http").claim("iss", format!("http://{}", clerk.config().frontend_api()))),
            mint(session("user_without_issuer").without("iss")),
            mint(session("user_of_another_page").claim("azp", "https://another.example")),
            mint(session("user_without_party").without("azp")),
            mint(session("user_without_iat").without("iat")),
            mint(session("user_without_exp").without("exp")),
            mint(session("")),
            mint(session("user_of_a_template").header("cat", "cl_B7d4PD222AAA")),
            mint(session("mch_1")),
            mint(session("user_of_oauth").header("typ", "at+jwt").without("cat")),
        ];
        let signed = texts.len();
        let kid = crate::support::payload(&format!(".{}", texts[0].split('.').next().unwrap()))["kid"].clone();
        let issuer = crate::support::payload(&texts[0])["iss"].clone();
        texts.push(stranger.mint(session("user_forged").header("kid", kid).claim("iss", issuer)));
        texts.extend(["abc", "a.b.c", "e30.e30.", "undefined", "", "%", "a=b"].map(str::to_owned));
        Self { texts, signed }
    }
}

/// Reads choices from bytes; at the end, the first one of each.
struct Choices<'b>(std::slice::Iter<'b, u8>);

impl Choices<'_> {
    fn of<T: Clone>(&mut self, list: &[T]) -> T {
        let byte = self.0.next().copied().unwrap_or_default();
        list[usize::from(byte) % list.len()].clone()
    }
}

/// Builds a request. `suffix` is that of the instance's cookies.
pub fn request(bytes: &[u8], tokens: &Tokens, suffix: &str, clerk: &str, now: i64) -> Request {
    let mut choices = Choices(bytes.iter());
    let mut cookies: Vec<String> = Vec::new();
    let sessions: Vec<Option<&String>> = std::iter::once(None).chain(tokens.texts.iter().map(Some)).collect();
    let uats = [None, Some("0".to_owned()), Some((now - 50).to_string()), Some((now - 30).to_string())];
    let uats = [&uats[..], &[Some((now + 9).to_string()), Some("x".to_owned()), Some(String::new())]].concat();
    for name in ["__session".to_owned(), format!("__session_{suffix}")] {
        if let Some(token) = choices.of(&sessions) {
            cookies.push(format!("{name}={token}"));
        }
    }
    for name in ["__client_uat".to_owned(), format!("__client_uat_{suffix}")] {
        if let Some(uat) = choices.of(&uats) {
            cookies.push(format!("{name}={uat}"));
        }
    }
    for name in ["__clerk_db_jwt".to_owned(), format!("__clerk_db_jwt_{suffix}")] {
        if let Some(dev_browser) = choices.of(&[None, Some("dvb_1"), Some("")]) {
            cookies.push(format!("{name}={dev_browser}"));
        }
    }
    if let Some(count) = choices.of(&[None, None, Some("0"), Some("1"), Some("2"), Some("3"), Some("4"), Some("x")]) {
        cookies.push(format!("__clerk_redirect_count={count}"));
    }
    if let Some(noise) = choices.of(&[None, Some("theme=dark"), Some("x=%zz"), Some("__session2=a"), Some("=")]) {
        cookies.insert(0, noise.to_owned());
    }
    // Another order, several lines, or other white space.
    let lines = match choices.of(&[0, 1, 2, 3]) {
        0 => vec![cookies.join("; ")],
        1 => vec![cookies.iter().rev().cloned().collect::<Vec<_>>().join(";")],
        2 => cookies,
        _ => vec![format!(" {} ;", cookies.join(" ;  "))],
    };
    let mut headers: Vec<(&'static str, String)> =
        lines.into_iter().filter(|line| !line.is_empty()).map(|line| ("Cookie", line)).collect();
    headers.push(("Host", "app.example.com".to_owned()));
    if let Some(scheme) =
        choices.of(&[None, None, None, None, Some("Bearer "), Some("bearer "), Some("Basic "), Some("")])
        && let Some(token) = choices.of(&sessions)
    {
        headers.push(("Authorization", format!("{scheme}{token}").trim().to_owned()));
    }
    let mut header = |name: &'static str, values: &[Option<&str>]| {
        headers.extend(choices.of(values).map(|value| (name, value.to_owned())));
    };
    header(
        "Sec-Fetch-Dest",
        &[None, Some("document"), Some("document"), Some("iframe"), Some("empty"), Some("Document")],
    );
    header("Accept", &[None, Some("text/html,*/*"), Some("application/json"), Some("*/*, text/html")]);
    header("Sec-Fetch-Mode", &[None, None, Some("navigate"), Some("cors")]);
    header("Sec-Fetch-Site", &[None, Some("same-origin"), Some("none"), Some("same-site"), Some("cross-site")]);
    header("Origin", &[None, None, Some(ORIGIN), Some("https://another.example"), Some("null")]);
    header("X-Requested-With", &[None, None, None, Some("XMLHttpRequest"), Some("com.example.app")]);
    let page = format!("{clerk}/sign-in");
    let referrers =
        [None, Some("http://app.example.com/from"), Some("https://another.example/page"), Some(page.as_str())];
    header("Referer", &referrers);
    let method = choices.of(&["GET", "GET", "GET", "POST", "HEAD", "DELETE", "OPTIONS"]).to_owned();
    let target = choices.of(&["/", "/orgs/acme", "/orgs/other", "/me", "/?x=1"]).to_owned();
    let more = choices.of(&["", "", "", "__clerk_db_jwt=dvb_2", "__clerk_db_jwt="]);
    let join = if target.contains('?') { "&" } else { "?" };
    let target = if more.is_empty() { target } else { format!("{target}{join}{more}") };
    Request { method, target, headers }
}
