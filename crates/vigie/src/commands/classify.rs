//! `vigie classify`: JSONL with texts in, JSONL with scores and tags out, in input order.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter},
    path::Path,
    process::ExitCode,
};

use anyhow::{Context, Result};
use classifier::{ClassifierError, Tagger, TaggerOptions};

use crate::{cli::ClassifyArguments, config::Config};

/// Tags every line; lines that cannot be read are listed on standard error and left out.
pub fn run(arguments: &ClassifyArguments, config: &Config) -> Result<ExitCode> {
    let mut input = open(arguments.file.as_deref())?;
    let options = TaggerOptions { precision: arguments.precision, ..TaggerOptions::default() };
    let tagger = Tagger::load(&config.classifier.model_dir(), options)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let summary = match classifier::classify(&tagger, &mut input, &mut output) {
        // Whoever reads has seen enough, as `head` does.
        Err(ClassifierError::File { reason, .. }) if reason.kind() == io::ErrorKind::BrokenPipe => {
            return Ok(ExitCode::SUCCESS);
        }
        other => other?,
    };
    if summary.bad_lines == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    let name = arguments
        .file
        .as_ref()
        .map_or_else(|| "standard input".to_owned(), |file| file.display().to_string());
    for (line, reason) in &summary.first_bad_lines {
        eprintln!("{name}, line {line}: {reason}; expected an object with \"id\" and \"text\"");
    }
    eprintln!("{} of {} lines were left out", summary.bad_lines, summary.bad_lines + summary.texts);
    Ok(ExitCode::FAILURE)
}

fn open(file: Option<&Path>) -> Result<Box<dyn BufRead>> {
    Ok(match file {
        None => Box::new(io::stdin().lock()),
        Some(path) => {
            let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
            Box::new(BufReader::new(file))
        }
    })
}
