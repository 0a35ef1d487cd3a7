//! A table of users that Clerk's webhooks keep in step: whichever order they come in, each counts once, and a user who was
//! deleted does not come back.
//!
//! ```sh
//! cargo run --example webhooks
//! cargo test --example webhooks
//! ```
//!
//! The example runs on [`LocalClerk`], a local Clerk inside the process, which sends the webhooks. It prints curl commands.
//! `PORT` sets the port.

mod support;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use actix_web::{
    App, HttpResponse, HttpServer, Responder,
    error::{BlockingError, ErrorInternalServerError},
    get, post, web,
};
use clerk_actix::{ClerkMiddleware, Webhook, WebhookEvent, api::User, testing::LocalClerk};
use rusqlite::{Connection, Row, Transaction, params};
use serde_json::{Value, json};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let local = web::Data::new(LocalClerk::start()?);
    let clerk = ClerkMiddleware::new(local.config()); // has the signing secret of webhooks
    let users = Users::open()?;
    let listener = support::listen("PORT", 3000)?;
    let server = HttpServer::new({
        let local = local.clone();
        move || App::new().app_data(local.clone()).configure(routes(&users)).service(happen).wrap(clerk.clone())
    })
    .listen(listener)?;

    let port = server.addrs()[0].port();
    local.send_webhooks_to(&format!("http://localhost:{port}/webhooks/clerk"));
    for user in local.users() {
        local.send_webhook("user.created", profile(user.id(), user.name(), user.email()));
    }
    print_what_to_do(&local, port);
    Ok(server.run().await?)
}

fn routes(users: &Users) -> impl FnOnce(&mut web::ServiceConfig) {
    let users = web::Data::new(users.clone());
    move |app| {
        app.app_data(users).service((receive, list));
    }
}

/// Receives Clerk's webhooks. If the database fails, the response is a 500, and Clerk sends the webhook again.
#[post("/webhooks/clerk")]
async fn receive(webhook: Webhook, users: web::Data<Users>) -> actix_web::Result<impl Responder> {
    let (id, event_type) = (webhook.id().to_owned(), webhook.event.event_type().to_owned());
    let is_new = users.run(move |transaction| record(transaction, &webhook)).await?;
    println!("{event_type} {id}{}", if is_new { "" } else { ": again" });
    Ok(HttpResponse::NoContent())
}

/// Records a webhook and what it says, in one transaction. Returns `false` if it was recorded before.
fn record(transaction: &Transaction<'_>, webhook: &Webhook) -> rusqlite::Result<bool> {
    const WEEK: i64 = 7 * 24 * 60 * 60 * 1000; // Clerk sends a webhook again for little more than a day
    let received_at = millis(webhook.timestamp());
    transaction.execute("DELETE FROM webhooks WHERE received_at < ?", [received_at - WEEK])?;
    let is_new = transaction.execute(
        "INSERT OR IGNORE INTO webhooks (id, received_at) VALUES (?, ?)",
        params![webhook.id(), received_at],
    )?;
    if is_new == 0 {
        return Ok(false);
    }
    match &webhook.event {
        WebhookEvent::UserCreated(event) | WebhookEvent::UserUpdated(event) => {
            upsert(transaction, &event.data, millis(event.timestamp))?;
        }
        WebhookEvent::UserDeleted(event) => {
            if let Some(user_id) = &event.data.id {
                delete(transaction, user_id, millis(event.timestamp))?;
            }
        }
        WebhookEvent::SessionCreated(event) => {
            signed_in(transaction, &event.data.user_id, millis(event.timestamp))?;
        }
        _ => {}
    }
    Ok(true)
}

/// Inserts or updates a user, unless the table has a later state or the user was deleted.
fn upsert(transaction: &Transaction<'_>, user: &User, as_of: i64) -> rusqlite::Result<usize> {
    let email = user.primary_email_address().map(|email| &email.email_address);
    transaction.execute(
        "INSERT INTO users (id, name, email, banned, as_of) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE
         SET name = excluded.name, email = excluded.email, banned = excluded.banned, as_of = excluded.as_of
         WHERE excluded.as_of >= users.as_of AND NOT users.deleted",
        params![user.id, user.full_name(), email, user.banned, as_of],
    )
}

/// Deletes what is known of a user, and keeps the ID: a late `user.updated` must not bring the user back.
fn delete(transaction: &Transaction<'_>, user_id: &str, as_of: i64) -> rusqlite::Result<usize> {
    transaction.execute(
        "INSERT INTO users (id, deleted, as_of) VALUES (?, TRUE, ?)
         ON CONFLICT (id) DO UPDATE
         SET name = NULL, email = NULL, last_sign_in = NULL, deleted = TRUE, as_of = excluded.as_of",
        params![user_id, as_of],
    )
}

/// Records a sign-in, perhaps before the `user.created` of the same user arrives: what is known of it is of no time yet.
fn signed_in(transaction: &Transaction<'_>, user_id: &str, at: i64) -> rusqlite::Result<usize> {
    transaction.execute(
        "INSERT INTO users (id, last_sign_in, as_of) VALUES (?, ?, 0)
         ON CONFLICT (id) DO UPDATE
         SET last_sign_in = max(coalesce(users.last_sign_in, 0), excluded.last_sign_in)
         WHERE NOT users.deleted",
        params![user_id, at],
    )
}

/// Lists the users, for everybody who asks: this program runs on one's own machine. In an application, add a parameter such
/// as `_: Authorized<MayListUsers>`.
#[get("/users")]
async fn list(users: web::Data<Users>) -> actix_web::Result<impl Responder> {
    let line = |row: &Row<'_>| {
        let (id, name, email): (String, Option<String>, Option<String>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let (is_banned, last_sign_in): (bool, Option<i64>) = (row.get(3)?, row.get(4)?);
        let banned = if is_banned { ", banned" } else { "" };
        let signed_in = last_sign_in.map_or("never signed in".to_owned(), |at| format!("signed in at {at}"));
        let (name, email) = (name.unwrap_or_default(), email.unwrap_or_default());
        Ok(format!("{id}: {name} <{email}>, {signed_in}{banned}\n"))
    };
    let lines = users.run(move |transaction| {
        let columns = "id, name, email, banned, last_sign_in";
        let mut query = transaction.prepare(&format!("SELECT {columns} FROM users WHERE NOT deleted ORDER BY id"))?;
        query.query_map([], line)?.collect::<rusqlite::Result<String>>()
    });
    lines.await
}

/// The database: here in memory, in production a file or a server.
#[derive(Clone)]
struct Users(Arc<Mutex<Connection>>);

impl Users {
    fn open() -> rusqlite::Result<Self> {
        let connection = Connection::open_in_memory()?;
        connection.execute_batch(
            "CREATE TABLE users (
                 id           TEXT PRIMARY KEY,
                 name         TEXT,
                 email        TEXT,
                 banned       INTEGER NOT NULL DEFAULT FALSE,
                 deleted      INTEGER NOT NULL DEFAULT FALSE,
                 last_sign_in INTEGER,
                 as_of        INTEGER NOT NULL -- when the event happened that the row is from, in milliseconds
             ) STRICT;
             CREATE TABLE webhooks (id TEXT PRIMARY KEY, received_at INTEGER NOT NULL) STRICT;",
        )?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs a transaction on a thread for work that blocks. It is rolled back if `work` fails.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> actix_web::Result<T> {
        let connection = self.0.clone();
        let done: Result<rusqlite::Result<T>, BlockingError> = web::block(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction()?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        })
        .await;
        done?.map_err(|error| {
            eprintln!("the database failed: {error}");
            ErrorInternalServerError("the database failed")
        })
    }
}

fn millis(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Makes the local Clerk send a webhook, as if the event had happened in the Clerk Dashboard.
#[post("/happen/{event_type}")]
async fn happen(event_type: web::Path<String>, data: web::Json<Value>, local: web::Data<LocalClerk>) -> impl Responder {
    let before = local.webhook_attempts().len();
    local.send_webhook(&event_type, data.into_inner());
    local.webhooks_delivered().await;
    let attempts = local.webhook_attempts().split_off(before);
    attempts.iter().map(|attempt| format!("{attempt:?}\n")).collect::<String>()
}

/// Returns a user as Clerk describes one, with the members that this example reads.
fn profile(id: &str, name: &str, email: &str) -> Value {
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    json!({
        "object": "user",
        "id": id,
        "first_name": first,
        "last_name": last,
        "primary_email_address_id": "idn_1",
        "email_addresses": [{ "id": "idn_1", "email_address": email }],
    })
}

fn print_what_to_do(local: &LocalClerk, port: u16) {
    let at = format!("http://localhost:{port}");
    println!("\n  # 200: the users, from the webhooks that the local Clerk has sent\n  curl {at}/users\n");
    println!("  # 303: Ada signs in, so the local Clerk sends session.created");
    println!("  curl -d user_id=user_ada -d redirect_url={at}/users {}\n", local.sign_in_url());
    let mut banned = profile("user_grace", "Grace Hopper", "grace@example.com");
    banned["banned"] = json!(true);
    let alan = profile("user_alan", "Alan Turing", "alan@example.com");
    for (what, event_type, data) in [
        ("Ada has another name", "user.updated", profile("user_ada", "Ada King", "ada@example.com")),
        ("Grace is banned", "user.updated", banned),
        ("Alan is deleted", "user.deleted", json!({ "id": "user_alan", "deleted": true })),
        ("a late update does not bring him back", "user.updated", alan),
    ] {
        println!("  # 200: {what}");
        println!("  curl {at}/happen/{event_type} -H 'Content-Type: application/json' -d '{data}'\n");
    }
    println!("  # 400: not from Clerk\n  curl -i -d '{{}}' {at}/webhooks/clerk\n");
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_and_read_body, call_service, init_service};
    use clerk_actix::testing::{self, TestRequestExt, WebhookBuilder};

    use super::*;

    /// Sends these webhooks in this order, and returns the list of users.
    async fn after(webhooks: &[WebhookBuilder]) -> String {
        let clerk = ClerkMiddleware::new(testing::config());
        let app = init_service(App::new().configure(routes(&Users::open().unwrap())).wrap(clerk)).await;
        for webhook in webhooks {
            let request = TestRequest::post().uri("/webhooks/clerk").with_webhook(webhook.clone());
            assert_eq!(call_service(&app, request.to_request()).await.status(), 204);
        }
        let users = call_and_read_body(&app, TestRequest::get().uri("/users").to_request()).await;
        String::from_utf8(users.to_vec()).unwrap()
    }

    /// An event of a user with this name that happened at this time.
    fn event(event_type: &str, name: &str, timestamp: i64) -> WebhookBuilder {
        let data = profile("user_1", name, "ada@example.com");
        testing::webhook(event_type, data).member("timestamp", 1_700_000_000_000 + timestamp)
    }

    #[actix_web::test]
    async fn the_order_of_webhooks_does_not_matter() {
        let signed_in = testing::webhook("session.created", json!({ "id": "sess_1", "user_id": "user_1" }));
        let signed_in = signed_in.member("timestamp", 1_700_000_000_000_i64);
        let created = event("user.created", "Ada Byron", 1);
        let updated = event("user.updated", "Ada King", 2);
        let ada = "user_1: Ada King <ada@example.com>, signed in at 1700000000000\n";
        assert_eq!(after(&[created.clone(), signed_in.clone(), updated.clone()]).await, ada);
        assert_eq!(after(&[updated.clone(), created.clone(), signed_in.clone()]).await, ada);
        assert_eq!(after(&[signed_in.clone(), updated.clone(), created.clone()]).await, ada);

        let deleted = event("user.deleted", "", 3);
        assert_eq!(after(&[created.clone(), updated.clone(), deleted.clone()]).await, "");
        assert_eq!(after(&[deleted, updated, signed_in, created]).await, "");
    }

    #[actix_web::test]
    async fn a_webhook_that_comes_twice_counts_once() {
        let (first, second) = (event("user.created", "Ada Byron", 1), event("user.updated", "Ada King", 1));
        let again = after(&[first.clone(), second, first]).await;
        assert_eq!(again, "user_1: Ada King <ada@example.com>, never signed in\n");
    }
}
