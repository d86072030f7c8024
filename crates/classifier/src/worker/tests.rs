//! The stage between two real logs, with a stand-in for the model.

use std::sync::atomic::Ordering;

use domain::{Emotion, Tag};
use journal::{JournalOptions, SqliteJournal};
use testkit::{at, mention};
use tokio::task::JoinHandle;

use super::*;
use crate::test_support::FakeTagger;

const ANGRY: &str = "Je suis en colère, mon colis n'est toujours pas arrivé et personne ne répond";

struct Running {
    _folder: tempfile::TempDir,
    journal: Arc<SqliteJournal>,
    tagger: Arc<FakeTagger>,
    status: Arc<ReaderStatus>,
    shutdown: CancellationToken,
    task: Option<JoinHandle<Result<(), ClassifierError>>>,
}

impl Running {
    fn new(tagger: FakeTagger) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = SqliteJournal::open(&folder.path().join("j.db"), JournalOptions::default()).unwrap();
        let mut running = Self {
            _folder: folder,
            journal: Arc::new(journal),
            tagger: Arc::new(tagger),
            status: Arc::default(),
            shutdown: CancellationToken::new(),
            task: None,
        };
        running.start();
        running
    }

    fn start(&mut self) {
        self.shutdown = CancellationToken::new();
        self.task = Some(tokio::spawn(run(
            self.journal.clone(),
            self.tagger.clone(),
            WorkerOptions::default(),
            self.status.clone(),
            self.shutdown.clone(),
        )));
    }

    async fn stop(&mut self) {
        self.shutdown.cancel();
        self.task.take().unwrap().await.unwrap().unwrap();
    }

    /// Appends mentions as one batch and returns them as the tagged log has them.
    async fn tag(&self, mentions: &[Mention]) -> Vec<TaggedMention> {
        let before = self.journal.last_offset(Log::Tagged).await.unwrap();
        self.journal.append_collected(mentions, None).await.unwrap();
        self.tagged_after(before, mentions.len()).await
    }

    async fn tagged_after(&self, before: u64, count: usize) -> Vec<TaggedMention> {
        self.journal.wait_beyond(Log::Tagged, before).await.unwrap();
        let entries = self.journal.read_tagged(before, 1_000).await.unwrap();
        assert_eq!(entries.len(), count, "a batch is tagged in one step");
        entries.into_iter().map(|entry| entry.record).collect()
    }
}

fn is_angry(tagged: &TaggedMention) -> bool {
    tagged.tags.has(Tag::Emotion(Emotion::Anger))
}

#[tokio::test]
async fn mentions_are_tagged_in_order_with_language_story_and_version() {
    let running = Running::new(FakeTagger::default());
    let other = "The delivery was quick and the driver was friendly, thank you";
    let tagged = running.tag(&[mention(1, ANGRY), mention(2, other)]).await;
    assert!(is_angry(&tagged[0]) && !is_angry(&tagged[1]));
    assert_eq!((tagged[0].language.as_str(), tagged[1].language.as_str()), ("fr", "en"));
    assert_eq!(tagged[0].story.id.0, "test:1");
    assert_eq!(tagged[0].model, "fake-1");
    assert_eq!(running.journal.reader_offset(Log::Collected, CLASSIFIER).await.unwrap(), 2);
}

#[tokio::test]
async fn reposts_get_the_tags_of_the_first_without_the_model() {
    let mut running = Running::new(FakeTagger::default());
    let repost = format!("RT @quelquun: {ANGRY} https://example.org/1");
    let tagged = running.tag(&[mention(1, ANGRY), mention(2, &repost)]).await;
    assert!(is_angry(&tagged[1]) && tagged[0].story.first && !tagged[1].story.first);
    running.tag(&[mention(3, &repost)]).await;
    // Also after a restart, from the tagged log's tail.
    running.stop().await;
    running.start();
    let later = running.tag(&[mention(4, ANGRY)]).await;
    assert!(is_angry(&later[0]));
    assert_eq!(later[0].story, StoryMembership { id: domain::StoryId("test:1".into()), first: false });
    assert_eq!(running.tagger.seen(), [ANGRY]);
}

#[tokio::test]
async fn deletions_and_the_brands_own_texts_have_no_tags() {
    let running = Running::new(FakeTagger::default());
    let mut deleted = mention(1, "");
    deleted.change = Change::Deleted;
    let mut official = mention(2, ANGRY);
    official.official = true;
    let tagged = running.tag(&[deleted, official, mention(3, ANGRY)]).await;
    assert_eq!((&tagged[0].tags, &tagged[1].tags), (&Tags::default(), &Tags::default()));
    assert!(is_angry(&tagged[2]) && tagged[2].story.first, "no repost of what the brand said");
}

#[tokio::test]
async fn a_language_that_the_model_does_not_read_passes_without_tags() {
    let running = Running::new(FakeTagger::default());
    const FOREIGN: &str = "荷物がまだ届きません。カスタマーサービスから返事がありません。";
    let tagged = running.tag(&[mention(1, FOREIGN), mention(2, ANGRY), mention(3, FOREIGN)]).await;
    assert_eq!((tagged[0].language.as_str(), &tagged[0].tags), ("ja", &Tags::default()));
    assert!(is_angry(&tagged[1]) && tagged[2].tags == Tags::default());
    assert_eq!(running.tagger.seen(), [ANGRY], "the model is not asked");
}

#[tokio::test]
async fn an_engagement_update_reuses_tags_and_an_edit_is_read_again() {
    let running = Running::new(FakeTagger::default());
    running.tag(&[mention(1, ANGRY)]).await;
    let mut update = mention(1, ANGRY);
    (update.change, update.version_at) = (Change::EngagementUpdated, at(60));
    let updated = running.tag(&[update]).await;
    assert!(is_angry(&updated[0]) && updated[0].story.first);
    assert_eq!(running.tagger.seen().len(), 1);

    let calm = ANGRY.replace("en colère", "rassuré");
    let mut edit = mention(1, &calm);
    (edit.change, edit.version_at) = (Change::Edited, at(90));
    let edited = running.tag(&[edit, mention(2, ANGRY)]).await;
    assert!(!is_angry(&edited[0]), "most words are the same, but the author changed his mind");
    assert!(is_angry(&edited[1]), "the story keeps the tags of its own text");
    assert_eq!(running.tagger.seen(), [ANGRY, &calm]);
}

#[tokio::test]
async fn a_text_that_the_model_refuses_passes_without_tags() {
    let running = Running::new(FakeTagger::refusing("poison"));
    let tagged =
        running.tag(&[mention(1, "un texte qui est du poison pour le modèle"), mention(2, ANGRY)]).await;
    assert_eq!(tagged[0].tags, Tags::default());
    assert!(is_angry(&tagged[1]));
    assert_eq!(running.status.error(), None);
}

#[tokio::test]
async fn a_model_that_is_down_is_waited_for() {
    let running = Running::new(FakeTagger::default());
    running.tagger.down.store(true, Ordering::SeqCst);
    running.journal.append_collected(&[mention(1, ANGRY)], None).await.unwrap();
    while running.status.error().is_none() {
        tokio::task::yield_now().await;
    }
    assert!(running.status.error().unwrap().contains("refused"));
    assert_eq!(running.journal.last_offset(Log::Tagged).await.unwrap(), 0);
    running.tagger.down.store(false, Ordering::SeqCst);
    assert!(is_angry(&running.tagged_after(0, 1).await[0]));
}

#[tokio::test]
async fn asked_to_end_while_the_model_is_down_it_leaves_the_batch_for_later() {
    let mut running = Running::new(FakeTagger::default());
    running.tagger.down.store(true, Ordering::SeqCst);
    running.journal.append_collected(&[mention(1, ANGRY)], None).await.unwrap();
    while running.status.error().is_none() {
        tokio::task::yield_now().await;
    }
    running.stop().await;
    assert_eq!(running.journal.reader_offset(Log::Collected, CLASSIFIER).await.unwrap(), 0);
}
