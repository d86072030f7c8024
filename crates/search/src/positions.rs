//! Phrases and NEAR, over the positions that the index keeps of every word.
//!
//! tantivy's own phrase query takes no alternatives, and its slop counts moves of words instead of distances. This query asks the index for the mentions that have the words, reads
//! where they stand in each, and lets `query::spans` decide, as the matcher does.

use std::{io, sync::Arc};

use query::{
    Node,
    analysis::SURFACE_MARK,
    spans::{Span, are_near},
};
use tantivy::{
    DocId, DocSet, Score, SegmentReader, TERMINATED, Term,
    index::InvertedIndexReader,
    postings::{Postings, SegmentPostings},
    query::{EnableScoring, Explanation, Query, Scorer, Weight},
    schema::{Field, IndexRecordOption},
};

/// Words that stand together in a certain way.
#[derive(Debug)]
pub(crate) struct PositionQuery {
    /// Finds the mentions that have the words, wherever.
    pub(crate) candidates: Box<dyn Query>,
    /// A phrase, or NEAR.
    pub(crate) node: Arc<Node>,
    /// The field of the text.
    pub(crate) text: Field,
}

impl Clone for PositionQuery {
    fn clone(&self) -> Self {
        Self { candidates: self.candidates.box_clone(), node: Arc::clone(&self.node), text: self.text }
    }
}

impl Query for PositionQuery {
    fn weight(&self, enable_scoring: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        let candidates = self.candidates.weight(enable_scoring)?;
        Ok(Box::new(PositionWeight { candidates, node: Arc::clone(&self.node), text: self.text }))
    }
}

struct PositionWeight {
    candidates: Box<dyn Weight>,
    node: Arc<Node>,
    text: Field,
}

impl Weight for PositionWeight {
    fn scorer(&self, reader: &SegmentReader, boost: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let words = reader.inverted_index(self.text)?;
        let candidates = self.candidates.scorer(reader, boost)?;
        let requirement = Requirement::open(&self.node, &words, self.text)?;
        let mut scorer = PositionScorer { candidates, requirement };
        scorer.skip_to_match();
        Ok(Box::new(scorer))
    }

    fn explain(&self, reader: &SegmentReader, doc: DocId) -> tantivy::Result<Explanation> {
        let mut scorer = self.scorer(reader, 1.0)?;
        let found = scorer.doc() <= doc && scorer.seek(doc) == doc;
        Ok(Explanation::new("PositionQuery", if found { 1.0 } else { 0.0 }))
    }
}

struct PositionScorer {
    candidates: Box<dyn Scorer>,
    requirement: Requirement,
}

impl PositionScorer {
    /// From the current candidate on, stops at the first whose words stand as required.
    fn skip_to_match(&mut self) -> DocId {
        let mut doc = self.candidates.doc();
        while doc != TERMINATED && !self.requirement.holds(doc) {
            doc = self.candidates.advance();
        }
        doc
    }
}

impl DocSet for PositionScorer {
    fn advance(&mut self) -> DocId {
        self.candidates.advance();
        self.skip_to_match()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        if self.candidates.doc() < target {
            self.candidates.seek(target);
        }
        self.skip_to_match()
    }

    fn doc(&self) -> DocId {
        self.candidates.doc()
    }

    fn size_hint(&self) -> u32 {
        self.candidates.size_hint()
    }
}

impl Scorer for PositionScorer {
    fn score(&mut self) -> Score {
        1.0
    }
}

/// How the words must stand.
enum Requirement {
    Occurs(Places),
    Near { left: Places, right: Places, distance: u32 },
}

impl Requirement {
    fn open(node: &Node, words: &InvertedIndexReader, text: Field) -> io::Result<Requirement> {
        if let Node::Near { left, right, distance } = node {
            let (left, right) = (Places::open(left, words, text)?, Places::open(right, words, text)?);
            return Ok(Requirement::Near { left, right, distance: *distance });
        }
        Places::open(node, words, text).map(Requirement::Occurs)
    }

    fn holds(&mut self, doc: DocId) -> bool {
        match self {
            Requirement::Occurs(places) => !places.spans(doc).is_empty(),
            Requirement::Near { left, right, distance } => {
                are_near(&left.spans(doc), &right.spans(doc), *distance)
            }
        }
    }
}

/// Where something stands in each mention. Mentions are asked for in rising order.
enum Places {
    Word(Box<SegmentPostings>),
    Phrase(Vec<SegmentPostings>),
    Any(Vec<Places>),
}

impl Places {
    fn open(node: &Node, words: &InvertedIndexReader, text: Field) -> io::Result<Places> {
        let postings = |token: &str| {
            words.read_postings(&Term::from_field_text(text, token), IndexRecordOption::WithFreqsAndPositions)
        };
        match node {
            Node::Term(word) => {
                Ok(postings(&word.token)?
                    .map_or(Places::Any(Vec::new()), |found| Places::Word(Box::new(found))))
            }
            Node::Phrase(phrase) => {
                let all: Option<Vec<SegmentPostings>> =
                    phrase.tokens.iter().map(|token| postings(token)).collect::<io::Result<_>>()?;
                Ok(all.map_or(Places::Any(Vec::new()), Places::Phrase))
            }
            Node::Prefix(word) => {
                let mut found = Vec::new();
                for prefix in [word.token.clone(), format!("{SURFACE_MARK}{}", word.token)] {
                    let mut terms =
                        words.terms().range().ge(&prefix).lt(after_prefix(&prefix)).into_stream()?;
                    while terms.advance() {
                        let option = IndexRecordOption::WithFreqsAndPositions;
                        let postings = words.read_postings_from_terminfo(terms.value(), option)?;
                        found.push(Places::Word(Box::new(postings)));
                    }
                }
                Ok(Places::Any(found))
            }
            Node::Or(parts) => {
                let parts =
                    parts.iter().map(|part| Places::open(part, words, text)).collect::<io::Result<_>>()?;
                Ok(Places::Any(parts))
            }
            // The parser lets nothing else stand beside NEAR; the matcher finds nothing there either.
            Node::And(_) | Node::Not(_) | Node::Near { .. } | Node::Field(_) => Ok(Places::Any(Vec::new())),
        }
    }

    /// Where it stands in `doc`, sorted.
    fn spans(&mut self, doc: DocId) -> Vec<Span> {
        let mut spans = Vec::new();
        self.collect(doc, &mut spans);
        spans.sort_unstable();
        spans.dedup();
        spans
    }

    fn collect(&mut self, doc: DocId, spans: &mut Vec<Span>) {
        match self {
            Places::Word(postings) => {
                spans.extend(
                    positions(postings, doc)
                        .into_iter()
                        .map(|position| Span { first: position, last: position }),
                );
            }
            Places::Phrase(words) => {
                let mut each = words.iter_mut().map(|postings| positions(postings, doc));
                let starts = each.next().unwrap_or_default();
                let rest: Vec<Vec<u32>> = each.collect();
                let length = u32::try_from(rest.len()).unwrap_or(u32::MAX);
                let follows = |start: u32| {
                    rest.iter()
                        .zip(1..)
                        .all(|(positions, index)| positions.binary_search(&(start + index)).is_ok())
                };
                let phrases = starts.into_iter().filter(|start| follows(*start));
                spans.extend(phrases.map(|start| Span { first: start, last: start + length }));
            }
            Places::Any(parts) => {
                for part in parts {
                    part.collect(doc, spans);
                }
            }
        }
    }
}

/// Where a word stands in `doc`, in rising order.
fn positions(postings: &mut SegmentPostings, doc: DocId) -> Vec<u32> {
    let mut positions = Vec::new();
    if postings.doc() < doc {
        postings.seek(doc);
    }
    if postings.doc() == doc {
        postings.positions(&mut positions);
    }
    positions
}

/// The end of the terms that begin with `prefix`: no token holds the last character of all.
pub(crate) fn after_prefix(prefix: &str) -> String {
    format!("{prefix}{}", char::MAX)
}
