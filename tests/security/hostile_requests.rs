//! Whatever a client sends, the server responds, and not with a 5xx.
//!
//! Arbitrary bytes in headers, cookies and tokens, over raw connections to a real server.

use std::{net::SocketAddr, sync::OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clerk_actix::testing::{self, LocalClerk};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::support::{
    cookie_suffix, local_clerk,
    raw_connection::{self, RawResponse},
    send, server,
};

struct Target {
    address: SocketAddr,
    clerk: LocalClerk,
}

/// One server for all cases, on its own thread: proptest's cases are not async.
fn target() -> &'static Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(|| start(local_clerk()))
}

/// The same with a development instance, which reads more from the URL.
fn development() -> &'static Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(|| start(LocalClerk::start().unwrap()))
}

fn start(clerk: LocalClerk) -> Target {
    let config = clerk.config();
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = server(config);
            send.send(server.addr()).unwrap();
            std::future::pending::<()>().await;
        });
    });
    Target { address: receive.recv().unwrap(), clerk }
}

/// Sends a request and returns the status.
fn status(lines: &[Vec<u8>]) -> u16 {
    exchange(target(), lines).status
}

fn exchange(target: &Target, lines: &[Vec<u8>]) -> RawResponse {
    raw_connection::exchange(target.address, &[lines.join(&b"\r\n"[..]), b"\r\n".to_vec()].concat())
}

/// Bytes without line breaks.
fn line_bytes(max: usize) -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>().prop_filter("line breaks end a header", |byte| !matches!(byte, b'\r' | b'\n')), 0..max)
}

fn json_text() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        any::<bool>().prop_map(|b| b.to_string()),
        any::<i64>().prop_map(|n| n.to_string()),
        any::<f64>().prop_map(|n| if n.is_finite() { format!("{n:e}") } else { "1e999".to_owned() }),
        any::<String>().prop_map(|s| serde_json::to_string(&s).unwrap()),
        select(vec!["\"RS256\"", "\"none\"", "\"JWT\"", "\"cl_B7d4PD111AAA\"", "\"mch_1\"", "\"\\ud800\""])
            .prop_map(String::from),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        let key = select(vec![
            "alg", "typ", "kid", "cat", "sub", "exp", "nbf", "iat", "azp", "aud", "iss", "o", "fea", "v", "sid", "",
        ]);
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            vec((key, inner), 0..6).prop_map(|members| {
                let members: Vec<_> = members.iter().map(|(key, value)| format!("\"{key}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

/// A value in place of a token: noise, parts of JSON, or a valid token with a few bytes changed.
fn token() -> impl Strategy<Value = Vec<u8>> {
    let parts = (json_text(), json_text(), vec(any::<u8>(), 0..300)).prop_map(|(header, payload, signature)| {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        format!("{}.{}.{}", encode(header.as_bytes()), encode(payload.as_bytes()), encode(&signature)).into_bytes()
    });
    let changed = (any::<prop::sample::Index>(), line_bytes(4)).prop_map(|(at, bytes)| {
        let mut token = target().clerk.session_token("user_1").into_bytes();
        let at = at.index(token.len());
        token.splice(at..at, bytes);
        token
    });
    let machine = (select(vec!["ak_", "mt_", "oat_"]), line_bytes(40))
        .prop_map(|(prefix, rest)| [prefix.as_bytes(), &rest].concat());
    prop_oneof![line_bytes(200), parts, changed, machine]
}

fn path() -> impl Strategy<Value = &'static str> {
    select(vec!["/auth", "/require", "/json", "/pending", "/any", "/either", "/option", "/result", "/ext", "/public"])
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn any_token_in_any_place(path in path(), token in token(), scheme in select(vec!["Bearer ", "bearer", "", "Basic ", "Bearer  "])) {
        let get = format!("GET {path} HTTP/1.1\r\nHost: localhost");
        let header = [b"Authorization: ".as_slice(), scheme.as_bytes(), &token].concat();
        let cookie = [b"Cookie: a=%; __session=".as_slice(), &token, b"; b=1"].concat();
        for line in [header, cookie] {
            let status = status(&[get.clone().into_bytes(), line]);
            prop_assert!(status < 500, "{status}");
        }
    }

    #[test]
    fn any_bytes_in_any_header(
        path in path(),
        target in line_bytes(20),
        values in vec((select(vec!["Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Accept", "Sec-Fetch-Dest", "Cookie", "Authorization", "Origin", "Referer"]), line_bytes(60)), 0..6),
        navigates in any::<bool>(),
    ) {
        let mut lines = vec![[b"GET ", path.as_bytes(), b"?", &target, b" HTTP/1.1"].concat()];
        if navigates {
            lines.push(b"Accept: text/html".to_vec());
        }
        lines.extend(values.into_iter().map(|(name, value)| [name.as_bytes(), b": ", &value].concat()));
        let status = status(&lines);
        prop_assert!(status < 500, "{status}");
    }
}

/// Attacker-controlled text in places that the rules read: URLs of many kinds, numbers, tokens, line breaks.
fn value() -> impl Strategy<Value = String> {
    let telling = select(vec![
        "",
        "0",
        "1",
        "-1",
        "3",
        "99",
        "NaN",
        "true",
        "false",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "http://user:pass@evil.example:99999/",
        "x\r\nSet-Cookie: evil=1",
        "\r\n\r\n<html>",
        "\0",
        "a.b.c",
        "é\u{1F600}",
        "%0d%0aSet-Cookie:%20evil=1",
        "file:///etc/passwd",
    ]);
    prop_oneof![
        telling.prop_map(String::from),
        any::<String>(),
        "[0-9]{1,400}",
        token().prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]
}

fn escape(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

    /// All of Clerk's parameters and cookies, with any content: the response is not a 5xx, redirects only to `http` and
    /// `https`, and sets only the redirect counter, because Clerk confirms none of it.
    #[test]
    fn anything_in_clerks_own_places(
        parameters in vec((select(vec!["__clerk_handshake", "__clerk_handshake_nonce", "__clerk_db_jwt", "__dev_session", "__clerk_synced", "__clerk_redirect_url", "__clerk_help"]), value()), 0..4),
        cookies in vec((select(vec!["__session", "__client_uat", "__clerk_db_jwt", "__clerk_handshake", "__clerk_handshake_nonce", "__clerk_redirect_count", "__refresh"]), any::<bool>(), value()), 0..6),
        referer in value(),
        navigates in any::<bool>(),
        in_development in any::<bool>(),
    ) {
        let target = if in_development { development() } else { target() };
        let suffix = format!("_{}", cookie_suffix(&target.clerk));
        let query: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
        let mut lines = vec![format!("GET /auth?{} HTTP/1.1", query.join("&")), "Host: app.example.com".to_owned()];
        lines.extend(cookies.iter().map(|(name, suffixed, value)| {
            let suffix = if *suffixed { suffix.as_str() } else { "" };
            format!("Cookie: {name}{suffix}={}", escape(value))
        }));
        lines.push(format!("Referer: {}", referer.replace(|c: char| c.is_control(), "")));
        if navigates {
            lines.push("Sec-Fetch-Dest: document".to_owned());
        }
        let lines: Vec<_> = lines.into_iter().map(String::into_bytes).collect();
        let response = exchange(target, &lines);
        prop_assert!(response.status < 500, "{}", response.status);
        for (name, value) in &response.headers {
            match name.as_str() {
                "location" => prop_assert!(value.starts_with("http://") || value.starts_with("https://"), "{value}"),
                "set-cookie" => prop_assert!(value.starts_with("__clerk_redirect_count="), "{value}"),
                _ => {}
            }
        }
    }
}

/// Cases that the properties would find only by luck.
#[test]
fn requests_that_once_were_somebodys_trouble() {
    let clerk = &target().clerk;
    let good = clerk.session_token("user_1");
    let expired = clerk.mint(testing::session("user_1").claim("exp", 1));
    for (name, lines, expected) in [
        ("no Host at all", vec!["GET /require HTTP/1.0"], 401),
        ("no Host, navigating", vec!["GET /require HTTP/1.0", "Accept: text/html"], 302),
        ("an invalid Host", vec!["GET /require HTTP/1.1", "Host: a b", "Accept: text/html"], 302),
        ("a Host with a path", vec!["GET /require HTTP/1.1", "Host: a/b", "Accept: text/html"], 302),
        (
            "a path that looks like a host",
            vec!["GET //evil.example/require HTTP/1.1", "Host: x", "Accept: text/html"],
            404,
        ),
        (
            "a target with a scheme",
            vec!["GET http://evil.example/require HTTP/1.1", "Host: x", "Accept: text/html"],
            302,
        ),
        ("a method of its own", vec!["BREW /require HTTP/1.1", "Host: x"], 401),
        ("an OPTIONS of everything", vec!["OPTIONS * HTTP/1.1", "Host: x"], 404),
        (
            "a good token twice",
            vec!["GET /require HTTP/1.1", "Host: x", &format!("Authorization: Bearer {good} {good}")],
            200,
        ),
        (
            "two Authorization headers",
            vec![
                "GET /require HTTP/1.1",
                "Host: x",
                &format!("Authorization: Bearer {good}"),
                "Authorization: Bearer x",
            ],
            200,
        ),
        (
            "expired, navigating",
            vec!["GET /require HTTP/1.1", "Host: x", "Accept: text/html", &format!("Cookie: __session={expired}")],
            307,
        ),
        (
            "a hundred kilobytes of token",
            vec!["GET /require HTTP/1.1", "Host: x", &format!("Authorization: Bearer {}", "a.".repeat(50_000))],
            401,
        ),
        (
            "ten thousand cookies",
            vec!["GET /require HTTP/1.1", "Host: x", &format!("Cookie: {}", "a=b; ".repeat(10_000))],
            401,
        ),
    ] {
        let lines: Vec<_> = lines.into_iter().map(|line| line.as_bytes().to_vec()).collect();
        assert_eq!(status(&lines), expected, "{name}");
    }
}

/// Redirects lead to the configured page, and return to the requested host.
#[actix_web::test]
async fn a_client_cannot_choose_where_it_is_sent() {
    let server = server(target().clerk.config_builder().public_origin("https://app.example.com").build().unwrap());
    for (name, value) in [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "javascript"),
        ("Host", "evil.example"),
        ("Referer", "https://evil.example/"),
    ] {
        let request = server.get("/require?redirect_url=https://evil.example").insert_header(("Accept", "text/html"));
        let answer = send(request.insert_header((name, value))).await;
        let location = url::Url::parse(answer.header("location").unwrap()).unwrap();
        assert_eq!(location.origin().ascii_serialization(), target().clerk.sign_in_url().trim_end_matches("/sign-in"));
        let back = location.query_pairs().find(|(key, _)| key == "redirect_url").unwrap().1.into_owned();
        assert!(back.starts_with("https://app.example.com/require"), "{name}: {back}");
    }
}
