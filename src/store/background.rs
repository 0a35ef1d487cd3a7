//! The thread that talks to stores which servers share. Workers come and go and may be blocked, and a connection belongs
//! to the runtime that opened it, so there is one runtime for all of them.

use std::{
    future::{Future, pending},
    io,
    sync::{Arc, LazyLock},
    thread,
};

use tokio::runtime::{Builder, Handle};

use crate::revocations::StoreError;

static RUNTIME: LazyLock<Result<Handle, Arc<io::Error>>> = LazyLock::new(|| begin().map_err(Arc::new));

fn begin() -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new().name("clerk-stores".into()).spawn(move || runtime.block_on(pending::<()>()))?;
    Ok(handle)
}

/// Runs a future on the thread, and forgets about it.
pub(super) fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Result<(), StoreError> {
    runtime()?.spawn(future);
    Ok(())
}

/// Runs a future on the thread, and waits for its output on any runtime.
pub(super) async fn run<T: Send + 'static>(
    future: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    runtime()?.spawn(future).await.map_err(StoreError::unreachable)?
}

fn runtime() -> Result<&'static Handle, StoreError> {
    RUNTIME.as_ref().map_err(|error| StoreError::NoThread(Arc::clone(error)))
}
