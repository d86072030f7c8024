//! Stories: near-duplicates and reposts of one text are joined before the model sees them, so they cost nothing.
//!
//! Time is that of the mentions themselves, never the clock's: the same mentions in the same order give the same stories.

mod memory;
mod minhash;
mod normalise;

use chrono::TimeDelta;
use domain::{Mention, StoryId, StoryMembership, TaggedMention, Tags};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::scores::CompactTags;
use memory::{Memory, Story};
use minhash::Signature;

/// Two people who write so few words alike have not copied from each other: no story is made of them.
const FEWEST_WORDS: usize = 3;
/// Texts of fewer words join only when identical, and only about the same brands.
const FEWEST_WORDS_OF_NEAR_DUPLICATES: usize = 5;
/// Texts that share this much are near-duplicates.
const SIMILAR: f32 = 0.8;

/// Bounds of what is remembered.
#[derive(Debug, Clone, Copy)]
pub struct StoryOptions {
    /// Stories; the one that was not told for the longest time is forgotten first. One takes about 700 bytes.
    pub max_stories: usize,
    /// A text told again later than this begins a new story.
    pub max_pause: TimeDelta,
}

impl Default for StoryOptions {
    fn default() -> Self {
        Self { max_stories: 100_000, max_pause: TimeDelta::days(7) }
    }
}

/// A story that is remembered, for as long as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoryHandle(u64);

/// Where a mention belongs.
#[derive(Debug, Clone, PartialEq)]
pub struct Placement {
    /// Its story.
    pub membership: StoryMembership,
    /// The same to ask for or set its tags by; none for texts too short to remember.
    pub handle: Option<StoryHandle>,
    /// Whether the text has the very words of the one that the story remembers.
    pub same_words: bool,
}

/// The stories of the last days.
pub struct StoryIndex {
    options: StoryOptions,
    memory: Memory,
}

/// What two texts are compared by.
struct Fingerprint {
    exact: u64,
    signature: Option<Signature>,
}

impl StoryIndex {
    /// Without any story yet.
    pub fn new(options: StoryOptions) -> Self {
        Self { options, memory: Memory::new(options.max_stories) }
    }

    /// Finds the story of a mention, or begins one with it.
    pub fn place(&mut self, mention: &Mention) -> Placement {
        let own = StoryId(mention.key.to_string());
        let Some(fingerprint) = fingerprint(mention) else {
            return Placement {
                membership: StoryMembership { id: own, first: true },
                handle: None,
                same_words: false,
            };
        };
        if let Some((number, same_words)) = self.find(&fingerprint, mention) {
            let id = self.memory.touch(number, mention.published_at);
            // The first mention's own later versions still tell the story first.
            let first = id == own;
            return Placement {
                membership: StoryMembership { id, first },
                handle: Some(StoryHandle(number)),
                same_words,
            };
        }
        let number = self.begin(own.clone(), &fingerprint, mention);
        Placement {
            membership: StoryMembership { id: own, first: true },
            handle: Some(StoryHandle(number)),
            same_words: true,
        }
    }

    /// The tags of a story, once they are known.
    pub fn tags(&self, handle: StoryHandle) -> Option<Tags> {
        self.memory.get(handle.0)?.tags.map(|tags| tags.tags())
    }

    /// Remembers the tags of a story. A story that was forgotten in the meantime stays forgotten.
    pub fn set_tags(&mut self, handle: StoryHandle, tags: &Tags) {
        if let Some(story) = self.memory.get_mut(handle.0) {
            story.tags = Some(CompactTags::new(tags));
        }
    }

    /// Takes in what was tagged before a restart, oldest first. Tags of another version of the model are not reused.
    pub fn warm(&mut self, tagged: &TaggedMention, version: &str) {
        let mention = &tagged.mention;
        if !is_told(mention) {
            return;
        }
        let Some(fingerprint) = fingerprint(mention) else { return };
        let number = match self.find(&fingerprint, mention) {
            Some((number, _)) => {
                self.memory.touch(number, mention.published_at);
                number
            }
            // The first mention may be trimmed from the log while its reposts are still there.
            None => self.begin(tagged.story.id.clone(), &fingerprint, mention),
        };
        let usable = tagged.model == version && !tagged.tags.emotions.is_empty();
        if let Some(story) = self.memory.get_mut(number)
            && story.tags.is_none()
            && usable
        {
            story.tags = Some(CompactTags::new(&tagged.tags));
        }
    }

    /// How many stories are remembered.
    pub fn len(&self) -> usize {
        self.memory.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A story with the same words or nearly so, told not too long before or after.
    fn find(&self, fingerprint: &Fingerprint, mention: &Mention) -> Option<(u64, bool)> {
        let recent = |number: &u64| {
            self.memory.get(*number).is_some_and(|story| {
                (mention.published_at - story.last_told_at).abs() <= self.options.max_pause
            })
        };
        if let Some(number) = self.memory.with_words(fingerprint.exact).filter(recent) {
            return Some((number, true));
        }
        let signature = fingerprint.signature.as_ref()?;
        signature
            .bands()
            .filter_map(|band| self.memory.with_band(band))
            .filter(recent)
            .filter_map(|number| {
                let other = self.memory.get(number)?.signature.as_ref()?;
                Some((number, signature.similarity(other)))
            })
            .filter(|(_, similarity)| *similarity >= SIMILAR)
            .max_by(|(older, a), (newer, b)| a.total_cmp(b).then(newer.cmp(older)))
            .map(|(number, _)| (number, false))
    }

    fn begin(&mut self, id: StoryId, fingerprint: &Fingerprint, mention: &Mention) -> u64 {
        self.memory.insert(Story {
            id,
            exact: fingerprint.exact,
            signature: fingerprint.signature,
            tags: None,
            last_told_at: mention.published_at,
        })
    }
}

/// Whether a mention can tell a story: a deletion has no text any more, and what the brand says is no news of it.
pub(crate) fn is_told(mention: &Mention) -> bool {
    mention.change != domain::Change::Deleted && !mention.official
}

fn fingerprint(mention: &Mention) -> Option<Fingerprint> {
    let words = normalise::words(&mention.full_text());
    if words.len() < FEWEST_WORDS {
        return None;
    }
    let exact = xxh3_64(words.join(" ").as_bytes());
    if words.len() >= FEWEST_WORDS_OF_NEAR_DUPLICATES {
        return Some(Fingerprint { exact, signature: Signature::new(&words) });
    }
    let mut brands: Vec<&str> = mention.brands.iter().map(domain::BrandId::as_str).collect();
    brands.sort_unstable();
    Some(Fingerprint { exact: xxh3_64_with_seed(brands.join(" ").as_bytes(), exact), signature: None })
}

#[cfg(test)]
mod tests;
