//! `vigie serve`: everything on one machine, until told to end.

use std::process::ExitCode;

use anyhow::Result;
use tokio_util::sync::CancellationToken;

use super::Context;
use crate::{
    cli::ServeArguments,
    pipeline::{Pipeline, Roles},
};

/// Runs the stages and the pages until SIGINT or SIGTERM.
pub async fn run(arguments: ServeArguments, mut context: Context) -> Result<ExitCode> {
    if let Some(listen) = arguments.listen {
        context.config.web.listen = listen;
    }
    let shutdown = CancellationToken::new();
    end_on_signals(shutdown.clone())?;
    let roles = Roles { collect: !arguments.no_collect, web: !arguments.no_web };
    let pipeline = Pipeline::start(&context.config, &context.data_dir, roles, shutdown).await?;
    if let Some(url) = pipeline.url() {
        println!("Vigie listens at {url}");
        if web::auth::users(pipeline.database()).await?.is_empty() {
            println!("Nobody can log in yet: run `vigie user NAME` for a login link.");
        }
    }
    pipeline.wait().await?;
    Ok(ExitCode::SUCCESS)
}

/// Cancels at the first SIGINT or SIGTERM; a second one ends the program at once.
pub fn end_on_signals(shutdown: CancellationToken) -> Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        eprintln!("ending; once more to end at once …");
        shutdown.cancel();
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        std::process::exit(130);
    });
    Ok(())
}
