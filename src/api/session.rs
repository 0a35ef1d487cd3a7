//! Sessions as Clerk stores them. [`crate::Session`] is the content of a session *token*.

use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{JsonObject, SessionStatus, User, lenient::lenient, time::lenient_time};

/// A user's session.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Session {
    /// The ID: `sess_…`.
    pub id: String,
    /// The user's ID: `user_…`.
    pub user_id: String,
    /// The ID of the browser or device: `client_…`.
    #[serde(default, deserialize_with = "lenient")]
    pub client_id: Option<String>,
    /// The status.
    #[serde(default, deserialize_with = "lenient")]
    pub status: SessionStatus,
    /// The organization that is, or was last, active in the session.
    #[serde(default, deserialize_with = "lenient")]
    pub last_active_organization_id: Option<String>,
    /// The actor, if the session is impersonated.
    #[serde(default, deserialize_with = "lenient")]
    pub actor: Option<Map<String, Value>>,
    /// The user, in events of webhooks.
    #[serde(default, deserialize_with = "lenient")]
    pub user: Option<Box<User>>,
    /// The device and location of the latest use.
    #[serde(default, deserialize_with = "lenient")]
    pub latest_activity: Option<SessionActivity>,
    /// When it was last used.
    #[serde(default, with = "lenient_time")]
    pub last_active_at: Option<SystemTime>,
    /// When it expires.
    #[serde(rename = "expire_at", default, with = "lenient_time")]
    #[doc(alias = "expire_at")]
    pub expires_at: Option<SystemTime>,
    /// When it ends if it is not used.
    #[serde(default, with = "lenient_time")]
    pub abandon_at: Option<SystemTime>,
    /// When it was created.
    #[serde(default, with = "lenient_time")]
    pub created_at: Option<SystemTime>,
    /// When it was last updated.
    #[serde(default, with = "lenient_time")]
    pub updated_at: Option<SystemTime>,
    /// The members that have no field here, as Clerk sent them.
    #[serde(flatten)]
    pub other: JsonObject,
}

impl Session {
    /// Returns whether the user is signed in with this session: its status is `active`.
    pub fn is_active(&self) -> bool {
        self.status == SessionStatus::Active
    }
}

/// The device and location from which a session was used, as far as Clerk can tell.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SessionActivity {
    /// The ID.
    pub id: String,
    /// `true` if it was a mobile device.
    #[serde(default, deserialize_with = "lenient")]
    pub is_mobile: bool,
    /// The kind of device.
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
    /// The city of the IP address.
    #[serde(default, deserialize_with = "lenient")]
    pub city: Option<String>,
    /// The country of the IP address.
    #[serde(default, deserialize_with = "lenient")]
    pub country: Option<String>,
    /// The members that have no field here, as Clerk sent them.
    #[serde(flatten)]
    pub other: JsonObject,
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
        let expires_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        assert_eq!((session.expires_at, session.abandon_at), (Some(expires_at), None));
        let bare: Session = serde_json::from_str(r#"{"id":"sess_1","user_id":"user_1","latest_activity":7}"#).unwrap();
        assert!(!bare.is_active() && bare.latest_activity.is_none());
        for broken in ["{}", r#"{"id":"sess_1"}"#, r#"{"id":"sess_1","user_id":null}"#, r#"{"user_id":"user_1"}"#] {
            assert!(serde_json::from_str::<Session>(broken).is_err(), "{broken}");
        }
    }
}
