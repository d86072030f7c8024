//! The index as the pages and the journal use it.

use std::sync::Arc;

use domain::{BrandId, Cause, Change, Emotion, Flag, LiveEvent, MentionKey, MentionKind, Tag, TaggedMention};
use journal::{Entry, Journal, JournalOptions, Log, ReaderStatus, SqliteJournal, TaggedReader, follow};
use query::parse;
use tokio_util::sync::CancellationToken;
use vigie_search::{PageRequest, SearchError, SearchIndex};

const ANGRY: [Tag; 4] = [
    Tag::Emotion(Emotion::Anger),
    Tag::Cause(Cause::Delivery),
    Tag::Flag(Flag::Complaint),
    Tag::Flag(Flag::Answer),
];

async fn apply(index: &SearchIndex, first_offset: u64, mentions: Vec<TaggedMention>) -> Vec<LiveEvent> {
    let batch: Vec<_> =
        (first_offset..).zip(mentions).map(|(offset, record)| Entry { offset, record }).collect();
    index.reader_stage().apply(&batch).await.expect("the batch is applied")
}

async fn ids(index: &SearchIndex, query: &str) -> Vec<String> {
    let query = parse(query).expect("a query of the tests");
    let hits = index.recent(100, Some(&query)).await.expect("the index is searched");
    hits.into_iter().map(|hit| hit.key.external_id).collect()
}

fn edited(mention: &TaggedMention, seconds: i64, text: &str) -> TaggedMention {
    let mut later = mention.clone();
    later.mention.version_at = testkit::at(seconds);
    later.mention.change = Change::Edited;
    later.mention.text = text.to_owned();
    later
}

fn deleted(mention: &TaggedMention, seconds: i64) -> TaggedMention {
    TaggedMention {
        mention: domain::Mention { change: Change::Deleted, ..edited(mention, seconds, "").mention },
        ..mention.clone()
    }
}

#[tokio::test]
async fn a_mention_is_found_as_soon_as_it_is_applied() {
    let dir = tempfile::tempdir().unwrap();
    let index = SearchIndex::open(dir.path()).unwrap();
    let mut mention = testkit::tagged(7, "L’été, mon #Colis est PERDU 😡", &ANGRY);
    mention.mention.title = Some("Colis perdus".to_owned());
    let events = apply(&index, 1, vec![mention.clone()]).await;
    assert_eq!(events, [LiveEvent::Mention(Box::new(mention.clone()))]);

    let page = index
        .search(&parse("colis NEAR/3 perdu emotion:colère").unwrap(), &PageRequest::first(10))
        .await
        .unwrap();
    assert_eq!((page.total, page.next), (1, None));
    let hit = &page.hits[0];
    let highlighted: Vec<&str> = hit.highlights.iter().map(|range| &hit.text[range.clone()]).collect();
    assert_eq!(highlighted, ["#Colis", "PERDU"]);
    let title = hit.title.as_deref().unwrap();
    let in_title: Vec<&str> = hit.title_highlights.iter().map(|range| &title[range.clone()]).collect();
    assert_eq!(in_title, ["Colis", "perdus"]);
    assert_eq!(hit.emotions, [(Emotion::Anger, 0.9)]);
    assert!(hit.complaint && hit.answer);
    assert_eq!(hit.author, mention.mention.author);
    let json = serde_json::to_string(hit).unwrap();
    assert!(!json.contains("@someone7"), "the handle is personal data and stays out of the index");
    assert_eq!(index.get(&mention.mention.key).await.unwrap().unwrap().text, mention.mention.text);
    assert!(index.get(&MentionKey::new("test", "8")).await.unwrap().is_none());
}

#[tokio::test]
async fn versions_replace_each_other_in_time_whatever_the_order() {
    let dir = tempfile::tempdir().unwrap();
    let index = SearchIndex::open(dir.path()).unwrap();
    let first = testkit::tagged(1, "premier", &[]);
    let second = edited(&first, 100, "second");
    let third = edited(&first, 200, "troisième");
    apply(&index, 1, vec![second.clone(), first.clone()]).await;
    assert_eq!(ids(&index, "second").await, ["1"]);
    assert!(apply(&index, 3, vec![first.clone()]).await.is_empty(), "an old version is no news");
    assert!(apply(&index, 4, vec![second.clone()]).await.is_empty(), "nor is the same one");
    assert_eq!(apply(&index, 5, vec![third.clone()]).await.len(), 1);
    assert!(ids(&index, "premier OR second").await.is_empty());
    assert_eq!(index.count().await.unwrap(), 1);

    assert!(apply(&index, 6, vec![deleted(&first, 300)]).await.is_empty());
    assert!(ids(&index, "NOT absent").await.is_empty());
    assert!(index.get(&first.mention.key).await.unwrap().is_none());
    // A version from before the deletion that arrives late does not bring the text back; a later one does.
    apply(&index, 7, vec![third]).await;
    assert_eq!(index.count().await.unwrap(), 0);
    apply(&index, 8, vec![edited(&first, 400, "revenu")]).await;
    assert_eq!(ids(&index, "revenu").await, ["1"]);
    assert_eq!(index.offset().await.unwrap(), 8);
}

#[tokio::test]
async fn pages_are_newest_first_and_do_not_shift() {
    let dir = tempfile::tempdir().unwrap();
    let index = SearchIndex::open(dir.path()).unwrap();
    // Three mentions a moment, in two parts of the index.
    let mention = |id: u64| {
        let mut mention = testkit::tagged(id, "colis", &[]);
        mention.mention.published_at = testkit::at(i64::try_from(id / 3).unwrap());
        mention
    };
    apply(&index, 1, (0..15).map(mention).collect()).await;
    apply(&index, 16, (15..30).map(mention).collect()).await;

    let query = parse("colis").unwrap();
    let mut seen = Vec::new();
    let mut page = index.search(&query, &PageRequest::first(7)).await.unwrap();
    let mut newer = 1_000;
    while let Some(next) = page.next.take() {
        seen.extend(page.hits);
        newer += 1;
        apply(&index, newer, vec![mention(newer)]).await;
        page = index.search(&query, &PageRequest::after(next, 7)).await.unwrap();
    }
    seen.extend(page.hits);
    assert!(seen.is_sorted_by(|newer, older| newer.published_at >= older.published_at));
    let mut numbers: Vec<u64> = seen.iter().map(|hit| hit.key.external_id.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..30).collect::<Vec<_>>(), "each once, and none of those that came meanwhile");

    let bad = PageRequest::after("nonsense", 7);
    assert!(matches!(index.search(&query, &bad).await, Err(SearchError::BadCursor)));
}

#[tokio::test]
async fn facets_count_all_hits() {
    let dir = tempfile::tempdir().unwrap();
    let index = SearchIndex::open(dir.path()).unwrap();
    let mentions = (0..20u64).map(|id| {
        let mut mention = testkit::tagged(id, "colis", if id < 5 { &ANGRY } else { &[] });
        mention.mention.kind = if id % 2 == 0 { MentionKind::Review } else { MentionKind::Post };
        if id == 0 {
            mention.mention.brands.push("autre".parse::<BrandId>().unwrap());
        }
        mention
    });
    apply(&index, 1, mentions.collect()).await;
    let page = index.search(&parse("colis").unwrap(), &PageRequest::first(1)).await.unwrap();
    let counts = |values: &[(&str, usize)]| {
        values.iter().map(|(value, count)| ((*value).to_owned(), *count)).collect::<Vec<_>>()
    };
    assert_eq!(page.total, 20);
    assert_eq!(page.facets.brand, counts(&[("colisio", 20), ("autre", 1)]));
    assert_eq!(page.facets.source, counts(&[("test", 20)]));
    assert_eq!(page.facets.language, counts(&[("fr", 20)]));
    assert_eq!(page.facets.emotion, counts(&[("anger", 5)]));
    assert_eq!(page.facets.cause, counts(&[("delivery", 5)]));
    assert_eq!(page.facets.kind, counts(&[("post", 10), ("review", 10)]));
}

#[tokio::test]
async fn odd_texts_are_indexed_and_given_back_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let index = SearchIndex::open(dir.path()).unwrap();
    let texts = [
        String::new(),
        "😡😡😡".to_owned(),
        "\0\u{202E}مرحبا بالعالم\0".to_owned(),
        "x".repeat(1_000_000),
        "colis perdu ".repeat(90_000),
    ];
    let mentions = (1..).zip(&texts).map(|(id, text)| testkit::tagged(id, text, &[]));
    let mut mentions: Vec<_> = mentions.collect();
    mentions[0].mention.key.external_id = "k".repeat(100_000);
    let long_key = mentions[0].mention.key.clone();
    apply(&index, 1, mentions.clone()).await;
    apply(&index, 6, vec![edited(&mentions[0], 500, "")]).await;
    assert_eq!(index.count().await.unwrap(), 5);
    assert_eq!(index.get(&long_key).await.unwrap().unwrap().key, long_key);
    for (id, text) in (2..).zip(&texts[1..]) {
        let hit = index.get(&MentionKey::new("test", id.to_string())).await.unwrap().unwrap();
        assert!(hit.text == *text);
    }
    assert_eq!(ids(&index, "😡").await, ["2"]);
    assert_eq!(ids(&index, "مرحبا").await, ["3"]);
    assert_eq!(ids(&index, "\"perdu colis\" perdu NEAR/1 colis").await, ["5"]);
}

#[tokio::test]
async fn a_second_process_reads_but_does_not_write() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("index");
    assert!(matches!(SearchIndex::open_read_only(&folder), Err(SearchError::Missing { .. })));
    let index = SearchIndex::open(&folder).unwrap();
    let Err(error) = SearchIndex::open(&folder) else { panic!("opened twice for writing") };
    assert!(
        matches!(error, SearchError::Locked { .. }) && error.to_string().contains("another vigie"),
        "{error}"
    );

    let beside = SearchIndex::open_read_only(&folder).unwrap();
    apply(&index, 1, vec![testkit::tagged(1, "colis", &[])]).await;
    assert_eq!(ids(&beside, "colis").await, ["1"]);
    let batch = [Entry { offset: 2, record: testkit::tagged(2, "colis", &[]) }];
    assert!(beside.reader_stage().apply(&batch).await.is_err());

    drop(index);
    let again = SearchIndex::open(&folder).unwrap();
    assert_eq!(again.count().await.unwrap(), 1);
}

#[tokio::test]
async fn a_damaged_index_says_what_to_do() {
    let dir = tempfile::tempdir().unwrap();
    {
        let index = SearchIndex::open(dir.path()).unwrap();
        apply(&index, 1, vec![testkit::tagged(1, "colis", &[])]).await;
    }
    let check = |what: &str| {
        let Err(error) = SearchIndex::open(dir.path()) else { panic!("{what}: opened") };
        assert!(matches!(error, SearchError::Unusable { .. }), "{what}: {error}");
        assert!(error.to_string().contains("can be deleted and is rebuilt"), "{error}");
    };
    let meta = dir.path().join("meta.json");
    let whole = std::fs::read_to_string(&meta).unwrap();
    std::fs::write(&meta, "{").unwrap();
    check("broken meta.json");
    std::fs::write(&meta, whole.replace(r#"\"analysis\":1"#, r#"\"analysis\":0"#)).unwrap();
    check("other analysis");
    std::fs::write(&meta, &whole).unwrap();
    let part = |extension: &str| {
        let files = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|path| path.extension().is_some_and(|found| found == extension)).unwrap()
    };
    for extension in ["idx", "fast", "store"] {
        let path = part(extension);
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
        check(extension);
        std::fs::write(&path, bytes).unwrap();
    }
    assert!(SearchIndex::open(dir.path()).is_ok());
}

#[tokio::test]
async fn the_index_follows_the_journal_and_is_rebuilt_from_it() {
    let dir = tempfile::tempdir().unwrap();
    let journal: Arc<dyn Journal> =
        Arc::new(SqliteJournal::open(&dir.path().join("journal.db"), JournalOptions::default()).unwrap());
    let mentions: Vec<_> = (1..=25).map(|id| testkit::tagged(id, "colis perdu", &ANGRY)).collect();
    journal.append_tagged(&mentions, 0).await.unwrap();
    let last = journal.last_offset(Log::Tagged).await.unwrap();
    let folder = dir.path().join("index");
    for round in ["first", "after the index was deleted"] {
        let index = SearchIndex::open(&folder).unwrap();
        let shutdown = CancellationToken::new();
        let end = shutdown.clone();
        let status = Arc::new(ReaderStatus::default());
        let seen = Arc::clone(&status);
        let until_done = async move {
            while seen.offset() < last {
                tokio::task::yield_now().await;
            }
            end.cancel();
        };
        let stage = Box::new(index.reader_stage());
        let following = follow(Arc::clone(&journal), stage, 10, |_| (), status, shutdown);
        let (result, ()) = tokio::join!(following, until_done);
        result.unwrap();
        assert_eq!(index.count().await.unwrap(), 25, "{round}");
        drop(index);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
