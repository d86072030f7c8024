//! From texts to tags, on the threads of the model.

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use domain::Tags;
use tokio::sync::{mpsc, oneshot};

use crate::{
    ClassifierError, ModelSettings, Precision,
    inference::{self, Job, Shared},
    network::{Network, Weights},
    settings::tag_heads,
    tokens::WindowCutter,
};

/// Bytes of text that one thread takes at a time, one to three batches: enough to keep it busy and to sort by length, few enough
/// that the threads end together.
const BYTES_OF_A_JOB: std::ops::RangeInclusive<usize> = 4_000..=12_000;

/// Jobs that each thread should have of what is asked at once.
const JOBS_PER_THREAD: usize = 2;

/// About what the prefix and the special tokens of a text come to.
const BYTES_AROUND_A_TEXT: usize = 16;

/// Jobs that wait for a free thread, for each thread.
const QUEUE_PER_THREAD: usize = 4;

/// Whatever tags texts: the [`Tagger`], or a stand-in where tests need no model.
#[async_trait]
pub trait TextTagger: Send + Sync + 'static {
    /// The version that tagged mentions carry.
    fn version(&self) -> &str;

    /// The tags of each text, in their order.
    async fn tag(&self, texts: Vec<String>) -> Result<Vec<Tags>, ClassifierError>;
}

/// How to run the model.
#[derive(Debug, Clone, Copy, Default)]
pub struct TaggerOptions {
    /// Threads [default: one for each core].
    pub threads: Option<NonZeroUsize>,
    /// The precision to compute in [default: the fastest on this machine].
    pub precision: Option<Precision>,
}

/// The trained model on its threads. Clones share it; the threads end with the last clone.
#[derive(Clone)]
pub struct Tagger {
    jobs: mpsc::Sender<Job>,
    settings: Arc<ModelSettings>,
    threads: usize,
    busy: Arc<AtomicU64>,
}

impl Tagger {
    /// Loads the model in a folder and starts its threads, which share one copy of the weights.
    ///
    /// Takes half a second: call it from a thread that may block.
    ///
    /// # Errors
    /// A file of the model is missing or is not what it should be.
    pub fn load(model_dir: &Path, options: TaggerOptions) -> Result<Self, ClassifierError> {
        let settings = ModelSettings::read(model_dir)?;
        let cutter = WindowCutter::read(model_dir, &settings)?;
        let precision = options.precision.unwrap_or_else(Precision::of_this_machine);
        let weights = Weights::read(model_dir, precision)?;
        let threads = options.threads.map_or_else(cores, NonZeroUsize::get);
        let (jobs, waiting) = mpsc::channel(threads * QUEUE_PER_THREAD);
        let shared = Arc::new(Shared::new(settings.clone(), cutter, waiting));
        let network = Network::new(&settings.architecture, &tag_heads(), &weights)
            .map_err(|reason| ClassifierError::ModelUnusable { path: model_dir.to_owned(), reason })?;
        for number in 0..threads {
            inference::start_thread(number, network.share(), Arc::clone(&shared))?;
        }
        tracing::info!(
            model = settings.version,
            precision = precision.as_str(),
            threads,
            "the tagger is ready"
        );
        Ok(Self { jobs, settings: Arc::new(settings), threads, busy: shared.busy() })
    }

    /// The settings of the model.
    pub fn settings(&self) -> &ModelSettings {
        &self.settings
    }

    /// Time spent in the model since it was loaded, over all threads.
    pub fn busy_time(&self) -> Duration {
        Duration::from_nanos(self.busy.load(Ordering::Relaxed))
    }

    /// The tags of each text, in their order. Any text has a result, also an empty one.
    ///
    /// # Errors
    /// libtorch or the tokenizer refused a text of the batch, or a thread of the model is gone.
    pub async fn tag(&self, texts: Vec<String>) -> Result<Vec<Tags>, ClassifierError> {
        let mut tags = vec![Tags::default(); texts.len()];
        let mut pending = Vec::new();
        for Cut { places, texts } in cut(texts, self.threads) {
            let (reply, result) = oneshot::channel();
            self.jobs.send(Job { texts, reply }).await.map_err(|_| ClassifierError::WorkerGone)?;
            pending.push((places, result));
        }
        for (places, result) in pending {
            put(&mut tags, places, result.await.map_err(|_| ClassifierError::WorkerGone)??);
        }
        Ok(tags)
    }

    /// The same for threads that may block; it must not be called from async code.
    ///
    /// # Errors
    /// As [`Tagger::tag`].
    pub fn tag_blocking(&self, texts: Vec<String>) -> Result<Vec<Tags>, ClassifierError> {
        let mut tags = vec![Tags::default(); texts.len()];
        let mut pending = Vec::new();
        for Cut { places, texts } in cut(texts, self.threads) {
            let (reply, result) = oneshot::channel();
            self.jobs.blocking_send(Job { texts, reply }).map_err(|_| ClassifierError::WorkerGone)?;
            pending.push((places, result));
        }
        for (places, result) in pending {
            put(&mut tags, places, result.blocking_recv().map_err(|_| ClassifierError::WorkerGone)??);
        }
        Ok(tags)
    }
}

#[async_trait]
impl TextTagger for Tagger {
    fn version(&self) -> &str {
        &self.settings.version
    }

    async fn tag(&self, texts: Vec<String>) -> Result<Vec<Tags>, ClassifierError> {
        Tagger::tag(self, texts).await
    }
}

/// Texts of similar length, and where they stood.
struct Cut {
    places: Vec<usize>,
    texts: Vec<String>,
}

/// The longest first, so that no thread begins the longest job when the others are already done.
fn cut(mut texts: Vec<String>, threads: usize) -> Vec<Cut> {
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&place| std::cmp::Reverse(texts[place].len()));
    let bytes = texts.iter().map(|text| text.len() + BYTES_AROUND_A_TEXT).sum::<usize>();
    let (smallest, largest) = BYTES_OF_A_JOB.into_inner();
    let bytes_of_a_job = (bytes / (JOBS_PER_THREAD * threads)).clamp(smallest, largest);
    let mut cuts: Vec<Cut> = Vec::new();
    let mut room = 0;
    for place in order {
        let text = std::mem::take(&mut texts[place]);
        // A text counts for what stands around it too.
        let length = text.len() + BYTES_AROUND_A_TEXT;
        if room < length {
            room = bytes_of_a_job.max(length);
            cuts.push(Cut { places: Vec::new(), texts: Vec::new() });
        }
        room -= length;
        let cut = cuts.last_mut().expect("a first one was just made");
        cut.places.push(place);
        cut.texts.push(text);
    }
    cuts
}

fn put(tags: &mut [Tags], places: Vec<usize>, found: Vec<Tags>) {
    for (place, found) in places.into_iter().zip(found) {
        tags[place] = found;
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_length_and_none_is_lost() {
        let texts: Vec<String> = (0..40).map(|index| "x".repeat(index * 700 % 4000 * 7)).collect();
        let cuts = cut(texts.clone(), 2);
        assert_eq!(cuts.iter().map(|cut| cut.places.len()).sum::<usize>(), 40);
        assert!(
            cuts.iter().all(|cut| cut.places.len() == 1 || cut.texts.concat().len() <= *BYTES_OF_A_JOB.end())
        );
        assert!(cuts[0].texts.iter().all(|text| text.len() >= cuts[2].texts[0].len()));
        assert!(cut(vec![String::new(); 2_000], 2).len() > 1, "what stands around a text counts too");
        assert!(cut(texts[..8].to_vec(), 8).len() >= 6, "no thread is left without work");
        for cut in &cuts {
            for (place, text) in cut.places.iter().zip(&cut.texts) {
                assert_eq!(text, &texts[*place]);
            }
        }
    }
}
