//! `vigie check`: what works, what does not, what to do.

use std::{path::Path, process::ExitCode};

use anyhow::{Context as _, Result, bail};
use classifier::{Precision, Tagger, TaggerOptions};
use collectors::{HttpClient, SourceConfig};
use journal::Journal;

use crate::{config::Config, data_dir::DataDir, pipeline::Store, stores};

/// A complaint that any usable model recognises.
const SAMPLE: &str = "Toujours rien reçu, troisième relance sans réponse. C’est honteux.";

/// What was found, line by line.
#[derive(Default)]
struct Report {
    failures: usize,
}

impl Report {
    fn line(&mut self, what: &str, finding: Result<String>) {
        match finding {
            Ok(text) => println!("ok    {what:<14} {text}"),
            Err(error) => {
                self.failures += 1;
                println!("FAIL  {what:<14} {error:#}");
            }
        }
    }
}

/// Looks at every part; the exit code says whether all work.
pub async fn run(config: Option<&Path>, data_dir: Option<&Path>) -> Result<ExitCode> {
    let mut report = Report::default();
    let config = match Config::load(config) {
        Ok(config) => {
            let (brands, sources) = (config.brands.len(), config.sources.len());
            let advice = if brands == 0 { "; add [[brands]] to watch something" } else { "" };
            report.line("configuration", Ok(format!("{brands} brands, {sources} sources{advice}")));
            config
        }
        Err(error) => {
            // Everything else depends on it.
            report.line("configuration", Err(error));
            return Ok(ExitCode::FAILURE);
        }
    };
    report.line("model", check_model(&config).await);
    match DataDir::open(data_dir) {
        Ok(data_dir) => {
            report.line("data dir", check_stores(&config, &data_dir).await);
            report.line("ClickHouse", check_clickhouse(&config, &data_dir).await);
        }
        Err(error) => report.line("data dir", Err(error)),
    }
    for webhook in &config.webhooks {
        let checked = webhook.secret().map(|_| format!("{}: secret in place", webhook.name));
        report.line("webhook", checked.map_err(anyhow::Error::from));
    }
    if !config.sources.is_empty() {
        let http =
            HttpClient::new(config.collectors.http_options()).context("cannot prepare the HTTP client")?;
        for source in &config.sources {
            report.line("source", check_source(source, &http).await);
        }
    }
    if report.failures == 0 {
        println!("everything works");
        return Ok(ExitCode::SUCCESS);
    }
    println!("{} of the above need attention", report.failures);
    Ok(ExitCode::FAILURE)
}

async fn check_model(config: &Config) -> Result<String> {
    let model_dir = config.classifier.model_dir();
    let load = move || Tagger::load(&model_dir, TaggerOptions::default());
    let tagger = tokio::task::spawn_blocking(load).await??;
    let version = &tagger.settings().version;
    let tags = tagger.tag(vec![SAMPLE.to_owned()]).await?;
    if tags.iter().all(|tags| tags.held.is_empty()) {
        bail!("{version} finds nothing in a plain complaint; restore models/tagger from the repository");
    }
    Ok(format!("{version}, {} on this CPU", Precision::of_this_machine().as_str()))
}

async fn check_stores(config: &Config, data_dir: &DataDir) -> Result<String> {
    let running = data_dir.try_lock()?.is_none();
    stores::open_state(data_dir)?;
    let journal = stores::open_journal(data_dir, config)?;
    let stats = journal.stats().await?;
    let waiting: u64 =
        stats.logs.iter().flat_map(|log| &log.readers).map(|reader| reader.lag).max().unwrap_or(0);
    let state = if running { "in use by a running vigie" } else { "free" };
    let used = stats.bytes >> 20;
    let limit = stats.max_bytes >> 20;
    Ok(format!(
        "{}: {state}, journal {used} of {limit} MB, {waiting} mentions to be read",
        data_dir.path().display()
    ))
}

async fn check_clickhouse(config: &Config, data_dir: &DataDir) -> Result<String> {
    let lock = data_dir.try_lock()?;
    if lock.is_none() && config.analytics.url.is_none() {
        return Ok("embedded, inside the running vigie; its /health says more".to_owned());
    }
    let store = Store::open(config, data_dir).await?;
    let counted = store.analytics.count().await;
    store.close().await;
    let place = config.analytics.url.as_deref().unwrap_or("embedded");
    Ok(format!("{place}: {} mentions", counted.context("the mentions cannot be counted")?))
}

async fn check_source(source: &SourceConfig, http: &HttpClient) -> Result<String> {
    let page = source.collector(http).page(None).await.with_context(|| source.name.clone())?;
    let newest = page.posts.iter().map(|post| post.published_at).max();
    let newest =
        newest.map(|at| format!(", the newest of {}", at.format("%Y-%m-%d %H:%M UTC"))).unwrap_or_default();
    Ok(format!("{}: {} posts{newest}", source.name, page.posts.len()))
}
