//! The database: one SQLite file. Queries run on Actix's threads for work that blocks.

mod accounts;
mod notes;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use actix_web::{error::BlockingError, web};
use rusqlite::{Connection, Transaction};

pub use self::notes::Page;

/// A handle to the database; clones share it. SQLite has one writer at a time, so one connection is enough until reads
/// take long.
#[derive(Clone)]
pub struct Store(Arc<Mutex<Connection>>);

/// The database failed. Its cause is for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database failed: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the thread of a query ended early")]
    Blocking(#[from] BlockingError),
    #[error("the database has version {0}, which a newer release made")]
    Newer(u32),
}

/// Each step brings a database from the version of its index to the next. Add to the list, and change no step that has
/// been deployed.
const MIGRATIONS: [&str; 1] = [include_str!("schema.sql")];

impl Store {
    /// Opens the file, makes it if it is missing, and brings its tables up to date. `:memory:` is a database that ends with
    /// the process.
    ///
    /// # Errors
    ///
    /// If the file cannot be opened, or is not such a database.
    pub fn open(path: &str) -> Result<Self, StoreError> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;")?;
        migrate(&mut connection)?;
        Ok(Self(Arc::new(Mutex::new(connection))))
    }

    /// Runs a transaction. It is rolled back if `work` fails.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let connection = self.0.clone();
        let done = web::block(move || {
            let mut connection = connection.lock().unwrap_or_else(PoisonError::into_inner);
            let transaction = connection.transaction()?;
            let value = work(&transaction)?;
            transaction.commit()?;
            Ok(value)
        });
        done.await?
    }

    /// Returns whether the database answers.
    pub async fn is_ready(&self) -> bool {
        let tables = self.run(|transaction| transaction.query_row("SELECT count(*) FROM accounts", [], |_| Ok(())));
        tables.await.is_ok()
    }
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction()?;
    let version: u32 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    for step in MIGRATIONS.get(version as usize..).ok_or(StoreError::Newer(version))? {
        transaction.execute_batch(step)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    Ok(transaction.commit()?)
}

fn millis(time: SystemTime) -> i64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}
