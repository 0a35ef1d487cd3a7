//! The thread that makes all calls to Clerk, whichever thread asks for them.

use std::{
    io,
    pin::pin,
    process,
    sync::{Mutex, PoisonError},
    thread,
};

use futures_util::future::{Either, select};
use tokio::{
    runtime,
    sync::{mpsc, oneshot},
    task::{LocalSet, spawn_local},
};

/// A thread with its own runtime: awc's connections cannot leave the thread that made them. It starts with the first
/// job and runs as long as the process.
///
/// Callers need no runtime, and a blocked worker does not delay the calls that others wait for.
#[derive(Debug)]
pub(super) struct Thread(Mutex<Option<RunningThread>>);

#[derive(Debug)]
struct RunningThread {
    jobs: mpsc::UnboundedSender<Job>,
    /// A forked process has its parent's memory, but not its threads.
    process: u32,
}

type Job = Box<dyn FnOnce() + Send>;

impl Thread {
    pub(super) const fn new() -> Self {
        Self(Mutex::new(None))
    }

    /// Creates a future on the thread and runs it to completion, even if no caller waits for it. If the thread cannot
    /// be started, `make` is dropped.
    pub(super) fn spawn<F>(&self, make: impl FnOnce() -> F + Send + 'static)
    where
        F: Future<Output = ()> + 'static,
    {
        // Created inside the task, which catches a panic.
        let job = Box::new(move || {
            spawn_local(async move { make().await });
        });
        if let Err(error) = self.send(job) {
            tracing::error!(%error, "calls to Clerk fail, because their thread could not be started: raise the limit \
                                     on threads");
        }
    }

    /// The same for a future that is useless once the caller has gone: it is dropped then. Returns `None` if the future
    /// was never created or did not end.
    pub(super) async fn run<T, F>(&self, make: impl FnOnce() -> F + Send + 'static) -> Option<T>
    where
        T: Send + 'static,
        F: Future<Output = T> + 'static,
    {
        let (mut answer, answered) = oneshot::channel();
        self.spawn(move || async move {
            let ended = match select(pin!(make()), pin!(answer.closed())).await {
                Either::Left((ended, _)) => ended,
                Either::Right(_) => return,
            };
            let _ = answer.send(ended);
        });
        answered.await.ok()
    }

    fn send(&self, job: Job) -> io::Result<()> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let job = match running.as_ref().filter(|running| running.process == process::id()) {
            Some(running) => match running.jobs.send(job) {
                Ok(()) => return Ok(()),
                Err(mpsc::error::SendError(job)) => job,
            },
            None => job,
        };
        let jobs = start()?;
        let _ = jobs.send(job);
        *running = Some(RunningThread { jobs, process: process::id() });
        Ok(())
    }
}

fn start() -> io::Result<mpsc::UnboundedSender<Job>> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (jobs, mut queue) = mpsc::unbounded_channel::<Job>();
    thread::Builder::new().name("clerk-actix".to_owned()).spawn(move || {
        LocalSet::new().block_on(&runtime, async move {
            while let Some(job) = queue.recv().await {
                job();
            }
        });
    })?;
    Ok(jobs)
}

#[cfg(test)]
mod tests {
    use std::{
        future::pending,
        sync::{Arc, mpsc as std_mpsc},
    };

    use futures_util::FutureExt;

    use super::*;

    fn wait<T>(future: impl Future<Output = T>) -> T {
        // A runtime without timers or sockets: they are on the transport's thread.
        runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn jobs_end_whatever_becomes_of_others() {
        let thread = Thread::new();
        let panicking = thread.run(|| {
            std::hint::black_box(None::<u8>).unwrap();
            pending::<()>()
        });
        assert_eq!(wait(panicking), None);
        assert_eq!(
            wait(thread.run(|| async { thread::current().name().map(str::to_owned) })).flatten().unwrap(),
            "clerk-actix"
        );
    }

    #[test]
    fn a_job_without_a_waiting_caller_is_dropped() {
        let (thread, (dropped, is_dropped)) = (Thread::new(), std_mpsc::channel::<()>());
        let mut leaving = Box::pin(thread.run(move || async move {
            let _dropped = dropped;
            pending::<()>().await;
        }));
        assert_eq!(leaving.as_mut().now_or_never(), None);
        drop(leaving);
        assert!(is_dropped.recv().is_err());
    }

    #[test]
    fn what_is_spawned_goes_on() {
        let thread = Arc::new(Thread::new());
        let (done, is_done) = std_mpsc::channel();
        thread.spawn(move || async move { done.send(()).unwrap() });
        is_done.recv().unwrap();
    }

    /// As in the child of a fork, or after the thread's runtime has failed.
    #[test]
    fn a_thread_that_is_gone_is_replaced() {
        let thread = Thread::new();
        assert_eq!(wait(thread.run(|| async { 1 })), Some(1));
        thread.0.lock().unwrap().as_mut().unwrap().process += 1;
        assert_eq!(wait(thread.run(|| async { 2 })), Some(2));
        let (gone, _) = mpsc::unbounded_channel();
        thread.0.lock().unwrap().as_mut().unwrap().jobs = gone;
        assert_eq!(wait(thread.run(|| async { 3 })), Some(3));
    }
}
