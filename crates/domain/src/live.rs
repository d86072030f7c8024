//! What the pages hear of as it happens.

use serde::{Deserialize, Serialize};

use crate::{Case, Incident, TaggedMention};

/// Something new or changed, for whoever watches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event", content = "data")]
pub enum LiveEvent {
    /// A mention was tagged.
    Mention(Box<TaggedMention>),
    /// An incident opened or changed.
    Incident(Box<Incident>),
    /// A case opened or changed.
    Case(Box<Case>),
}
