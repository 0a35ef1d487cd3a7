//! Clerk's own JavaScript in a real browser, against `LocalClerk` and this crate's middleware.
//!
//! Needs `chromedriver` on the path, and the packages of `tests/browser/npm/package-lock.json`: run it with `just clerk-js`.

#[path = "../support/chromium.rs"]
mod chromium;
mod components;
mod examples;
mod headless;
mod page;
mod policies;
#[path = "../support/programs.rs"]
mod programs;
