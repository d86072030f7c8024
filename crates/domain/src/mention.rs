//! A mention: one public text that concerns a brand, and its later versions.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::BrandId;

/// What identifies a mention everywhere: the source that published it and the id it has there.
///
/// Every reader of the journal is idempotent on this key together with [`Mention::version_at`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MentionKey {
    /// The source's name, such as `mastodon`.
    pub source: String,
    /// The id that the source gives the text; unique within the source.
    pub external_id: String,
}

impl MentionKey {
    /// A key from its two parts.
    pub fn new(source: impl Into<String>, external_id: impl Into<String>) -> Self {
        Self { source: source.into(), external_id: external_id.into() }
    }
}

impl fmt::Display for MentionKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}", self.source, self.external_id)
    }
}

/// What sort of text a mention is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MentionKind {
    /// A message on a social network or forum.
    #[default]
    Post,
    /// A review, usually with a rating.
    Review,
    /// An answer to another text.
    Comment,
    /// A text of the press or of a blog.
    Article,
}

impl MentionKind {
    /// Every kind, in the order of the screens.
    pub const ALL: [MentionKind; 4] = [Self::Post, Self::Review, Self::Comment, Self::Article];

    /// The name in JSON, in the stores and in the query language.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Review => "review",
            Self::Comment => "comment",
            Self::Article => "article",
        }
    }
}

/// Why this version of a mention exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The text as first published.
    #[default]
    Posted,
    /// The author changed the text.
    Edited,
    /// Only the numbers around the text changed.
    EngagementUpdated,
    /// The text was removed at its source. The version carries an empty text.
    Deleted,
}

impl Change {
    /// The name in JSON and in the stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::Edited => "edited",
            Self::EngagementUpdated => "engagement_updated",
            Self::Deleted => "deleted",
        }
    }
}

/// Interactions with a text, as its source counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Engagement {
    /// Answers.
    pub replies: u64,
    /// Shares, boosts, retweets.
    pub reposts: u64,
    /// Likes, favourites, upvotes, "useful" votes.
    pub likes: u64,
}

impl Engagement {
    /// All interactions together.
    pub fn total(self) -> u64 {
        self.replies + self.reposts + self.likes
    }
}

/// One public text that concerns one or more brands, in one of its versions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mention {
    /// Source and external id.
    pub key: MentionKey,
    /// When this version came to be: publication, edit, or the moment an update or a deletion was seen.
    /// A later `version_at` replaces an earlier one; the same one read twice changes nothing.
    pub version_at: DateTime<Utc>,
    /// Why this version exists.
    #[serde(default)]
    pub change: Change,
    /// The brands whose queries match the text; never empty in the journal.
    pub brands: Vec<BrandId>,
    /// Post, review, comment or article.
    #[serde(default)]
    pub kind: MentionKind,
    /// Where a person can read and answer it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Keyed pseudonym of the author (HMAC), the same for the same author of a source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// The author's public handle. Personal data: only `casework` keeps it, and only while a case is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author_handle: Option<String>,
    /// Written by an official account of the brand.
    #[serde(default)]
    pub official: bool,
    /// External id, at the same source, of the text that this one answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_reply_to: Option<String>,
    /// A title, where the source has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The text itself, without markup.
    pub text: String,
    /// The language that the source declares, unverified (BCP 47).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_language: Option<String>,
    /// Stars, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<f32>,
    /// Potential audience, usually the author's followers.
    #[serde(default)]
    pub reach: u64,
    /// Interactions so far.
    #[serde(default)]
    pub engagement: Engagement,
    /// When the author published it.
    pub published_at: DateTime<Utc>,
    /// When Vigie first read this version.
    pub collected_at: DateTime<Utc>,
}

impl Mention {
    /// Title and text as one, the way they are analysed, tagged and searched.
    pub fn full_text(&self) -> String {
        full_text(self.title.as_deref(), &self.text)
    }
}

/// A title, where there is one that the text does not repeat, and a text as one.
pub fn full_text(title: Option<&str>, text: &str) -> String {
    match title {
        Some(title) if !title.is_empty() && !text.starts_with(title) => format!("{title}\n{text}"),
        _ => text.to_owned(),
    }
}
