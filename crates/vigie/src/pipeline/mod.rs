//! The stages put together: opened, wired through the journal, watched, and ended in order.

mod parts;
mod tasks;

use std::{sync::Arc, time::Duration};

use alerting::{Alerting, HourCount, Notifier};
use analytics::Analytics;
use anyhow::{Context, Result};
use casework::Casework;
use chrono::{TimeDelta, Utc};
use collectors::{HttpClient, Relevance, Scheduler};
use domain::{Brand, LiveEvent, Series};
use journal::{Journal, ReaderStatus, TaggedReader, follow};
use state::Database;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use web::{Metrics, Server, WebState};

use crate::{
    brands,
    config::Config,
    data_dir::{DataDir, DataDirLock},
    stores,
};
use parts::Classifier;
pub use parts::Store;
use tasks::Tasks;

/// Events that an open page may lag behind before it has to reload.
const LIVE_EVENTS: usize = 1024;
/// Mentions a reader takes at once: enough to be quick when behind, few enough to be early when live.
const READER_BATCH: usize = 256;
/// ClickHouse wants large inserts.
const ANALYTICS_BATCH: usize = 10_000;
/// How often the journal forgets what all readers have passed.
const TRIM_EVERY: Duration = Duration::from_secs(30);
/// How often incidents are looked through for those that are over.
const RESOLVE_EVERY: Duration = Duration::from_secs(60);
/// What a new baseline is made of.
const HISTORY: TimeDelta = TimeDelta::days(28);

/// Which parts run besides the stages that follow the journal.
#[derive(Debug, Clone, Copy)]
pub struct Roles {
    /// Read the configured sources.
    pub collect: bool,
    /// Serve pages and API.
    pub web: bool,
}

/// Everything that runs on one machine.
pub struct Pipeline {
    database: Database,
    journal: Arc<dyn Journal>,
    casework: Casework,
    classifier: Classifier,
    /// Taken when everything ends.
    store: Option<Store>,
    server: Option<Server>,
    url: Option<String>,
    tasks: Tasks,
    _lock: DataDirLock,
}

impl Pipeline {
    /// Opens the stores, loads the model, starts the stages. What cannot work is said at once, and nothing is left running.
    pub async fn start(
        config: &Config,
        data_dir: &DataDir,
        roles: Roles,
        shutdown: CancellationToken,
    ) -> Result<Self> {
        let lock = data_dir.lock()?;
        let database = stores::open_state(data_dir)?;
        let journal: Arc<dyn Journal> = Arc::new(stores::open_journal(data_dir, config)?);
        let search = stores::open_search(data_dir)?;
        // The model and the engine take a second each to start: they start together.
        let (classifier, store) = tokio::join!(Classifier::load(config), Store::open(config, data_dir));
        let (classifier, store) = match (classifier, store) {
            (Ok(classifier), Ok(store)) => (classifier, store),
            (Err(error), store) => {
                if let Ok(store) = store {
                    store.close().await;
                }
                return Err(error);
            }
            (Ok(_), Err(error)) => return Err(error),
        };
        let brands = brands::all(&database, &config.brands).await?;
        let alerting = Alerting::new(database.clone(), &config.webhooks);
        let casework = Casework::new(database.clone(), &brands);
        let live = broadcast::Sender::new(LIVE_EVENTS);
        let mut pipeline = Self {
            database,
            journal,
            casework,
            classifier,
            store: Some(store),
            server: None,
            url: None,
            tasks: Tasks::new(shutdown),
            _lock: lock,
        };
        let started = pipeline.start_tasks(config, data_dir, roles, &brands, &alerting, &search, &live).await;
        if let Err(error) = started {
            pipeline.tasks.shutdown().cancel();
            pipeline.end().await;
            return Err(error);
        }
        Ok(pipeline)
    }

    #[expect(clippy::too_many_arguments, reason = "the one place where everything meets")]
    async fn start_tasks(
        &mut self,
        config: &Config,
        data_dir: &DataDir,
        roles: Roles,
        brands: &[Brand],
        alerting: &Alerting,
        search: &search::SearchIndex,
        live: &broadcast::Sender<LiveEvent>,
    ) -> Result<()> {
        let store = self.store.as_ref().context("the store is open until the pipeline ends")?;
        let (analytics, store_part) = (store.analytics.clone(), store.part());
        for brand in brands {
            warm_up(alerting, &analytics, brand).await;
        }
        let readers = vec![
            self.follow(Box::new(alerting.reader()), READER_BATCH, live),
            self.follow(Box::new(self.casework.reader()), READER_BATCH, live),
            self.follow(Box::new(search.reader_stage()), READER_BATCH, live),
            self.follow(Box::new(analytics.reader()), ANALYTICS_BATCH, live),
        ];
        self.classifier.spawn(&self.tasks, self.journal.clone());
        let notifier = Notifier::new(alerting)?;
        self.tasks.spawn("notifications", {
            let shutdown = self.tasks.shutdown().clone();
            async move {
                notifier.run(shutdown).await;
                Ok(())
            }
        });
        self.spawn_housekeeping(alerting, live);
        let health = match roles.collect && !config.sources.is_empty() {
            true => {
                let relevance = Arc::new(Relevance::new(brands, &data_dir.pseudonym_key()?)?);
                let http = HttpClient::new(config.collectors.http_options())?;
                let scheduler = Scheduler::new(self.journal.clone(), relevance, &config.sources, &http)?;
                let health = scheduler.health();
                let shutdown = self.tasks.shutdown().clone();
                self.tasks.spawn("collectors", async move {
                    scheduler.run(shutdown).await;
                    Ok(())
                });
                Some(health)
            }
            false => None,
        };
        if roles.web {
            let state = WebState {
                database: self.database.clone(),
                brands: Arc::from(brands),
                alerting: alerting.clone(),
                casework: self.casework.clone(),
                search: search.clone(),
                analytics,
                journal: self.journal.clone(),
                readers: Arc::from(readers),
                parts: Arc::from([self.classifier.part(), store_part]),
                explain: self.classifier.explainer(),
                sources: parts::source_rows(health),
                live: live.clone(),
                metrics: Metrics::default(),
                shutdown: self.tasks.shutdown().clone(),
            };
            let options = config.web.options();
            let server = web::serve(state, &options, self.tasks.shutdown().clone()).await?;
            self.url = Some(server.url());
            self.server = Some(server);
        }
        Ok(())
    }

    /// A reader of the tagged log, in a task of its own.
    fn follow(
        &self,
        reader: Box<dyn TaggedReader>,
        batch: usize,
        live: &broadcast::Sender<LiveEvent>,
    ) -> (&'static str, Arc<ReaderStatus>) {
        let name = reader.name();
        let status = Arc::<ReaderStatus>::default();
        let (journal, live) = (self.journal.clone(), live.clone());
        let (shutdown, held) = (self.tasks.shutdown().clone(), status.clone());
        self.tasks.spawn(name, async move {
            // Nobody may be listening, which is no error.
            let announce =
                move |events: Vec<LiveEvent>| events.into_iter().for_each(|event| drop(live.send(event)));
            Ok(follow(journal, reader, batch, announce, held, shutdown).await?)
        });
        (name, status)
    }

    fn spawn_housekeeping(&self, alerting: &Alerting, live: &broadcast::Sender<LiveEvent>) {
        let journal = self.journal.clone();
        self.tasks.spawn_every("trimming", TRIM_EVERY, move || {
            let journal = journal.clone();
            async move {
                journal.trim().await?;
                Ok(())
            }
        });
        let (alerting, live) = (alerting.clone(), live.clone());
        self.tasks.spawn_every("resolving", RESOLVE_EVERY, move || {
            let (alerting, live) = (alerting.clone(), live.clone());
            async move {
                for incident in alerting.resolve_quiet(Utc::now()).await? {
                    drop(live.send(LiveEvent::Incident(Box::new(incident))));
                }
                Ok(())
            }
        });
    }

    /// Where the pages are.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// `state.db`.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The log between the stages.
    pub fn journal(&self) -> &Arc<dyn Journal> {
        &self.journal
    }

    /// The inbox.
    pub fn casework(&self) -> &Casework {
        &self.casework
    }

    /// The stage that tags.
    pub fn classifier(&self) -> &Classifier {
        &self.classifier
    }

    /// Returns once a stage ended before its time, and says which and why.
    pub async fn failed(&self) -> String {
        self.tasks.failed().await
    }

    /// Runs until told to end, or until a stage fails; then ends everything in order.
    pub async fn wait(mut self) -> Result<()> {
        self.tasks.shutdown().cancelled().await;
        self.end().await;
        self.tasks.result()
    }

    /// Pages first, then the stages, then what they write to.
    async fn end(&mut self) {
        if let Some(server) = self.server.take()
            && let Err(error) = server.wait().await
        {
            tracing::error!(%error, "the pages ended with an error");
        }
        self.tasks.drain().await;
        if let Some(store) = self.store.take() {
            store.close().await;
        }
    }
}

/// Gives a brand that alerting does not know yet the baseline that its history tells.
async fn warm_up(alerting: &Alerting, analytics: &Analytics, brand: &Brand) {
    let now = Utc::now();
    let warmed = async {
        let hours =
            analytics.hourly_history(&brand.id, now - HISTORY, now).await.context("reading the history")?;
        let counts = hours.iter().flat_map(|hour| {
            let count = |series, mentions: u64| HourCount {
                at: hour.at,
                series,
                mentions: u16::try_from(mentions).unwrap_or(u16::MAX),
            };
            let emotions = hour.emotions.iter().map(move |(emotion, n)| count(Series::Emotion(*emotion), *n));
            std::iter::once(count(Series::Mentions, hour.mentions)).chain(emotions)
        });
        let counts: Vec<HourCount> = counts.filter(|count| count.mentions > 0).collect();
        anyhow::Ok(alerting.warm_up(&brand.id, &counts).await?)
    };
    match warmed.await {
        Ok(true) => tracing::info!(brand = %brand.id, "baseline made from the history"),
        Ok(false) => {}
        Err(error) => tracing::warn!(brand = %brand.id, "no baseline from the history: {error:#}"),
    }
}
