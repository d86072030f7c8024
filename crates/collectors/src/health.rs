//! How each source is doing, for `/health` and the pages.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// How one source is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceHealth {
    /// The collector's name.
    pub name: String,
    /// The source it reads.
    pub source: String,
    /// Whether its last reading went well; true before the first.
    pub healthy: bool,
    /// When it last did.
    pub last_success_at: Option<DateTime<Utc>>,
    /// Why it did not.
    pub last_error: Option<String>,
    /// Mentions it brought today (UTC).
    pub posts_today: u64,
}

/// How all sources are doing, readable at any time. Clones share it.
#[derive(Debug, Clone)]
pub struct HealthBoard {
    sources: Arc<Mutex<Vec<Held>>>,
}

#[derive(Debug)]
struct Held {
    health: SourceHealth,
    /// The day that `posts_today` counts.
    day: NaiveDate,
}

impl HealthBoard {
    /// A board of sources that have not been read yet, as (name, source).
    pub(crate) fn new(sources: impl IntoIterator<Item = (String, String)>) -> Self {
        let unread = |(name, source)| Held {
            health: SourceHealth {
                name,
                source,
                healthy: true,
                last_success_at: None,
                last_error: None,
                posts_today: 0,
            },
            day: NaiveDate::MIN,
        };
        Self { sources: Arc::new(Mutex::new(sources.into_iter().map(unread).collect())) }
    }

    /// The sources in the order of the configuration.
    pub fn rows(&self) -> Vec<SourceHealth> {
        self.rows_at(Utc::now())
    }

    fn rows_at(&self, now: DateTime<Utc>) -> Vec<SourceHealth> {
        let held = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let row = |held: &Held| {
            let posts_today = if held.day == now.date_naive() { held.health.posts_today } else { 0 };
            SourceHealth { posts_today, ..held.health.clone() }
        };
        held.iter().map(row).collect()
    }

    /// Records a page that was read and is durable.
    pub(crate) fn succeeded(&self, index: usize, mentions: usize, now: DateTime<Utc>) {
        self.change(index, |held| {
            if held.day != now.date_naive() {
                held.day = now.date_naive();
                held.health.posts_today = 0;
            }
            held.health.posts_today += mentions as u64;
            held.health.healthy = true;
            held.health.last_success_at = Some(now);
            held.health.last_error = None;
        });
    }

    /// Records a failure; returns whether the same failure was already known, so that it is logged once.
    pub(crate) fn failed(&self, index: usize, error: String) -> bool {
        let mut known = false;
        self.change(index, |held| {
            known = held.health.last_error.as_ref() == Some(&error);
            held.health.healthy = false;
            held.health.last_error = Some(error);
        });
        known
    }

    fn change(&self, index: usize, change: impl FnOnce(&mut Held)) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = sources.get_mut(index) {
            change(held);
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn counts_a_day_and_forgets_an_error_after_a_success() {
        let board = HealthBoard::new([("presse".to_owned(), "rss".to_owned())]);
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        assert!(board.rows_at(now)[0].healthy);
        board.succeeded(0, 3, now);
        board.succeeded(0, 4, now);
        assert!(!board.failed(0, "HTTP 404".to_owned()));
        assert!(board.failed(0, "HTTP 404".to_owned()));
        let failing = board.rows_at(now).remove(0);
        assert_eq!((failing.healthy, failing.posts_today, failing.last_success_at), (false, 7, Some(now)));
        let tomorrow = now + TimeDelta::days(1);
        assert_eq!(board.rows_at(tomorrow)[0].posts_today, 0);
        board.succeeded(0, 1, tomorrow);
        let well = board.rows_at(tomorrow).remove(0);
        assert_eq!((well.healthy, well.posts_today, well.last_error), (true, 1, None));
    }
}
