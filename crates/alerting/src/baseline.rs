//! What is usual for a brand: hourly counts of the last four weeks, in the time of publication.
//!
//! Counts are small and have a daily rhythm, so the usual of an hour is taken from the same hour, and its neighbours, of the days
//! before. The largest tenth of these samples is left out: a past crisis is not usual. Few samples are pulled towards the brand's
//! level of the last week.

use chrono::{DateTime, Utc};
use domain::{Emotion, Series};
use serde::{Deserialize, Serialize};

/// How far back counts are kept.
const DAYS: i64 = 28;
const HOURS: usize = (DAYS * 24) as usize;
/// All mentions, then one series an emotion.
const SERIES: usize = 1 + Emotion::ALL.len();
/// How many samples the level of the last week weighs.
const LEVEL_WEIGHT: f32 = 3.0;
const LEVEL_HOURS: i64 = 7 * 24;
/// With fewer samples their spread says nothing.
const SAMPLES_FOR_SPREAD: usize = 9;
const DEFAULT_DISPERSION: f32 = 1.5;
/// Variance over mean: 1 for events that come independently of each other, more for those that come in bursts.
const DISPERSION_RANGE: (f32, f32) = (1.0, 4.0);
/// Alerts need this much history: before, everything would be unusual.
pub(crate) const HOURS_BEFORE_ALERTS: i64 = 24;

/// What is usual in an hour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usual {
    /// Mentions.
    pub(crate) per_hour: f32,
    /// Variance over mean.
    pub(crate) dispersion: f32,
}

/// Hourly counts of every series of one brand. The order in which mentions arrive does not matter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct HourlyCounts {
    /// The first hour that anything was counted in, in hours since 1970.
    first_hour: i64,
    newest_hour: i64,
    /// A ring for each series: hour `h` lies at `h` modulo its length.
    rings: Vec<Vec<u16>>,
}

impl HourlyCounts {
    /// Counts that begin in the hour of `at`.
    pub(crate) fn new(at: DateTime<Utc>) -> Self {
        let hour = hour_of(at);
        Self { first_hour: hour, newest_hour: hour, rings: vec![vec![0; HOURS]; SERIES] }
    }

    /// Whether rings read back from the store have the shape that this program expects.
    pub(crate) fn is_well_formed(&self) -> bool {
        self.rings.len() == SERIES && self.rings.iter().all(|ring| ring.len() == HOURS)
    }

    /// Counts mentions at a moment; what is older than four weeks is left out.
    pub(crate) fn add(&mut self, series: Series, at: DateTime<Utc>, mentions: u16) {
        let hour = hour_of(at);
        if hour <= self.newest_hour - HOURS as i64 {
            return;
        }
        self.advance_to(hour);
        self.first_hour = self.first_hour.min(hour).max(self.newest_hour - HOURS as i64 + 1);
        let count = &mut self.rings[ring_of(series)][slot(hour)];
        *count = count.saturating_add(mentions);
    }

    /// Forgets what a new hour takes the place of.
    fn advance_to(&mut self, hour: i64) {
        if hour <= self.newest_hour {
            return;
        }
        let oldest_forgotten = (self.newest_hour + 1).max(hour - HOURS as i64 + 1);
        for forgotten in oldest_forgotten..=hour {
            for ring in &mut self.rings {
                ring[slot(forgotten)] = 0;
            }
        }
        self.newest_hour = hour;
    }

    /// Whether enough is known to tell what is unusual at `at`.
    pub(crate) fn is_warm(&self, at: DateTime<Utc>) -> bool {
        hour_of(at) - self.first_hour >= HOURS_BEFORE_ALERTS
    }

    /// What is usual for a series in the hour of `at`, from the days before.
    pub(crate) fn usual(&self, series: Series, at: DateTime<Utc>) -> Usual {
        let hour = hour_of(at);
        let mut samples = Vec::with_capacity(3 * DAYS as usize);
        for day in 1..DAYS {
            let same_hour = hour - 24 * day;
            samples.extend((same_hour - 1..=same_hour + 1).filter_map(|hour| self.count(series, hour)));
        }
        let last_week = (hour - LEVEL_HOURS..hour).filter_map(|hour| self.count(series, hour)).collect();
        let level = mean(&without_largest(last_week));
        let samples = without_largest(samples);
        let mean = mean(&samples);
        let weight = samples.len() as f32;
        let per_hour = (mean * weight + level * LEVEL_WEIGHT) / (weight + LEVEL_WEIGHT);
        Usual { per_hour, dispersion: dispersion(&samples, mean) }
    }

    fn count(&self, series: Series, hour: i64) -> Option<u16> {
        let is_known =
            hour >= self.first_hour && hour <= self.newest_hour && hour > self.newest_hour - HOURS as i64;
        is_known.then(|| self.rings[ring_of(series)][slot(hour)])
    }
}

impl Usual {
    /// Distance of a count in a window from what is usual, in robust standard deviations.
    ///
    /// The one added to the variance keeps the first mention of a quiet series from being a sensation.
    pub(crate) fn score(self, observed: u32, window_hours: f32) -> f32 {
        let expected = self.per_hour * window_hours;
        (observed as f32 - expected) / (1.0 + self.dispersion * expected).sqrt()
    }
}

/// The same samples without the largest tenth.
fn without_largest(mut samples: Vec<u16>) -> Vec<u16> {
    samples.sort_unstable();
    samples.truncate(samples.len() - samples.len() / 10);
    samples
}

fn mean(samples: &[u16]) -> f32 {
    if samples.is_empty() {
        return 0.0;
    }
    samples.iter().map(|&count| f32::from(count)).sum::<f32>() / samples.len() as f32
}

fn dispersion(samples: &[u16], mean: f32) -> f32 {
    if samples.len() < SAMPLES_FOR_SPREAD || mean <= 0.0 {
        return DEFAULT_DISPERSION;
    }
    let squares = samples.iter().map(|&count| (f32::from(count) - mean).powi(2));
    let variance = squares.sum::<f32>() / samples.len() as f32;
    (variance / mean).clamp(DISPERSION_RANGE.0, DISPERSION_RANGE.1)
}

fn ring_of(series: Series) -> usize {
    match series {
        Series::Mentions => 0,
        Series::Emotion(emotion) => 1 + emotion as usize,
    }
}

fn hour_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(3600)
}

fn slot(hour: i64) -> usize {
    hour.rem_euclid(HOURS as i64) as usize
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at_hour(hour: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap() + TimeDelta::hours(hour)
    }

    #[test]
    fn the_usual_follows_the_hour_of_the_day_and_forgets_a_crisis() {
        let mut counts = HourlyCounts::new(at_hour(0));
        for hour in 0..14 * 24 {
            let busy = hour % 24 == 12;
            counts.add(Series::Mentions, at_hour(hour), if busy { 20 } else { 2 });
        }
        let before = counts.usual(Series::Mentions, at_hour(14 * 24));
        counts.add(Series::Mentions, at_hour(10 * 24), 500);
        let quiet = counts.usual(Series::Mentions, at_hour(14 * 24));
        assert!((quiet.per_hour - before.per_hour).abs() < 0.5, "{quiet:?} against {before:?}");
        assert!(counts.usual(Series::Mentions, at_hour(14 * 24 + 12)).per_hour > 3.0 * quiet.per_hour);
    }

    #[test]
    fn a_day_of_history_is_needed() {
        let mut counts = HourlyCounts::new(at_hour(0));
        assert!(!counts.is_warm(at_hour(23)));
        assert!(counts.is_warm(at_hour(24)));
        // Older mentions that are collected later count as history too.
        counts.add(Series::Mentions, at_hour(-24), 1);
        assert!(counts.is_warm(at_hour(0)));
    }

    #[test]
    fn old_hours_are_forgotten() {
        let mut counts = HourlyCounts::new(at_hour(0));
        counts.add(Series::Mentions, at_hour(0), 9);
        counts.add(Series::Mentions, at_hour(10_000), 1);
        assert_eq!(counts.rings[0].iter().map(|&count| u32::from(count)).sum::<u32>(), 1);
        counts.add(Series::Mentions, at_hour(0), 9);
        assert_eq!(counts.rings[0].iter().map(|&count| u32::from(count)).sum::<u32>(), 1);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(mut hours in prop::collection::vec(0_i64..600, 1..60), at in 0_i64..700) {
            let build = |hours: &[i64]| {
                let mut counts = HourlyCounts::new(at_hour(hours[0]));
                hours.iter().for_each(|hour| counts.add(Series::Mentions, at_hour(*hour), 1));
                counts
            };
            let forwards = build(&hours);
            hours.reverse();
            prop_assert_eq!(&forwards, &build(&hours));
            let usual = forwards.usual(Series::Mentions, at_hour(at));
            prop_assert!(usual.per_hour.is_finite() && usual.per_hour >= 0.0);
            prop_assert!(usual.score(1000, 0.25).is_finite());
        }
    }
}
