//! The passes of one run: batches, scores on the texts held out, checkpoints.

use std::time::{Duration, Instant};

use super::{
    Progress,
    batches::{self, Example},
    checkpoint::{Checkpoint, State},
    learner::Learner,
};
use crate::ClassifierError;

/// Progress is reported every so many steps.
const STEPS_BETWEEN_REPORTS: usize = 10;

/// How a pass did on texts held out: figures with their names. The pass with the largest weighted sum is kept.
pub(super) type PassScores = Vec<(&'static str, f32)>;

/// One run over some examples.
pub(super) struct Run<'a> {
    pub(super) learner: &'a mut Learner,
    pub(super) training: &'a [Example],
    pub(super) batch_size: usize,
    pub(super) passes: usize,
    pub(super) seed: u64,
    /// The weight of each figure of a pass, by place, when passes are compared.
    pub(super) score_weights: &'a [f32],
}

/// The steps of a run.
pub(super) fn steps(texts: usize, batch_size: usize, passes: usize) -> usize {
    passes * texts.div_ceil(batch_size)
}

impl Run<'_> {
    /// Learns, from the last checkpoint with this fingerprint on, and returns where it ended.
    pub(super) fn all_passes(
        &mut self,
        checkpoint: &Checkpoint,
        fingerprint: String,
        scores: &dyn Fn(&Learner) -> Result<PassScores, ClassifierError>,
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
        let steps = steps(self.training.len(), self.batch_size, self.passes);
        let mut clock = Clock { started: Instant::now(), first_step: state.steps, steps };
        for pass in state.passes + 1..=self.passes {
            // Each pass draws its own random numbers, so that a resumed run drops out the same values.
            let seed = self.seed.wrapping_mul(1_000_003).wrapping_add(pass as u64);
            tch::manual_seed(seed.cast_signed());
            self.one_pass(seed, &mut clock, progress)?;
            let scores = scores(self.learner)?;
            let score =
                scores.iter().zip(self.score_weights).map(|((_, score), weight)| score * weight).sum();
            let best = score > state.best_score;
            if best {
                (state.best_pass, state.best_score) = (pass, score);
                checkpoint.write_best(pass, &self.learner.optimiser)?;
            }
            (state.passes, state.steps) = (pass, self.learner.optimiser.step);
            checkpoint.write(&state, &self.learner.optimiser)?;
            progress(Progress::Pass { pass, passes: self.passes, scores, best });
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
        for places in batches::of_pass(self.training, self.batch_size, seed) {
            let loss = self.learner.step(self.training, &places)?;
            losses.extend(loss.is_finite().then_some(loss));
            let step = self.learner.optimiser.step;
            if step.is_multiple_of(STEPS_BETWEEN_REPORTS) {
                let loss = losses.iter().sum::<f64>() / losses.len().max(1) as f64;
                losses.clear();
                progress(Progress::Step { step, steps: clock.steps, loss, remaining: clock.remaining(step) });
            }
        }
        Ok(())
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
