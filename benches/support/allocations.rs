//! A counting allocator: the allocations of marked threads, and the memory that the whole process holds.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed},
};

pub struct Counting;

static IS_COUNTING: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static IS_WEIGHING: AtomicBool = AtomicBool::new(false);
static HELD: AtomicI64 = AtomicI64::new(0);
static MOST: AtomicI64 = AtomicI64::new(0);

thread_local! {
    // A constant without a destructor: reading it never allocates, on any thread.
    static IS_MARKED: Cell<bool> = const { Cell::new(false) };
}

/// Counts this thread's allocations from now on.
pub fn mark_this_thread() {
    IS_MARKED.set(true);
}

/// Returns the number of allocations by marked threads while `work` runs. An allocation that grows counts again.
pub fn count<R>(work: impl FnOnce() -> R) -> (u64, R) {
    let before = ALLOCATIONS.load(Relaxed);
    IS_COUNTING.store(true, Relaxed);
    let result = work();
    IS_COUNTING.store(false, Relaxed);
    (ALLOCATIONS.load(Relaxed) - before, result)
}

/// The same for a future, and whatever else its thread does until it resolves.
#[allow(dead_code, reason = "only for tests")]
pub async fn counted<R>(work: impl Future<Output = R>) -> (u64, R) {
    let before = ALLOCATIONS.load(Relaxed);
    IS_COUNTING.store(true, Relaxed);
    let result = work.await;
    IS_COUNTING.store(false, Relaxed);
    (ALLOCATIONS.load(Relaxed) - before, result)
}

/// Starts to measure the memory that the process allocates and frees, in requested sizes, without the system
/// allocator's overhead.
pub fn weigh() {
    HELD.store(0, Relaxed);
    MOST.store(0, Relaxed);
    IS_WEIGHING.store(true, Relaxed);
}

/// Returns the bytes held in excess of those held when [`weigh`] was called.
pub fn held() -> i64 {
    HELD.load(Relaxed)
}

/// Returns the most that [`held`] has returned since then, or would have.
#[allow(dead_code, reason = "only for tests")]
pub fn most_held() -> i64 {
    MOST.load(Relaxed)
}

fn note(bytes: i64) {
    if IS_WEIGHING.load(Relaxed) {
        let before = HELD.fetch_add(bytes, Relaxed);
        MOST.fetch_max(before.saturating_add(bytes), Relaxed);
    }
}

fn allocated(layout: Layout) {
    if IS_COUNTING.load(Relaxed) && IS_MARKED.get() {
        ALLOCATIONS.fetch_add(1, Relaxed);
    }
    note(layout.size() as i64);
}

// SAFETY: every call goes to the system allocator, and counting does not allocate.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        allocated(layout);
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        allocated(layout);
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        allocated(layout);
        note(size as i64 - 2 * layout.size() as i64);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        note(-(layout.size() as i64));
        unsafe { System.dealloc(pointer, layout) }
    }
}
