//! The fields of the query language: their names and values, in English and in French.

use std::ops::Bound;

use chrono::NaiveDate;
use domain::{Cause, Emotion, Language, MentionKind};

use crate::{
    analysis::fold::fold_label,
    ast::{Field, Node, RatingRange, normalize_author},
    error::QueryErrorKind,
};

/// What a field is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FieldName {
    Brand,
    Source,
    Emotion,
    Cause,
    Language,
    Author,
    Rating,
    Kind,
    Complaint,
    Answer,
    From,
    To,
}

/// Names as they are shown, with their accents; they are compared folded. The first of a field is its own.
const NAMES: [(&str, FieldName); 29] = [
    ("brand", FieldName::Brand),
    ("marque", FieldName::Brand),
    ("source", FieldName::Source),
    ("emotion", FieldName::Emotion),
    ("émotion", FieldName::Emotion),
    ("cause", FieldName::Cause),
    ("motif", FieldName::Cause),
    ("lang", FieldName::Language),
    ("language", FieldName::Language),
    ("langue", FieldName::Language),
    ("author", FieldName::Author),
    ("auteur", FieldName::Author),
    ("autrice", FieldName::Author),
    ("rating", FieldName::Rating),
    ("note", FieldName::Rating),
    ("stars", FieldName::Rating),
    ("étoiles", FieldName::Rating),
    ("kind", FieldName::Kind),
    ("type", FieldName::Kind),
    ("complaint", FieldName::Complaint),
    ("plainte", FieldName::Complaint),
    ("answer", FieldName::Answer),
    ("réponse", FieldName::Answer),
    ("from", FieldName::From),
    ("depuis", FieldName::From),
    ("since", FieldName::From),
    ("to", FieldName::To),
    ("jusqu'au", FieldName::To),
    ("until", FieldName::To),
];

const EMOTIONS: [(&str, Emotion); 5] = [
    ("colère", Emotion::Anger),
    ("exaspération", Emotion::Exasperation),
    ("agacement", Emotion::Annoyance),
    ("frustration", Emotion::Frustration),
    ("déception", Emotion::Disappointment),
];

const CAUSES: [(&str, Cause); 17] = [
    ("livraison", Cause::Delivery),
    ("injoignable", Cause::Unreachable),
    ("répétition", Cause::Repetition),
    ("relances", Cause::Repetition),
    ("remboursement", Cause::Refund),
    ("promotion", Cause::Promotion),
    ("publicité", Cause::Promotion),
    ("reconnaissance", Cause::Recognition),
    ("considération", Cause::Recognition),
    ("facturation", Cause::Billing),
    ("facture", Cause::Billing),
    ("contrat", Cause::Contract),
    ("produit", Cause::Product),
    ("panne", Cause::Outage),
    ("magasin", Cause::Store),
    ("fraude", Cause::Fraud),
    ("arnaque", Cause::Fraud),
];

const KINDS: [(&str, MentionKind); 5] = [
    ("message", MentionKind::Post),
    ("publication", MentionKind::Post),
    ("avis", MentionKind::Review),
    ("commentaire", MentionKind::Comment),
    ("article", MentionKind::Article),
];

const LANGUAGES: [(&str, &str); 16] = [
    ("french", "fr"),
    ("français", "fr"),
    ("english", "en"),
    ("anglais", "en"),
    ("spanish", "es"),
    ("espagnol", "es"),
    ("german", "de"),
    ("allemand", "de"),
    ("italian", "it"),
    ("italien", "it"),
    ("portuguese", "pt"),
    ("portugais", "pt"),
    ("dutch", "nl"),
    ("néerlandais", "nl"),
    ("arabic", "ar"),
    ("arabe", "ar"),
];

impl FieldName {
    /// The field of that name, in either language, whatever the case and the accents.
    pub(crate) fn find(name: &str) -> Option<FieldName> {
        let folded = fold_label(name);
        NAMES.iter().find(|(known, _)| fold_label(known) == folded).map(|(_, field)| *field)
    }

    /// Its own name.
    pub(crate) fn as_str(self) -> &'static str {
        NAMES.iter().find(|(_, field)| *field == self).map_or("", |(name, _)| name)
    }

    /// The name that `name` is probably a misspelling of.
    pub(crate) fn suggest(name: &str) -> Option<&'static str> {
        nearest(name, NAMES.iter().map(|(known, _)| *known))
    }

    /// The condition that `field:value` stands for.
    pub(crate) fn condition(self, value: &str) -> Result<Node, QueryErrorKind> {
        let value = value.trim();
        if value.is_empty() {
            return Err(QueryErrorKind::MissingValue { field: self.as_str() });
        }
        // Only authors may hold a comma; a rating may, as a decimal sign.
        if matches!(self, Self::Author | Self::Rating) || !value.contains(',') {
            return self.single(value).map(Node::Field);
        }
        let alternatives = value.split(',').map(str::trim).map(|part| self.single(part).map(Node::Field));
        Ok(Node::or(alternatives.collect::<Result<_, _>>()?))
    }

    fn single(self, value: &str) -> Result<Field, QueryErrorKind> {
        let label = fold_label(value);
        match self {
            Self::Brand => {
                let brand = value.to_lowercase().parse();
                brand.map(Field::Brand).map_err(|_| self.unknown(value, None, "a brand's short name"))
            }
            Self::Source => {
                let well_formed = |character: char| character.is_alphanumeric() || "-_.".contains(character);
                let source = value.to_lowercase();
                if source.is_empty() || !source.chars().all(well_formed) {
                    return Err(self.unknown(value, None, "a source's name, such as rss or mastodon"));
                }
                Ok(Field::Source(source))
            }
            Self::Emotion => {
                let own = Emotion::ALL.into_iter().map(|emotion| (emotion.as_str(), emotion));
                self.named(value, own.chain(EMOTIONS)).map(Field::Emotion)
            }
            Self::Cause => {
                let own = Cause::ALL.into_iter().map(|cause| (cause.as_str(), cause));
                self.named(value, own.chain(CAUSES)).map(Field::Cause)
            }
            Self::Kind => {
                let own = MentionKind::ALL.into_iter().map(|kind| (kind.as_str(), kind));
                self.named(value, own.chain(KINDS)).map(Field::Kind)
            }
            Self::Language => {
                let named =
                    LANGUAGES.iter().find(|(name, _)| fold_label(name) == label).map(|(_, code)| *code);
                let language = Language::new(named.unwrap_or(value));
                if language == Language::undetermined() && !value.eq_ignore_ascii_case("und") {
                    return Err(self.unknown(value, None, "a language code, such as fr or en"));
                }
                Ok(Field::Language(language))
            }
            Self::Author => {
                let author = normalize_author(value);
                if author.is_empty() {
                    return Err(self.unknown(value, None, "an author's handle"));
                }
                Ok(Field::Author(author))
            }
            Self::Rating => {
                let range = parse_rating(value);
                range
                    .map(Field::Rating)
                    .ok_or_else(|| self.unknown(value, None, "stars, such as 4, <=2, >3 or 1..3"))
            }
            Self::Complaint => self.yes_or_no(value, &label).map(Field::Complaint),
            Self::Answer => self.yes_or_no(value, &label).map(Field::Answer),
            Self::From => self.date(value).map(Field::From),
            Self::To => self.date(value).map(Field::To),
        }
    }

    fn named<T>(
        self,
        value: &str,
        known: impl Iterator<Item = (&'static str, T)>,
    ) -> Result<T, QueryErrorKind> {
        let label = fold_label(value);
        let mut names = Vec::new();
        for (name, meant) in known {
            if fold_label(name) == label {
                return Ok(meant);
            }
            names.push(name);
        }
        let expected = names.join(", ");
        Err(self.unknown(value, nearest(value, names.iter().copied()), &expected))
    }

    fn yes_or_no(self, value: &str, label: &str) -> Result<bool, QueryErrorKind> {
        match label {
            "yes" | "oui" | "true" | "vrai" | "1" => Ok(true),
            "no" | "non" | "false" | "faux" | "0" => Ok(false),
            _ => Err(self.unknown(value, None, "yes or no")),
        }
    }

    fn date(self, value: &str) -> Result<NaiveDate, QueryErrorKind> {
        // chrono also reads `2026-1-5` and signs, which would not be written down the same.
        let shape: String =
            value.chars().map(|character| if character.is_ascii_digit() { '9' } else { character }).collect();
        let date = if shape == "9999-99-99" { value.parse().ok() } else { None };
        date.ok_or_else(|| self.unknown(value, None, "a day, such as 2026-01-31"))
    }

    fn unknown(self, value: &str, suggestion: Option<&'static str>, expected: &str) -> QueryErrorKind {
        QueryErrorKind::UnknownValue {
            field: self.as_str(),
            value: value.to_owned(),
            suggestion,
            expected: expected.to_owned(),
        }
    }
}

fn parse_rating(value: &str) -> Option<RatingRange> {
    if let Some(least) = value.strip_prefix(">=") {
        return Some(RatingRange { low: Bound::Included(parse_stars(least)?), high: Bound::Unbounded });
    }
    if let Some(most) = value.strip_prefix("<=") {
        return Some(RatingRange { low: Bound::Unbounded, high: Bound::Included(parse_stars(most)?) });
    }
    if let Some(above) = value.strip_prefix('>') {
        return Some(RatingRange { low: Bound::Excluded(parse_stars(above)?), high: Bound::Unbounded });
    }
    if let Some(below) = value.strip_prefix('<') {
        return Some(RatingRange { low: Bound::Unbounded, high: Bound::Excluded(parse_stars(below)?) });
    }
    if let Some((least, most)) = value.split_once("..") {
        let bound = |text: &str| {
            if text.is_empty() { Some(Bound::Unbounded) } else { parse_stars(text).map(Bound::Included) }
        };
        let range = RatingRange { low: bound(least)?, high: bound(most)? };
        return match (range.low, range.high) {
            (Bound::Unbounded, Bound::Unbounded) => None,
            (Bound::Included(low), Bound::Included(high)) if low > high => None,
            _ => Some(range),
        };
    }
    let stars = parse_stars(value.strip_prefix('=').unwrap_or(value))?;
    Some(RatingRange { low: Bound::Included(stars), high: Bound::Included(stars) })
}

/// Digits with at most one decimal sign: neither signs, nor exponents, nor `inf`.
fn parse_stars(text: &str) -> Option<f32> {
    let text = text.trim().replace(',', ".");
    let plain = text.starts_with(|first: char| first.is_ascii_digit())
        && text.len() <= 6
        && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if plain { text.parse().ok() } else { None }
}

/// The closest of `candidates`, if it is close: one slip in a short word, two in a longer one.
fn nearest(text: &str, candidates: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let folded: Vec<char> = fold_label(text).chars().collect();
    let allowed = if folded.len() <= 4 { 1 } else { 2 };
    candidates
        .map(|candidate| {
            (edit_distance(&folded, &fold_label(candidate).chars().collect::<Vec<_>>()), candidate)
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Insertions, deletions and replacements between two words (Levenshtein).
fn edit_distance(one: &[char], other: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, left) in one.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = index + 1;
        for (column, right) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_are_known_in_both_languages() {
        assert_eq!(FieldName::find("Émotion"), Some(FieldName::Emotion));
        assert_eq!(FieldName::find("jusqu’au"), Some(FieldName::To));
        assert_eq!(FieldName::Emotion.condition("Colère"), Ok(Node::Field(Field::Emotion(Emotion::Anger))));
        assert_eq!(FieldName::Cause.condition("livraison"), Ok(Node::Field(Field::Cause(Cause::Delivery))));
        assert_eq!(FieldName::Kind.condition("avis"), Ok(Node::Field(Field::Kind(MentionKind::Review))));
        assert_eq!(FieldName::Answer.condition("oui"), Ok(Node::Field(Field::Answer(true))));
        assert_eq!(
            FieldName::Language.condition("français"),
            Ok(Node::Field(Field::Language(Language::new("fr"))))
        );
        for emotion in Emotion::ALL {
            assert!(EMOTIONS.iter().any(|(_, known)| *known == emotion));
        }
        for cause in Cause::ALL {
            assert!(CAUSES.iter().any(|(_, known)| *known == cause));
        }
    }

    #[test]
    fn suggests_what_was_meant() {
        assert_eq!(FieldName::suggest("emotoin"), Some("emotion"));
        assert_eq!(FieldName::suggest("sorce"), Some("source"));
        assert_eq!(FieldName::suggest("zzzzzz"), None);
        let error = FieldName::Emotion.condition("colre").unwrap_err();
        assert!(matches!(error, QueryErrorKind::UnknownValue { suggestion: Some("colère"), .. }), "{error}");
    }

    #[test]
    fn ratings_and_dates() {
        let range = |text| parse_rating(text).map(|range| range.to_string());
        assert_eq!(range("<=2").as_deref(), Some("<=2"));
        assert_eq!(range("1..3").as_deref(), Some("1..3"));
        assert_eq!(range("3,5").as_deref(), Some("3.5"));
        assert_eq!(range("2..").as_deref(), Some(">=2"));
        for bad in ["", "..", "3..1", "inf", "-1", "1e9", "trois"] {
            assert_eq!(range(bad), None, "{bad}");
        }
        assert!(FieldName::From.condition("2026-02-28").is_ok());
        for bad in ["2026-02-30", "2026-2-3", "28/02/2026", "+026-02-28"] {
            assert!(FieldName::From.condition(bad).is_err(), "{bad}");
        }
    }
}
