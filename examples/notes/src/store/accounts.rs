//! The table of users and organizations, which follows Clerk's webhooks in whichever order they come, once or twice.

use std::time::SystemTime;

use rusqlite::params;

use super::{Store, StoreError, millis};

impl Store {
    /// Records the name of a user or an organization, unless a later event has been recorded or it was deleted.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn name_account(&self, id: &str, name: Option<String>, as_of: SystemTime) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.run(move |transaction| {
            transaction.execute(
                "INSERT INTO accounts (id, name, as_of) VALUES (?, ?, ?)
                 ON CONFLICT (id) DO UPDATE SET name = excluded.name, as_of = excluded.as_of
                 WHERE excluded.as_of >= accounts.as_of AND NOT accounts.deleted",
                params![id, name, millis(as_of)],
            )?;
            Ok(())
        })
        .await
    }

    /// Deletes what a user or an organization owns, and what is known of it, except the ID. What a user has written for a
    /// team stays the team's.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn delete_account(&self, id: &str, as_of: SystemTime) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.run(move |transaction| {
            transaction.execute("DELETE FROM notes WHERE owner = ?", [&id])?;
            transaction.execute(
                "INSERT INTO accounts (id, deleted, as_of) VALUES (?, TRUE, ?)
                 ON CONFLICT (id) DO UPDATE SET name = NULL, deleted = TRUE, as_of = excluded.as_of",
                params![id, millis(as_of)],
            )?;
            Ok(())
        })
        .await
    }
}
