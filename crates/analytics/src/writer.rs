//! The stage that brings what the classifier tagged into ClickHouse. The crate's README says why nothing is lost or doubled.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use async_trait::async_trait;
use clickhouse::{Client, Row};
use domain::{LiveEvent, MentionKey, TaggedMention};
use journal::{Entry, ReaderError, TaggedReader};
use rand::random;
use serde::{Deserialize, Serialize};

use crate::{
    Analytics, AnalyticsError,
    plan::{Deletion, Known, Plan},
    rows::{ChangeRow, KnownRow, MentionRow},
};

/// A server that takes longer has lost the connection; what it still does for this batch is ended before the next attempt.
const BATCH_TIMEOUT: Duration = Duration::from_secs(180);
/// Versions that one statement erases; ClickHouse parses it, and keeps it until it is carried out.
const ERASED_AT_ONCE: usize = 500;

const KNOWN: &str = "
    SELECT
        source,
        external_id,
        groupUniqArray(mentions.version_at) AS versions,
        max(mentions.version_at) AS newest_at,
        maxIf(mentions.version_at, mentions.change = 'deleted') AS deleted_at,
        argMax(mentions.change != 'deleted' AND NOT mentions.official, mentions.version_at) AS counts,
        argMax(mentions.published_at, mentions.version_at) AS published_at,
        argMax(mentions.brands, mentions.version_at) AS brands,
        argMax(mentions.language, mentions.version_at) AS language,
        argMax(mentions.emotions, mentions.version_at) AS emotions,
        argMax(mentions.causes, mentions.version_at) AS causes,
        argMax(mentions.complaint, mentions.version_at) AS complaint,
        argMax(mentions.reach, mentions.version_at) AS reach
    FROM mentions
    WHERE (source, external_id) IN ?
    GROUP BY source, external_id";

const PERSONAL_VERSIONS: &str = "
    SELECT source, external_id, toUnixTimestamp64Micro(version_at) AS version_at
    FROM mentions
    WHERE (source, external_id) IN ?
      AND (text != '' OR title != '' OR author != '' OR url != '' OR in_reply_to != '')";

const ERASE: &str = "
    ALTER TABLE mentions
    UPDATE text = '', title = '', author = '', url = '', in_reply_to = ''
    WHERE (source, external_id) IN ? AND (source, external_id, toUnixTimestamp64Micro(version_at)) IN ?";

/// Makes the counts of the hours that the last batch touched what they should be: adds the difference between what the current
/// mentions say and what is there. Where the batch went through, the difference is nothing.
const SETTLE: &str = "
    INSERT INTO mention_hours (hour, brands, source, language, emotions, causes, complaint, mentions, reach)
    WITH touched AS (SELECT arrayJoin(hours) AS hour FROM (SELECT hours FROM batches ORDER BY number DESC LIMIT 1))
    SELECT hour, brands, source, language, emotions, causes, complaint, sum(more_mentions), sum(more_reach)
    FROM
    (
        SELECT
            toStartOfHour(toDateTime(published_at)) AS hour, brands, source, language, emotions, causes, complaint,
            toInt64(1) AS more_mentions, toInt64(reach) AS more_reach
        FROM current_mentions
        WHERE NOT official AND hour IN (SELECT hour FROM touched) AND (source, external_id) IN
        (
            SELECT source, external_id FROM mentions
            WHERE toStartOfHour(toDateTime(published_at)) IN (SELECT hour FROM touched)
        )
        UNION ALL
        SELECT hour, brands, source, language, emotions, causes, complaint, -mentions, -reach
        FROM mention_hours
        WHERE hour IN (SELECT hour FROM touched)
    )
    GROUP BY hour, brands, source, language, emotions, causes, complaint
    HAVING sum(more_mentions) != 0 OR sum(more_reach) != 0";

/// The reader `analytics` of the tagged log.
pub(crate) struct MentionWriter {
    analytics: Analytics,
    /// The number of the last batch, if all that was begun is known to have gone through. Not so after a start, which may follow a
    /// crash.
    settled: Option<u64>,
}

#[derive(Row, Serialize)]
struct BatchRow<'a> {
    number: u64,
    hours: &'a [u32],
}

#[derive(Row, Deserialize)]
struct PersonalVersion {
    source: String,
    external_id: String,
    version_at: i64,
}

#[async_trait]
impl TaggedReader for MentionWriter {
    fn name(&self) -> &'static str {
        "analytics"
    }

    /// A store without any mention is filled from the beginning. Otherwise the journal's own offset is right, because it
    /// advances after the store has a batch on disk; and a store may be older than the journal beside it.
    async fn stored_offset(&mut self) -> Option<u64> {
        let is_empty = async {
            let client = self.analytics.client()?;
            let found: Option<u8> = client.query("SELECT 1 FROM mentions LIMIT 1").fetch_optional().await?;
            Ok::<_, AnalyticsError>(found.is_none())
        };
        match is_empty.await {
            Ok(true) => Some(0),
            Ok(false) => None,
            Err(error) => {
                tracing::warn!(
                    "cannot see whether ClickHouse has mentions, going on after the last one read: {error}"
                );
                None
            }
        }
    }

    async fn apply(&mut self, batch: &[Entry<TaggedMention>]) -> Result<Vec<LiveEvent>, ReaderError> {
        let written = tokio::time::timeout(BATCH_TIMEOUT, self.write(batch)).await;
        written.map_err(|_| AnalyticsError::Timeout(BATCH_TIMEOUT.as_secs()))??;
        Ok(Vec::new())
    }
}

impl MentionWriter {
    pub(crate) fn new(analytics: Analytics) -> Self {
        Self { analytics, settled: None }
    }

    async fn write(&mut self, batch: &[Entry<TaggedMention>]) -> Result<(), AnalyticsError> {
        let session = Session::new(&self.analytics)?;
        let last = match self.settled.take() {
            Some(last) => last,
            None => session.settle().await?,
        };
        self.settled = Some(session.write(batch, last).await?);
        Ok(())
    }
}

/// The writing of one batch, to where the server is now.
struct Session {
    client: Client,
    /// How the queries of all writers to this database are called, in this process or an earlier one.
    query_prefix: String,
}

impl Session {
    fn new(analytics: &Analytics) -> Result<Self, AnalyticsError> {
        let query_prefix = format!("vigie-writer-{}-", analytics.database());
        Ok(Self { client: analytics.client()?, query_prefix })
    }

    /// A client whose next query can be found and ended by [`Session::settle`].
    fn named(&self) -> Client {
        self.client.clone().with_setting("query_id", format!("{}{:016x}", self.query_prefix, random::<u64>()))
    }

    /// Whatever an earlier batch left running is ended, and the hours that it touched are counted again. Returns its number.
    async fn settle(&self) -> Result<u64, AnalyticsError> {
        self.client
            .query("KILL QUERY WHERE user = currentUser() AND startsWith(query_id, ?) SYNC FORMAT Null")
            .bind(&self.query_prefix)
            .execute()
            .await?;
        self.named().query_raw(SETTLE).execute().await?;
        Ok(self.client.query("SELECT max(number) FROM batches").fetch_one().await?)
    }

    /// Writes a batch; returns the number of the last one that changed the counts.
    async fn write(&self, batch: &[Entry<TaggedMention>], last: u64) -> Result<u64, AnalyticsError> {
        let known = self.known(batch).await?;
        let plan = Plan::new(batch.iter().map(|entry| &entry.record), &known);
        if plan.is_empty() {
            return Ok(last);
        }
        let hours = plan.hours();
        let number = if hours.is_empty() { last } else { self.begin(last + 1, &hours).await? };
        // Before the deletions themselves: once they are stored, a repetition of the batch takes them for done.
        self.erase(&plan.deletions).await?;
        self.insert(&plan).await?;
        Ok(number)
    }

    /// What the store knows of the mentions in a batch.
    async fn known(
        &self,
        batch: &[Entry<TaggedMention>],
    ) -> Result<HashMap<MentionKey, Known>, AnalyticsError> {
        let keys: HashSet<&MentionKey> = batch.iter().map(|entry| &entry.record.mention.key).collect();
        if keys.is_empty() {
            return Ok(HashMap::new());
        }
        let keys: Vec<(&str, &str)> = keys.into_iter().map(parts).collect();
        let rows: Vec<KnownRow> = self.client.query(KNOWN).bind(keys).fetch_all().await?;
        Ok(rows.into_iter().map(Known::from_row).collect())
    }

    /// Notes which hours are about to change.
    async fn begin(&self, number: u64, hours: &[u32]) -> Result<u64, AnalyticsError> {
        let mut insert = self.named().insert::<BatchRow<'_>>("batches").await?;
        insert.write(&BatchRow { number, hours }).await?;
        insert.end().await?;
        Ok(number)
    }

    /// Has what is personal removed from the stored versions of deleted mentions. ClickHouse keeps the order on disk and carries
    /// it out within moments.
    async fn erase(&self, deletions: &[Deletion<'_>]) -> Result<(), AnalyticsError> {
        for deletions in deletions.chunks(ERASED_AT_ONCE) {
            let deleted_at: HashMap<(&str, &str), i64> =
                deletions.iter().map(|deletion| (parts(deletion.key), deletion.at)).collect();
            let keys: Vec<(&str, &str)> = deleted_at.keys().copied().collect();
            let personal: Vec<PersonalVersion> =
                self.client.query(PERSONAL_VERSIONS).bind(&keys).fetch_all().await?;
            let erased: Vec<(&str, &str, i64)> = personal
                .iter()
                .filter(|version| {
                    let deleted_at = deleted_at.get(&(version.source.as_str(), version.external_id.as_str()));
                    deleted_at.is_some_and(|deleted_at| version.version_at <= *deleted_at)
                })
                .map(|version| (version.source.as_str(), version.external_id.as_str(), version.version_at))
                .collect();
            for erased in erased.chunks(ERASED_AT_ONCE) {
                let keys: Vec<(&str, &str)> = erased.iter().map(|(source, id, _)| (*source, *id)).collect();
                self.client.query(ERASE).bind(keys).bind(erased).execute().await?;
            }
        }
        Ok(())
    }

    /// The versions first: the counts can be made from them, not the other way round.
    async fn insert(&self, plan: &Plan<'_>) -> Result<(), AnalyticsError> {
        let mut insert = self.named().insert::<MentionRow<'_>>("mentions").await?;
        for version in &plan.versions {
            insert.write(&MentionRow::new(version.tagged, version.deleted)).await?;
        }
        insert.end().await?;
        if plan.changes.is_empty() {
            return Ok(());
        }
        let mut insert = self.named().insert::<ChangeRow<'_>>("mention_changes").await?;
        for change in &plan.changes {
            insert.write(&ChangeRow::new(&change.counted, change.sign)).await?;
        }
        insert.end().await?;
        Ok(())
    }
}

fn parts(key: &MentionKey) -> (&str, &str) {
    (&key.source, &key.external_id)
}
