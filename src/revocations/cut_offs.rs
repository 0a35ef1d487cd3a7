//! The list of cut-offs, in memory and bounded. Every request reads it, and few things change it: a reader takes no lock
//! unless a filter says that its session may be on the list.

use std::{
    collections::{HashMap, VecDeque},
    hash::{BuildHasher, Hasher},
    sync::{
        LazyLock, PoisonError, RwLock, RwLockWriteGuard,
        atomic::{AtomicI64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crossbeam_utils::sync::{ShardedLock, ShardedLockReadGuard};
use foldhash::fast::RandomState;

use super::filter::Filter;
use crate::clock::Timestamp;

/// How much later a token may have been issued, by its `iat`, and still be from before a cut-off: `iat` has whole
/// seconds, and Clerk's clock may be a little ahead of this machine's.
pub(super) const MARGIN: Duration = Duration::from_secs(1);

/// What a session token says about itself, as it is looked up: every request does that, so a remembered token keeps it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    session: Option<u64>,
    user: u64,
    /// With the active organization.
    member: Option<u64>,
    /// In milliseconds. The earliest time if the token does not say when it was issued: then every cut-off of its user
    /// applies.
    issued_at: i64,
}

impl Marks {
    pub(crate) fn new(
        session_id: Option<&str>,
        user_id: &str,
        org_id: Option<&str>,
        issued_at: Option<Timestamp>,
    ) -> Self {
        Self {
            session: session_id.map(|session_id| KEYS.of(Subject::Session(session_id))),
            user: KEYS.of(Subject::User(user_id)),
            member: org_id.map(|org_id| KEYS.of(Subject::Member { user_id, org_id })),
            issued_at: issued_at.map_or(i64::MIN, Timestamp::as_millis),
        }
    }
}

/// Whose tokens are cut off.
#[derive(Clone, Copy, Debug)]
pub(super) enum Subject<'s> {
    Session(&'s str),
    User(&'s str),
    Member { user_id: &'s str, org_id: &'s str },
}

/// The cut-offs of one list.
pub(super) struct CutOffs {
    /// Never held while waiting for `kept`, whose holder may wait for this.
    filter: ShardedLock<Filter>,
    kept: RwLock<Kept>,
    count: AtomicUsize,
    /// Every token issued up to this time, in milliseconds, is rejected: cut-offs of that time may have been dropped.
    floor: AtomicI64,
    max: usize,
    retention: Duration,
}

/// Seeded at random, so that nobody can choose ids that collide.
static KEYS: LazyLock<Keys> = LazyLock::new(Keys::default);

/// The hashes of subjects. A seed for each kind is faster than hashing the kind as well.
#[derive(Default)]
struct Keys {
    sessions: RandomState,
    users: RandomState,
    members: RandomState,
}

impl Keys {
    fn of(&self, subject: Subject<'_>) -> u64 {
        let (state, first, second) = match subject {
            Subject::Session(session_id) => (&self.sessions, session_id, ""),
            Subject::User(user_id) => (&self.users, user_id, ""),
            Subject::Member { user_id, org_id } => (&self.members, user_id, org_id),
        };
        let mut hasher = state.build_hasher();
        hasher.write(first.as_bytes());
        if !second.is_empty() {
            // No id contains this byte, which is not UTF-8.
            hasher.write_u8(0xff);
            hasher.write(second.as_bytes());
        }
        hasher.finish()
    }
}

/// By the hash of their subject: two subjects with one hash would share a cut-off, which is as likely as guessing a
/// 64-bit number.
#[derive(Default)]
struct Kept {
    cut_offs: HashMap<u64, CutOff, RandomState>,
    /// The same, oldest first, with the time at which each was made. A subject that was cut off again is listed again.
    in_order: VecDeque<(u64, Timestamp)>,
}

#[derive(Clone, Copy)]
struct CutOff {
    /// Tokens issued up to this time are cut off. A session's are, whenever they were issued.
    until: Timestamp,
    made_at: Timestamp,
}

impl CutOffs {
    pub(super) fn new(max: usize, retention: Duration) -> Self {
        Self {
            filter: ShardedLock::new(Filter::for_keys(0)),
            kept: RwLock::default(),
            count: AtomicUsize::new(0),
            floor: AtomicI64::new(i64::MIN),
            max: max.max(1),
            retention,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// Cuts off the subject's tokens that were issued until a time. Returns whether that is news: a webhook may arrive
    /// twice, and a server reads its own cut-offs from the store.
    pub(super) fn insert(&self, subject: Subject<'_>, until: Timestamp, now: Timestamp) -> bool {
        let key = KEYS.of(subject);
        let mut kept = self.kept.write().unwrap_or_else(PoisonError::into_inner);
        self.drop_old(&mut kept, now);
        if kept.cut_offs.get(&key).is_some_and(|earlier| earlier.until >= until) {
            return false;
        }
        kept.cut_offs.insert(key, CutOff { until, made_at: now });
        kept.in_order.push_back((key, now));
        self.filter().insert(key);
        self.count.store(kept.cut_offs.len(), Ordering::Release);
        self.renew_the_filter(&kept);
        true
    }

    /// Drops the cut-offs that are too old or too many, and raises the floor instead.
    fn drop_old(&self, kept: &mut RwLockWriteGuard<'_, Kept>, now: Timestamp) {
        let oldest = now.minus(self.retention);
        while let Some((key, made_at)) = kept.in_order.front().copied()
            && (made_at < oldest || kept.in_order.len() >= self.max)
        {
            kept.in_order.pop_front();
            // Otherwise the subject was cut off again later, and that is still listed.
            if let Some(cut_off) = kept.cut_offs.get(&key).filter(|cut_off| cut_off.made_at == made_at) {
                let floor = cut_off.until.max(made_at.plus(MARGIN));
                self.floor.fetch_max(floor.as_millis(), Ordering::AcqRel);
                kept.cut_offs.remove(&key);
            }
        }
    }

    /// Replaces a filter that has become too small, or that is full of dropped cut-offs.
    fn renew_the_filter(&self, kept: &Kept) {
        let (room, count) = (self.filter().room, kept.cut_offs.len());
        if kept.in_order.len() <= room && room <= count.saturating_mul(8).max(1 << 10) {
            return;
        }
        let filter = Filter::for_keys(count.saturating_mul(2));
        kept.cut_offs.keys().for_each(|key| filter.insert(*key));
        *self.filter.write().unwrap_or_else(PoisonError::into_inner) = filter;
    }

    fn filter(&self) -> ShardedLockReadGuard<'_, Filter> {
        self.filter.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn are_idle(&self) -> bool {
        self.len() == 0 && self.floor.load(Ordering::Acquire) == i64::MIN
    }

    /// Returns whether a token is cut off.
    pub(super) fn cover(&self, marks: &Marks) -> bool {
        let Marks { session, user, member, issued_at } = *marks;
        let subjects = [(session, None), (Some(user), Some(issued_at)), (member, Some(issued_at))];
        let may_be_listed = {
            let filter = self.filter();
            subjects.map(|(key, issued_at)| key.filter(|key| filter.may_contain(*key)).map(|key| (key, issued_at)))
        };
        may_be_listed.into_iter().flatten().any(|(key, issued_at)| self.is_cut_off(key, issued_at))
            || self.is_below_the_floor(issued_at)
    }

    /// Comes last: a cut-off that is dropped has raised the floor before it leaves the list, so whoever misses it in the
    /// list finds it here (`tests/models/`).
    fn is_below_the_floor(&self, issued_at: i64) -> bool {
        let floor = self.floor.load(Ordering::Acquire);
        floor != i64::MIN && issued_at <= floor
    }

    /// `issued_at` is `None` for a session, which is over whenever its tokens were issued.
    fn is_cut_off(&self, key: u64, issued_at: Option<i64>) -> bool {
        let kept = self.kept.read().unwrap_or_else(PoisonError::into_inner);
        let cut_off = kept.cut_offs.get(&key);
        cut_off.is_some_and(|cut_off| issued_at.is_none_or(|issued_at| issued_at <= cut_off.until.as_millis()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + seconds * 1000)
    }

    fn token(session_id: &str, user_id: &str, org_id: Option<&str>, issued: i64) -> Marks {
        Marks::new(Some(session_id), user_id, org_id, Some(at(issued)))
    }

    #[test]
    fn subjects_and_the_tokens_that_they_cut_off() {
        let session = Subject::Session("sess_1");
        let user = Subject::User("user_1");
        let member = Subject::Member { user_id: "user_1", org_id: "org_1" };
        for (name, subject, token, expected) in [
            ("the session", session, token("sess_1", "user_1", None, -60), true),
            ("the session, whenever the token was issued", session, token("sess_1", "user_1", None, 60), true),
            ("another session of the user", session, token("sess_2", "user_1", None, -60), false),
            ("a user with the session's name", session, token("sess_2", "sess_1", None, -60), false),
            ("a token of the user from before", user, token("sess_1", "user_1", None, -60), true),
            ("a token of the same second", user, token("sess_1", "user_1", None, 0), true),
            ("a token from afterwards", user, token("sess_2", "user_1", None, 1), false),
            ("another user", user, token("sess_3", "user_2", None, -60), false),
            ("a session with the user's name", user, token("user_1", "user_2", None, -60), false),
            ("the member, with the organization active", member, token("sess_1", "user_1", Some("org_1"), -60), true),
            ("with the organization active again", member, token("sess_1", "user_1", Some("org_1"), 1), false),
            ("in another organization", member, token("sess_1", "user_1", Some("org_2"), -60), false),
            ("in none", member, token("sess_1", "user_1", None, -60), false),
            ("another member", member, token("sess_1", "user_2", Some("org_1"), -60), false),
        ] {
            let cut_offs = CutOffs::new(100, HOUR);
            assert!(!cut_offs.cover(&token), "{name}, before");
            cut_offs.insert(subject, at(0), at(0));
            assert_eq!(cut_offs.cover(&token), expected, "{name}");
        }
        let cut_offs = CutOffs::new(100, HOUR);
        let undated = Marks::new(Some("sess_1"), "user_1", None, None);
        assert!(!cut_offs.cover(&undated));
        cut_offs.insert(user, at(0), at(0));
        assert!(cut_offs.cover(&undated), "a token that does not say when it was issued");
    }

    #[test]
    fn a_later_cut_off_is_not_undone_by_an_earlier_one() {
        let cut_offs = CutOffs::new(100, HOUR);
        cut_offs.insert(Subject::User("user_1"), at(50), at(50));
        cut_offs.insert(Subject::User("user_1"), at(10), at(51));
        assert!(cut_offs.cover(&token("sess_1", "user_1", None, 50)));
        assert_eq!(cut_offs.len(), 1);
    }

    #[test]
    fn nothing_that_was_cut_off_counts_again_when_its_cut_off_is_dropped() {
        for (name, max, later) in [("too old", 100, 3601), ("too many", 10, 20)] {
            let cut_offs = CutOffs::new(max, HOUR);
            cut_offs.insert(Subject::Session("sess_0"), at(0), at(0));
            for n in 1..=20 {
                let session = format!("sess_{n}");
                cut_offs.insert(Subject::Session(&session), at(later), at(later));
            }
            assert!(cut_offs.len() <= max, "{name}");
            for n in 0..=20 {
                assert!(cut_offs.cover(&token(&format!("sess_{n}"), "user_1", None, 0)), "{name}: {n}");
            }
            assert!(cut_offs.cover(&token("sess_other", "user_2", None, -1)), "{name}: any token as old as that");
            assert!(!cut_offs.cover(&token("sess_other", "user_2", None, later + 2)), "{name}: a new token");
        }
    }

    #[test]
    fn the_filter_grows_with_the_list_and_forgets_what_was_dropped() {
        let cut_offs = CutOffs::new(100_000, HOUR);
        let name = |n: i64| format!("user_{n}");
        for n in 0..20_000 {
            cut_offs.insert(Subject::User(&name(n)), at(n), at(n));
        }
        // 3,600 seconds are kept.
        assert_eq!(cut_offs.len(), 3_601);
        assert!((16_399..20_000).all(|n| cut_offs.cover(&token("sess_1", &name(n), None, n))));
        let filter = cut_offs.filter();
        let known = (0..10_000_i64).filter(|n| filter.may_contain(KEYS.of(Subject::User(&name(-n))))).count();
        assert!(known < 8_000, "{known} of 10,000 unknown users take the lock");
    }

    /// Subjects and times at random, beside a list that keeps everything.
    #[test]
    fn no_cut_off_is_lost_whatever_the_order() {
        use rand::{RngExt, SeedableRng, rngs::StdRng};
        let mut random = StdRng::seed_from_u64(7);
        for max in [1, 3, 50, 10_000] {
            let cut_offs = CutOffs::new(max, HOUR);
            let mut all: Vec<(String, i64)> = Vec::new();
            let mut now = 0;
            for _ in 0..3_000 {
                now += random.random_range(0..5);
                let user = format!("user_{}", random.random_range(0..200));
                if random.random_bool(0.3) {
                    cut_offs.insert(Subject::User(&user), at(now), at(now));
                    all.push((user, now));
                } else {
                    let issued = now - random.random_range(0..60);
                    let is_cut_off = all.iter().any(|(of, until)| *of == user && issued <= *until);
                    let found = cut_offs.cover(&token("sess_1", &user, None, issued));
                    assert!(found || !is_cut_off, "{user} at {now}, issued {issued}, {max} kept");
                    assert!(max < 10_000 || found == is_cut_off, "{user} at {now}, issued {issued}: refused wrongly");
                }
            }
        }
    }
}
