//! The network while it learns: forward, loss, backward, step.

use std::collections::HashMap;

use tch::{Kind, Reduction, Tensor};

use super::{
    batches::{self, Example},
    optimiser::{AdamW, Rates},
    trainable_network::TrainableNetwork,
};
use crate::{
    Architecture, ClassifierError, Precision,
    network::{HEADS, Head, WORDS},
};

const DROPOUT: f64 = 0.1;

/// Rare tags weigh more, up to this factor.
const LARGEST_POSITIVE_WEIGHT: f32 = 6.0;

/// Texts that pass through the network at a time when nothing is learnt.
const TEXTS_AT_A_TIME: usize = 16;

/// One thing to learn: a linear layer, and how much it weighs in the loss.
#[derive(Debug, Clone, Copy)]
pub(super) struct Task {
    pub(super) head: Head,
    pub(super) weight: f64,
}

/// A network that learns. Where it computes in brain floats, the optimiser keeps the weights in full precision beside.
pub(super) struct Learner {
    network: TrainableNetwork,
    variables: HashMap<String, Tensor>,
    pub(super) optimiser: AdamW,
    tasks: Vec<Task>,
    positive_weights: Tensor,
    pad: i64,
    steps: usize,
}

impl Learner {
    /// Starts from an encoder's weights (full precision), and from random linear layers where the weights have none.
    pub(super) fn new(
        architecture: &Architecture,
        tasks: &[Task],
        mut weights: HashMap<String, Tensor>,
        precision: Precision,
        examples: &[Example],
        pad: i64,
        steps: usize,
    ) -> Result<Self, ClassifierError> {
        let heads: Vec<Head> = tasks.iter().map(|task| task.head).collect();
        let mut network = TrainableNetwork::new(architecture, &heads, DROPOUT);
        for (name, head) in network.variables() {
            if name.starts_with(HEADS) {
                weights.entry(name).or_insert_with(|| head.detach().copy());
            }
        }
        let own: HashMap<String, Tensor> = weights
            .iter()
            .map(|(name, weight)| {
                let kind = if name.starts_with(HEADS) { Kind::Float } else { precision.kind() };
                Ok((name.clone(), weight.f_to_kind(kind)?.copy()))
            })
            .collect::<Result<_, tch::TchError>>()?;
        network.use_weights(&own).map_err(ClassifierError::Encoder)?;
        let mut variables = network.variables();
        if let Some(words) = variables.remove(WORDS) {
            let _ = words.set_requires_grad(false);
        }
        weights.remove(WORDS);
        weights.retain(|name, _| variables.contains_key(name));
        let optimiser = AdamW::new(weights, Rates::USUAL, architecture.layers);
        let positive_weights = Tensor::from_slice(&positive_weights(examples));
        Ok(Self { network, variables, optimiser, tasks: tasks.to_vec(), positive_weights, pad, steps })
    }

    /// Learns from one batch; returns its loss.
    pub(super) fn step(&mut self, examples: &[Example], places: &[usize]) -> Result<f64, ClassifierError> {
        let logits = self.network.logits(&batches::windows(examples, places, self.pad), true)?;
        let (targets, known) = batches::targets(examples, places);
        let each = logits.f_binary_cross_entropy_with_logits(
            &targets,
            Some(&known),
            Some(&self.positive_weights),
            Reduction::None,
        )?;
        let mut loss = Tensor::from(0f32);
        let mut start = 0;
        for Task { head: (_, outputs), weight } in &self.tasks {
            let length = outputs.cast_signed() as i64;
            let judged = known.f_narrow(1, start, length)?.f_sum(Kind::Float)?.f_clamp_min(1.0)?;
            let group = each.f_narrow(1, start, length)?.f_sum(Kind::Float)?.f_div(&judged)?;
            loss = loss.f_add(&group.f_mul_scalar(*weight)?)?;
            start += length;
        }
        loss.f_backward()?;
        let loss = f64::try_from(&loss)?;
        self.optimiser.descend(&mut self.variables, self.steps)?;
        Ok(loss)
    }

    /// The logits of all examples, in their order.
    pub(super) fn logits(&self, examples: &[Example]) -> Result<Vec<Vec<f32>>, ClassifierError> {
        let _no_gradients = tch::no_grad_guard();
        let mut order: Vec<usize> = (0..examples.len()).collect();
        order.sort_by_key(|&place| examples[place].window.len());
        let mut all = vec![Vec::new(); examples.len()];
        for places in order.chunks(TEXTS_AT_A_TIME) {
            let logits = self.network.logits(&batches::windows(examples, places, self.pad), false)?;
            let values: Vec<f32> = Vec::try_from(&logits.f_flatten(0, -1)?)?;
            for (&place, row) in places.iter().zip(values.chunks_exact(values.len() / places.len())) {
                all[place] = row.to_vec();
            }
        }
        Ok(all)
    }

    /// Goes back to a checkpoint.
    pub(super) fn restore(&mut self, tensors: &HashMap<String, Tensor>, step: usize) -> Result<(), String> {
        self.optimiser.restore(tensors, step)?;
        self.use_weights(&self.optimiser.weights())
    }

    /// Computes with these weights from now on.
    pub(super) fn use_weights(&mut self, weights: &HashMap<String, Tensor>) -> Result<(), String> {
        let _no_gradients = tch::no_grad_guard();
        for (name, variable) in &mut self.variables {
            let weight = weights.get(name).ok_or_else(|| format!("tensor {name} is missing"))?;
            variable.f_copy_(weight).map_err(|error| error.to_string())?;
        }
        Ok(())
    }
}

/// How much a text that carries the tag weighs against one that does not.
fn positive_weights(examples: &[Example]) -> Vec<f32> {
    let outputs = examples.first().map_or(0, |example| example.targets.len());
    let weight = |output: usize| {
        let judged = || examples.iter().filter(|example| example.known[output]);
        let carrying: f32 = judged().map(|example| example.targets[output]).sum();
        let others = judged().count() as f32 - carrying;
        (others.max(1.0) / carrying.max(1.0)).sqrt().clamp(1.0, LARGEST_POSITIVE_WEIGHT)
    };
    (0..outputs).map(weight).collect()
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::settings::tiny_settings;

    /// Enough for eight values a token to tell two tokens apart, with dropout in the way.
    const STEPS: usize = 400;

    const TASKS: [Task; 2] =
        [Task { head: ("first", 2), weight: 1.0 }, Task { head: ("second", 1), weight: 0.5 }];

    /// Texts of four tokens: those with token 5 carry the first tag, and nobody judged the second.
    fn examples() -> Vec<Example> {
        (0..64i64)
            .map(|index| {
                let carries = index % 2 == 0;
                let target = if carries { 0.9 } else { 0.1 };
                Example {
                    window: vec![0, if carries { 5 } else { 6 }, 7 + index % 3, 2],
                    targets: vec![target, 0.0, 0.0],
                    known: vec![true, false, true],
                }
            })
            .collect()
    }

    fn learner(precision: Precision, examples: &[Example]) -> Learner {
        tch::manual_seed(3);
        let architecture = tiny_settings(10).architecture;
        let mut weights = TrainableNetwork::new(&architecture, &[], 0.0).variables();
        weights.insert(WORDS.into(), Tensor::randn([10, 8], (Kind::Float, Device::Cpu)));
        let weights = weights.into_iter().map(|(name, weight)| (name, weight.detach())).collect();
        Learner::new(&architecture, &TASKS, weights, precision, examples, 1, STEPS).unwrap()
    }

    #[test]
    fn learns_what_the_labels_say_in_either_precision() {
        tch::set_num_threads(1);
        let examples = examples();
        for precision in [Precision::Full, Precision::Brain] {
            let mut learner = learner(precision, &examples);
            let words_before = learner.network.variables()[WORDS].copy();
            let losses: Vec<f64> = (0..STEPS)
                .map(|step| {
                    let places: Vec<usize> = (0..16).map(|place| (step * 16 + place) % 64).collect();
                    learner.step(&examples, &places).unwrap()
                })
                .collect();
            assert!(
                losses[STEPS - 1] < losses[0] * 0.8,
                "{precision:?}: {} to {}",
                losses[0],
                losses[STEPS - 1]
            );
            for (logits, example) in learner.logits(&examples).unwrap().iter().zip(&examples) {
                assert_eq!(logits[0] > 0.0, example.targets[0] > 0.5, "{precision:?}: {logits:?}");
            }
            assert!(
                learner.network.variables()[WORDS].equal(&words_before),
                "word embeddings stay as they are"
            );
        }
    }

    #[test]
    fn rare_tags_weigh_more_within_bounds() {
        let weights = positive_weights(&examples());
        assert_eq!(weights[0], 1.0, "half of the texts carry it");
        assert_eq!(weights[1], 1.0, "nobody judged it");
        assert_eq!(weights[2], LARGEST_POSITIVE_WEIGHT.min(8.0), "none of 64 carries it");
    }
}
