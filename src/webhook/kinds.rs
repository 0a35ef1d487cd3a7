//! The types of Clerk's events, each with the resource that it brings.

use std::time::SystemTime;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use serde_json::{Map, Value};

use super::event::{Event, EventAttributes, read};
use crate::api::{
    DeletedObject, Email, JsonObject, Organization, OrganizationDomain, OrganizationInvitation, OrganizationMembership,
    PaymentAttempt, Permission, PlainValue, Role, Session, SmsMessage, Subscription, SubscriptionItem, User,
    WaitlistEntry,
};

macro_rules! events {
    ($($kind:literal $variant:ident($data:ty): $doc:literal,)*) => {
        /// One of Clerk's events.
        ///
        /// ```
        /// use clerk_actix::WebhookEvent;
        ///
        /// let event: WebhookEvent = serde_json::from_str(
        ///     r#"{"type":"user.created","object":"event","timestamp":1700000000000,"instance_id":"ins_1",
        ///         "data":{"id":"user_ada","first_name":"Ada"}}"#,
        /// )?;
        /// match &event {
        ///     WebhookEvent::UserCreated(event) => assert_eq!(event.data.id, "user_ada"),
        ///     other => panic!("{}", other.event_type()),
        /// }
        /// # Ok::<(), serde_json::Error>(())
        /// ```
        ///
        /// It can be serialized again, for example for a queue. The result has the form of Clerk's JSON, with `null`
        /// or nothing for members that were missing.
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum WebhookEvent {
            $(
                #[doc = concat!("`", $kind, "`: ", $doc)]
                $variant(Box<Event<$data>>),
            )*
            /// An event of a type that this version of the crate does not know.
            #[non_exhaustive]
            Other {
                /// The type.
                kind: String,
                /// The event, with its data as it was sent.
                event: Box<Event<JsonObject>>,
            },
        }

        impl WebhookEvent {
            /// The types that have a variant of their own.
            pub const TYPES: &'static [&'static str] = &[$($kind),*];

            /// Returns the type: `user.created`.
            pub fn event_type(&self) -> &str {
                match self {
                    $(Self::$variant(_) => $kind,)*
                    Self::Other { kind, .. } => kind,
                }
            }

            /// Returns when it happened. Deliveries come out of order, so compare it with what you already know.
            pub fn timestamp(&self) -> SystemTime {
                match self {
                    $(Self::$variant(event) => event.timestamp,)*
                    Self::Other { event, .. } => event.timestamp,
                }
            }

            /// Returns the Clerk instance: `ins_…`.
            pub fn instance_id(&self) -> &str {
                match self {
                    $(Self::$variant(event) => &event.instance_id,)*
                    Self::Other { event, .. } => &event.instance_id,
                }
            }

            /// Returns the client that caused the event.
            pub fn event_attributes(&self) -> &EventAttributes {
                match self {
                    $(Self::$variant(event) => &event.event_attributes,)*
                    Self::Other { event, .. } => &event.event_attributes,
                }
            }

            fn read(kind: &str, members: Map<String, Value>) -> Result<Self, String> {
                Ok(match kind {
                    $($kind => Self::$variant(Box::new(read(members)?)),)*
                    _ => Self::Other { kind: kind.to_owned(), event: Box::new(read(members)?) },
                })
            }
        }

        impl Serialize for WebhookEvent {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(event) => Typed { kind: $kind, event }.serialize(serializer),)*
                    Self::Other { kind, event } => Typed { kind, event }.serialize(serializer),
                }
            }
        }
    };
}

events! {
    "email.created" EmailCreated(Email): "an email to a user. Send it yourself if `delivered_by_clerk` is `false`.",
    "organization.created" OrganizationCreated(Organization): "an organization was created.",
    "organization.updated" OrganizationUpdated(Organization): "an organization was changed.",
    "organization.deleted" OrganizationDeleted(DeletedObject): "an organization was deleted.",
    "organizationDomain.created" OrganizationDomainCreated(OrganizationDomain): "an organization got a domain.",
    "organizationDomain.updated" OrganizationDomainUpdated(OrganizationDomain): "a domain was changed.",
    "organizationDomain.deleted" OrganizationDomainDeleted(DeletedObject): "a domain was deleted.",
    "organizationInvitation.created" OrganizationInvitationCreated(OrganizationInvitation):
        "somebody was invited to an organization.",
    "organizationInvitation.accepted" OrganizationInvitationAccepted(OrganizationInvitation):
        "an invitation was accepted; `user_id` is who accepted it.",
    "organizationInvitation.revoked" OrganizationInvitationRevoked(OrganizationInvitation):
        "an invitation was revoked.",
    "organizationMembership.created" OrganizationMembershipCreated(OrganizationMembership):
        "a user became a member of an organization.",
    "organizationMembership.updated" OrganizationMembershipUpdated(OrganizationMembership):
        "a membership was changed, such as its role.",
    "organizationMembership.deleted" OrganizationMembershipDeleted(OrganizationMembership):
        "a user is no longer a member of an organization.",
    "paymentAttempt.created" PaymentAttemptCreated(PaymentAttempt): "an attempt to pay.",
    "paymentAttempt.updated" PaymentAttemptUpdated(PaymentAttempt): "an attempt to pay succeeded or failed.",
    "permission.created" PermissionCreated(Permission): "a permission was created.",
    "permission.updated" PermissionUpdated(Permission): "a permission was changed.",
    "permission.deleted" PermissionDeleted(DeletedObject): "a permission was deleted.",
    "role.created" RoleCreated(Role): "a role was created.",
    "role.updated" RoleUpdated(Role): "a role was changed, such as its permissions.",
    "role.deleted" RoleDeleted(DeletedObject): "a role was deleted.",
    "session.created" SessionCreated(Session): "a user signed in.",
    "session.pending" SessionPending(Session): "a user signed in, and has tasks to complete first.",
    "session.ended" SessionEnded(Session): "a user signed out, and the session stays in the browser's list.",
    "session.removed" SessionRemoved(Session): "a user signed out, and the session is gone from the browser: how Clerk's components sign out.",
    "session.revoked" SessionRevoked(Session): "a session was revoked, by the user or a server.",
    "sms.created" SmsCreated(SmsMessage): "a text message to a user. Send it yourself if `delivered_by_clerk` is `false`.",
    "subscription.created" SubscriptionCreated(Subscription): "a subscription was created.",
    "subscription.updated" SubscriptionUpdated(Subscription): "a subscription was changed.",
    "subscription.active" SubscriptionActive(Subscription): "a subscription became active.",
    "subscription.pastDue" SubscriptionPastDue(Subscription): "a payment of a subscription is overdue.",
    "subscriptionItem.abandoned" SubscriptionItemAbandoned(SubscriptionItem): "a checkout was abandoned.",
    "subscriptionItem.active" SubscriptionItemActive(SubscriptionItem): "a plan became active.",
    "subscriptionItem.canceled" SubscriptionItemCanceled(SubscriptionItem):
        "a plan was canceled; it stays active until the period ends.",
    "subscriptionItem.ended" SubscriptionItemEnded(SubscriptionItem): "a plan has ended.",
    "subscriptionItem.freeTrialEnding" SubscriptionItemFreeTrialEnding(SubscriptionItem): "a free trial is about to end.",
    "subscriptionItem.incomplete" SubscriptionItemIncomplete(SubscriptionItem): "the first payment is not complete.",
    "subscriptionItem.pastDue" SubscriptionItemPastDue(SubscriptionItem): "a payment for a plan is overdue.",
    "subscriptionItem.upcoming" SubscriptionItemUpcoming(SubscriptionItem): "a plan starts after the current period.",
    "subscriptionItem.updated" SubscriptionItemUpdated(SubscriptionItem): "a plan of a subscription was changed.",
    "user.created" UserCreated(User): "a user was created.",
    "user.updated" UserUpdated(User): "a user was changed. There is no event of its own for a ban: look at `banned`.",
    "user.deleted" UserDeleted(DeletedObject): "a user was deleted.",
    "waitlistEntry.created" WaitlistEntryCreated(WaitlistEntry): "somebody joined the waitlist.",
    "waitlistEntry.updated" WaitlistEntryUpdated(WaitlistEntry): "an entry in the waitlist was changed.",
}

#[derive(Serialize)]
struct Typed<'e, T> {
    #[serde(rename = "type")]
    kind: &'e str,
    #[serde(flatten)]
    event: &'e Event<T>,
}

impl<'de> Deserialize<'de> for WebhookEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let PlainValue(Value::Object(mut members)) = PlainValue::deserialize(deserializer)? else {
            return Err(D::Error::custom("not an event, expected an object"));
        };
        match members.remove("type") {
            Some(Value::String(kind)) => Self::read(&kind, members).map_err(D::Error::custom),
            Some(_) => Err(D::Error::custom("missing field `type` of the expected form: expected a string")),
            None => Err(D::Error::missing_field("type")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_type_keeps_its_data() {
        let sent = json!({
            "type": "user.teleported", "object": "event", "timestamp": 1_700_000_000_000_u64, "instance_id": "ins_1",
            "data": {"id": "user_1", "to": {"planet": "Mars"}},
            "event_attributes": {"http_request": {"client_ip": "192.0.2.1", "user_agent": "curl"}, "new": 1}
        });
        let event: WebhookEvent = serde_json::from_value(sent.clone()).unwrap();
        assert_eq!((event.event_type(), event.instance_id()), ("user.teleported", "ins_1"));
        let request = &event.event_attributes().http_request;
        assert_eq!((request.client_ip.as_deref(), request.user_agent.as_deref()), (Some("192.0.2.1"), Some("curl")));
        assert!(!format!("{event:?}").contains("Mars"));
        assert_eq!(serde_json::to_value(&event).unwrap(), sent);
        let WebhookEvent::Other { event, .. } = event else { panic!() };
        assert_eq!(event.data["to"]["planet"], "Mars");
    }

    /// Users write their own `unsafe_metadata`. With `serde_json/raw_value`, which this test has, this name is special.
    #[test]
    fn no_member_name_in_metadata_hides_a_ban() {
        let metadata = r#"{"$serde_json::private::RawValue":"no json"}"#;
        let sent = format!(
            r#"{{"type":"user.updated","timestamp":1700000000000,"new":{metadata},
                "data":{{"id":"user_1","banned":true,"unsafe_metadata":{metadata},"new":{{"a":{metadata}}}}}}}"#
        );
        let event: WebhookEvent = serde_json::from_str(&sent).unwrap();
        let again = serde_json::to_string(&event).unwrap();
        assert_eq!(again.matches(metadata).count(), 3, "{again}");
        let WebhookEvent::UserUpdated(event) = event else { panic!() };
        assert!(event.data.banned);
    }

    #[test]
    fn the_types_are_clerks_45() {
        assert_eq!(WebhookEvent::TYPES.len(), 45);
        for broken in ["{}", r#"{"type":7,"data":{},"timestamp":1}"#, "[]", "null", "7", r#"{"type":"user.created"}"#] {
            let problem = serde_json::from_str::<WebhookEvent>(broken).unwrap_err().to_string();
            assert!(problem.starts_with("missing field `") || problem.contains("expected an object"), "{problem}");
        }
    }
}
