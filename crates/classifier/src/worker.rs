//! The stage itself: collected mentions in, tagged mentions out, each batch in one step of the journal.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{Change, Language, Mention, StoryMembership, TaggedMention, Tags};
use journal::{CLASSIFIER, Entry, Journal, JournalError, Log, ReaderStatus};
use tokio_util::sync::CancellationToken;

use crate::{
    ClassifierError, TextTagger,
    isolate::tag_isolating,
    language,
    story::{Placement, StoryHandle, StoryIndex, StoryOptions, is_told},
};

const FIRST_PAUSE: Duration = Duration::from_millis(200);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// How the stage works.
#[derive(Debug, Clone, Copy)]
pub struct WorkerOptions {
    /// Mentions of a batch.
    pub batch_size: usize,
    /// Tagged mentions that are read again at the start, so that stories survive it.
    pub warm_entries: u64,
    /// Bounds of the stories remembered.
    pub stories: StoryOptions,
}

impl Default for WorkerOptions {
    fn default() -> Self {
        Self { batch_size: 256, warm_entries: 50_000, stories: StoryOptions::default() }
    }
}

/// Tags collected mentions until `shutdown`, then ends after the running batch.
///
/// Whatever fails is tried again, with pauses that grow to 15 seconds; nothing is skipped but a text that the model
/// refuses, which passes without tags.
///
/// # Errors
/// Only the journal failing while the stage registers ends it early.
pub async fn run(
    journal: Arc<dyn Journal>,
    tagger: Arc<dyn TextTagger>,
    options: WorkerOptions,
    status: Arc<ReaderStatus>,
    shutdown: CancellationToken,
) -> Result<(), ClassifierError> {
    let mut offset = journal.reader_offset(Log::Collected, CLASSIFIER).await?;
    status.succeeded(offset, 0);
    let stories = warm_stories(journal.as_ref(), tagger.version(), &options).await?;
    let mut stage = Stage { tagger, stories: Some(stories) };
    let mut retry = Retry { pause: FIRST_PAUSE, status: &status, shutdown: &shutdown };
    while !shutdown.is_cancelled() {
        let batch = match next_batch(journal.as_ref(), offset, options.batch_size, &shutdown).await {
            Ok(Next::Shutdown) => break,
            Ok(Next::TrimmedUpTo(end)) => {
                offset = end;
                continue;
            }
            Ok(Next::Batch(batch)) => batch,
            Err(error) => {
                retry.after(offset, &error).await;
                continue;
            }
        };
        let Some(last) = batch.last().map(|entry| entry.offset) else { continue };
        let entries = batch.len() as u64;
        let Some(tagged) = stage.tag_until_done(batch, offset, &mut retry).await else { break };
        // Stories were joined and texts tagged: only the append is tried again, so nothing is placed twice.
        loop {
            match journal.append_tagged(&tagged, last).await {
                Ok(_) => break,
                Err(error) => {
                    if !retry.after(offset, &error).await {
                        return Ok(());
                    }
                }
            }
        }
        offset = last;
        retry.pause = FIRST_PAUSE;
        status.succeeded(offset, entries);
    }
    Ok(())
}

/// Takes in the tail of the tagged log.
async fn warm_stories(
    journal: &dyn Journal,
    version: &str,
    options: &WorkerOptions,
) -> Result<StoryIndex, JournalError> {
    let mut stories = StoryIndex::new(options.stories);
    let end = journal.last_offset(Log::Tagged).await?;
    let mut after = end.saturating_sub(options.warm_entries);
    while after < end {
        let entries = journal.read_tagged(after, options.batch_size).await?;
        let Some(last) = entries.last() else { break };
        after = last.offset;
        let version = version.to_owned();
        stories = on_blocking_thread(move || {
            entries.iter().for_each(|entry| stories.warm(&entry.record, &version));
            stories
        })
        .await;
    }
    if !stories.is_empty() {
        tracing::info!(stories = stories.len(), "known stories are back");
    }
    Ok(stories)
}

enum Next {
    Batch(Vec<Entry<Mention>>),
    TrimmedUpTo(u64),
    Shutdown,
}

async fn next_batch(
    journal: &dyn Journal,
    offset: u64,
    batch_size: usize,
    shutdown: &CancellationToken,
) -> Result<Next, JournalError> {
    tokio::select! {
        beyond = journal.wait_beyond(Log::Collected, offset) => beyond?,
        () = shutdown.cancelled() => return Ok(Next::Shutdown),
    }
    let batch = journal.read_collected(offset, batch_size).await?;
    if batch.is_empty() {
        return Ok(Next::TrimmedUpTo(journal.last_offset(Log::Collected).await?));
    }
    Ok(Next::Batch(batch))
}

struct Retry<'a> {
    pause: Duration,
    status: &'a ReaderStatus,
    shutdown: &'a CancellationToken,
}

impl Retry<'_> {
    /// Shows and logs a failure, once while it stays the same, and waits. False when asked to end.
    async fn after(&mut self, offset: u64, error: &(dyn std::error::Error + Send + Sync + 'static)) -> bool {
        if !self.status.failed(error.to_string()) {
            tracing::error!(reader = CLASSIFIER, offset, error, "batch failed, it will be tried again");
        }
        tokio::select! {
            () = tokio::time::sleep(self.pause) => {}
            () = self.shutdown.cancelled() => return false,
        }
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

struct Stage {
    tagger: Arc<dyn TextTagger>,
    /// Lent to a blocking thread while texts are compared.
    stories: Option<StoryIndex>,
}

/// One mention on its way through a batch.
struct Prepared {
    entry: Entry<Mention>,
    language: Language,
    story: StoryMembership,
    source: TagSource,
}

/// Where a mention's tags come from.
enum TagSource {
    /// It has none: a deletion, a text of the brand's own, or one in a language that the model does not read.
    Nothing,
    /// The story had them before this batch.
    Known(Tags),
    /// The model, by the text's place among those it is given.
    Model(usize),
}

struct PreparedBatch {
    mentions: Vec<Prepared>,
    texts: Vec<String>,
    /// The story whose tags a text decides, by the text's place.
    tellers: Vec<Option<StoryHandle>>,
    /// Of each text, the mention that brought it: for the log, should the model refuse it.
    brought_by: Vec<usize>,
}

impl Stage {
    /// Language, story and tags of a batch; none when asked to end before the model would take it.
    async fn tag_until_done(
        &mut self,
        batch: Vec<Entry<Mention>>,
        offset: u64,
        retry: &mut Retry<'_>,
    ) -> Option<Vec<TaggedMention>> {
        let prepared = self.prepare(batch).await;
        let found = loop {
            match tag_isolating(self.tagger.as_ref(), prepared.texts.clone()).await {
                Ok(found) => break found,
                Err(error) => {
                    if !retry.after(offset, &error).await {
                        return None;
                    }
                }
            }
        };
        Some(self.finish(prepared, &found))
    }

    /// Compares texts on a blocking thread.
    async fn prepare(&mut self, batch: Vec<Entry<Mention>>) -> PreparedBatch {
        let mut stories = self.stories.take().expect("it is put back below, whatever happens");
        let (stories, prepared) = on_blocking_thread(move || {
            let prepared = prepare(&mut stories, batch);
            (stories, prepared)
        })
        .await;
        self.stories = Some(stories);
        prepared
    }

    fn finish(&mut self, prepared: PreparedBatch, found: &[Option<Tags>]) -> Vec<TaggedMention> {
        let stories = self.stories.as_mut().expect("it was put back after preparing");
        for (teller, tags) in prepared.tellers.iter().zip(found) {
            if let (Some(handle), Some(tags)) = (teller, tags) {
                stories.set_tags(*handle, tags);
            }
        }
        for (place, tags) in found.iter().enumerate() {
            if tags.is_none() {
                let entry = &prepared.mentions[prepared.brought_by[place]].entry;
                let (source, offset) = (&entry.record.key.source, entry.offset);
                tracing::error!(source, offset, "the model refuses this text: it passes without tags");
            }
        }
        let version = self.tagger.version();
        let tags_of = |source: TagSource| match source {
            TagSource::Nothing => Tags::default(),
            TagSource::Known(tags) => tags,
            TagSource::Model(place) => found[place].clone().unwrap_or_default(),
        };
        prepared
            .mentions
            .into_iter()
            .map(|Prepared { entry, language, story, source }| TaggedMention {
                mention: entry.record,
                language,
                story,
                tags: tags_of(source),
                model: version.to_owned(),
            })
            .collect()
    }
}

/// Computes where it holds up no other task; a panic goes on to whoever waits.
async fn on_blocking_thread<T: Send + 'static>(compute: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(compute).await {
        Ok(computed) => computed,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

fn prepare(stories: &mut StoryIndex, batch: Vec<Entry<Mention>>) -> PreparedBatch {
    let mut prepared = PreparedBatch {
        mentions: Vec::new(),
        texts: Vec::new(),
        tellers: Vec::new(),
        brought_by: Vec::new(),
    };
    // Stories that are first told in this batch, and the place of the text that decides their tags.
    let mut told_here: HashMap<StoryHandle, usize> = HashMap::new();
    for entry in batch {
        let mention = &entry.record;
        let text = mention.full_text();
        let language = language::identify(&text, mention.declared_language.as_deref());
        let (story, source) = if is_told(mention) {
            let Placement { membership, handle, same_words } = stories.place(mention);
            // What an author changed is read again, even where most of the words are the same.
            let may_reuse = same_words || mention.change != Change::Edited;
            let known = handle.filter(|_| may_reuse).and_then(|handle| stories.tags(handle));
            let is_read = language.is_supported();
            let pending = handle.filter(|_| may_reuse).and_then(|handle| told_here.get(&handle).copied());
            let source = match (known, pending) {
                _ if !is_read => TagSource::Nothing,
                (Some(tags), _) => TagSource::Known(tags),
                (None, Some(place)) => TagSource::Model(place),
                (None, None) => {
                    let place = prepared.texts.len();
                    let teller = handle.filter(|_| may_reuse);
                    if let Some(handle) = teller {
                        told_here.insert(handle, place);
                    }
                    prepared.texts.push(text);
                    prepared.tellers.push(teller);
                    prepared.brought_by.push(prepared.mentions.len());
                    TagSource::Model(place)
                }
            };
            (membership, source)
        } else {
            let id = domain::StoryId(mention.key.to_string());
            (StoryMembership { id, first: true }, TagSource::Nothing)
        };
        prepared.mentions.push(Prepared { entry, language, story, source });
    }
    prepared
}

#[cfg(test)]
mod tests;
