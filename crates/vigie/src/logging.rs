//! The log goes to standard error: for people on a terminal, as JSON for machines.

use std::io;

use tracing_subscriber::{EnvFilter, fmt};

use crate::cli::Command;

/// What is logged, such as `info` or `warn,vigie_collectors=debug`.
const FILTER_VARIABLE: &str = "VIGIE_LOG";
/// `json` for one JSON object a line.
const FORMAT_VARIABLE: &str = "VIGIE_LOG_FORMAT";

/// Starts the log. Commands that answer and end are quiet unless something is wrong.
pub fn start(command: &Command) {
    let default = match command {
        Command::Serve(_) => "info,tantivy=warn,hyper=warn,rustls=warn",
        _ => "warn,tantivy=error",
    };
    let filter = EnvFilter::builder()
        .with_env_var(FILTER_VARIABLE)
        .try_from_env()
        .unwrap_or_else(|_| EnvFilter::new(default));
    let log = fmt().with_env_filter(filter).with_writer(io::stderr);
    if std::env::var(FORMAT_VARIABLE).is_ok_and(|format| format == "json") {
        log.json().init();
    } else {
        log.with_target(false).init();
    }
}
