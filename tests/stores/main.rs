//! Stores that servers share: one suite for every store, and servers that share one.
//!
//! The tests of Redis start a server of their own, so they need `redis-server`: `just redis`.

mod contract;
mod outages;
mod redis_server;
mod replays;
mod servers;
mod settings;
mod sharing;
#[path = "../support/mod.rs"]
mod support;
mod two_processes;

use std::sync::Arc;

use clerk_actix::stores::{MemoryStore, ReplayStore, RevocationStore};

use redis_server::RedisServer;
use support::until;

/// A store with everything that can happen to it.
pub trait Fixture {
    /// Connects to the store as one more server does.
    fn connect(&self) -> Arc<dyn RevocationStore>;
    fn take_away(&self);
    fn bring_back(&self);
    /// Deletes all data.
    fn clear(&self);
}

impl Fixture for MemoryStore {
    fn connect(&self) -> Arc<dyn RevocationStore> {
        Arc::new(self.clone())
    }

    fn take_away(&self) {
        self.set_reachable(false);
    }

    fn bring_back(&self) {
        self.set_reachable(true);
    }

    fn clear(&self) {
        MemoryStore::clear(self);
    }
}

/// Runs a test in each store: in memory now, and in Redis if `cargo test` runs what is ignored.
macro_rules! in_each_store {
    ($($name:ident),* $(,)?) => {
        #[actix_web::test]
        async fn in_memory() {
            $( super::name(stringify!($name)); $name(&clerk_actix::stores::MemoryStore::new()).await; )*
        }

        #[actix_web::test]
        #[ignore = "needs redis-server: `just redis`"]
        async fn in_redis() {
            $( super::name(stringify!($name)); $name(&crate::RedisServer::start()).await; )*
        }
    };
}
use in_each_store;

/// Shown if the test fails.
fn name(test: &str) {
    eprintln!("{test}");
}

/// A set of ids, as [`ReplayGuard`](clerk_actix::ReplayGuard) needs it.
fn replay_store(server: &RedisServer) -> impl ReplayStore {
    clerk_actix::stores::RedisReplayStore::new(&server.url()).unwrap()
}
