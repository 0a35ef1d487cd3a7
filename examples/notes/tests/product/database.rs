//! The database file: restarts, failures, versions.

use clerk_actix::testing;
use notes::store::{Store, StoreError};
use rusqlite::Connection;
use serde_json::json;

use crate::support::{Notes, Who, ada, temporary_file};

#[actix_web::test]
async fn notes_and_deletions_survive_a_restart() {
    let file = temporary_file("restart");
    let open = || Store::open(file.to_str().unwrap()).unwrap();
    let first = Notes::start_with(open()).await;
    first.write(&first.token(ada()), "Plan").await;
    let deleted = testing::webhook("user.deleted", json!({ "object": "user", "id": "user_lin", "deleted": true }));
    assert_eq!(first.receive(&deleted).await, 204);

    let second = Notes::start_with(open()).await;
    assert_eq!(second.titles(&second.token(ada())).await, ["Plan"]);
    // A late event does not bring a user back.
    let created = testing::webhook("user.created", json!({ "object": "user", "id": "user_lin", "first_name": "Lin" }));
    assert_eq!(second.receive(&created).await, 204);
    let accounts = Connection::open(&file).unwrap();
    let lin = accounts.query_row("SELECT name, deleted FROM accounts WHERE id = 'user_lin'", [], |row| {
        Ok((row.get::<_, Option<String>>(0)?, row.get::<_, bool>(1)?))
    });
    assert_eq!(lin.unwrap(), (None, true));
}

#[actix_web::test]
async fn a_webhook_that_failed_counts_when_it_comes_again() {
    let file = temporary_file("failure");
    let notes = Notes::start_with(Store::open(file.to_str().unwrap()).unwrap()).await;
    let ada = notes.token(ada());
    notes.write(&ada, "Acme's").await;
    let other = Connection::open(&file).unwrap();
    let deleted = testing::webhook(
        "organization.deleted",
        json!({ "object": "organization", "id": "org_acme", "deleted": true }),
    );

    other.execute_batch("ALTER TABLE accounts RENAME TO accounts_elsewhere").unwrap();
    assert_eq!(notes.receive(&deleted).await, 500);
    assert_eq!(notes.get("/readyz", &Who::Nobody).await.status, 503);
    let answer = notes.get("/api/notes", &ada).await;
    assert_eq!(answer.status, 500);
    assert!(!answer.body.contains("accounts"), "nothing of the database: {}", answer.body);

    other.execute_batch("ALTER TABLE accounts_elsewhere RENAME TO accounts").unwrap();
    assert_eq!(notes.titles(&ada).await, ["Acme's"], "half of a deletion is none");
    assert_eq!(notes.receive(&deleted).await, 204);
    assert_eq!(notes.titles(&ada).await, [""; 0]);
}

#[test]
fn a_database_of_a_newer_release_is_left_alone() {
    let file = temporary_file("newer");
    drop(Store::open(file.to_str().unwrap()).unwrap());
    Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
    assert!(matches!(Store::open(file.to_str().unwrap()), Err(StoreError::Newer(99))));
}
