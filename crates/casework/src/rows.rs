//! Cases and their events as rows.

use chrono::{DateTime, Utc};
use domain::{Case, CaseStatus, MentionKey};
use serde::{Deserialize, Serialize};
use state::{
    StateError,
    rusqlite::{Connection, OptionalExtension, Row, params, types::Type},
};

use crate::{CaseError, Casework};

/// The columns that [`case_from_row`] reads, in its order.
pub(crate) const COLUMNS: &str = "id, brand, source, external_id, text, url, author_handle, language, emotions, causes, \
    rating, reach, status, assignee, published_at, opened_at, due_at, answered_at, answer_text, answer_url, closed_at, revision";

/// What happened to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseEventKind {
    /// The mention asked for an answer.
    Opened,
    /// Somebody took it.
    Assigned,
    /// Whoever had it gave it back.
    Released,
    /// A public answer was given.
    Answered,
    /// It is over.
    Closed,
    /// The author changed the text.
    Edited,
    /// The text was removed at its source.
    DeletedAtSource,
}

impl CaseEventKind {
    /// The name in JSON and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Assigned => "assigned",
            Self::Released => "released",
            Self::Answered => "answered",
            Self::Closed => "closed",
            Self::Edited => "edited",
            Self::DeletedAtSource => "deleted_at_source",
        }
    }
}

/// An entry of a case's history.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaseEvent {
    /// When.
    pub at: DateTime<Utc>,
    /// What happened.
    pub kind: CaseEventKind,
    /// Who did it; none for what the pipeline saw.
    pub actor: Option<String>,
    /// What was said with it.
    pub note: Option<String>,
}

impl Casework {
    /// One case, if there is one of this number.
    ///
    /// # Errors
    /// The store failed.
    pub async fn case(&self, id: i64) -> Result<Option<Case>, CaseError> {
        self.database.read(move |connection| load(connection, id)).await
    }

    /// What happened to a case, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn history(&self, id: i64) -> Result<Vec<CaseEvent>, CaseError> {
        self.database
            .read(move |connection| {
                let sql = "SELECT at, kind, actor, note FROM case_events WHERE case_id = ?1 ORDER BY id";
                let mut statement = connection.prepare_cached(sql)?;
                let events = statement.query_map([id], |row| {
                    Ok(CaseEvent {
                        at: time(row, 0)?,
                        kind: named(row, 1)?,
                        actor: row.get(2)?,
                        note: row.get(3)?,
                    })
                })?;
                Ok(events.collect::<Result<_, _>>()?)
            })
            .await
    }
}

pub(crate) fn load(connection: &Connection, id: i64) -> Result<Option<Case>, CaseError> {
    let sql = format!("SELECT {COLUMNS} FROM cases WHERE id = ?1");
    Ok(connection.prepare_cached(&sql)?.query_row([id], case_from_row).optional()?)
}

pub(crate) fn record(
    connection: &Connection,
    case_id: i64,
    kind: CaseEventKind,
    actor: Option<&str>,
    note: Option<&str>,
) -> Result<(), StateError> {
    let sql = "INSERT INTO case_events (case_id, at, kind, actor, note) VALUES (?1, ?2, ?3, ?4, ?5)";
    let now = Utc::now().timestamp_millis();
    connection.prepare_cached(sql)?.execute(params![case_id, now, kind.as_str(), actor, note])?;
    Ok(())
}

pub(crate) fn case_from_row(row: &Row<'_>) -> state::rusqlite::Result<Case> {
    Ok(Case {
        id: row.get(0)?,
        brand: parsed(row, 1, |text: String| text.parse())?,
        mention: MentionKey { source: row.get(2)?, external_id: row.get(3)? },
        text: row.get(4)?,
        url: row.get(5)?,
        author_handle: row.get(6)?,
        language: row.get(7)?,
        emotions: parsed(row, 8, |text: String| serde_json::from_str(&text))?,
        causes: parsed(row, 9, |text: String| serde_json::from_str(&text))?,
        rating: row.get(10)?,
        reach: row.get(11)?,
        status: named::<CaseStatus>(row, 12)?,
        assignee: row.get(13)?,
        published_at: time(row, 14)?,
        opened_at: time(row, 15)?,
        due_at: time(row, 16)?,
        answered_at: optional_time(row, 17)?,
        answer_text: row.get(18)?,
        answer_url: row.get(19)?,
        closed_at: optional_time(row, 20)?,
        revision: row.get(21)?,
    })
}

fn time(row: &Row<'_>, index: usize) -> state::rusqlite::Result<DateTime<Utc>> {
    row.get(index).map(|milliseconds| DateTime::from_timestamp_millis(milliseconds).unwrap_or_default())
}

fn optional_time(row: &Row<'_>, index: usize) -> state::rusqlite::Result<Option<DateTime<Utc>>> {
    row.get::<_, Option<i64>>(index).map(|value| value.and_then(DateTime::from_timestamp_millis))
}

/// A value that serde knows by its snake_case name.
fn named<T: for<'a> Deserialize<'a>>(row: &Row<'_>, index: usize) -> state::rusqlite::Result<T> {
    parsed(row, index, |text: String| serde_json::from_value(serde_json::Value::String(text)))
}

fn parsed<T, E: std::error::Error + Send + Sync + 'static>(
    row: &Row<'_>,
    index: usize,
    parse: impl FnOnce(String) -> Result<T, E>,
) -> state::rusqlite::Result<T> {
    let conversion =
        |error| state::rusqlite::Error::FromSqlConversionFailure(index, Type::Text, Box::new(error));
    parse(row.get(index)?).map_err(conversion)
}
