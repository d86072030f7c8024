//! What the index holds of a mention, and the analysis of its text.

use std::collections::BTreeSet;

use domain::{BrandId, Change, Flag, MentionKey, Tag, TaggedMention};
use query::{analysis, normalize_author};
use tantivy::{
    TantivyDocument, Term,
    schema::{
        FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, SchemaBuilder, TextFieldIndexing,
        TextOptions,
    },
    tokenizer::{Token, TokenStream, Tokenizer},
};
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use crate::{SearchError, hit::StoredHit};

/// The name under which the analysis of `vigie-query` is known to the index.
pub(crate) const ANALYSIS: &str = "vigie";

/// Longer keys are indexed by their hash: tantivy leaves out terms of more than 64 KiB, and a mention without its key could not
/// be replaced.
const MAX_KEY_BYTES: usize = 4096;

/// The fields of the index.
#[derive(Debug, Clone)]
pub(crate) struct Fields {
    /// Source and external id.
    pub(crate) key: Field,
    /// A number for the key, to order mentions of the same moment.
    pub(crate) key_hash: Field,
    /// Microseconds; an older version never replaces a newer one.
    pub(crate) version_at: Field,
    /// Whether there is a text; not so for what remembers a deletion.
    pub(crate) live: Field,
    /// Microseconds.
    pub(crate) published_at: Field,
    pub(crate) rating: Field,
    pub(crate) brand: Field,
    pub(crate) source: Field,
    pub(crate) kind: Field,
    pub(crate) language: Field,
    pub(crate) emotion: Field,
    pub(crate) cause: Field,
    pub(crate) flag: Field,
    pub(crate) author: Field,
    pub(crate) text: Field,
    /// The hit as JSON.
    pub(crate) hit: Field,
}

/// Names of the fields whose values are counted over all hits.
pub(crate) mod names {
    pub(crate) const KEY_HASH: &str = "key_hash";
    pub(crate) const VERSION_AT: &str = "version_at";
    pub(crate) const PUBLISHED_AT: &str = "published_at";
    pub(crate) const BRAND: &str = "brand";
    pub(crate) const SOURCE: &str = "source";
    pub(crate) const KIND: &str = "kind";
    pub(crate) const LANGUAGE: &str = "language";
    pub(crate) const EMOTION: &str = "emotion";
    pub(crate) const CAUSE: &str = "cause";
}

/// A value that is looked up as a whole.
fn exact() -> TextOptions {
    let indexing = TextFieldIndexing::default()
        .set_tokenizer("raw")
        .set_fieldnorms(false)
        .set_index_option(IndexRecordOption::Basic);
    TextOptions::default().set_indexing_options(indexing)
}

/// A value that is looked up as a whole and counted.
fn counted() -> TextOptions {
    exact().set_fast("raw")
}

impl Fields {
    pub(crate) fn new() -> (Schema, Fields) {
        let mut schema = SchemaBuilder::new();
        let text = TextFieldIndexing::default()
            .set_tokenizer(ANALYSIS)
            .set_fieldnorms(false)
            .set_index_option(IndexRecordOption::WithFreqsAndPositions);
        let fields = Fields {
            key: schema.add_text_field("key", exact()),
            key_hash: schema.add_u64_field(names::KEY_HASH, FAST),
            version_at: schema.add_i64_field(names::VERSION_AT, FAST),
            live: schema.add_bool_field("live", INDEXED),
            published_at: schema.add_i64_field(names::PUBLISHED_AT, FAST),
            rating: schema.add_f64_field("rating", FAST),
            brand: schema.add_text_field(names::BRAND, counted()),
            source: schema.add_text_field(names::SOURCE, counted()),
            kind: schema.add_text_field(names::KIND, counted()),
            language: schema.add_text_field(names::LANGUAGE, counted()),
            emotion: schema.add_text_field(names::EMOTION, counted()),
            cause: schema.add_text_field(names::CAUSE, counted()),
            flag: schema.add_text_field("flag", exact()),
            author: schema.add_text_field("author", exact()),
            text: schema.add_text_field("text", TextOptions::default().set_indexing_options(text)),
            hit: schema.add_bytes_field("hit", STORED),
        };
        (schema.build(), fields)
    }

    /// The term by which a mention is found and replaced.
    pub(crate) fn key_term(&self, key: &MentionKey) -> Term {
        Term::from_field_text(self.key, &key_text(key))
    }

    pub(crate) fn live_term(&self) -> Term {
        Term::from_field_bool(self.live, true)
    }

    /// A version of a mention as the index keeps it. Of a deletion only its key and time stay, so that an older version which
    /// arrives late does not bring the text back.
    pub(crate) fn document(&self, tagged: &TaggedMention) -> Result<TantivyDocument, SearchError> {
        let mention = &tagged.mention;
        let mut document = TantivyDocument::new();
        let key = key_text(&mention.key);
        document.add_u64(self.key_hash, xxh3_64(key.as_bytes()));
        document.add_text(self.key, key);
        document.add_i64(self.version_at, mention.version_at.timestamp_micros());
        if mention.change == Change::Deleted {
            return Ok(document);
        }
        document.add_bool(self.live, true);
        document.add_i64(self.published_at, mention.published_at.timestamp_micros());
        if let Some(rating) = mention.rating.filter(|rating| !rating.is_nan()) {
            // Adding zero makes one of the two zeros, which the index would tell apart.
            document.add_f64(self.rating, f64::from(rating) + 0.0);
        }
        let distinct_brands: BTreeSet<&BrandId> = mention.brands.iter().collect();
        for brand in distinct_brands {
            document.add_text(self.brand, brand.as_str());
        }
        document.add_text(self.source, mention.key.source.to_lowercase());
        document.add_text(self.kind, mention.kind.as_str());
        document.add_text(self.language, tagged.language.as_str());
        for tag in &tagged.tags.held {
            match tag {
                Tag::Emotion(emotion) => document.add_text(self.emotion, emotion.as_str()),
                Tag::Cause(cause) => document.add_text(self.cause, cause.as_str()),
                Tag::Flag(flag @ (Flag::Complaint | Flag::Answer)) => {
                    document.add_text(self.flag, flag.as_str());
                }
            }
        }
        if let Some(author) = &mention.author {
            document.add_text(self.author, normalize_author(author));
        }
        document.add_text(self.text, mention.full_text());
        let hit = serde_json::to_vec(&StoredHit::new(tagged)).map_err(SearchError::Encode)?;
        document.add_bytes(self.hit, &hit);
        Ok(document)
    }
}

fn key_text(key: &MentionKey) -> String {
    // The unit separator cannot be mistaken for a part of either, unlike a colon.
    let text = format!("{}\u{1F}{}", key.source, key.external_id);
    if text.len() <= MAX_KEY_BYTES { text } else { format!("\u{1F}{:032x}", xxh3_128(text.as_bytes())) }
}

/// The analysis of `vigie-query` as the index calls it.
#[derive(Debug, Clone, Default)]
pub(crate) struct AnalysisTokenizer;

impl Tokenizer for AnalysisTokenizer {
    type TokenStream<'a> = AnalysedText;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> AnalysedText {
        AnalysedText { tokens: analysis::tokenize(text).into_iter(), current: Token::default() }
    }
}

pub(crate) struct AnalysedText {
    tokens: std::vec::IntoIter<analysis::Token>,
    current: Token,
}

impl TokenStream for AnalysedText {
    fn advance(&mut self) -> bool {
        let Some(token) = self.tokens.next() else { return false };
        self.current = Token {
            offset_from: token.start,
            offset_to: token.end,
            position: token.position,
            text: token.text,
            position_length: 1,
        };
        true
    }

    fn token(&self) -> &Token {
        &self.current
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.current
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_told_apart_and_bounded() {
        let text = |source: &str, id: &str| key_text(&MentionKey::new(source, id));
        assert_ne!(text("a:b", "c"), text("a", "b:c"));
        assert!(text("rss", &"x".repeat(100_000)).len() < 64);
    }
}
