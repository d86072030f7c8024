//! The stage that opens a case for every mention that someone should answer.

use std::collections::HashMap;

use async_trait::async_trait;
use chrono::{TimeDelta, Utc};
use domain::{BrandId, Case, Change, LiveEvent, Mention, TaggedMention};
use journal::{Entry, ReaderError, TaggedReader};
use state::{
    Database,
    rusqlite::{OptionalExtension, Transaction, params},
};

use crate::{CaseError, CaseEventKind, rows};

/// For a brand that is no longer configured but still in the journal.
const DEFAULT_SLA_MINUTES: u32 = 120;

/// The reader `casework` of the tagged log.
pub struct Intake {
    database: Database,
    sla_minutes: HashMap<BrandId, u32>,
}

impl Intake {
    pub(crate) fn new(database: Database, sla_minutes: HashMap<BrandId, u32>) -> Self {
        Self { database, sla_minutes }
    }
}

#[async_trait]
impl TaggedReader for Intake {
    fn name(&self) -> &'static str {
        "casework"
    }

    async fn apply(&mut self, batch: &[Entry<TaggedMention>]) -> Result<Vec<LiveEvent>, ReaderError> {
        // Most mentions want no answer and answer nothing: only what could touch a case is copied to the writing thread.
        let relevant: Vec<TaggedMention> = batch
            .iter()
            .map(|entry| &entry.record)
            .filter(|tagged| concerns_cases(tagged))
            .cloned()
            .collect();
        if relevant.is_empty() {
            return Ok(Vec::new());
        }
        let sla_minutes = self.sla_minutes.clone();
        let changed = self
            .database
            .write(move |transaction| {
                let mut changed: Vec<Case> = Vec::new();
                for tagged in &relevant {
                    for brand in &tagged.mention.brands {
                        let minutes = sla_minutes.get(brand).copied().unwrap_or(DEFAULT_SLA_MINUTES);
                        changed.extend(apply_one(transaction, tagged, brand, minutes)?);
                    }
                }
                Ok::<_, CaseError>(changed)
            })
            .await?;
        Ok(changed.into_iter().map(|case| LiveEvent::Case(Box::new(case))).collect())
    }
}

/// How reposts begin where the network makes them texts of their own.
const REPOST_PREFIX: &str = "RT @";

fn concerns_cases(tagged: &TaggedMention) -> bool {
    let mention = &tagged.mention;
    // Whoever passes a complaint on waits for nothing: the case is its author's. A text that merely says the same is a case of
    // its own.
    if !tagged.story.first && mention.text.starts_with(REPOST_PREFIX) {
        return false;
    }
    let answers = mention.official && mention.in_reply_to.is_some();
    answers || (!mention.official && (tagged.tags.wants_answer() || mention.change != Change::Posted))
}

/// Applies one mention to one brand's inbox; returns the case that changed, if one did.
fn apply_one(
    transaction: &Transaction<'_>,
    tagged: &TaggedMention,
    brand: &BrandId,
    sla_minutes: u32,
) -> Result<Option<Case>, CaseError> {
    let mention = &tagged.mention;
    if mention.official {
        return official_reply(transaction, mention, brand);
    }
    let known: Option<(i64, i64)> = transaction
        .prepare_cached(
            "SELECT id, version_at FROM cases WHERE source = ?1 AND external_id = ?2 AND brand = ?3",
        )?
        .query_row(params![mention.key.source, mention.key.external_id, brand.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    match known {
        Some((_, version_at)) if version_at >= mention.version_at.timestamp_millis() => Ok(None),
        Some((id, _)) => update(transaction, id, tagged),
        None if tagged.tags.wants_answer() && mention.change != Change::Deleted => {
            open(transaction, tagged, brand, sla_minutes).map(Some)
        }
        None => Ok(None),
    }
}

fn open(
    transaction: &Transaction<'_>,
    tagged: &TaggedMention,
    brand: &BrandId,
    sla_minutes: u32,
) -> Result<Case, CaseError> {
    let mention = &tagged.mention;
    let due_at = mention.published_at + TimeDelta::minutes(i64::from(sla_minutes));
    transaction
        .prepare_cached(
            "INSERT INTO cases (brand, source, external_id, version_at, text, url, author, author_handle, language, emotions,
                causes, rating, reach, status, published_at, opened_at, due_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 'new', ?14, ?15, ?16)",
        )?
        .execute(params![
            brand.as_str(),
            mention.key.source,
            mention.key.external_id,
            mention.version_at.timestamp_millis(),
            mention.full_text(),
            mention.url,
            mention.author,
            mention.author_handle,
            tagged.language.as_str(),
            emotions_json(tagged),
            causes_json(tagged),
            mention.rating,
            mention.reach,
            mention.published_at.timestamp_millis(),
            Utc::now().timestamp_millis(),
            due_at.timestamp_millis(),
        ])?;
    let id = transaction.last_insert_rowid();
    rows::record(transaction, id, CaseEventKind::Opened, None, None)?;
    rows::load(transaction, id)?.ok_or(CaseError::NotFound(id))
}

/// A later version: an edit changes what is read and tagged, a deletion closes, an engagement update changes the reach.
fn update(transaction: &Transaction<'_>, id: i64, tagged: &TaggedMention) -> Result<Option<Case>, CaseError> {
    let mention = &tagged.mention;
    let version_at = mention.version_at.timestamp_millis();
    match mention.change {
        Change::Deleted => {
            transaction.execute(
                "UPDATE cases SET version_at = ?2, text = '', author_handle = NULL, status = 'closed',
                 closed_at = coalesce(closed_at, ?3), revision = revision + 1 WHERE id = ?1",
                params![id, version_at, Utc::now().timestamp_millis()],
            )?;
            rows::record(transaction, id, CaseEventKind::DeletedAtSource, None, None)?;
        }
        Change::EngagementUpdated => {
            let sql = "UPDATE cases SET version_at = ?2, reach = ?3 WHERE id = ?1";
            transaction.execute(sql, params![id, version_at, mention.reach])?;
        }
        Change::Posted | Change::Edited => {
            transaction.execute(
                "UPDATE cases SET version_at = ?2, text = ?3, emotions = ?4, causes = ?5, reach = ?6,
                 revision = revision + 1 WHERE id = ?1",
                params![
                    id,
                    version_at,
                    mention.full_text(),
                    emotions_json(tagged),
                    causes_json(tagged),
                    mention.reach
                ],
            )?;
            rows::record(transaction, id, CaseEventKind::Edited, None, None)?;
        }
    }
    rows::load(transaction, id)
}

/// The brand answered in public without Vigie: the clock of what it answers stops.
fn official_reply(
    transaction: &Transaction<'_>,
    mention: &Mention,
    brand: &BrandId,
) -> Result<Option<Case>, CaseError> {
    let Some(parent) = &mention.in_reply_to else { return Ok(None) };
    let id: Option<i64> = transaction
        .query_row(
            "SELECT id FROM cases WHERE source = ?1 AND external_id = ?2 AND brand = ?3 AND answered_at IS NULL
             AND status IN ('new', 'assigned', 'reopened')",
            params![mention.key.source, parent, brand.as_str()],
            |row| row.get(0),
        )
        .optional()?;
    let Some(id) = id else { return Ok(None) };
    transaction.execute(
        "UPDATE cases SET status = 'answered', answered_at = ?2, answer_text = ?3, answer_url = ?4, revision = revision + 1
         WHERE id = ?1",
        params![id, mention.published_at.timestamp_millis(), mention.text, mention.url],
    )?;
    rows::record(transaction, id, CaseEventKind::Answered, None, Some(&mention.text))?;
    rows::load(transaction, id)
}

fn emotions_json(tagged: &TaggedMention) -> String {
    serde_json::to_string(&tagged.tags.held_emotions().collect::<Vec<_>>()).expect("names are strings")
}

fn causes_json(tagged: &TaggedMention) -> String {
    serde_json::to_string(&tagged.tags.held_causes().collect::<Vec<_>>()).expect("names are strings")
}
