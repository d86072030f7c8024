//! The language of a text.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A BCP 47 primary language subtag, lower case, such as `fr`; `und` where it cannot be told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Language(String);

/// The languages that the tagger reads: French and English, which it was trained on and is measured in, and those that its encoder
/// carries beside them.
pub const SUPPORTED_LANGUAGES: [&str; 7] = ["fr", "en", "es", "de", "it", "nl", "pt"];

impl Language {
    /// Whether the tagger reads it. A text whose language cannot be told is read: it is short, and most are in one of these.
    pub fn is_supported(&self) -> bool {
        self.0 == "und" || SUPPORTED_LANGUAGES.contains(&self.as_str())
    }

    /// From a BCP 47 tag: the primary subtag in lower case (`fr-CA` → `fr`); anything else is undetermined.
    pub fn new(tag: &str) -> Self {
        let primary = tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let well_formed = (2..=3).contains(&primary.len()) && primary.bytes().all(|b| b.is_ascii_lowercase());
        if well_formed { Self(primary) } else { Self::undetermined() }
    }

    /// `und`: too little text, or none of the languages known.
    pub fn undetermined() -> Self {
        Self("und".to_owned())
    }

    /// The subtag.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_told_is_read_and_what_is_foreign_is_not() {
        assert!(["fr", "pt-BR", "?"].into_iter().all(|tag| Language::new(tag).is_supported()));
        assert!(!["ja", "sv", "ca"].into_iter().any(|tag| Language::new(tag).is_supported()));
    }

    #[test]
    fn keeps_the_primary_subtag() {
        assert_eq!(Language::new("fr-CA").as_str(), "fr");
        assert_eq!(Language::new("EN_us").as_str(), "en");
        assert_eq!(Language::new("français").as_str(), "und");
    }
}
