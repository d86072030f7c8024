//! `model.json`: what a model is, how its outputs become scores, and from which score on a tag holds.

use std::path::Path;

use domain::{Cause, Emotion, Tag, Tags};
use rust_bert::bert::BertConfig;
use serde::{Deserialize, Serialize};

use crate::{
    ClassifierError,
    labels::OUTPUTS,
    model_files,
    network::{Head, PADDED_TO},
    scores,
};

/// A window shorter than this would hold little but the prefix and the special tokens.
const SHORTEST_WINDOW: usize = 16;

/// The settings of one trained model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelSettings {
    /// The version that tagged mentions carry, such as `tagger-1`.
    pub version: String,
    /// The encoder that was fine-tuned.
    pub base: String,
    /// The encoder's dimensions.
    pub architecture: Architecture,
    /// What every text is prefixed with, because the base encoder was trained so.
    pub prefix: String,
    /// The tokens of one window of text, special tokens included.
    pub max_tokens: usize,
    /// The windows read of one text; what follows is ignored.
    pub max_windows: usize,
    /// One entry for each tag, in the order of [`Tag::all`].
    pub outputs: Vec<OutputSettings>,
}

/// The dimensions of a BERT encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Architecture {
    /// Values of a token's vector.
    pub hidden_size: usize,
    /// Transformer layers.
    pub layers: usize,
    /// Attention heads of a layer.
    pub heads: usize,
    /// Values of a layer's inner vector.
    pub intermediate_size: usize,
    /// The longest sequence.
    pub positions: usize,
    /// Kinds of segments.
    pub types: usize,
    /// Pieces of the vocabulary.
    pub vocabulary: usize,
}

/// How one output becomes a score: `sigmoid(slope × logit + offset)`, and when the tag holds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputSettings {
    /// The tag.
    pub tag: Tag,
    /// Factor of the logit.
    pub slope: f32,
    /// Added to it.
    pub offset: f32,
    /// The tag holds from this score on.
    pub threshold: f32,
}

impl Architecture {
    /// The dimensions of multilingual-e5-small with a vocabulary of this size.
    pub(crate) fn e5_small(vocabulary: usize) -> Self {
        Self {
            hidden_size: 384,
            layers: 12,
            heads: 12,
            intermediate_size: 1536,
            positions: 512,
            types: 2,
            vocabulary,
        }
    }

    /// The same as rust-bert writes it.
    pub(crate) fn bert_config(&self, dropout: f64) -> BertConfig {
        let size = |size: usize| size.cast_signed() as i64;
        BertConfig {
            attention_probs_dropout_prob: dropout,
            hidden_dropout_prob: dropout,
            hidden_size: size(self.hidden_size),
            intermediate_size: size(self.intermediate_size),
            max_position_embeddings: size(self.positions),
            num_attention_heads: size(self.heads),
            num_hidden_layers: size(self.layers),
            type_vocab_size: size(self.types),
            vocab_size: size(self.vocabulary),
            ..BertConfig::default()
        }
    }
}

impl OutputSettings {
    /// The calibrated score of a logit, in 0 to 1.
    pub fn score(&self, logit: f32) -> f32 {
        let score = 1.0 / (1.0 + (-(self.slope * logit + self.offset)).exp());
        if score.is_finite() { score } else { 0.0 }
    }
}

impl ModelSettings {
    /// Reads and checks the settings in a model's folder.
    ///
    /// # Errors
    /// The file is missing, is no such JSON, or its values contradict each other.
    pub fn read(model_dir: &Path) -> Result<Self, ClassifierError> {
        let path = model_dir.join(model_files::SETTINGS);
        let json = std::fs::read(&path).map_err(|error| ClassifierError::model_file(&path, error))?;
        let unusable = |reason: String| ClassifierError::ModelUnusable { path: path.clone(), reason };
        let settings: Self = serde_json::from_slice(&json).map_err(|error| unusable(error.to_string()))?;
        settings.check().map_err(unusable)?;
        Ok(settings)
    }

    fn check(&self) -> Result<(), String> {
        let Architecture { hidden_size, layers, heads, intermediate_size, positions, types, vocabulary } =
            self.architecture;
        if [hidden_size, layers, heads, intermediate_size, positions, types, vocabulary].contains(&0) {
            return Err("a dimension of the architecture is 0".into());
        }
        if !hidden_size.is_multiple_of(heads) {
            return Err(format!("hidden_size {hidden_size} is no multiple of heads {heads}"));
        }
        if self.version.is_empty() {
            return Err("the version is empty".into());
        }
        let longest = positions - positions % PADDED_TO;
        if !(SHORTEST_WINDOW..=longest).contains(&self.max_tokens) {
            let given = self.max_tokens;
            return Err(format!("max_tokens is {given}, not between {SHORTEST_WINDOW} and {longest}"));
        }
        if self.max_windows == 0 {
            return Err("max_windows is 0".into());
        }
        if !self.outputs.iter().map(|output| output.tag).eq(Tag::all()) {
            return Err("its outputs are not the tags in their order".into());
        }
        for OutputSettings { tag, slope, offset, threshold } in &self.outputs {
            let calibrated = slope.is_finite() && *slope > 0.0 && offset.is_finite();
            if !(calibrated && *threshold > 0.0 && *threshold < 1.0) {
                return Err(format!("the calibration or the threshold of {} is out of range", tag.as_str()));
            }
        }
        Ok(())
    }

    /// The tags of a text whose outputs have these scores.
    pub(crate) fn tags(&self, scores: &[f32; OUTPUTS]) -> Tags {
        scores::to_tags(scores, |place| scores[place] >= self.outputs[place].threshold)
    }
}

/// The outputs of each group, in the order of [`Tag::all`]: emotions, causes, flags.
pub(crate) const GROUPS: [(&str, std::ops::Range<usize>); 3] = [
    ("emotions", 0..Emotion::ALL.len()),
    ("causes", Emotion::ALL.len()..Emotion::ALL.len() + Cause::ALL.len()),
    ("flags", Emotion::ALL.len() + Cause::ALL.len()..OUTPUTS),
];

/// The linear layers of the tagger: one for each group.
pub(crate) fn tag_heads() -> [Head; GROUPS.len()] {
    GROUPS.map(|(name, outputs)| (name, outputs.len()))
}

#[cfg(test)]
pub(crate) fn tiny_settings(vocabulary: usize) -> ModelSettings {
    ModelSettings {
        version: "tiny".into(),
        base: "none".into(),
        architecture: Architecture {
            hidden_size: 8,
            layers: 2,
            heads: 2,
            intermediate_size: 16,
            positions: 64,
            types: 2,
            vocabulary,
        },
        prefix: "query: ".into(),
        max_tokens: 32,
        max_windows: 4,
        outputs: Tag::all()
            .map(|tag| OutputSettings { tag, slope: 1.0, offset: 0.0, threshold: 0.5 })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use domain::Flag;

    use super::*;

    fn read(settings: &ModelSettings) -> Result<ModelSettings, String> {
        let folder = tempfile::tempdir().unwrap();
        let json = serde_json::to_vec(settings).unwrap();
        std::fs::write(folder.path().join(model_files::SETTINGS), json).unwrap();
        ModelSettings::read(folder.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn settings_round_trip() {
        let settings = tiny_settings(10);
        assert_eq!(read(&settings).unwrap(), settings);
    }

    #[test]
    fn contradictions_are_refused_with_a_reason() {
        type Spoil = fn(&mut ModelSettings);
        let spoiled: [(Spoil, &str); 6] = [
            (|settings| settings.max_tokens = 65, "max_tokens is 65"),
            (|settings| settings.architecture.heads = 3, "no multiple of heads"),
            (|settings| settings.architecture.layers = 0, "is 0"),
            (|settings| settings.outputs.swap(0, 1), "in their order"),
            (|settings| settings.outputs[3].threshold = 1.5, "frustration is out of range"),
            (|settings| settings.version.clear(), "version"),
        ];
        for (spoil, reason) in spoiled {
            let mut settings = tiny_settings(10);
            spoil(&mut settings);
            let error = read(&settings).unwrap_err();
            assert!(error.contains(reason) && error.contains("vigie train"), "{error}");
        }
    }

    #[test]
    fn missing_settings_say_what_to_do() {
        let folder = tempfile::tempdir().unwrap();
        let error = ModelSettings::read(folder.path()).unwrap_err().to_string();
        assert!(error.contains("model.json is missing") && error.contains("vigie train"), "{error}");
    }

    #[test]
    fn scores_become_tags_in_order() {
        let mut scores = [0.1; OUTPUTS];
        (scores[0], scores[18]) = (0.5, 0.9);
        let tags = tiny_settings(10).tags(&scores);
        assert_eq!(tags.held, [Tag::Emotion(Emotion::Anger), Tag::Flag(Flag::Answer)]);
        assert_eq!((tags.emotions.len(), tags.causes.len()), (5, 12));
        assert_eq!((tags.complaint, tags.answer), (0.1, 0.9));
    }

    #[test]
    fn scores_stay_between_0_and_1() {
        let output =
            OutputSettings { tag: Tag::Flag(Flag::Answer), slope: 2.0, offset: -1.0, threshold: 0.5 };
        for logit in [f32::NEG_INFINITY, -1e30, -3.0, 0.0, 3.0, 1e30, f32::INFINITY, f32::NAN] {
            assert!((0.0..=1.0).contains(&output.score(logit)), "{logit}");
        }
        assert_eq!(output.score(0.5), 0.5);
    }
}
