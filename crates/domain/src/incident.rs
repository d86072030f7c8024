//! Alerts and the incidents that group them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{BrandId, Cause, Emotion, MentionKey, StoryId};

/// A count over time that has a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "series", content = "of")]
pub enum Series {
    /// All mentions of the brand.
    Mentions,
    /// The mentions that carry an emotion.
    Emotion(Emotion),
}

/// What an incident is about; one incident is open at a time for each subject of a brand.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "of")]
pub enum Subject {
    /// One story that spreads.
    Story(StoryId),
    /// Many different texts with one cause.
    Cause(Cause),
    /// A rise without a common story or cause.
    Volume,
}

/// One firing: a series left its baseline.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// Which series of the brand.
    pub series: Series,
    /// When the detector fired.
    pub fired_at: DateTime<Utc>,
    /// Mentions in the window that fired.
    pub observed: u32,
    /// What is usual in such a window at this hour.
    pub expected: f32,
    /// Distance from usual, in robust standard deviations.
    pub score: f32,
    /// Length of the window.
    pub window_seconds: u32,
}

/// Where an incident stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentStatus {
    /// Nobody has taken it up.
    Open,
    /// Somebody is on it.
    Acknowledged,
    /// Over.
    Resolved,
}

impl IncidentStatus {
    /// The name in JSON and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
        }
    }
}

/// Alerts of one story or cause, which one person deals with once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number, in the order of opening.
    pub id: i64,
    /// The brand.
    pub brand: BrandId,
    /// What it is about.
    pub subject: Subject,
    /// Open, acknowledged or resolved.
    pub status: IncidentStatus,
    /// When its first alert fired.
    pub opened_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// Who acknowledged it, and when.
    pub acknowledged_by: Option<String>,
    /// When it was acknowledged.
    pub acknowledged_at: Option<DateTime<Utc>>,
    /// Who resolved it; none when its spread died.
    pub resolved_by: Option<String>,
    /// When it was resolved.
    pub resolved_at: Option<DateTime<Utc>>,
    /// The alerts that joined it, oldest first.
    pub alerts: Vec<Alert>,
    /// Mentions that belong to it so far.
    pub mention_count: u32,
    /// Their potential audience.
    pub reach: u64,
    /// Mentions by emotion, most first.
    pub emotions: Vec<(Emotion, u32)>,
    /// Mentions by cause, most first.
    pub causes: Vec<(Cause, u32)>,
    /// Mentions by source, most first.
    pub sources: Vec<(String, u32)>,
    /// The text that started it.
    pub first_mention: Option<IncidentMention>,
    /// The texts with the largest reach and engagement.
    pub top_mentions: Vec<IncidentMention>,
}

/// A mention as an incident quotes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IncidentMention {
    /// Source and external id.
    pub key: MentionKey,
    /// The beginning of its text.
    pub excerpt: String,
    /// Where to read it.
    pub url: Option<String>,
    /// When it was published.
    pub published_at: DateTime<Utc>,
    /// Its potential audience.
    pub reach: u64,
}
