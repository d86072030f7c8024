//! The stories remembered, found by their words or by a band of their signature; the longest untold goes first.

use std::collections::{HashMap, VecDeque};

use chrono::{DateTime, Utc};
use domain::StoryId;

use super::minhash::Signature;
use crate::scores::CompactTags;

/// Old places in the queue are swept out when there are this many for each story.
const PLACES_PER_STORY: usize = 4;

/// One story.
pub(super) struct Story {
    pub(super) id: StoryId,
    pub(super) exact: u64,
    pub(super) signature: Option<Signature>,
    pub(super) tags: Option<CompactTags>,
    pub(super) last_told_at: DateTime<Utc>,
}

/// Stories by number. Several may share a band: the latest is found by it, the others by their other bands.
pub(super) struct Memory {
    capacity: usize,
    stories: HashMap<u64, (Story, u64)>,
    by_words: HashMap<u64, u64>,
    by_band: HashMap<u64, u64>,
    /// Story and moment of each telling, oldest first; only the last place of a story counts.
    told: VecDeque<(u64, u64)>,
    next_number: u64,
    next_moment: u64,
}

impl Memory {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity: capacity.max(1),
            stories: HashMap::new(),
            by_words: HashMap::new(),
            by_band: HashMap::new(),
            told: VecDeque::new(),
            next_number: 0,
            next_moment: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.stories.len()
    }

    pub(super) fn get(&self, number: u64) -> Option<&Story> {
        self.stories.get(&number).map(|(story, _)| story)
    }

    pub(super) fn get_mut(&mut self, number: u64) -> Option<&mut Story> {
        self.stories.get_mut(&number).map(|(story, _)| story)
    }

    pub(super) fn with_words(&self, exact: u64) -> Option<u64> {
        self.by_words.get(&exact).copied()
    }

    pub(super) fn with_band(&self, band: u64) -> Option<u64> {
        self.by_band.get(&band).copied()
    }

    /// Remembers a story; the one untold for the longest time is forgotten if there are too many.
    pub(super) fn insert(&mut self, story: Story) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        self.by_words.insert(story.exact, number);
        if let Some(signature) = &story.signature {
            self.by_band.extend(signature.bands().map(|band| (band, number)));
        }
        self.stories.insert(number, (story, 0));
        self.tell(number);
        while self.stories.len() > self.capacity {
            self.forget_oldest();
        }
        number
    }

    /// The story was told again; returns its id.
    pub(super) fn touch(&mut self, number: u64, told_at: DateTime<Utc>) -> StoryId {
        self.tell(number);
        let story = self.get_mut(number).expect("only stories that were just found are touched");
        story.last_told_at = story.last_told_at.max(told_at);
        story.id.clone()
    }

    fn tell(&mut self, number: u64) {
        let moment = self.next_moment;
        self.next_moment += 1;
        if let Some((_, last)) = self.stories.get_mut(&number) {
            *last = moment;
        }
        self.told.push_back((number, moment));
        if self.told.len() > self.capacity * PLACES_PER_STORY {
            let stories = &self.stories;
            self.told.retain(|(number, moment)| stories.get(number).is_some_and(|(_, last)| last == moment));
        }
    }

    fn forget_oldest(&mut self) {
        let Some((number, moment)) = self.told.pop_front() else { return };
        if self.stories.get(&number).is_none_or(|(_, last)| *last != moment) {
            return;
        }
        let Some((story, _)) = self.stories.remove(&number) else { return };
        if self.by_words.get(&story.exact) == Some(&number) {
            self.by_words.remove(&story.exact);
        }
        for band in story.signature.iter().flat_map(Signature::bands) {
            if self.by_band.get(&band) == Some(&number) {
                self.by_band.remove(&band);
            }
        }
    }

    #[cfg(test)]
    pub(super) fn places(&self) -> (usize, usize, usize) {
        (self.by_words.len(), self.by_band.len(), self.told.len())
    }
}
