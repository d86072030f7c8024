//! The journal of one machine: two append-only tables in one SQLite file.

use std::{path::Path, time::Duration};

use async_trait::async_trait;
use chrono::Utc;
use domain::{Mention, TaggedMention};
use serde::{Serialize, de::DeserializeOwned};
use state::{
    Database, Migrations, StateError,
    rusqlite::{Connection, OptionalExtension, Transaction, params},
};
use tokio::sync::watch;

use crate::{CLASSIFIER, Entry, Journal, JournalError, JournalStats, Log, LogStats, ReaderStats};

/// `AUTOINCREMENT` keeps offsets from being given again after a trim emptied a table.
const MIGRATIONS: Migrations = Migrations {
    component: "journal",
    steps: &["
        CREATE TABLE collected (
            offset INTEGER PRIMARY KEY AUTOINCREMENT, appended_at INTEGER NOT NULL, record BLOB NOT NULL) STRICT;
        CREATE TABLE tagged (
            offset INTEGER PRIMARY KEY AUTOINCREMENT, appended_at INTEGER NOT NULL, record BLOB NOT NULL) STRICT;
        CREATE TABLE cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE readers (
            log TEXT NOT NULL, reader TEXT NOT NULL, offset INTEGER NOT NULL, PRIMARY KEY (log, reader)
        ) STRICT, WITHOUT ROWID;
        INSERT INTO readers VALUES ('collected', 'classifier', 0);
    "],
};

/// How often whoever waits looks for what another process did.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Entries removed in one transaction, so that a long trim does not keep the writers waiting.
const TRIM_BATCH: u64 = 5_000;

/// Bounds of the embedded journal.
#[derive(Debug, Clone, Copy)]
pub struct JournalOptions {
    /// Over this many bytes in use, collectors wait.
    pub max_bytes: u64,
    /// Tagged mentions that are kept although all readers have passed them, so that the classifier knows its stories again after a
    /// restart. Room for collectors comes first: over half of `max_bytes` nothing is kept.
    pub keep_tagged: u64,
}

impl Default for JournalOptions {
    fn default() -> Self {
        Self { max_bytes: 4 << 30, keep_tagged: 50_000 }
    }
}

/// The embedded journal.
pub struct SqliteJournal {
    database: Database,
    options: JournalOptions,
    collected_end: watch::Sender<u64>,
    tagged_end: watch::Sender<u64>,
    bytes: watch::Sender<u64>,
}

impl SqliteJournal {
    /// Opens or makes the journal's file.
    ///
    /// # Errors
    /// The file cannot be opened, is damaged, or is held by another process.
    pub fn open(path: &Path, options: JournalOptions) -> Result<Self, JournalError> {
        let database = Database::open(path, &[MIGRATIONS])?;
        let journal = Self {
            database,
            options,
            collected_end: watch::Sender::new(0),
            tagged_end: watch::Sender::new(0),
            bytes: watch::Sender::new(0),
        };
        let connection = Connection::open(path)?;
        journal.collected_end.send_replace(last_offset(&connection, Log::Collected)?);
        journal.tagged_end.send_replace(last_offset(&connection, Log::Tagged)?);
        journal.bytes.send_replace(bytes_in_use(&connection)?);
        Ok(journal)
    }

    fn end(&self, log: Log) -> &watch::Sender<u64> {
        match log {
            Log::Collected => &self.collected_end,
            Log::Tagged => &self.tagged_end,
        }
    }

    /// Tells whoever waits, after the transaction is durable. Concurrent appends may report out of order.
    fn appended(&self, log: Log, end: u64, bytes: u64) {
        self.end(log).send_if_modified(|held| {
            let grew = end > *held;
            *held = end.max(*held);
            grew
        });
        self.bytes.send_replace(bytes);
    }

    /// Takes in what another process did to the file: `vigie import` appends beside a running `vigie serve`.
    async fn refresh(&self) -> Result<(), JournalError> {
        let (collected, tagged, bytes) = self
            .database
            .read(|connection| {
                let collected = last_offset(connection, Log::Collected)?;
                let tagged = last_offset(connection, Log::Tagged)?;
                Ok::<_, JournalError>((collected, tagged, bytes_in_use(connection)?))
            })
            .await?;
        self.appended(Log::Collected, collected, bytes);
        self.appended(Log::Tagged, tagged, bytes);
        Ok(())
    }

    async fn read<T: DeserializeOwned + Send + 'static>(
        &self,
        log: Log,
        after: u64,
        max: usize,
    ) -> Result<Vec<Entry<T>>, JournalError> {
        self.database
            .read(move |connection| {
                let sql = format!(
                    "SELECT offset, record FROM {} WHERE offset > ?1 ORDER BY offset LIMIT ?2",
                    log.as_str()
                );
                let mut statement = connection.prepare_cached(&sql)?;
                let mut rows = statement.query(params![after, max])?;
                let mut entries = Vec::new();
                while let Some(row) = rows.next()? {
                    let offset = row.get(0)?;
                    let bytes = row.get_ref(1)?.as_blob().map_err(|error| unreadable(log, offset, &error))?;
                    let record =
                        serde_json::from_slice(bytes).map_err(|error| unreadable(log, offset, &error))?;
                    entries.push(Entry { offset, record });
                }
                Ok(entries)
            })
            .await
    }
}

#[async_trait]
impl Journal for SqliteJournal {
    async fn append_collected(
        &self,
        mentions: &[Mention],
        cursor: Option<(&str, &str)>,
    ) -> Result<u64, JournalError> {
        let bytes = *self.bytes.borrow();
        if bytes >= self.options.max_bytes && !mentions.is_empty() {
            return Err(JournalError::Full { bytes, max_bytes: self.options.max_bytes });
        }
        let records = encode(mentions);
        let cursor = cursor.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let (end, bytes) = self
            .database
            .write(move |transaction| {
                append(transaction, Log::Collected, &records)?;
                if let Some((name, value)) = cursor {
                    transaction.execute(
                        "INSERT INTO cursors VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                        params![name, value],
                    )?;
                }
                Ok::<_, JournalError>((last_offset(transaction, Log::Collected)?, bytes_in_use(transaction)?))
            })
            .await?;
        self.appended(Log::Collected, end, bytes);
        Ok(end)
    }

    async fn append_tagged(&self, mentions: &[TaggedMention], up_to: u64) -> Result<u64, JournalError> {
        let records = encode(mentions);
        let (end, bytes) = self
            .database
            .write(move |transaction| {
                append(transaction, Log::Tagged, &records)?;
                advance(transaction, Log::Collected, CLASSIFIER, up_to)?;
                Ok::<_, JournalError>((last_offset(transaction, Log::Tagged)?, bytes_in_use(transaction)?))
            })
            .await?;
        self.appended(Log::Tagged, end, bytes);
        Ok(end)
    }

    async fn read_collected(&self, after: u64, max: usize) -> Result<Vec<Entry<Mention>>, JournalError> {
        self.read(Log::Collected, after, max).await
    }

    async fn read_tagged(&self, after: u64, max: usize) -> Result<Vec<Entry<TaggedMention>>, JournalError> {
        self.read(Log::Tagged, after, max).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>, JournalError> {
        let name = name.to_owned();
        self.database
            .read(move |connection| {
                let query = "SELECT value FROM cursors WHERE name = ?1";
                Ok(connection.query_row(query, [name], |row| row.get(0)).optional()?)
            })
            .await
    }

    async fn reader_offset(&self, log: Log, reader: &str) -> Result<u64, JournalError> {
        let reader = reader.to_owned();
        self.database
            .write(move |transaction| {
                transaction.execute(
                    "INSERT INTO readers VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
                    params![log.as_str(), reader],
                )?;
                let query = "SELECT offset FROM readers WHERE log = ?1 AND reader = ?2";
                Ok(transaction.query_row(query, params![log.as_str(), reader], |row| row.get(0))?)
            })
            .await
    }

    async fn advance(&self, log: Log, reader: &str, offset: u64) -> Result<(), JournalError> {
        let reader = reader.to_owned();
        self.database.write(move |transaction| advance(transaction, log, &reader, offset)).await
    }

    async fn rewind(&self, log: Log, reader: &str, offset: u64) -> Result<(), JournalError> {
        let reader = reader.to_owned();
        self.database
            .write(move |transaction| {
                transaction.execute(
                    "INSERT INTO readers VALUES (?1, ?2, ?3)
                     ON CONFLICT (log, reader) DO UPDATE SET offset = excluded.offset",
                    params![log.as_str(), reader, offset],
                )?;
                Ok(())
            })
            .await
    }

    async fn last_offset(&self, log: Log) -> Result<u64, JournalError> {
        Ok(*self.end(log).borrow())
    }

    async fn wait_beyond(&self, log: Log, offset: u64) -> Result<(), JournalError> {
        let mut end = self.end(log).subscribe();
        loop {
            // The sender lives in `self`, so it cannot be dropped while this waits.
            let appended_here = async { drop(end.wait_for(|end| *end > offset).await) };
            tokio::select! {
                () = appended_here => return Ok(()),
                () = tokio::time::sleep(LOOK_AGAIN) => self.refresh().await?,
            }
        }
    }

    async fn has_room(&self) -> bool {
        *self.bytes.borrow() < self.options.max_bytes
    }

    async fn wait_for_room(&self) {
        let mut bytes = self.bytes.subscribe();
        loop {
            let room_made_here =
                async { drop(bytes.wait_for(|bytes| *bytes < self.options.max_bytes).await) };
            tokio::select! {
                () = room_made_here => return,
                () = tokio::time::sleep(LOOK_AGAIN) => {
                    if let Err(error) = self.refresh().await {
                        tracing::warn!(%error, "cannot look whether the journal has room, trying again");
                    }
                }
            }
        }
    }

    async fn trim(&self) -> Result<u64, JournalError> {
        let mut removed = 0;
        let options = self.options;
        loop {
            let (batch, bytes) = self
                .database
                .write(move |transaction| {
                    let is_roomy = bytes_in_use(transaction)? < options.max_bytes / 2;
                    let mut removed = trim_batch(transaction, Log::Collected, 0)?;
                    removed +=
                        trim_batch(transaction, Log::Tagged, if is_roomy { options.keep_tagged } else { 0 })?;
                    Ok::<_, JournalError>((removed, bytes_in_use(transaction)?))
                })
                .await?;
            self.bytes.send_replace(bytes);
            removed += batch;
            if batch == 0 {
                return Ok(removed);
            }
        }
    }

    async fn stats(&self) -> Result<JournalStats, JournalError> {
        let max_bytes = self.options.max_bytes;
        self.database
            .read(move |connection| {
                let logs =
                    Log::ALL.into_iter().map(|log| log_stats(connection, log)).collect::<Result<_, _>>()?;
                Ok(JournalStats { logs, bytes: bytes_in_use(connection)?, max_bytes })
            })
            .await
    }
}

fn encode<T: Serialize>(records: &[T]) -> Vec<Vec<u8>> {
    let to_json =
        |record| serde_json::to_vec(record).expect("mentions have string keys and finite numbers or null");
    records.iter().map(to_json).collect()
}

fn append(transaction: &Transaction<'_>, log: Log, records: &[Vec<u8>]) -> Result<(), JournalError> {
    let sql = format!("INSERT INTO {} (appended_at, record) VALUES (?1, ?2)", log.as_str());
    let mut statement = transaction.prepare_cached(&sql)?;
    let now = Utc::now().timestamp_millis();
    for record in records {
        statement.execute(params![now, record])?;
    }
    Ok(())
}

fn advance(transaction: &Transaction<'_>, log: Log, reader: &str, offset: u64) -> Result<(), JournalError> {
    transaction.execute(
        "INSERT INTO readers VALUES (?1, ?2, ?3)
         ON CONFLICT (log, reader) DO UPDATE SET offset = max(offset, excluded.offset)",
        params![log.as_str(), reader, offset],
    )?;
    Ok(())
}

/// SQLite keeps the last number given by an `AUTOINCREMENT` table, also when the table is empty.
fn last_offset(connection: &Connection, log: Log) -> Result<u64, StateError> {
    let query = "SELECT seq FROM sqlite_sequence WHERE name = ?1";
    Ok(connection.query_row(query, [log.as_str()], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Pages in use: those freed by trimming are used again before the file grows.
fn bytes_in_use(connection: &Connection) -> Result<u64, StateError> {
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, u64>(0));
    Ok((pragma("page_count")? - pragma("freelist_count")?) * pragma("page_size")?)
}

fn trim_batch(transaction: &Transaction<'_>, log: Log, keep: u64) -> Result<u64, JournalError> {
    let name = log.as_str();
    let passed: Option<u64> =
        transaction.query_row("SELECT min(offset) FROM readers WHERE log = ?1", [name], |row| row.get(0))?;
    let Some(passed) = passed else { return Ok(0) };
    let passed = passed.min(last_offset(transaction, log)?.saturating_sub(keep));
    let sql = format!(
        "DELETE FROM {name} WHERE offset IN (SELECT offset FROM {name} WHERE offset <= ?1 ORDER BY offset LIMIT ?2)"
    );
    Ok(transaction.execute(&sql, params![passed, TRIM_BATCH])? as u64)
}

fn log_stats(connection: &Connection, log: Log) -> Result<LogStats, JournalError> {
    let name = log.as_str();
    let entries = connection.query_row(&format!("SELECT count(*) FROM {name}"), [], |row| row.get(0))?;
    let sql = format!(
        "SELECT reader, readers.offset, (SELECT count(*) FROM {name} WHERE {name}.offset > readers.offset)
         FROM readers WHERE log = ?1 ORDER BY reader"
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let readers = statement
        .query_map([name], |row| {
            Ok(ReaderStats { reader: row.get(0)?, offset: row.get(1)?, lag: row.get(2)? })
        })?
        .collect::<Result<_, _>>()?;
    Ok(LogStats { log, entries, last_offset: last_offset(connection, log)?, readers })
}

fn unreadable(log: Log, offset: u64, error: &dyn std::error::Error) -> JournalError {
    JournalError::Unreadable { log: log.as_str(), offset, reason: error.to_string() }
}
