//! One pass over all hits: how many there are, what they are about, and the newest behind a cursor.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
};

use tantivy::{
    DocAddress, DocId, Score, SegmentOrdinal, SegmentReader,
    collector::{Collector, SegmentCollector},
    columnar::{Column, ColumnValues, StrColumn},
};

use crate::{Facets, SearchError, schema::names};

/// The fields that are counted, in the order of [`Facets`].
const COUNTED: [&str; 6] =
    [names::BRAND, names::SOURCE, names::LANGUAGE, names::EMOTION, names::CAUSE, names::KIND];

/// A mention's place in the order of pages: newer ones are greater. The hash of the key tells those of the same moment apart, so
/// that the order is the same whatever else is indexed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    published_at: i64,
    key_hash: u64,
}

impl Place {
    /// As the cursor of a page.
    pub(crate) fn to_cursor(self) -> String {
        format!("{:016x}{:016x}", self.published_at, self.key_hash)
    }

    pub(crate) fn from_cursor(cursor: &str) -> Result<Place, SearchError> {
        let is_hexadecimal = cursor.len() == 32 && cursor.bytes().all(|byte| byte.is_ascii_hexdigit());
        let number = |digits: &str| u64::from_str_radix(digits, 16).map_err(|_| SearchError::BadCursor);
        if !is_hexadecimal {
            return Err(SearchError::BadCursor);
        }
        Ok(Place { published_at: number(&cursor[..16])?.cast_signed(), key_hash: number(&cursor[16..])? })
    }
}

/// Finds the newest hits behind a place.
pub(crate) struct NewestFirst {
    /// One more than a page, to know whether there is a next one.
    pub(crate) limit: usize,
    pub(crate) behind: Option<Place>,
    pub(crate) with_facets: bool,
}

/// What was found.
#[derive(Default)]
pub(crate) struct Found {
    pub(crate) total: usize,
    /// Newest first.
    pub(crate) newest: Vec<(Place, DocAddress)>,
    pub(crate) facets: Facets,
}

impl Collector for NewestFirst {
    type Fruit = Found;
    type Child = SegmentFound;

    fn for_segment(&self, ordinal: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<SegmentFound> {
        let columns = reader.fast_fields();
        let mut counts = Vec::new();
        if self.with_facets {
            for name in COUNTED {
                counts.push(columns.str(name)?.map(|values| {
                    let counted = vec![0; values.num_terms()];
                    (values, counted)
                }));
            }
        }
        Ok(SegmentFound {
            ordinal,
            published_at: columns.i64(names::PUBLISHED_AT)?,
            key_hash: columns.column_first_or_default(names::KEY_HASH)?,
            limit: self.limit,
            behind: self.behind,
            total: 0,
            newest: BinaryHeap::with_capacity(self.limit.min(1_024) + 1),
            counts,
        })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<tantivy::Result<SegmentResult>>) -> tantivy::Result<Found> {
        let mut found = Found::default();
        let mut totals: [HashMap<String, usize>; 6] = Default::default();
        for segment in segments {
            let segment = segment?;
            found.total += segment.total;
            found.newest.extend(segment.newest);
            for (total, counts) in totals.iter_mut().zip(segment.counts) {
                for (value, count) in counts {
                    *total.entry(value).or_default() += count;
                }
            }
        }
        found.newest.sort_unstable_by_key(|(place, _)| Reverse(*place));
        found.newest.truncate(self.limit);
        let [brand, source, language, emotion, cause, kind] = totals.map(most_first);
        found.facets = Facets { brand, source, language, emotion, cause, kind };
        Ok(found)
    }
}

fn most_first(counts: HashMap<String, usize>) -> Vec<(String, usize)> {
    let mut sorted: Vec<(String, usize)> = counts.into_iter().collect();
    sorted.sort_unstable_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    sorted
}

/// The hits of one segment of the index.
pub(crate) struct SegmentFound {
    ordinal: SegmentOrdinal,
    published_at: Column<i64>,
    key_hash: Arc<dyn ColumnValues<u64>>,
    limit: usize,
    behind: Option<Place>,
    total: usize,
    /// The oldest of the newest on top, to be replaced.
    newest: BinaryHeap<Reverse<(Place, DocId)>>,
    /// For each counted field its values by number, and how often each was met; none where the segment has no value.
    counts: Vec<Option<(StrColumn, Vec<usize>)>>,
}

pub(crate) struct SegmentResult {
    total: usize,
    newest: Vec<(Place, DocAddress)>,
    counts: Vec<Vec<(String, usize)>>,
}

impl SegmentCollector for SegmentFound {
    type Fruit = tantivy::Result<SegmentResult>;

    fn collect(&mut self, doc: DocId, _score: Score) {
        self.total += 1;
        for (values, counted) in self.counts.iter_mut().flatten() {
            for number in values.term_ords(doc) {
                // No mention has a value twice: brands and tags are sets.
                if let Some(count) = usize::try_from(number).ok().and_then(|number| counted.get_mut(number)) {
                    *count += 1;
                }
            }
        }
        let published_at = self.published_at.first(doc).unwrap_or_default();
        let place = Place { published_at, key_hash: self.key_hash.get_val(doc) };
        if self.behind.is_some_and(|behind| place >= behind) {
            return;
        }
        if self.newest.len() < self.limit {
            self.newest.push(Reverse((place, doc)));
        } else if let Some(mut oldest) = self.newest.peek_mut()
            && place > oldest.0.0
        {
            *oldest = Reverse((place, doc));
        }
    }

    fn harvest(self) -> tantivy::Result<SegmentResult> {
        let mut counts = Vec::with_capacity(self.counts.len());
        for column in self.counts {
            let mut named = Vec::new();
            if let Some((values, counted)) = column {
                for (number, count) in (0..).zip(counted) {
                    let mut value = String::new();
                    if count > 0 && values.ord_to_str(number, &mut value)? {
                        named.push((value, count));
                    }
                }
            }
            counts.push(named);
        }
        let address = |doc| DocAddress::new(self.ordinal, doc);
        let newest = self.newest.into_iter().map(|Reverse((place, doc))| (place, address(doc))).collect();
        Ok(SegmentResult { total: self.total, newest, counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_read_back() {
        for place in
            [Place { published_at: -5, key_hash: u64::MAX }, Place { published_at: i64::MAX, key_hash: 0 }]
        {
            assert_eq!(Place::from_cursor(&place.to_cursor()).unwrap(), place);
        }
        for bad in ["", "x", "éééééééééééééééé", &"+".repeat(32), &"0".repeat(33)] {
            assert!(matches!(Place::from_cursor(bad), Err(SearchError::BadCursor)), "{bad}");
        }
    }
}
