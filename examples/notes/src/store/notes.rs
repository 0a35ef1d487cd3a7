//! The table of notes. Every query names the owner.

use std::time::SystemTime;

use rusqlite::{Error, OptionalExtension, Row, params, types::Type};
use uuid::Uuid;

use super::{Store, StoreError, millis};
use crate::note::{Note, Owner, Text};

/// A part of a list, newest first.
pub struct Page {
    pub notes: Vec<Note>,
    /// Whether there are older ones: after the last of `notes`.
    pub has_more: bool,
}

/// The columns of [`note`].
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT notes.id, title, body, author, accounts.name,
                    strftime('%Y-%m-%dT%H:%M:%SZ', created_at / 1000, 'unixepoch'),
                    strftime('%Y-%m-%dT%H:%M:%SZ', updated_at / 1000, 'unixepoch')
             FROM notes LEFT JOIN accounts ON accounts.id = notes.author ",
            $rest
        )
    };
}

impl Store {
    /// Lists an owner's notes, newest first: those made before the note `after`.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn notes(&self, owner: &Owner, after: Option<Uuid>, limit: u32) -> Result<Page, StoreError> {
        let owner = owner.clone();
        self.run(move |transaction| {
            let mut query = transaction.prepare(select!(
                "WHERE owner = ?1 AND (?2 IS NULL OR (created_at, notes.id) <
                    (SELECT created_at, id FROM notes WHERE id = ?2 AND owner = ?1))
                 ORDER BY created_at DESC, notes.id DESC LIMIT ?3"
            ))?;
            let after = after.map(|id| id.to_string());
            let rows = query.query_map(params![owner.id(), after, limit + 1], note)?;
            let mut notes = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            let has_more = notes.len() > limit as usize;
            notes.truncate(limit as usize);
            Ok(Page { notes, has_more })
        })
        .await
    }

    /// Returns an owner's note.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn note(&self, owner: &Owner, id: Uuid) -> Result<Option<Note>, StoreError> {
        let owner = owner.clone();
        self.run(move |transaction| {
            let mut query = transaction.prepare(select!("WHERE notes.id = ? AND owner = ?"))?;
            query.query_row(params![id.to_string(), owner.id()], note).optional()
        })
        .await
    }

    /// Adds a note. Returns `None` if the owner has been deleted.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn add_note(&self, owner: &Owner, author: &str, text: Text) -> Result<Option<Uuid>, StoreError> {
        let (owner, author) = (owner.clone(), author.to_owned());
        self.run(move |transaction| {
            let (id, now) = (Uuid::new_v4(), millis(SystemTime::now()));
            let added = transaction.execute(
                "INSERT INTO notes (id, owner, author, title, body, created_at, updated_at)
                 SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?6
                 WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE id = ?2 AND deleted)",
                params![id.to_string(), owner.id(), author, text.title(), text.body(), now],
            )?;
            Ok((added > 0).then_some(id))
        })
        .await
    }

    /// Replaces the text of an owner's note. Returns `false` if there is no such note.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn change_note(&self, owner: &Owner, id: Uuid, text: Text) -> Result<bool, StoreError> {
        let owner = owner.clone();
        self.run(move |transaction| {
            let changed = transaction.execute(
                "UPDATE notes SET title = ?, body = ?, updated_at = ? WHERE id = ? AND owner = ?",
                params![text.title(), text.body(), millis(SystemTime::now()), id.to_string(), owner.id()],
            )?;
            Ok(changed > 0)
        })
        .await
    }

    /// Deletes an owner's note. Returns `false` if there is no such note.
    ///
    /// # Errors
    ///
    /// If the database fails.
    pub async fn delete_note(&self, owner: &Owner, id: Uuid) -> Result<bool, StoreError> {
        let owner = owner.clone();
        self.run(move |transaction| {
            let deleted = transaction
                .execute("DELETE FROM notes WHERE id = ? AND owner = ?", params![id.to_string(), owner.id()])?;
            Ok(deleted > 0)
        })
        .await
    }
}

fn note(row: &Row<'_>) -> rusqlite::Result<Note> {
    let id: String = row.get(0)?;
    let id = Uuid::parse_str(&id).map_err(|error| Error::FromSqlConversionFailure(0, Type::Text, error.into()))?;
    Ok(Note {
        id,
        title: row.get(1)?,
        body: row.get(2)?,
        author: row.get(3)?,
        author_name: row.get(4)?,
        created_at: row.get(5)?,
        updated_at: row.get(6)?,
    })
}
