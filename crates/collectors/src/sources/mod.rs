//! The sources, one file each, and what they share.

mod markup;
pub(crate) mod mastodon;
pub(crate) mod rss;

use serde::{Deserialize, Deserializer, de::Error};
use url::Url;

/// Reads a web address, and says how one is written where it is none.
fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_web_address(&text).map_err(D::Error::custom)
}

fn parse_web_address(text: &str) -> Result<Url, String> {
    let parsed = Url::parse(text.trim()).ok();
    let on_the_web = parsed.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    on_the_web.ok_or_else(|| {
        format!("{text:?} is no web address; write it whole, such as \"https://www.example.org/feed.xml\"")
    })
}

/// Runs what computes beside the threads that wait. A panic in a parser of others becomes an error.
async fn compute<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, crate::CollectError> {
    let failed = |_| crate::CollectError::Content("the answer cannot be read: its parser failed".to_owned());
    tokio::task::spawn_blocking(work).await.map_err(failed)
}
