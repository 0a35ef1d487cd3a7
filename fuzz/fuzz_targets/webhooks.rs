//! A webhook delivery: headers and body from the fuzzer, and a body from the fuzzer with a right signature.
#![no_main]

use actix_web::{FromRequest, test::TestRequest};
use clerk_actix::{
    Webhook, WebhookConfig,
    testing::{self, TestClock, TestRequestExt},
};
use libfuzzer_sys::fuzz_target;

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

thread_local! {
    // Never dropped: at the end of the process, what it needs for that is gone.
    static SYSTEM: &'static actix_web::rt::SystemRunner = Box::leak(Box::new(actix_web::rt::System::new()));
}

fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(4, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (id, timestamp, signature, body) = (line(), line(), line(), line());
    let config = || WebhookConfig::new().signing_secret(SECRET).unwrap().clock(TestClock::frozen());
    SYSTEM.with(|system| {
        system.block_on(async {
            let mut request = TestRequest::post().app_data(config()).set_payload(body.to_vec());
            for (name, value) in [("svix-id", id), ("svix-timestamp", timestamp), ("svix-signature", signature)] {
                let Ok(value) = actix_web::http::header::HeaderValue::from_bytes(value) else { return };
                request = request.insert_header((name, value));
            }
            let (request, mut payload) = request.to_http_parts();
            assert!(
                Webhook::<clerk_actix::WebhookEvent>::from_request(&request, &mut payload).await.is_err(),
                "a forgery"
            );
        });
        system.block_on(async {
            let Ok(data) = serde_json::from_slice::<serde_json::Value>(data) else { return };
            let kinds =
                ["user.created", "session.ended", "organizationMembership.updated", "email.created", "unknown.kind"];
            for kind in kinds {
                let webhook = testing::webhook(kind, data.clone()).secret(SECRET);
                let request = TestRequest::post().app_data(config()).with_webhook(webhook);
                let (request, mut payload) = request.to_http_parts();
                let _ = Webhook::<clerk_actix::WebhookEvent>::from_request(&request, &mut payload).await;
            }
        });
    });
});
