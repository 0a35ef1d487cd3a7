//! What Redis, or somebody who writes to it, answers to a server that follows the revocations.
#![no_main]

use clerk_actix::stores::{CutOff, RedisStore};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let entry = |value: &[u8]| {
        let mut reply = b"*2\r\n*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n1-0\r\n*2\r\n$7\r\ncut_off\r\n".to_vec();
        reply.extend(format!("${}\r\n", value.len()).as_bytes());
        reply.extend(value);
        reply.extend(b"\r\n*0\r\n");
        reply
    };
    // As a whole answer, and as the value of one entry.
    let read = RedisStore::read_reply(data).unwrap_or_default();
    let of_value = RedisStore::read_reply(&entry(data)).expect("an answer with one entry");
    for cut_off in read.iter().chain(&of_value) {
        let text = serde_json::to_vec(cut_off).unwrap();
        assert_eq!(serde_json::from_slice::<CutOff>(&text).unwrap(), *cut_off, "{}", text.escape_ascii());
    }
});
