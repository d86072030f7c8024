//! What the pages ask: how many mentions, when, of what.

use std::{collections::BTreeMap, time::Duration};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use clickhouse::{RowOwned, RowRead, query::Query};
use domain::{BrandId, Cause, Emotion, InvalidBrandId, tags::UnknownTag};

use crate::{
    Analytics, AnalyticsError,
    buckets::{self, Grain},
    questions,
};

/// A person waits for the answer.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Which mentions are counted.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendFilter {
    /// Only mentions of these brands; empty for all.
    pub brands: Vec<BrandId>,
    /// Only mentions published from then on; rounded down to the hour.
    pub from: DateTime<Utc>,
    /// Only mentions published before then; rounded up to the hour.
    pub to: DateTime<Utc>,
    /// Only mentions of this source.
    pub source: Option<String>,
    /// Only mentions in this language.
    pub language: Option<String>,
}

/// How long a point of a timeline lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bucket {
    /// An hour.
    Hour,
    /// A day of the asked time zone, from midnight to midnight.
    Day,
}

/// One point of a timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelinePoint {
    /// When it begins.
    pub at: DateTime<Utc>,
    /// Mentions published in it.
    pub mentions: u64,
    /// Complaints among them.
    pub complaints: u64,
    /// How many of them hold each emotion; all five are there, zeros included.
    pub emotions: BTreeMap<Emotion, u64>,
}

/// How often something went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseCount {
    /// What.
    pub cause: Cause,
    /// How many mentions hold it.
    pub mentions: u64,
    /// How many did in the period of the same length just before.
    pub before: u64,
}

/// A brand's part of the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrandShare {
    /// The brand.
    pub brand: BrandId,
    /// Mentions of it.
    pub mentions: u64,
    /// Complaints among them.
    pub complaints: u64,
    /// Those that hold at least one of the five emotions.
    pub emotional: u64,
}

/// The figures above a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Mentions.
    pub mentions: u64,
    /// Complaints among them.
    pub complaints: u64,
    /// Those that hold at least one of the five emotions.
    pub emotional: u64,
    /// The potential audience of all of them together.
    pub reach: u64,
}

impl Analytics {
    /// Mentions, complaints and emotions over time. Every point of the period is there, zeros included.
    ///
    /// # Errors
    /// ClickHouse does not answer, or the period has too many points.
    pub async fn timeline(
        &self,
        filter: &TrendFilter,
        bucket: Bucket,
        zone: Tz,
    ) -> Result<Vec<TimelinePoint>, AnalyticsError> {
        let starts = buckets::starts(filter.from, filter.to, bucket, zone)?;
        let grain = buckets::grain(&starts, filter.from, filter.to);
        let rows: Vec<questions::TimelineRow> =
            self.rows(self.question(questions::TIMELINE, filter, grain)?).await?;
        let mut points: Vec<TimelinePoint> = starts.iter().map(|at| TimelinePoint::empty(*at)).collect();
        for row in rows {
            let slot = DateTime::from_timestamp(row.slot, 0).unwrap_or_default();
            let Some(point) = buckets::index_of(&starts, slot).map(|index| &mut points[index]) else {
                continue;
            };
            point.mentions += count(row.total);
            point.complaints += count(row.complaints);
            for (emotion, mentions) in Emotion::ALL.into_iter().zip(row.by_emotion) {
                *point.emotions.entry(emotion).or_default() += count(mentions);
            }
        }
        Ok(points)
    }

    /// What went wrong how often, most first; also what went wrong only in the period before.
    ///
    /// # Errors
    /// ClickHouse does not answer.
    pub async fn causes(&self, filter: &TrendFilter) -> Result<Vec<CauseCount>, AnalyticsError> {
        let grain = Grain::of_period(filter.from, filter.to);
        let (middle, to) = (grain.down(filter.from), grain.up(filter.to));
        let from = middle.checked_sub_signed(to - middle).unwrap_or(middle);
        let both = TrendFilter { from, to, ..filter.clone() };
        let question = self.question(questions::CAUSES, &both, grain)?.param("middle", seconds(middle));
        let rows: Vec<questions::CauseRow> = self.rows(question).await?;
        rows.into_iter()
            .map(|row| {
                Ok(CauseCount {
                    cause: cause(&row.cause)?,
                    mentions: count(row.during),
                    before: count(row.before),
                })
            })
            .collect()
    }

    /// Which emotions come with which cause; the cause with most mentions first.
    ///
    /// # Errors
    /// ClickHouse does not answer.
    pub async fn emotions_by_cause(
        &self,
        filter: &TrendFilter,
    ) -> Result<Vec<(Cause, BTreeMap<Emotion, u64>)>, AnalyticsError> {
        let rows: Vec<questions::EmotionsRow> =
            self.rows(self.ask(questions::EMOTIONS_BY_CAUSE, filter)?).await?;
        rows.into_iter()
            .map(|row| {
                let counts = row.by_emotion.into_iter().map(count);
                Ok((cause(&row.cause)?, Emotion::ALL.into_iter().zip(counts).collect()))
            })
            .collect()
    }

    /// Mentions of each source, most first.
    ///
    /// # Errors
    /// ClickHouse does not answer.
    pub async fn sources(&self, filter: &TrendFilter) -> Result<Vec<(String, u64)>, AnalyticsError> {
        let rows: Vec<questions::NameRow> = self.rows(self.ask(questions::SOURCES, filter)?).await?;
        Ok(rows.into_iter().map(|row| (row.name, count(row.total))).collect())
    }

    /// Mentions in each language, most first.
    ///
    /// # Errors
    /// ClickHouse does not answer.
    pub async fn languages(&self, filter: &TrendFilter) -> Result<Vec<(String, u64)>, AnalyticsError> {
        let rows: Vec<questions::NameRow> = self.rows(self.ask(questions::LANGUAGES, filter)?).await?;
        Ok(rows.into_iter().map(|row| (row.name, count(row.total))).collect())
    }

    /// Each brand's part of the conversation, most first. The brands of the filter do not count.
    ///
    /// # Errors
    /// ClickHouse does not answer.
    pub async fn shares(&self, filter: &TrendFilter) -> Result<Vec<BrandShare>, AnalyticsError> {
        let every_brand = TrendFilter { brands: Vec::new(), ..filter.clone() };
        let rows: Vec<questions::ShareRow> = self.rows(self.ask(questions::SHARES, &every_brand)?).await?;
        rows.into_iter()
            .map(|row| {
                let unknown =
                    |error: InvalidBrandId| AnalyticsError::Unknown { what: "brand", value: error.0 };
                Ok(BrandShare {
                    brand: BrandId::try_from(row.brand).map_err(unknown)?,
                    mentions: count(row.total),
                    complaints: count(row.complaints),
                    emotional: count(row.emotional),
                })
            })
            .collect()
    }

    /// The figures of a period. A mention of several brands counts once.
    ///
    /// # Errors
    /// ClickHouse does not answer.
    pub async fn totals(&self, filter: &TrendFilter) -> Result<Totals, AnalyticsError> {
        let rows: Vec<questions::TotalsRow> = self.rows(self.ask(questions::TOTALS, filter)?).await?;
        Ok(rows.first().map_or_else(Totals::default, |row| Totals {
            mentions: count(row.total),
            complaints: count(row.complaints),
            emotional: count(row.emotional),
            reach: count(row.total_reach),
        }))
    }

    /// A brand's past hour by hour, from which alerting learns what is usual.
    ///
    /// # Errors
    /// ClickHouse does not answer, or the period has too many hours.
    pub async fn hourly_history(
        &self,
        brand: &BrandId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Result<Vec<TimelinePoint>, AnalyticsError> {
        let filter = TrendFilter { brands: vec![brand.clone()], from, to, source: None, language: None };
        self.timeline(&filter, Bucket::Hour, Tz::UTC).await
    }

    /// How many mentions there are: those deleted at their source are not counted, those that a brand wrote itself are.
    ///
    /// # Errors
    /// ClickHouse does not answer.
    pub async fn count(&self) -> Result<u64, AnalyticsError> {
        let rows: Vec<u64> =
            self.rows(self.client()?.query_raw("SELECT count() FROM current_mentions")).await?;
        Ok(rows.first().copied().unwrap_or_default())
    }

    fn ask(&self, question: &str, filter: &TrendFilter) -> Result<Query, AnalyticsError> {
        self.question(question, filter, Grain::of_period(filter.from, filter.to))
    }

    fn question(&self, question: &str, filter: &TrendFilter, grain: Grain) -> Result<Query, AnalyticsError> {
        let brands: Vec<&str> = filter.brands.iter().map(BrandId::as_str).collect();
        Ok(self
            .client()?
            .query_raw(&questions::complete(question, grain))
            .param("all_emotions", Emotion::ALL.map(Emotion::as_str).to_vec())
            .param("from", seconds(grain.down(filter.from)))
            .param("to", seconds(grain.up(filter.to)))
            .param("brands", brands)
            .param("source", filter.source.as_deref().unwrap_or_default())
            .param("language", filter.language.as_deref().unwrap_or_default()))
    }

    async fn rows<T: RowOwned + RowRead>(&self, question: Query) -> Result<Vec<T>, AnalyticsError> {
        // The server stops by itself as well, so that a page that nobody waits for any more costs nothing.
        let question = question.with_setting("max_execution_time", TIMEOUT.as_secs().to_string());
        let answered = tokio::time::timeout(TIMEOUT, question.fetch_all()).await;
        Ok(answered.map_err(|_| AnalyticsError::Timeout(TIMEOUT.as_secs()))??)
    }
}

impl TimelinePoint {
    fn empty(at: DateTime<Utc>) -> Self {
        let emotions = Emotion::ALL.into_iter().map(|emotion| (emotion, 0)).collect();
        Self { at, mentions: 0, complaints: 0, emotions }
    }
}

/// Sums are signed in the store, because versions that no longer count are taken off.
fn count(sum: i64) -> u64 {
    u64::try_from(sum).unwrap_or_default()
}

/// What the store's hours can be compared with.
fn seconds(at: DateTime<Utc>) -> i64 {
    at.timestamp().clamp(0, i64::from(u32::MAX))
}

fn cause(name: &str) -> Result<Cause, AnalyticsError> {
    name.parse().map_err(|error: UnknownTag| AnalyticsError::Unknown { what: "cause", value: error.0 })
}
