//! What an interrupted run goes on from: written after every pass, complete or not at all.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use super::optimiser::AdamW;
use crate::{ClassifierError, weights};

const STATE: &str = "checkpoint.json";

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Texts, labels, seed and passes: another run cannot go on from here.
    pub(super) fingerprint: String,
    /// Passes done.
    pub(super) passes: usize,
    /// Steps done.
    pub(super) steps: usize,
    /// The pass that did best on the texts held out, and how well.
    pub(super) best_pass: usize,
    /// Its score.
    pub(super) best_score: f32,
}

/// The folder of a run's checkpoint.
pub(super) struct Checkpoint {
    folder: PathBuf,
}

impl Checkpoint {
    /// In this folder, which is made.
    pub(super) fn in_folder(folder: &Path) -> Result<Self, ClassifierError> {
        std::fs::create_dir_all(folder).map_err(|error| ClassifierError::file(folder, error))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The state of a run with this fingerprint, if one was interrupted here.
    pub(super) fn state(&self, fingerprint: &str) -> Option<State> {
        let json = std::fs::read(self.folder.join(STATE)).ok()?;
        let state: State = serde_json::from_slice(&json).ok()?;
        (state.fingerprint == fingerprint && self.optimiser_path(state.passes).is_file()).then_some(state)
    }

    /// Keeps the weights of the best pass so far.
    pub(super) fn write_best(&self, pass: usize, optimiser: &AdamW) -> Result<(), ClassifierError> {
        weights::write_as(&self.best_path(pass), &optimiser.weights(), Kind::Float)
    }

    /// Keeps the optimiser, then the state that names it; removes what no state names any more.
    pub(super) fn write(&self, state: &State, optimiser: &AdamW) -> Result<(), ClassifierError> {
        weights::write_as(&self.optimiser_path(state.passes), &optimiser.tensors(), Kind::Float)?;
        let path = self.folder.join(STATE);
        let unfinished = path.with_extension("json.tmp");
        let json = serde_json::to_vec_pretty(state).expect("numbers and names are JSON");
        std::fs::write(&unfinished, json).map_err(|error| ClassifierError::file(&unfinished, error))?;
        std::fs::rename(&unfinished, &path).map_err(|error| ClassifierError::file(&path, error))?;
        self.remove_all_but(&[path, self.optimiser_path(state.passes), self.best_path(state.best_pass)]);
        Ok(())
    }

    /// The optimiser's tensors after so many passes.
    pub(super) fn optimiser(&self, passes: usize) -> Result<HashMap<String, Tensor>, ClassifierError> {
        weights::read(&self.optimiser_path(passes), Kind::Float)
    }

    /// The weights of the best pass.
    pub(super) fn best(&self, pass: usize) -> Result<HashMap<String, Tensor>, ClassifierError> {
        weights::read(&self.best_path(pass), Kind::Float)
    }

    /// Forgets the run, once its result is in place.
    pub(super) fn clear(&self) {
        self.remove_all_but(&[]);
    }

    fn optimiser_path(&self, passes: usize) -> PathBuf {
        self.folder.join(format!("optimiser-{passes}.safetensors"))
    }

    fn best_path(&self, pass: usize) -> PathBuf {
        self.folder.join(format!("best-{pass}.safetensors"))
    }

    /// A file that cannot be removed only takes up space, and the next pass tries again.
    fn remove_all_but(&self, kept: &[PathBuf]) {
        for entry in std::fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let ours =
                path.extension().is_some_and(|extension| extension == "safetensors" || extension == "json");
            if ours && !kept.contains(&path) {
                let _ = std::fs::remove_file(path);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::train::optimiser::Rates;

    #[test]
    fn only_the_same_run_goes_on() {
        let folder = tempfile::tempdir().unwrap();
        let checkpoint = Checkpoint::in_folder(folder.path()).unwrap();
        assert!(checkpoint.state("run").is_none());
        let weight = Tensor::ones([2, 2], (Kind::Float, Device::Cpu));
        let optimiser = AdamW::new(HashMap::from([("a".to_owned(), weight)]), Rates::USUAL, 12);
        let state = |passes| State {
            fingerprint: "run".into(),
            passes,
            steps: 10 * passes,
            best_pass: 1,
            best_score: 0.5,
        };
        checkpoint.write_best(1, &optimiser).unwrap();
        checkpoint.write(&state(1), &optimiser).unwrap();
        checkpoint.write(&state(2), &optimiser).unwrap();
        assert_eq!(checkpoint.state("run"), Some(state(2)));
        assert!(checkpoint.state("another").is_none());
        assert_eq!(checkpoint.optimiser(2).unwrap().len(), 3);
        assert!(checkpoint.best(1).is_ok() && checkpoint.optimiser(1).is_err());
        checkpoint.clear();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
