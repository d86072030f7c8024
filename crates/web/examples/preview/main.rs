//! The pages with made-up data, to work on their looks: `cargo run -p vigie-web --example preview [PORT]`.
//!
//! It prints an address that logs in, and brings a new mention now and then until it is interrupted.

mod made_up;

use std::{error::Error, process::ExitCode, sync::Arc, time::Duration};

use alerting::Alerting;
use analytics::{Analytics, Engine, EngineOptions};
use casework::{Answer, CaseFilter, Casework};
use chrono::{TimeDelta, Utc};
use domain::{LiveEvent, TaggedMention};
use journal::{Entry, JournalOptions, SqliteJournal, TaggedReader};
use search::SearchIndex;
use state::Database;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use vigie_web::{Metrics, WebOptions, WebState, auth};

/// The argument that makes the preview host the engine, in a process of its own.
const ENGINE: &str = "engine";

/// What a failure of the preview is: told, and no more.
type Failure = Box<dyn Error + Send + Sync>;

/// Everything that follows the tagged log.
struct Readers {
    readers: Vec<Box<dyn TaggedReader>>,
    offset: u64,
}

impl Readers {
    async fn take_in(&mut self, mentions: Vec<TaggedMention>) -> Result<Vec<LiveEvent>, Failure> {
        let first = self.offset + 1;
        let entries: Vec<_> =
            mentions.into_iter().zip(first..).map(|(record, offset)| Entry { offset, record }).collect();
        self.offset += entries.len() as u64;
        let mut events = Vec::new();
        for reader in &mut self.readers {
            events.extend(reader.apply(&entries).await?);
        }
        Ok(events)
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // The engine brings threads and signal handlers of its own: its process must not have ours.
    if arguments.first().is_some_and(|first| first == ENGINE) {
        return analytics::run_engine_host(&arguments[1..]);
    }
    tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(std::io::stderr).init();
    match preview(arguments.first().map(String::as_str)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("preview: {error}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn preview(port: Option<&str>) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let database =
        Database::open_in_memory(&[vigie_web::MIGRATIONS, casework::MIGRATIONS, alerting::MIGRATIONS])?;
    auth::create_user(&database, "anne", Some("mot de passe")).await?;
    let brands = made_up::brands();
    let casework = Casework::new(database.clone(), &brands);
    let alerting = Alerting::new(database.clone(), &[]);
    let search = SearchIndex::open(&folder.path().join("search"))?;
    let engine = Engine::start(EngineOptions {
        program: std::env::current_exe()?,
        arguments: vec![ENGINE.to_owned()],
        library: None,
        data_dir: folder.path().join("clickhouse"),
        max_memory_bytes: 1 << 30,
    })
    .await?;
    let history = Analytics::embedded(&engine).await?;
    let mut readers = Readers {
        readers: vec![
            Box::new(alerting.reader()),
            Box::new(casework.reader()),
            Box::new(search.reader_stage()),
            Box::new(history.reader()),
        ],
        offset: 0,
    };
    // In small steps, as live mentions come: alerting looks at each batch by itself.
    let mut everything = made_up::everything(Utc::now()).into_iter().peekable();
    while everything.peek().is_some() {
        readers.take_in(everything.by_ref().take(20).collect()).await?;
    }
    work_a_little(&alerting, &casework).await?;
    let live = broadcast::Sender::new(256);
    let shutdown = CancellationToken::new();
    let token = auth::create_one_time_login(&database, "anne").await?;
    let state = WebState {
        database,
        brands: Arc::from(brands),
        alerting,
        casework,
        search,
        analytics: history,
        journal: Arc::new(SqliteJournal::open(&folder.path().join("journal.db"), JournalOptions::default())?),
        readers: Arc::from([]),
        parts: Arc::from([]),
        explain: Arc::new(|_| Box::pin(async { Ok(Vec::new()) })),
        sources: Arc::new(Vec::new),
        live: live.clone(),
        metrics: Metrics::default(),
        shutdown: shutdown.clone(),
    };
    let port = port.map_or(Ok(8090), str::parse::<u16>)?;
    let options = WebOptions { listen: ([127, 0, 0, 1], port).into(), ..WebOptions::default() };
    let server = vigie_web::serve(state, &options, shutdown.clone()).await?;
    println!("{}/login?token={token}", server.url());
    let mut ticks = tokio::time::interval(Duration::from_secs(20));
    for id in 10_000_u64.. {
        tokio::select! {
            _ = ticks.tick() => {
                let mention = made_up::ordinary(id, Utc::now());
                for event in readers.take_in(vec![mention.clone()]).await? {
                    let _ = live.send(event);
                }
                let _ = live.send(LiveEvent::Mention(Box::new(mention)));
            }
            _ = tokio::signal::ctrl_c() => break,
        }
    }
    shutdown.cancel();
    server.wait().await?;
    engine.stop().await;
    Ok(())
}

/// What people did before the pages are looked at: an incident taken up, cases taken, answered, closed, and old ones done with.
async fn work_a_little(alerting: &Alerting, casework: &Casework) -> Result<(), Failure> {
    if let Some(oldest) = alerting.open(None).await?.last() {
        alerting.acknowledge(oldest.id, "bruno").await?;
    }
    let yesterday = Utc::now() - TimeDelta::hours(20);
    let mut waiting = Vec::new();
    let mut next = Some(0);
    while let Some(skip) = next {
        let page = casework.cases(&CaseFilter { skip, ..CaseFilter::default() }).await?;
        waiting.extend(page.cases);
        next = page.next_skip;
    }
    for case in waiting {
        match case.id % 7 {
            _ if case.published_at < yesterday => {
                casework
                    .close(case.id, "bruno", Some("réglé au téléphone".to_owned()), case.revision)
                    .await?;
            }
            0 => drop(casework.assign(case.id, "bruno", case.revision).await?),
            1 => drop(casework.assign(case.id, "anne", case.revision).await?),
            2 => {
                let answer = Answer {
                    text: "Bonjour Léa, votre colis est retrouvé : il part ce soir, et nous vous rappelons demain matin.".to_owned(),
                    url: Some("https://social.example/answer".to_owned()),
                };
                casework.mark_answered(case.id, "anne", answer, case.revision).await?;
            }
            _ => {}
        }
    }
    Ok(())
}
