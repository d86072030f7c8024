//! What can be wrong with a query, and where.

use std::fmt::{self, Display, Formatter};

/// Why a text is no query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Where, counted from 1, in characters.
    pub column: usize,
    /// What is wrong.
    pub kind: QueryErrorKind,
}

/// What is wrong with a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QueryErrorKind {
    /// No word to look for.
    Empty,
    /// More characters than [`crate::MAX_QUERY_CHARS`].
    TooLong,
    /// Parentheses or NOTs nested deeper than [`crate::MAX_QUERY_DEPTH`].
    TooDeep,
    /// More words than [`crate::MAX_QUERY_WORDS`].
    TooManyWords,
    /// A quotation mark that nothing closes.
    UnclosedQuote,
    /// A parenthesis that nothing closes.
    UnclosedParenthesis,
    /// A closing parenthesis that nothing opened.
    UnexpectedParenthesis,
    /// Nothing between parentheses.
    EmptyParentheses,
    /// No word between quotation marks.
    EmptyPhrase,
    /// An operator with nothing on one of its sides.
    MissingOperand {
        /// As it was written.
        operator: String,
    },
    /// A side of NEAR that is no word, phrase or alternative of these.
    NearOperand,
    /// NEAR/n with an n that is no number from 1 to [`crate::MAX_NEAR_DISTANCE`].
    NearDistance,
    /// A `*` that is not at the end of one word, behind at least two letters.
    MisplacedStar,
    /// `name:value` with an unknown name.
    UnknownField {
        /// As it was written.
        name: String,
        /// The field probably meant.
        suggestion: Option<&'static str>,
    },
    /// `name:` without a value.
    MissingValue {
        /// The field.
        field: &'static str,
    },
    /// A value that the field does not know.
    UnknownValue {
        /// The field.
        field: &'static str,
        /// As it was written.
        value: String,
        /// The value probably meant.
        suggestion: Option<&'static str>,
        /// What the field takes.
        expected: String,
    },
    /// A brand's query that excludes words but asks for none: nearly every text would concern the brand.
    OnlyNegative,
    /// A brand's query with a field that is not known yet when a text is collected.
    FieldNotInBrandQuery {
        /// The field.
        field: &'static str,
    },
}

impl QueryErrorKind {
    /// The key of its translation. It never changes.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Empty => "query-empty",
            Self::TooLong => "query-too-long",
            Self::TooDeep => "query-too-deep",
            Self::TooManyWords => "query-too-many-words",
            Self::UnclosedQuote => "query-unclosed-quote",
            Self::UnclosedParenthesis => "query-unclosed-parenthesis",
            Self::UnexpectedParenthesis => "query-unexpected-parenthesis",
            Self::EmptyParentheses => "query-empty-parentheses",
            Self::EmptyPhrase => "query-empty-phrase",
            Self::MissingOperand { .. } => "query-missing-operand",
            Self::NearOperand => "query-near-operand",
            Self::NearDistance => "query-near-distance",
            Self::MisplacedStar => "query-misplaced-star",
            Self::UnknownField { suggestion: None, .. } => "query-unknown-field",
            Self::UnknownField { .. } => "query-unknown-field-suggestion",
            Self::MissingValue { .. } => "query-missing-value",
            Self::UnknownValue { suggestion: None, .. } => "query-unknown-value",
            Self::UnknownValue { .. } => "query-unknown-value-suggestion",
            Self::OnlyNegative => "query-only-negative",
            Self::FieldNotInBrandQuery { .. } => "query-field-not-in-brand-query",
        }
    }

    /// Every key that [`QueryErrorKind::key`] can give, for the test that all are translated.
    pub const KEYS: [&'static str; 20] = [
        "query-empty",
        "query-too-long",
        "query-too-deep",
        "query-too-many-words",
        "query-unclosed-quote",
        "query-unclosed-parenthesis",
        "query-unexpected-parenthesis",
        "query-empty-parentheses",
        "query-empty-phrase",
        "query-missing-operand",
        "query-near-operand",
        "query-near-distance",
        "query-misplaced-star",
        "query-unknown-field",
        "query-unknown-field-suggestion",
        "query-missing-value",
        "query-unknown-value",
        "query-unknown-value-suggestion",
        "query-only-negative",
        "query-field-not-in-brand-query",
    ];

    /// The values that its translation can name: `operator`, `name`, `field`, `value`, `suggestion`, `expected`, `limit`.
    pub fn arguments(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::TooLong => vec![("limit", crate::MAX_QUERY_CHARS.to_string())],
            Self::TooDeep => vec![("limit", crate::MAX_QUERY_DEPTH.to_string())],
            Self::TooManyWords => vec![("limit", crate::MAX_QUERY_WORDS.to_string())],
            Self::NearDistance => vec![("limit", crate::MAX_NEAR_DISTANCE.to_string())],
            Self::MissingOperand { operator } => vec![("operator", operator.clone())],
            Self::UnknownField { name, suggestion } => {
                let suggestion = suggestion.map(|suggestion| ("suggestion", suggestion.to_owned()));
                std::iter::once(("name", name.clone())).chain(suggestion).collect()
            }
            Self::MissingValue { field } | Self::FieldNotInBrandQuery { field } => {
                vec![("field", (*field).to_owned())]
            }
            Self::UnknownValue { field, value, suggestion, expected } => {
                let suggestion = suggestion.map(|suggestion| ("suggestion", suggestion.to_owned()));
                let named = [
                    ("field", (*field).to_owned()),
                    ("value", value.clone()),
                    ("expected", expected.clone()),
                ];
                named.into_iter().chain(suggestion).collect()
            }
            _ => Vec::new(),
        }
    }
}

impl Display for QueryErrorKind {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => formatter.write_str("there is no word to look for"),
            Self::TooLong => write!(formatter, "longer than {} characters", crate::MAX_QUERY_CHARS),
            Self::TooDeep => write!(formatter, "nested deeper than {} levels", crate::MAX_QUERY_DEPTH),
            Self::TooManyWords => write!(formatter, "more than {} words", crate::MAX_QUERY_WORDS),
            Self::UnclosedQuote => formatter.write_str("this quotation mark is never closed"),
            Self::UnclosedParenthesis => formatter.write_str("this parenthesis is never closed"),
            Self::UnexpectedParenthesis => formatter.write_str("this parenthesis closes nothing"),
            Self::EmptyParentheses => formatter.write_str("there is nothing between these parentheses"),
            Self::EmptyPhrase => formatter.write_str("there is no word between these quotation marks"),
            Self::MissingOperand { operator } => {
                write!(formatter, "{operator} lacks one of its sides (quote it to look for the word)")
            }
            Self::NearOperand => {
                formatter.write_str("NEAR takes words, prefixes, phrases, or alternatives of these on both sides")
            }
            Self::NearDistance => {
                write!(formatter, "NEAR takes a number of words from 1 to {}, such as NEAR/5", crate::MAX_NEAR_DISTANCE)
            }
            Self::MisplacedStar => {
                formatter.write_str("a star stands at the end of one word, behind at least two letters")
            }
            Self::UnknownField { name, suggestion: None } => {
                write!(formatter, "unknown field {name:?} (quote it to look for the text)")
            }
            Self::UnknownField { name, suggestion: Some(suggestion) } => {
                write!(formatter, "unknown field {name:?}, did you mean {suggestion:?}?")
            }
            Self::MissingValue { field } => write!(formatter, "{field}: needs a value right behind the colon"),
            Self::UnknownValue { field, value, suggestion: None, expected } => {
                write!(formatter, "{field} does not know {value:?}, it takes {expected}")
            }
            Self::UnknownValue { field, value, suggestion: Some(suggestion), expected } => {
                write!(formatter, "{field} does not know {value:?}, did you mean {suggestion:?}? It takes {expected}")
            }
            Self::OnlyNegative => formatter
                .write_str("a brand's query must ask for something: this one also holds for texts with none of its words"),
            Self::FieldNotInBrandQuery { field } => {
                write!(formatter, "{field} is not known yet when a text is collected, so a brand's query cannot use it")
            }
        }
    }
}

impl Display for QueryError {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        write!(formatter, "column {}: {}", self.column, self.kind)
    }
}

impl std::error::Error for QueryError {}
