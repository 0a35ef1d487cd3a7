//! Tests of the steps of reading and writing cut-offs. Each test has its own clock and its own store.

use tokio::time::advance;

use super::{super::memory::MemoryStore, *};
use crate::{
    clock::Clock,
    observe::{Observer, Observers},
    revocations::WhenUnreachable,
};

const RETENTION: Duration = Duration::from_secs(100);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_numeric_date(seconds as f64)
}

/// A cut-off of `user_N`, made at second N.
fn cut_off(n: i64) -> CutOff {
    serde_json::from_value(
        serde_json::json!({ "user": format!("user_{n}"), "until": (n + 1000) * 1000, "made_at": n * 1000 }),
    )
    .unwrap()
}

fn known(book: &Book) -> Vec<CutOff> {
    book.open().known.iter().cloned().collect()
}

#[test]
fn a_book_knows_so_many_and_for_so_long() {
    let book = Book::new(3, RETENTION);
    for n in 0..5 {
        assert!(book.note_read(&cut_off(n), at(n)), "{n} is news");
        let oldest = (n - 2).max(0);
        assert_eq!(known(&book), (oldest..=n).map(cut_off).collect::<Vec<_>>(), "{n}");
    }
    // Those of the seconds 3 and 4 are not older than the retention, and those of the second 2 are.
    book.note_read(&cut_off(103), at(103));
    assert_eq!(known(&book), [3, 4, 103].map(cut_off));
    book.note_read(&cut_off(105), at(105));
    assert_eq!(known(&book), [103, 105].map(cut_off));
}

#[test]
fn what_is_this_servers_own_is_no_news_once() {
    let book = Book::new(10, RETENTION);
    assert_eq!(book.note_own(cut_off(1), at(1)), 0);
    assert!(!book.note_read(&cut_off(1), at(1)));
    assert_eq!(known(&book), [cut_off(1)]);
    // Somebody else has made the same one again.
    assert!(book.note_read(&cut_off(1), at(1)));
    assert!(book.note_read(&cut_off(2), at(2)));
}

#[test]
fn what_was_written_and_not_read_is_written_again() {
    let book = Book::new(10, RETENTION);
    for n in 1..=3 {
        book.note_own(cut_off(n), at(n));
    }
    assert_eq!(book.next_batch(), [1, 2, 3].map(cut_off));
    // The first two were written, and the first was read. The third is still queued, and is not queued again.
    assert_eq!(book.written(2), 2);
    book.note_read(&cut_off(1), at(3));
    book.write_own_again();
    assert_eq!(book.next_batch(), [3, 2].map(cut_off));
    assert_eq!(book.written(2), 1, "a caller waits only for the new one, not for the one that is written again");
}

#[test]
fn what_the_store_has_lost_is_written_again() {
    let book = Book::new(10, RETENTION);
    book.note_read(&cut_off(1), at(1));
    book.restore(book.known());
    assert_eq!((book.next_batch(), book.written(1)), (vec![cut_off(1)], 0));
    assert!(!book.note_read(&cut_off(1), at(1)), "it comes back as this server's own");
}

/// The states of the store that observers hear of.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<&'static str>>>);

impl Observer for Heard {
    fn observe(&self, event: &Event<'_>) {
        if let Event::RevocationStore(store) = event {
            self.0.lock().unwrap().push(store.state);
        }
    }
}

fn list() -> (Revocations, Heard) {
    let (link, _outbox) = Link::new("a store".into(), WhenUnreachable::KeepServing);
    let (revocations, heard) = (Revocations::linked(100, LONG, Some(link)), Heard::default());
    let mut observers = Observers::none();
    observers.add(heard.clone());
    revocations.attach(&Clock::System, &observers);
    (revocations, heard)
}

/// The system's clock is not stopped: longer than the cut-offs of 1970 are old.
const LONG: Duration = Duration::from_secs(1 << 40);

fn batch(numbers: impl IntoIterator<Item = i64>) -> Batch {
    let cut_offs: Vec<CutOff> = numbers.into_iter().map(cut_off).collect();
    let end = (!cut_offs.is_empty()).then(|| Position::new("the end"));
    Batch::new(cut_offs, end)
}

#[test]
fn what_is_read_is_known_and_learned_unless_it_is_this_servers_own() {
    let (store, book, (revocations, _)) = (MemoryStore::new(), Book::new(10, LONG), list());
    let (list, link) = (revocations.downgrade(), revocations.link().unwrap());
    let mut reader = Reader { store: &store, list: &list, book: &book, position: None, lost: None, has_failed: false };
    book.note_own(cut_off(1), at(1));
    assert_eq!(reader.take(batch([1, 2]).with_more(true), &revocations, link), Duration::ZERO);
    assert_eq!((known(&book), revocations.len()), ([1, 2].map(cut_off).to_vec(), 1));
    assert!(book.open().own.is_empty(), "it needs not be written again");
    assert_eq!(reader.take(batch([3]), &revocations, link), WAIT);
    assert_eq!((known(&book), revocations.len()), ([1, 2, 3].map(cut_off).to_vec(), 2));
    assert_eq!(reader.take(batch([]), &revocations, link), WAIT);
    assert_eq!(reader.position, Some(Position::new("the end")), "a batch of nothing has no position");
}

/// All servers see it at the same time, and each restores only what no other has restored by its own random time.
#[tokio::test(start_paused = true)]
async fn a_store_that_has_lost_its_data_is_given_time_for_others_to_restore_it() {
    let (store, book, (revocations, _)) = (MemoryStore::new(), Book::new(10, LONG), list());
    let (list, link) = (revocations.downgrade(), revocations.link().unwrap());
    let mut reader = Reader { store: &store, list: &list, book: &book, position: None, lost: None, has_failed: false };
    reader.take(batch([1, 2, 3]), &revocations, link);
    let (seen, loss) = (Instant::now(), batch([]).with_loss(true));
    assert_eq!(reader.take(loss.clone(), &revocations, link), Duration::ZERO, "it is read from the beginning at once");
    assert_eq!(reader.position, None);
    let lost = reader.lost.as_mut().unwrap();
    assert_eq!(lost.cut_offs, [1, 2, 3].map(cut_off).into());
    assert!((seen..=seen + RESTORE_WITHIN).contains(&lost.restore_at));

    lost.restore_at = seen + Duration::from_millis(500);
    assert_eq!(
        reader.take(batch([1]), &revocations, link),
        Duration::from_millis(500),
        "another server has restored 1"
    );
    assert_eq!((known(&book), book.next_batch()), ([1, 2, 3].map(cut_off).to_vec(), vec![]), "it is no news");
    advance(Duration::from_millis(499)).await;
    assert_eq!(reader.take(batch([2]), &revocations, link), Duration::from_millis(1), "and 2");
    assert!(book.next_batch().is_empty());
    advance(Duration::from_millis(1)).await;
    assert_eq!(reader.take(batch([]), &revocations, link), WAIT);
    assert_eq!(book.next_batch(), [cut_off(3)]);
    assert!(reader.lost.is_none() && revocations.len() == 3);
}

#[test]
fn a_loss_before_anything_was_read_is_none() {
    let (store, book, (revocations, _)) = (MemoryStore::new(), Book::new(10, LONG), list());
    let (list, link) = (revocations.downgrade(), revocations.link().unwrap());
    let mut reader = Reader { store: &store, list: &list, book: &book, position: None, lost: None, has_failed: false };
    assert_eq!(reader.take(batch([1]).with_loss(true), &revocations, link), WAIT);
    assert!(reader.lost.is_none() && known(&book) == [cut_off(1)]);
}

/// The first failure of an outage and its end are reported, and nothing in between.
#[test]
fn each_change_of_the_store_is_reported_once() {
    let (store, book, (revocations, heard)) = (MemoryStore::new(), Book::new(10, LONG), list());
    let (list, link) = (revocations.downgrade(), revocations.link().unwrap());
    let mut reader = Reader { store: &store, list: &list, book: &book, position: None, lost: None, has_failed: false };
    for (name, is_up, expected) in [
        ("it fails at the start", false, vec!["down"]),
        ("and goes on", false, vec![]),
        ("it answers", true, vec!["up"]),
        ("and goes on", true, vec![]),
        ("it fails", false, vec!["down"]),
        ("and goes on", false, vec![]),
        ("it answers again", true, vec!["up"]),
    ] {
        if is_up {
            reader.take(batch([]), &revocations, link);
        } else {
            let error = StoreError::unreachable("down");
            tell_of_failure(&error, &revocations, link);
            link.failed(error);
        }
        assert_eq!(std::mem::take(&mut *heard.0.lock().unwrap()), expected, "{name}");
    }
}

#[test]
fn pauses_double_up_to_a_second() {
    let mut pause = PAUSE;
    for expected in [50, 100, 200, 400, 800, 1000, 1000] {
        assert_eq!(pause, Duration::from_millis(expected));
        pause = longer(pause);
    }
}

/// Otherwise all servers would ask at the same moment.
#[test]
fn pauses_differ() {
    let parts: Vec<f64> = (0..100).map(|_| random_part()).collect();
    assert!(parts.iter().all(|part| (0.0..1.0).contains(part)), "{parts:?}");
    assert!(parts.iter().any(|part| *part != parts[0]), "{parts:?}");
}
