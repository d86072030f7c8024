//! Tokenised texts in batches of similar length.

use tch::{Kind, Tensor};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::{
    ClassifierError,
    labels::{LabelledText, OUTPUTS, Truth},
    network::Batch,
    tokens::WindowCutter,
};

/// Texts of one step.
pub(super) const BATCH_SIZE: usize = 16;

/// So many batches are sorted by length together: enough to waste little on padding, few enough to stay shuffled.
const BATCHES_OF_A_BUCKET: usize = 12;

/// One text as the network reads it.
pub(super) struct Example {
    pub(super) window: Vec<i64>,
    pub(super) truth: Truth,
}

/// Tokenises texts, cut after `max_tokens`.
pub(super) fn tokenise(
    texts: &[LabelledText],
    cutter: &WindowCutter,
    max_tokens: usize,
) -> Result<Vec<Example>, ClassifierError> {
    let example = |text: &LabelledText| {
        Ok(Example { window: cutter.first_window(&text.text, max_tokens)?, truth: text.truth })
    };
    texts.iter().map(example).collect()
}

/// The batches of one pass, each a list of places in `examples`: another order each pass, the same for the same seed.
pub(super) fn of_pass(examples: &[Example], seed: u64) -> Vec<Vec<usize>> {
    let at_random = |place: usize, salt: u64| xxh3_64_with_seed(&place.to_le_bytes(), seed ^ salt);
    let mut order: Vec<usize> = (0..examples.len()).collect();
    order.sort_by_cached_key(|&place| at_random(place, 0));
    let mut batches: Vec<Vec<usize>> = Vec::new();
    for bucket in order.chunks_mut(BATCH_SIZE * BATCHES_OF_A_BUCKET) {
        bucket.sort_by_key(|&place| examples[place].window.len());
        batches.extend(bucket.chunks(BATCH_SIZE).map(<[usize]>::to_vec));
    }
    batches.sort_by_cached_key(|batch| at_random(batch[0], 1));
    batches
}

/// The windows of a batch.
pub(super) fn windows(examples: &[Example], places: &[usize], pad: i64) -> Batch {
    Batch::new(places.iter().map(|&place| examples[place].window.as_slice()), pad)
}

/// Which tags hold and which were judged at all, as rows of 0 and 1.
pub(super) fn targets(examples: &[Example], places: &[usize]) -> (Tensor, Tensor) {
    let rows = |choose: fn(&Truth) -> &[bool; OUTPUTS]| {
        let values: Vec<f32> = places
            .iter()
            .flat_map(|&place| choose(&examples[place].truth).iter().map(|flag| f32::from(u8::from(*flag))))
            .collect();
        Tensor::from_slice(&values).view([-1, OUTPUTS.cast_signed() as i64]).to_kind(Kind::Float)
    };
    (rows(|truth| &truth.holds), rows(|truth| &truth.known))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(count: usize) -> Vec<Example> {
        let truth = Truth { holds: [false; OUTPUTS], known: [true; OUTPUTS] };
        (0..count).map(|index| Example { window: vec![0; 3 + index * 7 % 50], truth }).collect()
    }

    #[test]
    fn a_pass_visits_every_text_once_in_batches_of_similar_length() {
        let examples = examples(500);
        let batches = of_pass(&examples, 3);
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
        assert_eq!(of_pass(&examples, 1), of_pass(&examples, 1));
        assert_ne!(of_pass(&examples, 1), of_pass(&examples, 2));
    }
}
