//! A request of any method, target and header lines, for both types of instances: the middleware answers, never with a
//! 5xx, signs nobody in, and sets no header that the handler did not.
#![no_main]

use std::rc::Rc;

use actix_web::{
    App, HttpResponse,
    body::{BoxBody, MessageBody},
    dev::{Service, ServiceResponse},
    http::Method,
    test, web,
};
use clerk_actix::{Auth, ClerkMiddleware, OrganizationSync, testing::LocalClerk};
use libfuzzer_sys::fuzz_target;

const NAMES: [&str; 22] = [
    "Cookie",
    "Authorization",
    "Host",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "Forwarded",
    "Origin",
    "Referer",
    "Accept",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Site",
    "Sec-Fetch-Mode",
    "X-Requested-With",
    "Upgrade",
    "Connection",
    "Sec-WebSocket-Protocol",
    "User-Agent",
    "X-Forwarded-For",
    "Cloudfront-Forwarded-Proto",
    "HX-Request",
    "X-Forwarded-Port",
    "Content-Type",
];
const METHODS: [&str; 8] = ["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "TRACE", "PURGE"];

async fn answer(auth: Auth) -> HttpResponse {
    match auth {
        Auth::Authenticated(session) => panic!("signed in: {session:?}"),
        Auth::Unauthenticated(_) => HttpResponse::NoContent().finish(),
    }
}

type Answered = std::pin::Pin<Box<dyn Future<Output = Result<ServiceResponse<BoxBody>, actix_web::Error>>>>;
type Ask = Box<dyn Fn(actix_http::Request) -> Answered>;

/// The applications of a development and a production instance.
struct World {
    system: actix_web::rt::SystemRunner,
    apps: Vec<Ask>,
    _clerks: [LocalClerk; 2],
}

impl World {
    fn new() -> Self {
        let system = actix_web::rt::System::new();
        let clerks = [LocalClerk::start().unwrap(), LocalClerk::start_production().unwrap()];
        let apps = clerks.iter().map(|clerk| {
            let sync = OrganizationSync::new().organization_pattern("/orgs/:slug").personal_account_pattern("/me");
            let config = clerk.config_builder().jwt_key(clerk.jwt_key()).organization_sync(sync);
            // No call: nothing listens on that port.
            let config = config.api_url("http://127.0.0.1:1").websocket_token_protocol("clerk-session-token");
            let middleware = ClerkMiddleware::new(config.build().unwrap());
            let app = App::new().wrap(middleware).default_service(web::to(answer));
            let app = Rc::new(system.block_on(test::init_service(app)));
            let ask: Ask = Box::new(move |request| {
                let app = Rc::clone(&app);
                Box::pin(async move { app.call(request).await.map(ServiceResponse::map_into_boxed_body) })
            });
            ask
        });
        let apps = apps.collect();
        Self { system, apps, _clerks: clerks }
    }
}

thread_local! {
    // Never dropped: at the end of the process, what it needs for that is gone.
    static WORLD: &'static World = Box::leak(Box::new(World::new()));
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
    WORLD.with(|world| {
        world.system.block_on(async {
            let response = world.apps[choice(1) % 2](request.to_request()).await.unwrap();
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
