//! The first stage: emotions as others define them, in sets that are open but not ours, so that the encoder has met anger and
//! disappointment in many thousands of texts before it learns our tags from fewer.
//!
//! GoEmotions (Demszky et al., 2020), XED (Öhman et al., 2020) and BRIGHTER (Muhammad et al., 2025), each with a linear layer
//! of its own that is left behind; only the encoder goes on.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use tch::{Kind, Tensor};
use xxhash_rust::xxh3::xxh3_64;

use super::{
    Progress,
    batches::Example,
    checkpoint::Checkpoint,
    learner::{Learner, Task},
    run::{self, PassScores, Run},
};
use crate::{
    Architecture, ClassifierError, Precision, evaluate::Counts, labels::each_line, network::HEADS,
    tokens::WindowCutter, weights,
};

const GO_EMOTIONS: [&str; 28] = [
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
    "neutral",
];
const PLUTCHIK: [&str; 8] =
    ["anger", "anticipation", "disgust", "fear", "joy", "sadness", "surprise", "trust"];
const BRIGHTER: [&str; 6] = ["anger", "disgust", "fear", "joy", "sadness", "surprise"];

/// The emotions of GoEmotions that ours resemble.
const NEAR_OURS: [&str; 3] = ["anger", "annoyance", "disappointment"];

const TASKS: [Task; 3] = [
    Task { head: ("goemotions", GO_EMOTIONS.len()), weight: 1.0 },
    Task { head: ("xed", PLUTCHIK.len()), weight: 0.5 },
    Task { head: ("brighter", BRIGHTER.len()), weight: 0.5 },
];
const AUXILIARY_OUTPUTS: usize = GO_EMOTIONS.len() + PLUTCHIK.len() + BRIGHTER.len();

/// These texts are short.
const MAX_TOKENS: usize = 64;
const BATCH_SIZE: usize = 32;

/// How to run the stage.
pub(super) struct Stage<'a> {
    /// The folder with `goemotions/{train,dev,test}.jsonl`, `xed/fr.jsonl` and `brighter/*.csv`.
    pub(super) folder: &'a Path,
    pub(super) work: &'a Path,
    pub(super) architecture: &'a Architecture,
    pub(super) cutter: &'a WindowCutter,
    pub(super) passes: usize,
    pub(super) seed: u64,
}

impl Stage<'_> {
    /// The encoder after this stage, taken from an earlier run with the same texts if there was one.
    pub(super) fn encoder(
        &self,
        base: &HashMap<String, Tensor>,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<(HashMap<String, Tensor>, String), ClassifierError> {
        let sets = Sets::read(self.folder, self.cutter)?;
        let precision = Precision::of_this_machine().as_str();
        let fingerprint =
            format!("{:016x} seed {} passes {} {precision}", sets.fingerprint, self.seed, self.passes);
        let done = self.work.join(format!("auxiliary-{:016x}.safetensors", xxh3_64(fingerprint.as_bytes())));
        if !done.is_file() {
            progress(Progress::Auxiliary { texts: sets.training.len() });
            let checkpoint = Checkpoint::in_folder(&self.work.join("auxiliary"))?;
            let best = self.train(&sets, base, &checkpoint, fingerprint.clone(), progress)?;
            weights::write_as(&done, &best, Kind::Float)?;
            checkpoint.clear();
        }
        let mut encoder = weights::read(&done, Kind::Float)?;
        encoder.retain(|name, _| !name.starts_with(HEADS));
        Ok((encoder, fingerprint))
    }

    fn train(
        &self,
        sets: &Sets,
        base: &HashMap<String, Tensor>,
        checkpoint: &Checkpoint,
        fingerprint: String,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<HashMap<String, Tensor>, ClassifierError> {
        let steps = run::steps(sets.training.len(), BATCH_SIZE, self.passes);
        let weights = base.iter().map(|(name, weight)| (name.clone(), weight.shallow_clone())).collect();
        let precision = Precision::of_this_machine();
        let pad = self.cutter.pad;
        tch::manual_seed(self.seed.cast_signed());
        let mut learner =
            Learner::new(self.architecture, &TASKS, weights, precision, &sets.training, pad, steps)?;
        let scores = |learner: &Learner| Ok(near_ours(&learner.logits(&sets.dev)?, sets));
        let state = Run {
            learner: &mut learner,
            training: &sets.training,
            batch_size: BATCH_SIZE,
            passes: self.passes,
            seed: self.seed,
            score_weights: &[1.0; NEAR_OURS.len()],
        }
        .all_passes(checkpoint, fingerprint, &scores, progress)?;
        let best = checkpoint.best(state.best_pass)?;
        learner.use_weights(&best).map_err(ClassifierError::Encoder)?;
        let thresholds = thresholds(&learner.logits(&sets.dev)?, &sets.dev);
        let on_test = f1(&learner.logits(&sets.test)?, &sets.test, thresholds);
        progress(Progress::AuxiliaryTest { scores: NEAR_OURS.into_iter().zip(on_test).collect() });
        Ok(best)
    }
}

fn near_ours(logits: &[Vec<f32>], sets: &Sets) -> PassScores {
    let scores = f1(logits, &sets.dev, thresholds(logits, &sets.dev));
    NEAR_OURS.into_iter().zip(scores).collect()
}

/// Where each of the three is in a row of outputs.
fn places() -> [usize; NEAR_OURS.len()] {
    NEAR_OURS.map(|name| GO_EMOTIONS.iter().position(|label| *label == name).expect("it is one of the 28"))
}

/// The logits from which on each of the three holds, the best for F1 on these texts.
fn thresholds(logits: &[Vec<f32>], examples: &[Example]) -> [f32; NEAR_OURS.len()] {
    places().map(|output| {
        let candidates = (-40..=30).map(|tenths| tenths as f32 / 10.0);
        let f1 = |threshold: f32| count(logits, examples, output, threshold).f1();
        candidates.max_by(|a, b| f1(*a).total_cmp(&f1(*b))).unwrap_or_default()
    })
}

fn f1(logits: &[Vec<f32>], examples: &[Example], thresholds: [f32; NEAR_OURS.len()]) -> Vec<f32> {
    let of = |(output, threshold): (usize, f32)| count(logits, examples, output, threshold).f1();
    places().into_iter().zip(thresholds).map(of).collect()
}

fn count(logits: &[Vec<f32>], examples: &[Example], output: usize, threshold: f32) -> Counts {
    let mut counts = Counts::default();
    for (logits, example) in logits.iter().zip(examples) {
        counts.add(example.targets[output] > 0.5, logits[output] >= threshold);
    }
    counts
}

/// The texts of the stage.
struct Sets {
    training: Vec<Example>,
    /// GoEmotions' own texts for choosing and for testing.
    dev: Vec<Example>,
    test: Vec<Example>,
    fingerprint: u64,
}

#[derive(Deserialize)]
struct Line {
    text: String,
    labels: Vec<String>,
}

impl Sets {
    fn read(folder: &Path, cutter: &WindowCutter) -> Result<Self, ClassifierError> {
        let go = folder.join("goemotions");
        let mut reader = Reader { cutter, fingerprint: 0 };
        let mut training = reader.lines(&go.join("train.jsonl"), &GO_EMOTIONS, 0)?;
        let (dev, test) = (
            reader.lines(&go.join("dev.jsonl"), &GO_EMOTIONS, 0)?,
            reader.lines(&go.join("test.jsonl"), &GO_EMOTIONS, 0)?,
        );
        training.extend(reader.lines(&folder.join("xed/fr.jsonl"), &PLUTCHIK, GO_EMOTIONS.len())?);
        for path in tables(&folder.join("brighter"))? {
            training.extend(reader.table(&path)?);
        }
        Ok(Self { training, dev, test, fingerprint: reader.fingerprint })
    }
}

fn tables(folder: &Path) -> Result<Vec<PathBuf>, ClassifierError> {
    let entries = std::fs::read_dir(folder).map_err(|error| ClassifierError::file(folder, error))?;
    let mut tables: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .collect();
    tables.sort();
    Ok(tables)
}

struct Reader<'a> {
    cutter: &'a WindowCutter,
    fingerprint: u64,
}

impl Reader<'_> {
    /// JSON lines with `text` and `labels`.
    fn lines(&mut self, path: &Path, names: &[&str], first: usize) -> Result<Vec<Example>, ClassifierError> {
        let mut examples = Vec::new();
        each_line(path, |number, line| {
            let fail = |reason: String| ClassifierError::Data { path: path.to_owned(), line: number, reason };
            let line: Line = serde_json::from_str(line).map_err(|error| fail(error.to_string()))?;
            if let Some(unknown) = line.labels.iter().find(|label| !names.contains(&label.as_str())) {
                return Err(fail(format!("{unknown:?} is none of {}", names.join(", "))));
            }
            let judged = names.iter().map(|name| Some(line.labels.iter().any(|label| label == name)));
            examples.push(self.example(&line.text, judged, first)?);
            Ok(())
        })?;
        Ok(examples)
    }

    /// A table with `text` and a column of 0 and 1 for each emotion that was judged.
    fn table(&mut self, path: &Path) -> Result<Vec<Example>, ClassifierError> {
        let fail = |error: csv::Error| ClassifierError::Data {
            path: path.to_owned(),
            line: error.position().map_or(1, |position| position.line() as usize),
            reason: error.to_string(),
        };
        let wrong =
            |line: usize, reason: String| ClassifierError::Data { path: path.to_owned(), line, reason };
        let mut table = csv::Reader::from_path(path).map_err(fail)?;
        let columns = table.headers().map_err(fail)?.clone();
        let column = |name: &str| columns.iter().position(|column| column == name);
        let text = column("text").ok_or_else(|| wrong(1, "there is no column \"text\"".into()))?;
        let emotions = BRIGHTER.map(column);
        if emotions.iter().all(Option::is_none) {
            return Err(wrong(1, format!("none of the columns is {}", BRIGHTER.join(", "))));
        }
        let mut examples = Vec::new();
        for (index, row) in table.records().enumerate() {
            let row = row.map_err(fail)?;
            let line = row.position().map_or(index + 2, |position| position.line() as usize);
            let mut judged = Vec::with_capacity(BRIGHTER.len());
            for place in emotions {
                judged.push(match place.and_then(|place| row.get(place)).unwrap_or_default().trim() {
                    "1" => Some(true),
                    "0" => Some(false),
                    "" => None,
                    other => return Err(wrong(line, format!("{other:?} is neither 0 nor 1"))),
                });
            }
            let text = row.get(text).unwrap_or_default();
            examples.push(self.example(text, judged.into_iter(), GO_EMOTIONS.len() + PLUTCHIK.len())?);
        }
        Ok(examples)
    }

    fn example(
        &mut self,
        text: &str,
        judged: impl Iterator<Item = Option<bool>>,
        first: usize,
    ) -> Result<Example, ClassifierError> {
        let (mut targets, mut known) = (vec![0.0; AUXILIARY_OUTPUTS], vec![false; AUXILIARY_OUTPUTS]);
        for (index, holds) in judged.enumerate() {
            known[first + index] = holds.is_some();
            targets[first + index] = f32::from(u8::from(holds.unwrap_or(false)));
        }
        let labels: Vec<u8> = targets.iter().map(|target| *target as u8).collect();
        self.fingerprint = xxh3_64(&[&self.fingerprint.to_le_bytes()[..], text.as_bytes(), &labels].concat());
        Ok(Example { window: self.cutter.first_window(text, MAX_TOKENS)?, targets, known })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ModelSettings, tokens::WindowCutter};

    fn read(name: &str, content: &str) -> Result<Vec<Example>, String> {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tagger");
        let cutter = WindowCutter::read(&model, &ModelSettings::read(&model).unwrap()).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        let mut reader = Reader { cutter: &cutter, fingerprint: 0 };
        let read =
            if name.ends_with("csv") { reader.table(&path) } else { reader.lines(&path, &PLUTCHIK, 28) };
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn lines_and_tables_become_examples_that_know_only_their_own_outputs() {
        let lines = read("fr.jsonl", r#"{"text":"Quelle peur !","labels":["fear","surprise"]}"#).unwrap();
        assert_eq!(lines[0].known.iter().filter(|known| **known).count(), PLUTCHIK.len());
        assert_eq!(lines[0].targets.iter().sum::<f32>(), 2.0);
        let table = read("eng.csv", "id,text,anger,fear,joy\n1,\"So angry, so angry\",1,0,\n").unwrap();
        assert_eq!((table[0].targets[36], table[0].known[36]), (1.0, true));
        assert!(!table[0].known[37], "disgust has no column");
        assert!(table[0].known[38] && !table[0].known[39], "fear was judged, joy was left empty");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        let unknown = read("fr.jsonl", r#"{"text":"a","labels":["rage"]}"#).err().unwrap();
        assert!(unknown.contains("line 1") && unknown.contains("rage"), "{unknown}");
        let strange = read("eng.csv", "text,anger\na,1\nb,2\n").err().unwrap();
        assert!(strange.contains("line 3") && strange.contains("neither 0 nor 1"), "{strange}");
        assert!(read("eng.csv", "tweet,anger\na,1\n").err().unwrap().contains("no column \"text\""));
        assert!(read("eng.csv", "text,rage\na,1\n").err().unwrap().contains("none of the columns"));
    }
}
