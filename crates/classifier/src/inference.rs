//! The threads that the model runs on: jobs from one bounded queue, libtorch on one core each.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use domain::Tags;
use tokio::sync::{mpsc, oneshot};

use crate::{
    ClassifierError, ModelSettings,
    labels::OUTPUTS,
    network::{Batch, Network},
    tokens::WindowCutter,
};

/// Tokens that go through the network at a time, the shorter windows counted as the longest: what the CPU's caches hold the intermediate values of.
const TOKENS_AT_A_TIME: usize = 1024;

/// Some texts, and who waits for their tags.
pub(crate) struct Job {
    pub(crate) texts: Vec<String>,
    pub(crate) reply: oneshot::Sender<Result<Vec<Tags>, ClassifierError>>,
}

/// What all threads of a model share.
pub(crate) struct Shared {
    settings: ModelSettings,
    cutter: WindowCutter,
    waiting: Mutex<mpsc::Receiver<Job>>,
    busy: Arc<AtomicU64>,
}

impl Shared {
    pub(crate) fn new(settings: ModelSettings, cutter: WindowCutter, waiting: mpsc::Receiver<Job>) -> Self {
        Self { settings, cutter, waiting: Mutex::new(waiting), busy: Arc::default() }
    }

    /// Nanoseconds spent in the model.
    pub(crate) fn busy(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.busy)
    }
}

/// Starts a thread that takes jobs until nobody can send any more.
pub(crate) fn start_thread(
    number: usize,
    network: Network,
    shared: Arc<Shared>,
) -> Result<(), ClassifierError> {
    thread::Builder::new()
        .name(format!("tagger-{number}"))
        .spawn(move || take_jobs(&network, &shared))
        .map(drop)
        .map_err(|error| ClassifierError::file(format!("thread tagger-{number}"), error))
}

fn take_jobs(network: &Network, shared: &Shared) {
    // Threads of libtorch's own would fight over the cores that the other threads of this kind use.
    tch::set_num_threads(1);
    let _no_gradients = tch::no_grad_guard();
    loop {
        // One thread waits in the queue, the others for its lock.
        let job = shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
        let Some(Job { texts, reply }) = job else { return };
        if reply.is_closed() {
            continue;
        }
        let started = Instant::now();
        let tags = catch_unwind(AssertUnwindSafe(|| tag(network, shared, &texts)));
        let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        shared.busy.fetch_add(nanos, Ordering::Relaxed);
        // Some operations of tch panic where libtorch refuses; what it said went to the panic hook.
        let panicked = || ClassifierError::Encoder("libtorch refused an operation of the encoder".into());
        // Whoever asked may have gone in the meantime.
        let _ = reply.send(tags.unwrap_or_else(|_| Err(panicked())));
    }
}

/// Tags texts; one that is longer than a window gets the highest score of its windows.
fn tag(network: &Network, shared: &Shared, texts: &[String]) -> Result<Vec<Tags>, ClassifierError> {
    let mut windows: Vec<(usize, Vec<i64>)> = Vec::with_capacity(texts.len());
    for (place, text) in texts.iter().enumerate() {
        windows.extend(shared.cutter.windows(text)?.into_iter().map(|window| (place, window)));
    }
    windows.sort_by_key(|(_, window)| window.len());
    let mut scores = vec![[0.0f32; OUTPUTS]; texts.len()];
    for windows in batches(&windows) {
        let batch = Batch::new(windows.iter().map(|(_, window)| window.as_slice()), shared.cutter.pad);
        let logits = finite_logits(network, &batch)?;
        for ((place, _), logits) in windows.iter().zip(logits.chunks_exact(OUTPUTS)) {
            for (output, &logit) in logits.iter().enumerate() {
                let score = &mut scores[*place][output];
                *score = score.max(shared.settings.outputs[output].score(logit));
            }
        }
    }
    Ok(scores.iter().map(|scores| shared.settings.tags(scores)).collect())
}

/// Cuts windows, sorted by length, into batches within the budget of tokens; a window alone may exceed it.
fn batches(mut windows: &[(usize, Vec<i64>)]) -> impl Iterator<Item = &[(usize, Vec<i64>)]> {
    std::iter::from_fn(move || {
        let fits = |count: &usize| count * windows[count - 1].1.len() <= TOKENS_AT_A_TIME;
        let count = (1..=windows.len()).take_while(fits).last().unwrap_or(1).min(windows.len());
        let (batch, rest) = windows.split_at(count);
        windows = rest;
        (!batch.is_empty()).then_some(batch)
    })
}

/// One row of logits a window, after one another. What is no number is computed once more, then refused: as a score it
/// would pass for "nothing found".
fn finite_logits(network: &Network, batch: &Batch) -> Result<Vec<f32>, ClassifierError> {
    for _ in 0..2 {
        let logits: Vec<f32> = Vec::try_from(&network.logits(batch)?.f_flatten(0, -1)?)?;
        if logits.iter().all(|logit| logit.is_finite()) {
            return Ok(logits);
        }
    }
    Err(ClassifierError::Encoder("the model's outputs are no numbers".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batches_keep_within_the_budget_and_lose_nothing() {
        let lengths = [1, 1, 9, 40, 40, 41, 200, 511, 513, 1023, 1025, 4000];
        let windows: Vec<(usize, Vec<i64>)> =
            lengths.iter().enumerate().map(|(place, &length)| (place, vec![0; length])).collect();
        let cut: Vec<Vec<usize>> = batches(&windows)
            .map(|batch| {
                let longest = batch.last().unwrap().1.len();
                assert!(batch.len() == 1 || batch.len() * longest <= TOKENS_AT_A_TIME);
                batch.iter().map(|(place, _)| *place).collect()
            })
            .collect();
        assert_eq!(cut.concat(), (0..lengths.len()).collect::<Vec<_>>());
        assert_eq!(cut[0].len(), 6, "{cut:?}");
        assert_eq!(batches(&[]).count(), 0);
    }
}
