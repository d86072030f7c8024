//! The commands, one file each.

mod check;
mod classify;
mod demo;
pub mod engine;
mod evaluate;
mod import;
mod search;
mod serve;
mod train;
mod user;

use std::process::ExitCode;

use anyhow::Result;

use crate::{
    cli::{Cli, Command},
    config::Config,
    data_dir::DataDir,
};

/// What every command knows of its surroundings.
pub struct Context {
    /// The configuration.
    pub config: Config,
    /// Where Vigie keeps its data.
    pub data_dir: DataDir,
}

/// Does what the command line asks for.
pub async fn run(cli: Cli) -> Result<ExitCode> {
    match cli.command {
        // These need neither data dir nor, but for the model's place, a configuration.
        Command::Demo(arguments) => demo::run(arguments, &Config::load(cli.config.as_deref())?).await,
        Command::Classify(arguments) => {
            blocking(move || classify::run(&arguments, &Config::load(cli.config.as_deref())?)).await
        }
        Command::Train(arguments) => {
            blocking(move || train::run(arguments, &Config::load(cli.config.as_deref())?)).await
        }
        Command::Evaluate(arguments) => {
            blocking(move || evaluate::run(&arguments, &Config::load(cli.config.as_deref())?)).await
        }
        Command::Check => check::run(cli.config.as_deref(), cli.data_dir.as_deref()).await,
        Command::Engine(_) => unreachable!("main starts the engine before the runtime"),
        command => {
            let config = Config::load(cli.config.as_deref())?;
            let data_dir = DataDir::open(cli.data_dir.as_deref())?;
            let context = Context { config, data_dir };
            match command {
                Command::Serve(arguments) => serve::run(arguments, context).await,
                Command::Import(arguments) => import::run(arguments, context).await,
                Command::Search(arguments) => search::run(arguments, &context).await,
                Command::User(arguments) => user::run(arguments, &context).await,
                _ => unreachable!("every other command is matched above"),
            }
        }
    }
}

/// Runs what computes for long on a thread that may block.
async fn blocking(work: impl FnOnce() -> Result<ExitCode> + Send + 'static) -> Result<ExitCode> {
    tokio::task::spawn_blocking(work).await?
}
