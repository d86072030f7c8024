//! What can go wrong between the stages.

use state::StateError;

/// An error of the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The readers are too far behind, so nothing more is taken in.
    #[error("the journal is full ({bytes} of {max_bytes} bytes): its readers are behind; collectors wait")]
    Full {
        /// Bytes in use.
        bytes: u64,
        /// The bound.
        max_bytes: u64,
    },
    /// An entry cannot be read back.
    #[error(
        "entry {offset} of the {log} log cannot be read ({reason}); it was written by a newer vigie or is damaged"
    )]
    Unreadable {
        /// Which log.
        log: &'static str,
        /// Its place.
        offset: u64,
        /// What is wrong with it.
        reason: String,
    },
    /// The SQLite file failed.
    #[error("journal: {0}")]
    State(#[from] StateError),
}

impl From<state::rusqlite::Error> for JournalError {
    fn from(error: state::rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}
