//! What does not compile, and what the compiler says of it: the messages are part of the interface.
//!
//! They are those of one version of the compiler, and the crate is built anew for them; so `just misuse` runs them, and not
//! `cargo test`. After a change, `TRYBUILD=overwrite just misuse` takes them anew.

#[test]
#[ignore = "run by `just misuse`"]
fn misuses_do_not_compile() {
    trybuild::TestCases::new().compile_fail("tests/misuse/*.rs");
}
