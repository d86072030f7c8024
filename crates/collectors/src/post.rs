//! A post as its source gives it, before anybody asked whether it concerns a brand.

use chrono::{DateTime, Utc};
use domain::{Engagement, MentionKind};

/// A text as a source gives it. [`crate::Relevance`] makes it a mention, or drops it.
#[derive(Debug, Clone, PartialEq)]
pub struct Post {
    /// The id that the source gives the text; unique within the source.
    pub external_id: String,
    /// Post, review, comment or article.
    pub kind: MentionKind,
    /// Where a person can read and answer it.
    pub url: Option<String>,
    /// The author's public handle.
    pub author_handle: Option<String>,
    /// External id, at the same source, of the text that this one answers.
    pub in_reply_to: Option<String>,
    /// A title, where the source has one.
    pub title: Option<String>,
    /// The text itself, without markup.
    pub text: String,
    /// The language that the source declares (BCP 47).
    pub declared_language: Option<String>,
    /// Stars, 1 to 5.
    pub rating: Option<f32>,
    /// Potential audience, usually the author's followers.
    pub reach: u64,
    /// Interactions so far.
    pub engagement: Engagement,
    /// When the author published it.
    pub published_at: DateTime<Utc>,
    /// When the author last changed it.
    pub edited_at: Option<DateTime<Utc>>,
    /// The source says that the text is gone. Set only for an id that the collector brought before: such a post has no text to
    /// be matched by, so it always becomes a mention.
    pub deleted: bool,
}

impl Post {
    /// A post with what every post has.
    pub fn new(external_id: impl Into<String>, text: impl Into<String>, published_at: DateTime<Utc>) -> Self {
        Self {
            external_id: external_id.into(),
            kind: MentionKind::Post,
            url: None,
            author_handle: None,
            in_reply_to: None,
            title: None,
            text: text.into(),
            declared_language: None,
            rating: None,
            reach: 0,
            engagement: Engagement::default(),
            published_at,
            edited_at: None,
            deleted: false,
        }
    }
}
