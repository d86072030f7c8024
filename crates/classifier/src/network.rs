//! The network: rust-bert's encoder, the mean of its token vectors, one linear layer for each group of tags.

use std::{collections::HashMap, path::Path};

use rust_bert::bert::{BertEmbeddings, BertModel};
use tch::{
    Device, Kind, Tensor,
    nn::{self, Module, VarStore},
};

use crate::{Architecture, ClassifierError, Precision, model_files, settings::GROUPS, weights};

/// The one weight that training leaves as it is.
pub(crate) const WORDS: &str = "embeddings.word_embeddings.weight";
/// What the names of the linear layers' weights begin with.
pub(crate) const HEADS: &str = "heads.";

/// The network of one thread: tensors may be sent to another thread, but not used by two at a time to train.
pub(crate) struct Network {
    store: VarStore,
    encoder: BertModel<BertEmbeddings>,
    heads: Vec<nn::Linear>,
    dropout: f64,
}

/// Windows of several texts, padded to the longest.
pub(crate) struct Batch {
    ids: Tensor,
    mask: Tensor,
}

impl Batch {
    pub(crate) fn new<'a>(windows: impl ExactSizeIterator<Item = &'a [i64]> + Clone, pad: i64) -> Self {
        let longest = windows.clone().map(<[i64]>::len).max().unwrap_or(0);
        let count = windows.len();
        let mut ids = Vec::with_capacity(count * longest);
        let mut mask = Vec::with_capacity(count * longest);
        for window in windows {
            let padding = longest - window.len();
            ids.extend(window);
            ids.extend(std::iter::repeat_n(pad, padding));
            mask.extend(std::iter::repeat_n(1i64, window.len()));
            mask.extend(std::iter::repeat_n(0i64, padding));
        }
        let shape = [count.cast_signed() as i64, longest.cast_signed() as i64];
        Self { ids: Tensor::from_slice(&ids).view(shape), mask: Tensor::from_slice(&mask).view(shape) }
    }
}

impl Network {
    /// A network without weights of its own: [`Network::use_weights`] must follow.
    pub(crate) fn new(architecture: &Architecture, dropout: f64) -> Self {
        let store = VarStore::new(Device::Cpu);
        // The word embeddings are nine tenths of what would be filled with random numbers here, only to be replaced.
        let config = Architecture { vocabulary: 1, ..*architecture }.bert_config(dropout);
        let encoder = BertModel::new_with_optional_pooler(store.root(), &config, false);
        let heads = GROUPS
            .iter()
            .map(|(name, outputs)| {
                let path = store.root() / "heads" / *name;
                nn::linear(
                    path,
                    config.hidden_size,
                    outputs.len().cast_signed() as i64,
                    nn::LinearConfig::default(),
                )
            })
            .collect();
        Self { store, encoder, heads, dropout }
    }

    /// Makes these tensors the network's weights, without copying them, so that several networks can share them.
    pub(crate) fn use_weights(&mut self, weights: &HashMap<String, Tensor>) -> Result<(), String> {
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
    pub(crate) fn variables(&self) -> HashMap<String, Tensor> {
        self.store.variables()
    }

    /// No gradients for any weight.
    pub(crate) fn freeze(&mut self) {
        self.store.freeze();
    }

    /// One row of logits a window, in full precision, in the order of the tags.
    pub(crate) fn forward(&self, batch: &Batch, train: bool) -> Result<Tensor, ClassifierError> {
        let output = self
            .encoder
            .forward_t(Some(&batch.ids), Some(&batch.mask), None, None, None, None, None, train)
            .map_err(|error| ClassifierError::Encoder(error.to_string()))?;
        let hidden = output.hidden_state.f_to_kind(Kind::Float)?;
        let mask = batch.mask.f_to_kind(Kind::Float)?.f_unsqueeze(-1)?;
        let sum = hidden.f_mul(&mask)?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
        let count = mask.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
        let mean = sum.f_div(&count)?.f_dropout(self.dropout, train)?;
        let logits: Vec<Tensor> = self.heads.iter().map(|head| head.forward(&mean)).collect();
        Ok(Tensor::f_cat(&logits, 1)?)
    }
}

/// Reads all weights of a model's folder: the encoder's in the given precision, the linear layers' in full.
pub(crate) fn read_weights(
    model_dir: &Path,
    precision: Precision,
) -> Result<HashMap<String, Tensor>, ClassifierError> {
    let mut weights = weights::read(&model_dir.join(model_files::EMBEDDINGS), precision.kind())?;
    weights.extend(weights::read(&model_dir.join(model_files::ENCODER), precision.kind())?);
    weights.extend(weights::read(&model_dir.join(model_files::HEADS), Kind::Float)?);
    Ok(weights)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{labels::OUTPUTS, settings::tiny_settings};

    fn network() -> Network {
        tch::manual_seed(7);
        let mut network = Network::new(&tiny_settings(10).architecture, 0.1);
        let mut weights = network.variables();
        weights.insert(WORDS.into(), Tensor::rand([10, 8], (Kind::Float, Device::Cpu)));
        network.use_weights(&weights).unwrap();
        network.freeze();
        network
    }

    #[test]
    fn padding_changes_nothing() {
        let network = network();
        let (short, long) = ([0i64, 4, 2], [0i64, 5, 6, 7, 8, 2]);
        let alone = network.forward(&Batch::new([&short[..]].into_iter(), 1), false).unwrap();
        let padded = network.forward(&Batch::new([&short[..], &long[..]].into_iter(), 1), false).unwrap();
        assert_eq!(padded.size(), [2, OUTPUTS as i64]);
        let difference: f64 = (alone.get(0) - padded.get(0)).abs().max().try_into().unwrap();
        assert!(difference < 1e-5, "{difference}");
    }

    #[test]
    fn weights_that_do_not_fit_are_named() {
        let mut network = network();
        let mut weights = network.variables();
        weights.insert("heads.flags.bias".into(), Tensor::zeros([3], (Kind::Float, Device::Cpu)));
        assert!(network.use_weights(&weights).unwrap_err().contains("heads.flags.bias has shape [3]"));
        weights.remove("heads.flags.bias");
        assert!(network.use_weights(&weights).unwrap_err().contains("heads.flags.bias is missing"));
    }
}
