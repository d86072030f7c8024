//! Why an action on a case was refused.

use state::StateError;

/// An action on a case was refused, or the inbox cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// No such case.
    #[error("there is no case {0}")]
    NotFound(i64),
    /// Somebody else has it.
    #[error("{by} has already taken case {id}")]
    Taken {
        /// The case.
        id: i64,
        /// Who has it.
        by: String,
    },
    /// The case moved on since the person read it.
    #[error("case {0} has changed since you opened it; look at it again")]
    Changed(i64),
    /// The action does not fit the case's status.
    #[error("case {id} is {status}, so it cannot be {action}")]
    WrongStatus {
        /// The case.
        id: i64,
        /// Where it stands.
        status: &'static str,
        /// What was asked.
        action: &'static str,
    },
    /// What the person entered cannot be kept.
    #[error("{0}")]
    Invalid(&'static str),
    /// The store failed.
    #[error(transparent)]
    State(#[from] StateError),
}

impl From<state::rusqlite::Error> for CaseError {
    fn from(error: state::rusqlite::Error) -> Self {
        Self::State(error.into())
    }
}

impl CaseError {
    /// A stable key, for translation and for the API.
    pub fn key(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "case-not-found",
            Self::Taken { .. } => "case-taken",
            Self::Changed(_) => "case-changed",
            Self::WrongStatus { .. } => "case-wrong-status",
            Self::Invalid(_) => "case-invalid",
            Self::State(_) => "case-store",
        }
    }
}
