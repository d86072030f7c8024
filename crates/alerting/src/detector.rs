//! Decides whether a brand's series left its baseline. Strictly causal: only what is already counted is looked at.

use std::collections::{BTreeMap, HashSet, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};
use domain::{Alert, Series};
use serde::{Deserialize, Serialize};

use crate::{baseline::HourlyCounts, observation::Observation};

/// The windows that are compared with the baseline: a sudden burst and a rise within the hour.
const WINDOWS: [TimeDelta; 2] = [TimeDelta::minutes(15), TimeDelta::minutes(60)];
/// What is kept for them.
pub(crate) const LONGEST_WINDOW: TimeDelta = TimeDelta::minutes(60);
/// Distance from usual, in robust standard deviations, that fires.
const SCORE_THAT_FIRES: f32 = 5.0;
/// An incident lasts while its series stays above this.
const SCORE_THAT_LASTS: f32 = 2.0;
/// Fewer mentions of an emotion than this are never an alert.
const FEWEST_EMOTIONAL: u32 = 5;
/// Talk alone must be more: a few friendly posts in an hour are no event.
const FEWEST_MENTIONS: u32 = 8;
/// One person who writes many times is a case, no crisis.
const FEWEST_AUTHORS: usize = 3;
/// A series fires again within this time only when it doubled.
const REFRACTORY: TimeDelta = TimeDelta::hours(3);
/// What is older when it is collected trains the baseline and fires nothing: it is history, not news.
const OLDEST_NEWS: TimeDelta = TimeDelta::hours(24);
/// Bounds the memory of a brand in a storm; the counts beyond are in the baseline all the same.
const MOST_IN_WINDOW: usize = 5_000;

/// What is known of one brand.
#[derive(Debug, Clone)]
pub(crate) struct BrandState {
    pub(crate) memory: Memory,
    /// The mentions of the last hour, by time of publication.
    pub(crate) window: VecDeque<Observation>,
}

/// The part of it that the store holds as one row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Memory {
    pub(crate) counts: HourlyCounts,
    /// When each series fired last, and how strongly.
    fired: Vec<(Series, DateTime<Utc>, f32)>,
}

impl BrandState {
    pub(crate) fn new(at: DateTime<Utc>) -> Self {
        let memory = Memory { counts: HourlyCounts::new(at), fired: Vec::new() };
        Self { memory, window: VecDeque::new() }
    }

    /// Counts one mention; returns the alert that it sets off, if it does.
    pub(crate) fn observe(&mut self, observation: Observation, collected_at: DateTime<Utc>) -> Option<Alert> {
        let at = observation.published_at;
        for series in observation.series() {
            self.memory.counts.add(series, at, 1);
        }
        let is_news = collected_at - at <= OLDEST_NEWS;
        let touched: Vec<Series> = observation.series().collect();
        let now = self.remember(observation);
        if !is_news || !self.memory.counts.is_warm(now) {
            return None;
        }
        // Every series is asked, so that each remembers that it fired; the sharpest speaks for all.
        let fired: Vec<Alert> = touched.into_iter().filter_map(|series| self.evaluate(series, now)).collect();
        fired.into_iter().max_by(|a, b| a.score.total_cmp(&b.score))
    }

    /// Puts a mention into the window by its time; returns the newest time in it.
    fn remember(&mut self, observation: Observation) -> DateTime<Utc> {
        let at = observation.published_at;
        let place = self.window.partition_point(|other| other.published_at <= at);
        self.window.insert(place, observation);
        let newest = self.window.back().map_or(at, |newest| newest.published_at);
        while self.window.front().is_some_and(|oldest| oldest.published_at <= newest - LONGEST_WINDOW)
            || self.window.len() > MOST_IN_WINDOW
        {
            self.window.pop_front();
        }
        newest
    }

    /// The alert of a series, unless it is usual or fired already.
    fn evaluate(&mut self, series: Series, now: DateTime<Utc>) -> Option<Alert> {
        let usual = self.memory.counts.usual(series, now);
        let fewest = if series == Series::Mentions { FEWEST_MENTIONS } else { FEWEST_EMOTIONAL };
        let alerts = WINDOWS.into_iter().filter_map(|window| {
            let in_window = self.window.iter().rev().take_while(|o| o.published_at > now - window);
            let mentions: Vec<&Observation> = in_window.filter(|o| o.is_in(series)).collect();
            let observed = u32::try_from(mentions.len()).unwrap_or(u32::MAX);
            let hours = window.num_seconds() as f32 / 3600.0;
            let score = usual.score(observed, hours);
            let fires = observed >= fewest && score >= SCORE_THAT_FIRES && has_several_authors(&mentions);
            fires.then(|| Alert {
                series,
                fired_at: now,
                observed,
                expected: usual.per_hour * hours,
                score,
                window_seconds: window.num_seconds().unsigned_abs() as u32,
            })
        });
        let alert = alerts.max_by(|a, b| a.score.total_cmp(&b.score))?;
        self.memory.may_fire(&alert).then_some(alert)
    }

    /// Whether a series is still clearly above what is usual.
    pub(crate) fn is_unusual(&self, series: Series, now: DateTime<Utc>) -> bool {
        let window = self.window.iter().rev().take_while(|o| o.published_at > now - LONGEST_WINDOW);
        let observed = window.filter(|o| o.is_in(series)).count();
        let usual = self.memory.counts.usual(series, now);
        usual.score(u32::try_from(observed).unwrap_or(u32::MAX), 1.0) >= SCORE_THAT_LASTS
    }

    /// Mentions of a series in the hour before now, oldest first.
    pub(crate) fn recent(&self, series: Series) -> impl Iterator<Item = &Observation> {
        self.window.iter().filter(move |observation| observation.is_in(series))
    }
}

impl Memory {
    /// Notes the firing; false while the series fired a short while ago and has not doubled since.
    fn may_fire(&mut self, alert: &Alert) -> bool {
        let last = self.fired.iter_mut().find(|(series, _, _)| *series == alert.series);
        match last {
            Some((_, at, score)) => {
                let is_new = alert.fired_at - *at >= REFRACTORY || alert.score >= *score * 2.0;
                if is_new {
                    (*at, *score) = (alert.fired_at, alert.score);
                }
                is_new
            }
            None => {
                self.fired.push((alert.series, alert.fired_at, alert.score));
                true
            }
        }
    }
}

/// Mentions without an author, such as articles, count as one each.
fn has_several_authors(mentions: &[&Observation]) -> bool {
    let anonymous = mentions.iter().filter(|mention| mention.author.is_none()).count();
    let named: HashSet<&str> = mentions.iter().filter_map(|mention| mention.author.as_deref()).collect();
    anonymous + named.len() >= FEWEST_AUTHORS
}

/// What most of the mentions have in common: how many of them carry each value.
pub(crate) fn counted<T: Ord>(values: impl Iterator<Item = T>) -> BTreeMap<T, u32> {
    let mut counts = BTreeMap::new();
    for value in values {
        *counts.entry(value).or_insert(0) += 1;
    }
    counts
}
