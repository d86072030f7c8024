//! What can go wrong with incidents.

use state::StateError;

/// An error of the incidents.
#[derive(Debug, thiserror::Error)]
pub enum IncidentError {
    /// There is none with this number.
    #[error("there is no incident {0}")]
    NotFound(i64),
    /// It is over; it was resolved meanwhile.
    #[error("incident {0} was resolved meanwhile; load it again to see by whom")]
    Resolved(i64),
    /// What was stored cannot be read back.
    #[error("a stored {what} cannot be read ({reason}); it was written by a newer vigie or is damaged")]
    Unreadable {
        /// Which sort of row.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The store failed.
    #[error("alerting: {0}")]
    Store(#[from] StateError),
}

impl From<state::rusqlite::Error> for IncidentError {
    fn from(error: state::rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl IncidentError {
    pub(crate) fn unreadable(what: &'static str, error: &serde_json::Error) -> Self {
        Self::Unreadable { what, reason: error.to_string() }
    }
}
