//! The network that learns: rust-bert's encoder, the mean of its token vectors, one linear layer for each task.

use std::collections::HashMap;

use rust_bert::bert::{BertEmbeddings, BertModel};
use tch::{
    Device, Tensor,
    nn::{self, Module, VarStore},
};

use crate::{
    Architecture, ClassifierError,
    network::{Batch, Head, WORDS},
};

/// rust-bert's model and the linear layers, with variables that learn.
pub(super) struct TrainableNetwork {
    store: VarStore,
    encoder: BertModel<BertEmbeddings>,
    heads: Vec<nn::Linear>,
    dropout: f64,
}

impl TrainableNetwork {
    /// A network with random weights: [`TrainableNetwork::use_weights`] must follow, at least for the encoder.
    pub(super) fn new(architecture: &Architecture, heads: &[Head], dropout: f64) -> Self {
        let store = VarStore::new(Device::Cpu);
        // The word embeddings are nine tenths of what would be filled with random numbers here, only to be replaced.
        let config = Architecture { vocabulary: 1, ..*architecture }.bert_config(dropout);
        let encoder = BertModel::new_with_optional_pooler(store.root(), &config, false);
        let heads = heads
            .iter()
            .map(|(name, outputs)| {
                let path = store.root() / "heads" / *name;
                let outputs = outputs.cast_signed() as i64;
                nn::linear(path, config.hidden_size, outputs, nn::LinearConfig::default())
            })
            .collect();
        Self { store, encoder, heads, dropout }
    }

    /// Makes these tensors the network's weights, without copying them.
    pub(super) fn use_weights(&mut self, weights: &HashMap<String, Tensor>) -> Result<(), String> {
        for (name, mut variable) in self.store.variables() {
            let weight = weights.get(&name).ok_or_else(|| format!("tensor {name} is missing"))?;
            let (expected, found) = (variable.size(), weight.size());
            let fits = if name == WORDS { expected[1..] == found[1..] } else { expected == found };
            if !fits {
                return Err(format!("tensor {name} has shape {found:?}, expected {expected:?}"));
            }
            variable.set_data(weight);
        }
        Ok(())
    }

    /// The weights by name; changing their data changes the network.
    pub(super) fn variables(&self) -> HashMap<String, Tensor> {
        self.store.variables()
    }

    /// One row of logits a window, in full precision, in the order of the heads.
    pub(super) fn logits(&self, batch: &Batch, train: bool) -> Result<Tensor, ClassifierError> {
        let output = self
            .encoder
            .forward_t(Some(&batch.ids), Some(&batch.mask), None, None, None, None, None, train)
            .map_err(|error| ClassifierError::Encoder(error.to_string()))?;
        let mean = batch.mean(&output.hidden_state)?.f_dropout(self.dropout, train)?;
        let logits: Vec<Tensor> = self.heads.iter().map(|head| head.forward(&mean)).collect();
        Ok(Tensor::f_cat(&logits, 1)?)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tch::Kind;

    use super::*;
    use crate::{
        ModelSettings, Precision,
        forward::Attention,
        labels::{self, OUTPUTS},
        network::{Network, Weights},
        settings::tag_heads,
        tokens::WindowCutter,
    };

    /// Texts that both networks tag: enough for 7,600 decisions.
    const TEXTS: usize = 400;

    /// The share of decisions on which rust-bert's forward pass in full precision and ours in the faster one must agree.
    const AGREEMENT: f64 = 0.999;

    /// In full precision the logits themselves are the same, but for rounding.
    const LARGEST_DIFFERENCE: f32 = 2e-3;

    #[test]
    fn inference_agrees_with_rust_bert() {
        tch::set_num_threads(1);
        let _no_gradients = tch::no_grad_guard();
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/tagger");
        let settings = ModelSettings::read(&model).unwrap();
        let cutter = WindowCutter::read(&model, &settings).unwrap();
        let mut windows: Vec<Vec<i64>> = Vec::new();
        for file in ["written_telecom.jsonl", "written_apps_english.jsonl"] {
            let texts = labels::read(&model.join("data").join(file), None).unwrap();
            windows.extend(
                texts.iter().take(TEXTS / 2).map(|text| cutter.first_window(&text.text, 64).unwrap()),
            );
        }
        windows.sort_by_key(Vec::len);

        let full = Weights::read(&model, Precision::Full).unwrap();
        let mut reference = TrainableNetwork::new(&settings.architecture, &tag_heads(), 0.0);
        let in_full =
            full.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.to_kind(Kind::Float))).collect();
        reference.use_weights(&in_full).unwrap();
        let fast = Weights::read(&model, Precision::of_this_machine()).unwrap();
        let mut ours = Network::new(&settings.architecture, &tag_heads(), &fast).unwrap();

        let mut exact = Network::new(&settings.architecture, &tag_heads(), &full).unwrap();
        let (mut equal, mut all) = ([0usize; 2], 0usize);
        for windows in windows.chunks(16) {
            let batch = Batch::new(windows.iter().map(Vec::as_slice), cutter.pad);
            let values = |logits: Tensor| -> Vec<f32> { Vec::try_from(logits.flatten(0, -1)).unwrap() };
            let holds = |logits: &[f32]| -> Vec<bool> {
                let decide = |(place, logit): (usize, &f32)| {
                    let output = &settings.outputs[place % OUTPUTS];
                    output.score(*logit) >= output.threshold
                };
                logits.iter().enumerate().map(decide).collect()
            };
            let expected = values(reference.logits(&batch, false).unwrap());
            all += expected.len();
            for (equal, attention) in equal.iter_mut().zip([Attention::Fused, Attention::Plain]) {
                exact.forward.attention = attention;
                let found = values(exact.logits(&batch).unwrap());
                let apart = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(apart < LARGEST_DIFFERENCE, "{attention:?}: {apart}");
                ours.forward.attention = attention;
                let found = holds(&values(ours.logits(&batch).unwrap()));
                *equal +=
                    found.iter().zip(holds(&expected)).filter(|(found, expected)| *found == expected).count();
            }
        }
        assert_eq!(all, TEXTS * OUTPUTS);
        for equal in equal {
            assert!(equal as f64 >= AGREEMENT * all as f64, "{equal} of {all}");
        }
    }
}
