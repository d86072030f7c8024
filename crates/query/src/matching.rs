//! Holds a query against a text, and says which words made it match.

use std::ops::Range;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::{
    ast::{Field, Node, normalize_author},
    document::{AnalysedDocument, Document, WordIndex},
    spans::{Span, are_near, near_ones},
};

/// Whether the node holds for the document. `time_zone` is where the days of dates begin.
pub(crate) fn holds(node: &Node, document: &AnalysedDocument<'_>, time_zone: Tz) -> bool {
    let words = &document.words;
    match node {
        Node::And(parts) => parts.iter().all(|part| holds(part, document, time_zone)),
        Node::Or(parts) => parts.iter().any(|part| holds(part, document, time_zone)),
        Node::Not(inner) => !holds(inner, document, time_zone),
        Node::Term(word) => !words.occurrences(&word.token).is_empty(),
        Node::Prefix(word) => has_prefix(words, &word.token),
        Node::Phrase(phrase) => phrase_spans(words, &phrase.tokens).next().is_some(),
        Node::Near { left, right, distance } => {
            are_near(&spans(left, words), &spans(right, words), *distance)
        }
        Node::Field(field) => field_holds(field, document.document, time_zone),
    }
}

fn has_prefix(words: &WordIndex, prefix: &str) -> bool {
    !words.beginning_with(prefix).is_empty() || !words.beginning_with(&marked(prefix)).is_empty()
}

fn marked(prefix: &str) -> String {
    format!("{}{prefix}", crate::analysis::SURFACE_MARK)
}

fn field_holds(field: &Field, document: &Document<'_>, time_zone: Tz) -> bool {
    match field {
        Field::Brand(brand) => document.brands.contains(brand),
        Field::Source(source) => document.source.is_some_and(|known| known.to_lowercase() == *source),
        Field::Emotion(emotion) => document.emotions.contains(emotion),
        Field::Cause(cause) => document.causes.contains(cause),
        Field::Language(language) => document.language.as_ref() == Some(language),
        Field::Author(author) => [document.author, document.author_handle]
            .into_iter()
            .flatten()
            .any(|known| normalize_author(known) == *author),
        Field::Rating(range) => document.rating.is_some_and(|rating| range.contains(rating)),
        Field::Kind(kind) => document.kind == Some(*kind),
        Field::Complaint(yes) => document.complaint == Some(*yes),
        Field::Answer(yes) => document.answer == Some(*yes),
        Field::From(day) => document.published_at.is_some_and(|at| at >= start_of_day(*day, time_zone)),
        Field::To(day) => document.published_at.is_some_and(|at| at < end_of_day(*day, time_zone)),
    }
}

/// The moment at which a day begins in a time zone: where the clock skips midnight, the first moment after it.
pub fn start_of_day(day: NaiveDate, time_zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    (0..=24)
        .find_map(|hours| time_zone.from_local_datetime(&(midnight + TimeDelta::hours(hours))).earliest())
        .map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
}

/// The moment at which a day is over in a time zone.
pub fn end_of_day(day: NaiveDate, time_zone: Tz) -> DateTime<Utc> {
    day.checked_add_days(Days::new(1)).map_or(DateTime::<Utc>::MAX_UTC, |next| start_of_day(next, time_zone))
}

/// Where the node occurs, sorted; for the kinds of nodes that can stand beside NEAR.
fn spans(node: &Node, words: &WordIndex) -> Vec<Span> {
    let single = |token: &crate::analysis::Token| {
        let position = position_of(token);
        Span { first: position, last: position }
    };
    let mut found: Vec<Span> = match node {
        Node::Term(word) => words.occurrences(&word.token).iter().map(single).collect(),
        Node::Prefix(word) => {
            let surfaces = marked(&word.token);
            let forms = words.beginning_with(&word.token).iter().chain(words.beginning_with(&surfaces));
            forms.map(single).collect()
        }
        Node::Phrase(phrase) => phrase_spans(words, &phrase.tokens).collect(),
        Node::Or(parts) => parts.iter().flat_map(|part| spans(part, words)).collect(),
        Node::And(_) | Node::Not(_) | Node::Near { .. } | Node::Field(_) => Vec::new(),
    };
    found.sort_unstable();
    found.dedup();
    found
}

/// A text is bounded well below four billion words.
fn position_of(token: &crate::analysis::Token) -> u32 {
    u32::try_from(token.position).unwrap_or(u32::MAX)
}

fn phrase_spans<'a>(words: &'a WordIndex, tokens: &'a [String]) -> impl Iterator<Item = Span> + 'a {
    let first = tokens.first().map_or(&[][..], |first| words.occurrences(first));
    let rest = tokens.get(1..).unwrap_or_default();
    first
        .iter()
        .filter(move |start| {
            rest.iter().enumerate().all(|(index, token)| words.has(token, start.position + index + 1))
        })
        .map(move |start| {
            let first = position_of(start);
            Span { first, last: first + u32::try_from(rest.len()).unwrap_or(u32::MAX - first) }
        })
}

/// The words that the node asks for, as byte ranges of the text: sorted, neighbours apart, each word once.
pub(crate) fn highlights(node: &Node, document: &AnalysedDocument<'_>) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    collect_highlights(node, &document.words, &mut found);
    if found.is_empty() {
        return Vec::new();
    }
    found.sort_unstable();
    let ranges = document.words.ranges();
    let mut highlighted: Vec<Range<usize>> = Vec::new();
    let mut next_position = 0;
    for span in found {
        // Spans may overlap; sorted by their first word, only what lies behind the last one seen is new.
        for position in span.first.max(next_position)..=span.last {
            highlighted.extend(ranges.get(position as usize).cloned());
        }
        next_position = next_position.max(span.last + 1);
    }
    highlighted
}

fn collect_highlights(node: &Node, words: &WordIndex, found: &mut Vec<Span>) {
    match node {
        Node::And(parts) | Node::Or(parts) => {
            for part in parts {
                collect_highlights(part, words, found);
            }
        }
        Node::Near { left, right, distance } => {
            let (left, right) = (spans(left, words), spans(right, words));
            found.extend(near_ones(&left, &right, *distance));
            found.extend(near_ones(&right, &left, *distance));
        }
        Node::Term(_) | Node::Prefix(_) | Node::Phrase(_) => found.extend(spans(node, words)),
        Node::Not(_) | Node::Field(_) => {}
    }
}
