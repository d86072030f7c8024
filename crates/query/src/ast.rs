//! The tree of a query, and how it is written down again.

use std::{
    fmt::{self, Display, Formatter},
    ops::Bound,
};

use chrono::NaiveDate;
use domain::{BrandId, Cause, Emotion, Language, MentionKind};

/// A part of a query.
///
/// [`Node::and`] and [`Node::or`] keep trees in one shape (flat, never with a single child), so that equal queries are equal.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// All of these; the empty one holds for everything.
    And(Vec<Node>),
    /// Any of these.
    Or(Vec<Node>),
    /// Not this.
    Not(Box<Node>),
    /// A word, hashtag, handle or emoji.
    Term(Word),
    /// Any word that begins so.
    Prefix(Word),
    /// Words one behind the other.
    Phrase(Phrase),
    /// Both sides at most `distance` words apart, in either order; neighbours are 1 apart. The sides are words, prefixes,
    /// phrases, or alternatives of these.
    Near {
        /// One side.
        left: Box<Node>,
        /// The other side.
        right: Box<Node>,
        /// How far apart.
        distance: u32,
    },
    /// A condition on what is known of the text.
    Field(Field),
}

/// A word of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it was written.
    pub text: String,
    /// What it is found by: a form that [`crate::analysis::tokenize`] gives; for a prefix, what the form begins with.
    pub token: String,
}

/// Words between quotation marks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// As it was written.
    pub text: String,
    /// What its words are found by; never empty.
    pub tokens: Vec<String>,
}

/// A condition on what is known of a text. A text of which it is not known does not meet it.
#[derive(Debug, Clone, PartialEq)]
pub enum Field {
    /// Concerns the brand.
    Brand(BrandId),
    /// Comes from the source, in lower case.
    Source(String),
    /// Carries the emotion.
    Emotion(Emotion),
    /// Carries the cause.
    Cause(Cause),
    /// Is in the language.
    Language(Language),
    /// Is by the author: a pseudonym or, where the text still has it, the handle. See [`normalize_author`].
    Author(String),
    /// Has stars in the range.
    Rating(RatingRange),
    /// Is of the kind.
    Kind(MentionKind),
    /// Is a complaint, or is none.
    Complaint(bool),
    /// Wants an answer, or wants none.
    Answer(bool),
    /// Was published on the day or later.
    From(NaiveDate),
    /// Was published on the day or before.
    To(NaiveDate),
}

/// A range of stars.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RatingRange {
    /// The least.
    pub low: Bound<f32>,
    /// The most.
    pub high: Bound<f32>,
}

impl RatingRange {
    /// Whether a rating lies in the range.
    pub fn contains(self, rating: f32) -> bool {
        std::ops::RangeBounds::contains(&(self.low, self.high), &rating)
    }
}

/// Authors are compared without the leading `@` and without regard to case.
pub fn normalize_author(author: &str) -> String {
    author.trim_start_matches(|first: char| first == '@' || first.is_whitespace()).trim_end().to_lowercase()
}

impl Node {
    /// All of `parts`.
    pub fn and(parts: Vec<Node>) -> Node {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Node::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Node::And(flat) }
    }

    /// Any of `parts`, of which there is at least one.
    pub fn or(parts: Vec<Node>) -> Node {
        let mut flat = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Node::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() == 1 { flat.swap_remove(0) } else { Node::Or(flat) }
    }

    /// Whether it can stand at a side of NEAR.
    pub(crate) fn has_positions(&self) -> bool {
        match self {
            Node::Term(_) | Node::Prefix(_) | Node::Phrase(_) => true,
            Node::Or(parts) => parts.iter().all(Node::has_positions),
            Node::And(_) | Node::Not(_) | Node::Near { .. } | Node::Field(_) => false,
        }
    }

    /// Whether what holds for it must hold something that the query asks for, and not only lack what it excludes.
    pub(crate) fn is_positive(&self, affirmed: bool) -> bool {
        match self {
            Node::Not(inner) => inner.is_positive(!affirmed),
            Node::And(parts) if affirmed => parts.iter().any(|part| part.is_positive(affirmed)),
            Node::Or(parts) if !affirmed => parts.iter().any(|part| part.is_positive(affirmed)),
            Node::And(parts) | Node::Or(parts) => {
                !parts.is_empty() && parts.iter().all(|part| part.is_positive(affirmed))
            }
            Node::Term(_) | Node::Prefix(_) | Node::Phrase(_) | Node::Near { .. } | Node::Field(_) => {
                affirmed
            }
        }
    }

    /// Every field of the tree, excluded ones too.
    pub(crate) fn fields(&self) -> Vec<&Field> {
        match self {
            Node::And(parts) | Node::Or(parts) => parts.iter().flat_map(Node::fields).collect(),
            Node::Not(inner) => inner.fields(),
            Node::Field(field) => vec![field],
            Node::Term(_) | Node::Prefix(_) | Node::Phrase(_) | Node::Near { .. } => Vec::new(),
        }
    }

    /// How tightly it holds together when written: what is looser than its surroundings needs parentheses.
    fn tightness(&self) -> u8 {
        match self {
            Node::Or(_) => 0,
            Node::And(_) => 1,
            Node::Not(_) => 2,
            Node::Near { .. } => 3,
            Node::Term(_) | Node::Prefix(_) | Node::Phrase(_) | Node::Field(_) => 4,
        }
    }

    fn write_in(&self, least_tightness: u8, formatter: &mut Formatter<'_>) -> fmt::Result {
        if self.tightness() < least_tightness {
            write!(formatter, "({self})")
        } else {
            write!(formatter, "{self}")
        }
    }
}

fn write_joined(
    parts: &[Node],
    word: &str,
    least_tightness: u8,
    formatter: &mut Formatter<'_>,
) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            formatter.write_str(word)?;
        }
        part.write_in(least_tightness, formatter)?;
    }
    Ok(())
}

impl Display for Node {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Node::And(parts) => write_joined(parts, " AND ", 2, formatter),
            Node::Or(parts) => write_joined(parts, " OR ", 1, formatter),
            Node::Not(inner) => {
                formatter.write_str("NOT ")?;
                inner.write_in(2, formatter)
            }
            Node::Term(word) => formatter.write_str(&word.text),
            Node::Prefix(word) => write!(formatter, "{}*", word.text),
            Node::Phrase(phrase) => write_quoted(&phrase.text, formatter),
            Node::Near { left, right, distance } => {
                left.write_in(4, formatter)?;
                write!(formatter, " NEAR/{distance} ")?;
                right.write_in(4, formatter)
            }
            Node::Field(field) => field.fmt(formatter),
        }
    }
}

fn write_quoted(text: &str, formatter: &mut Formatter<'_>) -> fmt::Result {
    write!(formatter, "\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

impl Field {
    /// Its name in the query language.
    pub fn name(&self) -> &'static str {
        match self {
            Field::Brand(_) => "brand",
            Field::Source(_) => "source",
            Field::Emotion(_) => "emotion",
            Field::Cause(_) => "cause",
            Field::Language(_) => "lang",
            Field::Author(_) => "author",
            Field::Rating(_) => "rating",
            Field::Kind(_) => "kind",
            Field::Complaint(_) => "complaint",
            Field::Answer(_) => "answer",
            Field::From(_) => "from",
            Field::To(_) => "to",
        }
    }
}

impl Display for Field {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:", self.name())?;
        let yes_or_no = |yes: bool| if yes { "yes" } else { "no" };
        match self {
            Field::Brand(brand) => write!(formatter, "{brand}"),
            Field::Source(source) => formatter.write_str(source),
            Field::Emotion(emotion) => write!(formatter, "{emotion}"),
            Field::Cause(cause) => write!(formatter, "{cause}"),
            Field::Language(language) => write!(formatter, "{language}"),
            Field::Author(author) => write_quoted(author, formatter),
            Field::Rating(range) => write!(formatter, "{range}"),
            Field::Kind(kind) => formatter.write_str(kind.as_str()),
            Field::Complaint(yes) | Field::Answer(yes) => formatter.write_str(yes_or_no(*yes)),
            Field::From(date) | Field::To(date) => write!(formatter, "{date}"),
        }
    }
}

impl Display for RatingRange {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match (self.low, self.high) {
            (Bound::Included(low), Bound::Included(high)) if low == high => write!(formatter, "{low}"),
            (Bound::Included(low), Bound::Included(high)) => write!(formatter, "{low}..{high}"),
            (Bound::Included(low), _) => write!(formatter, ">={low}"),
            (Bound::Excluded(low), _) => write!(formatter, ">{low}"),
            (Bound::Unbounded, Bound::Included(high)) => write!(formatter, "<={high}"),
            (Bound::Unbounded, Bound::Excluded(high)) => write!(formatter, "<{high}"),
            (Bound::Unbounded, Bound::Unbounded) => formatter.write_str(">=0"),
        }
    }
}
