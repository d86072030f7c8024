//! Numbers, dates and durations as each language writes them.

use chrono::{DateTime, Datelike, TimeDelta, Timelike, Utc};
use fluent_bundle::FluentValue;

use super::{Locale, Localizer};

const MONTHS_FR: [&str; 12] =
    ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."];
const MONTHS_EN: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Numbers inside messages, grouped as the language does; anything else is Fluent's own affair.
pub(super) fn fluent_number(locale: Locale, value: &FluentValue<'_>) -> Option<String> {
    match value {
        FluentValue::Number(number) if number.value.fract() == 0.0 => {
            Some(grouped(locale, number.value as i64))
        }
        FluentValue::Number(number) => Some(decimal(locale, number.value, 1)),
        _ => None,
    }
}

/// Digits in groups of three: a narrow no-break space in French, a comma in English.
fn grouped(locale: Locale, number: i64) -> String {
    let separator = match locale {
        Locale::Fr => '\u{202f}',
        Locale::En => ',',
    };
    let digits = number.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if number < 0 {
        text.push('\u{2212}');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

fn decimal(locale: Locale, number: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let sign = if number < 0.0 { "\u{2212}" } else { "" };
    let whole = grouped(locale, whole.parse().unwrap_or(i64::MAX));
    let point = if locale == Locale::Fr { ',' } else { '.' };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}{point}{fraction}") }
}

/// A whole number, by value or by reference, because templates pass both.
pub trait Whole {
    /// As the widest type that is written; larger ones are written as the largest.
    fn whole(&self) -> i64;
}

/// A number with decimals, by value or by reference.
pub trait Real {
    /// As the widest type.
    fn real(&self) -> f64;
}

macro_rules! numbers {
    ($($number:ty),+) => {
        $(impl Whole for $number {
            fn whole(&self) -> i64 {
                i64::try_from(*self).unwrap_or(i64::MAX)
            }
        })+
    };
}

numbers!(u32, u64, usize, i32, i64);

impl Real for f32 {
    fn real(&self) -> f64 {
        f64::from(*self)
    }
}

impl Real for f64 {
    fn real(&self) -> f64 {
        *self
    }
}

impl<T: Whole + ?Sized> Whole for &T {
    fn whole(&self) -> i64 {
        (**self).whole()
    }
}

impl<T: Real + ?Sized> Real for &T {
    fn real(&self) -> f64 {
        (**self).real()
    }
}

impl Localizer {
    /// A whole number, such as `12 400`.
    pub fn number(self, number: impl Whole) -> String {
        grouped(self.locale, number.whole())
    }

    /// A number with decimals, such as `3,5`.
    pub fn decimal(self, number: impl Real, decimals: usize) -> String {
        decimal(self.locale, number.real(), decimals)
    }

    /// A large number in few characters, such as `12 k` or `1,2 M`.
    pub fn compact(self, number: impl Whole) -> String {
        let number = number.whole();
        let space = if self.locale == Locale::Fr { "\u{202f}" } else { "" };
        match number {
            ..10_000 => self.number(number),
            10_000..1_000_000 => format!("{}{space}k", self.number(number / 1000)),
            _ => format!("{}{space}M", self.decimal(number as f64 / 1e6, 1)),
        }
    }

    /// A share of one, such as `42 %`.
    pub fn percent(self, share: impl Real) -> String {
        let space = if self.locale == Locale::Fr { "\u{202f}" } else { "" };
        format!("{}{space}%", decimal(self.locale, share.real() * 100.0, 0))
    }

    /// A day, such as `24 nov. 2026`.
    pub fn date(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        let month = match self.locale {
            Locale::Fr => MONTHS_FR,
            Locale::En => MONTHS_EN,
        }[local.month0() as usize];
        let day = match (self.locale, local.day()) {
            (Locale::Fr, 1) => "1er".to_owned(),
            (_, day) => day.to_string(),
        };
        format!("{day} {month} {}", local.year())
    }

    /// The time of day, such as `11:04`.
    pub fn time(self, at: DateTime<Utc>) -> String {
        let local = at.with_timezone(&self.zone);
        format!("{:02}:{:02}", local.hour(), local.minute())
    }

    /// Day and time, such as `24 nov. 2026, 11:04`.
    pub fn date_time(self, at: DateTime<Utc>) -> String {
        format!("{}, {}", self.date(at), self.time(at))
    }

    /// The `datetime` attribute of a `<time>` element.
    pub fn machine_time(self, at: DateTime<Utc>) -> String {
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    /// How long ago, such as `il y a 3 min`; the date when that says more.
    pub fn ago(self, at: DateTime<Utc>) -> String {
        let elapsed = self.now - at;
        if elapsed < TimeDelta::minutes(1) {
            self.t("time-just-now")
        } else if elapsed < TimeDelta::days(7) {
            self.t1("time-ago", "duration", self.duration(elapsed.num_seconds()))
        } else {
            self.date(at)
        }
    }

    /// A length of time in at most two units, such as `2 h 05`.
    pub fn duration(self, seconds: i64) -> String {
        let minutes = seconds.max(0) / 60;
        let (hours, days) = (minutes / 60, minutes / 1440);
        if minutes < 60 {
            self.t1("time-minutes", "minutes", minutes.max(1))
        } else if hours < 24 && minutes % 60 == 0 || (6..24).contains(&hours) {
            self.t1("time-hours", "hours", hours)
        } else if hours < 24 {
            self.t2("time-hours-minutes", "hours", hours, "minutes", format!("{:02}", minutes % 60))
        } else {
            self.t1("time-days", "days", days)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn localizer(locale: Locale) -> Localizer {
        let now = "2026-11-24T10:04:00Z".parse().unwrap();
        Localizer { locale, zone: chrono_tz::Europe::Paris, now }
    }

    #[test]
    fn numbers_follow_the_language() {
        let (fr, en) = (localizer(Locale::Fr), localizer(Locale::En));
        assert_eq!(
            (fr.number(1_234_567), en.number(1_234_567)),
            ("1\u{202f}234\u{202f}567".into(), "1,234,567".into())
        );
        assert_eq!(
            (fr.decimal(1234.55, 1), en.decimal(-0.5, 1)),
            ("1\u{202f}234,5".into(), "\u{2212}0.5".into())
        );
        assert_eq!((fr.percent(0.42), en.percent(0.42)), ("42\u{202f}%".into(), "42%".into()));
        assert_eq!((fr.compact(2_450_000), en.compact(12_400)), ("2,5\u{202f}M".into(), "12k".into()));
    }

    #[test]
    fn dates_follow_language_and_zone() {
        let (fr, en) = (localizer(Locale::Fr), localizer(Locale::En));
        let at = "2026-06-30T23:30:00Z".parse().unwrap();
        assert_eq!(fr.date_time(at), "1er juil. 2026, 01:30");
        assert_eq!(en.date_time(at), "1 Jul 2026, 01:30");
    }

    #[test]
    fn relative_times_grow_coarser() {
        let l = localizer(Locale::En);
        let ago = |seconds| l.ago(l.now - TimeDelta::seconds(seconds));
        assert_eq!(ago(20), "just now");
        assert_eq!(ago(-20), "just now");
        assert_eq!(ago(185), "3 min ago");
        assert_eq!(ago(2 * 3600 + 5 * 60), "2 h 05 ago");
        assert_eq!(ago(3 * 86_400 + 60), "3 d ago");
        assert_eq!(ago(30 * 86_400), "25 Oct 2026");
    }
}
