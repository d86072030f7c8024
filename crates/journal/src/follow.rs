//! The loop in which every stage follows the tagged log at its own pace.

use std::{
    error::Error,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::{LiveEvent, TaggedMention};
use tokio_util::sync::CancellationToken;

use crate::{Entry, Journal, JournalError, Log};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Why a reader could not apply a batch.
pub type ReaderError = Box<dyn Error + Send + Sync>;

/// A stage that follows the tagged log.
#[async_trait]
pub trait TaggedReader: Send {
    /// The name under which its offset is kept.
    fn name(&self) -> &'static str;

    /// Where the reader's own store says it stands, if it keeps the offset itself. The journal then follows the store,
    /// so that a store which lost its tail, or was deleted, is filled again.
    async fn stored_offset(&mut self) -> Option<u64> {
        None
    }

    /// Applies a batch. Idempotent, and durable when it returns `Ok`. Returns what the pages should hear of.
    async fn apply(&mut self, batch: &[Entry<TaggedMention>]) -> Result<Vec<LiveEvent>, ReaderError>;
}

/// How a reader is doing, for `/health`, the metrics and the pages.
#[derive(Debug, Default)]
pub struct ReaderStatus {
    offset: AtomicU64,
    applied: AtomicU64,
    error: Mutex<Option<String>>,
}

impl ReaderStatus {
    /// The last offset it is done with.
    pub fn offset(&self) -> u64 {
        self.offset.load(Ordering::Relaxed)
    }

    /// Mentions applied since the program started.
    pub fn applied(&self) -> u64 {
        self.applied.load(Ordering::Relaxed)
    }

    /// Why the running batch is being tried again; none while all is well.
    pub fn error(&self) -> Option<String> {
        self.error.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records a batch that went through.
    pub fn succeeded(&self, offset: u64, entries: u64) {
        self.offset.store(offset, Ordering::Relaxed);
        self.applied.fetch_add(entries, Ordering::Relaxed);
        *self.error.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Records a failure; returns whether the same failure was already known, so that it is logged once.
    pub fn failed(&self, error: String) -> bool {
        let mut held = self.error.lock().unwrap_or_else(PoisonError::into_inner);
        let known = held.as_deref() == Some(error.as_str());
        *held = Some(error);
        known
    }
}

/// Reads, applies, advances, until `shutdown`; then ends after the running batch.
///
/// A batch that fails is tried again, with pauses that grow to 15 seconds, until it goes through: nothing is skipped.
///
/// # Errors
/// Only the journal itself failing while the reader registers ends the loop early.
pub async fn follow(
    journal: Arc<dyn Journal>,
    mut reader: Box<dyn TaggedReader>,
    batch_size: usize,
    on_events: impl Fn(Vec<LiveEvent>) + Send,
    status: Arc<ReaderStatus>,
    shutdown: CancellationToken,
) -> Result<(), JournalError> {
    let name = reader.name();
    let mut offset = journal.reader_offset(Log::Tagged, name).await?;
    if let Some(stored) = reader.stored_offset().await
        && stored != offset
    {
        tracing::info!(
            reader = name,
            journal_offset = offset,
            store_offset = stored,
            "resuming where the store stands"
        );
        journal.rewind(Log::Tagged, name, stored).await?;
        offset = stored;
    }
    status.offset.store(offset, Ordering::Relaxed);
    let mut pause = FIRST_PAUSE;
    while !shutdown.is_cancelled() {
        match step(journal.as_ref(), reader.as_mut(), offset, batch_size, &shutdown).await {
            Ok(None) => break,
            Ok(Some(progress)) => {
                offset = progress.offset;
                pause = FIRST_PAUSE;
                status.succeeded(offset, progress.entries);
                if !progress.events.is_empty() {
                    on_events(progress.events);
                }
            }
            Err(error) => {
                if !status.failed(error.to_string()) {
                    tracing::error!(reader = name, offset, error, "batch failed, it will be tried again");
                }
                tokio::select! {
                    () = tokio::time::sleep(pause) => {}
                    () = shutdown.cancelled() => break,
                }
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
    Ok(())
}

struct Progress {
    offset: u64,
    entries: u64,
    events: Vec<LiveEvent>,
}

/// One batch; `None` when asked to end while waiting for one.
async fn step(
    journal: &dyn Journal,
    reader: &mut dyn TaggedReader,
    offset: u64,
    batch_size: usize,
    shutdown: &CancellationToken,
) -> Result<Option<Progress>, ReaderError> {
    tokio::select! {
        beyond = journal.wait_beyond(Log::Tagged, offset) => beyond?,
        () = shutdown.cancelled() => return Ok(None),
    }
    let batch = journal.read_tagged(offset, batch_size).await?;
    let Some(last) = batch.last() else {
        // Everything beyond the offset was trimmed, which only a rewound reader can meet.
        let offset = journal.last_offset(Log::Tagged).await?;
        return Ok(Some(Progress { offset, entries: 0, events: Vec::new() }));
    };
    let events = reader.apply(&batch).await?;
    journal.advance(Log::Tagged, reader.name(), last.offset).await?;
    Ok(Some(Progress { offset: last.offset, entries: batch.len() as u64, events }))
}
