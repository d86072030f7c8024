//! From logits to honest scores and sensible thresholds, learnt on the texts held out.

use domain::Tag;

use crate::{
    evaluate::Counts,
    labels::{OUTPUTS, Truth},
    settings::OutputSettings,
};

/// Thresholds stay in these bounds, whatever a few texts suggest.
const THRESHOLDS: (f32, f32) = (0.2, 0.65);
/// Candidates are this far apart.
const THRESHOLD_STEP: f32 = 0.01;
/// The F1 at a threshold is averaged over this many candidates on either side, so that no single text decides.
const SMOOTHING: usize = 6;
/// So many carrying texts weigh as much as what theory expects: with calibrated scores, the best threshold is half of
/// the F1 that it reaches.
const WEIGHT_OF_THEORY: f32 = 15.0;

/// Pulls the slope towards 1 and the offset towards 0: with few texts, the logits are trusted as they are.
const SLOPE_PRIOR: f64 = 2.0;
const OFFSET_PRIOR: f64 = 0.2;
const SMALLEST_SLOPE: f64 = 0.2;

/// Calibrates every output.
pub(super) fn calibrate(logits: &[[f32; OUTPUTS]], truths: &[Truth]) -> Vec<OutputSettings> {
    Tag::all()
        .enumerate()
        .map(|(output, tag)| {
            let judged: Vec<(f32, bool)> = logits
                .iter()
                .zip(truths)
                .filter(|(_, truth)| truth.known[output])
                .map(|(logits, truth)| (logits[output], truth.holds[output]))
                .collect();
            let (slope, offset) = platt(&judged);
            let mut settings = OutputSettings { tag, slope, offset, threshold: 0.5 };
            let scored: Vec<(f32, bool)> =
                judged.iter().map(|&(logit, holds)| (settings.score(logit), holds)).collect();
            settings.threshold = threshold(&scored);
            settings
        })
        .collect()
}

/// Platt's scaling: the slope and offset under which the labels are most likely, by Newton's method.
fn platt(judged: &[(f32, bool)]) -> (f32, f32) {
    let carrying = judged.iter().filter(|(_, holds)| *holds).count() as f64;
    let others = judged.len() as f64 - carrying;
    // Platt's own targets: a little short of 0 and 1, so that separable texts do not make the slope infinite.
    let (high, low) = ((carrying + 1.0) / (carrying + 2.0), 1.0 / (others + 2.0));
    let (mut slope, mut offset) = (1.0f64, 0.0f64);
    for _ in 0..50 {
        let mut gradient = [SLOPE_PRIOR * (slope - 1.0), OFFSET_PRIOR * offset];
        let mut hessian = [SLOPE_PRIOR + 1e-6, 0.0, OFFSET_PRIOR + 1e-6];
        for &(logit, holds) in judged {
            let logit = f64::from(logit);
            let score = 1.0 / (1.0 + (-(slope * logit + offset)).exp());
            let error = score - if holds { high } else { low };
            let curvature = score * (1.0 - score);
            gradient[0] += error * logit;
            gradient[1] += error;
            hessian[0] += curvature * logit * logit;
            hessian[1] += curvature * logit;
            hessian[2] += curvature;
        }
        let determinant = hessian[0] * hessian[2] - hessian[1] * hessian[1];
        let change = [
            (hessian[2] * gradient[0] - hessian[1] * gradient[1]) / determinant,
            (hessian[0] * gradient[1] - hessian[1] * gradient[0]) / determinant,
        ];
        // A full Newton step can overshoot far from the optimum.
        let damping = (1.0 / change[0].abs().max(change[1].abs()).max(1e-12)).min(1.0);
        slope -= damping * change[0];
        offset -= damping * change[1];
        if change.iter().all(|change| change.abs() < 1e-7) {
            break;
        }
    }
    if slope.is_finite() && offset.is_finite() {
        (slope.max(SMALLEST_SLOPE) as f32, offset as f32)
    } else {
        (1.0, 0.0)
    }
}

/// The threshold with the best F1 on a smoothed curve, drawn towards half of that F1 where few texts carry the tag.
fn threshold(scored: &[(f32, bool)]) -> f32 {
    let carrying = scored.iter().filter(|(_, holds)| *holds).count() as f32;
    let (lowest, highest) = THRESHOLDS;
    let count = ((highest - lowest) / THRESHOLD_STEP).round() as usize + 1;
    let candidates: Vec<f32> = (0..count).map(|index| lowest + index as f32 * THRESHOLD_STEP).collect();
    let f1: Vec<f32> = candidates
        .iter()
        .map(|&threshold| {
            let mut counts = Counts::default();
            scored.iter().for_each(|&(score, holds)| counts.add(holds, score >= threshold));
            counts.f1()
        })
        .collect();
    let smoothed = |index: usize| {
        let around = &f1[index.saturating_sub(SMOOTHING)..(index + SMOOTHING + 1).min(count)];
        around.iter().sum::<f32>() / around.len() as f32
    };
    let best = (0..count).max_by(|&a, &b| smoothed(a).total_cmp(&smoothed(b))).unwrap_or(0);
    let expected = (smoothed(best) / 2.0).clamp(lowest, highest);
    let trust = carrying / (carrying + WEIGHT_OF_THEORY);
    trust * candidates[best] + (1.0 - trust) * expected
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Logits whose true log-odds are `slope × logit + offset`, without chance: as many texts of each kind as expected.
    fn judged(slope: f32, offset: f32) -> Vec<(f32, bool)> {
        let mut judged = Vec::new();
        for index in -40..=40 {
            let logit = index as f32 / 8.0;
            let score = 1.0 / (1.0 + (-(slope * logit + offset)).exp());
            let carrying = (score * 100.0).round() as usize;
            judged.extend((0..100).map(|number| (logit, number < carrying)));
        }
        judged
    }

    #[test]
    fn finds_the_scaling_that_made_the_labels() {
        let (slope, offset) = platt(&judged(0.7, -1.2));
        assert!((slope - 0.7).abs() < 0.03 && (offset + 1.2).abs() < 0.05, "{slope} {offset}");
    }

    #[test]
    fn few_or_no_texts_leave_the_logits_as_they_are() {
        for judged in [vec![], vec![(2.0, true)], vec![(-1.0, false), (3.0, true)]] {
            let (slope, offset) = platt(&judged);
            assert!((slope - 1.0).abs() < 0.5 && offset.abs() < 1.5, "{judged:?}: {slope} {offset}");
        }
        let (slope, _) = platt(&[(5.0, false), (-5.0, true), (4.0, false), (-4.0, true)].repeat(20));
        assert!(slope > 0.0, "a useless output must not be turned around");
    }

    #[test]
    fn thresholds_stay_in_bounds() {
        let (lowest, highest) = THRESHOLDS;
        for scored in [vec![], vec![(0.01, true)], vec![(0.99, true); 300], vec![(0.9, false), (0.8, true)]] {
            let threshold = threshold(&scored);
            assert!((lowest..=highest).contains(&threshold), "{threshold} for {scored:?}");
        }
    }

    #[test]
    fn the_best_threshold_is_found_where_many_texts_tell() {
        let scored = |from: usize| -> Vec<(f32, bool)> {
            (0..400).map(|index| (0.01 * (index % 100) as f32, index % 100 >= from)).collect()
        };
        let (low, high) = (threshold(&scored(30)), threshold(&scored(60)));
        assert!((0.25..0.36).contains(&low) && (0.53..0.63).contains(&high), "{low} {high}");
    }

    #[test]
    fn few_texts_leave_the_threshold_to_theory() {
        // Two texts found with F1 1 at any threshold up to 0.64: theory says 0.5.
        let found = threshold(&[(0.64, true), (0.64, true), (0.1, false)]);
        assert!((found - 0.5).abs() < 0.05, "{found}");
    }
}
