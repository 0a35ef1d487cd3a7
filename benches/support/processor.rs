//! Time on a processor: it tells more than the clock where other processes want the processors too.

use std::{fs, path::PathBuf, time::Duration};

use criterion::{
    Throughput,
    measurement::{Measurement, ValueFormatter},
};

/// How long the calling thread has been running on a processor so far.
pub fn of_this_thread() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the clock writes into what it is given.
    let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    assert_eq!(result, 0, "threads have a clock");
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("less than a second"))
}

/// Another thread.
#[derive(Clone, Debug)]
pub struct Thread(PathBuf);

impl Thread {
    /// The calling thread, for others to look at. Not to be had but on Linux.
    pub fn this() -> Option<Self> {
        fs::read_link("/proc/thread-self")
            .ok()
            .map(|thread| Self(PathBuf::from("/proc").join(thread).join("schedstat")))
    }

    /// How long it has been running on a processor so far, to a few milliseconds.
    pub fn busy(&self) -> Option<Duration> {
        fs::read_to_string(&self.0).ok()?.split(' ').next()?.parse().map(Duration::from_nanos).ok()
    }
}

/// For criterion.
pub struct ThreadTime;

impl Measurement for ThreadTime {
    type Intermediate = Duration;
    type Value = Duration;

    fn start(&self) -> Duration {
        of_this_thread()
    }

    fn end(&self, start: Duration) -> Duration {
        of_this_thread() - start
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, time: &Duration) -> f64 {
        time.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        const { &Nanoseconds }
    }
}

struct Nanoseconds;

impl ValueFormatter for Nanoseconds {
    fn scale_values(&self, typical: f64, values: &mut [f64]) -> &'static str {
        let (factor, unit) = if typical < 1e3 { (1.0, "ns") } else { (1e-3, "µs") };
        values.iter_mut().for_each(|value| *value *= factor);
        unit
    }

    fn scale_throughputs(&self, _: f64, _: &Throughput, _: &mut [f64]) -> &'static str {
        "per second"
    }

    fn scale_for_machines(&self, _: &mut [f64]) -> &'static str {
        "ns"
    }
}
