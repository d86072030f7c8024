//! AdamW with a learning rate for each layer, a warm-up and a bound on the gradient.
//!
//! libtorch's own optimiser keeps its moments to itself, and an interrupted run has to go on with them.

use std::collections::HashMap;

use tch::{Kind, Tensor};

use crate::{ClassifierError, network::HEADS};

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;
const WEIGHT_DECAY: f64 = 0.01;
const LARGEST_GRADIENT: f64 = 1.0;
/// On a crowded machine libtorch was once seen to compute a gradient that is no number, where the same step gave a sound one
/// when it was taken again. A few such batches are left out; more in a row mean that the run itself went wrong.
const MOST_UNUSABLE_IN_A_ROW: usize = 5;

/// Learning rates.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rates {
    /// Of the encoder's last layer.
    pub(super) encoder: f64,
    /// Each layer below learns at this share of the one above.
    pub(super) decay: f64,
    /// Of the linear layers.
    pub(super) heads: f64,
    /// The share of the run in which the rates grow to their full value; then they shrink to nothing.
    pub(super) warm_up: f64,
}

impl Rates {
    pub(super) const USUAL: Self = Self { encoder: 1.2e-4, decay: 0.92, heads: 3e-3, warm_up: 0.06 };

    /// Of one weight, before warm-up and decline.
    fn of(&self, name: &str, layers: usize) -> f64 {
        if name.starts_with(HEADS) {
            return self.heads;
        }
        let layer = name.strip_prefix("encoder.layer.").and_then(|rest| rest.split('.').next()?.parse().ok());
        let below_the_last: usize = layer.map_or(layers, |layer: usize| layers - 1 - layer);
        self.encoder * self.decay.powi(below_the_last as i32)
    }

    /// The share of the full rate at a step.
    fn share(&self, step: usize, steps: usize) -> f64 {
        let warm_up = (steps as f64 * self.warm_up).max(1.0);
        let step = step as f64 + 1.0;
        if step <= warm_up {
            step / warm_up
        } else {
            (steps as f64 - step).max(0.0) / (steps as f64 - warm_up)
        }
    }
}

/// The state of the optimiser: a full-precision copy of each weight, and two moments of its gradient.
pub(super) struct AdamW {
    rates: Rates,
    layers: usize,
    slots: Vec<Slot>,
    unusable_in_a_row: usize,
    pub(super) step: usize,
}

struct Slot {
    name: String,
    weight: Tensor,
    mean: Tensor,
    square: Tensor,
}

impl AdamW {
    /// Starts from these weights, which it then owns.
    pub(super) fn new(weights: HashMap<String, Tensor>, rates: Rates, layers: usize) -> Self {
        let mut slots: Vec<Slot> = weights
            .into_iter()
            .map(|(name, weight)| Slot {
                name,
                mean: weight.zeros_like(),
                square: weight.zeros_like(),
                weight,
            })
            .collect();
        slots.sort_by(|a, b| a.name.cmp(&b.name));
        Self { rates, layers, slots, unusable_in_a_row: 0, step: 0 }
    }

    /// The weights as they stand.
    pub(super) fn weights(&self) -> HashMap<String, Tensor> {
        self.slots.iter().map(|slot| (slot.name.clone(), slot.weight.shallow_clone())).collect()
    }

    /// Moves the weights by the gradients that a backward pass left in `variables`, clears those, and copies the
    /// weights back. A gradient that is not finite changes nothing.
    pub(super) fn descend(
        &mut self,
        variables: &mut HashMap<String, Tensor>,
        steps: usize,
    ) -> Result<(), ClassifierError> {
        let _no_gradients = tch::no_grad_guard();
        let mut gradients = Vec::with_capacity(self.slots.len());
        let mut squares = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            let gradient = variables[&slot.name].f_grad()?.f_to_kind(Kind::Float)?;
            squares.push(gradient.f_norm()?);
            gradients.push(gradient);
        }
        let size: f64 = Tensor::f_stack(&squares, 0)?.f_norm()?.try_into()?;
        if !size.is_finite() {
            variables.values_mut().for_each(Tensor::zero_grad);
            self.unusable_in_a_row += 1;
            if self.unusable_in_a_row > MOST_UNUSABLE_IN_A_ROW {
                return Err(ClassifierError::NothingToDo(
                    "the training diverged (gradients are not finite): try another --seed".into(),
                ));
            }
            return Ok(());
        }
        self.unusable_in_a_row = 0;
        let clip = (LARGEST_GRADIENT / (size + 1e-6)).min(1.0);
        let share = self.rates.share(self.step, steps);
        self.step += 1;
        let correction_1 = 1.0 - BETA_1.powf(self.step as f64);
        let correction_2 = 1.0 - BETA_2.powf(self.step as f64);
        for (slot, mut gradient) in self.slots.iter_mut().zip(gradients) {
            let rate = self.rates.of(&slot.name, self.layers) * share;
            let _ = gradient.f_mul_scalar_(clip)?;
            let _ = slot.mean.f_lerp_(&gradient, 1.0 - BETA_1)?;
            let _ = gradient.f_square_()?;
            let _ = slot.square.f_lerp_(&gradient, 1.0 - BETA_2)?;
            let mut divisor = (&slot.square / correction_2).f_sqrt()?;
            let _ = divisor.f_add_scalar_(EPSILON)?;
            if slot.weight.dim() > 1 {
                let _ = slot.weight.f_mul_scalar_(1.0 - rate * WEIGHT_DECAY)?;
            }
            let mut change = slot.mean.f_div(&divisor)?;
            let _ = slot.weight.f_sub_(&change.f_mul_scalar_(rate / correction_1)?)?;
            let variable = variables.get_mut(&slot.name).expect("its gradient was read above");
            variable.zero_grad();
            variable.f_copy_(&slot.weight)?;
        }
        Ok(())
    }

    /// Weights and moments, for a checkpoint.
    pub(super) fn tensors(&self) -> HashMap<String, Tensor> {
        let named = |prefix: &str, slot: &Slot, tensor: &Tensor| {
            (format!("{prefix}.{}", slot.name), tensor.shallow_clone())
        };
        self.slots
            .iter()
            .flat_map(|slot| {
                [
                    named("weight", slot, &slot.weight),
                    named("mean", slot, &slot.mean),
                    named("square", slot, &slot.square),
                ]
            })
            .collect()
    }

    /// Goes back to a checkpoint; returns the name of what it lacks.
    pub(super) fn restore(&mut self, tensors: &HashMap<String, Tensor>, step: usize) -> Result<(), String> {
        for slot in &mut self.slots {
            for (prefix, tensor) in
                [("weight", &mut slot.weight), ("mean", &mut slot.mean), ("square", &mut slot.square)]
            {
                let name = format!("{prefix}.{}", slot.name);
                let stored = tensors.get(&name).filter(|stored| stored.size() == tensor.size());
                tensor.f_copy_(stored.ok_or(name)?).map_err(|error| error.to_string())?;
            }
        }
        self.step = step;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;

    #[test]
    fn lower_layers_learn_more_slowly() {
        let rates = Rates::USUAL;
        assert_eq!(rates.of("heads.flags.weight", 12), rates.heads);
        assert_eq!(rates.of("encoder.layer.11.output.dense.weight", 12), rates.encoder);
        let first = rates.of("encoder.layer.0.output.dense.weight", 12);
        assert!((first - rates.encoder * rates.decay.powi(11)).abs() < 1e-12);
        assert!(rates.of("embeddings.LayerNorm.weight", 12) < first);
    }

    #[test]
    fn rates_grow_then_shrink_to_nothing() {
        let shares: Vec<f64> = (0..100).map(|step| Rates::USUAL.share(step, 100)).collect();
        assert!(shares[..6].is_sorted() && (shares[5] - 1.0).abs() < 1e-9);
        assert!(shares[5..].is_sorted_by(|a, b| a >= b) && shares[99] == 0.0);
        assert!(Rates::USUAL.share(0, 1).is_finite());
    }

    fn descend_towards_3(optimiser: &mut AdamW, variables: &mut HashMap<String, Tensor>, steps: usize) {
        for _ in 0..steps {
            let loss = (&variables["heads.x"] - 3.0).square().sum(Kind::Float);
            loss.backward();
            optimiser.descend(variables, 1_000_000).unwrap();
        }
    }

    fn variables() -> HashMap<String, Tensor> {
        let x = Tensor::zeros([2], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        HashMap::from([("heads.x".to_owned(), x)])
    }

    fn optimiser(variables: &HashMap<String, Tensor>) -> AdamW {
        let rates = Rates { heads: 0.05, warm_up: 0.0, ..Rates::USUAL };
        AdamW::new(variables.iter().map(|(name, x)| (name.clone(), x.detach().copy())).collect(), rates, 12)
    }

    #[test]
    fn descends_to_the_minimum() {
        let mut variables = variables();
        let mut optimiser = optimiser(&variables);
        descend_towards_3(&mut optimiser, &mut variables, 300);
        let value = variables["heads.x"].double_value(&[0]);
        assert!((value - 3.0).abs() < 0.05, "{value}");
    }

    #[test]
    fn a_gradient_that_is_no_number_is_left_out_but_not_for_ever() {
        let mut variables = variables();
        let mut optimiser = optimiser(&variables);
        descend_towards_3(&mut optimiser, &mut variables, 5);
        let before = variables["heads.x"].copy();
        let mut descend_nowhere = || {
            (&variables["heads.x"] * f64::NAN).sum(Kind::Float).backward();
            optimiser.descend(&mut variables, 1_000_000)
        };
        for _ in 0..MOST_UNUSABLE_IN_A_ROW {
            descend_nowhere().unwrap();
        }
        assert!(descend_nowhere().unwrap_err().to_string().contains("--seed"));
        assert!(variables["heads.x"].equal(&before));
        descend_towards_3(&mut optimiser, &mut variables, 300);
        assert!((variables["heads.x"].double_value(&[0]) - 3.0).abs() < 0.05);
    }

    #[test]
    fn goes_on_from_a_checkpoint_as_if_never_interrupted() {
        let (mut straight, mut resumed) = (variables(), variables());
        let mut optimiser_straight = optimiser(&straight);
        descend_towards_3(&mut optimiser_straight, &mut straight, 20);
        let tensors: HashMap<_, _> =
            optimiser_straight.tensors().into_iter().map(|(name, tensor)| (name, tensor.copy())).collect();
        descend_towards_3(&mut optimiser_straight, &mut straight, 10);

        let mut optimiser_resumed = optimiser(&resumed);
        optimiser_resumed.restore(&tensors, 20).unwrap();
        tch::no_grad(|| resumed.get_mut("heads.x").unwrap().copy_(&tensors["weight.heads.x"]));
        descend_towards_3(&mut optimiser_resumed, &mut resumed, 10);
        assert!(straight["heads.x"].equal(&resumed["heads.x"]));
        assert!(optimiser_resumed.restore(&HashMap::new(), 0).unwrap_err().contains("heads.x"));
    }
}
