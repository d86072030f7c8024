//! What the sources said about their rate limits, kept to by all collectors of a host together.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use reqwest::header::HeaderMap;
use url::Url;

use super::{FetchError, retry::exhausted_until};

/// Hosts that have to be left alone, and until when.
#[derive(Debug, Default)]
pub(super) struct HostLimits {
    closed_until: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl HostLimits {
    /// Takes in the headers of an answer.
    pub(super) fn learn(&self, url: &Url, headers: &HeaderMap, now: DateTime<Utc>) {
        let Some(until) = exhausted_until(headers, now) else { return };
        let mut closed = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        closed.retain(|_, until| *until > now);
        closed.insert(host(url), until);
    }

    /// Returns when the host may be asked, if that is soon.
    pub(super) async fn wait(&self, url: &Url, longest: Duration) -> Result<(), FetchError> {
        let Some((until, pause)) = self.closed(url, Utc::now()) else { return Ok(()) };
        if pause > longest {
            return Err(FetchError::RateLimited { until });
        }
        tokio::time::sleep(pause).await;
        Ok(())
    }

    fn closed(&self, url: &Url, now: DateTime<Utc>) -> Option<(DateTime<Utc>, Duration)> {
        let closed = self.closed_until.lock().unwrap_or_else(PoisonError::into_inner);
        let until = *closed.get(&host(url))?;
        let pause = (until - now).to_std().ok()?;
        Some((until, pause))
    }
}

fn host(url: &Url) -> String {
    let port = url.port_or_known_default().unwrap_or_default();
    format!("{}:{port}", url.host_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_whose_limit_is_used_up_is_left_alone_and_others_are_not() {
        let limits = HostLimits::default();
        let mut headers = HeaderMap::new();
        headers.insert("x-ratelimit-remaining", "0".parse().unwrap());
        headers.insert("x-ratelimit-reset", "600".parse().unwrap());
        let now = Utc::now();
        let busy = Url::parse("https://social.example/api/v1/timelines/tag/a").unwrap();
        limits.learn(&busy, &headers, now);
        let refused = limits.wait(&busy, Duration::from_secs(30)).await.unwrap_err();
        assert_eq!(refused.retry_at(), Some(now + Duration::from_secs(600)));
        let other = Url::parse("https://other.example/").unwrap();
        assert_eq!(limits.wait(&other, Duration::ZERO).await, Ok(()));
        assert_eq!(limits.closed(&busy, now + Duration::from_secs(601)), None);
    }
}
