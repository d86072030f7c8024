//! Dates as files write them. Days come before months, as in France; without a time zone the brand's holds.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use query::analysis::fold_label;

const MONTHS: [[&str; 2]; 12] = [
    ["january", "janvier"],
    ["february", "fevrier"],
    ["march", "mars"],
    ["april", "avril"],
    ["may", "mai"],
    ["june", "juin"],
    ["july", "juillet"],
    ["august", "aout"],
    ["september", "septembre"],
    ["october", "octobre"],
    ["november", "novembre"],
    ["december", "decembre"],
];

/// The moment that a text names. Knows ISO 8601, e-mail dates, `24/11/2026 10:05`, `24 novembre 2026 à 10h05`, and seconds or
/// milliseconds since 1970.
pub(super) fn parse(text: &str, time_zone: &impl TimeZone) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(parsed) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(parsed.to_utc());
    }
    if let Some(epoch) = epoch(text) {
        return Some(epoch);
    }
    let with_offset = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z", "%Y-%m-%d %H:%M:%S%.f UTC"];
    if let Some(parsed) =
        with_offset[..2].iter().find_map(|format| DateTime::parse_from_str(text, format).ok())
    {
        return Some(parsed.to_utc());
    }
    if let Ok(parsed) = NaiveDateTime::parse_from_str(text, with_offset[2]) {
        return Some(parsed.and_utc());
    }
    local(text).and_then(|local| in_zone(local, time_zone))
}

fn epoch(text: &str) -> Option<DateTime<Utc>> {
    let number: i64 = text.parse().ok()?;
    match text.len() {
        9 | 10 => DateTime::from_timestamp(number, 0),
        12 | 13 => DateTime::from_timestamp_millis(number),
        _ => None,
    }
}

/// A moment in a time zone; one that the clocks skip in spring is taken an hour later, one that they repeat in autumn the first time.
fn in_zone(local: NaiveDateTime, time_zone: &impl TimeZone) -> Option<DateTime<Utc>> {
    let found = time_zone.from_local_datetime(&local).earliest();
    let found = found.or_else(|| time_zone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest());
    found.map(|moment| moment.to_utc())
}

/// A date and a time without a zone: words of digits and letters, whatever stands between them.
fn local(text: &str) -> Option<NaiveDateTime> {
    let mut words =
        text.split(|part: char| !part.is_alphanumeric()).filter(|word| !word.is_empty()).peekable();
    // Some write the day of the week first.
    words.next_if(|word| word.chars().all(char::is_alphabetic) && month(word).is_none());
    // In `2026-11-24T10:00` the letter between date and time is no word of its own.
    let (first, second, third) = (words.next()?, words.next()?, words.next()?);
    let (third, joined_hour) = match third.split_once('T') {
        Some((day, hour)) => (day, Some(hour)),
        None => (third, None),
    };
    let date = date(first, second, third)?;
    let mut time: Vec<u32> = Vec::new();
    let mut is_afternoon = None;
    for word in joined_hour.into_iter().chain(words) {
        match word.to_lowercase().as_str() {
            "à" | "a" | "at" | "t" => {}
            "am" => is_afternoon = Some(false),
            "pm" => is_afternoon = Some(true),
            word => {
                for number in word.split(['h', 'm', 's']).filter(|number| !number.is_empty()) {
                    time.push(number.parse().ok()?);
                }
            }
        }
    }
    let part = |index: usize| time.get(index).copied().unwrap_or(0);
    let hour = match (is_afternoon, part(0)) {
        (Some(true), hour @ 1..12) => hour + 12,
        (Some(false), 12) => 0,
        (_, hour) => hour,
    };
    // What follows the seconds are fractions of one.
    let time = (time.len() <= 4).then(|| NaiveTime::from_hms_opt(hour, part(1), part(2)))??;
    Some(date.and_time(time))
}

fn date(first: &str, second: &str, third: &str) -> Option<NaiveDate> {
    let number = |word: &str| word.trim_end_matches("er").parse::<u32>().ok();
    let is_year = first.len() == 4 && first.bytes().all(|byte| byte.is_ascii_digit());
    let (year, month, day) = if is_year {
        (first, month(second).or_else(|| number(second))?, number(third)?)
    } else if let Some(month) = month(first) {
        (third, month, number(second)?)
    } else {
        (third, month(second).or_else(|| number(second))?, number(first)?)
    };
    let year: i32 = match year.len() {
        4 => year.parse().ok()?,
        2 => 2000 + year.parse::<i32>().ok()?,
        _ => return None,
    };
    NaiveDate::from_ymd_opt(year, month, day).filter(|_| (1990..2200).contains(&year))
}

/// The number of a month by its name, or by the three letters or more that it begins with.
fn month(word: &str) -> Option<u32> {
    let folded = fold_label(word);
    let is_named =
        |names: &[&str; 2]| names.iter().any(|name| folded.len() >= 3 && name.starts_with(&folded));
    let index = MONTHS.iter().position(is_named)?;
    // `juin` and `juillet` share their first three letters.
    (folded != "jui").then(|| index as u32 + 1)
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::Paris;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_are_read_as_people_and_programs_write_them() {
        for written in [
            "2026-11-24T09:05:00Z",
            "2026-11-24T10:05:00+01:00",
            "2026-11-24 10:05:00+0100",
            "2026-11-24 09:05:00 UTC",
            "Tue, 24 Nov 2026 09:05:00 GMT",
            "2026-11-24 10:05",
            "2026-11-24T10:05:00.000",
            "2026/11/24 10:05:00",
            "24/11/2026 10:05",
            "24-11-2026 10h05",
            "24.11.26 10:05",
            "24/11/2026 à 10h05",
            "mardi 24 novembre 2026 à 10:05",
            "24 nov. 2026, 10:05",
            "Nov 24, 2026 10:05 AM",
            "2026 november 24 10:05",
            "1795511100",
            "1795511100000",
        ] {
            let parsed = parse(written, &Paris).map(|moment| moment.to_rfc3339());
            assert_eq!(parsed.as_deref(), Some("2026-11-24T09:05:00+00:00"), "{written}");
        }
        assert_eq!(parse("24/11/2026", &Paris).unwrap().to_rfc3339(), "2026-11-23T23:00:00+00:00");
        assert_eq!(parse("1er août 2026", &Paris).unwrap().to_rfc3339(), "2026-07-31T22:00:00+00:00");
    }

    #[test]
    fn skipped_and_repeated_hours_have_a_moment() {
        assert_eq!(parse("2026-03-29 02:30", &Paris).unwrap().to_rfc3339(), "2026-03-29T01:30:00+00:00");
        assert_eq!(parse("2026-10-25 02:30", &Paris).unwrap().to_rfc3339(), "2026-10-25T00:30:00+00:00");
    }

    #[test]
    fn what_is_no_date_is_none() {
        for written in [
            "",
            "hier",
            "11/24/2026",
            "32/01/2026",
            "24/11",
            "5",
            "24/11/2026 25:00",
            "0024-11-24",
            "12 jui 2026",
            "June, June 5",
        ] {
            assert_eq!(parse(written, &Paris), None, "{written}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[0-9/:. T+-]{0,24}|.{0,30}") {
            parse(&text, &Paris);
        }
    }
}
