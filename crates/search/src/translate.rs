//! A query of the query language as a query of tantivy. Both give the same answer for every mention; a property test holds them
//! against each other.

use std::{collections::BTreeSet, ops::Bound, sync::Arc};

use chrono::{DateTime, Utc};
use domain::Flag;
use query::{Field as Condition, Node, Query, RatingRange, analysis::SURFACE_MARK, end_of_day, start_of_day};
use tantivy::{
    Term,
    query::{BooleanQuery, Occur, Query as IndexQuery, RangeQuery, TermQuery},
    schema::{Field, IndexRecordOption},
};

use crate::{
    excluded::ExcludedQuery,
    positions::{PositionQuery, after_prefix},
    schema::Fields,
};

/// Translates a query.
pub(crate) fn translate(query: &Query, fields: &Fields) -> Box<dyn IndexQuery> {
    Translation { query, fields }.node(&query.root)
}

struct Translation<'a> {
    query: &'a Query,
    fields: &'a Fields,
}

impl Translation<'_> {
    fn node(&self, node: &Node) -> Box<dyn IndexQuery> {
        match node {
            Node::And(parts) => self.all(parts),
            Node::Or(parts) => any(parts.iter().map(|part| self.node(part)).collect()),
            Node::Not(_) => self.all(std::slice::from_ref(node)),
            Node::Term(word) => self.word(&word.token),
            Node::Prefix(word) => self.prefix(&word.token),
            Node::Phrase(phrase) if phrase.tokens.len() == 1 => self.word(&phrase.tokens[0]),
            Node::Phrase(phrase) => {
                let distinct: BTreeSet<&String> = phrase.tokens.iter().collect();
                self.positioned(node, distinct.into_iter().map(|token| self.word(token)).collect())
            }
            Node::Near { left, right, .. } => self.positioned(node, vec![self.node(left), self.node(right)]),
            Node::Field(condition) => self.condition(condition),
        }
    }

    /// All of `parts`. What is only excluded is taken out of all mentions that have a text.
    fn all(&self, parts: &[Node]) -> Box<dyn IndexQuery> {
        let mut clauses: Vec<(Occur, Box<dyn IndexQuery>)> = Vec::with_capacity(parts.len() + 1);
        for part in parts {
            clauses.push(match part {
                Node::Not(inner) => (Occur::MustNot, excluded(self.node(inner))),
                other => (Occur::Must, self.node(other)),
            });
        }
        if clauses.iter().all(|(occur, _)| *occur == Occur::MustNot) {
            clauses.push((Occur::Must, term(self.fields.live_term())));
        }
        Box::new(BooleanQuery::new(clauses))
    }

    fn word(&self, token: &str) -> Box<dyn IndexQuery> {
        term(Term::from_field_text(self.fields.text, token))
    }

    fn prefix(&self, prefix: &str) -> Box<dyn IndexQuery> {
        let beginning_with = |prefix: &str| -> Box<dyn IndexQuery> {
            Box::new(RangeQuery::new(
                Bound::Included(Term::from_field_text(self.fields.text, prefix)),
                Bound::Excluded(Term::from_field_text(self.fields.text, &after_prefix(prefix))),
            ))
        };
        any(vec![beginning_with(prefix), beginning_with(&format!("{SURFACE_MARK}{prefix}"))])
    }

    /// What `node` says of positions, among the mentions that have all of `parts`.
    fn positioned(&self, node: &Node, parts: Vec<Box<dyn IndexQuery>>) -> Box<dyn IndexQuery> {
        let candidates = Box::new(BooleanQuery::intersection(parts));
        Box::new(PositionQuery { candidates, node: Arc::new(node.clone()), text: self.fields.text })
    }

    fn condition(&self, condition: &Condition) -> Box<dyn IndexQuery> {
        let fields = self.fields;
        let value = |field: Field, value: &str| term(Term::from_field_text(field, value));
        let time_zone = self.query.time_zone;
        match condition {
            Condition::Brand(brand) => value(fields.brand, brand.as_str()),
            Condition::Source(source) => value(fields.source, source),
            Condition::Emotion(emotion) => value(fields.emotion, emotion.as_str()),
            Condition::Cause(cause) => value(fields.cause, cause.as_str()),
            Condition::Language(language) => value(fields.language, language.as_str()),
            Condition::Author(author) => value(fields.author, author),
            Condition::Kind(kind) => value(fields.kind, kind.as_str()),
            Condition::Complaint(yes) => self.flag(Flag::Complaint, *yes),
            Condition::Answer(yes) => self.flag(Flag::Answer, *yes),
            Condition::Rating(range) => self.rating(*range),
            Condition::From(day) => {
                let start = self.published(start_of_day(*day, time_zone));
                Box::new(RangeQuery::new(Bound::Included(start), Bound::Unbounded))
            }
            Condition::To(day) => {
                let end = self.published(end_of_day(*day, time_zone));
                Box::new(RangeQuery::new(Bound::Unbounded, Bound::Excluded(end)))
            }
        }
    }

    fn published(&self, at: DateTime<Utc>) -> Term {
        Term::from_field_i64(self.fields.published_at, at.timestamp_micros())
    }

    fn flag(&self, flag: Flag, yes: bool) -> Box<dyn IndexQuery> {
        let flagged = term(Term::from_field_text(self.fields.flag, flag.as_str()));
        if yes {
            return flagged;
        }
        let clauses = vec![(Occur::Must, term(self.fields.live_term())), (Occur::MustNot, excluded(flagged))];
        Box::new(BooleanQuery::new(clauses))
    }

    fn rating(&self, range: RatingRange) -> Box<dyn IndexQuery> {
        let bound =
            |bound: Bound<f32>| bound.map(|stars| Term::from_field_f64(self.fields.rating, f64::from(stars)));
        let (low, high) = (bound(range.low), bound(range.high));
        // A range query needs a bound; no stars lie below zero.
        let low = match (low, &high) {
            (Bound::Unbounded, Bound::Unbounded) => {
                Bound::Included(Term::from_field_f64(self.fields.rating, 0.0))
            }
            (low, _) => low,
        };
        Box::new(RangeQuery::new(low, high))
    }
}

fn term(term: Term) -> Box<dyn IndexQuery> {
    Box::new(TermQuery::new(term, IndexRecordOption::Basic))
}

fn excluded(query: Box<dyn IndexQuery>) -> Box<dyn IndexQuery> {
    Box::new(ExcludedQuery(query))
}

fn any(parts: Vec<Box<dyn IndexQuery>>) -> Box<dyn IndexQuery> {
    Box::new(BooleanQuery::union(parts))
}
