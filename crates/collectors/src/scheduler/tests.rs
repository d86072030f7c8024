//! The schedule with a journal and collectors that do as the test says.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use async_trait::async_trait;
use domain::TaggedMention;
use journal::{Entry, JournalStats, Log};
use tokio::sync::{Notify, mpsc};

use super::*;
use crate::{FetchError, Post};

/// Mentions and a cursor that were appended together.
type Append = (Vec<Mention>, Option<String>);

/// A journal that tells what is appended, and is full when the test wants it to be.
struct FakeJournal {
    cursors: Mutex<HashMap<String, String>>,
    appends: mpsc::UnboundedSender<Append>,
    full: AtomicBool,
    /// Appends to refuse although there was room a moment before.
    refusals: AtomicUsize,
    room: Notify,
}

impl FakeJournal {
    fn new() -> (Arc<Self>, mpsc::UnboundedReceiver<Append>) {
        let (appends, appended) = mpsc::unbounded_channel();
        let journal = Self {
            cursors: Mutex::default(),
            appends,
            full: AtomicBool::new(false),
            refusals: AtomicUsize::new(0),
            room: Notify::new(),
        };
        (Arc::new(journal), appended)
    }
}

#[async_trait]
impl Journal for FakeJournal {
    async fn append_collected(
        &self,
        mentions: &[Mention],
        cursor: Option<(&str, &str)>,
    ) -> Result<u64, JournalError> {
        let refused = |left: usize| left.checked_sub(1);
        if self.refusals.fetch_update(Ordering::SeqCst, Ordering::SeqCst, refused).is_ok() {
            return Err(JournalError::Full { bytes: 2, max_bytes: 1 });
        }
        if let Some((name, value)) = cursor {
            self.cursors.lock().unwrap().insert(name.to_owned(), value.to_owned());
        }
        drop(self.appends.send((mentions.to_vec(), cursor.map(|(_, value)| value.to_owned()))));
        Ok(1)
    }

    async fn cursor(&self, name: &str) -> Result<Option<String>, JournalError> {
        Ok(self.cursors.lock().unwrap().get(name).cloned())
    }

    async fn has_room(&self) -> bool {
        !self.full.load(Ordering::SeqCst)
    }

    async fn wait_for_room(&self) {
        while self.full.load(Ordering::SeqCst) {
            self.room.notified().await;
        }
    }

    async fn append_tagged(&self, _: &[TaggedMention], _: u64) -> Result<u64, JournalError> {
        unreachable!("collectors only append")
    }
    async fn read_collected(&self, _: u64, _: usize) -> Result<Vec<Entry<Mention>>, JournalError> {
        unreachable!("collectors only append")
    }
    async fn read_tagged(&self, _: u64, _: usize) -> Result<Vec<Entry<TaggedMention>>, JournalError> {
        unreachable!("collectors only append")
    }
    async fn reader_offset(&self, _: Log, _: &str) -> Result<u64, JournalError> {
        unreachable!("collectors only append")
    }
    async fn advance(&self, _: Log, _: &str, _: u64) -> Result<(), JournalError> {
        unreachable!("collectors only append")
    }
    async fn rewind(&self, _: Log, _: &str, _: u64) -> Result<(), JournalError> {
        unreachable!("collectors only append")
    }
    async fn last_offset(&self, _: Log) -> Result<u64, JournalError> {
        unreachable!("collectors only append")
    }
    async fn wait_beyond(&self, _: Log, _: u64) -> Result<(), JournalError> {
        unreachable!("collectors only append")
    }
    async fn trim(&self) -> Result<u64, JournalError> {
        unreachable!("collectors only append")
    }
    async fn stats(&self) -> Result<JournalStats, JournalError> {
        unreachable!("collectors only append")
    }
}

/// Gives the pages it was given, then empty ones.
struct FakeCollector {
    pages: Mutex<VecDeque<Result<Page, CollectError>>>,
    /// The cursors it was asked with.
    asked: Arc<Mutex<Vec<Option<String>>>>,
}

#[async_trait]
impl Collector for FakeCollector {
    async fn page(&self, cursor: Option<&str>) -> Result<Page, CollectError> {
        self.asked.lock().unwrap().push(cursor.map(str::to_owned));
        let next = self.pages.lock().unwrap().pop_front();
        let unchanged = Page { posts: Vec::new(), cursor: cursor.unwrap_or("empty").to_owned(), more: false };
        next.unwrap_or(Ok(unchanged))
    }
}

fn page(texts: &[&str], cursor: &str, more: bool) -> Result<Page, CollectError> {
    let posts = texts.iter().map(|text| Post::new(*text, *text, testkit::at(0))).collect();
    Ok(Page { posts, cursor: cursor.to_owned(), more })
}

type Asked = Arc<Mutex<Vec<Option<String>>>>;

fn source(index: usize, pages: Vec<Result<Page, CollectError>>) -> (Source, Asked) {
    let asked = Asked::default();
    let collector = Box::new(FakeCollector { pages: Mutex::new(pages.into()), asked: asked.clone() });
    let every = Duration::from_secs(60);
    (Source { index, name: format!("source-{index}"), source: "test", every, collector }, asked)
}

fn scheduler(journal: &Arc<FakeJournal>, sources: Vec<Source>) -> Scheduler {
    let relevance = Arc::new(Relevance::new(&[testkit::brand()], b"key").unwrap());
    Scheduler::of_sources(journal.clone(), relevance, sources)
}

#[tokio::test(start_paused = true)]
async fn pages_are_appended_with_their_cursors_until_there_is_no_more() {
    let (journal, mut appended) = FakeJournal::new();
    let pages = vec![page(&["colisio un", "autre chose"], "1", true), page(&["colisio deux"], "2", false)];
    let (source, asked) = source(0, pages);
    let scheduler = scheduler(&journal, vec![source]);
    let health = scheduler.health();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(scheduler.run(shutdown.clone()));
    let (first, second) = (appended.recv().await.unwrap(), appended.recv().await.unwrap());
    assert_eq!(first.0.iter().map(|mention| mention.text.as_str()).collect::<Vec<_>>(), ["colisio un"]);
    assert_eq!((first.1.as_deref(), second.1.as_deref()), (Some("1"), Some("2")));
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(asked.lock().unwrap()[..2], [None, Some("1".to_owned())]);
    assert!(health.rows()[0].healthy && health.rows()[0].posts_today >= 1);
}

#[tokio::test(start_paused = true)]
async fn a_source_that_fails_delays_no_other_and_is_tried_again() {
    let (journal, mut appended) = FakeJournal::new();
    let failure = || Err(FetchError::Status { status: 503, pause: None }.into());
    let (failing, asked) = source(0, vec![failure(), failure(), page(&["colisio retard"], "1", false)]);
    let (well, _) = source(1, vec![page(&["colisio perdu"], "a", false)]);
    let scheduler = scheduler(&journal, vec![failing, well]);
    let health = scheduler.health();
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(scheduler.run(shutdown.clone()));
    assert_eq!(appended.recv().await.unwrap().0[0].text, "colisio perdu");
    assert_eq!(appended.recv().await.unwrap().0[0].text, "colisio retard");
    assert_eq!(asked.lock().unwrap().len(), 3);
    shutdown.cancel();
    running.await.unwrap();
    assert!(health.rows()[1].healthy);
}

#[tokio::test(start_paused = true)]
async fn a_full_journal_is_not_read_into_and_a_page_already_read_is_kept() {
    let (journal, mut appended) = FakeJournal::new();
    journal.full.store(true, Ordering::SeqCst);
    let (source, asked) = source(0, vec![page(&["colisio perdu"], "1", false)]);
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(scheduler(&journal, vec![source]).run(shutdown.clone()));
    tokio::time::sleep(Duration::from_secs(3_600)).await;
    assert!(asked.lock().unwrap().is_empty());
    journal.refusals.store(3, Ordering::SeqCst);
    journal.full.store(false, Ordering::SeqCst);
    journal.room.notify_waiters();
    assert_eq!(appended.recv().await.unwrap().0[0].text, "colisio perdu");
    assert_eq!(asked.lock().unwrap().len(), 1);
    shutdown.cancel();
    running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn ends_when_asked_to_also_while_the_journal_is_full() {
    let (journal, _appended) = FakeJournal::new();
    journal.full.store(true, Ordering::SeqCst);
    let (source, _) = source(0, Vec::new());
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(scheduler(&journal, vec![source]).run(shutdown.clone()));
    tokio::time::sleep(Duration::from_secs(60)).await;
    shutdown.cancel();
    running.await.unwrap();
}

#[test]
fn pauses_double_are_bounded_and_follow_what_the_source_asks_for() {
    let (source, _) = source(0, Vec::new());
    let error = CollectError::Content("x".to_owned());
    assert!(source.pause_after(&error, 1) <= Duration::from_secs(132));
    assert!(source.pause_after(&error, 40) <= LONGEST_PAUSE.mul_f64(1.1));
    let until = Utc::now() + chrono::TimeDelta::seconds(7_200);
    let asked = source.pause_after(&FetchError::RateLimited { until }.into(), 1);
    assert!((7_190..=7_200).contains(&asked.as_secs()));
}
