//! Models of the algorithms that workers and threads share, run by loom in every order of their steps that matters.
//!
//! A model has the steps of the real code, which it names, and nothing else. Each has a variant with one mistake, which
//! loom finds: so the model can fail.

use std::collections::VecDeque;

use loom::{
    sync::{
        Arc, Condvar, Mutex, RwLock,
        atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering},
    },
    thread,
};

/// Runs the model, and returns the number of orders that were tried.
fn explore(model: impl Fn() + Send + Sync + 'static) -> usize {
    let orders = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&orders);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(move || {
        count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        model();
    });
    orders.load(std::sync::atomic::Ordering::Relaxed)
}

/// Returns whether loom finds the mistake of a model.
fn is_found(model: impl Fn() + Send + Sync + 'static) -> bool {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| explore(model))).is_err()
}

/// `src/store/single_flight.rs` with `src/store/under_way.rs`: one fetch for all who wait, whose result is kept in the
/// moment in which the fetch leaves the list.
struct SingleFlight {
    /// The number of the fetch that brought the latest value.
    known: Mutex<usize>,
    list: Mutex<List>,
    ended: Condvar,
    at_once: AtomicUsize,
    keeps_within_the_lock: bool,
}

#[derive(Default)]
struct List {
    is_running: bool,
    begun: usize,
}

impl SingleFlight {
    fn new(keeps_within_the_lock: bool) -> Self {
        let at_once = AtomicUsize::new(0);
        Self { known: Mutex::new(0), list: Mutex::default(), ended: Condvar::new(), at_once, keeps_within_the_lock }
    }

    /// Returns the value after a fetch that ended after this call began, as a request with an unknown `kid` needs it.
    fn wait_for_a_fetch(&self) -> usize {
        let seen = *self.known.lock().unwrap();
        let mut list = self.list.lock().unwrap();
        if list.is_running {
            // `Joined::Running`
            while list.is_running {
                list = self.ended.wait(list).unwrap();
            }
            drop(list);
        } else if *self.known.lock().unwrap() != seen {
            // One has ended since: `Joined::Refused`
            drop(list);
        } else {
            // `Joined::Begun`
            list.is_running = true;
            list.begun += 1;
            let number = list.begun;
            drop(list);
            assert_eq!(self.at_once.fetch_add(1, Ordering::SeqCst), 0, "one fetch at a time");
            self.at_once.fetch_sub(1, Ordering::SeqCst);
            let mut list = self.list.lock().unwrap();
            if self.keeps_within_the_lock {
                *self.known.lock().unwrap() = number;
                list.is_running = false;
            } else {
                list.is_running = false;
                drop(list);
                *self.known.lock().unwrap() = number;
            }
            self.ended.notify_all();
        }
        let known = *self.known.lock().unwrap();
        assert!(known > seen, "a fetch has ended since, and its value is there");
        known
    }
}

fn requests_that_wait(keeps_within_the_lock: bool) {
    let flight = Arc::new(SingleFlight::new(keeps_within_the_lock));
    let others: Vec<_> = (0..2)
        .map(|_| {
            let flight = Arc::clone(&flight);
            thread::spawn(move || flight.wait_for_a_fetch())
        })
        .collect();
    flight.wait_for_a_fetch();
    for other in others {
        other.join().unwrap();
    }
    let begun = flight.list.lock().unwrap().begun;
    assert!((1..=3).contains(&begun), "{begun} fetches for three requests");
}

#[test]
fn single_flight() {
    println!("single flight: {} orders", explore(|| requests_that_wait(true)));
    assert!(is_found(|| requests_that_wait(false)), "a value that is kept too late");
}

/// `src/backend/transport/thread.rs`: the thread starts with the first job, and one that has died is replaced. No job is
/// lost, and none is done twice.
struct Transport {
    running: Mutex<Option<Arc<Queue>>>,
    started: AtomicUsize,
    done: AtomicUsize,
    holds_the_lock: bool,
}

#[derive(Default)]
struct Queue {
    jobs: Mutex<VecDeque<usize>>,
    has_died: AtomicBool,
}

impl Queue {
    /// Fails if the thread is gone, as `UnboundedSender::send` does; it decides with the queue locked.
    fn send(&self, job: usize) -> Result<(), usize> {
        let mut jobs = self.jobs.lock().unwrap();
        if self.has_died.load(Ordering::SeqCst) {
            return Err(job);
        }
        jobs.push_back(job);
        Ok(())
    }
}

impl Transport {
    fn send(&self, job: usize) {
        let mut running = self.running.lock().unwrap();
        let job = match running.clone() {
            Some(queue) => match queue.send(job) {
                Ok(()) => return,
                Err(job) => job,
            },
            None => job,
        };
        if !self.holds_the_lock {
            drop(running);
            running = self.running.lock().unwrap();
        }
        let queue = Arc::new(Queue::default());
        self.started.fetch_add(1, Ordering::SeqCst);
        queue.send(job).unwrap();
        *running = Some(queue);
    }
}

fn jobs_from_two_threads(holds_the_lock: bool) {
    let (running, started, done) = (Mutex::new(None), AtomicUsize::new(0), AtomicUsize::new(0));
    let transport = Arc::new(Transport { running, started, done, holds_the_lock });
    let other = Arc::clone(&transport);
    let other = thread::spawn(move || other.send(1));
    transport.send(2);
    other.join().unwrap();
    let queue = transport.running.lock().unwrap().clone().unwrap();
    transport.done.fetch_add(queue.jobs.lock().unwrap().len(), Ordering::SeqCst);
    assert_eq!(transport.started.load(Ordering::SeqCst), 1, "one thread");
    assert_eq!(transport.done.load(Ordering::SeqCst), 2, "both jobs are in its queue");
}

fn a_job_for_a_thread_that_dies() {
    let queue = Arc::new(Queue::default());
    let transport = Arc::new(Transport {
        running: Mutex::new(Some(Arc::clone(&queue))),
        started: AtomicUsize::new(1),
        done: AtomicUsize::new(0),
        holds_the_lock: true,
    });
    let (dying, counting) = (Arc::clone(&queue), Arc::clone(&transport));
    let dying = thread::spawn(move || {
        let mut jobs = dying.jobs.lock().unwrap();
        // Jobs that were sent before are dropped, and their callers are told.
        counting.done.fetch_add(jobs.drain(..).count(), Ordering::SeqCst);
        dying.has_died.store(true, Ordering::SeqCst);
    });
    transport.send(1);
    dying.join().unwrap();
    let current = transport.running.lock().unwrap().clone().unwrap();
    let left = current.jobs.lock().unwrap().len();
    assert_eq!(transport.done.load(Ordering::SeqCst) + left, 1, "the job is done or its caller is told, once");
}

#[test]
fn transport_queue() {
    println!("transport queue: {} orders", explore(|| jobs_from_two_threads(true)));
    println!("transport queue, dying thread: {} orders", explore(a_job_for_a_thread_that_dies));
    assert!(is_found(|| jobs_from_two_threads(false)), "two threads that start at the same time");
}

/// `src/revocations/cut_offs.rs`: a cut-off is dropped because there are too many, which raises the floor. A reader
/// rejects the token before, after and meanwhile. One key; the filter has a bit for it.
struct CutOffs {
    filter: RwLock<Arc<AtomicBool>>,
    kept: RwLock<Option<i64>>,
    floor: AtomicI64,
    looks_at_the_floor_last: bool,
}

impl CutOffs {
    /// With one cut-off of all tokens until 10.
    fn new(looks_at_the_floor_last: bool) -> Self {
        let filter = RwLock::new(Arc::new(AtomicBool::new(true)));
        Self { filter, kept: RwLock::new(Some(10)), floor: AtomicI64::new(i64::MIN), looks_at_the_floor_last }
    }

    fn drop_it(&self) {
        let mut kept = self.kept.write().unwrap();
        self.floor.fetch_max(10, Ordering::AcqRel);
        *kept = None;
        *self.filter.write().unwrap() = Arc::new(AtomicBool::new(false));
    }

    fn covers(&self, issued_at: i64) -> bool {
        let is_below = || {
            let floor = self.floor.load(Ordering::Acquire);
            floor != i64::MIN && issued_at <= floor
        };
        let is_listed = || {
            let filter = Arc::clone(&self.filter.read().unwrap());
            filter.load(Ordering::Acquire) && self.kept.read().unwrap().is_some_and(|until| issued_at <= until)
        };
        match self.looks_at_the_floor_last {
            true => is_listed() || is_below(),
            false => {
                let was_below = is_below();
                was_below || is_listed()
            }
        }
    }
}

fn a_cut_off_that_is_dropped(looks_at_the_floor_last: bool) {
    let cut_offs = Arc::new(CutOffs::new(looks_at_the_floor_last));
    let writer = Arc::clone(&cut_offs);
    let writer = thread::spawn(move || writer.drop_it());
    assert!(cut_offs.covers(5), "a token that is cut off");
    assert!(!cut_offs.covers(11), "a later one");
    writer.join().unwrap();
    assert!(cut_offs.covers(5), "and afterwards");
}

/// A cut-off that another thread makes: whoever hears of it, by any means, sees it.
fn a_cut_off_that_is_made() {
    let cut_offs = Arc::new(CutOffs::new(true));
    *cut_offs.kept.write().unwrap() = None;
    *cut_offs.filter.write().unwrap() = Arc::new(AtomicBool::new(false));
    let told = Arc::new(AtomicBool::new(false));
    let (writer, telling) = (Arc::clone(&cut_offs), Arc::clone(&told));
    let writer = thread::spawn(move || {
        {
            let mut kept = writer.kept.write().unwrap();
            *kept = Some(10);
            let filter = Arc::clone(&writer.filter.read().unwrap());
            filter.store(true, Ordering::Release);
        }
        telling.store(true, Ordering::Release);
    });
    if told.load(Ordering::Acquire) {
        assert!(cut_offs.covers(5), "the response that confirms it was sent before");
    }
    writer.join().unwrap();
}

#[test]
fn revocations() {
    println!("a cut-off that is dropped: {} orders", explore(|| a_cut_off_that_is_dropped(true)));
    println!("a cut-off that is made: {} orders", explore(a_cut_off_that_is_made));
    assert!(is_found(|| a_cut_off_that_is_dropped(false)), "the floor is looked at too early");
}

/// `src/store/signing_keys/` and `src/store/verified_tokens/`: keys are swapped while a request verifies a token with the old
/// one and remembers it. After the swap, no request relies on the old key.
struct Keys {
    current: RwLock<Arc<usize>>,
    /// The key that verified the remembered token.
    remembered: Mutex<Option<Arc<usize>>>,
    checks_the_key: bool,
}

impl Keys {
    /// Returns the key that the token is accepted by, if it is. The token is signed by key 1.
    fn accept(&self) -> Option<usize> {
        let remembered = self.remembered.lock().unwrap().clone();
        if let Some(key) = remembered {
            let relies = !self.checks_the_key || Arc::ptr_eq(&key, &self.current.read().unwrap());
            if relies {
                return Some(*key);
            }
        }
        let key = Arc::clone(&self.current.read().unwrap());
        if *key != 1 {
            return None;
        }
        *self.remembered.lock().unwrap() = Some(Arc::clone(&key));
        Some(*key)
    }
}

fn a_key_that_is_swapped(checks_the_key: bool) {
    let keys = Arc::new(Keys { current: RwLock::new(Arc::new(1)), remembered: Mutex::new(None), checks_the_key });
    let requesting = Arc::clone(&keys);
    let request = thread::spawn(move || requesting.accept());
    *keys.current.write().unwrap() = Arc::new(2);
    assert_eq!(keys.accept(), None, "after the swap, whatever is remembered");
    request.join().unwrap();
    assert_eq!(keys.accept(), None, "and whatever was remembered after it");
}

#[test]
fn swap_of_keys() {
    println!("swap of keys: {} orders", explore(|| a_key_that_is_swapped(true)));
    assert!(is_found(|| a_key_that_is_swapped(false)), "a remembered token that outlives its key");
}
