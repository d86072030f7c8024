//! `vigie engine`: the child process that hosts the embedded ClickHouse server.

use std::process::ExitCode;

use crate::cli::EngineArguments;

/// Runs the engine until its parent closes the pipe or dies.
pub fn run(arguments: &EngineArguments) -> ExitCode {
    analytics::run_engine_host(&arguments.arguments)
}
