//! Memory: the number of allocations, and their size.
//!
//! These tests need their own process, because they count in its allocator. They run one at a time.

#[path = "../../benches/support/allocations.rs"]
mod allocations;
mod checks;
mod floods;
mod hostile_tokens;
mod streams;
#[path = "../support/mod.rs"]
mod support;
mod token_cache;

use tokio::sync::{Mutex, MutexGuard};

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

/// Waits until no other test of this process runs.
async fn alone() -> MutexGuard<'static, ()> {
    static RUNNING: Mutex<()> = Mutex::const_new(());
    RUNNING.lock().await
}
