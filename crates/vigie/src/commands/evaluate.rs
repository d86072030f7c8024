//! `vigie evaluate`: how well the tagger agrees with labelled texts.

use std::{fs, path::Path, process::ExitCode};

use anyhow::{Context, Result, anyhow, bail};
use classifier::{Judged, LabelledText, Report, Tagger, TaggerOptions};

use crate::{cli::EvaluateArguments, config::Config};

/// Tags the texts and prints precision, recall, F1 and calibration; writes more to a folder if asked.
pub fn run(arguments: &EvaluateArguments, config: &Config) -> Result<ExitCode> {
    let texts = classifier::read_labelled(&arguments.file, None)?;
    if texts.is_empty() {
        bail!("{} holds no labelled text to measure on", arguments.file.display());
    }
    let model = arguments.model.clone().unwrap_or_else(|| config.classifier.model_dir());
    let tagger = Tagger::load(&model, TaggerOptions::default())?;
    let judged = classifier::judge(&tagger, &texts)?;
    let report = format!(
        "{} on {} texts of {}\n{}",
        tagger.settings().version,
        texts.len(),
        arguments.file.display(),
        Report::new(&judged)
    );
    println!("{report}");
    if let Some(folder) = &arguments.report {
        write(folder, &report, &texts, &judged)?;
        println!("report.txt, calibration.svg and errors.jsonl are in {}", folder.display());
    }
    Ok(ExitCode::SUCCESS)
}

fn write(folder: &Path, report: &str, texts: &[LabelledText], judged: &[Judged]) -> Result<()> {
    let plot =
        classifier::calibration_plot(judged).map_err(|reason| anyhow!("cannot draw the plot: {reason}"))?;
    let mut errors = String::new();
    for mistake in classifier::mistakes(texts, judged) {
        errors.push_str(&serde_json::to_string(&mistake)?);
        errors.push('\n');
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    for (name, content) in [("report.txt", report), ("calibration.svg", &plot), ("errors.jsonl", &errors)] {
        let path = folder.join(name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
