//! What a batch means for the store, worked out before anything is written.

use std::collections::{BTreeSet, HashMap, HashSet};

use domain::{Change, MentionKey, TaggedMention};

use crate::rows::{Counted, KnownRow, micros};

/// What the store knows of one mention.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    versions: HashSet<i64>,
    newest_at: i64,
    /// When it was last deleted at its source.
    deleted_at: Option<i64>,
    /// What its newest version adds to the counts.
    counted: Option<Counted>,
}

impl Known {
    pub(crate) fn from_row(row: KnownRow) -> (MentionKey, Known) {
        let (key, versions, newest_at, deleted_at, counted) = row.into_parts();
        (key, Known { versions: versions.into_iter().collect(), newest_at, deleted_at, counted })
    }
}

/// A version to be stored.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewVersion<'a> {
    pub(crate) tagged: &'a TaggedMention,
    /// The mention was deleted, then or later: nothing personal may be stored.
    pub(crate) deleted: bool,
}

/// A change of the counts: what begins to count has sign 1, what it replaces -1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CountChange {
    pub(crate) counted: Counted,
    pub(crate) sign: i8,
}

/// A mention that was deleted at its source, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Deletion<'a> {
    pub(crate) key: &'a MentionKey,
    pub(crate) at: i64,
}

/// Everything that a batch changes.
#[derive(Debug, Default)]
pub(crate) struct Plan<'a> {
    /// The versions that the store does not know yet, each once.
    pub(crate) versions: Vec<NewVersion<'a>>,
    /// How the counts change by them.
    pub(crate) changes: Vec<CountChange>,
    /// Mentions of which older versions are stored that must lose what is personal.
    pub(crate) deletions: Vec<Deletion<'a>>,
}

impl<'a> Plan<'a> {
    /// Compares a batch with what the store knows of its mentions. A batch that was stored before gives an empty plan.
    pub(crate) fn new(
        batch: impl Iterator<Item = &'a TaggedMention>,
        known: &HashMap<MentionKey, Known>,
    ) -> Self {
        let mut by_key: HashMap<&'a MentionKey, Vec<&'a TaggedMention>> = HashMap::new();
        let mut order: Vec<&'a MentionKey> = Vec::new();
        for tagged in batch {
            let key = &tagged.mention.key;
            let versions = by_key.entry(key).or_default();
            if versions.is_empty() {
                order.push(key);
            }
            versions.push(tagged);
        }
        let mut plan = Self::default();
        let unknown = Known::default();
        for key in order {
            let versions = by_key.remove(key).unwrap_or_default();
            plan.add(key, versions, known.get(key).unwrap_or(&unknown));
        }
        plan
    }

    /// One mention: its versions of the batch, and what the store knows.
    fn add(&mut self, key: &'a MentionKey, mut versions: Vec<&'a TaggedMention>, known: &Known) {
        let version_at = |tagged: &TaggedMention| micros(tagged.mention.version_at);
        let mut seen = HashSet::new();
        versions.retain(|tagged| {
            let at = version_at(tagged);
            !known.versions.contains(&at) && seen.insert(at)
        });
        let deletions = versions.iter().filter(|tagged| tagged.mention.change == Change::Deleted);
        let deleted_now = deletions.map(|tagged| version_at(tagged)).max();
        let deleted_at = deleted_now.max(known.deleted_at);
        if let Some(at) = deleted_now
            && !known.versions.is_empty()
        {
            self.deletions.push(Deletion { key, at });
        }
        let newest = versions.iter().copied().max_by_key(|tagged| version_at(tagged));
        if let Some(newest) = newest
            && (known.versions.is_empty() || version_at(newest) > known.newest_at)
        {
            let (before, after) = (&known.counted, Counted::of(newest));
            if *before != after {
                self.changes.extend(before.clone().map(|counted| CountChange { counted, sign: -1 }));
                self.changes.extend(after.map(|counted| CountChange { counted, sign: 1 }));
            }
        }
        let is_deleted = |tagged: &TaggedMention| deleted_at.is_some_and(|at| version_at(tagged) <= at);
        self.versions
            .extend(versions.into_iter().map(|tagged| NewVersion { tagged, deleted: is_deleted(tagged) }));
    }

    /// The hours whose counts change.
    pub(crate) fn hours(&self) -> Vec<u32> {
        let hours: BTreeSet<u32> = self.changes.iter().map(|change| change.counted.hour()).collect();
        hours.into_iter().collect()
    }

    /// Whether the store has it all already.
    pub(crate) fn is_empty(&self) -> bool {
        self.versions.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use domain::{Emotion, Tag};
    use proptest::{collection::vec, prelude::*};

    use super::*;

    /// The store, in a few lines: what the writer does with plans, without ClickHouse.
    #[derive(Default)]
    struct Model {
        versions: HashMap<MentionKey, HashMap<i64, (TaggedMention, bool)>>,
        counts: HashMap<Counted, i64>,
    }

    impl Model {
        fn known(&self) -> HashMap<MentionKey, Known> {
            let known = self.versions.iter().map(|(key, versions)| {
                let newest_at = *versions.keys().max().unwrap();
                let deleted = versions.iter().filter(|(_, (v, _))| v.mention.change == Change::Deleted);
                let known = Known {
                    versions: versions.keys().copied().collect(),
                    newest_at,
                    deleted_at: deleted.map(|(at, _)| *at).max(),
                    counted: Counted::of(&versions[&newest_at].0),
                };
                (key.clone(), known)
            });
            known.collect()
        }

        fn apply(&mut self, batch: &[TaggedMention]) -> bool {
            let known = self.known();
            let plan = Plan::new(batch.iter(), &known);
            for deletion in &plan.deletions {
                for (at, (_, deleted)) in self.versions.get_mut(deletion.key).unwrap() {
                    *deleted |= *at <= deletion.at;
                }
            }
            for version in &plan.versions {
                let of_key = self.versions.entry(version.tagged.mention.key.clone()).or_default();
                let at = micros(version.tagged.mention.version_at);
                assert!(
                    of_key.insert(at, (version.tagged.clone(), version.deleted)).is_none(),
                    "stored twice"
                );
            }
            for change in &plan.changes {
                let count = self.counts.entry(change.counted.clone()).or_default();
                *count += i64::from(change.sign);
            }
            self.counts.retain(|_, count| *count != 0);
            plan.is_empty()
        }
    }

    /// A version of one of a few mentions, such that collisions of all kinds happen.
    fn version() -> impl Strategy<Value = TaggedMention> {
        (0_u64..4, 0_i64..6, 0_u8..4, 0_i64..3, any::<bool>()).prop_map(|(id, at, change, moved, angry)| {
            let held = if angry { vec![Tag::Emotion(Emotion::Anger)] } else { vec![] };
            let mut tagged = testkit::tagged(id, "text", &held);
            tagged.mention.version_at = testkit::at(at);
            tagged.mention.published_at = testkit::at(0) + TimeDelta::hours(moved);
            tagged.mention.change =
                [Change::Posted, Change::Edited, Change::EngagementUpdated, Change::Deleted]
                    [usize::from(change)];
            tagged
        })
    }

    proptest! {
        #[test]
        fn counts_are_those_of_the_newest_versions_however_they_arrive(
            mut log in vec(version(), 1..40),
            cuts in vec(0_usize..40, 0..6),
            again in vec(0_usize..40, 0..6),
        ) {
            // The same version has the same content wherever it is read again.
            let mut first_seen = HashMap::new();
            for tagged in &mut log {
                let id = (tagged.mention.key.clone(), micros(tagged.mention.version_at));
                *tagged = first_seen.entry(id).or_insert_with(|| tagged.clone()).clone();
            }
            let mut model = Model::default();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut % (log.len() + 1)).collect();
            cuts.extend([0, log.len()]);
            cuts.sort_unstable();
            for ends in cuts.windows(2) {
                model.apply(&log[ends[0]..ends[1]]);
            }
            for start in again {
                let redelivered = &log[start % log.len()..];
                prop_assert!(model.apply(redelivered), "a batch that was stored before changes nothing");
            }

            let mut expected: HashMap<Counted, i64> = HashMap::new();
            for versions in model.versions.values() {
                let newest = &versions[versions.keys().max().unwrap()].0;
                if let Some(counted) = Counted::of(newest) {
                    *expected.entry(counted).or_default() += 1;
                }
                let deletions = versions.iter().filter(|(_, (v, _))| v.mention.change == Change::Deleted);
                let deleted_at = deletions.map(|(at, _)| *at).max();
                for (at, (_, deleted)) in versions {
                    prop_assert_eq!(*deleted, deleted_at.is_some_and(|last| *at <= last));
                }
            }
            prop_assert_eq!(model.counts, expected);
            prop_assert_eq!(model.versions.values().map(HashMap::len).sum::<usize>(), first_seen.len());
        }
    }

    #[test]
    fn an_edit_takes_the_old_version_out_of_the_counts() {
        let first = testkit::tagged(1, "text", &[]);
        let mut edited = testkit::tagged(1, "other text", &[Tag::Emotion(Emotion::Anger)]);
        edited.mention.version_at = testkit::at(100);
        edited.mention.change = Change::Edited;
        let known = Known {
            versions: HashSet::from([micros(first.mention.version_at)]),
            newest_at: micros(first.mention.version_at),
            deleted_at: None,
            counted: Counted::of(&first),
        };
        let plan_known = HashMap::from([(first.mention.key.clone(), known)]);
        let plan = Plan::new([&edited].into_iter(), &plan_known);
        let expected = [
            CountChange { counted: Counted::of(&first).unwrap(), sign: -1 },
            CountChange { counted: Counted::of(&edited).unwrap(), sign: 1 },
        ];
        assert_eq!(plan.changes, expected);
        assert_eq!(plan.hours().len(), 1);
    }
}
