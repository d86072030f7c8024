//! MinHash: a short signature whose agreement estimates how many word sequences two texts share.

use xxhash_rust::xxh3::xxh3_64;

/// Values of a signature.
pub(super) const VALUES: usize = 64;
/// Values of a band. Two texts that share four fifths of their sequences agree in one of 16 bands of 4 with
/// probability 0.9998; two that share a third, in one of six pairs.
const BAND: usize = 4;
/// Words of a sequence: enough for their order to matter.
const SEQUENCE: usize = 3;

/// The signature of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Signature([u32; VALUES]);

impl Signature {
    /// Of a text with these words; none where they are too few for a sequence.
    pub(super) fn new(words: &[String]) -> Option<Self> {
        let mut signature = [u32::MAX; VALUES];
        if words.len() < SEQUENCE {
            return None;
        }
        for sequence in words.windows(SEQUENCE) {
            let hash = xxh3_64(sequence.join(" ").as_bytes());
            for (index, value) in signature.iter_mut().enumerate() {
                *value = (*value).min(permuted(hash, index as u64));
            }
        }
        Some(Self(signature))
    }

    /// An estimate of the share of sequences that two texts have in common.
    pub(super) fn similarity(&self, other: &Self) -> f32 {
        let equal = self.0.iter().zip(&other.0).filter(|(a, b)| a == b).count();
        equal as f32 / VALUES as f32
    }

    /// A number for each band, different for different bands.
    pub(super) fn bands(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.chunks_exact(BAND).enumerate().map(|(band, values)| {
            values.iter().fold(band as u64, |hash, value| mixed(hash ^ u64::from(*value)))
        })
    }
}

/// One of 64 orders in which hashes can be counted.
fn permuted(hash: u64, order: u64) -> u32 {
    (mixed(hash ^ (order + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15)) >> 32) as u32
}

/// The finaliser of SplitMix64: every bit of the result depends on every bit given.
fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(numbers: impl Iterator<Item = usize>) -> Vec<String> {
        numbers.map(|number| format!("mot{number}")).collect()
    }

    #[test]
    fn agreement_estimates_the_shared_sequences() {
        let base = Signature::new(&words(0..100)).unwrap();
        assert_eq!(base.similarity(&base), 1.0);
        // 78 of 118 sequences in common.
        let half = Signature::new(&words(20..120)).unwrap();
        assert!((base.similarity(&half) - 78.0 / 118.0).abs() < 0.2);
        let none = Signature::new(&words(200..300)).unwrap();
        assert!(base.similarity(&none) < 0.1);
        assert!(base.bands().zip(none.bands()).all(|(a, b)| a != b));
    }

    #[test]
    fn too_few_words_have_no_signature() {
        assert!(Signature::new(&words(0..2)).is_none());
    }
}
