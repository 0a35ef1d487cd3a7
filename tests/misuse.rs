//! Programs that do not compile, with the compiler's messages: the messages are part of the interface.
//!
//! The messages belong to one compiler version, and the crate is rebuilt for them, so they have their own binary, which
//! `just misuse` runs, not `cargo test`. After a change, `TRYBUILD=overwrite just misuse` records them again.

#[test]
#[ignore = "run by `just misuse`"]
fn misuses_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/misuse/*.rs");
}
