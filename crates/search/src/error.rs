//! What can go wrong with the index, and what to do about it.

use std::{io::ErrorKind, path::PathBuf, sync::Arc};

use tantivy::{
    TantivyError,
    directory::error::{LockError, OpenReadError, OpenWriteError},
};

/// Why the index could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// Another process writes to it.
    #[error("the search index in {} is in use by another vigie: stop that one first, or point this one at another data dir", dir.display())]
    Locked {
        /// Where it lies.
        dir: PathBuf,
    },
    /// There is none.
    #[error("there is no search index in {} yet: run vigie serve or vigie import first", dir.display())]
    Missing {
        /// Where it was looked for.
        dir: PathBuf,
    },
    /// It is damaged, or was written by a version that indexed otherwise.
    #[error("the search index in {} cannot be used ({reason}): it can be deleted and is rebuilt from the journal and the store", dir.display())]
    Unusable {
        /// Where it lies.
        dir: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The folder cannot be created or read.
    #[error("the folder of the search index, {}, cannot be used ({source}): check that it belongs to the user that runs vigie", dir.display())]
    Folder {
        /// Where it should lie.
        dir: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// No room for what should be indexed. What is indexed can still be searched, and indexing goes on once there is room.
    #[error("the disk of the search index is full: free some space, indexing then goes on by itself")]
    DiskFull,
    /// It was opened for reading only.
    #[error("the search index was opened for reading only")]
    ReadOnly,
    /// A page was asked for behind something that is no cursor.
    #[error("the cursor of the page is not valid: ask for the first page again")]
    BadCursor,
    /// A mention could not be written as JSON.
    #[error("the mention could not be encoded for the search index: {0}")]
    Encode(serde_json::Error),
    /// Anything else that tantivy reports.
    #[error("the search index failed: {0}")]
    Index(TantivyError),
    /// The program is shutting down.
    #[error("the search was given up because the program is ending")]
    Ended,
}

impl From<TantivyError> for SearchError {
    fn from(error: TantivyError) -> Self {
        if is_disk_full(&error) { Self::DiskFull } else { Self::Index(error) }
    }
}

impl From<std::io::Error> for SearchError {
    fn from(error: std::io::Error) -> Self {
        TantivyError::from(error).into()
    }
}

/// The error of the file system behind an error, where there is one.
pub(crate) fn io_error(error: &TantivyError) -> Option<Arc<std::io::Error>> {
    match error {
        TantivyError::IoError(source)
        | TantivyError::LockFailure(LockError::IoError(source), _)
        | TantivyError::OpenWriteError(OpenWriteError::IoError { io_error: source, .. })
        | TantivyError::OpenReadError(OpenReadError::IoError { io_error: source, .. }) => {
            Some(Arc::clone(source))
        }
        _ => None,
    }
}

fn is_disk_full(error: &TantivyError) -> bool {
    let full = |kind: ErrorKind| matches!(kind, ErrorKind::StorageFull | ErrorKind::QuotaExceeded);
    // Errors of indexing threads arrive as text.
    io_error(error).map_or_else(|| error.to_string().contains("StorageFull"), |source| full(source.kind()))
}
