//! CPU time, which is more reliable than the clock if other processes use the processors too.

use std::time::Duration;

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

/// The CPU time of another thread or process, while it lives.
#[derive(Clone, Copy, Debug)]
pub struct Clock(libc::clockid_t);

impl Clock {
    /// Returns the clock of the calling thread, for other threads to read.
    #[cfg(target_os = "linux")]
    pub fn of_this_thread() -> Option<Self> {
        let mut clock = 0;
        // SAFETY: the thread is the calling one, and the call writes only into `clock`.
        let result = unsafe { libc::pthread_getcpuclockid(libc::pthread_self(), &mut clock) };
        (result == 0).then_some(Self(clock))
    }

    /// Returns the clock of a process with all its threads.
    #[cfg(target_os = "linux")]
    pub fn of_process(id: u32) -> Option<Self> {
        let mut clock = 0;
        // SAFETY: the call writes only into `clock`.
        let result = unsafe { libc::clock_getcpuclockid(libc::pid_t::try_from(id).ok()?, &mut clock) };
        (result == 0).then_some(Self(clock))
    }

    /// Returns `None`: not available on this system.
    #[cfg(not(target_os = "linux"))]
    pub fn of_this_thread() -> Option<Self> {
        None
    }

    /// Returns `None`: not available on this system.
    #[cfg(not(target_os = "linux"))]
    pub fn of_process(_: u32) -> Option<Self> {
        None
    }

    /// Returns the CPU time so far.
    pub fn busy(self) -> Option<Duration> {
        read(self.0)
    }
}
