//! `vigie demo`: the written story of a bad buzz, replayed in front of you.

use std::{process::ExitCode, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use casework::{CaseFilter, Casework};
use chrono::{TimeDelta, Utc};
use collectors::Relevance;
use domain::CaseStatus;
use journal::{Journal, Log};
use tokio_util::sync::CancellationToken;
use web::auth;

use super::serve::end_on_signals;
use crate::{
    cli::DemoArguments,
    config::Config,
    data_dir::DataDir,
    demo::{self, Replay, Story},
    pipeline::{Pipeline, Roles},
};

/// The user of the demo.
const USER: &str = "demo";
/// Who dealt with what came in before.
const TEAM: &str = "claire";
/// How often the wait for the stages looks again.
pub const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Starts everything in a temporary data dir, plays the story, and stays until Ctrl-C.
pub async fn run(arguments: DemoArguments, chosen: &Config) -> Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("vigie-demo-")
        .tempdir()
        .context("cannot make a temporary data dir")?;
    let data_dir = DataDir::open(Some(folder.path()))?;
    let mut config = Config {
        brands: demo::brands(),
        classifier: chosen.classifier.clone(),
        analytics: chosen.analytics.clone(),
        ..Config::default()
    };
    config.web.listen.set_port(arguments.port);
    let shutdown = CancellationToken::new();
    end_on_signals(shutdown.clone())?;
    println!("Starting the stages …");
    let pipeline =
        Pipeline::start(&config, &data_dir, Roles { collect: false, web: true }, shutdown.clone()).await?;
    let relevance = Relevance::new(&config.brands, &data_dir.pseudonym_key()?)?;
    let replay = Replay::new(pipeline.journal().clone(), relevance);

    // The clock of the story reaches the present when its last post is published.
    let length = Story::ending_at(Utc::now())?.day_length();
    let replay_time = TimeDelta::milliseconds((length.num_milliseconds() as f64 / arguments.speed) as i64);
    let story = Story::ending_at(Utc::now() + replay_time)?;
    let past = replay.history(&story).await?;
    println!("Reading {past} mentions of the ten days before …");
    wait_until_read(pipeline.journal(), &shutdown).await?;
    close_old_cases(pipeline.casework()).await?;

    auth::create_user(pipeline.database(), USER, None).await?;
    let token = auth::create_one_time_login(pipeline.database(), USER).await?;
    let url = pipeline.url().context("the demo always has pages")?;
    println!();
    println!("  Open {url}/login?token={token}");
    println!("  (logs in once, as {USER}; Ctrl-C ends everything and leaves nothing behind)");
    println!();
    println!(
        "A day of {} h {:02} plays in {} s; the bad buzz begins at two thirds.",
        length.num_hours(),
        length.num_minutes() % 60,
        replay_time.num_seconds()
    );
    let playing = async {
        replay.day(&story, arguments.speed, &shutdown).await?;
        if !shutdown.is_cancelled() {
            println!("The story is told. The pages stay open until Ctrl-C.");
        }
        shutdown.cancelled().await;
        Ok::<_, anyhow::Error>(())
    };
    tokio::select! {
        played = playing => played?,
        failed = pipeline.failed() => eprintln!("vigie: {failed}"),
    }
    pipeline.wait().await?;
    folder.close().context("cannot remove the temporary data dir")?;
    Ok(ExitCode::SUCCESS)
}

/// The days before were dealt with: only what came in during the last evening still waits.
async fn close_old_cases(casework: &Casework) -> Result<()> {
    let still_open = Utc::now() - TimeDelta::hours(24);
    let waiting = CaseFilter { statuses: vec![CaseStatus::New], ..CaseFilter::default() };
    loop {
        let page = casework.cases(&waiting).await?;
        let old: Vec<_> = page.cases.into_iter().filter(|case| case.published_at < still_open).collect();
        if old.is_empty() {
            return Ok(());
        }
        for case in old {
            casework.close(case.id, TEAM, Some("répondu en message privé".to_owned()), case.revision).await?;
        }
    }
}

/// Returns once every reader has passed everything that was appended.
pub async fn wait_until_read(journal: &Arc<dyn Journal>, shutdown: &CancellationToken) -> Result<()> {
    while !shutdown.is_cancelled() {
        if lag(journal).await? == 0 {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = shutdown.cancelled() => {}
        }
    }
    Ok(())
}

/// What the slowest reader of each log has still to read.
pub async fn lag(journal: &Arc<dyn Journal>) -> Result<u64> {
    let stats = journal.stats().await?;
    let slowest = |log: Log| {
        let readers = stats.logs.iter().filter(|stats| stats.log == log).flat_map(|stats| &stats.readers);
        readers.map(|reader| reader.lag).max().unwrap_or(0)
    };
    Ok(slowest(Log::Collected) + slowest(Log::Tagged))
}
