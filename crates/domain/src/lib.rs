#![doc = include_str!("../README.md")]

pub mod brand;
pub mod case;
pub mod incident;
pub mod language;
pub mod live;
pub mod mention;
pub mod story;
pub mod tagged;
pub mod tags;

pub use brand::{Brand, BrandId, InvalidBrandId};
pub use case::{Case, CaseStatus};
pub use incident::{Alert, Incident, IncidentStatus, Series, Subject};
pub use language::{Language, SUPPORTED_LANGUAGES};
pub use live::LiveEvent;
pub use mention::{Change, Engagement, Mention, MentionKey, MentionKind, full_text};
pub use story::{StoryId, StoryMembership};
pub use tagged::TaggedMention;
pub use tags::{Cause, Emotion, Flag, Reason, Tag, Tags, is_uncertain_score};
