#![doc = include_str!("../README.md")]

mod error;
mod follow;
mod sqlite;

use async_trait::async_trait;
use domain::{Mention, TaggedMention};
use serde::{Deserialize, Serialize};

pub use error::JournalError;
pub use follow::{ReaderError, ReaderStatus, TaggedReader, follow};
pub use sqlite::{JournalOptions, SqliteJournal};

/// The name under which the classifier reads [`Log::Collected`].
pub const CLASSIFIER: &str = "classifier";

/// One of the two logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Log {
    /// Mentions as the collectors brought them.
    Collected,
    /// Mentions as the classifier left them.
    Tagged,
}

impl Log {
    /// Both logs, in the order a mention passes them.
    pub const ALL: [Log; 2] = [Log::Collected, Log::Tagged];

    /// The name in the store, in metrics and on the screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Log::Collected => "collected",
            Log::Tagged => "tagged",
        }
    }
}

/// A record at its place in a log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<T> {
    /// Its place: grows by one or more from entry to entry.
    pub offset: u64,
    /// What was appended.
    pub record: T,
}

/// How one log stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LogStats {
    /// The log.
    pub log: Log,
    /// Entries held.
    pub entries: u64,
    /// The offset of the newest entry ever appended.
    pub last_offset: u64,
    /// Who reads it, and how far each has come.
    pub readers: Vec<ReaderStats>,
}

/// How far one reader has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReaderStats {
    /// Its name.
    pub reader: String,
    /// The last offset it is done with.
    pub offset: u64,
    /// Entries it has still to read.
    pub lag: u64,
}

/// How the journal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalStats {
    /// Each log.
    pub logs: Vec<LogStats>,
    /// Bytes in use, of the bound below.
    pub bytes: u64,
    /// The bound on the size.
    pub max_bytes: u64,
}

/// The durable log between the stages. The crate's README states the invariants.
#[async_trait]
pub trait Journal: Send + Sync + 'static {
    /// Appends mentions and moves the collector's cursor (name, value), both or neither. Returns the log's last offset.
    async fn append_collected(
        &self,
        mentions: &[Mention],
        cursor: Option<(&str, &str)>,
    ) -> Result<u64, JournalError>;

    /// Appends tagged mentions and advances the classifier on the collected log to `up_to`, both or neither.
    async fn append_tagged(&self, mentions: &[TaggedMention], up_to: u64) -> Result<u64, JournalError>;

    /// Up to `max` collected mentions after an offset, oldest first.
    async fn read_collected(&self, after: u64, max: usize) -> Result<Vec<Entry<Mention>>, JournalError>;

    /// Up to `max` tagged mentions after an offset, oldest first.
    async fn read_tagged(&self, after: u64, max: usize) -> Result<Vec<Entry<TaggedMention>>, JournalError>;

    /// Where a collector resumes.
    async fn cursor(&self, name: &str) -> Result<Option<String>, JournalError>;

    /// The last offset a reader is done with. Registers the reader: from now on entries wait for it.
    async fn reader_offset(&self, log: Log, reader: &str) -> Result<u64, JournalError>;

    /// A reader is done with everything up to `offset`; an earlier offset than the one held changes nothing.
    async fn advance(&self, log: Log, reader: &str, offset: u64) -> Result<(), JournalError>;

    /// A reader reads again from `offset`, because its store was rebuilt or lost its tail.
    async fn rewind(&self, log: Log, reader: &str, offset: u64) -> Result<(), JournalError>;

    /// The offset of the newest entry ever appended; 0 for none.
    async fn last_offset(&self, log: Log) -> Result<u64, JournalError>;

    /// Returns once the log holds something beyond `offset`; at once if it already does.
    async fn wait_beyond(&self, log: Log, offset: u64) -> Result<(), JournalError>;

    /// Whether collectors may append.
    async fn has_room(&self) -> bool;

    /// Returns once collectors may append.
    async fn wait_for_room(&self);

    /// Removes what every registered reader has passed; returns how many entries.
    async fn trim(&self) -> Result<u64, JournalError>;

    /// Entries, offsets and lags.
    async fn stats(&self) -> Result<JournalStats, JournalError>;
}
