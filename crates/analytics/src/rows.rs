//! The rows that are written, as ClickHouse takes them.

use chrono::{DateTime, Utc};
use clickhouse::Row;
use domain::{Cause, Change, Emotion, MentionKey, Tag, TaggedMention};
use serde::{Deserialize, Serialize};

/// The last moment that is kept, the end of the 21st century: ClickHouse's hours end soon after, and a source may claim any date.
const LAST_MICROS: i64 = 4_133_980_799_999_999;
/// Nobody reaches more than everybody. Sums of it stay far below what a counter holds.
const MAX_REACH: u64 = 10_000_000_000;
const MICROS_PER_HOUR: i64 = 3_600_000_000;

/// A moment the way it is kept: microseconds since 1970.
pub(crate) fn micros(at: DateTime<Utc>) -> i64 {
    at.timestamp_micros().clamp(0, LAST_MICROS)
}

/// The hour of a kept moment, in seconds since 1970.
pub(crate) fn hour(micros: i64) -> u32 {
    u32::try_from(micros.div_euclid(MICROS_PER_HOUR) * 3600).unwrap_or_default()
}

/// A version of a mention, for the table `mentions`.
#[derive(Row, Serialize)]
pub(crate) struct MentionRow<'a> {
    source: &'a str,
    external_id: &'a str,
    version_at: i64,
    change: &'static str,
    brands: Vec<&'a str>,
    kind: &'static str,
    url: &'a str,
    author: &'a str,
    official: bool,
    in_reply_to: &'a str,
    title: &'a str,
    text: &'a str,
    rating: Option<f32>,
    reach: u64,
    replies: u64,
    reposts: u64,
    likes: u64,
    published_at: i64,
    collected_at: i64,
    language: &'a str,
    story: &'a str,
    story_first: bool,
    emotions: Vec<&'static str>,
    causes: Vec<&'static str>,
    complaint: bool,
    answer: bool,
    emotion_scores: Vec<(&'static str, f32)>,
    cause_scores: Vec<(&'static str, f32)>,
    complaint_score: f32,
    answer_score: f32,
    model: &'a str,
}

impl<'a> MentionRow<'a> {
    /// The row of a version. Of one that was deleted at its source, what a person wrote and who wrote it are left out.
    pub(crate) fn new(tagged: &'a TaggedMention, deleted: bool) -> Self {
        let (mention, tags) = (&tagged.mention, &tagged.tags);
        let personal =
            |text: &'a Option<String>| if deleted { "" } else { text.as_deref().unwrap_or_default() };
        Self {
            source: &mention.key.source,
            external_id: &mention.key.external_id,
            version_at: micros(mention.version_at),
            change: mention.change.as_str(),
            brands: brands(tagged),
            kind: mention.kind.as_str(),
            url: personal(&mention.url),
            author: personal(&mention.author),
            official: mention.official,
            in_reply_to: personal(&mention.in_reply_to),
            title: personal(&mention.title),
            text: if deleted { "" } else { &mention.text },
            rating: mention.rating,
            reach: reach(tagged),
            replies: mention.engagement.replies,
            reposts: mention.engagement.reposts,
            likes: mention.engagement.likes,
            published_at: micros(mention.published_at),
            collected_at: micros(mention.collected_at),
            language: tagged.language.as_str(),
            story: &tagged.story.id.0,
            story_first: tagged.story.first,
            emotions: emotions(tagged),
            causes: causes(tagged),
            complaint: tags.is_complaint(),
            answer: tags.wants_answer(),
            emotion_scores: tags.emotions.iter().map(|(emotion, score)| (emotion.as_str(), *score)).collect(),
            cause_scores: tags.causes.iter().map(|(cause, score)| (cause.as_str(), *score)).collect(),
            complaint_score: tags.complaint,
            answer_score: tags.answer,
            model: &tagged.model,
        }
    }
}

/// What a version adds to the counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Counted {
    pub(crate) published_at: i64,
    pub(crate) brands: Vec<String>,
    pub(crate) source: String,
    pub(crate) language: String,
    pub(crate) emotions: Vec<String>,
    pub(crate) causes: Vec<String>,
    pub(crate) complaint: bool,
    pub(crate) reach: u64,
}

impl Counted {
    /// None for what does not count: a deletion, and what a brand says itself.
    pub(crate) fn of(tagged: &TaggedMention) -> Option<Self> {
        let mention = &tagged.mention;
        if mention.change == Change::Deleted || mention.official {
            return None;
        }
        let owned = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect();
        Some(Self {
            published_at: micros(mention.published_at),
            brands: owned(brands(tagged)),
            source: mention.key.source.clone(),
            language: tagged.language.as_str().to_owned(),
            emotions: owned(emotions(tagged)),
            causes: owned(causes(tagged)),
            complaint: tagged.tags.is_complaint(),
            reach: reach(tagged),
        })
    }

    /// The hour that it counts in.
    pub(crate) fn hour(&self) -> u32 {
        hour(self.published_at)
    }
}

/// A change of the counts, for the table `mention_changes`.
#[derive(Row, Serialize)]
pub(crate) struct ChangeRow<'a> {
    published_at: i64,
    brands: &'a [String],
    source: &'a str,
    language: &'a str,
    emotions: &'a [String],
    causes: &'a [String],
    complaint: bool,
    reach: u64,
    sign: i8,
}

impl<'a> ChangeRow<'a> {
    pub(crate) fn new(counted: &'a Counted, sign: i8) -> Self {
        Self {
            published_at: counted.published_at,
            brands: &counted.brands,
            source: &counted.source,
            language: &counted.language,
            emotions: &counted.emotions,
            causes: &counted.causes,
            complaint: counted.complaint,
            reach: counted.reach,
            sign,
        }
    }
}

/// What the store knows of a mention, read from the table `mentions`.
#[derive(Row, Deserialize)]
pub(crate) struct KnownRow {
    pub(crate) source: String,
    pub(crate) external_id: String,
    pub(crate) versions: Vec<i64>,
    pub(crate) newest_at: i64,
    /// 0 if it was never deleted.
    pub(crate) deleted_at: i64,
    pub(crate) counts: bool,
    pub(crate) published_at: i64,
    pub(crate) brands: Vec<String>,
    pub(crate) language: String,
    pub(crate) emotions: Vec<String>,
    pub(crate) causes: Vec<String>,
    pub(crate) complaint: bool,
    pub(crate) reach: u64,
}

impl KnownRow {
    /// The mention it tells of, and what counts of its newest version.
    pub(crate) fn into_parts(self) -> (MentionKey, Vec<i64>, i64, Option<i64>, Option<Counted>) {
        let counted = Counted {
            published_at: self.published_at,
            brands: self.brands,
            source: self.source.clone(),
            language: self.language,
            emotions: self.emotions,
            causes: self.causes,
            complaint: self.complaint,
            reach: self.reach,
        };
        let deleted_at = (self.deleted_at > 0).then_some(self.deleted_at);
        let key = MentionKey::new(self.source, self.external_id);
        (key, self.versions, self.newest_at, deleted_at, self.counts.then_some(counted))
    }
}

fn reach(tagged: &TaggedMention) -> u64 {
    tagged.mention.reach.min(MAX_REACH)
}

/// In one order and once each, so that equal sets are equal arrays.
fn brands(tagged: &TaggedMention) -> Vec<&str> {
    let mut brands: Vec<&str> = tagged.mention.brands.iter().map(domain::BrandId::as_str).collect();
    brands.sort_unstable();
    brands.dedup();
    brands
}

fn emotions(tagged: &TaggedMention) -> Vec<&'static str> {
    let held = Emotion::ALL.into_iter().filter(|emotion| tagged.tags.has(Tag::Emotion(*emotion)));
    held.map(Emotion::as_str).collect()
}

fn causes(tagged: &TaggedMention) -> Vec<&'static str> {
    let held = Cause::ALL.into_iter().filter(|cause| tagged.tags.has(Tag::Cause(*cause)));
    held.map(Cause::as_str).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_dates_and_reaches_are_brought_into_range() {
        let mut tagged = testkit::tagged(1, "x", &[]);
        tagged.mention.reach = u64::MAX;
        for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
            tagged.mention.published_at = at;
            let counted = Counted::of(&tagged).unwrap();
            assert!((0..=LAST_MICROS).contains(&counted.published_at));
            assert_eq!(i64::from(counted.hour()), counted.published_at / MICROS_PER_HOUR * 3600);
            assert_eq!(counted.reach, MAX_REACH);
        }
    }

    #[test]
    fn equal_sets_are_equal_arrays() {
        let mut tagged = testkit::tagged(1, "x", &testkit::angry_delivery_complaint());
        let counted = Counted::of(&tagged);
        tagged.tags.held.reverse();
        tagged.tags.held.push(Tag::Emotion(Emotion::Anger));
        tagged.mention.brands.push(testkit::brand_id());
        assert_eq!(Counted::of(&tagged), counted);
    }

    #[test]
    fn what_a_brand_says_itself_does_not_count() {
        let mut tagged = testkit::tagged(1, "x", &[]);
        tagged.mention.official = true;
        assert_eq!(Counted::of(&tagged), None);
    }

    #[test]
    fn a_deleted_version_keeps_nothing_personal() {
        let mut tagged = testkit::tagged(1, "secret text", &[]);
        tagged.mention.title = Some("secret title".to_owned());
        let row = MentionRow::new(&tagged, true);
        assert_eq!([row.text, row.title, row.author, row.url, row.in_reply_to], [""; 5]);
    }
}
