//! What is tried again, and after which pause.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rand::RngExt;
use reqwest::header::{HeaderMap, RETRY_AFTER};

use super::{FetchError, Fetched, HttpOptions};

/// A source that asks for more than this is asked again after this.
const LONGEST_ASKED_PAUSE: Duration = Duration::from_secs(24 * 60 * 60);

/// What to do after an attempt.
pub(super) enum Verdict {
    /// Over, well or badly.
    Done(Result<Fetched, FetchError>),
    /// Try again after the pause.
    Retry { failure: FetchError, pause: Duration },
}

/// Judges an attempt, counted from 1.
pub(super) fn judge(
    outcome: Result<Fetched, FetchError>,
    attempt: u32,
    options: &HttpOptions,
    now: DateTime<Utc>,
) -> Verdict {
    let failure = match outcome {
        Err(failure) if failure.may_pass() => failure,
        other => return Verdict::Done(other),
    };
    let asked = match &failure {
        FetchError::Status { pause, .. } => *pause,
        _ => None,
    };
    if let Some(pause) = asked
        && (pause > options.longest_pause || attempt >= options.attempts)
    {
        return Verdict::Done(Err(FetchError::RateLimited { until: now + pause }));
    }
    if attempt >= options.attempts {
        return Verdict::Done(Err(failure));
    }
    let pause = asked.unwrap_or_else(|| jittered_pause(attempt, options));
    Verdict::Retry { failure, pause }
}

/// Exponential back-off with full jitter: sources that fail together are not asked again together.
fn jittered_pause(attempt: u32, options: &HttpOptions) -> Duration {
    let doublings = attempt.saturating_sub(1).min(16);
    let longest = options.first_pause.saturating_mul(1 << doublings).min(options.longest_pause);
    longest.mul_f64(rand::rng().random::<f64>())
}

/// How long the source asks to be left alone: `Retry-After`, else the end of its rate limit's window if that is used up.
pub(super) fn asked_pause(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let asked = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = asked.and_then(|text| moment(text, now));
    let until = retry_after.or_else(|| exhausted_until(headers, now))?;
    Some((until - now).to_std().unwrap_or_default().min(LONGEST_ASKED_PAUSE))
}

/// When a used-up rate limit is renewed, by the headers of the answer.
pub(super) fn exhausted_until(headers: &HeaderMap, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let header = |names: [&str; 2]| {
        names.into_iter().find_map(|name| headers.get(name).and_then(|value| value.to_str().ok()))
    };
    let remaining: f64 = header(["x-ratelimit-remaining", "ratelimit-remaining"])?.trim().parse().ok()?;
    if remaining >= 1.0 {
        return None;
    }
    let until = moment(header(["x-ratelimit-reset", "ratelimit-reset"])?, now)?;
    (until > now).then(|| until.min(now + LONGEST_ASKED_PAUSE))
}

/// A moment as headers write it: seconds from now, seconds or milliseconds since 1970, an ISO date, or an HTTP date.
fn moment(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return match number {
            number if !(0.0..1e14).contains(&number) => None,
            number if number < 1e9 => {
                now.checked_add_signed(chrono::TimeDelta::try_milliseconds((number * 1e3) as i64)?)
            }
            number if number < 1e12 => DateTime::from_timestamp_millis((number * 1e3) as i64),
            number => DateTime::from_timestamp_millis(number as i64),
        };
    }
    let parsed = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)).ok()?;
    Some(parsed.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000, 0).unwrap()
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let pause = |value: &str| asked_pause(&headers(&[("retry-after", value)]), now());
        assert_eq!(pause("120"), Some(Duration::from_secs(120)));
        let date = (now() + TimeDelta::seconds(90)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        assert_eq!(pause(&date), Some(Duration::from_secs(90)));
        assert_eq!(pause("99999999"), Some(LONGEST_ASKED_PAUSE));
        for nonsense in ["-5", "soon", "NaN", ""] {
            assert_eq!(pause(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn a_used_up_limit_ends_in_seconds_at_an_epoch_or_at_an_iso_date() {
        let until = now() + TimeDelta::seconds(300);
        for reset in ["300", "1790000300", "1790000300000", "2026-09-21T14:18:20.000Z"] {
            let answer = headers(&[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset)]);
            assert_eq!(exhausted_until(&answer, now()), Some(until), "{reset}");
        }
        let left = headers(&[("x-ratelimit-remaining", "12.0"), ("x-ratelimit-reset", "300")]);
        assert_eq!(exhausted_until(&left, now()), None);
    }

    #[test]
    fn pauses_grow_are_bounded_and_end_with_the_attempts() {
        let options = HttpOptions::default();
        for attempt in 1..4 {
            let failed = Err(FetchError::Status { status: 503, pause: None });
            let Verdict::Retry { pause, .. } = judge(failed, attempt, &options, now()) else {
                panic!("gave up")
            };
            assert!(pause <= Duration::from_secs(1 << (attempt - 1)));
        }
        let last = judge(Err(FetchError::Status { status: 503, pause: None }), 4, &options, now());
        assert!(matches!(last, Verdict::Done(Err(FetchError::Status { status: 503, .. }))));
        assert!(jittered_pause(u32::MAX, &options) <= options.longest_pause);
    }

    #[test]
    fn a_long_asked_pause_and_a_lasting_failure_are_not_waited_for() {
        let options = HttpOptions::default();
        let asked = Err(FetchError::Status { status: 429, pause: Some(Duration::from_secs(600)) });
        let Verdict::Done(Err(failure)) = judge(asked, 1, &options, now()) else { panic!("waits") };
        assert_eq!(failure.retry_at(), Some(now() + TimeDelta::seconds(600)));
        let lasting = judge(Err(FetchError::Status { status: 404, pause: None }), 1, &options, now());
        assert!(matches!(lasting, Verdict::Done(Err(_))));
    }
}
