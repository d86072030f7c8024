//! What can go wrong with an SQLite file, told apart by what a person can do about it.

use std::path::PathBuf;

use rusqlite::ErrorCode;

/// An error of the SQLite file.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// No space is left.
    #[error("the disk is full; free some space, nothing that was acknowledged is lost")]
    DiskFull,
    /// Somebody else holds the file.
    #[error("the database is locked by another process; stop the other vigie that uses this data dir")]
    Locked,
    /// The file is damaged or is no database.
    #[error("the database is damaged or is no SQLite file ({0}); restore it from a backup")]
    Corrupt(String),
    /// The file cannot be opened.
    #[error("cannot open {path}: {reason}")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A newer program wrote the file.
    #[error(
        "the tables of {component} are at step {found}, this program knows {known}; use a newer vigie, or a backup made before the upgrade"
    )]
    FromTheFuture {
        /// Whose tables.
        component: &'static str,
        /// Steps applied to the file.
        found: usize,
        /// Steps that this program has.
        known: usize,
    },
    /// The work's thread ended before it answered.
    #[error("database work was cancelled")]
    Cancelled,
    /// Any other error of SQLite.
    #[error("database error: {0}")]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for StateError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            // The file beside the database could not grow; there is hardly another reason than a full disk.
            Some(ErrorCode::SystemIoFailure) if is_shared_memory_too_small(&error) => Self::DiskFull,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Corrupt(error.to_string()),
            _ => Self::Sqlite(error),
        }
    }
}

fn is_shared_memory_too_small(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error().map(|error| error.extended_code);
    code == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE)
}
