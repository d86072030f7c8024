//! A file into the journal: one thread reads, one task appends, and a few batches at most lie between them.

use std::{path::Path, sync::Arc};

use domain::Mention;
use journal::{Journal, JournalError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{ImportError, ImportFile, ImportOptions, RowError};
use crate::Relevance;

/// Mentions that are appended in one step.
const BATCH: usize = 200;
/// Batches that are read ahead.
const BATCHES_AHEAD: usize = 4;

/// How far an import has come; told after every batch that is durable.
#[derive(Debug, Clone, Copy)]
pub struct ImportProgress<'a> {
    /// Bytes of the file that are read.
    pub bytes_read: u64,
    /// The size of the file.
    pub total_bytes: u64,
    /// Mentions in the journal so far.
    pub imported: u64,
    /// The rows of this batch that are left out.
    pub bad_rows: &'a [RowError],
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ImportReport {
    /// Mentions that are in the journal.
    pub imported: u64,
    /// Rows that were left out; each was told to whoever follows the progress.
    pub bad_rows: u64,
    /// Whether the import was asked to end before the file did. Importing again goes over what is known without harm.
    pub interrupted: bool,
}

struct Batch {
    mentions: Vec<Mention>,
    bad_rows: Vec<RowError>,
    bytes_read: u64,
    total_bytes: u64,
}

/// Imports a file. A full journal is waited for.
///
/// # Errors
/// The file cannot be opened, or the journal fails. Rows that are no posts are no errors.
pub async fn import(
    path: &Path,
    options: ImportOptions,
    relevance: Arc<Relevance>,
    journal: &dyn Journal,
    shutdown: &CancellationToken,
    mut on_progress: impl FnMut(ImportProgress<'_>),
) -> Result<ImportReport, ImportError> {
    let (sender, mut batches) = mpsc::channel(BATCHES_AHEAD);
    let owned_path = path.to_owned();
    let reading = tokio::task::spawn_blocking(move || {
        let file = ImportFile::open(&owned_path, options, relevance)?;
        read(file, &sender);
        Ok::<_, ImportError>(())
    });
    let mut report = ImportReport::default();
    loop {
        let batch: Batch = tokio::select! {
            batch = batches.recv() => match batch {
                Some(batch) => batch,
                None => break,
            },
            () = shutdown.cancelled() => {
                report.interrupted = true;
                break;
            }
        };
        if !append(journal, &batch.mentions, shutdown).await? {
            report.interrupted = true;
            break;
        }
        report.imported += batch.mentions.len() as u64;
        report.bad_rows += batch.bad_rows.len() as u64;
        on_progress(ImportProgress {
            bytes_read: batch.bytes_read,
            total_bytes: batch.total_bytes,
            imported: report.imported,
            bad_rows: &batch.bad_rows,
        });
    }
    // A reader that finds nobody at the other end stops by itself.
    drop(batches);
    match reading.await {
        Ok(read) => read.map(|()| report),
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
}

fn read(mut file: ImportFile, batches: &mpsc::Sender<Batch>) {
    let total_bytes = file.total_bytes();
    loop {
        let (mut mentions, mut bad_rows) = (Vec::new(), Vec::new());
        let mut ended = false;
        while mentions.len() + bad_rows.len() < BATCH {
            match file.next() {
                Some(Ok(mention)) => mentions.push(mention),
                Some(Err(error)) => bad_rows.push(error),
                None => {
                    ended = true;
                    break;
                }
            }
        }
        let bytes_read = if ended { total_bytes } else { file.bytes_read() };
        let batch = Batch { mentions, bad_rows, bytes_read, total_bytes };
        if batches.blocking_send(batch).is_err() || ended {
            return;
        }
    }
}

/// Appends once there is room; says whether it did before `shutdown`.
async fn append(
    journal: &dyn Journal,
    mentions: &[Mention],
    shutdown: &CancellationToken,
) -> Result<bool, JournalError> {
    if mentions.is_empty() {
        return Ok(true);
    }
    loop {
        match journal.append_collected(mentions, None).await {
            Ok(_) => return Ok(true),
            Err(JournalError::Full { .. }) => {
                tokio::select! {
                    () = journal.wait_for_room() => {}
                    () = shutdown.cancelled() => return Ok(false),
                }
            }
            Err(error) => return Err(error),
        }
    }
}
