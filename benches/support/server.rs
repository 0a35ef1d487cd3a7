//! A real Actix server with one worker, whose CPU time is measured.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::{Arc, Mutex, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use actix_web::{
    dev::{Server as ActixServer, ServerHandle},
    rt::System,
};

use super::{allocations, processor::Clock};

/// A server on a free loopback port; it stops when it is dropped.
pub struct Server {
    pub address: SocketAddr,
    worker: Mark,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server. `start` gets a mark that the worker must call on its own thread.
    pub fn spawn(start: impl FnOnce(TcpListener, Mark) -> io::Result<ActixServer> + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a loopback port");
        let address = listener.local_addr().expect("its address");
        let worker = Mark::default();
        let (ready, started) = mpsc::channel();
        let mark = worker.clone();
        let thread = thread::spawn(move || {
            System::new().block_on(async move {
                let server = start(listener, mark).expect("a server on a loopback port");
                ready.send(server.handle()).expect("somebody who waits for it");
                server.await.expect("a server that runs until it is stopped");
            });
        });
        let handle = started.recv().expect("a server that starts");
        Self { address, worker, handle, thread: Some(thread) }
    }

    /// Returns the worker's CPU time so far.
    pub fn busy(&self) -> Option<Duration> {
        self.worker.0.lock().ok()?.as_ref()?.busy()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Records the worker's thread.
#[derive(Clone, Default)]
pub struct Mark(Arc<Mutex<Option<Clock>>>);

impl Mark {
    pub fn this_thread(&self) {
        allocations::mark_this_thread();
        *self.0.lock().expect("no thread panics while it holds the lock") = Clock::of_this_thread();
    }
}
