//! An allocator that counts: the allocations of marked threads, and what the whole process holds.

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

thread_local! {
    // Constant and without a destructor: reading it allocates nothing, on no thread and at no time.
    static IS_MARKED: Cell<bool> = const { Cell::new(false) };
}

/// From now on this thread's allocations count.
pub fn mark_this_thread() {
    IS_MARKED.set(true);
}

/// The allocations of the marked threads while `work` ran. An allocation that grows counts as another one.
pub fn count<R>(work: impl FnOnce() -> R) -> (u64, R) {
    let before = ALLOCATIONS.load(Relaxed);
    IS_COUNTING.store(true, Relaxed);
    let result = work();
    IS_COUNTING.store(false, Relaxed);
    (ALLOCATIONS.load(Relaxed) - before, result)
}

/// From now on the process's memory is weighed: what it allocates and frees from here on, as it asks for it, without what
/// the system's allocator adds.
pub fn weigh() {
    HELD.store(0, Relaxed);
    IS_WEIGHING.store(true, Relaxed);
}

/// Bytes held more than when weighing began.
pub fn held() -> i64 {
    HELD.load(Relaxed)
}

fn note(bytes: i64) {
    if IS_WEIGHING.load(Relaxed) {
        HELD.fetch_add(bytes, Relaxed);
    }
}

fn allocated(layout: Layout) {
    if IS_COUNTING.load(Relaxed) && IS_MARKED.get() {
        ALLOCATIONS.fetch_add(1, Relaxed);
    }
    note(layout.size() as i64);
}

// SAFETY: everything is the system's allocator's; counting allocates nothing.
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
