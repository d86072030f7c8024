#![doc = include_str!("../README.md")]

pub mod analysis;
mod ast;
mod document;
mod error;
mod fields;
mod lexer;
mod matching;
mod parser;
mod set;
pub mod spans;

use std::{
    fmt::{self, Display, Formatter},
    ops::Range,
};

use chrono_tz::Tz;

pub use ast::{Field, Node, Phrase, RatingRange, Word, normalize_author};
pub use document::{AnalysedDocument, Document};
pub use error::{QueryError, QueryErrorKind};
pub use matching::{end_of_day, start_of_day};
pub use set::QuerySet;

/// The longest query, in characters.
pub const MAX_QUERY_CHARS: usize = 10_000;

/// How deep parentheses and NOTs may be nested.
pub const MAX_QUERY_DEPTH: usize = 50;

/// How many words and fields a query may have.
pub const MAX_QUERY_WORDS: usize = 1_000;

/// The largest n of NEAR/n.
pub const MAX_NEAR_DISTANCE: u32 = 100;

/// A condition on texts and what is known of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// Its tree.
    pub root: Node,
    /// Where the days of `from:` and `to:` begin.
    pub time_zone: Tz,
}

/// Reads a query whose days begin at midnight UTC.
///
/// # Errors
/// What is wrong with the text, and at which column.
pub fn parse(text: &str) -> Result<Query, QueryError> {
    parse_in(text, Tz::UTC)
}

/// Reads a query whose days begin at midnight in `time_zone`.
///
/// # Errors
/// What is wrong with the text, and at which column.
pub fn parse_in(text: &str, time_zone: Tz) -> Result<Query, QueryError> {
    parser::parse_node(text).map(|root| Query { root, time_zone })
}

impl Query {
    /// The query that holds for everything. No text stands for it: an empty query is an error where one is asked for.
    pub fn everything() -> Self {
        Self { root: Node::And(Vec::new()), time_zone: Tz::UTC }
    }

    /// The same query, narrowed by one more condition.
    #[must_use]
    pub fn and(self, condition: Node) -> Self {
        Self { root: Node::and(vec![self.root, condition]), time_zone: self.time_zone }
    }

    /// Whether the query holds for the document.
    pub fn matches(&self, document: &Document<'_>) -> bool {
        self.matches_analysed(&document.analyse())
    }

    /// As [`Query::matches`], for a document that is already analysed.
    pub fn matches_analysed(&self, document: &AnalysedDocument<'_>) -> bool {
        matching::holds(&self.root, document, self.time_zone)
    }

    /// The words of the document's text that the query asks for, as byte ranges: sorted, each word once.
    pub fn highlights(&self, document: &Document<'_>) -> Vec<Range<usize>> {
        matching::highlights(&self.root, &document.analyse())
    }

    /// Whether the query can say which texts concern a brand: it must ask for something, by what is known of a text as it is
    /// collected.
    ///
    /// # Errors
    /// [`QueryErrorKind::OnlyNegative`] or [`QueryErrorKind::FieldNotInBrandQuery`], at column 1.
    pub fn check_as_brand_query(&self) -> Result<(), QueryError> {
        let known_later = |field: &&&Field| {
            matches!(
                field,
                Field::Brand(_)
                    | Field::Emotion(_)
                    | Field::Cause(_)
                    | Field::Complaint(_)
                    | Field::Answer(_)
            )
        };
        if let Some(field) = self.root.fields().iter().find(known_later) {
            return Err(QueryError {
                column: 1,
                kind: QueryErrorKind::FieldNotInBrandQuery { field: field.name() },
            });
        }
        if !self.root.is_positive(true) {
            return Err(QueryError { column: 1, kind: QueryErrorKind::OnlyNegative });
        }
        Ok(())
    }

    /// Replaces each author by what `pseudonyms` gives for it, so that a handle can be looked for where only pseudonyms are kept.
    /// An author has a pseudonym a source, hence several.
    #[must_use]
    pub fn with_authors(self, pseudonyms: &dyn Fn(&str) -> Vec<String>) -> Self {
        Self { root: replace_authors(self.root, pseudonyms), time_zone: self.time_zone }
    }
}

fn replace_authors(node: Node, pseudonyms: &dyn Fn(&str) -> Vec<String>) -> Node {
    let replace_all =
        |parts: Vec<Node>| parts.into_iter().map(|part| replace_authors(part, pseudonyms)).collect();
    match node {
        Node::And(parts) => Node::And(replace_all(parts)),
        Node::Or(parts) => Node::or(replace_all(parts)),
        Node::Not(inner) => Node::Not(Box::new(replace_authors(*inner, pseudonyms))),
        Node::Field(Field::Author(author)) => {
            let known = pseudonyms(&author).into_iter().map(|pseudonym| normalize_author(&pseudonym));
            // The author as written stays: it may already be a pseudonym.
            let authors = std::iter::once(author.clone()).chain(known);
            Node::or(authors.map(|author| Node::Field(Field::Author(author))).collect())
        }
        other => other,
    }
}

impl Display for Query {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        self.root.fmt(formatter)
    }
}

#[cfg(test)]
mod tests;
