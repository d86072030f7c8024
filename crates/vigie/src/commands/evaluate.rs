//! `vigie evaluate`: how well the tagger agrees with labelled texts.

use std::process::ExitCode;

use anyhow::Result;
use classifier::{Tagger, TaggerOptions};

use crate::{cli::EvaluateArguments, config::Config};

/// Tags the texts and prints precision, recall, F1 and calibration.
pub fn run(arguments: &EvaluateArguments, config: &Config) -> Result<ExitCode> {
    let labelled = classifier::read_labelled(&arguments.file, None)?;
    let tagger = Tagger::load(&config.classifier.model_dir(), TaggerOptions::default())?;
    let report = classifier::evaluate(&tagger, &labelled)?;
    println!("{} on {} texts\n{report}", tagger.settings().version, labelled.len());
    Ok(ExitCode::SUCCESS)
}
