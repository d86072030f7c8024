//! What the detector keeps of a mention while it lies in a window.

use chrono::{DateTime, Utc};
use domain::{Cause, Emotion, MentionKey, Series, StoryId, TaggedMention, incident::IncidentMention};
use serde::{Deserialize, Serialize};

/// The longest quotation in an incident, in characters.
const EXCERPT_CHARS: usize = 280;

/// A counted mention.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Observation {
    pub(crate) key: MentionKey,
    /// Never later than the collection: a source's clock may be wrong.
    pub(crate) published_at: DateTime<Utc>,
    /// The author's pseudonym.
    pub(crate) author: Option<String>,
    pub(crate) story: StoryId,
    pub(crate) emotions: Vec<Emotion>,
    pub(crate) causes: Vec<Cause>,
    pub(crate) complaint: bool,
    pub(crate) reach: u64,
    pub(crate) engagement: u64,
    pub(crate) url: Option<String>,
    pub(crate) excerpt: String,
}

impl Observation {
    pub(crate) fn new(tagged: &TaggedMention) -> Self {
        let mention = &tagged.mention;
        Self {
            key: mention.key.clone(),
            published_at: mention.published_at.min(mention.collected_at),
            author: mention.author.clone(),
            story: tagged.story.id.clone(),
            emotions: tagged.tags.held_emotions().collect(),
            causes: tagged.tags.held_causes().collect(),
            complaint: tagged.tags.is_complaint(),
            reach: mention.reach,
            engagement: mention.engagement.total(),
            url: mention.url.clone(),
            excerpt: excerpt(&mention.full_text()),
        }
    }

    /// Whether it carries an emotion or states a complaint.
    pub(crate) fn is_negative(&self) -> bool {
        self.complaint || !self.emotions.is_empty()
    }

    /// Whether it counts in a series.
    pub(crate) fn is_in(&self, series: Series) -> bool {
        match series {
            Series::Mentions => true,
            Series::Emotion(emotion) => self.emotions.contains(&emotion),
        }
    }

    /// The series that it counts in.
    pub(crate) fn series(&self) -> impl Iterator<Item = Series> + '_ {
        std::iter::once(Series::Mentions).chain(self.emotions.iter().copied().map(Series::Emotion))
    }

    /// How many people may have seen it, for the choice of what to quote.
    pub(crate) fn weight(&self) -> u64 {
        self.reach.saturating_add(self.engagement)
    }

    pub(crate) fn quoted(&self) -> IncidentMention {
        IncidentMention {
            key: self.key.clone(),
            excerpt: self.excerpt.clone(),
            url: self.url.clone(),
            published_at: self.published_at,
            reach: self.reach,
        }
    }
}

/// The beginning of a text, cut between characters.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", text[..end].trim_end()),
        None => text.to_owned(),
    }
}
