//! A token, whole or as header, claims and signature: nothing but a minted text is verified.
#![no_main]

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use clerk_actix::{
    internal_bench::{Worker, decode},
    testing::{self, LocalClerk},
};
use libfuzzer_sys::fuzz_target;

struct World {
    worker: Worker,
    minted: String,
    _clerk: LocalClerk,
}

thread_local! {
    // Never dropped: at the end of the process, what it needs for that is gone.
    static WORLD: &'static World = {
        let clerk = LocalClerk::start_production().unwrap();
        clerk.clock().freeze();
        let worker = Worker::new(clerk.config_without_network().unwrap(), &clerk.jwt_key()).unwrap();
        let minted = clerk.mint(testing::session("user_1").org_role("org:admin"));
        Box::leak(Box::new(World { worker, minted, _clerk: clerk }))
    };
}

fuzz_target!(|data: &[u8]| {
    WORLD.with(|world| {
        let Ok(text) = std::str::from_utf8(data) else { return };
        let verify = |text: &str| decode(text).and_then(|token| world.worker.verify(token)).is_some();
        assert!(!verify(text) || text == world.minted);
        // JSON instead of base64, and the signature of a valid token.
        let signature = world.minted.rsplit('.').next().unwrap();
        let mut parts = text.splitn(2, '\n').map(|part| URL_SAFE_NO_PAD.encode(part));
        let (header, claims) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let text = format!("{header}.{claims}.{signature}");
        assert!(!verify(&text) || text == world.minted);
        assert!(verify(&world.minted));
    });
});
