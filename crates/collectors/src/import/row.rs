//! One row of a file, made a mention.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{Engagement, Mention, MentionKind};
use query::analysis::fold_label;
use sha2::{Digest, Sha256};

use super::{Field, ImportOptions, dates, excerpt};
use crate::{Post, Relevance, clean::clean_line};

/// What a row says.
#[derive(Debug, PartialEq)]
pub(super) enum Content {
    /// A mention that a Vigie exported, whole.
    Exported(Box<Mention>),
    /// Values by what they are; never empty ones.
    Fields(BTreeMap<Field, String>),
}

/// What holds where a row says nothing.
pub(super) struct Defaults<'a> {
    pub(super) options: &'a ImportOptions,
    pub(super) published_at: DateTime<Utc>,
}

impl Content {
    /// The mention, or why it is none.
    pub(super) fn into_mention(
        self,
        relevance: &Relevance,
        defaults: &Defaults<'_>,
        now: DateTime<Utc>,
    ) -> Result<Mention, String> {
        let brand = &defaults.options.brand;
        let mention = match self {
            Self::Exported(mention) => relevance.adopt(brand, *mention, now),
            Self::Fields(values) => {
                let values = Values(values);
                let source = values.source(&defaults.options.source)?;
                let post = values.post(defaults)?;
                relevance.mention_of(brand, &source, post, now).map(|mention| values.complete(mention))
            }
        };
        mention.ok_or_else(|| "the row has neither text nor title".to_owned())
    }
}

struct Values(BTreeMap<Field, String>);

impl Values {
    fn get(&self, field: Field) -> Option<&str> {
        self.0.get(&field).map(String::as_str)
    }

    fn owned(&self, field: Field) -> Option<String> {
        self.0.get(&field).cloned()
    }

    fn post(&self, defaults: &Defaults<'_>) -> Result<Post, String> {
        let published_at = match self.get(Field::PublishedAt) {
            Some(written) => dates::parse(written, &defaults.options.brand.time_zone).ok_or_else(|| {
                format!("{} is no date; write 2026-11-24 10:05 or 24/11/2026 10:05", excerpt(written))
            })?,
            None => defaults.published_at,
        };
        let rating = self.get(Field::Rating).map(rating).transpose()?.flatten();
        let author = self.owned(Field::Author).filter(|author| !is_pseudonym(author));
        Ok(Post {
            kind: self.kind(rating, defaults)?,
            url: self.owned(Field::Url),
            author_handle: author,
            in_reply_to: self.owned(Field::InReplyTo),
            title: self.owned(Field::Title),
            declared_language: self.owned(Field::Language),
            rating,
            reach: self.count(Field::Reach)?,
            engagement: Engagement {
                replies: self.count(Field::Replies)?,
                reposts: self.count(Field::Reposts)?,
                likes: self.count(Field::Likes)?,
            },
            ..Post::new(self.id(), self.owned(Field::Text).unwrap_or_default(), published_at)
        })
    }

    /// What a post cannot say: that an export already has the author's pseudonym, and knew an official account.
    fn complete(&self, mut mention: Mention) -> Mention {
        if let Some(pseudonym) = self.get(Field::Author).filter(|author| is_pseudonym(author)) {
            mention.author = Some(pseudonym.to_owned());
        }
        let official = self.get(Field::Official).map(fold_label);
        mention.official |=
            official.is_some_and(|value| ["true", "yes", "oui", "vrai", "1"].contains(&value.as_str()));
        mention
    }

    /// The row's id, else one made of what it says: the same row gives the same id in the next import.
    fn id(&self) -> String {
        if let Some(id) = self.get(Field::Id) {
            return id.to_owned();
        }
        let mut hash = Sha256::new();
        for field in [Field::Text, Field::Title, Field::Author, Field::PublishedAt, Field::Rating, Field::Url]
        {
            let value = self.get(field).unwrap_or_default();
            hash.update((value.len() as u64).to_le_bytes());
            hash.update(value.as_bytes());
        }
        let digest: String = hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        format!("row-{digest}")
    }

    fn source(&self, default: &str) -> Result<String, String> {
        let written = self.get(Field::Source).unwrap_or(default);
        let source = clean_line(&written.to_lowercase()).unwrap_or_default().replace(' ', "-");
        let is_name = (1..=64).contains(&source.len()) && !source.contains([':', '"']);
        is_name.then_some(source).ok_or_else(|| format!("{} is no name of a source", excerpt(written)))
    }

    fn kind(&self, rating: Option<f32>, defaults: &Defaults<'_>) -> Result<MentionKind, String> {
        let written = self.get(Field::Kind);
        match written.map(fold_label).as_deref() {
            Some("post" | "message" | "tweet" | "publication") => return Ok(MentionKind::Post),
            Some("review" | "avis") => return Ok(MentionKind::Review),
            Some("comment" | "commentaire" | "reply" | "reponse") => return Ok(MentionKind::Comment),
            Some("article" | "news" | "presse") => return Ok(MentionKind::Article),
            // A column that only happens to be called so says nothing.
            Some(_) if defaults.options.columns.names(Field::Kind) => {
                let written = excerpt(written.unwrap_or_default());
                return Err(format!("{written} is no kind; use post, review, comment or article"));
            }
            _ => {}
        }
        Ok(match rating {
            Some(_) => MentionKind::Review,
            None if self.get(Field::InReplyTo).is_some() => MentionKind::Comment,
            None => MentionKind::Post,
        })
    }

    fn count(&self, field: Field) -> Result<u64, String> {
        let Some(written) = self.get(field) else { return Ok(0) };
        let digits: String = written.chars().filter(|part| !part.is_whitespace()).collect();
        let digits = digits.strip_suffix(".0").unwrap_or(&digits);
        digits.parse().map_err(|_| format!("{} is no number for {}", excerpt(written), field.as_str()))
    }
}

/// Stars from 1 to 5: `4`, `4,5`, `4/5`, `8/10`, `4 étoiles`, `★★★★☆`. None for 0, by which many mean "no rating".
fn rating(written: &str) -> Result<Option<f32>, String> {
    let wrong = || format!("{} is no rating from 1 to 5; other scales are written 8/10", excerpt(written));
    let stars = written.chars().filter(|sign| matches!(sign, '★' | '⭐')).count();
    if stars > 0 && stars <= 5 && !written.contains(|sign: char| sign.is_ascii_digit()) {
        return Ok(Some(stars as f32));
    }
    let number = |text: &str| -> Option<f32> {
        let text = text.trim().trim_end_matches(|end: char| !end.is_ascii_digit()).replace(',', ".");
        text.parse().ok().filter(|number: &f32| number.is_finite())
    };
    let (value, scale) = match written.split_once('/') {
        Some((value, scale)) => (number(value), number(scale)),
        None => (number(written), Some(5.0)),
    };
    let (Some(value), Some(scale)) = (value, scale) else { return Err(wrong()) };
    if value == 0.0 {
        return Ok(None);
    }
    if !(value > 0.0 && value <= scale && scale >= 5.0) {
        return Err(wrong());
    }
    Ok(Some((value / scale * 5.0).max(1.0)))
}

/// Whether an author is already a pseudonym, as exports have them.
fn is_pseudonym(author: &str) -> bool {
    author.len() == 64 && author.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratings_are_read_in_the_usual_ways() {
        for (written, stars) in [
            ("4", 4.0),
            ("4,5", 4.5),
            ("4/5", 4.0),
            ("8/10", 4.0),
            ("4 étoiles", 4.0),
            ("★★★★☆", 4.0),
            ("1/10", 1.0),
        ] {
            assert_eq!(rating(written), Ok(Some(stars)), "{written}");
        }
        assert_eq!(rating("0"), Ok(None));
        for wrong in ["8", "-1", "bien", "4/0", "NaN", "inf"] {
            assert!(rating(wrong).is_err(), "{wrong}");
        }
    }
}
