//! Whatever a client sends, the server answers, and not with a 5xx: arbitrary bytes in headers, cookies and
//! tokens, over raw connections to a real server.

mod support;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::OnceLock,
    time::Duration,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clerk_actix::{Session, testing::LocalClerk};
use proptest::{collection::vec, prelude::*, sample::select};

struct Target {
    address: SocketAddr,
    clerk: LocalClerk,
}

/// One server for all cases, on a thread of its own: proptest's cases are not async.
fn target() -> &'static Target {
    static TARGET: OnceLock<Target> = OnceLock::new();
    TARGET.get_or_init(|| {
        let clerk = support::local_clerk();
        let config = clerk.config();
        let (send, receive) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let server = support::server(config);
                send.send(server.addr()).unwrap();
                std::future::pending::<()>().await;
            });
        });
        Target { address: receive.recv().unwrap(), clerk }
    })
}

/// Sends a request and gives the status; fails where the connection is dropped without an answer, as it is when
/// a worker panics.
fn status(lines: &[Vec<u8>]) -> u16 {
    let mut connection = TcpStream::connect(target().address).unwrap();
    connection.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let request = [lines.join(&b"\r\n"[..]), b"\r\nConnection: close\r\n\r\n".to_vec()].concat();
    // The server may have answered, and closed, before it has read all.
    let _ = connection.write_all(&request);
    let mut response = Vec::new();
    let _ = connection.read_to_end(&mut response);
    let head = String::from_utf8_lossy(&response[..response.len().min(64)]).into_owned();
    let status = head.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)).and_then(|code| code.parse().ok());
    status.unwrap_or_else(|| panic!("no answer, but {head:?}"))
}

/// Bytes that stay within their line.
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

/// Something in a token's place: noise, parts of JSON, or a good token with a few bytes changed.
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

/// What properties find only by luck.
#[test]
fn requests_that_once_were_somebodys_trouble() {
    let clerk = &target().clerk;
    let good = clerk.session_token("user_1");
    let expired = clerk.mint(&Session::builder("user_1").claim("exp", 1));
    for (name, lines, expected) in [
        ("no Host at all", vec!["GET /require HTTP/1.0"], 401),
        ("no Host, navigating", vec!["GET /require HTTP/1.0", "Accept: text/html"], 302),
        ("a Host that is none", vec!["GET /require HTTP/1.1", "Host: a b", "Accept: text/html"], 302),
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

/// Where a redirect goes is the configured page, and what it returns to is on the requested host.
#[actix_web::test]
async fn a_client_cannot_choose_where_it_is_sent() {
    let server =
        support::server(target().clerk.config_builder().public_origin("https://app.example.com").build().unwrap());
    for (name, value) in [
        ("X-Forwarded-Host", "evil.example"),
        ("X-Forwarded-Proto", "javascript"),
        ("Host", "evil.example"),
        ("Referer", "https://evil.example/"),
    ] {
        let request = server.get("/require?redirect_url=https://evil.example").insert_header(("Accept", "text/html"));
        let answer = support::send(request.insert_header((name, value))).await;
        let location = url::Url::parse(answer.header("location").unwrap()).unwrap();
        assert_eq!(location.origin().ascii_serialization(), target().clerk.sign_in_url().trim_end_matches("/sign-in"));
        let back = location.query_pairs().find(|(key, _)| key == "redirect_url").unwrap().1.into_owned();
        assert!(back.starts_with("https://app.example.com/require"), "{name}: {back}");
    }
}
