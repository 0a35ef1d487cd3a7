//! A session, as Clerk keeps it: [`crate::Session`] is what a session *token* says of one.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lenient::lenient;

/// A session of a user's. All times are in milliseconds since the Unix epoch; [`system_time`](super::system_time) converts
/// them.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct Session {
    /// `sess_…`
    pub id: String,
    /// The user: `user_…`.
    pub user_id: String,
    /// The browser or device: `client_…`.
    #[serde(default, deserialize_with = "lenient")]
    pub client_id: Option<String>,
    /// `active`, `pending`, `revoked`, `ended`, `expired`, `removed`, `abandoned`, `replaced`, …
    #[serde(default, deserialize_with = "lenient")]
    pub status: String,
    /// The organization that is active in it, or was last.
    #[serde(default, deserialize_with = "lenient")]
    pub last_active_organization_id: Option<String>,
    /// Who really acts, where somebody impersonates the user.
    #[serde(default, deserialize_with = "lenient")]
    pub actor: Option<Map<String, Value>>,
    /// Where it was last used from.
    #[serde(default, deserialize_with = "lenient")]
    pub latest_activity: Option<SessionActivity>,
    /// When it was last used.
    #[serde(default, deserialize_with = "lenient")]
    pub last_active_at: Option<i64>,
    /// When it ends.
    #[serde(default, deserialize_with = "lenient")]
    pub expire_at: Option<i64>,
    /// When it ends if it is not used.
    #[serde(default, deserialize_with = "lenient")]
    pub abandon_at: Option<i64>,
    /// When it began.
    #[serde(default, deserialize_with = "lenient")]
    pub created_at: Option<i64>,
    /// When it was last changed.
    #[serde(default, deserialize_with = "lenient")]
    pub updated_at: Option<i64>,
}

impl Session {
    /// Whether the user is signed in with it.
    pub fn is_active(&self) -> bool {
        self.status == "active"
    }
}

/// Where a session was used from, as far as Clerk can tell.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct SessionActivity {
    /// Its id.
    pub id: String,
    /// Whether it was a mobile device.
    #[serde(default, deserialize_with = "lenient")]
    pub is_mobile: bool,
    /// What kind of device.
    #[serde(default, deserialize_with = "lenient")]
    pub device_type: Option<String>,
    /// The browser.
    #[serde(default, deserialize_with = "lenient")]
    pub browser_name: Option<String>,
    /// The browser's version.
    #[serde(default, deserialize_with = "lenient")]
    pub browser_version: Option<String>,
    /// The IP address.
    #[serde(default, deserialize_with = "lenient")]
    pub ip_address: Option<String>,
    /// The city that the address belongs to.
    #[serde(default, deserialize_with = "lenient")]
    pub city: Option<String>,
    /// The country that the address belongs to.
    #[serde(default, deserialize_with = "lenient")]
    pub country: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_ids_have_to_be_there() {
        let session: Session = serde_json::from_str(
            r#"{"object":"session","id":"sess_1","user_id":"user_1","client_id":null,"status":"active","actor":null,
                "latest_activity":{"id":"act_1","is_mobile":true,"city":7},"expire_at":1700000000000,"abandon_at":"never"}"#,
        )
        .unwrap();
        assert!(session.is_active());
        let activity = session.latest_activity.unwrap();
        assert_eq!((activity.is_mobile, activity.city), (true, None));
        assert_eq!((session.expire_at, session.abandon_at), (Some(1_700_000_000_000), None));
        let bare: Session = serde_json::from_str(r#"{"id":"sess_1","user_id":"user_1","latest_activity":7}"#).unwrap();
        assert!(!bare.is_active() && bare.latest_activity.is_none());
        for broken in ["{}", r#"{"id":"sess_1"}"#, r#"{"id":"sess_1","user_id":null}"#, r#"{"user_id":"user_1"}"#] {
            assert!(serde_json::from_str::<Session>(broken).is_err(), "{broken}");
        }
    }
}
