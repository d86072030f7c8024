//! What a search gives back.

use std::ops::Range;

use chrono::{DateTime, Utc};
use domain::{
    BrandId, Cause, Emotion, Engagement, Language, MentionKey, MentionKind, StoryMembership, TaggedMention,
};
use query::{Document, Query};
use serde::{Deserialize, Serialize};

/// A mention as the pages show it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hit {
    /// Source and external id.
    pub key: MentionKey,
    /// Post, review, comment or article.
    pub kind: MentionKind,
    /// The brands it concerns.
    pub brands: Vec<BrandId>,
    /// Its title, where the source has one.
    pub title: Option<String>,
    /// Its text.
    pub text: String,
    /// Where a person can read and answer it.
    pub url: Option<String>,
    /// The pseudonym of its author.
    pub author: Option<String>,
    /// Written by an official account of the brand.
    pub official: bool,
    /// External id, at the same source, of the text that this one answers.
    pub in_reply_to: Option<String>,
    /// Stars.
    pub rating: Option<f32>,
    /// Potential audience.
    pub reach: u64,
    /// Interactions.
    pub engagement: Engagement,
    /// Its language.
    pub language: Language,
    /// Its story.
    pub story: StoryMembership,
    /// The emotions that hold, with their scores.
    pub emotions: Vec<(Emotion, f32)>,
    /// The causes that hold, with their scores.
    pub causes: Vec<(Cause, f32)>,
    /// Whether it is a complaint.
    pub complaint: bool,
    /// Whether someone at the brand should answer it.
    pub answer: bool,
    /// When the author published it.
    pub published_at: DateTime<Utc>,
    /// The words of the text that were asked for, in bytes of the text.
    #[serde(default)]
    pub highlights: Vec<Range<usize>>,
    /// The words of the title that were asked for, in bytes of the title.
    #[serde(default)]
    pub title_highlights: Vec<Range<usize>>,
}

impl From<&TaggedMention> for Hit {
    fn from(tagged: &TaggedMention) -> Self {
        let TaggedMention { mention, tags, .. } = tagged;
        let score = |score: Option<&f32>| score.copied().unwrap_or_default();
        Self {
            key: mention.key.clone(),
            kind: mention.kind,
            brands: mention.brands.clone(),
            title: mention.title.clone(),
            text: mention.text.clone(),
            url: mention.url.clone(),
            author: mention.author.clone(),
            official: mention.official,
            in_reply_to: mention.in_reply_to.clone(),
            rating: mention.rating,
            reach: mention.reach,
            engagement: mention.engagement,
            language: tagged.language.clone(),
            story: tagged.story.clone(),
            emotions: tags
                .held_emotions()
                .map(|emotion| (emotion, score(tags.emotions.get(&emotion))))
                .collect(),
            causes: tags.held_causes().map(|cause| (cause, score(tags.causes.get(&cause)))).collect(),
            complaint: tags.is_complaint(),
            answer: tags.wants_answer(),
            published_at: mention.published_at,
            highlights: Vec::new(),
            title_highlights: Vec::new(),
        }
    }
}

/// A hit as it lies in the index.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredHit {
    hit: Hit,
    /// Whether the title was analysed as a text of its own in front of the text ([`domain::Mention::full_text`]).
    title_in_front: bool,
}

impl StoredHit {
    pub(crate) fn new(tagged: &TaggedMention) -> Self {
        let title_in_front = tagged.mention.full_text().len() > tagged.mention.text.len();
        Self { hit: Hit::from(tagged), title_in_front }
    }

    pub(crate) fn without_highlights(self) -> Hit {
        self.hit
    }

    /// The hit with the words that the query asks for.
    pub(crate) fn highlighted(self, query: &Query) -> Hit {
        let mut hit = self.hit;
        let title = hit.title.as_deref().filter(|_| self.title_in_front);
        let Some(title) = title else {
            hit.highlights = query.highlights(&Document::of_text(hit.text.as_str()));
            return hit;
        };
        let text_start = title.len() + 1;
        let ranges = query.highlights(&Document::of_text(format!("{title}\n{}", hit.text)));
        let (in_title, in_text): (Vec<_>, Vec<_>) =
            ranges.into_iter().partition(|range| range.start < text_start);
        hit.title_highlights = in_title;
        hit.highlights =
            in_text.into_iter().map(|range| range.start - text_start..range.end - text_start).collect();
        hit
    }
}

/// Which part of the hits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageRequest {
    /// How many hits, at most [`PageRequest::MAX_LIMIT`].
    pub limit: usize,
    /// Where the page before ended ([`SearchPage::next`]); none for the newest.
    pub cursor: Option<String>,
    /// Whether to count [`SearchPage::facets`]; without them a search is faster.
    pub facets: bool,
}

impl PageRequest {
    /// The longest page.
    pub const MAX_LIMIT: usize = 500;

    /// The newest hits, with facets.
    pub fn first(limit: usize) -> Self {
        Self { limit, cursor: None, facets: true }
    }

    /// The hits behind `cursor`, without facets, which are those of the first page.
    pub fn after(cursor: impl Into<String>, limit: usize) -> Self {
        Self { limit, cursor: Some(cursor.into()), facets: false }
    }
}

/// Hits, newest first.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchPage {
    /// How many mentions match, on all pages.
    pub total: usize,
    /// Those of this page.
    pub hits: Vec<Hit>,
    /// What all that match are about.
    pub facets: Facets,
    /// Where the next page begins; none on the last. What arrives meanwhile does not shift it.
    pub next: Option<String>,
}

/// How many hits carry each value, most first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Facets {
    /// By brand.
    pub brand: Vec<(String, usize)>,
    /// By source, in lower case.
    pub source: Vec<(String, usize)>,
    /// By language.
    pub language: Vec<(String, usize)>,
    /// By emotion.
    pub emotion: Vec<(String, usize)>,
    /// By cause.
    pub cause: Vec<(String, usize)>,
    /// By kind.
    pub kind: Vec<(String, usize)>,
}
