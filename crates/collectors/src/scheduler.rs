//! Reads every source at its own pace, and none into a journal that is full.

use std::{sync::Arc, time::Duration};

use chrono::Utc;
use domain::Mention;
use futures::future::join_all;
use journal::{Journal, JournalError};
use rand::RngExt;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    CollectError, Collector, HealthBoard, HttpClient, Page, Relevance, SourceConfig, SourceConfigError,
};

/// Sources that are read at the same moment.
const MAX_CONCURRENT: usize = 8;
/// A source that fails is asked less and less, but at least this often.
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);
/// The journal failed, which has nothing to do with the source: the same page is appended again after this.
const APPEND_PAUSE: Duration = Duration::from_secs(5);

/// Reads the configured sources into the journal.
pub struct Scheduler {
    sources: Vec<Source>,
    shared: Arc<Shared>,
}

/// One source and its collector.
struct Source {
    index: usize,
    name: String,
    source: &'static str,
    every: Duration,
    collector: Box<dyn Collector>,
}

/// What all sources use.
struct Shared {
    journal: Arc<dyn Journal>,
    relevance: Arc<Relevance>,
    health: HealthBoard,
    /// Who holds a permit fetches; nobody waits for the journal with one, so a full journal stops nobody but itself.
    fetching: Semaphore,
}

/// Why a page did not reach the journal.
enum StepError {
    Collect(CollectError),
    Journal(JournalError),
    Shutdown,
}

impl Scheduler {
    /// A schedule of these sources. Nothing is read before [`Scheduler::run`].
    ///
    /// # Errors
    /// Two sources have the same name.
    pub fn new(
        journal: Arc<dyn Journal>,
        relevance: Arc<Relevance>,
        sources: &[SourceConfig],
        http: &HttpClient,
    ) -> Result<Self, SourceConfigError> {
        SourceConfig::check_names(sources)?;
        let sources = sources.iter().enumerate().map(|(index, config)| Source {
            index,
            name: config.name.clone(),
            source: config.source,
            every: config.every,
            collector: config.collector(http),
        });
        Ok(Self::of_sources(journal, relevance, sources.collect()))
    }

    fn of_sources(journal: Arc<dyn Journal>, relevance: Arc<Relevance>, sources: Vec<Source>) -> Self {
        let names = sources.iter().map(|source| (source.name.clone(), source.source.to_owned()));
        let health = HealthBoard::new(names);
        let fetching = Semaphore::new(MAX_CONCURRENT);
        Self { sources, shared: Arc::new(Shared { journal, relevance, health, fetching }) }
    }

    /// How the sources are doing; stays readable while the schedule runs.
    pub fn health(&self) -> HealthBoard {
        self.shared.health.clone()
    }

    /// Reads until `shutdown`; then ends after the appends that are under way.
    pub async fn run(self, shutdown: CancellationToken) {
        let shared = &self.shared;
        join_all(self.sources.iter().map(|source| source.run(shared, &shutdown))).await;
    }
}

impl Source {
    async fn run(&self, shared: &Shared, shutdown: &CancellationToken) {
        // Not all at once when the program starts.
        let mut pause = random_part(self.every.min(Duration::from_secs(5)));
        let mut failures = 0;
        loop {
            tokio::select! {
                () = tokio::time::sleep(pause) => {}
                () = shutdown.cancelled() => return,
            }
            match self.round(shared, shutdown).await {
                Ok(()) => {
                    failures = 0;
                    pause = around(self.every);
                }
                Err(StepError::Shutdown) => return,
                Err(StepError::Journal(error)) => {
                    tracing::error!(source = self.name, %error, "the journal failed, the source will be read again");
                    pause = APPEND_PAUSE;
                }
                Err(StepError::Collect(error)) => {
                    failures += 1;
                    pause = self.pause_after(&error, failures);
                    if !shared.health.failed(self.index, error.to_string()) {
                        tracing::warn!(
                            source = self.name,
                            %error,
                            pause_seconds = pause.as_secs(),
                            "the source cannot be read, trying again later"
                        );
                    }
                }
            }
        }
    }

    /// Reads page after page until the source has no more.
    async fn round(&self, shared: &Shared, shutdown: &CancellationToken) -> Result<(), StepError> {
        let cursor_name = format!("collector:{}", self.name);
        let mut cursor = shared.journal.cursor(&cursor_name).await.map_err(StepError::Journal)?;
        loop {
            tokio::select! {
                () = shared.wait_for_room() => {}
                () = shutdown.cancelled() => return Err(StepError::Shutdown),
            }
            let (page, mentions) = tokio::select! {
                fetched = self.fetch(shared, cursor.as_deref()) => fetched.map_err(StepError::Collect)?,
                () = shutdown.cancelled() => return Err(StepError::Shutdown),
            };
            let is_news = !mentions.is_empty() || cursor.as_ref() != Some(&page.cursor);
            if is_news {
                self.append(shared, &mentions, (&cursor_name, &page.cursor), shutdown).await?;
            }
            shared.health.succeeded(self.index, mentions.len(), Utc::now());
            if !page.more {
                return Ok(());
            }
            cursor = Some(page.cursor);
        }
    }

    /// A page, and the mentions in it.
    async fn fetch(
        &self,
        shared: &Shared,
        cursor: Option<&str>,
    ) -> Result<(Page, Vec<Mention>), CollectError> {
        let _permit = shared.fetching.acquire().await.expect("the semaphore is never closed");
        let mut page = self.collector.page(cursor).await?;
        let posts = std::mem::take(&mut page.posts);
        let (relevance, source, collected_at) = (shared.relevance.clone(), self.source, Utc::now());
        let judge = move || -> Vec<Mention> {
            posts.into_iter().filter_map(|post| relevance.mention(source, post, collected_at)).collect()
        };
        let failed = |_| CollectError::Content("the posts could not be matched with the brands".to_owned());
        let mentions = tokio::task::spawn_blocking(judge).await.map_err(failed)?;
        Ok((page, mentions))
    }

    /// Appends the page with its cursor. A journal that filled up in the meantime is waited for: the page is already read.
    async fn append(
        &self,
        shared: &Shared,
        mentions: &[Mention],
        cursor: (&str, &str),
        shutdown: &CancellationToken,
    ) -> Result<(), StepError> {
        loop {
            match shared.journal.append_collected(mentions, Some(cursor)).await {
                Ok(_) => return Ok(()),
                Err(JournalError::Full { .. }) => {
                    tokio::select! {
                        () = shared.journal.wait_for_room() => {}
                        () = shutdown.cancelled() => return Err(StepError::Shutdown),
                    }
                }
                Err(error) => return Err(StepError::Journal(error)),
            }
        }
    }

    /// Twice as long after every failure, or as long as the source asks for.
    fn pause_after(&self, error: &CollectError, failures: u32) -> Duration {
        let backed_off = self.every.saturating_mul(1 << failures.min(10)).min(LONGEST_PAUSE).max(self.every);
        let asked = match error {
            CollectError::Fetch(error) => error.retry_at(),
            CollectError::Content(_) => None,
        };
        let asked = asked.and_then(|until| (until - Utc::now()).to_std().ok());
        asked.unwrap_or_else(|| around(backed_off))
    }
}

impl Shared {
    async fn wait_for_room(&self) {
        if !self.journal.has_room().await {
            self.journal.wait_for_room().await;
        }
    }
}

/// Give or take a tenth, so that sources with the same pace drift apart.
fn around(duration: Duration) -> Duration {
    duration.mul_f64(0.9 + 0.2 * rand::rng().random::<f64>())
}

fn random_part(duration: Duration) -> Duration {
    duration.mul_f64(rand::rng().random::<f64>())
}

#[cfg(test)]
mod tests;
