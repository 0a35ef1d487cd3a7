//! Signing out takes effect at once, here and at Clerk, for tokens that have not expired.

use std::time::Duration;

use clerk_actix::{
    SessionStatus,
    testing::{Endpoint, api_key},
};

use crate::support::{Notes, Who, ada, grace};

/// Clerk's webhooks do not arrive: signing out does not wait for them.
fn without_webhooks(notes: &Notes) {
    notes.clerk.send_webhooks_to("http://127.0.0.1:9/");
}

/// A session that Clerk knows, twice: in a browser, and in a copy of its token.
fn signed_in(notes: &Notes, id: &str) -> (Who, Who) {
    let token = notes.clerk.mint(ada().session_id(id));
    (Who::Browser(token.clone()), Who::Token(token))
}

#[actix_web::test]
async fn signing_out_ends_this_session_at_once() {
    let notes = Notes::start().await;
    without_webhooks(&notes);
    let (browser, copy) = signed_in(&notes, "sess_1");
    let (other_device, _) = signed_in(&notes, "sess_2");
    let answer = notes.post("/sign-out", &browser).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"));
    assert_eq!(notes.clerk.calls(Endpoint::RevokeSession), 1);
    assert_eq!(notes.get("/api/notes", &copy).await.status, 401);
    assert_ne!(notes.get("/orgs/acme/notes", &browser).await.status, 200);
    assert_eq!(notes.get("/orgs/acme/notes", &other_device).await.status, 200);
}

#[actix_web::test]
async fn users_who_still_have_tasks_can_sign_out() {
    for path in ["/sign-out", "/sign-out-everywhere"] {
        let notes = Notes::start().await;
        without_webhooks(&notes);
        let pending = ada().session_id("sess_1").status(SessionStatus::Pending);
        let (browser, (_, copy)) = (notes.browser(pending), signed_in(&notes, "sess_1"));
        assert_eq!(notes.get("/api/notes", &copy).await.status, 200, "{path}");
        assert_eq!(notes.post(path, &browser).await.status, 303, "{path}");
        assert_eq!(notes.get("/api/notes", &copy).await.status, 401, "{path}");
    }
}

#[actix_web::test]
async fn signing_out_everywhere_ends_all_sessions_at_once() {
    let notes = Notes::start().await;
    without_webhooks(&notes);
    let (browser, copy) = signed_in(&notes, "sess_1");
    let (other_device, other_copy) = signed_in(&notes, "sess_2");
    let key = notes.key(api_key("org_acme").scopes(["notes:read"]));
    assert_eq!(notes.post("/sign-out-everywhere", &browser).await.status, 303);
    for (name, who) in [("this token", copy), ("another device's", other_copy)] {
        let answer = notes.get("/api/notes", &who).await;
        assert_eq!((answer.status, answer.header("x-clerk-auth-reason")), (401, "session-revoked"), "{name}");
    }
    assert_ne!(notes.get("/orgs/acme/notes", &other_device).await.status, 200);
    // Neither other users nor programs are signed out.
    assert_eq!(notes.get("/api/notes", &notes.token(grace())).await.status, 200);
    assert_eq!(notes.get("/api/notes", &key).await.status, 200);
}

#[actix_web::test]
async fn a_session_that_is_revoked_at_clerk_stops_counting_with_the_webhook() {
    let notes = Notes::start().await;
    let (_, copy) = signed_in(&notes, "sess_1");
    assert_eq!(notes.get("/api/notes", &copy).await.status, 200);
    notes.clerk.revoke_sessions("user_ada");
    notes.clerk.webhooks_delivered().await;
    assert_eq!(notes.get("/api/notes", &copy).await.status, 401);
}

#[actix_web::test]
async fn a_revoked_api_key_stops_counting_within_ten_seconds() {
    let notes = Notes::start().await;
    let key = notes.clerk.mint(api_key("org_acme").scopes(["notes:read"]));
    assert_eq!(notes.get("/api/notes", &Who::Token(key.clone())).await.status, 200);
    assert!(notes.clerk.revoke(&key));
    notes.clerk.clock().advance(Duration::from_secs(10));
    assert_eq!(notes.get("/api/notes", &Who::Token(key)).await.status, 401);
}
