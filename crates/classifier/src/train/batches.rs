//! Tokenised texts in batches of similar length.

use tch::Tensor;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{ClassifierError, labels::LabelledText, network::Batch, tokens::WindowCutter};

/// So many batches are sorted by length together: enough to waste little on padding, few enough to stay shuffled.
const BATCHES_OF_A_BUCKET: usize = 12;

/// One text as the network reads it, and what its outputs should be.
pub(super) struct Example {
    pub(super) window: Vec<i64>,
    /// For each output, how sure it is that the tag holds: 0 to 1.
    pub(super) targets: Vec<f32>,
    /// For each output, whether the text was judged by it.
    pub(super) known: Vec<bool>,
}

/// Tokenises texts, cut after `max_tokens`.
pub(super) fn tokenise(
    texts: &[LabelledText],
    cutter: &WindowCutter,
    max_tokens: usize,
) -> Result<Vec<Example>, ClassifierError> {
    let example = |text: &LabelledText| {
        Ok(Example {
            window: cutter.first_window(&text.text, max_tokens)?,
            targets: text.truth.shares.to_vec(),
            known: text.truth.known.to_vec(),
        })
    };
    texts.iter().map(example).collect()
}

/// The batches of one pass, each a list of places in `examples`: another order each pass, the same for the same seed.
pub(super) fn of_pass(examples: &[Example], batch_size: usize, seed: u64) -> Vec<Vec<usize>> {
    let at_random = |place: usize, salt: u64| xxh3_64_with_seed(&place.to_le_bytes(), seed ^ salt);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.sort_by_cached_key(|&place| at_random(place, 0));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for bucket in order.chunks_mut(batch_size * BATCHES_OF_A_BUCKET) {
        bucket.sort_by_key(|&place| examples[place].window.len());
        batches.extend(bucket.chunks(batch_size).map(<[usize]>::to_vec));
    }
    batches.sort_by_cached_key(|batch| at_random(batch[0], 1));
    batches
}

/// The windows of a batch.
pub(super) fn windows(examples: &[Example], places: &[usize], pad: i64) -> Batch {
    Batch::new(places.iter().map(|&place| examples[place].window.as_slice()), pad)
}

/// What the outputs should be and which were judged at all, a row each text.
pub(super) fn targets(examples: &[Example], places: &[usize]) -> (Tensor, Tensor) {
    let rows = |values: Vec<f32>| Tensor::from_slice(&values).view([places.len().cast_signed() as i64, -1]);
    let targets = places.iter().flat_map(|&place| examples[place].targets.iter().copied()).collect();
    let known = places
        .iter()
        .flat_map(|&place| examples[place].known.iter().map(|known| f32::from(u8::from(*known))))
        .collect();
    (rows(targets), rows(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(count: usize) -> Vec<Example> {
        let example = |index: usize| Example {
            window: vec![0; 3 + index * 7 % 50],
            targets: vec![0.0],
            known: vec![true],
        };
        (0..count).map(example).collect()
    }

    #[test]
    fn a_pass_visits_every_text_once_in_batches_of_similar_length() {
        let examples = examples(500);
        let batches = of_pass(&examples, 16, 3);
        let mut visited: Vec<usize> = batches.concat();
        visited.sort_unstable();
        assert!(visited.into_iter().eq(0..500));
        let padded: usize = batches
            .iter()
            .map(|batch| batch.len() * batch.iter().map(|&place| examples[place].window.len()).max().unwrap())
            .sum();
        let tokens: usize = examples.iter().map(|example| example.window.len()).sum();
        assert!(padded * 10 < tokens * 13, "{padded} of {tokens}");
    }

    #[test]
    fn order_depends_on_the_seed_only() {
        let examples = examples(100);
        assert_eq!(of_pass(&examples, 16, 1), of_pass(&examples, 16, 1));
        assert_ne!(of_pass(&examples, 16, 1), of_pass(&examples, 16, 2));
    }
}
