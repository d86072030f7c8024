#![doc = include_str!("../README.md")]

use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    Brand, BrandId, Cause, Change, Emotion, Engagement, Flag, Language, Mention, MentionKey, MentionKind,
    StoryId, StoryMembership, Tag, TaggedMention, Tags,
};

/// The brand of the tests.
pub fn brand_id() -> BrandId {
    "colisio".parse().expect("a valid id")
}

/// A brand whose query is its name.
pub fn brand() -> Brand {
    Brand {
        id: brand_id(),
        name: "Colisio".into(),
        queries: vec!["colisio".into()],
        official_accounts: vec!["test:@colisio".into()],
        time_zone: chrono_tz::Europe::Paris,
        first_response_sla_minutes: 120,
    }
}

/// A fixed moment plus some seconds, so that tests never read the clock.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_790_000_000, 0).expect("a valid time") + TimeDelta::seconds(seconds)
}

/// A post of source `test`, published `id` seconds after [`at`]`(0)`.
pub fn mention(id: u64, text: &str) -> Mention {
    let published_at = at(id.cast_signed());
    Mention {
        key: MentionKey::new("test", id.to_string()),
        version_at: published_at,
        change: Change::Posted,
        brands: vec![brand_id()],
        kind: MentionKind::Post,
        url: Some(format!("https://social.example/{id}")),
        author: Some(format!("author-{id}")),
        author_handle: Some(format!("@someone{id}")),
        official: false,
        in_reply_to: None,
        title: None,
        text: text.to_owned(),
        declared_language: None,
        rating: None,
        reach: 100,
        engagement: Engagement::default(),
        published_at,
        collected_at: published_at,
    }
}

/// The same as the classifier would leave it, with these tags held at score 0.9 and all others at 0.1.
pub fn tagged(id: u64, text: &str, held: &[Tag]) -> TaggedMention {
    TaggedMention {
        mention: mention(id, text),
        language: Language::new("fr"),
        story: StoryMembership { id: StoryId(format!("test:{id}")), first: true },
        tags: tags(held),
        model: "test".into(),
    }
}

/// Tags with these held.
pub fn tags(held: &[Tag]) -> Tags {
    let score = |tag| if held.contains(&tag) { 0.9 } else { 0.1 };
    Tags {
        emotions: Emotion::ALL.into_iter().map(|emotion| (emotion, score(Tag::Emotion(emotion)))).collect(),
        causes: Cause::ALL.into_iter().map(|cause| (cause, score(Tag::Cause(cause)))).collect(),
        complaint: score(Tag::Flag(Flag::Complaint)),
        answer: score(Tag::Flag(Flag::Answer)),
        held: Tag::all().filter(|tag| held.contains(tag)).collect(),
    }
}

/// The tags of an angry complaint about a delivery that wants an answer.
pub fn angry_delivery_complaint() -> Vec<Tag> {
    vec![
        Tag::Emotion(Emotion::Anger),
        Tag::Cause(Cause::Delivery),
        Tag::Flag(Flag::Complaint),
        Tag::Flag(Flag::Answer),
    ]
}
