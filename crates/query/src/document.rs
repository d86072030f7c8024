//! What a query is held against.

use std::{borrow::Cow, ops::Range};

use chrono::{DateTime, Utc};
use domain::{BrandId, Cause, Emotion, Language, Mention, MentionKind, TaggedMention};

use crate::analysis::{Token, tokenize};

/// A text and what is known of it. What is not known meets no condition.
#[derive(Debug, Clone, Default)]
pub struct Document<'a> {
    /// The text; for a mention, title and text ([`Mention::full_text`]).
    pub text: Cow<'a, str>,
    /// Where it comes from.
    pub source: Option<&'a str>,
    /// Its language.
    pub language: Option<Language>,
    /// The pseudonym of its author.
    pub author: Option<&'a str>,
    /// The public handle of its author; only known while a text is collected.
    pub author_handle: Option<&'a str>,
    /// Its stars.
    pub rating: Option<f32>,
    /// What sort of text it is.
    pub kind: Option<MentionKind>,
    /// The brands it concerns.
    pub brands: Cow<'a, [BrandId]>,
    /// Its emotions.
    pub emotions: Vec<Emotion>,
    /// Its causes.
    pub causes: Vec<Cause>,
    /// Whether it is a complaint; not known before it is tagged.
    pub complaint: Option<bool>,
    /// Whether it wants an answer; not known before it is tagged.
    pub answer: Option<bool>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
}

impl<'a> Document<'a> {
    /// Only a text.
    pub fn of_text(text: impl Into<Cow<'a, str>>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    /// A mention as it was collected: not tagged yet, in the language that its source declares.
    pub fn of_mention(mention: &'a Mention) -> Self {
        Self {
            text: Cow::Owned(mention.full_text()),
            source: Some(&mention.key.source),
            language: mention.declared_language.as_deref().map(Language::new),
            author: mention.author.as_deref(),
            author_handle: mention.author_handle.as_deref(),
            rating: mention.rating,
            kind: Some(mention.kind),
            brands: Cow::Borrowed(&mention.brands),
            published_at: Some(mention.published_at),
            ..Self::default()
        }
    }

    /// A mention with its tags, as the index knows it: by its author's pseudonym alone.
    pub fn of_tagged(tagged: &'a TaggedMention) -> Self {
        Self {
            language: Some(tagged.language.clone()),
            author_handle: None,
            emotions: tagged.tags.held_emotions().collect(),
            causes: tagged.tags.held_causes().collect(),
            complaint: Some(tagged.tags.is_complaint()),
            answer: Some(tagged.tags.wants_answer()),
            ..Self::of_mention(&tagged.mention)
        }
    }

    /// Analyses the text, once for however many queries.
    pub fn analyse(&self) -> AnalysedDocument<'_> {
        AnalysedDocument { document: self, words: WordIndex::new(&self.text) }
    }
}

/// A document whose text is analysed.
#[derive(Debug)]
pub struct AnalysedDocument<'a> {
    pub(crate) document: &'a Document<'a>,
    pub(crate) words: WordIndex,
}

/// The tokens of a text, to be looked up by their form.
#[derive(Debug)]
pub(crate) struct WordIndex {
    /// Sorted by form, then by position.
    tokens: Vec<Token>,
}

impl WordIndex {
    fn new(text: &str) -> Self {
        let mut tokens = tokenize(text);
        tokens
            .sort_unstable_by(|one, other| one.text.cmp(&other.text).then(one.position.cmp(&other.position)));
        Self { tokens }
    }

    /// The forms that occur, each once.
    pub(crate) fn forms(&self) -> impl Iterator<Item = &str> {
        self.tokens.chunk_by(|one, other| one.text == other.text).map(|same| same[0].text.as_str())
    }

    /// The occurrences of a form, in the order of the text.
    pub(crate) fn occurrences(&self, form: &str) -> &[Token] {
        let start = self.tokens.partition_point(|token| token.text.as_str() < form);
        let length = self.tokens[start..].partition_point(|token| token.text == form);
        &self.tokens[start..start + length]
    }

    /// The occurrences of all forms that begin with `prefix`, ordered by form.
    pub(crate) fn beginning_with(&self, prefix: &str) -> &[Token] {
        let start = self.tokens.partition_point(|token| token.text.as_str() < prefix);
        let length = self.tokens[start..].partition_point(|token| token.text.starts_with(prefix));
        &self.tokens[start..start + length]
    }

    pub(crate) fn has(&self, form: &str, position: usize) -> bool {
        self.occurrences(form).binary_search_by_key(&position, |token| token.position).is_ok()
    }

    /// Where each word stands in the text.
    pub(crate) fn ranges(&self) -> Vec<Range<usize>> {
        let words = self.tokens.iter().map(|token| token.position + 1).max().unwrap_or(0);
        let mut ranges = vec![0..0; words];
        for token in &self.tokens {
            ranges[token.position] = token.start..token.end;
        }
        ranges
    }
}
