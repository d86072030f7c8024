//! Brings mentions into the index.

use std::collections::HashMap;

use domain::{Change, LiveEvent, MentionKey, TaggedMention};
use journal::Entry;
use query::analysis::ANALYSIS_VERSION;
use serde::{Deserialize, Serialize};
use tantivy::{
    DocSet, Index, IndexWriter, Searcher, TERMINATED, indexer::IndexWriterOptions, schema::IndexRecordOption,
};

use crate::{
    SearchError,
    schema::{Fields, names},
};

/// What a thread collects before it writes a part of the index.
const MEMORY_BYTES: usize = 64 * 1024 * 1024;

/// What each commit says of itself. The offset is committed with the mentions, so that it is never ahead of them.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(crate) struct CommitNote {
    /// The last offset of the journal that is indexed.
    pub(crate) offset: u64,
    /// The analysis of the text.
    pub(crate) analysis: u32,
}

impl CommitNote {
    /// The note of the last commit; none in a new index.
    pub(crate) fn read(index: &Index) -> Result<Option<CommitNote>, SearchError> {
        let payload = index.load_metas()?.payload;
        Ok(payload.and_then(|payload| serde_json::from_str(&payload).ok()))
    }
}

pub(crate) fn open_writer(index: &Index) -> tantivy::Result<IndexWriter> {
    // One thread each: indexing is a fraction of what tagging costs, and the machine may be small.
    let options = IndexWriterOptions::builder()
        .num_worker_threads(1)
        .num_merge_threads(1)
        .memory_budget_per_thread(MEMORY_BYTES)
        .build();
    index.writer_with_options(options)
}

/// Indexes a batch and commits it. Returns what the pages should hear of: texts that are new or changed.
pub(crate) fn apply(
    writer: &mut IndexWriter,
    searcher: &Searcher,
    fields: &Fields,
    batch: &[Entry<TaggedMention>],
) -> Result<Vec<LiveEvent>, SearchError> {
    let Some(last) = batch.last() else { return Ok(Vec::new()) };
    let mut events = Vec::new();
    for tagged in newest_versions(batch) {
        let mention = &tagged.mention;
        let indexed = indexed_version(searcher, fields, &mention.key)?;
        let version = mention.version_at.timestamp_micros();
        if indexed.is_some_and(|indexed| indexed > version) {
            continue;
        }
        writer.delete_term(fields.key_term(&mention.key));
        if let Err(error) = writer.add_document(fields.document(tagged)?) {
            // A worker that failed leaves only word of its end; joining it, as a commit does, says why.
            return Err(writer.prepare_commit().err().unwrap_or(error).into());
        }
        let is_news = indexed != Some(version) && matches!(mention.change, Change::Posted | Change::Edited);
        if is_news {
            events.push(LiveEvent::Mention(Box::new(tagged.clone())));
        }
    }
    let note = CommitNote { offset: last.offset, analysis: ANALYSIS_VERSION };
    let mut commit = writer.prepare_commit()?;
    commit.set_payload(&serde_json::to_string(&note).map_err(SearchError::Encode)?);
    commit.commit()?;
    Ok(events)
}

/// The newest version of each mention of a batch, in the order of the batch.
fn newest_versions(batch: &[Entry<TaggedMention>]) -> impl Iterator<Item = &TaggedMention> {
    let mut newest: HashMap<&MentionKey, usize> = HashMap::with_capacity(batch.len());
    for (index, entry) in batch.iter().enumerate() {
        let mention = &entry.record.mention;
        let known = newest.entry(&mention.key).or_insert(index);
        if batch[*known].record.mention.version_at <= mention.version_at {
            *known = index;
        }
    }
    let mut kept: Vec<usize> = newest.into_values().collect();
    kept.sort_unstable();
    kept.into_iter().map(|index| &batch[index].record)
}

/// Which version of a mention is indexed.
fn indexed_version(
    searcher: &Searcher,
    fields: &Fields,
    key: &MentionKey,
) -> Result<Option<i64>, SearchError> {
    let term = fields.key_term(key);
    for segment in searcher.segment_readers() {
        let postings = segment.inverted_index(fields.key)?.read_postings(&term, IndexRecordOption::Basic)?;
        let Some(mut postings) = postings else { continue };
        let mut doc = postings.doc();
        while doc != TERMINATED {
            if segment.alive_bitset().is_none_or(|alive| alive.is_alive(doc)) {
                return Ok(segment.fast_fields().i64(names::VERSION_AT)?.first(doc));
            }
            doc = postings.advance();
        }
    }
    Ok(None)
}
