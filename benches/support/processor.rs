//! Time on a processor: it tells more than the clock where other processes want the processors too.

use std::{fs, path::PathBuf, time::Duration};

/// One thread.
#[derive(Clone, Debug)]
pub struct Thread(PathBuf);

impl Thread {
    /// Not to be had but on Linux.
    pub fn this() -> Option<Self> {
        fs::read_link("/proc/thread-self")
            .ok()
            .map(|thread| Self(PathBuf::from("/proc").join(thread).join("schedstat")))
    }

    /// How long it has been running on a processor so far.
    pub fn busy(&self) -> Option<Duration> {
        fs::read_to_string(&self.0).ok()?.split(' ').next()?.parse().map(Duration::from_nanos).ok()
    }
}
