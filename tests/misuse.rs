//! Programs that do not compile, with the compiler's messages: the messages are part of the interface.
//!
//! The messages belong to one compiler version, and the crate is rebuilt for them, so they have their own binary, which
//! `just misuse` runs, not `cargo test`. After a change, `TRYBUILD=overwrite just misuse` records them again.

#[test]
#[ignore = "run by `just misuse`"]
fn misuses_do_not_compile() {
    let cases = trybuild::TestCases::new();
    // With a program that compiles among them, all are built and not only checked: policies that can never pass are
    // found when their handlers are compiled.
    cases.pass("tests/misuse/passes/*.rs");
    cases.compile_fail("tests/misuse/*.rs");
}
