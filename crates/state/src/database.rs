//! One SQLite file: a writer, and readers beside it.

use std::{
    fs::OpenOptions,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::{Migrations, StateError};

/// Readers kept open for the next read; more are opened and closed as needed.
const IDLE_READERS: usize = 4;
/// How long a statement waits for another process before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// One SQLite file. Clones share it.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
}

struct Shared {
    /// None in memory, where every connection would be a database of its own: reads then share the writer's.
    path: Option<PathBuf>,
    writer: Mutex<Connection>,
    idle_readers: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens or makes the file, readable by its owner only, and brings the components' tables up to date.
    ///
    /// # Errors
    /// The file cannot be opened, is damaged, is held by another process, or was written by a newer program.
    pub fn open(path: &Path, migrations: &[Migrations]) -> Result<Self, StateError> {
        // SQLite would make the file with the umask's rights; it holds sessions and handles, so make it private first.
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path)
            .map_err(|error| StateError::Open { path: path.to_owned(), reason: error.to_string() })?;
        let writer = configure(open_file(path)?)?;
        Self::with_writer(Some(path.to_owned()), writer, migrations)
    }

    /// A database that lives as long as its clones, for tests.
    ///
    /// # Errors
    /// A migration's SQL is wrong.
    pub fn open_in_memory(migrations: &[Migrations]) -> Result<Self, StateError> {
        Self::with_writer(None, configure(Connection::open_in_memory()?)?, migrations)
    }

    fn with_writer(
        path: Option<PathBuf>,
        mut writer: Connection,
        migrations: &[Migrations],
    ) -> Result<Self, StateError> {
        for component in migrations {
            component.apply(&mut writer)?;
        }
        let shared = Shared { path, writer: Mutex::new(writer), idle_readers: Mutex::default() };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Runs `work` in one transaction on a blocking thread: committed when it returns `Ok`, rolled back otherwise.
    ///
    /// # Errors
    /// What `work` returns, or the database's own error.
    pub async fn write<T, E>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StateError> + Send + 'static,
    {
        let shared = self.shared.clone();
        let task = tokio::task::spawn_blocking(move || {
            let mut connection = lock(&shared.writer);
            let transaction = connection
                .transaction_with_behavior(TransactionBehavior::Immediate)
                .map_err(StateError::from)?;
            let value = work(&transaction)?;
            transaction.commit().map_err(StateError::from)?;
            Ok(value)
        });
        task.await.unwrap_or_else(|_| Err(StateError::Cancelled.into()))
    }

    /// Runs `work` on a connection that sees the last committed state, on a blocking thread.
    ///
    /// # Errors
    /// What `work` returns, or the database's own error.
    pub async fn read<T, E>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StateError> + Send + 'static,
    {
        let shared = self.shared.clone();
        let task = tokio::task::spawn_blocking(move || {
            let Some(path) = &shared.path else {
                return work(&lock(&shared.writer));
            };
            let idle = lock(&shared.idle_readers).pop();
            let connection = match idle {
                Some(connection) => connection,
                None => configure(open_file(path)?)?,
            };
            let value = work(&connection)?;
            let mut idle_readers = lock(&shared.idle_readers);
            if idle_readers.len() < IDLE_READERS {
                idle_readers.push(connection);
            }
            Ok(value)
        });
        task.await.unwrap_or_else(|_| Err(StateError::Cancelled.into()))
    }
}

/// A panic inside a closure rolls its transaction back when the transaction is dropped, so the connection stays usable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn open_file(path: &Path) -> Result<Connection, StateError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .map_err(|error| StateError::Open { path: path.to_owned(), reason: error.to_string() })
}

fn configure(connection: Connection) -> Result<Connection, StateError> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;",
    )?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTES: Migrations =
        Migrations { component: "notes", steps: &["CREATE TABLE notes (text TEXT NOT NULL UNIQUE) STRICT"] };

    async fn count(database: &Database) -> i64 {
        database
            .read(|c| Ok::<_, StateError>(c.query_row("SELECT count(*) FROM notes", [], |row| row.get(0))?))
            .await
            .unwrap()
    }

    async fn add(database: &Database, text: &'static str) -> Result<(), StateError> {
        database
            .write(move |t| {
                t.execute("INSERT INTO notes VALUES (?1)", [text])?;
                Ok(())
            })
            .await
    }

    #[tokio::test]
    async fn a_failed_write_leaves_nothing() {
        let database = Database::open_in_memory(&[NOTES]).unwrap();
        let result = database
            .write(|t| {
                t.execute("INSERT INTO notes VALUES ('a')", [])?;
                t.execute("INSERT INTO notes VALUES ('a')", [])?;
                Ok::<_, StateError>(())
            })
            .await;
        assert!(matches!(result, Err(StateError::Sqlite(_))));
        assert_eq!(count(&database).await, 0);
        add(&database, "b").await.unwrap();
        assert_eq!(count(&database).await, 1);
    }

    #[tokio::test]
    async fn a_panic_inside_a_write_rolls_back_and_the_database_stays_usable() {
        let database = Database::open_in_memory(&[NOTES]).unwrap();
        let result: Result<(), StateError> = database
            .write(|t| {
                t.execute("INSERT INTO notes VALUES ('a')", []).map_err(StateError::from)?;
                panic!("boom");
            })
            .await;
        assert!(matches!(result, Err(StateError::Cancelled)));
        assert_eq!(count(&database).await, 0);
        add(&database, "b").await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_private_and_migrated_once() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        let database = Database::open(&path, &[NOTES]).unwrap();
        add(&database, "kept").await.unwrap();
        drop(database);
        const MORE: Migrations = Migrations {
            component: "notes",
            steps: &[NOTES.steps[0], "ALTER TABLE notes ADD COLUMN at INTEGER"],
        };
        let database = Database::open(&path, &[MORE]).unwrap();
        assert_eq!(count(&database).await, 1);
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        drop(database);
        let older = Database::open(&path, &[NOTES]);
        assert!(matches!(older, Err(StateError::FromTheFuture { found: 2, known: 1, .. })));
    }

    #[test]
    fn a_file_that_is_no_database_is_told_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.db");
        std::fs::write(&path, vec![b'x'; 4096]).unwrap();
        assert!(matches!(Database::open(&path, &[NOTES]), Err(StateError::Corrupt(_))));
        let missing = folder.path().join("no/such/dir/state.db");
        assert!(matches!(Database::open(&missing, &[NOTES]), Err(StateError::Open { .. })));
    }
}
