//! Many queries against one text.

use std::collections::HashMap;

use crate::{
    Query,
    ast::Node,
    document::{AnalysedDocument, Document},
};

/// Queries that are held against the same texts, such as those of all brands.
///
/// Most texts concern no brand. Each query names words of which a text must have at least one; a text is only held against the
/// queries whose words it has.
#[derive(Debug, Clone, Default)]
pub struct QuerySet {
    queries: Vec<Query>,
    /// Queries by the words that call for them.
    by_word: HashMap<String, Vec<usize>>,
    /// Queries that no word calls for, such as `source:rss` or `colis*`.
    always: Vec<usize>,
}

impl QuerySet {
    /// Prepares the queries. Results name them by their place in `queries`.
    pub fn new(queries: Vec<Query>) -> Self {
        let mut set = Self::default();
        for (index, query) in queries.iter().enumerate() {
            match needed_words(&query.root) {
                Some(words) => {
                    for word in words {
                        let called = set.by_word.entry(word.to_owned()).or_default();
                        if called.last() != Some(&index) {
                            called.push(index);
                        }
                    }
                }
                None => set.always.push(index),
            }
        }
        set.queries = queries;
        set
    }

    /// The places of the queries that hold for the document, in their order.
    pub fn matching(&self, document: &Document<'_>) -> Vec<usize> {
        self.matching_analysed(&document.analyse())
    }

    /// As [`QuerySet::matching`], for a document that is already analysed.
    pub fn matching_analysed(&self, document: &AnalysedDocument<'_>) -> Vec<usize> {
        let mut candidates = self.always.clone();
        if !self.by_word.is_empty() {
            candidates.extend(document.words.forms().filter_map(|form| self.by_word.get(form)).flatten());
        }
        candidates.sort_unstable();
        candidates.dedup();
        candidates.retain(|index| self.queries[*index].matches_analysed(document));
        candidates
    }
}

/// Words of which every text that the node holds for has at least one. None where there are no such words.
fn needed_words(node: &Node) -> Option<Vec<&str>> {
    match node {
        Node::Term(word) => Some(vec![&word.token]),
        // The longest word is usually the rarest.
        Node::Phrase(phrase) => {
            phrase.tokens.iter().max_by_key(|token| token.len()).map(|token| vec![token.as_str()])
        }
        Node::Near { left, right, .. } => fewest([needed_words(left), needed_words(right)]),
        Node::And(parts) => fewest(parts.iter().map(needed_words)),
        Node::Or(parts) => {
            let all: Option<Vec<Vec<&str>>> = parts.iter().map(needed_words).collect();
            all.map(|words| words.concat())
        }
        Node::Not(_) | Node::Prefix(_) | Node::Field(_) => None,
    }
}

fn fewest<'a>(choices: impl IntoIterator<Item = Option<Vec<&'a str>>>) -> Option<Vec<&'a str>> {
    choices.into_iter().flatten().min_by_key(Vec::len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse;

    #[test]
    fn finds_the_queries_that_hold() {
        let texts = [
            "colisio",
            "colisio -promo",
            "(colis OR paquet) NEAR/3 perdu",
            "#colisio",
            "livrais*",
            "\"service client\"",
        ];
        let set = QuerySet::new(texts.iter().map(|text| parse(text).unwrap()).collect());
        let matching = |text: &str| set.matching(&Document::of_text(text.to_owned()));
        assert_eq!(matching("Mon paquet est perdu, #Colisio !"), [0, 1, 2, 3]);
        assert_eq!(matching("promo Colisio : livraisons gratuites"), [0, 4]);
        assert_eq!(matching("Le service clients"), [5]);
        assert!(matching("rien à voir").is_empty());
    }
}
