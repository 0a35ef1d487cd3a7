//! The quickstart and other examples with pages, run as programs. `cargo test` builds them next to the tests.

mod gallery;
mod pages;
#[path = "../support/programs.rs"]
mod programs;
#[path = "../support/mod.rs"]
mod support;
