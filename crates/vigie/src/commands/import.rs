//! `vigie import`: posts from files, through the same pipeline as everything else.

use std::{path::Path, process::ExitCode, sync::Arc, time::Instant};

use anyhow::{Context as _, Result};
use collectors::{
    Relevance,
    import::{ColumnMapping, ImportOptions, ImportReport},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use journal::Journal;
use tokio_util::sync::CancellationToken;

use super::{Context, demo, serve::end_on_signals};
use crate::{
    brands,
    cli::ImportArguments,
    pipeline::{Pipeline, Roles},
    stores,
};

/// Bad rows that are listed one by one; a wrong mapping would list every row of the file.
const MOST_LISTED: u64 = 100;

/// Imports the files; where no `vigie serve` runs in the data dir, the stages run here until everything is read.
pub async fn run(arguments: ImportArguments, context: Context) -> Result<ExitCode> {
    let columns = ColumnMapping::parse(&arguments.columns)?;
    let database = stores::open_state(&context.data_dir)?;
    let brand = brands::find_or_add(&database, &context.config.brands, &arguments.brand).await?;
    let relevance = Relevance::new(std::slice::from_ref(&brand), &context.data_dir.pseudonym_key()?)?;
    let options = ImportOptions { brand, source: arguments.source.clone(), columns };
    let shutdown = CancellationToken::new();
    end_on_signals(shutdown.clone())?;
    // Whoever holds the lock runs the stages; the journal is open to both.
    let is_served = context.data_dir.try_lock()?.is_none();
    let import = Import { relevance: Arc::new(relevance), options, shutdown };
    if is_served {
        let journal: Arc<dyn Journal> = Arc::new(stores::open_journal(&context.data_dir, &context.config)?);
        let report = import.files(&arguments.files, &journal).await?;
        println!("handed to the vigie that runs in this data dir; its pages show them as they are tagged");
        return Ok(report.exit_code());
    }
    let roles = Roles { collect: false, web: false };
    let pipeline =
        Pipeline::start(&context.config, &context.data_dir, roles, import.shutdown.clone()).await?;
    let started = Instant::now();
    let journal = pipeline.journal().clone();
    let work = async {
        let report = import.files(&arguments.files, &journal).await?;
        import.wait_until_read(&journal).await?;
        anyhow::Ok(report)
    };
    let report = tokio::select! {
        report = work => report,
        failed = pipeline.failed() => Err(anyhow::anyhow!(failed)),
    };
    if let Ok(report) = &report {
        let seconds = started.elapsed().as_secs_f64();
        let model_seconds = pipeline.classifier().busy_seconds();
        println!(
            "{} mentions in {seconds:.1} s, {:.0} a second; the model was busy for {model_seconds:.1} thread-seconds",
            report.total.imported,
            report.total.imported as f64 / seconds
        );
    }
    import.shutdown.cancel();
    pipeline.wait().await?;
    Ok(report?.exit_code())
}

struct Import {
    relevance: Arc<Relevance>,
    options: ImportOptions,
    shutdown: CancellationToken,
}

/// What became of all files.
#[derive(Default)]
struct Total {
    total: ImportReport,
}

impl Total {
    fn exit_code(&self) -> ExitCode {
        let is_whole = self.total.bad_rows == 0 && !self.total.interrupted;
        if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl Import {
    async fn files(&self, files: &[impl AsRef<Path>], journal: &Arc<dyn Journal>) -> Result<Total> {
        let mut sum = Total::default();
        for file in files {
            let report = self.file(file.as_ref(), journal).await?;
            sum.total.imported += report.imported;
            sum.total.bad_rows += report.bad_rows;
            sum.total.interrupted |= report.interrupted;
            if report.interrupted {
                println!("interrupted; import the same files again, what is there already stays as it is");
                break;
            }
        }
        Ok(sum)
    }

    async fn file(&self, file: &Path, journal: &Arc<dyn Journal>) -> Result<ImportReport> {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bar = progress_bar("{prefix} {wide_bar} {bytes}/{total_bytes} {msg}")?;
        bar.set_prefix(name.clone());
        let mut listed = 0;
        let report = collectors::import::import(
            file,
            self.options.clone(),
            self.relevance.clone(),
            journal.as_ref(),
            &self.shutdown,
            |progress| {
                bar.set_length(progress.total_bytes);
                bar.set_position(progress.bytes_read);
                bar.set_message(format!("{} mentions", progress.imported));
                bar.suspend(|| {
                    for row in progress.bad_rows.iter().take((MOST_LISTED - listed) as usize) {
                        eprintln!("{row}");
                        listed += 1;
                    }
                });
            },
        )
        .await?;
        bar.finish_and_clear();
        let left_out = match report.bad_rows {
            0 => String::new(),
            rows if rows > listed => {
                format!(", {rows} rows left out, of which the first {listed} are listed")
            }
            rows => format!(", {rows} rows left out"),
        };
        println!("{name}: {} mentions of {}{left_out}", report.imported, self.options.brand.name);
        Ok(report)
    }

    /// Shows what the stages have still to read until nothing is left.
    async fn wait_until_read(&self, journal: &Arc<dyn Journal>) -> Result<()> {
        let bar = progress_bar("tagging {wide_bar} {msg} left")?;
        let mut most = 1;
        let showing = async {
            let mut ticks = tokio::time::interval(demo::LOOK_AGAIN);
            loop {
                ticks.tick().await;
                let lag = demo::lag(journal).await?;
                most = most.max(lag);
                bar.set_length(most);
                bar.set_position(most - lag);
                bar.set_message(lag.to_string());
                if lag == 0 {
                    return anyhow::Ok(());
                }
            }
        };
        tokio::select! {
            shown = showing => shown?,
            () = self.shutdown.cancelled() => println!("interrupted; the rest is tagged by the next vigie that runs in this data dir"),
        }
        bar.finish_and_clear();
        Ok(())
    }
}

fn progress_bar(template: &str) -> Result<ProgressBar> {
    let style = ProgressStyle::with_template(template).context("the progress bar's template")?;
    Ok(ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr()).with_style(style))
}
