//! Probes.

use clerk_actix::testing::{Behavior, Endpoint, LocalClerk};

use notes::store::Store;

use crate::support::{Notes, Who, ada};

#[actix_web::test]
async fn probes_answer_without_authentication() {
    let notes = Notes::start().await;
    notes.get("/api/notes", &notes.token(ada())).await; // loads the keys
    for path in ["/healthz", "/readyz"] {
        let answer = notes.get(path, &Who::Nobody).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        assert_eq!(answer.header("x-clerk-auth-status"), "", "{path}: outside the middleware");
    }
    // On a port of its own, and nowhere else.
    assert_eq!(notes.get("/metrics", &Who::Nobody).await.status, 404);
}

#[actix_web::test]
async fn a_server_without_clerks_keys_is_alive_but_not_ready() {
    let clerk = LocalClerk::start_production().unwrap();
    clerk.behave(Endpoint::Jwks, Behavior::Status(503));
    let notes = Notes::start_on(clerk, Store::open(":memory:").unwrap()).await;
    assert_eq!(notes.get("/healthz", &Who::Nobody).await.status, 200);
    assert_eq!(notes.get("/readyz", &Who::Nobody).await.status, 503);
}
