//! What the pages and the API draw on; the program provides it.

use std::sync::Arc;

use alerting::Alerting;
use analytics::Analytics;
use casework::Casework;
use chrono::{DateTime, Utc};
use domain::{Brand, LiveEvent, Reason};
use futures::future::BoxFuture;
use journal::{Journal, ReaderStatus};
use search::SearchIndex;
use serde::Serialize;
use state::Database;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use crate::{Metrics, Part};

/// Everything behind the pages. Clones share it.
#[derive(Clone)]
pub struct WebState {
    /// The file of users and sessions; it must have [`crate::MIGRATIONS`].
    pub database: Database,
    /// The brands that are watched.
    pub brands: Arc<[Brand]>,
    /// The incidents.
    pub alerting: Alerting,
    /// The inbox.
    pub casework: Casework,
    /// The history of all mentions; it may be down, and the pages then say so.
    pub analytics: Analytics,
    /// The index of all current mentions.
    pub search: SearchIndex,
    /// The log between the stages, for `/health` and `/metrics`.
    pub journal: Arc<dyn Journal>,
    /// How the readers of the tagged log are doing, by name.
    pub readers: Arc<[(&'static str, Arc<ReaderStatus>)]>,
    /// Further parts of the program that `/health` speaks of.
    pub parts: Arc<[Part]>,
    /// Asks the model which words of a text carry its tags.
    pub explain: Explain,
    /// How the sources are doing.
    pub sources: Arc<dyn Fn() -> Vec<SourceRow> + Send + Sync>,
    /// What the readers announce; each open page subscribes.
    pub live: broadcast::Sender<LiveEvent>,
    /// The counters of `/metrics`; the program may register its own beside those of the pages.
    pub metrics: Metrics,
    /// Ends the live streams when the program ends.
    pub shutdown: CancellationToken,
}

/// From a text to the reasons for its tags; the error is for the log.
pub type Explain = Arc<dyn Fn(String) -> BoxFuture<'static, Result<Vec<Reason>, String>> + Send + Sync>;

/// One source, as `/health` and the pages show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SourceRow {
    /// The collector's name.
    pub name: String,
    /// The source it reads.
    pub source: String,
    /// Whether its last reading went well.
    pub healthy: bool,
    /// When it last did.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Why it did not.
    pub last_error: Option<String>,
    /// Posts it brought today.
    pub posts_today: u64,
}
