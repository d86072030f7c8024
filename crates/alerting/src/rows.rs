//! Incidents, baselines and counted mentions as rows of `state.db`.

use std::collections::VecDeque;

use chrono::{DateTime, TimeDelta, Utc};
use domain::{BrandId, Incident, IncidentStatus, MentionKey, Subject, incident::IncidentMention};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use state::rusqlite::{Connection, OptionalExtension, Row, params};
use xxhash_rust::xxh3::xxh3_64;

use crate::{
    IncidentError,
    detector::{BrandState, LONGEST_WINDOW, Memory},
    grouping::Scope,
    incident::{OpenIncident, Quoted},
    observation::Observation,
};

/// How long it is remembered that a mention was counted.
const REMEMBERED: TimeDelta = TimeDelta::days(30);

const COLUMNS: &str = "id, brand, status, subject, opened_at, updated_at, last_unusual_at, acknowledged_by, acknowledged_at, \
    resolved_by, resolved_at, detail";

/// What an incident holds besides its columns.
#[derive(Debug, Serialize, Deserialize)]
struct Detail {
    alerts: Vec<domain::Alert>,
    mention_count: u32,
    reach: u64,
    emotions: Vec<(domain::Emotion, u32)>,
    causes: Vec<(domain::Cause, u32)>,
    sources: Vec<(String, u32)>,
    first_mention: Option<IncidentMention>,
    top_mentions: Vec<IncidentMention>,
    quoted: Vec<Quoted>,
    scope: Scope,
}

/// Incidents that a condition on the columns holds for, in the order it asks for. Only fixed text enters the SQL.
pub(crate) fn incidents(
    connection: &Connection,
    condition: &str,
    values: &[&dyn state::rusqlite::ToSql],
) -> Result<Vec<OpenIncident>, IncidentError> {
    let mut statement =
        connection.prepare_cached(&format!("SELECT {COLUMNS} FROM incidents WHERE {condition}"))?;
    let mut rows = statement.query(values)?;
    let mut incidents = Vec::new();
    while let Some(row) = rows.next()? {
        incidents.push(from_row(row)?);
    }
    Ok(incidents)
}

pub(crate) fn find(connection: &Connection, id: i64) -> Result<OpenIncident, IncidentError> {
    incidents(connection, "id = ?1", &[&id])?.pop().ok_or(IncidentError::NotFound(id))
}

fn from_row(row: &Row<'_>) -> Result<OpenIncident, IncidentError> {
    let time =
        |index| row.get(index).map(|millis| DateTime::from_timestamp_millis(millis).unwrap_or_default());
    let optional_time =
        |index| row.get::<_, Option<i64>>(index).map(|value| value.and_then(DateTime::from_timestamp_millis));
    let detail: Detail = from_json("incident", &row.get::<_, String>(11)?)?;
    let subject: Subject = from_json("incident", &row.get::<_, String>(3)?)?;
    let brand: BrandId = from_json("incident", &quoted(&row.get::<_, String>(1)?))?;
    let status: IncidentStatus = from_json("incident", &quoted(&row.get::<_, String>(2)?))?;
    let incident = Incident {
        id: row.get(0)?,
        brand,
        subject,
        status,
        opened_at: time(4)?,
        updated_at: time(5)?,
        acknowledged_by: row.get(7)?,
        acknowledged_at: optional_time(8)?,
        resolved_by: row.get(9)?,
        resolved_at: optional_time(10)?,
        alerts: detail.alerts,
        mention_count: detail.mention_count,
        reach: detail.reach,
        emotions: detail.emotions,
        causes: detail.causes,
        sources: detail.sources,
        first_mention: detail.first_mention,
        top_mentions: detail.top_mentions,
    };
    Ok(OpenIncident { incident, scope: detail.scope, last_unusual_at: time(6)?, quoted: detail.quoted })
}

/// Writes an incident; a new one gets its number.
pub(crate) fn save(connection: &Connection, open: &mut OpenIncident) -> Result<(), IncidentError> {
    let incident = &mut open.incident;
    let detail = Detail {
        alerts: incident.alerts.clone(),
        mention_count: incident.mention_count,
        reach: incident.reach,
        emotions: incident.emotions.clone(),
        causes: incident.causes.clone(),
        sources: incident.sources.clone(),
        first_mention: incident.first_mention.clone(),
        top_mentions: incident.top_mentions.clone(),
        quoted: open.quoted.clone(),
        scope: open.scope.clone(),
    };
    let millis = |at: Option<DateTime<Utc>>| at.map(|at| at.timestamp_millis());
    let sql = format!(
        "INSERT INTO incidents ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
         ON CONFLICT (id) DO UPDATE SET status = excluded.status, subject = excluded.subject, updated_at = excluded.updated_at,
            last_unusual_at = excluded.last_unusual_at, acknowledged_by = excluded.acknowledged_by,
            acknowledged_at = excluded.acknowledged_at, resolved_by = excluded.resolved_by,
            resolved_at = excluded.resolved_at, detail = excluded.detail"
    );
    connection.prepare_cached(&sql)?.execute(params![
        (incident.id != 0).then_some(incident.id),
        incident.brand.as_str(),
        incident.status.as_str(),
        to_json(&incident.subject),
        incident.opened_at.timestamp_millis(),
        incident.updated_at.timestamp_millis(),
        open.last_unusual_at.timestamp_millis(),
        incident.acknowledged_by,
        millis(incident.acknowledged_at),
        incident.resolved_by,
        millis(incident.resolved_at),
        to_json(&detail),
    ])?;
    if incident.id == 0 {
        incident.id = connection.last_insert_rowid();
    }
    Ok(())
}

/// What is known of a brand; none if nothing was counted yet.
pub(crate) fn brand_state(
    connection: &Connection,
    brand: &BrandId,
) -> Result<Option<BrandState>, IncidentError> {
    let sql = "SELECT counts FROM baselines WHERE brand = ?1";
    let counts: Option<String> =
        connection.prepare_cached(sql)?.query_row([brand.as_str()], |row| row.get(0)).optional()?;
    let Some(counts) = counts else { return Ok(None) };
    let memory: Memory = from_json("baseline", &counts)?;
    if !memory.counts.is_well_formed() {
        tracing::warn!(%brand, "the stored baseline has another shape than this program's; beginning a new one");
        return Ok(None);
    }
    let sql =
        "SELECT record FROM counted_mentions WHERE brand = ?1 AND record IS NOT NULL ORDER BY published_at";
    let mut statement = connection.prepare_cached(sql)?;
    let records = statement.query_map([brand.as_str()], |row| row.get::<_, String>(0))?;
    let mut window = VecDeque::new();
    for record in records {
        window.push_back(from_json("mention", &record?)?);
    }
    Ok(Some(BrandState { memory, window }))
}

/// Writes what is known of a brand, and forgets the words of what left its window.
pub(crate) fn save_brand_state(
    connection: &Connection,
    brand: &BrandId,
    state: &BrandState,
) -> Result<(), IncidentError> {
    let sql =
        "INSERT INTO baselines VALUES (?1, ?2) ON CONFLICT (brand) DO UPDATE SET counts = excluded.counts";
    connection.prepare_cached(sql)?.execute(params![brand.as_str(), to_json(&state.memory)])?;
    let Some(newest) = state.window.back() else { return Ok(()) };
    let left = (newest.published_at - LONGEST_WINDOW).timestamp_millis();
    let sql = "UPDATE counted_mentions SET record = NULL
               WHERE brand = ?1 AND published_at <= ?2 AND record IS NOT NULL";
    connection.prepare_cached(sql)?.execute(params![brand.as_str(), left])?;
    Ok(())
}

/// Notes that a mention is counted; false if it was before.
pub(crate) fn count_once(
    connection: &Connection,
    brand: &BrandId,
    observation: &Observation,
    counted_at: DateTime<Utc>,
) -> Result<bool, IncidentError> {
    let sql = "INSERT INTO counted_mentions VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING";
    let inserted = connection.prepare_cached(sql)?.execute(params![
        brand.as_str(),
        key_hash(&observation.key),
        observation.published_at.timestamp_millis(),
        counted_at.timestamp_millis(),
        to_json(observation),
    ])?;
    Ok(inserted == 1)
}

/// Forgets the words of one mention.
pub(crate) fn forget_record(connection: &Connection, key: &MentionKey) -> Result<(), IncidentError> {
    let sql = "UPDATE counted_mentions SET record = NULL WHERE key_hash = ?1 AND record IS NOT NULL";
    connection.prepare_cached(sql)?.execute([key_hash(key)])?;
    Ok(())
}

/// Forgets that mentions were counted once nobody delivers them again.
pub(crate) fn forget_counted(connection: &Connection, now: DateTime<Utc>) -> Result<usize, IncidentError> {
    let before = (now - REMEMBERED).timestamp_millis();
    Ok(connection.execute("DELETE FROM counted_mentions WHERE counted_at < ?1", [before])?)
}

pub(crate) fn offset(connection: &Connection) -> Result<u64, IncidentError> {
    let sql = "SELECT offset FROM alerting_offset WHERE id = 1";
    Ok(connection.query_row(sql, [], |row| row.get(0)).optional()?.unwrap_or(0))
}

pub(crate) fn set_offset(connection: &Connection, offset: u64) -> Result<(), IncidentError> {
    let sql =
        "INSERT INTO alerting_offset VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET offset = excluded.offset";
    connection.execute(sql, [offset])?;
    Ok(())
}

fn key_hash(key: &MentionKey) -> i64 {
    xxh3_64(format!("{}\u{1F}{}", key.source, key.external_id).as_bytes()).cast_signed()
}

fn quoted(name: &str) -> String {
    format!("\"{name}\"")
}

fn from_json<T: DeserializeOwned>(what: &'static str, text: &str) -> Result<T, IncidentError> {
    serde_json::from_str(text).map_err(|error| IncidentError::unreadable(what, &error))
}

pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("string keys and finite numbers")
}
