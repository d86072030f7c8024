//! The names of the files in a model's folder.

/// The tokenizer: Hugging Face's format, the base encoder's pieces that were kept.
pub const TOKENIZER: &str = "tokenizer.json";
/// The word embeddings, as the base encoder has them: training leaves them alone.
pub const EMBEDDINGS: &str = "embeddings.safetensors";
/// Every other weight of the encoder, fine-tuned.
pub const ENCODER: &str = "encoder.safetensors";
/// The linear layers on top of the encoder, one for each group of tags.
pub const HEADS: &str = "heads.safetensors";
/// Architecture, calibration and thresholds: [`crate::ModelSettings`].
pub const SETTINGS: &str = "model.json";
/// The list of embedding rows that the base encoder keeps.
pub const KEPT_IDS: &str = "kept_ids.npy";
/// The folder with the labelled texts.
pub const DATA: &str = "data";
