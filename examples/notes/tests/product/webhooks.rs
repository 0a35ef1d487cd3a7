//! Webhooks keep the tables right: deletions, names, in any order, once or twice.

use actix_web::http::Method;
use clerk_actix::testing::{self, WebhookBuilder, api_key};
use serde_json::{Value, json};

use crate::support::{Notes, Who, ada, alan, globex, grace, in_acme, read};

impl Notes {
    /// Sends a webhook as Clerk does, and returns the status of the answer.
    pub async fn receive(&self, webhook: &WebhookBuilder) -> u16 {
        let signed = webhook.clone().secret(self.clerk.webhook_signing_secret()).build();
        let mut request = self.request(Method::POST, "/webhooks/clerk", &Who::Nobody);
        for (name, value) in signed.headers {
            request = request.insert_header((name, value));
        }
        read(request.send_body(signed.body).await.unwrap()).await.status
    }

    async fn happen(&self, event_type: &str, data: Value) {
        self.clerk.send_webhook(event_type, data);
        self.clerk.webhooks_delivered().await;
        let attempts = self.clerk.webhook_attempts();
        assert!(attempts.last().unwrap().is_success(), "{attempts:#?}");
    }

    async fn author_of(&self, who: &Who, id: &str) -> Value {
        self.get(&format!("/api/notes/{id}"), who).await.json()["author_name"].clone()
    }
}

#[actix_web::test]
async fn a_deleted_user_leaves_the_teams_notes_without_a_name() {
    let notes = Notes::start().await;
    let (of_grace, ada) = (notes.token(testing::session("user_grace")), notes.token(ada()));
    notes.write(&of_grace, "Grace's own").await;
    let in_team = notes.write(&notes.token(grace()), "the team's").await;
    assert_eq!(notes.author_of(&ada, &in_team).await, "Grace Hopper");

    notes.happen("user.deleted", json!({ "object": "user", "id": "user_grace", "deleted": true })).await;
    assert_eq!(notes.titles(&ada).await, ["the team's"]);
    assert_eq!(notes.author_of(&ada, &in_team).await, Value::Null);
    // At once, though the token has not expired.
    assert_eq!(notes.get("/api/notes", &of_grace).await.status, 401);
    // The notes are gone, also for a key.
    let key = notes.key(api_key("user_grace").scopes(["notes:read", "notes:write"]));
    assert_eq!(notes.titles(&key).await, [""; 0]);
    let answer = notes.call(Method::POST, "/api/notes", &key, Some(json!({ "title": "late" }))).await;
    assert_eq!((answer.status, answer.json()["errors"][0]["code"].clone()), (410, json!("account-deleted")));
}

#[actix_web::test]
async fn a_deleted_organization_has_no_notes_and_gets_no_new_ones() {
    let notes = Notes::start().await;
    notes.write(&notes.token(ada()), "Acme's").await;
    notes.write(&notes.token(globex("user_ada")), "Globex's").await;
    notes.write(&notes.token(testing::session("user_ada")), "Ada's own").await;
    notes.happen("organization.deleted", json!({ "object": "organization", "id": "org_acme", "deleted": true })).await;
    assert_eq!(notes.titles(&notes.token(ada())).await, [""; 0]);
    assert_eq!(notes.titles(&notes.token(globex("user_ada"))).await, ["Globex's"]);
    assert_eq!(notes.titles(&notes.token(testing::session("user_ada"))).await, ["Ada's own"]);
    // A token with the organization lives for the rest of its minute.
    let answer = notes.call(Method::POST, "/api/notes", &notes.token(ada()), Some(json!({ "title": "late" }))).await;
    assert_eq!(answer.status, 410);
    let answer = notes.form("/orgs/acme/notes", &notes.browser(ada()), &[("title", "late"), ("body", "")]).await;
    assert_eq!(answer.status, 410);
    assert!(answer.body.contains("has been deleted"), "{}", answer.body);
}

#[actix_web::test]
async fn a_member_who_has_left_reads_nothing_more() {
    let notes = Notes::start().await;
    let grace = notes.token(grace());
    assert_eq!(notes.get("/api/notes", &grace).await.status, 200);
    let membership = json!({
        "object": "organization_membership", "id": "orgmem_1", "role": "org:member",
        "organization": { "object": "organization", "id": "org_acme", "name": "Acme", "slug": "acme" },
        "public_user_data": { "user_id": "user_grace" },
    });
    notes.happen("organizationMembership.deleted", membership).await;
    assert_eq!(notes.get("/api/notes", &grace).await.status, 401);
    // She is still a user.
    assert_eq!(notes.get("/api/notes", &notes.token(alan())).await.status, 200);
}

/// An event of a user with this name that happened at this time.
fn event(event_type: &str, name: &str, at: i64) -> WebhookBuilder {
    let data = json!({ "object": "user", "id": "user_lin", "first_name": name, "last_name": null });
    testing::webhook(event_type, data).member("timestamp", 1_700_000_000_000 + at)
}

#[actix_web::test]
async fn the_order_of_events_does_not_matter() {
    let (created, renamed) = (event("user.created", "Lin", 1), event("user.updated", "Lin Lee", 2));
    let deleted = testing::webhook("user.deleted", json!({ "object": "user", "id": "user_lin", "deleted": true }))
        .member("timestamp", 1_700_000_000_003_i64);
    for (name, events, expected) in [
        ("in order", vec![&created, &renamed], json!("Lin Lee")),
        ("the other way round", vec![&renamed, &created], json!("Lin Lee")),
        ("a deletion last", vec![&created, &renamed, &deleted], Value::Null),
        ("a deletion first", vec![&deleted, &renamed, &created], Value::Null),
    ] {
        let notes = Notes::start().await;
        let lin = notes.token(in_acme("user_lin"));
        let id = notes.write(&lin, "Lin's").await;
        for event in events {
            assert_eq!(notes.receive(event).await, 204, "{name}");
        }
        assert_eq!(notes.author_of(&notes.token(ada()), &id).await, expected, "{name}");
    }
}

/// Two names from the same millisecond: the one that arrives last stays, and a repetition of the first changes nothing.
#[actix_web::test]
async fn a_webhook_that_comes_twice_counts_once() {
    let notes = Notes::start().await;
    let ada = notes.token(ada());
    let id = notes.write(&notes.token(in_acme("user_lin")), "Lin's").await;
    let (first, second) = (event("user.created", "Lin", 1), event("user.updated", "Lin Lee", 1));
    for webhook in [&first, &second, &first, &first] {
        assert_eq!(notes.receive(webhook).await, 204);
    }
    assert_eq!(notes.author_of(&ada, &id).await, "Lin Lee");
}

#[actix_web::test]
async fn a_forged_webhook_changes_nothing() {
    let notes = Notes::start().await;
    let ada = notes.token(ada());
    notes.write(&ada, "Acme's").await;
    let deleted = testing::webhook(
        "organization.deleted",
        json!({ "object": "organization", "id": "org_acme", "deleted": true }),
    );
    let signed = deleted.clone().secret("whsec_Zm9yZ2Vk").build();
    let mut request = notes.request(Method::POST, "/webhooks/clerk", &Who::Nobody);
    for (name, value) in signed.headers {
        request = request.insert_header((name, value));
    }
    assert_eq!(read(request.send_body(signed.body).await.unwrap()).await.status, 400);
    let unsigned = notes.call(Method::POST, "/webhooks/clerk", &Who::Nobody, Some(json!({}))).await;
    assert_eq!(unsigned.status, 400);
    assert_eq!(notes.titles(&ada).await, ["Acme's"]);
}
