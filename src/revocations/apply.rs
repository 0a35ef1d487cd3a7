//! Cut-offs from Clerk's webhooks.

use std::time::SystemTime;

use super::{Revocations, cut_offs::Subject};
use crate::{clock::Timestamp, webhook::WebhookEvent};

impl Revocations {
    /// Cuts off what an event says is over. Returns whether the event says so.
    ///
    /// | Event | Cut off |
    /// |---|---|
    /// | `session.ended`, `session.removed`, `session.revoked` | the session |
    /// | `user.deleted`, and `user.updated` if the user is banned | the user's tokens from before the event |
    /// | `organizationMembership.deleted`, `organizationMembership.updated` | the user's tokens from before the event in which the organization is active |
    ///
    /// Events may arrive twice, late and in any order: a late one does not cut off tokens that were issued after it. Only
    /// pass on events whose signature was verified, as [`Webhook`](crate::Webhook) does.
    ///
    /// ```
    /// use actix_web::{post, web, HttpResponse, Responder};
    /// use clerk_actix::{Revocations, Webhook};
    ///
    /// #[post("/webhooks/clerk")]
    /// async fn clerk(webhook: Webhook, revocations: web::Data<Revocations>) -> impl Responder {
    ///     revocations.apply(&webhook.event);
    ///     HttpResponse::Ok()
    /// }
    /// ```
    pub fn apply(&self, event: &WebhookEvent) -> bool {
        match event {
            WebhookEvent::SessionEnded(event)
            | WebhookEvent::SessionRemoved(event)
            | WebhookEvent::SessionRevoked(event) => {
                self.end_session(&event.data.id);
                true
            }
            WebhookEvent::UserDeleted(event) => event.data.id.as_deref().is_some_and(|user_id| {
                self.cut_off_before(Subject::User(user_id), event.timestamp);
                true
            }),
            WebhookEvent::UserUpdated(event) if event.data.banned => {
                self.cut_off_before(Subject::User(&event.data.id), event.timestamp);
                true
            }
            WebhookEvent::OrganizationMembershipDeleted(event) | WebhookEvent::OrganizationMembershipUpdated(event) => {
                let org_id = &event.data.organization.id;
                event.data.user_id().is_some_and(|user_id| {
                    self.cut_off_before(Subject::Member { user_id, org_id }, event.timestamp);
                    true
                })
            }
            _ => false,
        }
    }

    /// The time is Clerk's, like a token's, so it needs no margin.
    fn cut_off_before(&self, subject: Subject<'_>, event: SystemTime) {
        self.cut_off_until(subject, Timestamp::from(event));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::revocations::{Marks, Standing};

    #[test]
    fn events_and_what_they_cut_off() {
        let at = |seconds: i64| Timestamp::from_millis(1_700_000_000_000 + seconds * 1000);
        let token = |session_id: &str, org_id: Option<&str>, issued: i64| {
            Marks::new(Some(session_id), "user_1", org_id, Some(at(issued)))
        };
        let session = json!({ "id": "sess_1", "user_id": "user_1" });
        let member = json!({
            "id": "orgmem_1",
            "organization": { "id": "org_1" },
            "public_user_data": { "user_id": "user_1" },
        });
        let user = |banned: bool| json!({ "id": "user_1", "banned": banned });
        for (name, kind, data, of_session, of_member, of_user, later) in [
            ("a session that ended", "session.ended", session.clone(), true, false, false, false),
            ("a session that was removed", "session.removed", session.clone(), true, false, false, false),
            ("a session that was revoked", "session.revoked", session.clone(), true, false, false, false),
            ("a session that began", "session.created", session, false, false, false, false),
            ("a user who is gone", "user.deleted", json!({ "id": "user_1", "deleted": true }), true, true, true, false),
            ("a user who is banned", "user.updated", user(true), true, true, true, false),
            ("a user with a new name", "user.updated", user(false), false, false, false, false),
            ("a user who is new", "user.created", user(true), false, false, false, false),
            ("a member who left", "organizationMembership.deleted", member.clone(), false, true, false, false),
            ("a member with another role", "organizationMembership.updated", member.clone(), false, true, false, false),
            ("a new member", "organizationMembership.created", member, false, false, false, false),
            ("an event of tomorrow", "session.teleported", json!({ "id": "sess_1" }), false, false, false, false),
        ] {
            let event =
                json!({ "type": kind, "data": data, "timestamp": 1_700_000_000_000_i64, "instance_id": "ins_1" });
            let event: WebhookEvent = serde_json::from_value(event).unwrap();
            let revocations = Revocations::new();
            let is_revoked = |token: Marks| revocations.standing(&token, at(0)) == Standing::Revoked;
            assert_eq!(revocations.apply(&event), of_session || of_member || of_user, "{name}");
            revocations.apply(&event);
            assert_eq!(is_revoked(token("sess_1", None, -30)), of_session, "{name}: the session");
            assert_eq!(is_revoked(token("sess_2", Some("org_1"), -30)), of_member, "{name}: the member");
            assert_eq!(is_revoked(token("sess_3", None, -30)), of_user, "{name}: the user");
            assert_eq!(is_revoked(token("sess_4", Some("org_1"), 1)), later, "{name}: a later token");
        }
    }
}
