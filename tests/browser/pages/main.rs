//! The quickstart and other examples with pages, and pages of tests, in a real browser.
//!
//! Needs `chromedriver` on the path, so a plain `cargo test` leaves it out: run it with `just browser`.

#[path = "../../support/chromium.rs"]
mod chromium;
mod examples;
mod gallery;
mod notes;
#[path = "../../support/programs.rs"]
mod programs;
mod quickstart;
