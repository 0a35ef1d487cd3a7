//! The cookies that a handshake or a refresh lists: each one is a single line that a header can hold.
#![no_main]

use clerk_actix::internal_bench::read_directives;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    for cookie in read_directives(data) {
        assert!(!cookie.is_empty() && !cookie.contains(['\r', '\n', '\0', '\x7f']), "{cookie:?}");
    }
});
