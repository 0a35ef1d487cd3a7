//! What happens to `LocalClerk`'s sessions, as events of webhooks.

use super::{browsers::UserSession, instance::Instance};

/// Sends a webhook about a session, if a test has named a URL for webhooks.
#[allow(unused_variables, reason = "without the feature `webhooks`, there is nothing to send")]
pub(super) fn announce(clerk: &Instance, event_type: &str, session: &UserSession) {
    #[cfg(feature = "webhooks")]
    {
        let mut data = session.resource();
        data["user"] = super::people::user_of(clerk, session);
        clerk.webhooks.send(event_type, data, &clerk.instance_id, clerk.clock.now());
    }
}
