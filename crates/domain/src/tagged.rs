//! A mention as the classifier leaves it.

use serde::{Deserialize, Serialize};

use crate::{Language, Mention, StoryMembership, Tags};

/// A mention with its language, its story and its tags: what the second journal holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TaggedMention {
    /// The mention, unchanged.
    pub mention: Mention,
    /// The language found in the text.
    pub language: Language,
    /// The story it belongs to.
    pub story: StoryMembership,
    /// Emotions, causes and flags. Empty for a deletion, for a brand's own texts, and where the language is
    /// not supported.
    pub tags: Tags,
    /// The version of the model that tagged it, such as `tagger-1`.
    pub model: String,
}
