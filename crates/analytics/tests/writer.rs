//! What arrives in the tables, whatever happens on the way.

mod support;

use std::{sync::Arc, time::Duration};

use domain::{Change, TaggedMention};
use journal::{Journal, JournalOptions, Log, ReaderStatus, SqliteJournal, TaggedReader, follow};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use support::{TestEngine, apply, entries, eventually, start};
use tokio_util::sync::CancellationToken;
use vigie_analytics::{Analytics, Totals, TrendFilter};

const DUPLICATES: &str = "SELECT count() FROM (SELECT 1 FROM mentions GROUP BY source, external_id, version_at HAVING count() > 1)";
const VERSIONS: &str = "SELECT count() FROM mentions";
const PERSONAL: &str =
    "SELECT text FROM mentions WHERE text != '' OR title != '' OR author != '' OR url != ''";

fn everything() -> TrendFilter {
    let day = Duration::from_secs(86_400);
    let (from, to) = (testkit::at(0) - day, testkit::at(0) + day);
    TrendFilter { brands: vec![], from, to, source: None, language: None }
}

async fn totals(analytics: &Analytics) -> Totals {
    analytics.totals(&everything()).await.expect("totals")
}

fn angry(id: u64) -> TaggedMention {
    testkit::tagged(id, "Colis perdu, toujours rien", &testkit::angry_delivery_complaint())
}

fn later(tagged: &TaggedMention, seconds: i64, change: Change) -> TaggedMention {
    let mut later = tagged.clone();
    later.mention.version_at = testkit::at(seconds);
    later.mention.change = change;
    if change == Change::Deleted {
        later.mention.text = String::new();
        later.tags = testkit::tags(&[]);
    }
    later
}

async fn assert_sound(test: &TestEngine) {
    assert_eq!(test.ask::<u64>(DUPLICATES).await, [0], "a version is stored twice");
    assert_eq!(test.miscounted().await, 0, "counts differ from the mentions");
}

#[tokio::test]
async fn what_is_read_again_changes_nothing() {
    let test = start().await;
    let analytics = test.analytics().await;
    let mut reader = analytics.reader();
    assert_eq!(reader.stored_offset().await, Some(0), "an empty store is filled from the beginning");
    let mentions: Vec<TaggedMention> = (1..=40).map(angry).collect();
    apply(&mut reader, mentions[..30].to_vec()).await;
    let mut twice_in_one = mentions[10..].to_vec();
    twice_in_one.extend_from_slice(&mentions[35..]);
    apply(&mut reader, twice_in_one).await;
    // Another reader, as after a restart, that also counts the last batch again.
    let mut restarted = test.analytics().await.reader();
    assert_eq!(restarted.stored_offset().await, None, "the journal knows how far it came");
    apply(&mut restarted, mentions).await;
    let expected = Totals { mentions: 40, complaints: 40, emotional: 40, reach: 4000 };
    assert_eq!(totals(&analytics).await, expected);
    assert_eq!(analytics.count().await.unwrap(), 40);
    assert_sound(&test).await;
}

#[tokio::test]
async fn edits_and_engagement_move_the_counts() {
    let test = start().await;
    let analytics = test.analytics().await;
    let mut reader = analytics.reader();
    let first = angry(1);
    let mut edited = later(&first, 4000, Change::Edited);
    edited.tags = testkit::tags(&[]);
    let mut spread = later(&edited, 5000, Change::EngagementUpdated);
    spread.mention.reach = 7000;
    apply(&mut reader, vec![first.clone()]).await;
    assert_eq!(totals(&analytics).await, Totals { mentions: 1, complaints: 1, emotional: 1, reach: 100 });
    apply(&mut reader, vec![spread.clone()]).await;
    let expected = Totals { mentions: 1, complaints: 0, emotional: 0, reach: 7000 };
    assert_eq!(totals(&analytics).await, expected);
    // The edit between the two arrives last: it is kept, but the newest version counts.
    apply(&mut reader, vec![edited]).await;
    assert_eq!(totals(&analytics).await, expected);
    assert_eq!(test.ask::<u64>(VERSIONS).await, [3]);
    // Later found to be published in another hour.
    let mut moved = later(&spread, 6000, Change::Edited);
    moved.mention.published_at = testkit::at(-9000);
    apply(&mut reader, vec![moved]).await;
    assert_eq!(totals(&analytics).await, expected);
    assert_sound(&test).await;
}

#[tokio::test]
async fn what_was_deleted_at_its_source_is_neither_counted_nor_kept() {
    let test = start().await;
    let analytics = test.analytics().await;
    let mut reader = analytics.reader();
    let mut first = angry(1);
    first.mention.title = Some("titre".to_owned());
    let edited = later(&first, 200, Change::Edited);
    let deleted = later(&first, 300, Change::Deleted);
    apply(&mut reader, vec![first.clone(), edited.clone(), testkit::tagged(2, "kept", &[])]).await;
    apply(&mut reader, vec![deleted.clone()]).await;
    assert_eq!(totals(&analytics).await, Totals { mentions: 1, complaints: 0, emotional: 0, reach: 100 });
    assert_eq!(analytics.count().await.unwrap(), 1);
    eventually("the text is gone", || async { test.ask::<String>(PERSONAL).await == ["kept"] }).await;
    assert_eq!(test.ask::<u64>(VERSIONS).await, [4], "that there was something is still known");

    // An older version that arrives late does not bring the text back, read again or not.
    let late = later(&first, 100, Change::Edited);
    apply(&mut reader, vec![late, first, deleted]).await;
    assert_eq!(test.ask::<String>(PERSONAL).await, ["kept"]);
    assert_eq!(analytics.count().await.unwrap(), 1);
    // Published once more by its author, it counts again.
    let mut again = later(&edited, 400, Change::Posted);
    again.mention.text = "again".to_owned();
    apply(&mut reader, vec![again]).await;
    assert_eq!(totals(&analytics).await.complaints, 1);
    let mut kept = test.ask::<String>(PERSONAL).await;
    kept.sort();
    assert_eq!(kept, ["again", "kept"]);
    assert_sound(&test).await;
}

#[tokio::test]
async fn a_batch_that_was_interrupted_anywhere_is_put_right() {
    let test = start().await;
    let analytics = test.analytics().await;
    let before: Vec<TaggedMention> = (1..=10).map(angry).collect();
    let mut reader = analytics.reader();
    apply(&mut reader, before.clone()).await;
    let batch: Vec<TaggedMention> = (5..=15).map(|id| later(&angry(id), 9000, Change::Edited)).collect();
    apply(&mut reader, batch.clone()).await;
    let expected = totals(&analytics).await;
    let client = test.client("vigie", &test.password()).with_database("vigie");
    let interrupted = [
        // Ended before the counts were written,
        "TRUNCATE TABLE mention_hours",
        // or after they were written twice, for want of an answer,
        "INSERT INTO mention_hours SELECT * FROM mention_hours",
        // or before all versions were stored.
        "DELETE FROM mentions WHERE toUInt8(external_id) > 12",
    ];
    for damage in interrupted {
        client.query_raw(damage).execute().await.unwrap();
        apply(&mut test.analytics().await.reader(), batch.clone()).await;
        assert_eq!(totals(&analytics).await, expected, "{damage}");
        assert_sound(&test).await;
    }
}

#[tokio::test]
async fn strange_texts_and_full_batches_are_taken() {
    let test = start().await;
    let analytics = test.analytics().await;
    let mut reader = analytics.reader();
    let strange = ["'", "\\", "?", "??fields", "\0", "é😡", "{x:String}", "a,b')--", ""];
    let mentions: Vec<TaggedMention> = (0..10_000)
        .map(|number: u64| {
            let mut tagged = angry(number % 1000);
            let part = strange[usize::try_from(number).unwrap() % strange.len()];
            tagged.mention.key.external_id = format!("{part}{number}{part}");
            tagged.mention.text = format!("{part} text");
            tagged
        })
        .collect();
    apply(&mut reader, mentions.clone()).await;
    let deleted: Vec<TaggedMention> =
        mentions.iter().take(1_100).map(|tagged| later(tagged, 9999, Change::Deleted)).collect();
    apply(&mut reader, deleted).await;
    apply(&mut reader, mentions).await;
    assert_eq!(analytics.count().await.unwrap(), 8_900);
    eventually("the texts are gone", || async {
        test.ask::<u64>("SELECT count() FROM mentions WHERE text != ''").await == [8_900]
    })
    .await;
    assert_sound(&test).await;
}

/// Sources that publish, edit and delete while the engine is killed again and again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_killed_under_load_loses_and_doubles_nothing() {
    const ROUNDS: u64 = 40;
    const PER_ROUND: u64 = 100;
    let test = start().await;
    let analytics = test.analytics().await;
    let folder = tempfile::tempdir().unwrap();
    let journal = SqliteJournal::open(&folder.path().join("journal.db"), JournalOptions::default()).unwrap();
    let journal: Arc<dyn Journal> = Arc::new(journal);
    let (status, shutdown) = (Arc::<ReaderStatus>::default(), CancellationToken::new());
    let following = tokio::spawn(follow(
        journal.clone(),
        Box::new(analytics.reader()),
        150,
        |_| {},
        status.clone(),
        shutdown.clone(),
    ));

    let mut last = 0;
    for round in 0..ROUNDS {
        let first = round * PER_ROUND;
        let mut mentions: Vec<TaggedMention> = (first..first + PER_ROUND).map(angry).collect();
        // Of each round, a tenth changes and a tenth disappears in the next one.
        if let Some(earlier) = first.checked_sub(PER_ROUND) {
            let at = 100_000 + i64::try_from(round).unwrap();
            mentions.extend((earlier..earlier + 10).map(|id| later(&angry(id), at, Change::Edited)));
            mentions.extend((earlier + 10..earlier + 20).map(|id| later(&angry(id), at, Change::Deleted)));
        }
        last = journal.append_tagged(&mentions, round + 1).await.unwrap();
    }
    for _ in 0..3 {
        // As soon as one batch went through, the next one is being written.
        let applied = status.applied();
        eventually("something is written", || async { status.applied() > applied + 450 }).await;
        let pid = test.engine.pid().unwrap();
        kill(Pid::from_raw(pid.cast_signed()), Signal::SIGKILL).unwrap();
        eventually("another engine runs", || async { test.engine.pid().is_some_and(|now| now != pid) }).await;
    }
    assert!(status.offset() < last, "the engine was killed while there was something to write");
    eventually("all is read", || async { status.offset() == last }).await;
    shutdown.cancel();
    following.await.unwrap().unwrap();
    assert_eq!(journal.reader_offset(Log::Tagged, "analytics").await.unwrap(), last);
    let deleted = (ROUNDS - 1) * 10;
    assert_eq!(test.ask::<u64>(VERSIONS).await, [ROUNDS * PER_ROUND + 2 * deleted]);
    assert_eq!(analytics.count().await.unwrap(), ROUNDS * PER_ROUND - deleted);
    assert_sound(&test).await;
    test.engine.stop().await;
}

#[tokio::test]
async fn without_an_engine_a_batch_fails_and_says_so() {
    let test = start().await;
    let analytics = test.analytics().await;
    let mut reader = analytics.reader();
    test.engine.stop().await;
    assert_eq!(reader.stored_offset().await, None);
    let error = reader.apply(&entries(1, vec![angry(1)])).await.unwrap_err();
    assert!(error.to_string().contains("not ready"), "{error}");
}
