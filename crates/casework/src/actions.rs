//! What people do with a case. Each action names the revision it was decided on.

use chrono::Utc;
use domain::{Case, CaseStatus};
use state::rusqlite::{Connection, params};

use crate::{CaseError, CaseEventKind, Casework, rows};

/// Longer answers than any network allows; a bound on what is stored.
const MAX_ANSWER_CHARS: usize = 20_000;

/// A public answer, as the person who gave it writes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was answered.
    pub text: String,
    /// Where it can be read.
    pub url: Option<String>,
}

impl Answer {
    fn validate(&self) -> Result<(), CaseError> {
        if self.text.trim().is_empty() {
            return Err(CaseError::Invalid("write down what was answered"));
        }
        if self.text.chars().count() > MAX_ANSWER_CHARS {
            return Err(CaseError::Invalid("the answer is longer than 20,000 characters"));
        }
        match self.url.as_deref() {
            Some(url) if !(url.starts_with("https://") || url.starts_with("http://")) => {
                Err(CaseError::Invalid("the answer's link must begin with https:// or http://"))
            }
            _ => Ok(()),
        }
    }
}

impl Casework {
    /// `user` takes a case that nobody has.
    ///
    /// # Errors
    /// Somebody else has it, it changed, or it is over.
    pub async fn assign(&self, id: i64, user: &str, revision: i64) -> Result<Case, CaseError> {
        let user = user.to_owned();
        self.act(id, revision, move |connection, case| {
            if let Some(by) = case.assignee.clone().filter(|by| *by != user) {
                return Err(CaseError::Taken { id, by });
            }
            if !case.status.is_waiting() {
                return Err(CaseError::WrongStatus { id, status: case.status.as_str(), action: "taken" });
            }
            connection.execute(
                "UPDATE cases SET assignee = ?2, status = 'assigned', revision = revision + 1 WHERE id = ?1",
                params![id, user],
            )?;
            Ok(rows::record(connection, id, CaseEventKind::Assigned, Some(&user), None)?)
        })
        .await
    }

    /// `user` gives a case back, so that somebody else can take it.
    ///
    /// # Errors
    /// It is not assigned, or it changed.
    pub async fn release(&self, id: i64, user: &str, revision: i64) -> Result<Case, CaseError> {
        let user = user.to_owned();
        self.act(id, revision, move |connection, case| {
            if case.status != CaseStatus::Assigned {
                return Err(CaseError::WrongStatus {
                    id,
                    status: case.status.as_str(),
                    action: "given back",
                });
            }
            connection.execute(
                "UPDATE cases SET assignee = NULL, status = 'new', revision = revision + 1 WHERE id = ?1",
                [id],
            )?;
            Ok(rows::record(connection, id, CaseEventKind::Released, Some(&user), None)?)
        })
        .await
    }

    /// `user` answered in public: the clock stops.
    ///
    /// # Errors
    /// Somebody else has the case, it was answered already, it changed, or the answer cannot be kept.
    pub async fn mark_answered(
        &self,
        id: i64,
        user: &str,
        answer: Answer,
        revision: i64,
    ) -> Result<Case, CaseError> {
        answer.validate()?;
        let user = user.to_owned();
        self.act(id, revision, move |connection, case| {
            if let Some(by) = case.assignee.clone().filter(|by| *by != user) {
                return Err(CaseError::Taken { id, by });
            }
            if !case.status.is_waiting() {
                return Err(CaseError::WrongStatus { id, status: case.status.as_str(), action: "answered" });
            }
            let text = answer.text.trim();
            connection.execute(
                "UPDATE cases SET status = 'answered', assignee = ?2, answered_at = ?3, answer_text = ?4, answer_url = ?5,
                 revision = revision + 1 WHERE id = ?1",
                params![id, user, Utc::now().timestamp_millis(), text, answer.url],
            )?;
            Ok(rows::record(connection, id, CaseEventKind::Answered, Some(&user), Some(text))?)
        })
        .await
    }

    /// `user` closes a case; the author's handle is forgotten.
    ///
    /// # Errors
    /// Somebody else has the case, it is closed already, or it changed.
    pub async fn close(
        &self,
        id: i64,
        user: &str,
        reason: Option<String>,
        revision: i64,
    ) -> Result<Case, CaseError> {
        let user = user.to_owned();
        self.act(id, revision, move |connection, case| {
            if let Some(by) = case.assignee.clone().filter(|by| *by != user) {
                return Err(CaseError::Taken { id, by });
            }
            if case.status == CaseStatus::Closed {
                return Err(CaseError::WrongStatus { id, status: "closed", action: "closed" });
            }
            connection.execute(
                "UPDATE cases SET status = 'closed', closed_at = ?2, author_handle = NULL, revision = revision + 1
                 WHERE id = ?1",
                params![id, Utc::now().timestamp_millis()],
            )?;
            Ok(rows::record(connection, id, CaseEventKind::Closed, Some(&user), reason.as_deref())?)
        })
        .await
    }

    /// Runs one action in a transaction, on the revision that it was decided on.
    async fn act(
        &self,
        id: i64,
        revision: i64,
        action: impl FnOnce(&Connection, &Case) -> Result<(), CaseError> + Send + 'static,
    ) -> Result<Case, CaseError> {
        self.database
            .write(move |transaction| {
                let case = rows::load(transaction, id)?.ok_or(CaseError::NotFound(id))?;
                if case.revision != revision {
                    // Being taken by somebody else is the usual reason, and the one worth telling.
                    return match case.assignee {
                        Some(by) if case.status == CaseStatus::Assigned => Err(CaseError::Taken { id, by }),
                        _ => Err(CaseError::Changed(id)),
                    };
                }
                action(transaction, &case)?;
                rows::load(transaction, id)?.ok_or(CaseError::NotFound(id))
            })
            .await
    }
}
