//! CPU time, which is more reliable than the clock if other processes use the processors too.

use std::time::Duration;

use criterion::{
    Throughput,
    measurement::{Measurement, ValueFormatter},
};

/// Returns the calling thread's CPU time so far.
pub fn of_this_thread() -> Duration {
    read(libc::CLOCK_THREAD_CPUTIME_ID).expect("threads have a clock")
}

fn read(clock: libc::clockid_t) -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes only into `time`.
    let result = unsafe { libc::clock_gettime(clock, &mut time) };
    (result == 0).then(|| Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0)))
}

/// A thread whose CPU time other threads can read.
#[derive(Clone, Copy, Debug)]
pub struct Thread(libc::clockid_t);

impl Thread {
    /// Returns the calling thread, for other threads to inspect while it lives.
    #[cfg(target_os = "linux")]
    pub fn this() -> Option<Self> {
        let mut clock = 0;
        // SAFETY: the thread is the calling one, and the call writes only into `clock`.
        let result = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &mut clock) };
        (result == 0).then_some(Self(clock))
    }

    /// Returns `None`: not available on this system.
    #[cfg(not(target_os = "linux"))]
    pub fn this() -> Option<Self> {
        None
    }

    /// Returns the thread's CPU time so far.
    pub fn busy(self) -> Option<Duration> {
        read(self.0)
    }
}

/// CPU time as a measurement for criterion.
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
