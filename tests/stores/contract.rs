//! What every store of cut-offs has to do.

use std::time::{Duration, Instant, SystemTime};

use clerk_actix::stores::{CutOff, Position, RevocationStore};
use futures_util::future::join;

use crate::{Fixture, in_each_store, support::seconds};

in_each_store!(
    an_empty_log_has_nothing_and_has_lost_nothing,
    cut_offs_are_read_in_the_order_in_which_they_were_added,
    a_long_log_is_read_in_parts,
    a_reader_that_waits_is_woken,
    a_log_that_was_cleared_says_so,
    a_store_that_is_gone_is_an_error,
);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const NO_WAIT: Duration = Duration::ZERO;

/// A cut-off of this user, made now.
pub fn of_user(user: &str) -> CutOff {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_millis();
    serde_json::from_value(serde_json::json!({ "user": user, "until": now, "made_at": now })).unwrap()
}

async fn an_empty_log_has_nothing_and_has_lost_nothing(fixture: &impl Fixture) {
    let store = fixture.connect();
    for wait in [NO_WAIT, Duration::from_millis(20)] {
        let batch = store.read(None, wait).await.unwrap();
        assert_eq!((batch.cut_offs().len(), batch.end(), batch.has_more(), batch.has_lost()), (0, None, false, false));
        assert!(batch.with_more(true).has_more());
    }
    assert!(!store.name().is_empty());
}

async fn cut_offs_are_read_in_the_order_in_which_they_were_added(fixture: &impl Fixture) {
    let (one, other) = (fixture.connect(), fixture.connect());
    let first = ["user_1", "user_2"].map(of_user);
    one.append(&first, DAY).await.unwrap();
    let batch = other.read(None, seconds(10)).await.unwrap();
    assert_eq!(batch.cut_offs(), first);
    let more = [of_user("user_3"), of_user("user_1")];
    other.append(&more, DAY).await.unwrap();
    let rest = one.read(batch.end(), seconds(10)).await.unwrap();
    assert_eq!(rest.cut_offs(), more);
    assert!(!rest.has_lost());
    let nothing = one.read(rest.end(), NO_WAIT).await.unwrap();
    assert!(nothing.cut_offs().is_empty() && nothing.end().is_none() && !nothing.has_lost());
    let all = one.read(None, NO_WAIT).await.unwrap();
    assert_eq!(all.cut_offs(), [first, more].concat());
}

async fn a_long_log_is_read_in_parts(fixture: &impl Fixture) {
    let store = fixture.connect();
    let all: Vec<CutOff> = (0..2_500).map(|n| of_user(&format!("user_{n}"))).collect();
    for part in all.chunks(500) {
        store.append(part, DAY).await.unwrap();
    }
    let (mut read, mut position): (Vec<CutOff>, Option<Position>) = (Vec::new(), None);
    loop {
        let batch = store.read(position.as_ref(), seconds(1)).await.unwrap();
        assert!(!batch.has_lost());
        read.extend_from_slice(batch.cut_offs());
        position = batch.end().cloned().or(position);
        if !batch.has_more() {
            break;
        }
    }
    assert_eq!(read, all);
}

async fn a_reader_that_waits_is_woken(fixture: &impl Fixture) {
    let (one, other) = (fixture.connect(), fixture.connect());
    let started = Instant::now();
    let cut_offs = [of_user("user_1")];
    let (batch, appended) = join(one.read(None, seconds(60)), other.append(&cut_offs, DAY)).await;
    appended.unwrap();
    assert_eq!(batch.unwrap().cut_offs(), cut_offs);
    assert!(started.elapsed() < seconds(30), "it waited for the end");
}

/// Whether it is read before something new is added, afterwards, or meanwhile.
async fn a_log_that_was_cleared_says_so(fixture: &impl Fixture) {
    let store = fixture.connect();
    store.append(&[of_user("user_1")], DAY).await.unwrap();
    let end = store.read(None, NO_WAIT).await.unwrap().end().cloned();
    fixture.clear();
    assert!(store.read(end.as_ref(), NO_WAIT).await.unwrap().has_lost(), "empty");
    store.append(&[of_user("user_2")], DAY).await.unwrap();
    assert!(store.read(end.as_ref(), NO_WAIT).await.unwrap().has_lost(), "written again");
    let batch = store.read(None, NO_WAIT).await.unwrap();
    assert!(batch.cut_offs().len() == 1 && !batch.has_lost(), "read from the beginning");
    let (waiting, ()) = join(store.read(batch.end(), Duration::from_millis(500)), async { fixture.clear() }).await;
    let waiting = waiting.unwrap();
    assert!(waiting.has_lost(), "cleared while a reader waits");
}

async fn a_store_that_is_gone_is_an_error(fixture: &impl Fixture) {
    let store = fixture.connect();
    store.append(&[of_user("user_1")], DAY).await.unwrap();
    fixture.take_away();
    let (read, appended) = (store.read(None, NO_WAIT).await, store.append(&[of_user("user_2")], DAY).await);
    for error in [read.map(|_| ()).unwrap_err(), appended.unwrap_err()] {
        assert!(error.is_temporary(), "{error}");
    }
    fixture.bring_back();
    store.append(&[of_user("user_3")], DAY).await.unwrap();
    let users: Vec<String> =
        store.read(None, NO_WAIT).await.unwrap().cut_offs().iter().map(ToString::to_string).collect();
    assert_eq!(users.last().map(String::as_str), Some("user user_3"));
}
