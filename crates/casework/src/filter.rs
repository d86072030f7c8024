//! Which cases the inbox shows, in which order.

use chrono::Utc;
use domain::{BrandId, Case, CaseStatus, Cause, Emotion};
use serde::{Deserialize, Serialize};
use state::rusqlite::{ToSql, types::Value};

use crate::{CaseError, Casework, rows};

/// Cases a page of the inbox.
const PAGE: usize = 50;

/// The order of the inbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseOrder {
    /// The one whose time runs out first.
    #[default]
    DueFirst,
    /// The newest text first.
    NewestFirst,
    /// The largest audience first.
    ReachFirst,
}

/// Which cases to show; everything empty shows all.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CaseFilter {
    /// Only this brand.
    pub brand: Option<BrandId>,
    /// Only these statuses.
    pub statuses: Vec<CaseStatus>,
    /// Only what this person has.
    pub assignee: Option<String>,
    /// Only texts with this emotion.
    pub emotion: Option<Emotion>,
    /// Only texts with this cause.
    pub cause: Option<Cause>,
    /// Only cases still waiting after their SLA's limit.
    pub overdue: bool,
    /// The order.
    pub order: CaseOrder,
    /// Cases to skip, a multiple of the page's 50.
    pub skip: usize,
}

/// A page of the inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CasePage {
    /// The cases.
    pub cases: Vec<Case>,
    /// How many the filter lets through in all.
    pub total: usize,
    /// What to skip for the next page, if there is one.
    pub next_skip: Option<usize>,
}

/// The inbox at a glance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct CaseCounts {
    /// Cases that nobody has.
    pub new: usize,
    /// Cases that somebody has and has not answered.
    pub assigned: usize,
    /// Cases answered and not closed.
    pub answered: usize,
    /// Closed cases.
    pub closed: usize,
    /// Cases that wait for a first answer after their SLA's limit.
    pub overdue: usize,
    /// Seconds since the text that has waited longest was published; 0 when none waits.
    pub longest_silence_seconds: i64,
}

impl Casework {
    /// The cases that the filter lets through.
    ///
    /// # Errors
    /// The store failed.
    pub async fn cases(&self, filter: &CaseFilter) -> Result<CasePage, CaseError> {
        let (condition, values) = filter.condition();
        let order = match filter.order {
            CaseOrder::DueFirst => "status NOT IN ('new', 'assigned', 'reopened'), due_at, id",
            CaseOrder::NewestFirst => "published_at DESC, id DESC",
            CaseOrder::ReachFirst => "reach DESC, id DESC",
        };
        let skip = filter.skip;
        self.database
            .read(move |connection| {
                let parameters: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
                let count = format!("SELECT count(*) FROM cases WHERE {condition}");
                let total: usize = connection.query_row(&count, parameters.as_slice(), |row| row.get(0))?;
                let columns = rows::COLUMNS;
                let sql =
                    format!("SELECT {columns} FROM cases WHERE {condition} ORDER BY {order} LIMIT {PAGE} OFFSET {skip}");
                let mut statement = connection.prepare_cached(&sql)?;
                let cases = statement.query_map(parameters.as_slice(), rows::case_from_row)?.collect::<Result<Vec<_>, _>>()?;
                let next_skip = Some(skip + cases.len()).filter(|next| *next < total && !cases.is_empty());
                Ok(CasePage { cases, total, next_skip })
            })
            .await
    }

    /// How many cases stand where.
    ///
    /// # Errors
    /// The store failed.
    pub async fn counts(&self, brand: Option<&BrandId>) -> Result<CaseCounts, CaseError> {
        let brand = brand.map(|brand| brand.as_str().to_owned());
        let now = Utc::now().timestamp_millis();
        self.database
            .read(move |connection| {
                let sql = "SELECT
                        count(*) FILTER (WHERE status IN ('new', 'reopened')),
                        count(*) FILTER (WHERE status = 'assigned'),
                        count(*) FILTER (WHERE status = 'answered'),
                        count(*) FILTER (WHERE status = 'closed'),
                        count(*) FILTER (WHERE status IN ('new', 'assigned', 'reopened') AND due_at < ?1),
                        coalesce(?1 - min(published_at) FILTER (WHERE status IN ('new', 'assigned', 'reopened')), 0)
                    FROM cases WHERE ?2 IS NULL OR brand = ?2";
                Ok(connection.query_row(sql, (now, brand), |row| {
                    Ok(CaseCounts {
                        new: row.get(0)?,
                        assigned: row.get(1)?,
                        answered: row.get(2)?,
                        closed: row.get(3)?,
                        overdue: row.get(4)?,
                        longest_silence_seconds: row.get::<_, i64>(5)?.max(0) / 1000,
                    })
                })?)
            })
            .await
    }
}

impl CaseFilter {
    /// An SQL condition and its values. Only fixed text enters the SQL.
    fn condition(&self) -> (String, Vec<Value>) {
        let mut conditions = vec!["TRUE".to_owned()];
        let mut values: Vec<Value> = Vec::new();
        if let Some(brand) = &self.brand {
            conditions.push("brand = ?".to_owned());
            values.push(brand.as_str().to_owned().into());
        }
        if !self.statuses.is_empty() {
            let names: Vec<_> = self.statuses.iter().map(|status| format!("'{}'", status.as_str())).collect();
            conditions.push(format!("status IN ({})", names.join(", ")));
        }
        if let Some(assignee) = &self.assignee {
            conditions.push("assignee = ?".to_owned());
            values.push(assignee.clone().into());
        }
        if let Some(emotion) = self.emotion {
            conditions.push(format!("EXISTS (SELECT 1 FROM json_each(emotions) WHERE value = '{emotion}')"));
        }
        if let Some(cause) = self.cause {
            conditions.push(format!("EXISTS (SELECT 1 FROM json_each(causes) WHERE value = '{cause}')"));
        }
        if self.overdue {
            conditions.push("status IN ('new', 'assigned', 'reopened') AND due_at < ?".to_owned());
            values.push(Utc::now().timestamp_millis().into());
        }
        (conditions.join(" AND "), values)
    }
}
