//! Scores of all tags as one row, in the order of [`Tag::all`], and back.

use domain::{Flag, Tag, Tags};

use crate::labels::OUTPUTS;

/// Tags with these scores, of which those hold that `holds` says so of (by place in the row).
pub(crate) fn to_tags(scores: &[f32; OUTPUTS], holds: impl Fn(usize) -> bool) -> Tags {
    let mut tags = Tags::default();
    for (place, (tag, &score)) in Tag::all().zip(scores).enumerate() {
        match tag {
            Tag::Emotion(emotion) => drop(tags.emotions.insert(emotion, score)),
            Tag::Cause(cause) => drop(tags.causes.insert(cause, score)),
            Tag::Flag(Flag::Complaint) => tags.complaint = score,
            Tag::Flag(Flag::Answer) => tags.answer = score,
        }
        if holds(place) {
            tags.held.push(tag);
        }
    }
    tags
}

/// Tags in a tenth of the memory, for the many that are remembered.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CompactTags {
    scores: [f32; OUTPUTS],
    held: u32,
}

impl CompactTags {
    pub(crate) fn new(tags: &Tags) -> Self {
        let mut compact = Self { scores: [0.0; OUTPUTS], held: 0 };
        for (place, tag) in Tag::all().enumerate() {
            compact.scores[place] = tags.score(tag);
            compact.held |= u32::from(tags.has(tag)) << place;
        }
        compact
    }

    pub(crate) fn tags(&self) -> Tags {
        to_tags(&self.scores, |place| self.held & (1 << place) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_tags_are_the_same_tags() {
        let tags = testkit::tags(&testkit::angry_delivery_complaint());
        assert_eq!(CompactTags::new(&tags).tags(), tags);
    }
}
