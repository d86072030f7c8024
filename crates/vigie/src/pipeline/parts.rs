//! The two heavy parts, the model and ClickHouse, and what `/health` says of them.

use std::sync::Arc;

use analytics::{Analytics, Engine, EngineOptions, ServerOptions};
use anyhow::{Context, Result};
use classifier::{Tagger, TaggerOptions, WorkerOptions};
use collectors::HealthBoard;
use journal::{Journal, ReaderStatus};
use tokio::sync::Semaphore;
use web::{Explain, Part, SourceRow};

use super::tasks::Tasks;
use crate::{
    config::{AnalyticsConfig, Config},
    data_dir::DataDir,
};

/// The stage that tags.
pub struct Classifier {
    tagger: Tagger,
    status: Arc<ReaderStatus>,
}

impl Classifier {
    /// Loads the model.
    pub(super) async fn load(config: &Config) -> Result<Self> {
        let model_dir = config.classifier.model_dir();
        let load = move || Tagger::load(&model_dir, TaggerOptions::default());
        let tagger = tokio::task::spawn_blocking(load).await.context("loading the model")??;
        Ok(Self { tagger, status: Arc::default() })
    }

    /// Starts tagging.
    pub(super) fn spawn(&self, tasks: &Tasks, journal: Arc<dyn Journal>) {
        let tagger = Arc::new(self.tagger.clone());
        let (status, shutdown) = (self.status.clone(), tasks.shutdown().clone());
        tasks.spawn("classifier", async move {
            Ok(classifier::run(journal, tagger, WorkerOptions::default(), status, shutdown).await?)
        });
    }

    /// What the pages ask when somebody wants to know why.
    pub(super) fn explainer(&self) -> Explain {
        let tagger = self.tagger.clone();
        // An explanation tags a text some thirty times: one after another, so that new mentions go on being tagged.
        let turn = Arc::new(Semaphore::new(1));
        Arc::new(move |text| {
            let (tagger, turn) = (tagger.clone(), turn.clone());
            Box::pin(async move {
                let _turn = turn.acquire().await;
                classifier::explain(&tagger, &text).await.map_err(|error| error.to_string())
            })
        })
    }

    /// What `/health` says of it.
    pub(super) fn part(&self) -> Part {
        let status = self.status.clone();
        Part { name: "classifier", error: Arc::new(move || status.error()) }
    }

    /// Time that the threads of the model spent in it.
    pub fn busy_seconds(&self) -> f64 {
        self.tagger.busy_time().as_secs_f64()
    }
}

/// ClickHouse: a server by its address, or the engine inside a child process.
pub struct Store {
    /// The handle that queries and writes.
    pub analytics: Analytics,
    engine: Option<Arc<Engine>>,
}

impl Store {
    /// Connects to the configured server, or starts the engine in the data dir.
    pub async fn open(config: &Config, data_dir: &DataDir) -> Result<Self> {
        let settings = &config.analytics;
        if let Some(url) = &settings.url {
            let analytics = Analytics::connect(&server_options(settings, url)?).await?;
            return Ok(Self { analytics, engine: None });
        }
        let engine = Engine::start(EngineOptions {
            program: std::env::current_exe().context("cannot tell where this program is")?,
            arguments: vec!["engine".to_owned()],
            library: settings.library.clone(),
            data_dir: data_dir.join("clickhouse"),
            max_memory_bytes: settings.max_memory_megabytes << 20,
        })
        .await?;
        match Analytics::embedded(&engine).await {
            Ok(analytics) => Ok(Self { analytics, engine: Some(Arc::new(engine)) }),
            Err(error) => {
                engine.stop().await;
                Err(error.into())
            }
        }
    }

    /// What `/health` says of it. A server of one's own is heard of through its reader.
    pub(super) fn part(&self) -> Part {
        // The pages must not keep the engine alive.
        let engine = self.engine.as_ref().map(Arc::downgrade).unwrap_or_default();
        Part {
            name: "clickhouse",
            error: Arc::new(move || engine.upgrade().and_then(|engine| engine.error())),
        }
    }

    /// Ends the engine, if there is one, and waits until it is gone.
    pub async fn close(self) {
        if let Some(engine) = self.engine.and_then(Arc::into_inner) {
            engine.stop().await;
        }
    }
}

fn server_options(config: &AnalyticsConfig, url: &str) -> Result<ServerOptions> {
    let password = match &config.password_file {
        Some(file) => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read the ClickHouse password from {}", file.display()))?,
        None => String::new(),
    };
    Ok(ServerOptions {
        url: url.to_owned(),
        user: config.user.clone(),
        password: password.trim().to_owned(),
        database: config.database.clone(),
    })
}

/// How the sources are doing, as the pages ask for it.
pub(super) fn source_rows(health: Option<HealthBoard>) -> Arc<dyn Fn() -> Vec<SourceRow> + Send + Sync> {
    Arc::new(move || {
        let rows = health.as_ref().map(HealthBoard::rows).unwrap_or_default();
        rows.into_iter()
            .map(|row| SourceRow {
                name: row.name,
                source: row.source,
                healthy: row.healthy,
                last_success_at: row.last_success_at,
                last_error: row.last_error,
                posts_today: row.posts_today,
            })
            .collect()
    })
}
