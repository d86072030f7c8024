//! Cases: public texts that someone at the brand should answer.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::{BrandId, Cause, Emotion, MentionKey};

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseStatus {
    /// Nobody has it.
    New,
    /// Somebody has it.
    Assigned,
    /// A public answer was given.
    Answered,
    /// Over, or nothing to answer.
    Closed,
    /// The author came back after an answer or a closing.
    Reopened,
}

impl CaseStatus {
    /// Every status, in the order of a case's life.
    pub const ALL: [CaseStatus; 5] =
        [Self::New, Self::Assigned, Self::Answered, Self::Closed, Self::Reopened];

    /// The name in JSON and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Assigned => "assigned",
            Self::Answered => "answered",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }

    /// Whether the author still waits for a first answer.
    pub fn is_waiting(self) -> bool {
        matches!(self, Self::New | Self::Assigned | Self::Reopened)
    }
}

/// A public text that someone at the brand should answer, with its first-response clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its number, in the order of arrival.
    pub id: i64,
    /// The brand.
    pub brand: BrandId,
    /// The mention.
    pub mention: MentionKey,
    /// Its text, for the person who answers.
    pub text: String,
    /// Where to answer.
    pub url: Option<String>,
    /// The author's public handle, kept only while the case is open.
    pub author_handle: Option<String>,
    /// The language of the text.
    pub language: String,
    /// Its emotions.
    pub emotions: Vec<Emotion>,
    /// Its causes.
    pub causes: Vec<Cause>,
    /// Stars, where it is a review.
    pub rating: Option<f32>,
    /// The author's potential audience.
    pub reach: u64,
    /// Where it stands.
    pub status: CaseStatus,
    /// Who has it.
    pub assignee: Option<String>,
    /// When the author published the text: the clock starts here.
    pub published_at: DateTime<Utc>,
    /// When the case was opened.
    pub opened_at: DateTime<Utc>,
    /// When the SLA wants a first answer.
    pub due_at: DateTime<Utc>,
    /// When the first answer was given.
    pub answered_at: Option<DateTime<Utc>>,
    /// The answer's text.
    pub answer_text: Option<String>,
    /// Where the answer can be read.
    pub answer_url: Option<String>,
    /// When it was closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Counts every change; an action names the revision it was decided on, so that two people cannot both take a case.
    pub revision: i64,
}

impl Case {
    /// Time without a first answer: until the answer, else until `now`.
    pub fn silence_seconds(&self, now: DateTime<Utc>) -> i64 {
        let end = self.answered_at.or(self.closed_at).unwrap_or(now);
        (end - self.published_at).num_seconds().max(0)
    }

    /// Whether the first answer came, or is still missing, after the SLA's limit.
    pub fn is_sla_breached(&self, now: DateTime<Utc>) -> bool {
        self.answered_at.or(self.closed_at).unwrap_or(now) > self.due_at
    }
}
