//! A request to the Frontend API proxy: whatever it is, the request that goes to Clerk goes to Clerk, and is one request.
#![no_main]

use std::sync::LazyLock;

use actix_web::{
    http::{
        Method, Uri,
        header::{HeaderName, HeaderValue},
    },
    test::TestRequest,
};
use clerk_actix::{ClerkConfig, FrontendApiProxy, internal_bench::proxied, testing::LocalClerk};
use libfuzzer_sys::fuzz_target;

/// The host of Clerk's Frontend API, and a configuration that passes requests on to it.
static CLERK: LazyLock<(String, ClerkConfig)> = LazyLock::new(|| {
    let clerk = LocalClerk::builder().start().unwrap();
    let config = clerk.config_builder().frontend_api_proxy(FrontendApiProxy::default()).build().unwrap();
    let request = TestRequest::get().uri("/__clerk/v1/client").to_http_request();
    let (url, _) = proxied(&config, &request).expect("a request for the proxy");
    (url.split("/v1/").next().unwrap().to_owned(), config)
});

fuzz_target!(|data: &[u8]| {
    let mut lines = data.split(|byte| *byte == b'\n');
    let (Some(method), Some(target)) = (lines.next(), lines.next()) else { return };
    let Ok(method) = Method::from_bytes(method) else { return };
    let target = [b"/__clerk".as_slice(), target].concat();
    let Ok(uri) = Uri::try_from(target.as_slice()) else { return };
    let mut request = TestRequest::default().method(method).uri(&uri.to_string());
    for line in lines.take(32) {
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name), HeaderValue::from_bytes(value)) else { continue };
        request = request.append_header((name, value));
    }
    let (origin, config) = &*CLERK;
    let Some((url, head)) = proxied(config, &request.to_http_request()) else { return };
    assert!(url.starts_with(&format!("{origin}/")), "{url}");

    let mut headers = [httparse::EMPTY_HEADER; 256];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = parsed.parse(&head).expect("a request");
    assert_eq!(length, httparse::Status::Complete(head.len()), "one request, and nothing after it");
    let count = |name: &str| parsed.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name)).count();
    for name in ["host", "clerk-proxy-url", "clerk-secret-key"] {
        assert_eq!(count(name), 1, "{name}: {}", head.escape_ascii());
    }
    // The transport frames the body.
    for name in ["content-length", "transfer-encoding", "connection", "upgrade"] {
        assert_eq!(count(name), 0, "{name}: {}", head.escape_ascii());
    }
});
