//! Notifications written down, until they are delivered or given up.

use chrono::{DateTime, TimeDelta, Utc};
use domain::Incident;
use serde::{Deserialize, Serialize};
use state::rusqlite::{Connection, params};

use super::{Occasion, payload::payload};
use crate::{Alerting, IncidentError, Webhooks};

/// The pause after the first failure; it doubles with each, up to the longest.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(5);
const LONGEST_PAUSE: TimeDelta = TimeDelta::hours(1);
/// A notification that could not be delivered for a day is given up.
const PATIENCE: TimeDelta = TimeDelta::days(1);
/// Delivered at once, at most.
const BATCH: usize = 20;

/// A notification that waits.
#[derive(Debug, Clone)]
pub(super) struct Waiting {
    pub(super) id: i64,
    pub(super) webhook: String,
    pub(super) body: String,
    attempts: u32,
    created_at: DateTime<Utc>,
}

/// How a delivery stands, for the list that people see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Its number, which the receiver sees as `X-Vigie-Delivery`.
    pub id: i64,
    /// The webhook's name.
    pub webhook: String,
    /// The incident.
    pub incident_id: i64,
    /// `waiting`, `delivered` or `dead`.
    pub status: String,
    /// Tries so far.
    pub attempts: u32,
    /// Why the last one failed.
    pub last_error: Option<String>,
}

/// Writes a notification down for each webhook that wants it.
pub(crate) fn enqueue(
    connection: &Connection,
    webhooks: &Webhooks,
    occasion: Occasion,
    incident: &Incident,
    now: DateTime<Utc>,
) -> Result<(), IncidentError> {
    for webhook in webhooks.iter().filter(|webhook| webhook.wants(&incident.brand)) {
        let body = payload(occasion, incident).to_string();
        let sql = "INSERT INTO deliveries (webhook, incident_id, body, created_at, next_attempt_at, status)
                   VALUES (?1, ?2, ?3, ?4, ?4, 'waiting')";
        connection.execute(sql, params![webhook.name, incident.id, body, now.timestamp_millis()])?;
    }
    Ok(())
}

/// Notifications whose time has come, the oldest first.
pub(super) fn due(connection: &Connection, now: DateTime<Utc>) -> Result<Vec<Waiting>, IncidentError> {
    let sql = "SELECT id, webhook, body, attempts, created_at FROM deliveries
               WHERE status = 'waiting' AND next_attempt_at <= ?1 ORDER BY id LIMIT ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let waiting = statement.query_map(params![now.timestamp_millis(), BATCH], |row| {
        let created_at = DateTime::from_timestamp_millis(row.get(4)?).unwrap_or_default();
        Ok(Waiting {
            id: row.get(0)?,
            webhook: row.get(1)?,
            body: row.get(2)?,
            attempts: row.get(3)?,
            created_at,
        })
    })?;
    Ok(waiting.collect::<Result<_, _>>()?)
}

/// Notes how a try went. A notification that failed waits longer each time, and is given up after a day.
pub(super) fn record(
    connection: &Connection,
    waiting: &Waiting,
    outcome: &Result<(), String>,
    now: DateTime<Utc>,
) -> Result<(), IncidentError> {
    let attempts = waiting.attempts + 1;
    let status = match outcome {
        Ok(()) => "delivered",
        Err(_) if now - waiting.created_at >= PATIENCE => "dead",
        Err(_) => "waiting",
    };
    let doublings = waiting.attempts.min(16);
    let pause = (FIRST_PAUSE * (1 << doublings)).min(LONGEST_PAUSE);
    let sql = "UPDATE deliveries SET status = ?2, attempts = ?3, last_error = ?4, next_attempt_at = ?5 WHERE id = ?1";
    let next = (now + pause).timestamp_millis();
    connection.execute(sql, params![waiting.id, status, attempts, outcome.as_ref().err(), next])?;
    Ok(())
}

impl Alerting {
    /// The newest notifications and how they stand, at most `limit`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn deliveries(&self, limit: usize) -> Result<Vec<Delivery>, IncidentError> {
        self.database
            .read(move |connection| {
                let sql = "SELECT id, webhook, incident_id, status, attempts, last_error FROM deliveries
                           ORDER BY id DESC LIMIT ?1";
                let mut statement = connection.prepare_cached(sql)?;
                let deliveries = statement.query_map([limit], |row| {
                    Ok(Delivery {
                        id: row.get(0)?,
                        webhook: row.get(1)?,
                        incident_id: row.get(2)?,
                        status: row.get(3)?,
                        attempts: row.get(4)?,
                        last_error: row.get(5)?,
                    })
                })?;
                Ok(deliveries.collect::<Result<_, _>>()?)
            })
            .await
    }
}
