//! The crate and the naive oracle of `tests/security/oracle/` decide the same requests.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/security/oracle/mod.rs"]
mod oracle;
#[path = "../support.rs"]
mod support;

thread_local! {
    // Never dropped: at the end of the process, what it needs for that is gone.
    static WORLD: &'static oracle::World = Box::leak(Box::new(oracle::World::new()));
}

fuzz_target!(|data: &[u8]| {
    WORLD.with(|world| {
        let (request, expected, found) = world.compare(data);
        assert_eq!(found, expected, "{request:#?}");
    });
});
