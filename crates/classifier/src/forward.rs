//! The encoder's forward pass, written on tch over the weights that a rust-bert model learnt.
//!
//! The same mathematics as rust-bert's own (Devlin et al., 2019), which training uses and which the tests compare with, but with
//! one multiplication for query, key and value, libtorch's native GELU, and the attention that is fastest on this CPU.

use std::collections::HashMap;

use tch::{Kind, TchError, Tensor};

use crate::{Architecture, network::WORDS};

/// As BERT has it.
const NORM_EPSILON: f64 = 1e-12;
/// Added to the attention of padding: as good as minus infinity, in either precision.
const NOTHING: f64 = -1e9;
/// "GenuineIntel", as the CPU says it.
#[cfg(target_arch = "x86_64")]
const INTEL: (u32, u32, u32) = (0x756e_6547, 0x4965_6e69, 0x6c65_746e);

/// How attention is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Attention {
    /// libtorch's fused kernel, which multiplies by MKL: the faster one where MKL has code for the CPU.
    Fused,
    /// Two multiplications by oneDNN and a softmax: the faster one elsewhere.
    Plain,
}

impl Attention {
    /// The faster one on this CPU.
    pub(crate) fn of_this_machine() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            let vendor = std::arch::x86_64::__cpuid(0);
            if (vendor.ebx, vendor.edx, vendor.ecx) == INTEL {
                return Self::Fused;
            }
        }
        Self::Plain
    }

    fn of(self, query: &Tensor, key: &Tensor, value: &Tensor, padding: &Tensor) -> Result<Tensor, TchError> {
        match self {
            Self::Fused => {
                Tensor::f_scaled_dot_product_attention(query, key, value, Some(padding), 0.0, false, None)
            }
            Self::Plain => {
                let scale = (query.size()[3] as f64).sqrt().recip();
                query
                    .f_mul_scalar(scale)?
                    .f_matmul(&key.f_transpose(-2, -1)?)?
                    .f_add(padding)?
                    .f_softmax(-1, None)?
                    .f_matmul(value)
            }
        }
    }
}

/// A linear or a normalising layer.
struct Affine {
    weight: Tensor,
    bias: Tensor,
}

struct Layer {
    /// Query, key and value, one below the other.
    projections: Affine,
    attention: Affine,
    attention_norm: Affine,
    inner: Affine,
    outer: Affine,
    outer_norm: Affine,
}

/// The encoder's weights, in the order in which the forward pass needs them.
pub(crate) struct Forward {
    words: Tensor,
    /// What stands at each position, whatever the word.
    positions: Tensor,
    norm: Affine,
    layers: Vec<Layer>,
    heads: i64,
    hidden: i64,
    pub(crate) attention: Attention,
}

impl Forward {
    /// Over these tensors, under the names that Hugging Face gives a BERT model's.
    ///
    /// # Panics
    /// A tensor is missing: the caller has checked names and shapes.
    pub(crate) fn new(
        tensors: &HashMap<String, Tensor>,
        architecture: &Architecture,
    ) -> Result<Self, TchError> {
        let affine = |name: &str| Affine {
            weight: tensors[&format!("{name}.weight")].shallow_clone(),
            bias: tensors[&format!("{name}.bias")].shallow_clone(),
        };
        let layer = |number: usize| {
            let part = |name: &str| affine(&format!("encoder.layer.{number}.{name}"));
            let [query, key, value] =
                ["query", "key", "value"].map(|name| part(&format!("attention.self.{name}")));
            Ok(Layer {
                projections: Affine {
                    weight: Tensor::f_cat(&[query.weight, key.weight, value.weight], 0)?,
                    bias: Tensor::f_cat(&[query.bias, key.bias, value.bias], 0)?,
                },
                attention: part("attention.output.dense"),
                attention_norm: part("attention.output.LayerNorm"),
                inner: part("intermediate.dense"),
                outer: part("output.dense"),
                outer_norm: part("output.LayerNorm"),
            })
        };
        let types = &tensors["embeddings.token_type_embeddings.weight"];
        Ok(Self {
            words: tensors[WORDS].shallow_clone(),
            positions: tensors["embeddings.position_embeddings.weight"].f_add(&types.f_get(0)?)?,
            norm: affine("embeddings.LayerNorm"),
            layers: (0..architecture.layers).map(layer).collect::<Result<_, TchError>>()?,
            heads: architecture.heads.cast_signed() as i64,
            hidden: architecture.hidden_size.cast_signed() as i64,
            attention: Attention::of_this_machine(),
        })
    }

    /// Another handle on the same weights.
    pub(crate) fn share(&self) -> Self {
        Self {
            words: self.words.shallow_clone(),
            positions: self.positions.shallow_clone(),
            norm: self.norm.share(),
            layers: self.layers.iter().map(Layer::share).collect(),
            ..*self
        }
    }

    /// The vector of each token, of shape `[texts, tokens, hidden]`, from ids and a mask of 1 for a token and 0 for padding.
    pub(crate) fn hidden_states(&self, ids: &Tensor, mask: &Tensor) -> Result<Tensor, TchError> {
        let (texts, tokens) = ids.size2()?;
        // The words may be held in another precision than the rest.
        let words =
            Tensor::f_embedding(&self.words, ids, -1, false, false)?.f_to_kind(self.positions.kind())?;
        let embedded = words.f_add(&self.positions.f_narrow(0, 0, tokens)?)?;
        let mut states = self.normalised(&embedded, &self.norm)?;
        let padding = mask
            .f_view([texts, 1, 1, tokens])?
            .f_to_kind(Kind::Float)?
            .f_rsub_scalar(1)?
            .f_mul_scalar(NOTHING)?
            .f_to_kind(self.positions.kind())?
            .f_expand([texts, 1, tokens, tokens], false)?;
        for layer in &self.layers {
            states = self.layer(layer, &states, &padding)?;
        }
        Ok(states)
    }

    fn layer(&self, layer: &Layer, states: &Tensor, padding: &Tensor) -> Result<Tensor, TchError> {
        let (texts, tokens, _) = states.size3()?;
        let split = layer
            .projections
            .linear(states)?
            .f_view([texts, tokens, 3, self.heads, self.hidden / self.heads])?
            .f_permute([2, 0, 3, 1, 4])?;
        let attended = self
            .attention
            .of(&split.f_get(0)?, &split.f_get(1)?, &split.f_get(2)?, padding)?
            .f_transpose(1, 2)?
            .f_reshape([texts, tokens, self.hidden])?;
        let attended = layer.attention.linear(&attended)?.f_add(states)?;
        let states = self.normalised(&attended, &layer.attention_norm)?;
        let inner = layer.inner.linear(&states)?.f_gelu("none")?;
        self.normalised(&layer.outer.linear(&inner)?.f_add(&states)?, &layer.outer_norm)
    }

    fn normalised(&self, states: &Tensor, norm: &Affine) -> Result<Tensor, TchError> {
        states.f_layer_norm([self.hidden], Some(&norm.weight), Some(&norm.bias), NORM_EPSILON, false)
    }
}

impl Layer {
    fn share(&self) -> Self {
        Self {
            projections: self.projections.share(),
            attention: self.attention.share(),
            attention_norm: self.attention_norm.share(),
            inner: self.inner.share(),
            outer: self.outer.share(),
            outer_norm: self.outer_norm.share(),
        }
    }
}

impl Affine {
    fn share(&self) -> Self {
        Self { weight: self.weight.shallow_clone(), bias: self.bias.shallow_clone() }
    }

    fn linear(&self, states: &Tensor) -> Result<Tensor, TchError> {
        states.f_linear(&self.weight, Some(&self.bias))
    }
}
