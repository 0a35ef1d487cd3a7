//! The metrics of the feature `metrics`. These tests need their own process, because they install its recorder.

mod counts;
mod fuzz;
mod recorder;
mod requests;
mod series;
#[path = "../support/mod.rs"]
mod support;
