//! Hosts the engine for the tests and benches of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    vigie_analytics::run_engine_host(&arguments)
}
