//! A story: near-duplicates and reposts of one text.

use serde::{Deserialize, Serialize};

/// Identifies a story: the key of the first mention that told it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StoryId(pub String);

/// A mention's place in its story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoryMembership {
    /// The story.
    pub id: StoryId,
    /// Whether this mention told it first; the others are reposts or near-duplicates.
    pub first: bool,
}
