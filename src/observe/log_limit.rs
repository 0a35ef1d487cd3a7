//! A rate limit for warnings that strangers can trigger.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use crate::clock::{Timestamp, millis};

/// The most lines of one kind within a window. A stranger who triggers a warning with each request must not fill a
/// disk, or bury the one line that matters among a million others.
const LINES: u32 = 10;
const WINDOW: Duration = Duration::from_secs(60);

/// The limit for one kind of log line in this process. Declare it as a `static` next to the line.
#[derive(Debug)]
pub(crate) struct LogLimit(Mutex<Window>);

#[derive(Debug)]
struct Window {
    began: Option<Timestamp>,
    written: u32,
    left_out: u64,
}

impl LogLimit {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Window { began: None, written: 0, left_out: 0 }))
    }

    /// Returns `Some` if the line may be logged at the time `now`, with the number of lines of its kind that were left
    /// out since the last logged one, for the line to report.
    pub(crate) fn admit(&self, now: Timestamp) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).admit(now)
    }
}

impl Window {
    fn admit(&mut self, now: Timestamp) -> Option<u64> {
        // A clock that was set back starts a new window too.
        let is_over = self.began.is_none_or(|began| !(0..millis(WINDOW)).contains(&now.millis_since(began)));
        if is_over {
            self.began = Some(now);
            self.written = 0;
        }
        if self.written == LINES {
            self.left_out = self.left_out.saturating_add(1);
            return None;
        }
        self.written += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_ten_lines_a_minute_and_the_rest_is_counted() {
        let limit = LogLimit::new();
        let at = |seconds: i64| Timestamp::from_millis(1_700_000_000_000 + seconds * 1000);
        let flood = |second: i64, lines: usize| {
            let admitted = (0..lines).filter_map(|_| limit.admit(at(second)));
            admitted.collect::<Vec<u64>>()
        };
        for (name, second, lines, expected) in [
            ("few lines are all logged", 0, 3, vec![0; 3]),
            ("a flood fills the window", 1, 1000, vec![0; 7]),
            ("to its end", 59, 5, vec![]),
            ("the next window says how many were left out", 60, 2, vec![998, 0]),
            ("a flood in it too", 61, 20, vec![0; 8]),
            ("a clock that was set back begins a window", -1000, 1, vec![12]),
            ("as does one that was set far ahead", 100_000, 1, vec![0]),
        ] {
            assert_eq!(flood(second, lines), expected, "{name}");
        }
    }
}
