//! Cases as the API speaks of them.

use casework::{CaseCounts, CaseEvent};
use chrono::{DateTime, Utc};
use domain::Case;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A public text that someone should answer, with its first-response clock.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseBody {
    id: i64,
    brand: String,
    source: String,
    external_id: String,
    text: String,
    /// Where to answer.
    url: Option<String>,
    /// The author's public handle; only while the case is open.
    author_handle: Option<String>,
    /// BCP 47.
    language: String,
    emotions: Vec<&'static str>,
    causes: Vec<&'static str>,
    /// Stars, 1 to 5.
    rating: Option<f32>,
    /// The author's potential audience.
    reach: u64,
    /// `new`, `assigned`, `answered`, `closed` or `reopened`.
    #[schema(example = "new")]
    status: &'static str,
    assignee: Option<String>,
    published_at: DateTime<Utc>,
    opened_at: DateTime<Utc>,
    /// When a first answer is due.
    due_at: DateTime<Utc>,
    answered_at: Option<DateTime<Utc>>,
    answer_text: Option<String>,
    answer_url: Option<String>,
    closed_at: Option<DateTime<Utc>>,
    /// Time without a first answer: until it came, else until now.
    silence_seconds: i64,
    /// Whether the first answer came, or is still missing, after its limit.
    sla_breached: bool,
    /// What an action must name, so that nobody decides on an older state.
    revision: i64,
}

impl CaseBody {
    pub(super) fn new(case: Case, now: DateTime<Utc>) -> Self {
        Self {
            silence_seconds: case.silence_seconds(now),
            sla_breached: case.is_sla_breached(now),
            id: case.id,
            brand: case.brand.into(),
            source: case.mention.source,
            external_id: case.mention.external_id,
            text: case.text,
            url: case.url,
            author_handle: case.author_handle,
            language: case.language,
            emotions: case.emotions.iter().map(|emotion| emotion.as_str()).collect(),
            causes: case.causes.iter().map(|cause| cause.as_str()).collect(),
            rating: case.rating,
            reach: case.reach,
            status: case.status.as_str(),
            assignee: case.assignee,
            published_at: case.published_at,
            opened_at: case.opened_at,
            due_at: case.due_at,
            answered_at: case.answered_at,
            answer_text: case.answer_text,
            answer_url: case.answer_url,
            closed_at: case.closed_at,
            revision: case.revision,
        }
    }
}

/// A page of cases.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CasesBody {
    /// How many there are on all pages.
    pub(super) total: usize,
    pub(super) cases: Vec<CaseBody>,
    /// The `skip` of the next page; none on the last.
    pub(super) next: Option<usize>,
}

/// A case with its history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseDetailBody {
    pub(super) case: CaseBody,
    /// Oldest first.
    pub(super) history: Vec<CaseEventBody>,
}

/// An entry of a case's history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseEventBody {
    at: DateTime<Utc>,
    /// `opened`, `assigned`, `released`, `answered`, `closed`, `edited` or `deleted_at_source`.
    #[schema(example = "assigned")]
    kind: &'static str,
    /// Who did it; none for what the pipeline saw.
    actor: Option<String>,
    note: Option<String>,
}

impl From<CaseEvent> for CaseEventBody {
    fn from(event: CaseEvent) -> Self {
        Self { at: event.at, kind: event.kind.as_str(), actor: event.actor, note: event.note }
    }
}

/// The inbox at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseCountsBody {
    /// Cases that nobody has.
    new: usize,
    /// Cases that somebody has and has not answered.
    assigned: usize,
    answered: usize,
    closed: usize,
    /// Cases that wait for a first answer after their limit.
    overdue: usize,
    /// Since the text that has waited longest was published; 0 when none waits.
    longest_silence_seconds: i64,
}

impl From<CaseCounts> for CaseCountsBody {
    fn from(counts: CaseCounts) -> Self {
        Self {
            new: counts.new,
            assigned: counts.assigned,
            answered: counts.answered,
            closed: counts.closed,
            overdue: counts.overdue,
            longest_silence_seconds: counts.longest_silence_seconds,
        }
    }
}

/// What an action was decided on.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RevisionRequest {
    /// The `revision` of the case as the caller read it.
    pub(super) revision: i64,
}

/// An answer that was given in public.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct AnswerRequest {
    /// The `revision` of the case as the caller read it.
    pub(super) revision: i64,
    /// What was answered.
    pub(super) text: String,
    /// Where it can be read.
    pub(super) url: Option<String>,
}

/// Why a case is over.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CloseRequest {
    /// The `revision` of the case as the caller read it.
    pub(super) revision: i64,
    /// In the caller's words.
    pub(super) reason: Option<String>,
}
