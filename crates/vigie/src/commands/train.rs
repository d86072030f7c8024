//! `vigie train`: from labelled texts to the model in use, on this machine.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use classifier::{Progress, TrainOptions};

use crate::{cache, cli::TrainArguments, config::Config};

/// The version that a trained model carries until versions can be chosen.
const VERSION: &str = "tagger-1";

/// Trains and reports. It computes for many minutes on this thread: nothing else is to be done.
pub fn run(arguments: TrainArguments, config: &Config) -> Result<ExitCode> {
    let model_dir = config.classifier.model_dir();
    let Some(wheels) = arguments.wheels else {
        bail!(
            "the base encoder's wheels are needed: run `python3 scripts/setup.py train`, or say where they are with --wheels"
        );
    };
    let options = TrainOptions {
        data: model_dir.join("data"),
        minibar: arguments.minibar,
        auxiliary: arguments.auxiliary,
        auxiliary_epochs: arguments.auxiliary_epochs,
        wheels,
        kept_ids: model_dir.join("kept_ids.npy"),
        // Base encoder and checkpoints: large, and worth keeping between two runs.
        work: cache::folder().join("training"),
        output: arguments.output.unwrap_or(model_dir),
        version: VERSION.to_owned(),
        epochs: arguments.epochs,
        seed: arguments.seed,
        threads: arguments
            .threads
            .or_else(|| std::thread::available_parallelism().ok())
            .map_or(1, usize::from),
    };
    let started = Instant::now();
    let summary = classifier::train(&options, &mut |progress| println!("{}", words(&progress)))?;
    println!(
        "trained in {}; pass {} was the best and is now in {}",
        minutes(started.elapsed()),
        summary.best_pass,
        options.output.display()
    );
    println!("on the texts held out, which also set the thresholds:\n{}", summary.held_out);
    Ok(ExitCode::SUCCESS)
}

fn words(progress: &Progress) -> String {
    match progress {
        Progress::BuildingBase => "building the base encoder from its wheels …".to_owned(),
        Progress::Warning(warning) => format!("warning: {warning}"),
        Progress::Read { training, held_out } => {
            format!("{training} texts to learn from, {held_out} held out")
        }
        Progress::Resumed { passes } => format!("going on after {passes} passes of an interrupted run"),
        Progress::Step { step, steps, loss, remaining } => {
            format!("step {step} of {steps}: loss {loss:.4}, {} left", minutes(*remaining))
        }
        Progress::Auxiliary { texts } => {
            format!("first the open emotion sets: {texts} texts")
        }
        Progress::AuxiliaryTest { scores } => format!("F1 on the test part of GoEmotions: {}", list(scores)),
        Progress::Pass { pass, passes, scores, best } => {
            let best = if *best { ", the best so far" } else { "" };
            format!("pass {pass} of {passes}: F1 of {}{best}", list(scores))
        }
    }
}

fn minutes(duration: Duration) -> String {
    let seconds = duration.as_secs();
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

fn list(scores: &[(&str, f32)]) -> String {
    scores.iter().map(|(name, score)| format!("{name} {score:.3}")).collect::<Vec<_>>().join(", ")
}
