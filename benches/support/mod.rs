//! Support that the benchmarks share.
#![allow(dead_code, reason = "each benchmark uses its own part")]

pub mod allocations;
pub mod instance;
pub mod processor;
pub mod server;
pub mod statistics;
pub mod thread_time;
pub mod yardstick;
