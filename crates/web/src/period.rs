//! The periods of the trends: how far back, in steps of which length.

use analytics::Bucket;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

/// How far back the trends go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
pub(crate) enum Period {
    /// The last 24 hours.
    #[serde(rename = "24h")]
    Day,
    /// Today and the six days before.
    #[default]
    #[serde(rename = "7d")]
    Week,
    /// Today and the 29 days before.
    #[serde(rename = "30d")]
    Month,
    /// Today and the 89 days before.
    #[serde(rename = "90d")]
    Quarter,
}

/// The length of a step, as addresses name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Step {
    Hour,
    Day,
}

impl Step {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }

    pub(crate) fn bucket(self) -> Bucket {
        match self {
            Self::Hour => Bucket::Hour,
            Self::Day => Bucket::Day,
        }
    }
}

/// From when to when, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: DateTime<Utc>,
    pub(crate) to: DateTime<Utc>,
}

impl Period {
    pub(crate) const ALL: [Period; 4] = [Self::Day, Self::Week, Self::Month, Self::Quarter];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// The period that ends with the hour of `now`. Days begin at midnight of the zone, so that a search for these days finds
    /// the same mentions.
    pub(crate) fn span(self, now: DateTime<Utc>, zone: Tz) -> Span {
        let to = end_of_hour(now);
        let days_before = match self {
            Self::Day => return Span { from: to - TimeDelta::hours(24), to },
            Self::Week => 6,
            Self::Month => 29,
            Self::Quarter => 89,
        };
        let today = now.with_timezone(&zone).date_naive();
        let first = today.checked_sub_days(Days::new(days_before)).unwrap_or(today);
        Span { from: query::start_of_day(first, zone), to }
    }

    /// The steps that make a readable chart of this period, the usual one first.
    pub(crate) fn steps(self) -> &'static [Step] {
        match self {
            Self::Day => &[Step::Hour],
            Self::Week => &[Step::Day, Step::Hour],
            Self::Month | Self::Quarter => &[Step::Day],
        }
    }

    /// The wanted step where it makes a readable chart, else the usual one.
    pub(crate) fn step(self, wanted: Option<Step>) -> Step {
        let steps = self.steps();
        wanted.filter(|step| steps.contains(step)).unwrap_or(steps[0])
    }
}

impl Span {
    /// The first and the last day, as a search names them.
    pub(crate) fn days(self, zone: Tz) -> (NaiveDate, NaiveDate) {
        let day = |at: DateTime<Utc>| at.with_timezone(&zone).date_naive();
        (day(self.from), day(self.to - TimeDelta::seconds(1)))
    }

    /// The period of the same length just before.
    pub(crate) fn before(self) -> Self {
        Self { from: self.from - (self.to - self.from), to: self.from }
    }
}

fn end_of_hour(at: DateTime<Utc>) -> DateTime<Utc> {
    let hours = at.timestamp().div_euclid(3600) + 1;
    DateTime::from_timestamp(hours * 3600, 0).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARIS: Tz = chrono_tz::Europe::Paris;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone_and_the_period_ends_with_the_hour() {
        let now = at("2026-11-24T09:20:00Z");
        let week = Period::Week.span(now, PARIS);
        assert_eq!(week, Span { from: at("2026-11-17T23:00:00Z"), to: at("2026-11-24T10:00:00Z") });
        let (first, last) = week.days(PARIS);
        assert_eq!((first.to_string(), last.to_string()), ("2026-11-18".to_owned(), "2026-11-24".to_owned()));
        let day = Period::Day.span(now, PARIS);
        assert_eq!(day, Span { from: at("2026-11-23T10:00:00Z"), to: at("2026-11-24T10:00:00Z") });
        assert_eq!(day.before(), Span { from: at("2026-11-22T10:00:00Z"), to: day.from });
    }

    #[test]
    fn a_period_across_the_change_of_clocks_begins_at_midnight_too() {
        let month = Period::Month.span(at("2026-11-10T12:00:00Z"), PARIS);
        assert_eq!(month.from, at("2026-10-11T22:00:00Z"));
    }

    #[test]
    fn a_step_that_would_be_unreadable_is_not_taken() {
        assert_eq!(Period::Quarter.step(Some(Step::Hour)), Step::Day);
        assert_eq!(Period::Week.step(Some(Step::Hour)), Step::Hour);
        assert_eq!(Period::Day.step(None), Step::Hour);
    }
}
