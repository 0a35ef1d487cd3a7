//! A request of any method, target and header lines, for both types of instances: the middleware answers, never with a
//! 5xx, signs nobody in, and sets no header that the handler did not.
#![no_main]

use std::sync::LazyLock;

use actix_web::{App, HttpResponse, body::MessageBody, http::Method, test, web};
use clerk_actix::{Auth, ClerkMiddleware, OrganizationSync, testing::LocalClerk};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 22] = [
    "Cookie", "Authorization", "Host", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "Origin", "Referer", "Accept",
    "Sec-Fetch-Dest", "Sec-Fetch-Site", "Sec-Fetch-Mode", "X-Requested-With", "Upgrade", "Connection",
    "Sec-WebSocket-Protocol", "User-Agent", "X-Forwarded-For", "Cloudfront-Forwarded-Proto", "HX-Request", "X-Forwarded-Port",
    "Content-Type",
];
const METHODS: [&str; 8] = ["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "TRACE", "PURGE"];

async fn answer(auth: Auth) -> HttpResponse {
    match auth {
        Auth::Authenticated(session) => panic!("signed in: {session:?}"),
        Auth::Unauthenticated(_) => HttpResponse::NoContent().finish(),
    }
}

thread_local! {
    static SYSTEM: actix_web::rt::SystemRunner = actix_web::rt::System::new();
    static CLERKS: LazyLock<[LocalClerk; 2]> = LazyLock::new(|| {
        [LocalClerk::start().unwrap(), LocalClerk::start_production().unwrap()]
    });
}

fuzz_target!(|data: &[u8]| {
    let (choices, rest) = data.split_at(data.len().min(2));
    let choice = |at: usize| usize::from(choices.get(at).copied().unwrap_or_default());
    let mut lines = rest.split(|byte| *byte == b'\n');
    let target = lines.next().map(String::from_utf8_lossy).unwrap_or_default();
    let Ok(uri) = format!("/{}", target.trim_start_matches('/')).parse::<actix_web::http::Uri>() else { return };
    let mut request = test::TestRequest::with_uri(&uri.to_string());
    request = request.method(Method::from_bytes(METHODS[choice(0) % METHODS.len()].as_bytes()).unwrap());
    for line in lines.take(12) {
        let Some((name, value)) = line.split_first() else { continue };
        let Ok(value) = actix_web::http::header::HeaderValue::from_bytes(value) else { continue };
        let name = actix_web::http::header::HeaderName::from_bytes(NAMES[usize::from(*name) % NAMES.len()].as_bytes());
        request = request.append_header((name.unwrap(), value));
    }
    SYSTEM.with(|system| {
        CLERKS.with(|clerks| {
            system.block_on(async {
                let clerk = &clerks[choice(1) % 2];
                let sync = OrganizationSync::new().organization_pattern("/orgs/:slug").personal_account_pattern("/me");
                let config = clerk.config_builder().jwt_key(clerk.jwt_key()).organization_sync(sync);
                // No call: the Backend API's port is closed.
                let config = config.api_url("http://127.0.0.1:1").websocket_token_protocol("clerk-session-token");
                let middleware = ClerkMiddleware::new(config.build().unwrap());
                let app = test::init_service(App::new().wrap(middleware).default_service(web::to(answer))).await;
                let response = test::call_service(&app, request.to_request()).await;
                let status = response.status().as_u16();
                assert!(status == 204 || status == 307 || status == 400, "{status}");
                if let Some(location) = response.headers().get("location") {
                    let location = location.to_str().unwrap();
                    assert!(location.starts_with("http://") || location.starts_with("https://"), "{location}");
                }
                for (_, value) in response.headers() {
                    assert!(!value.as_bytes().contains(&b'\n') && !value.as_bytes().contains(&b'\r'));
                }
                let body = response.into_body().try_into_bytes().unwrap_or_default();
                assert!(status != 204 || body.is_empty());
            });
        });
    });
});
