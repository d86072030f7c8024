//! The tags a mention can carry: five emotions, twelve causes, two flags, each with a score.

use std::{collections::BTreeMap, fmt, ops::Range, str::FromStr};

use serde::{Deserialize, Serialize};

macro_rules! tag_group {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant,)+ }

        impl $name {
            /// Every member, in the order of the screens and of the model's outputs.
            pub const ALL: [$name; [$($text),+].len()] = [$($name::$variant),+];

            /// The name in JSON, in the stores and in the query language.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownTag;

            fn from_str(text: &str) -> Result<Self, UnknownTag> {
                Self::ALL.into_iter().find(|tag| tag.as_str() == text).ok_or_else(|| UnknownTag(text.to_owned()))
            }
        }
    };
}

/// A name that is no tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown tag {0:?}")]
pub struct UnknownTag(pub String);

tag_group! {
    /// The five everyday negative emotions of customer relations.
    Emotion {
        /// Attacks, accuses or feels wronged (colère).
        Anger = "anger",
        /// At the end of their patience after repetition or because nobody can be reached (exaspération).
        Exasperation = "exasperation",
        /// Mildly irritated by a bother or an intrusion (agacement).
        Annoyance = "annoyance",
        /// Blocked: wants something due and cannot get it (frustration).
        Frustration = "frustration",
        /// Expected better: let down (déception).
        Disappointment = "disappointment",
    }
}

tag_group! {
    /// What went wrong.
    Cause {
        /// Late, lost, damaged or wrongly delivered parcel; missed visit.
        Delivery = "delivery",
        /// Nobody can be reached.
        Unreachable = "unreachable",
        /// Had to contact again or repeat the same thing.
        Repetition = "repetition",
        /// Refund, replacement, warranty, return or compensation not given or late.
        Refund = "refund",
        /// Advertising, price changes after purchase, canvassing, spam.
        Promotion = "promotion",
        /// Loyalty or good faith not recognised; contempt, rude treatment.
        Recognition = "recognition",
        /// Wrong or unexpected charge, invoice, fees, price.
        Billing = "billing",
        /// Cannot cancel or change; terms; account opening or closing.
        Contract = "contract",
        /// Quality, defect, not as described.
        Product = "product",
        /// Service, site, app, network or card not working.
        Outage = "outage",
        /// Premises, shop or branch, staff on site, opening hours.
        Store = "store",
        /// Scam, hacked account, counterfeit, data misuse alleged.
        Fraud = "fraud",
    }
}

tag_group! {
    /// What the text asks of the brand.
    Flag {
        /// The brand fell short of what the author was entitled to expect.
        Complaint = "complaint",
        /// Someone at the brand should answer.
        Answer = "answer",
    }
}

/// Any tag, of any group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Tag {
    /// One of the five emotions.
    Emotion(Emotion),
    /// One of the twelve causes.
    Cause(Cause),
    /// `complaint` or `answer`.
    Flag(Flag),
}

impl Tag {
    /// Every tag: emotions, causes, flags.
    pub fn all() -> impl Iterator<Item = Tag> {
        let emotions = Emotion::ALL.into_iter().map(Tag::Emotion);
        let causes = Cause::ALL.into_iter().map(Tag::Cause);
        emotions.chain(causes).chain(Flag::ALL.into_iter().map(Tag::Flag))
    }

    /// The name in JSON, in the stores and in the query language.
    pub fn as_str(self) -> &'static str {
        match self {
            Tag::Emotion(emotion) => emotion.as_str(),
            Tag::Cause(cause) => cause.as_str(),
            Tag::Flag(flag) => flag.as_str(),
        }
    }
}

impl FromStr for Tag {
    type Err = UnknownTag;

    fn from_str(text: &str) -> Result<Self, UnknownTag> {
        Tag::all().find(|tag| tag.as_str() == text).ok_or_else(|| UnknownTag(text.to_owned()))
    }
}

impl TryFrom<String> for Tag {
    type Error = UnknownTag;

    fn try_from(text: String) -> Result<Self, UnknownTag> {
        text.parse()
    }
}

impl From<Tag> for String {
    fn from(tag: Tag) -> Self {
        tag.as_str().to_owned()
    }
}

/// What the classifier says of one text: a calibrated score (0 to 1) for every tag, and the tags that hold.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tags {
    /// Scores of the five emotions.
    pub emotions: BTreeMap<Emotion, f32>,
    /// Scores of the twelve causes.
    pub causes: BTreeMap<Cause, f32>,
    /// Score of `complaint`.
    pub complaint: f32,
    /// Score of `answer`.
    pub answer: f32,
    /// The tags whose scores reach their thresholds, in the order of [`Tag::all`].
    #[serde(rename = "tags")]
    pub held: Vec<Tag>,
}

/// A tag that holds with a lower score than this is uncertain …
const CERTAIN_FROM: f32 = 0.6;
/// … and so is one that does not hold with this score or more.
const UNCERTAIN_FROM: f32 = 0.3;

/// Whether a tag that holds could as well not: pages say "uncertain".
pub fn is_uncertain_score(score: f32) -> bool {
    score < CERTAIN_FROM
}

impl Tags {
    /// The score of a tag; 0 when there is none.
    pub fn score(&self, tag: Tag) -> f32 {
        match tag {
            Tag::Emotion(emotion) => self.emotions.get(&emotion).copied().unwrap_or_default(),
            Tag::Cause(cause) => self.causes.get(&cause).copied().unwrap_or_default(),
            Tag::Flag(Flag::Complaint) => self.complaint,
            Tag::Flag(Flag::Answer) => self.answer,
        }
    }

    /// Whether it could as well be the other way round, for a tag that holds or one that does not.
    pub fn is_uncertain(&self, tag: Tag) -> bool {
        let score = self.score(tag);
        if self.has(tag) { is_uncertain_score(score) } else { score >= UNCERTAIN_FROM }
    }

    /// Whether the tag's score reaches its threshold.
    pub fn has(&self, tag: Tag) -> bool {
        self.held.contains(&tag)
    }

    /// The emotions that hold.
    pub fn held_emotions(&self) -> impl Iterator<Item = Emotion> + '_ {
        self.held.iter().filter_map(|tag| if let Tag::Emotion(emotion) = tag { Some(*emotion) } else { None })
    }

    /// The causes that hold.
    pub fn held_causes(&self) -> impl Iterator<Item = Cause> + '_ {
        self.held.iter().filter_map(|tag| if let Tag::Cause(cause) = tag { Some(*cause) } else { None })
    }

    /// The text is a complaint.
    pub fn is_complaint(&self) -> bool {
        self.has(Tag::Flag(Flag::Complaint))
    }

    /// Someone at the brand should answer the text.
    pub fn wants_answer(&self) -> bool {
        self.has(Tag::Flag(Flag::Answer))
    }
}

/// Why a text carries a tag.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    /// The tag.
    pub tag: Tag,
    /// Its score.
    pub score: f32,
    /// Where the words stand without which the text would sooner not carry it, in bytes of the text and in its order. Empty where
    /// no word stands out.
    pub words: Vec<Range<usize>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        assert_eq!(Tag::all().count(), 19);
        for tag in Tag::all() {
            assert_eq!(tag.as_str().parse::<Tag>(), Ok(tag));
            assert_eq!(serde_json::to_value(tag).unwrap(), tag.as_str());
        }
        assert!("joy".parse::<Tag>().is_err());
    }

    #[test]
    fn uncertain_is_what_barely_holds_or_barely_does_not() {
        let mut tags = Tags { complaint: 0.25, answer: 0.25, ..Tags::default() };
        let (complaint, answer) = (Tag::Flag(Flag::Complaint), Tag::Flag(Flag::Answer));
        tags.held.push(complaint);
        assert!(tags.is_uncertain(complaint) && !tags.is_uncertain(answer));
        (tags.complaint, tags.answer) = (0.6, 0.3);
        assert!(!tags.is_uncertain(complaint) && tags.is_uncertain(answer));
    }

    #[test]
    fn tags_are_the_wire_format_of_classify() {
        let tags = Tags {
            emotions: BTreeMap::from([(Emotion::Anger, 0.5)]),
            held: vec![Tag::Emotion(Emotion::Anger), Tag::Flag(Flag::Answer)],
            ..Tags::default()
        };
        let json = serde_json::to_value(&tags).unwrap();
        assert_eq!(json["emotions"]["anger"], 0.5);
        assert_eq!(json["tags"], serde_json::json!(["anger", "answer"]));
    }
}
