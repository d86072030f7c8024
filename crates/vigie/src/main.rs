//! The `vigie` program: one executable with roles.
#![allow(
    unreachable_pub,
    reason = "a program has no interface; `pub` marks what a module gives to the others"
)]

mod brands;
mod cache;
mod cli;
mod commands;
mod config;
mod data_dir;
mod demo;
mod logging;
mod pipeline;
mod stores;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    // The engine brings threads and signal handlers of its own: its process must not have ours.
    if let Command::Engine(arguments) = &cli.command {
        return commands::engine::run(arguments);
    }
    // SAFETY: this is the program's first thread, and no other has been started yet.
    #[allow(unsafe_code)]
    unsafe {
        classifier::bound_native_caches();
    }
    logging::start(&cli.command);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return fail(&anyhow::Error::new(error).context("cannot start the threads of the program"));
        }
    };
    match runtime.block_on(commands::run(cli)) {
        Ok(code) => code,
        Err(error) => fail(&error),
    }
}

/// One line: what happened, why, what to do.
fn fail(error: &anyhow::Error) -> ExitCode {
    eprintln!("vigie: {error:#}");
    ExitCode::FAILURE
}
