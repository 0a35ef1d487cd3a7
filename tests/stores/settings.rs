//! Settings that reach a store.

use std::{
    future::pending,
    sync::{Arc, Mutex},
    time::Duration,
};

use clerk_actix::{
    Delivery, ReplayGuard,
    stores::{Batch, CutOff, Position, ReplayFuture, ReplayStore, RevocationStore, SharedRevocations, StoreFuture},
};

use crate::support::seconds;

/// Records for how long it is to keep what it gets.
#[derive(Clone, Default)]
struct Recording(Arc<Mutex<Vec<Duration>>>);

impl RevocationStore for Recording {
    fn name(&self) -> String {
        "one that records".to_owned()
    }

    fn append<'s>(&'s self, _: &'s [CutOff], retention: Duration) -> StoreFuture<'s, ()> {
        self.0.lock().unwrap().push(retention);
        Box::pin(async { Ok(()) })
    }

    fn read<'s>(&'s self, after: Option<&'s Position>, _: Duration) -> StoreFuture<'s, Batch> {
        let is_read = after.is_some();
        Box::pin(async move {
            if is_read {
                pending::<()>().await;
            }
            Ok(Batch::new(Vec::new(), Some(Position::new("1"))))
        })
    }
}

impl ReplayStore for Recording {
    fn begin(self: Arc<Self>, _: String, lease: Duration) -> ReplayFuture<Delivery> {
        self.0.lock().unwrap().push(lease);
        Box::pin(async { Ok(Delivery::New) })
    }

    fn finish(self: Arc<Self>, _: String, retention: Duration) -> ReplayFuture<()> {
        self.0.lock().unwrap().push(retention);
        Box::pin(async { Ok(()) })
    }

    fn abandon(self: Arc<Self>, _: String) -> ReplayFuture<()> {
        Box::pin(async { Ok(()) })
    }
}

const DAY: u64 = 24 * 60 * 60;

#[actix_web::test]
async fn how_long_a_store_keeps_cut_offs() {
    type Set = fn(SharedRevocations) -> SharedRevocations;
    let cases: [(&str, Set, u64); 2] =
        [("nothing is set", |shared| shared, DAY), ("an hour", |shared| shared.limits(10, seconds(3600)), 3600)];
    for (name, set, expected) in cases {
        let store = Recording::default();
        let revocations = set(SharedRevocations::new(store.clone())).start().await.unwrap();
        revocations.sign_out_user("user_1");
        revocations.written().await.unwrap();
        assert_eq!(*store.0.lock().unwrap(), [seconds(expected)], "{name}");
    }
}

#[actix_web::test]
async fn how_long_a_store_keeps_the_ids_of_events() {
    type Set = fn(ReplayGuard) -> ReplayGuard;
    let cases: [(&str, Set, [u64; 2]); 3] = [
        ("nothing is set", |guard| guard, [240, 3 * DAY]),
        ("an hour", |guard| guard.with_retention(seconds(3600)), [240, 3600]),
        ("a minute of work", |guard| guard.with_lease(seconds(60)), [60, 3 * DAY]),
    ];
    for (name, set, expected) in cases {
        let store = Recording::default();
        let guard = set(ReplayGuard::with_store(store.clone()));
        assert_eq!(guard.begin("msg_1").await.unwrap(), Delivery::New, "{name}");
        guard.finish("msg_1").await.unwrap();
        assert_eq!(*store.0.lock().unwrap(), expected.map(seconds), "{name}");
    }
}
