//! What Clerk's server, or somebody in its place, sends to the Frontend API proxy: it is read alike in pieces of any size.
#![no_main]

use clerk_actix::internal_bench::read_response;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let [step, bytes @ ..] = data else { return };
    let (is_head, step) = (step & 0x80 != 0, usize::from(step & 0x7f) + 1);
    let in_pieces = read_response(bytes, is_head, step);
    let at_once = read_response(bytes, is_head, bytes.len().max(1));
    assert_eq!(in_pieces, at_once);
    if let Some((status, body)) = at_once {
        assert!((100..=999).contains(&status) && body.len() <= bytes.len());
        assert!(!is_head || body.is_empty());
    }
});
