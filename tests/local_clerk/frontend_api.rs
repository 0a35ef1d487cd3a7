//! Who may call the Frontend API, and the files that it serves. `answers/` has the calls themselves.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::PathBuf,
};

use awc::Client;
use clerk_actix::testing::{self, Behavior, Endpoint, LocalClerk};

use crate::support::{Answer, development_clerk, send};

async fn get(clerk: &LocalClerk, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = Client::default().get(format!("{}{path}", clerk.api_url()));
    send(headers.iter().fold(request, |request, header| request.insert_header(*header))).await
}

/// A folder with packages, which ends with the test.
struct Packages(PathBuf);

impl Packages {
    fn new(name: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        for (file, content) in [
            ("node_modules/@clerk/clerk-js/dist/clerk.browser.js", "clerk()"),
            ("node_modules/@clerk/clerk-js/dist/chunks/chunk.js", "chunk()"),
            ("node_modules/@clerk/clerk-js/package.json", "secret"),
            ("node_modules/@clerk/ui/dist/ui.browser.js", "ui()"),
            ("secret.js", "secret"),
        ] {
            let path = folder.join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        Self(folder)
    }
}

impl Drop for Packages {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[actix_web::test]
async fn only_pages_on_this_machine_may_call_it() {
    let clerk = development_clerk();
    for (name, origin, path, is_allowed) in [
        ("a page on localhost", "http://localhost:3000", "/v1/environment", true),
        ("another host", "http://app.localhost:3000", "/v1/environment", true),
        ("an address", "http://127.0.0.1:8080", "/v1/environment", true),
        ("with TLS", "https://localhost", "/v1/environment", true),
        ("an error", "http://localhost:3000", "/v1/client", true),
        ("a file", "http://localhost:3000", "/npm/@clerk/ui@1/dist/ui.browser.js", true),
        ("a page elsewhere", "https://evil.example", "/v1/environment", false),
        ("a page elsewhere, with a file", "https://evil.example", "/npm/@clerk/ui@1/dist/ui.browser.js", false),
        ("a name that looks like this machine", "https://localhost.evil.example", "/v1/environment", false),
        ("a sandboxed page", "null", "/v1/environment", false),
        ("an extension", "chrome-extension://abc", "/v1/environment", false),
        ("nothing", "", "/v1/environment", false),
        ("another path", "http://localhost:3000", "/sign-in", false),
        ("another path of the Backend API", "http://localhost:3000", "/api_keys", false),
    ] {
        let answer = get(&clerk, path, &[("Origin", origin)]).await;
        let allowed = answer.header("access-control-allow-origin");
        assert_eq!(allowed, is_allowed.then_some(origin), "{name}");
        assert_eq!(answer.header("access-control-allow-credentials"), is_allowed.then_some("true"), "{name}");
        assert!(!is_allowed || answer.header("vary").is_some_and(|vary| vary.contains("Origin")), "{name}");
    }
    let key = format!("Bearer {}", clerk.secret_key());
    let answer = get(&clerk, "/v1/users", &[("Origin", "http://localhost:3000"), ("Authorization", &key)]).await;
    assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, None), "the Backend API");
}

/// Both APIs have such paths, on different hosts.
#[actix_web::test]
async fn calls_of_clerk_js_are_told_from_calls_of_the_backend_api() {
    let clerk = development_clerk();
    let key = format!("Bearer {}", clerk.secret_key());
    let dev_browser = send(Client::default().post(format!("{}/v1/dev_browser", clerk.api_url()))).await.json();
    let query = format!("__clerk_api_version=2026-08-20&__clerk_db_jwt={}", dev_browser["id"].as_str().unwrap());
    for (name, path, headers, expected) in [
        ("the Backend API", "/v1/organizations/acme".to_owned(), &[("Authorization", key.as_str())][..], (200, None)),
        ("without its key", "/v1/organizations/acme".to_owned(), &[], (401, Some("clerk_key_invalid"))),
        ("clerk-js", format!("/v1/organizations/acme?{query}"), &[], (401, Some("authentication_invalid"))),
    ] {
        let answer = get(&clerk, &path, headers).await;
        let code = answer.json()["errors"][0]["code"].as_str().map(str::to_owned);
        assert_eq!((answer.status, code.as_deref()), expected, "{name}");
    }
}

#[actix_web::test]
async fn it_fails_as_a_test_wants() {
    let clerk = development_clerk();
    clerk.behave_once(Endpoint::FrontendApi, Behavior::Status(503));
    assert_eq!(get(&clerk, "/v1/environment", &[]).await.status, 503);
    assert_eq!(get(&clerk, "/v1/environment", &[]).await.status, 200);
    assert_eq!(clerk.calls(Endpoint::FrontendApi), 2);
}

#[actix_web::test]
async fn files_of_npm_are_served_and_no_others() {
    let packages = Packages::new("npm-packages");
    let clerk = LocalClerk::builder().npm_folder(packages.0.join("node_modules")).start().unwrap();
    let port = clerk.api_url().rsplit(':').next().unwrap().parse::<u16>().unwrap();
    for (path, expected) in [
        ("/npm/@clerk/clerk-js@6/dist/clerk.browser.js", Some("clerk()")),
        ("/npm/@clerk/clerk-js@6.40.0/dist/chunks/chunk.js", Some("chunk()")),
        ("/npm/@clerk/ui@1.36.0/dist/ui.browser.js?x=y", Some("ui()")),
        ("/npm/%40clerk/ui@1/dist/ui.browser.js", Some("ui()")),
        ("/npm/@clerk/ui/dist/ui.browser.js", None),
        ("/npm/@clerk/backend@3/dist/index.js", None),
        ("/npm/@clerk/clerk-js@6/package.json", None),
        ("/npm/@clerk/clerk-js@6/dist/../package.json", None),
        ("/npm/@clerk/clerk-js@6/dist/%2e%2e/package.json", None),
        ("/npm/@clerk/clerk-js@6/dist/..%2fpackage.json", None),
        ("/npm/@clerk/clerk-js@6/dist/../../../../secret.js", None),
        ("/npm/@clerk/clerk-js@6/dist/%2e%2e/%2e%2e/%2e%2e/%2e%2e/secret.js", None),
        ("/npm/@clerk/clerk-js@6/dist/..%2f..%2f..%2f..%2fsecret.js", None),
        ("/npm/@clerk/clerk-js@6/dist/..%5c..%5c..%5c..%5csecret.js", None),
        ("/npm/@clerk/clerk-js@6/dist//etc/passwd", None),
        ("/npm/@clerk/clerk-js@6/dist/%2fetc%2fpasswd", None),
        ("/npm/@clerk/..@6/dist/secret.js", None),
        ("/npm/@clerk/clerk-js@6/dist/", None),
        ("/npm/@clerk/clerk-js@6/dist/chunks", None),
        ("/npm/@clerk/clerk-js@6/dist/clerk.browser.js%00", None),
    ] {
        // A client would resolve the dots itself.
        let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        let body = response.strip_prefix("HTTP/1.1 200").and_then(|rest| rest.split("\r\n\r\n").nth(1));
        assert_eq!(body, expected, "{path}: {response}");
        assert!(!response.contains("secret"), "{path}");
        assert!(body.is_none() || response.contains("content-type: text/javascript"), "{path}: {response}");
    }
    let without = development_clerk();
    let answer = get(&without, "/npm/@clerk/ui@1/dist/ui.browser.js", &[]).await;
    assert_eq!(answer.status, 404);
    assert!(answer.body.contains("npm_folder"), "{}", answer.body);
}

#[test]
fn users_that_a_test_adds() {
    let clerk = LocalClerk::builder().user(testing::user("lin@example.com").name("Lin Lee")).start().unwrap();
    let kim = clerk.add_user(testing::user("kim@example.com").without_password().membership("org_acme", "org:admin"));
    assert_eq!((kim.name(), kim.password(), kim.memberships()[0].org_slug()), ("Kim", None, "acme"));
    assert_eq!(kim.memberships()[0].org_permissions(), ["org:posts:read", "org:posts:publish"]);
    let users = clerk.users();
    assert!(!format!("{users:?}").contains("battery"), "{users:?}");
    assert_eq!(users[3..].iter().map(|user| user.email()).collect::<Vec<_>>(), ["lin@example.com", "kim@example.com"]);
    for (name, user) in [
        ("the same address", testing::user("KIM@example.com")),
        ("the same ID", testing::user("x@example.com").id(kim.id())),
    ] {
        let twice = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| clerk.add_user(user)));
        assert!(twice.is_err(), "{name}");
    }
    // A panic leaves the instance as it was.
    assert_eq!(clerk.users().len(), 5);
}
