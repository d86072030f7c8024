//! The points of a timeline: when each begins, and which counts belong to it.

use chrono::{DateTime, DurationRound, NaiveDate, TimeDelta, TimeZone, Timelike, Utc};
use chrono_tz::Tz;

use crate::{AnalyticsError, Bucket};

/// More than an hour's points of five years.
pub(crate) const MAX_POINTS: usize = 50_000;

/// How finely a period is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grain {
    /// By the hours that ClickHouse keeps counts of.
    Hour,
    /// By quarter-hours, from the mentions themselves: where clocks differ from UTC by half or quarter hours, midnight lies inside
    /// an hour of UTC.
    Quarter,
}

impl Grain {
    /// The grain whose marks the ends of a period lie on. An end that lies on none, such as "now", is rounded to the hour.
    pub(crate) fn of_period(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        if is_inside_hour(from) || is_inside_hour(to) { Self::Quarter } else { Self::Hour }
    }

    fn length(self) -> TimeDelta {
        match self {
            Self::Hour => TimeDelta::hours(1),
            Self::Quarter => TimeDelta::minutes(15),
        }
    }

    /// The last mark that is not later.
    pub(crate) fn down(self, at: DateTime<Utc>) -> DateTime<Utc> {
        at.duration_trunc(self.length()).unwrap_or(at)
    }

    /// The first mark that is not earlier.
    pub(crate) fn up(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let down = self.down(at);
        if down == at { at } else { down.checked_add_signed(self.length()).unwrap_or(at) }
    }
}

/// Whether the moment is a whole quarter-hour, but no whole hour.
fn is_inside_hour(at: DateTime<Utc>) -> bool {
    at.minute() != 0 && at.minute().is_multiple_of(15) && at.second() == 0 && at.nanosecond() == 0
}

/// When each point from `from` until `to` begins. The first one may begin before `from`.
pub(crate) fn starts(
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    bucket: Bucket,
    zone: Tz,
) -> Result<Vec<DateTime<Utc>>, AnalyticsError> {
    if from >= to {
        return Ok(Vec::new());
    }
    let shortest = match bucket {
        Bucket::Hour => TimeDelta::hours(1),
        Bucket::Day => TimeDelta::hours(23),
    };
    let most = (to - from).num_seconds() / shortest.num_seconds();
    if most >= MAX_POINTS as i64 {
        return Err(AnalyticsError::TooManyPoints(MAX_POINTS));
    }
    let starts = match bucket {
        Bucket::Hour => {
            let first = Grain::Hour.down(from);
            let next = |at: &DateTime<Utc>| at.checked_add_signed(TimeDelta::hours(1));
            std::iter::successors(Some(first), next).take_while(|at| *at < to).collect()
        }
        Bucket::Day => {
            let first = from.with_timezone(&zone).date_naive();
            first.iter_days().map(|day| midnight(day, zone)).take_while(|at| *at < to).collect()
        }
    };
    Ok(starts)
}

/// When a day begins. Where the clock is put forward at midnight, the day begins later.
fn midnight(day: NaiveDate, zone: Tz) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    let quarters = (0..96).map(|quarter| midnight + TimeDelta::minutes(15 * quarter));
    let first = quarters.filter_map(|local| zone.from_local_datetime(&local).earliest()).next();
    first.map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
}

/// The grain in which counts can be told apart into these points.
pub(crate) fn grain(starts: &[DateTime<Utc>], from: DateTime<Utc>, to: DateTime<Utc>) -> Grain {
    if starts.iter().any(|start| is_inside_hour(*start)) {
        Grain::Quarter
    } else {
        Grain::of_period(from, to)
    }
}

/// The point that a moment belongs to.
pub(crate) fn index_of(starts: &[DateTime<Utc>], at: DateTime<Utc>) -> Option<usize> {
    starts.partition_point(|start| *start <= at).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn days(from: &str, to: &str, zone: Tz) -> Vec<String> {
        let starts = starts(at(from), at(to), Bucket::Day, zone).unwrap();
        starts.iter().map(|start| start.format("%m-%dT%H:%M").to_string()).collect()
    }

    #[test]
    fn days_begin_at_midnight_of_the_zone_also_when_clocks_change() {
        let paris = days("2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z", chrono_tz::Europe::Paris);
        assert_eq!(paris, ["10-23T22:00", "10-24T22:00", "10-25T23:00"]);
        // The clock went from 00:00 to 01:00 that day.
        let beirut = days("2026-03-28T00:00:00Z", "2026-03-29T12:00:00Z", chrono_tz::Asia::Beirut);
        assert_eq!(beirut, ["03-27T22:00", "03-28T22:00"]);
        let kolkata = days("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", chrono_tz::Asia::Kolkata);
        assert_eq!(kolkata, ["12-31T18:30", "01-01T18:30"]);
    }

    #[test]
    fn each_moment_belongs_to_one_point() {
        let starts =
            starts(at("2026-01-01T10:20:00Z"), at("2026-01-01T12:00:00Z"), Bucket::Hour, Tz::UTC).unwrap();
        assert_eq!(starts, [at("2026-01-01T10:00:00Z"), at("2026-01-01T11:00:00Z")]);
        assert_eq!(index_of(&starts, at("2026-01-01T10:59:59Z")), Some(0));
        assert_eq!(index_of(&starts, at("2026-01-01T11:00:00Z")), Some(1));
        assert_eq!(index_of(&starts, at("2026-01-01T09:59:59Z")), None);
    }

    #[test]
    fn only_midnights_inside_an_hour_need_the_fine_grain() {
        let (hour, half, odd) =
            (at("2026-01-01T10:00:00Z"), at("2026-01-01T18:30:00Z"), at("2026-01-01T18:31:07Z"));
        assert_eq!(Grain::of_period(hour, odd), Grain::Hour);
        assert_eq!(Grain::of_period(half, odd), Grain::Quarter);
        assert_eq!(Grain::Hour.down(odd), at("2026-01-01T18:00:00Z"));
        assert_eq!(Grain::Hour.up(odd), at("2026-01-01T19:00:00Z"));
        assert_eq!(Grain::Quarter.up(odd), at("2026-01-01T18:45:00Z"));
        assert_eq!(Grain::Hour.up(hour), hour);
        assert_eq!(grain(&[half], hour, odd), Grain::Quarter);
    }

    #[test]
    fn absurd_periods_are_refused_and_empty_ones_have_no_points() {
        let (from, to) = (DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC);
        for bucket in [Bucket::Hour, Bucket::Day] {
            assert!(matches!(starts(from, to, bucket, Tz::UTC), Err(AnalyticsError::TooManyPoints(_))));
            assert!(starts(to, from, bucket, Tz::UTC).unwrap().is_empty());
            assert!(starts(from, from, bucket, Tz::UTC).unwrap().is_empty());
        }
    }

    #[test]
    fn rounding_at_the_ends_of_time_does_not_panic() {
        for grain in [Grain::Hour, Grain::Quarter] {
            for at in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                assert!(grain.down(at) <= at || grain.up(at) >= at);
            }
        }
    }
}
