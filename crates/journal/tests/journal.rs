//! The journal's invariants, on real files.
#![allow(clippy::unwrap_used)]

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use domain::{LiveEvent, Mention, TaggedMention};
use proptest::prelude::*;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;
use vigie_journal::{
    Entry, Journal, JournalError, JournalOptions, Log, ReaderError, ReaderStatus, SqliteJournal,
    TaggedReader, follow,
};

fn mention(id: u64) -> Mention {
    testkit::mention(id, &format!("texte {id}"))
}

fn tagged(id: u64) -> TaggedMention {
    testkit::tagged(id, &format!("texte {id}"), &[])
}

fn open(folder: &TempDir, max_bytes: u64) -> SqliteJournal {
    SqliteJournal::open(&folder.path().join("journal.db"), JournalOptions { max_bytes, keep_tagged: 0 })
        .unwrap()
}

fn ids(entries: &[Entry<TaggedMention>]) -> Vec<String> {
    entries.iter().map(|entry| entry.record.mention.key.external_id.clone()).collect()
}

#[tokio::test]
async fn a_batch_and_its_cursor_survive_a_restart_together() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, u64::MAX);
    assert_eq!(
        journal.append_collected(&[mention(1), mention(2)], Some(("rss:a", "page-2"))).await.unwrap(),
        2
    );
    drop(journal);
    let journal = open(&folder, u64::MAX);
    assert_eq!(journal.cursor("rss:a").await.unwrap().as_deref(), Some("page-2"));
    assert_eq!(journal.last_offset(Log::Collected).await.unwrap(), 2);
    let entries = journal.read_collected(1, 10).await.unwrap();
    assert_eq!(entries, [Entry { offset: 2, record: mention(2) }]);
}

#[tokio::test]
async fn tagging_advances_the_classifier_with_its_output() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, u64::MAX);
    journal.append_collected(&[mention(1), mention(2)], None).await.unwrap();
    journal.append_tagged(&[tagged(1)], 1).await.unwrap();
    assert_eq!(journal.reader_offset(Log::Collected, vigie_journal::CLASSIFIER).await.unwrap(), 1);
    assert_eq!(ids(&journal.read_tagged(0, 10).await.unwrap()), ["1"]);
}

#[tokio::test]
async fn offsets_never_go_back_unless_rewound() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, u64::MAX);
    journal.advance(Log::Tagged, "search", 7).await.unwrap();
    journal.advance(Log::Tagged, "search", 3).await.unwrap();
    assert_eq!(journal.reader_offset(Log::Tagged, "search").await.unwrap(), 7);
    journal.rewind(Log::Tagged, "search", 3).await.unwrap();
    assert_eq!(journal.reader_offset(Log::Tagged, "search").await.unwrap(), 3);
}

#[tokio::test]
async fn trim_keeps_what_a_registered_reader_still_needs_and_never_gives_an_offset_twice() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, u64::MAX);
    for id in 1..=4 {
        journal.append_tagged(&[tagged(id)], 0).await.unwrap();
    }
    journal.advance(Log::Tagged, "alerting", 4).await.unwrap();
    journal.advance(Log::Tagged, "analytics", 3).await.unwrap();
    assert_eq!(journal.trim().await.unwrap(), 3);
    assert_eq!(ids(&journal.read_tagged(0, 10).await.unwrap()), ["4"]);
    journal.advance(Log::Tagged, "analytics", 4).await.unwrap();
    assert_eq!(journal.trim().await.unwrap(), 1);
    drop(journal);
    let journal = open(&folder, u64::MAX);
    assert_eq!(journal.append_tagged(&[tagged(5)], 0).await.unwrap(), 5);
}

#[tokio::test]
async fn the_newest_tagged_mentions_are_kept_while_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    for (max_bytes, kept) in [(u64::MAX, 2), (1, 0)] {
        let path = folder.path().join(format!("{kept}.db"));
        let journal = SqliteJournal::open(&path, JournalOptions { max_bytes, keep_tagged: 2 }).unwrap();
        journal.append_tagged(&[tagged(1), tagged(2), tagged(3)], 0).await.unwrap();
        journal.reader_offset(Log::Tagged, "alerting").await.unwrap();
        journal.advance(Log::Tagged, "alerting", 3).await.unwrap();
        journal.trim().await.unwrap();
        assert_eq!(journal.read_tagged(0, 10).await.unwrap().len(), kept);
    }
}

#[tokio::test]
async fn a_full_journal_refuses_collectors_until_it_is_trimmed() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(&folder, 200_000));
    let mut big = mention(1);
    big.text = "x".repeat(200_000);
    journal.append_collected(&[big], None).await.unwrap();
    assert!(!journal.has_room().await);
    let refused = journal.append_collected(&[mention(2)], Some(("rss:a", "next"))).await;
    assert!(matches!(refused, Err(JournalError::Full { .. })));
    assert_eq!(journal.cursor("rss:a").await.unwrap(), None);
    let waiting = tokio::spawn({
        let journal = journal.clone();
        async move { journal.wait_for_room().await }
    });
    // The classifier is let through, so that it can make room.
    journal.append_tagged(&[tagged(1)], 1).await.unwrap();
    journal.trim().await.unwrap();
    waiting.await.unwrap();
    journal.append_collected(&[mention(2)], Some(("rss:a", "next"))).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_another_process_appended_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let (server, importer) = (open(&folder, u64::MAX), open(&folder, u64::MAX));
    importer.append_collected(&[mention(1)], None).await.unwrap();
    server.wait_beyond(Log::Collected, 0).await.unwrap();
    assert_eq!(server.last_offset(Log::Collected).await.unwrap(), 1);
}

#[tokio::test]
async fn an_entry_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let journal = open(&folder, u64::MAX);
    journal.append_collected(&[mention(1)], None).await.unwrap();
    let raw = state::rusqlite::Connection::open(folder.path().join("journal.db")).unwrap();
    raw.execute("UPDATE collected SET record = x'7b'", []).unwrap();
    let error = journal.read_collected(0, 1).await.unwrap_err();
    assert!(error.to_string().contains("entry 1 of the collected log"), "{error}");
}

/// Fails on its first tries, and keeps what it was given.
struct Flaky {
    failures: usize,
    seen: Arc<Mutex<Vec<String>>>,
    stored: Option<u64>,
}

#[async_trait]
impl TaggedReader for Flaky {
    fn name(&self) -> &'static str {
        "flaky"
    }

    async fn stored_offset(&mut self) -> Option<u64> {
        self.stored
    }

    async fn apply(&mut self, batch: &[Entry<TaggedMention>]) -> Result<Vec<LiveEvent>, ReaderError> {
        if self.failures > 0 {
            self.failures -= 1;
            return Err("the store is down".into());
        }
        self.seen.lock().unwrap().extend(ids(batch));
        Ok(batch.iter().map(|entry| LiveEvent::Mention(Box::new(entry.record.clone()))).collect())
    }
}

/// Follows until `expected` events came.
async fn follow_until(journal: &Arc<SqliteJournal>, reader: Flaky, expected: usize) -> Arc<ReaderStatus> {
    let status = Arc::new(ReaderStatus::default());
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    let count = Mutex::new(0);
    let on_events = move |events: Vec<LiveEvent>| {
        let mut count = count.lock().unwrap();
        *count += events.len();
        if *count >= expected {
            stop.cancel();
        }
    };
    follow(journal.clone(), Box::new(reader), 2, on_events, status.clone(), shutdown).await.unwrap();
    status
}

#[tokio::test(start_paused = true)]
async fn a_failing_reader_tries_the_same_batch_again_and_skips_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(&folder, u64::MAX));
    journal.append_tagged(&[tagged(1), tagged(2), tagged(3)], 0).await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let status = follow_until(&journal, Flaky { failures: 3, seen: seen.clone(), stored: None }, 3).await;
    assert_eq!(*seen.lock().unwrap(), ["1", "2", "3"]);
    assert_eq!((status.offset(), status.applied(), status.error()), (3, 3, None));
    assert_eq!(journal.reader_offset(Log::Tagged, "flaky").await.unwrap(), 3);
}

#[tokio::test]
async fn a_store_that_lost_its_tail_is_filled_again() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(open(&folder, u64::MAX));
    journal.append_tagged(&[tagged(1), tagged(2), tagged(3)], 0).await.unwrap();
    journal.advance(Log::Tagged, "flaky", 3).await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    follow_until(&journal, Flaky { failures: 0, seen: seen.clone(), stored: Some(1) }, 2).await;
    assert_eq!(*seen.lock().unwrap(), ["2", "3"]);
}

#[derive(Debug, Clone)]
enum Step {
    Append(u8),
    Read { reader: u8, max: u8 },
    Trim,
    Restart,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (1..5u8).prop_map(Step::Append),
        (0..3u8, 1..6u8).prop_map(|(reader, max)| Step::Read { reader, max }),
        Just(Step::Trim),
        Just(Step::Restart),
    ];
    proptest::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever the order of appends, reads, trims and restarts, each reader gets every mention once, in order.
    #[test]
    fn every_reader_gets_everything_once_in_order(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let mut journal = open(&folder, u64::MAX);
            let names = ["a", "b", "c"];
            for name in names {
                journal.reader_offset(Log::Tagged, name).await.unwrap();
            }
            let mut appended = 0;
            let mut read: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
            for step in steps {
                match step {
                    Step::Append(count) => {
                        let batch: Vec<_> = (appended + 1..=appended + u64::from(count)).map(tagged).collect();
                        appended += u64::from(count);
                        journal.append_tagged(&batch, 0).await.unwrap();
                    }
                    Step::Read { reader, max } => {
                        let name = names[usize::from(reader)];
                        let offset = journal.reader_offset(Log::Tagged, name).await.unwrap();
                        let batch = journal.read_tagged(offset, usize::from(max)).await.unwrap();
                        if let Some(last) = batch.last() {
                            journal.advance(Log::Tagged, name, last.offset).await.unwrap();
                        }
                        read.entry(name).or_default().extend(batch.iter().map(|entry| entry.offset));
                    }
                    Step::Trim => { journal.trim().await.unwrap(); }
                    Step::Restart => { drop(journal); journal = open(&folder, u64::MAX); }
                }
            }
            for offsets in read.values() {
                assert_eq!(*offsets, (1..=offsets.len() as u64).collect::<Vec<_>>());
            }
            let stats = journal.stats().await.unwrap();
            for reader in &stats.logs[1].readers {
                let seen = read.get(reader.reader.as_str()).map_or(0, Vec::len) as u64;
                assert_eq!(reader.lag, appended - seen);
            }
        });
    }
}
