//! Retries of temporary failures: a few attempts with growing, jittered pauses, within one overall time limit.

use std::time::{Duration, Instant};

use super::transport::Transport;
use crate::config::RetryPolicy;

/// When to try again if Clerk does not say.
pub(crate) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// A failed attempt.
pub(crate) trait Failure {
    /// Returns whether an immediate retry may help.
    fn may_pass(&self) -> bool;

    /// The `Retry-After` of Clerk's response.
    fn retry_after(&self) -> Option<Duration>;
}

/// Makes the call and repeats it while that may help. `call` gets the number of the attempt, from 1. Returns `out_of_time` if the time limit ends it.
pub(crate) async fn retrying<T, F: Failure, Call: Future<Output = Result<T, F>>>(
    transport: Transport,
    policy: RetryPolicy,
    mut call: impl FnMut(u32) -> Call,
    out_of_time: impl FnOnce() -> F,
) -> Result<T, F> {
    let started = Instant::now();
    let attempts = async {
        let mut attempt = 1;
        loop {
            let failure = match call(attempt).await {
                Ok(answer) => return Ok(answer),
                Err(failure) => failure,
            };
            let left = policy.total_timeout.saturating_sub(started.elapsed());
            let Some(pause) = pause(&policy, attempt, &failure, left, jitter()) else { return Err(failure) };
            transport.sleep(pause).await;
            attempt += 1;
        }
    };
    transport.within(policy.total_timeout, attempts).await.unwrap_or_else(|| Err(out_of_time()))
}

/// Returns the pause before the next attempt, or `None` if there is no next attempt. Clerk's `Retry-After` takes
/// precedence over our pause. A pause that does not fit into the time left helps no caller.
fn pause(policy: &RetryPolicy, attempt: u32, failure: &impl Failure, left: Duration, jitter: f64) -> Option<Duration> {
    if attempt >= policy.attempts || !failure.may_pass() {
        return None;
    }
    let growing = policy.first_pause.saturating_mul(1 << (attempt - 1).min(16)).mul_f64(jitter);
    let pause = failure.retry_after().unwrap_or_default().max(growing);
    (pause < left).then_some(pause)
}

/// Returns a factor between 0.5 and 1.5, so that servers that failed together do not retry together.
fn jitter() -> f64 {
    0.5 + rand::random::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Failed(bool, Option<u64>);

    impl Failure for Failed {
        fn may_pass(&self) -> bool {
            self.0
        }

        fn retry_after(&self) -> Option<Duration> {
            self.1.map(Duration::from_secs)
        }
    }

    #[test]
    fn pauses() {
        let policy = RetryPolicy::default();
        let passing = |retry_after| Failed(true, retry_after);
        for (name, attempt, failure, left, jitter, millis) in [
            ("the first", 1, passing(None), 8, 1.0, Some(100)),
            ("the second is longer", 2, passing(None), 8, 1.0, Some(200)),
            ("with jitter", 2, passing(None), 8, 0.5, Some(100)),
            ("the last attempt", 3, passing(None), 8, 1.0, None),
            ("nothing that passes", 1, Failed(false, None), 8, 1.0, None),
            ("nothing that passes, whatever Clerk says", 1, Failed(false, Some(1)), 8, 1.0, None),
            ("as long as Clerk asks for", 1, passing(Some(3)), 8, 1.0, Some(3_000)),
            ("never shorter than ours", 1, passing(Some(0)), 8, 1.0, Some(100)),
            ("longer than there is time", 1, passing(Some(8)), 8, 1.0, None),
            ("no time left", 1, passing(None), 0, 1.0, None),
        ] {
            let found = pause(&policy, attempt, &failure, Duration::from_secs(left), jitter);
            assert_eq!(found, millis.map(Duration::from_millis), "{name}");
        }
        assert!((0..100).map(|_| jitter()).all(|jitter| (0.5..1.5).contains(&jitter)));
    }
}
