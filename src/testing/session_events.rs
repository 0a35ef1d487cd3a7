//! What happens to `LocalClerk`'s sessions, as events of webhooks.

use super::{browsers::UserSession, directory::Directory, instance::Instance};

/// Sends a webhook about a session, if a test has named a URL for webhooks.
#[allow(unused_variables, reason = "without the feature `webhooks`, there is nothing to send")]
pub(super) fn announce(clerk: &Instance, directory: &Directory, event_type: &str, session: &UserSession) {
    #[cfg(feature = "webhooks")]
    {
        let mut data = session.resource();
        // Of a user who is not there, whose token a test has minted, only the ID is known.
        data["user"] = match directory.user(&session.user_id) {
            Some(user) => super::resources::user(user),
            None => serde_json::json!({ "object": "user", "id": session.user_id }),
        };
        announce_resource(clerk, event_type, data);
    }
}

/// Sends a webhook about a resource, which the Backend API describes in the same way.
#[allow(unused_variables, reason = "without the feature `webhooks`, there is nothing to send")]
pub(super) fn announce_resource(clerk: &Instance, event_type: &str, data: serde_json::Value) {
    #[cfg(feature = "webhooks")]
    clerk.webhooks.send(event_type, data, &clerk.instance_id, clerk.clock.now());
}
