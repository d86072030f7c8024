//! The network that tags: the encoder's forward pass, the mean of its token vectors, a linear layer for each group of tags.

use std::{collections::HashMap, path::Path, sync::Arc};

use tch::{Kind, TchError, Tensor};

use crate::{
    Architecture, ClassifierError, Precision,
    forward::Forward,
    model_files,
    weights::{self, Mapping},
};

/// The one weight that training leaves as it is.
pub(crate) const WORDS: &str = "embeddings.word_embeddings.weight";
/// What the names of the linear layers' weights begin with.
pub(crate) const HEADS: &str = "heads.";

/// A linear layer over a text's mean vector: its name, and how many outputs it has.
pub(crate) type Head = (&'static str, usize);

/// Windows are padded to a multiple of this: for each new shape libtorch compiles kernels and keeps them.
pub(crate) const PADDED_TO: usize = 4;

/// Windows of several texts, padded to the longest.
pub(crate) struct Batch {
    pub(crate) ids: Tensor,
    pub(crate) mask: Tensor,
}

impl Batch {
    pub(crate) fn new<'a>(windows: impl ExactSizeIterator<Item = &'a [i64]> + Clone, pad: i64) -> Self {
        let longest = windows.clone().map(<[i64]>::len).max().unwrap_or(0).next_multiple_of(PADDED_TO);
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

    /// The mean of the vectors of each text's tokens, in full precision.
    pub(crate) fn mean(&self, hidden: &Tensor) -> Result<Tensor, TchError> {
        let hidden = hidden.f_to_kind(Kind::Float)?;
        let mask = self.mask.f_to_kind(Kind::Float)?.f_unsqueeze(-1)?;
        let sum = hidden.f_mul(&mask)?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
        let count = mask.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
        sum.f_div(&count)
    }
}

/// The weights of a model.
pub(crate) struct Weights {
    pub(crate) tensors: HashMap<String, Tensor>,
    /// What some of the tensors are a view of.
    mapping: Option<Arc<Mapping>>,
}

impl Weights {
    /// Reads a model's folder: the word embeddings stay in the mapped file, the rest of the encoder is held in the given
    /// precision, the linear layers in full.
    pub(crate) fn read(model_dir: &Path, precision: Precision) -> Result<Self, ClassifierError> {
        let (mut tensors, mapping) = weights::mapped(&model_dir.join(model_files::EMBEDDINGS))?;
        tensors.extend(weights::read(&model_dir.join(model_files::ENCODER), precision.kind())?);
        tensors.extend(weights::read(&model_dir.join(model_files::HEADS), Kind::Float)?);
        Ok(Self { tensors, mapping: Some(Arc::new(mapping)) })
    }
}

impl From<HashMap<String, Tensor>> for Weights {
    fn from(tensors: HashMap<String, Tensor>) -> Self {
        Self { tensors, mapping: None }
    }
}

/// The network of one thread: tensors may be sent to another thread, and read by several.
pub(crate) struct Network {
    pub(crate) forward: Forward,
    /// Weight and bias of all linear layers, one below the other.
    heads: (Tensor, Tensor),
    mapping: Option<Arc<Mapping>>,
}

impl Network {
    /// A network over these weights.
    ///
    /// # Errors
    /// A tensor is missing or does not fit the architecture; says which.
    pub(crate) fn new(
        architecture: &Architecture,
        heads: &[Head],
        weights: &Weights,
    ) -> Result<Self, String> {
        for (name, shape) in shapes(architecture, heads) {
            let weight = weights.tensors.get(&name).ok_or_else(|| format!("tensor {name} is missing"))?;
            let found = weight.size();
            if shape != found {
                return Err(format!("tensor {name} has shape {found:?}, expected {shape:?}"));
            }
        }
        let below_each_other = |part: &str| {
            let parts: Vec<&Tensor> =
                heads.iter().map(|(name, _)| &weights.tensors[&format!("{HEADS}{name}.{part}")]).collect();
            Tensor::f_cat(&parts, 0).map_err(|error| error.to_string())
        };
        let forward = Forward::new(&weights.tensors, architecture).map_err(|error| error.to_string())?;
        let heads = (below_each_other("weight")?, below_each_other("bias")?);
        Ok(Self { forward, heads, mapping: weights.mapping.clone() })
    }

    /// Another network with the same weights, for another thread.
    pub(crate) fn share(&self) -> Self {
        Self {
            forward: self.forward.share(),
            heads: (self.heads.0.shallow_clone(), self.heads.1.shallow_clone()),
            mapping: self.mapping.clone(),
        }
    }

    /// One row of logits a window, in full precision, in the order of the heads.
    pub(crate) fn logits(&self, batch: &Batch) -> Result<Tensor, TchError> {
        let hidden = self.forward.hidden_states(&batch.ids, &batch.mask)?;
        batch.mean(&hidden)?.f_linear(&self.heads.0, Some(&self.heads.1))
    }
}

/// The name and shape of every weight.
fn shapes(architecture: &Architecture, heads: &[Head]) -> Vec<(String, Vec<i64>)> {
    let size = |size: usize| size.cast_signed() as i64;
    let hidden = size(architecture.hidden_size);
    let inner = size(architecture.intermediate_size);
    let mut shapes = vec![
        (WORDS.to_owned(), vec![size(architecture.vocabulary), hidden]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![size(architecture.positions), hidden]),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![size(architecture.types), hidden]),
    ];
    let mut affine = |name: String, shape: Vec<i64>| {
        shapes.push((format!("{name}.bias"), vec![shape[0]]));
        shapes.push((format!("{name}.weight"), shape));
    };
    affine("embeddings.LayerNorm".into(), vec![hidden]);
    for layer in 0..architecture.layers {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        for part in ["attention.self.query", "attention.self.key", "attention.self.value"] {
            affine(name(part), vec![hidden, hidden]);
        }
        affine(name("attention.output.dense"), vec![hidden, hidden]);
        affine(name("attention.output.LayerNorm"), vec![hidden]);
        affine(name("intermediate.dense"), vec![inner, hidden]);
        affine(name("output.dense"), vec![hidden, inner]);
        affine(name("output.LayerNorm"), vec![hidden]);
    }
    for (head, outputs) in heads {
        affine(format!("{HEADS}{head}"), vec![size(*outputs), hidden]);
    }
    shapes
}

#[cfg(test)]
mod tests {
    use tch::Device;

    use super::*;
    use crate::{
        forward::Attention,
        labels::OUTPUTS,
        settings::{tag_heads, tiny_settings},
    };

    fn tensors() -> HashMap<String, Tensor> {
        tch::manual_seed(7);
        shapes(&tiny_settings(10).architecture, &tag_heads())
            .into_iter()
            .map(|(name, shape)| (name, Tensor::randn(shape.as_slice(), (Kind::Float, Device::Cpu))))
            .collect()
    }

    fn network(tensors: HashMap<String, Tensor>) -> Result<Network, String> {
        Network::new(&tiny_settings(10).architecture, &tag_heads(), &tensors.into())
    }

    #[test]
    fn padding_changes_nothing() {
        let mut network = network(tensors()).unwrap();
        let (short, long) = ([0i64, 4, 2], [0i64, 5, 6, 7, 8, 2]);
        for attention in [Attention::Fused, Attention::Plain] {
            network.forward.attention = attention;
            let alone = network.logits(&Batch::new([&short[..]].into_iter(), 1)).unwrap();
            let padded = network.logits(&Batch::new([&short[..], &long[..]].into_iter(), 1)).unwrap();
            assert_eq!(padded.size(), [2, OUTPUTS as i64]);
            let difference: f64 = (alone.get(0) - padded.get(0)).abs().max().try_into().unwrap();
            assert!(difference < 1e-4, "{attention:?}: {difference}");
        }
    }

    #[test]
    fn weights_that_do_not_fit_are_named() {
        let mut tensors = tensors();
        tensors.insert("heads.flags.bias".into(), Tensor::zeros([3], (Kind::Float, Device::Cpu)));
        let error = |tensors: &HashMap<String, Tensor>| {
            let tensors =
                tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone())).collect();
            network(tensors).err().unwrap()
        };
        assert!(error(&tensors).contains("heads.flags.bias has shape [3]"));
        tensors.remove("heads.flags.bias");
        assert!(error(&tensors).contains("heads.flags.bias is missing"));
    }
}
