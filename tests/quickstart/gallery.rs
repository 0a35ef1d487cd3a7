//! Every example, started as a newcomer starts it: without keys. Each command that it prints gives the status that stands
//! above it.

use std::{collections::BTreeSet, path::Path, process::Stdio};

use actix_web::http::{Method, StatusCode};
use awc::{Client, SendClientRequest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD as URL_SAFE_NO_PAD};
use serde_json::Value;
use url::Url;

use crate::programs::{Npm::Missing, example, program};

/// What an example does.
enum Does {
    /// It serves, and prints this many commands.
    Serves(usize),
    /// It ends by itself, and prints these texts.
    Ends(&'static [&'static str]),
}
use Does::{Ends, Serves};

/// Packages of their own, with tests of their own: the product in `examples/notes/`, and `mcp.rs`.
const ELSEWHERE: &str = "mcp";

const EXAMPLES: &[(&str, Does)] = &[
    ("backend_api", Ends(&["Ada Lovelace <ada@example.com>", "sess_ada is active", "org:admin in Acme"])),
    ("doctor", Ends(&["ok       keys", "ok       signing keys"])),
    ("fresh_start", Serves(3)),
    ("frontend_api_proxy", Serves(3)),
    ("html_app", Serves(2)),
    ("live", Serves(3)),
    ("machine_tokens", Serves(10)),
    ("multi_domain", Serves(4)),
    ("observability", Serves(6)),
    ("quickstart", Serves(2)),
    ("rate_limits", Serves(5)),
    ("service_to_service", Serves(2)),
    ("sign_out_everywhere", Serves(4)),
    ("spa", Serves(3)),
    ("tasks", Serves(4)),
    ("webhooks", Serves(7)),
    ("worker", Ends(&["invoices: sent to ada@example.com", "secrets: refused"])),
];

/// Those with pages for users.
const FOR_BROWSERS: [&str; 6] = ["fresh_start", "html_app", "live", "multi_domain", "quickstart", "spa"];

#[actix_web::test]
async fn the_commands_of_every_example_give_what_they_say() {
    for (name, does) in EXAMPLES {
        match does {
            Serves(count) => try_commands(name, *count).await,
            Ends(texts) => {
                let output = program(name, Missing).output().unwrap();
                let printed = String::from_utf8(output.stdout).unwrap();
                assert!(output.status.success(), "{name}: {printed}");
                for text in *texts {
                    assert!(printed.contains(text), "{name}: no {text:?} in {printed}");
                }
            }
        }
    }
}

#[test]
fn no_example_is_left_out() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let there: BTreeSet<String> = folder
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != ELSEWHERE)
        .collect();
    assert_eq!(there, EXAMPLES.iter().map(|(name, _)| (*name).to_owned()).collect());
}

#[test]
fn a_port_that_is_taken_ends_an_example_with_advice() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (name, _) in EXAMPLES.iter().filter(|(_, does)| matches!(does, Serves(_))) {
        let output = program(name, Missing).env("PORT", &port).stderr(Stdio::piped()).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{name}");
        assert!(error.contains(&port) && error.contains("PORT"), "{name}: {error}");
    }
}

/// Runs the commands that an example prints: each has a line above it, `# STATUS: what it shows`.
async fn try_commands(name: &str, count: usize) {
    let (_example, lines) = example(name, Missing);
    let (mut expected, mut label, mut tried) = (None, String::new(), 0);
    for line in lines {
        let line = line.trim();
        if let Some(text) = line.strip_prefix("# ") {
            text.clone_into(&mut label);
            let (status, what) = label.split_once(": ").unwrap_or_else(|| panic!("{name}: {label}"));
            assert!(!what.is_empty(), "{name}: {line}");
            expected = Some(status.parse().unwrap_or_else(|_| panic!("{name}: no status in {label:?}")));
        }
        if line.starts_with("curl ") {
            let expected = expected.take().unwrap_or_else(|| panic!("{name}: nothing above {line}"));
            if let Some(lifetime) = lifetime(line) {
                assert!(lifetime == 60 * 60 || label.contains("expires"), "{name}: {lifetime} s, {line}");
            }
            let answer = run(line).await;
            assert_eq!(answer.status, StatusCode::from_u16(expected).unwrap(), "{name}: {line}");
            // Shared caches do not store what comes for a token in `Authorization`, but for a cookie they may.
            let may_be_stored = FOR_BROWSERS.contains(&name) && answer.is_by_get && answer.status.is_success();
            assert!(!may_be_stored || answer.caching == "private, no-store", "{name}: {:?} for {line}", answer.caching);
            tried += 1;
        }
        if tried == count {
            return;
        }
    }
    panic!("{name} printed {tried} commands");
}

/// How many seconds the session token in a command lives.
fn lifetime(line: &str) -> Option<u64> {
    let token = line.split("Bearer ").nth(1)?.split('\'').next()?;
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Value = serde_json::from_slice(&payload).ok()?;
    Some(claims["exp"].as_u64()? - claims["iat"].as_u64()?)
}

/// What a command gets.
struct Answer {
    is_by_get: bool,
    status: StatusCode,
    caching: String,
}

/// Runs a curl command. Bodies are not read: some have no end.
async fn run(line: &str) -> Answer {
    let mut words = words(line).into_iter().skip(1);
    let (mut method, mut url, mut headers, mut data) = (None, None, Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        match word.as_str() {
            "-i" | "-N" => {}
            "-X" => method = Some(Method::from_bytes(words.next().unwrap().as_bytes()).unwrap()),
            "-H" => headers.push(words.next().unwrap()),
            "-d" => data.push(words.next().unwrap()),
            _ => url = Some(Url::parse(&word).unwrap_or_else(|error| panic!("{word}: {error}"))),
        }
    }
    // curl knows that `*.localhost` is this machine. `localhost` may be IPv6 first, but nothing listens there.
    let mut url = url.unwrap();
    let host = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
    url.set_host(Some("127.0.0.1")).unwrap();
    let method = method.unwrap_or(if data.is_empty() { Method::GET } else { Method::POST });
    let is_by_get = method == Method::GET;
    let client = Client::builder().disable_redirects().finish();
    let mut request = client.request(method, url.as_str()).insert_header(("Host", host));
    if !data.is_empty() {
        request = request.insert_header(("Content-Type", "application/x-www-form-urlencoded"));
    }
    for header in &headers {
        request = request.insert_header(header.split_once(": ").unwrap());
    }
    let sent: SendClientRequest = if data.is_empty() { request.send() } else { request.send_body(data.join("&")) };
    let response = sent.await.unwrap_or_else(|error| panic!("{line}: {error}"));
    let caching = response.headers().get("cache-control").map_or("", |value| value.to_str().unwrap()).to_owned();
    Answer { is_by_get, status: response.status(), caching }
}

/// Splits a line into words as a shell does that meets no other special characters than quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '\'' | '"') => quote = Some(character),
            (None, ' ') => words.extend(Some(std::mem::take(&mut word)).filter(|word| !word.is_empty())),
            _ => word.push(character),
        }
    }
    words.extend(Some(word).filter(|word| !word.is_empty()));
    words
}
