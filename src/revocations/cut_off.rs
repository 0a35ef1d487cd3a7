//! One cut-off as it travels between servers: whose tokens, and until when.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::cut_offs::Subject;
use crate::clock::Timestamp;

/// Clerk's ids have about 32 characters. A longer one in a store was not written by this crate.
const MAX_ID_LENGTH: usize = 256;

/// A cut-off of [`Revocations`](crate::Revocations) as a [`RevocationStore`](crate::stores::RevocationStore) keeps it.
///
/// Its JSON has the ids in question, and two times in milliseconds since 1970: the tokens issued up to `until` do not
/// count, and it was made at `made_at`. Unknown members are ignored.
///
/// ```
/// use clerk_actix::stores::CutOff;
///
/// let text = r#"{"user":"user_1","org":"org_1","until":1700000001000,"made_at":1700000000000}"#;
/// let cut_off: CutOff = serde_json::from_str(text)?;
/// assert_eq!(serde_json::to_string(&cut_off)?, text);
/// assert!(serde_json::from_str::<CutOff>(r#"{"org":"org_1","until":1,"made_at":1}"#).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct CutOff {
    of: Of,
    pub(crate) until: Timestamp,
    pub(crate) made_at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Of {
    Session(Box<str>),
    User(Box<str>),
    Member { user_id: Box<str>, org_id: Box<str> },
}

/// The JSON form.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<Box<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<Box<str>>,
    until: i64,
    made_at: i64,
}

/// The reason that a stored value is not a cut-off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a cut-off names either a session, or a user and perhaps an organization, each with at most {MAX_ID_LENGTH} bytes"
)]
struct NotACutOff;

impl CutOff {
    pub(super) fn new(subject: Subject<'_>, until: Timestamp, made_at: Timestamp) -> Self {
        let of = match subject {
            Subject::Session(session_id) => Of::Session(session_id.into()),
            Subject::User(user_id) => Of::User(user_id.into()),
            Subject::Member { user_id, org_id } => Of::Member { user_id: user_id.into(), org_id: org_id.into() },
        };
        Self { of, until, made_at }
    }

    pub(super) fn subject(&self) -> Subject<'_> {
        match &self.of {
            Of::Session(session_id) => Subject::Session(session_id),
            Of::User(user_id) => Subject::User(user_id),
            Of::Member { user_id, org_id } => Subject::Member { user_id, org_id },
        }
    }
}

impl TryFrom<Written> for CutOff {
    type Error = NotACutOff;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { session, user, org, until, made_at } = written;
        let of = match (session, user, org) {
            (Some(session_id), None, None) => Of::Session(session_id),
            (None, Some(user_id), None) => Of::User(user_id),
            (None, Some(user_id), Some(org_id)) => Of::Member { user_id, org_id },
            _ => return Err(NotACutOff),
        };
        let is_id = |id: &str| (1..=MAX_ID_LENGTH).contains(&id.len());
        let is_valid = match &of {
            Of::Session(id) | Of::User(id) => is_id(id),
            Of::Member { user_id, org_id } => is_id(user_id) && is_id(org_id),
        };
        let (until, made_at) = (Timestamp::from_millis(until), Timestamp::from_millis(made_at));
        if is_valid { Ok(Self { of, until, made_at }) } else { Err(NotACutOff) }
    }
}

impl From<CutOff> for Written {
    fn from(cut_off: CutOff) -> Self {
        let (session, user, org) = match cut_off.of {
            Of::Session(session_id) => (Some(session_id), None, None),
            Of::User(user_id) => (None, Some(user_id), None),
            Of::Member { user_id, org_id } => (None, Some(user_id), Some(org_id)),
        };
        Self { session, user, org, until: cut_off.until.as_millis(), made_at: cut_off.made_at.as_millis() }
    }
}

impl fmt::Display for CutOff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            Of::Session(session_id) => write!(f, "session {session_id}"),
            Of::User(user_id) => write!(f, "user {user_id}"),
            Of::Member { user_id, org_id } => write!(f, "user {user_id} in {org_id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_store_and_what_they_are_read_as() {
        let long = "u".repeat(257);
        for (name, text, expected) in [
            ("a session", r#"{"session":"sess_1","until":2,"made_at":1}"#, Some("session sess_1")),
            ("a user", r#"{"user":"user_1","until":2,"made_at":1}"#, Some("user user_1")),
            ("a member", r#"{"user":"user_1","org":"org_1","until":2,"made_at":1}"#, Some("user user_1 in org_1")),
            ("of a later version", r#"{"user":"user_1","until":2,"made_at":1,"why":"ban"}"#, Some("user user_1")),
            ("nobody", r#"{"until":2,"made_at":1}"#, None),
            ("an organization alone", r#"{"org":"org_1","until":2,"made_at":1}"#, None),
            ("a session and a user", r#"{"session":"sess_1","user":"user_1","until":2,"made_at":1}"#, None),
            ("an empty id", r#"{"user":"","until":2,"made_at":1}"#, None),
            ("a number for an id", r#"{"user":1,"until":2,"made_at":1}"#, None),
            ("a very long id", &format!(r#"{{"user":"{long}","until":2,"made_at":1}}"#), None),
            ("no time", r#"{"user":"user_1","made_at":1}"#, None),
            ("a time with a fraction", r#"{"user":"user_1","until":2.5,"made_at":1}"#, None),
            ("a time beyond all numbers", r#"{"user":"user_1","until":99999999999999999999,"made_at":1}"#, None),
            ("not JSON", "user_1", None),
            ("nothing", "", None),
        ] {
            let read: Option<CutOff> = serde_json::from_str(text).ok();
            assert_eq!(read.as_ref().map(CutOff::to_string).as_deref(), expected, "{name}");
            if let Some(cut_off) = read {
                let again: CutOff = serde_json::from_str(&serde_json::to_string(&cut_off).unwrap()).unwrap();
                assert_eq!(again, cut_off, "{name}");
            }
        }
    }
}
