//! Revocations in Redis: a stream of cut-offs, in the order in which they were added.

use std::{borrow::Cow, time::Duration};

use redis::{cmd, pipe};

use super::{
    super::redis::{Redis, to_store_error},
    log::{Batch, Position, RevocationStore, StoreFuture},
    shared::SharedRevocations,
};
use crate::{
    clock::Timestamp,
    observe::LogLimit,
    revocations::{CutOff, Revocations, StoreError},
};

/// The most entries that are read with one call.
const MAX_READ: usize = 1000;

/// The one field of each entry.
const FIELD: &str = "cut_off";

/// A [`RevocationStore`] in Redis 6.2 or newer, or Valkey; feature `redis`.
///
/// It is one stream, `clerk:revocations`, with a cut-off as JSON in each entry. A server has two connections: one waits
/// for new entries, the other adds its own. Redis drops entries that are older than the retention when new ones are
/// added, and the whole stream after a retention without any. The user needs the commands `TIME`, `XADD`, `XREAD`,
/// `XRANGE`, `PEXPIRE` and `MULTI` on this key.
///
/// It needs one server, the primary; what it has is not spread over a cluster. For TLS (`rediss://`), add the crate
/// `redis` with one of its TLS features to the application.
#[derive(Debug)]
pub struct RedisStore {
    reader: Redis,
    writer: Redis,
    key: String,
}

/// What `XREAD` answers: streams, each with its entries, each with its fields.
type Streams = Option<Vec<(String, Vec<Entry>)>>;
type Entry = (String, Vec<(Vec<u8>, Vec<u8>)>);

impl RedisStore {
    /// Creates a store at this address, such as `redis://user:password@127.0.0.1:6379/0`. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidUrl`], also for `rediss://` if the crate `redis` has no TLS feature.
    pub fn new(url: &str) -> Result<Self, StoreError> {
        let reader = Redis::new(url)?;
        Ok(Self { writer: reader.another(), reader, key: "clerk:revocations".to_owned() })
    }

    /// Sets the key of the stream: one for each Clerk instance, if several share a Redis server. Default
    /// `clerk:revocations`.
    pub fn with_key(self, key: impl Into<String>) -> Self {
        Self { key: key.into(), ..self }
    }

    /// Reads an answer of Redis to a server that follows the revocations, for a fuzzer.
    #[cfg(feature = "__internal-bench")]
    #[doc(hidden)]
    pub fn read_reply(bytes: &[u8]) -> Option<Vec<CutOff>> {
        let reply: (Streams, Vec<Entry>) = redis::from_redis_value(redis::parse_redis_value(bytes).ok()?).ok()?;
        let (streams, place) = reply;
        place.iter().for_each(|(id, fields)| drop(position(id, fields)));
        let entries = streams.unwrap_or_default().into_iter().flat_map(|(_, entries)| entries);
        Some(batch(entries.collect()).cut_offs)
    }
}

impl Revocations {
    /// Shares revocations through the Redis server at this address; feature `redis`. See [`SharedRevocations`] and
    /// [`RedisStore`].
    ///
    /// # Errors
    ///
    /// [`StoreError::InvalidUrl`] if the address cannot be used.
    ///
    /// ```no_run
    /// use clerk_actix::{ClerkConfig, Revocations};
    ///
    /// # async fn start() -> Result<(), Box<dyn std::error::Error>> {
    /// let revocations = Revocations::redis("redis://127.0.0.1:6379/")?.start().await?;
    /// let config = ClerkConfig::builder().revocations(revocations).build()?;
    /// # let _ = config;
    /// # Ok(())
    /// # }
    /// ```
    pub fn redis(url: &str) -> Result<SharedRevocations, StoreError> {
        RedisStore::new(url).map(SharedRevocations::new)
    }
}

impl RevocationStore for RedisStore {
    fn name(&self) -> String {
        self.reader.name()
    }

    fn append<'s>(&'s self, cut_offs: &'s [CutOff], retention: Duration) -> StoreFuture<'s, ()> {
        Box::pin(async move {
            let mut connection = self.writer.take().await?;
            // By the clock of Redis, which numbers the entries: by the clock of a server that is ahead, entries would be
            // dropped that are still needed.
            let (seconds, _micros): (u64, u64) =
                cmd("TIME").query_async(&mut connection).await.map_err(to_store_error)?;
            let oldest = Duration::from_secs(seconds).saturating_sub(retention).as_millis();
            let mut transaction = pipe();
            transaction.atomic();
            for cut_off in cut_offs {
                let text = serde_json::to_string(cut_off).map_err(StoreError::rejected)?;
                let xadd = transaction.cmd("XADD").arg(&self.key).arg("MINID").arg("~").arg(oldest.to_string());
                xadd.arg("*").arg(FIELD).arg(text).ignore();
            }
            transaction.cmd("PEXPIRE").arg(&self.key).arg(retention.as_millis().max(1).to_string()).ignore();
            transaction.query_async::<()>(&mut connection).await.map_err(to_store_error)?;
            self.writer.put_back(connection);
            Ok(())
        })
    }

    fn read<'s>(&'s self, after: Option<&'s Position>, wait: Duration) -> StoreFuture<'s, Batch> {
        Box::pin(async move {
            let mut connection = self.reader.take().await?;
            let mut calls = pipe();
            let read = calls.cmd("XREAD").arg("COUNT").arg(MAX_READ);
            if let Some(millis) = blocks_for(wait) {
                read.arg("BLOCK").arg(millis.to_string());
            }
            let (last, _) = after.map_or(("0-0", ""), parts);
            read.arg("STREAMS").arg(&self.key).arg(last);
            calls.cmd("XRANGE").arg(&self.key).arg(last).arg(last);
            let (streams, place): (Streams, Vec<Entry>) =
                calls.query_async(&mut connection).await.map_err(to_store_error)?;
            self.reader.put_back(connection);
            let entries = streams.unwrap_or_default().into_iter().flat_map(|(_, entries)| entries);
            Ok(batch(entries.collect()).with_loss(after.is_some_and(|after| is_gone(after, &place))))
        })
    }
}

/// The id and the value of an entry: a stream that was deleted and written again may have the same id once more, within a
/// millisecond.
fn position(id: &str, fields: &[(Vec<u8>, Vec<u8>)]) -> Position {
    Position::new(format!("{id} {}", written(fields)))
}

fn parts(position: &Position) -> (&str, &str) {
    position.as_str().split_once(' ').unwrap_or((position.as_str(), ""))
}

/// Returns the milliseconds for which to wait for entries. Zero would be forever.
fn blocks_for(wait: Duration) -> Option<u128> {
    Some(wait.as_millis()).filter(|millis| *millis != 0)
}

/// Returns whether the entry at a position is not there any more. `place` are the entries with its id.
fn is_gone(after: &Position, place: &[Entry]) -> bool {
    let (_, value) = parts(after);
    !place.iter().any(|(_, fields)| written(fields) == value)
}

/// Returns what was written into an entry; nothing if it is not one of ours.
fn written(fields: &[(Vec<u8>, Vec<u8>)]) -> Cow<'_, str> {
    let value = fields.iter().find(|(field, _)| field == FIELD.as_bytes());
    value.map_or(Cow::Borrowed(""), |(_, value)| String::from_utf8_lossy(value))
}

/// Reads entries. Anything else that somebody has written to the stream is skipped: an error would stop all servers.
fn batch(entries: Vec<Entry>) -> Batch {
    let (count, end) = (entries.len(), entries.last().map(|(id, fields)| position(id, fields)));
    let cut_offs = entries.into_iter().filter_map(|(id, fields)| {
        let (_, value) = fields.into_iter().find(|(field, _)| field == FIELD.as_bytes())?;
        let cut_off = serde_json::from_slice(&value);
        cut_off.inspect_err(|error| warn_of_entry(&id, error)).ok()
    });
    Batch::new(cut_offs.collect(), end).with_more(count >= MAX_READ)
}

fn warn_of_entry(id: &str, error: &serde_json::Error) {
    static ENTRIES: LogLimit = LogLimit::new();
    if let Some(left_out) = ENTRIES.admit(Timestamp::from(std::time::SystemTime::now())) {
        tracing::warn!(id, %error, left_out, "skipped an entry of the stream of revocations that is not a cut-off");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USER: &[u8] = br#"{"user":"user_1","until":2,"made_at":1}"#;

    fn entry(id: &str, fields: &[(&str, &[u8])]) -> Entry {
        let fields = fields.iter().map(|(field, value)| (field.as_bytes().to_vec(), value.to_vec()));
        (id.to_owned(), fields.collect())
    }

    #[test]
    fn entries_and_what_they_are_read_as() {
        let user = USER;
        for (name, entries, count, end) in [
            ("none", vec![], 0, None),
            ("one", vec![entry("1-0", &[("cut_off", user)])], 1, Some("1-0")),
            ("with a field of a later version", vec![entry("1-0", &[("v", b"2"), ("cut_off", user)])], 1, Some("1-0")),
            ("one of somebody else's", vec![entry("1-0", &[("message", b"hello")])], 0, Some("1-0")),
            ("not JSON", vec![entry("1-0", &[("cut_off", b"\xff\0")])], 0, Some("1-0")),
            ("no fields", vec![entry("1-0", &[])], 0, Some("1-0")),
            (
                "one of three",
                vec![entry("1-0", &[]), entry("2-0", &[("cut_off", user)]), entry("3-7", &[("cut_off", b"{}")])],
                1,
                Some("3-7"),
            ),
        ] {
            let batch = batch(entries);
            assert_eq!(batch.cut_offs.len(), count, "{name}");
            assert_eq!(batch.end.as_ref().map(|end| parts(end).0), end, "{name}");
        }
    }

    #[test]
    fn a_call_that_reads_as_much_as_it_may_is_followed_by_another() {
        for (count, has_more) in [(0, false), (1, false), (MAX_READ - 1, false), (MAX_READ, true)] {
            let entries = vec![entry("1-0", &[("cut_off", USER)]); count];
            assert_eq!(batch(entries).has_more, has_more, "{count}");
        }
    }

    /// The stream may have been deleted and written again, even within a millisecond.
    #[test]
    fn positions_and_whether_their_entry_is_still_there() {
        let after = batch(vec![entry("1-0", &[("cut_off", USER)])]).end.unwrap();
        let other: &[u8] = br#"{"user":"user_2","until":2,"made_at":1}"#;
        for (name, place, expected) in [
            ("the same", vec![entry("1-0", &[("cut_off", USER)])], false),
            ("with a field of a later version", vec![entry("1-0", &[("v", b"2"), ("cut_off", USER)])], false),
            ("nothing", vec![], true),
            ("another cut-off", vec![entry("1-0", &[("cut_off", other)])], true),
            ("somebody else's entry", vec![entry("1-0", &[("message", USER)])], true),
        ] {
            assert_eq!(is_gone(&after, &place), expected, "{name}");
        }
        let foreign = batch(vec![entry("1-0", &[("message", b"hello")])]).end.unwrap();
        assert!(!is_gone(&foreign, &[entry("1-0", &[("message", b"hello")])]), "a position at somebody else's entry");
        assert!(is_gone(&foreign, &[]));
    }

    #[test]
    fn waits_and_how_redis_is_told_of_them() {
        for (wait, expected) in [
            (Duration::ZERO, None),
            (Duration::from_micros(999), None),
            (Duration::from_millis(1), Some(1)),
            (Duration::from_secs(1), Some(1000)),
        ] {
            assert_eq!(blocks_for(wait), expected, "{wait:?}");
        }
    }
}
