//! Scores in ten equal bins: what calibration is judged by, as a number and as a plot.

use std::ops::Range;

use domain::Tag;

use super::Judged;

const BINS: usize = 10;

/// The scores of one bin.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bin {
    /// How many.
    pub(super) count: usize,
    /// Their sum.
    pub(super) scores: f64,
    /// Those whose texts carry the tag.
    pub(super) carrying: usize,
}

/// All judged scores of some outputs.
pub(super) fn bins<'a>(texts: impl Iterator<Item = &'a Judged>, outputs: &Range<usize>) -> [Bin; BINS] {
    let mut bins = [Bin::default(); BINS];
    for Judged { truth, tags, .. } in texts {
        for (output, tag) in Tag::all().enumerate().filter(|(output, _)| outputs.contains(output)) {
            if truth.known[output] {
                let score = tags.score(tag);
                let bin = &mut bins[((score * BINS as f32) as usize).min(BINS - 1)];
                bin.count += 1;
                bin.scores += f64::from(score);
                bin.carrying += usize::from(truth.holds[output]);
            }
        }
    }
    bins
}

/// The expected calibration error: how far scores and shares are apart, each bin by its number of scores.
pub(super) fn error<'a>(texts: impl Iterator<Item = &'a Judged>, outputs: &Range<usize>) -> f32 {
    let bins = bins(texts, outputs);
    let total: usize = bins.iter().map(|bin| bin.count).sum();
    let apart: f64 = bins.iter().map(|bin| (bin.scores - bin.carrying as f64).abs()).sum();
    if total == 0 { 0.0 } else { (apart / total as f64) as f32 }
}
